"""The graph of a flat functional Keras model: who feeds whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

from nmrcam_qt.core.errors import MethodError, NetworkError

CONVOLUTIONS = frozenset({"Conv2D", "DepthwiseConv2D", "SeparableConv2D"})
ACTIVATIONS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"})
_PASSED_ON = frozenset({"BatchNormalization", "Dropout", "SpatialDropout2D"})
_SIGN_KEEPING = frozenset(
    {"MaxPooling2D", "AveragePooling2D", "Dropout", "SpatialDropout2D", "ZeroPadding2D"}
    | {"Cropping2D", "Add", "Average", "Concatenate", "Maximum", "Multiply", "UpSampling2D"}
)
_NON_NEGATIVE = frozenset(
    {"relu", "relu6", "sigmoid", "hard_sigmoid", "softplus", "softmax", "exponential"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One layer of the graph.

    Parameters
    ----------
    layer : keras.Layer
        The layer.
    parents : tuple of str
        Names of the layers that feed it, in order.
    inputs : tuple of KerasTensor
        What it eats in this model.
    output : KerasTensor
        What it gives.
    """

    layer: Any
    parents: tuple[str, ...]
    inputs: tuple[Any, ...]
    output: Any

    @property
    def kind(self) -> str:
        """Class name of the layer."""
        return type(self.layer).__name__

    @property
    def activation(self) -> str:
        """Name of the activation it ends with; "linear" where it has none of its own.

        Of an activation that is no function (a layer, as Keras allows) the name of its class.
        """
        own = getattr(self.layer, "activation", None)
        return "linear" if own is None else str(getattr(own, "__name__", type(own).__name__))


class Graph:
    """Layers of a flat functional model, each used once, inputs first.

    Parameters
    ----------
    model : keras.Model
        With one output.

    Raises
    ------
    MethodError
        If a layer is used twice, so that it has no single place in the graph.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self.steps: dict[str, Step] = {}
        made_by: dict[int, str] = {}
        by_depth = model._nodes_by_depth
        for node in (n for depth in sorted(by_depth, reverse=True) for n in by_depth[depth]):
            name = str(node.operation.name)
            if name in self.steps:
                raise MethodError(f"the layer {name!r} is used twice; expected once")
            inputs = tuple(node.input_tensors)
            parents = tuple(made_by[id(tensor)] for tensor in inputs)
            self.steps[name] = Step(node.operation, parents, inputs, node.outputs[0])
            made_by.update((id(tensor), name) for tensor in node.outputs)
        self.inputs = tuple(made_by[id(tensor)] for tensor in model.inputs)
        self.output = made_by[id(model.outputs[0])]

    def __getitem__(self, name: str) -> Step:
        """The step of a layer.

        Raises
        ------
        NetworkError
            If there is no such layer.
        """
        if name not in self.steps:
            known = [n for n, step in self.steps.items() if step.kind in CONVOLUTIONS]
            raise NetworkError(f"no layer {name!r}; expected one of {', '.join(known)}")
        return self.steps[name]

    def consumers(self, name: str) -> tuple[str, ...]:
        """Names of the layers that `name` feeds."""
        return tuple(n for n, step in self.steps.items() if name in step.parents)

    def sources(self, name: str, stop: Iterable[str] = ()) -> tuple[str, ...]:
        """Inputs of the model that reach `name` without passing a layer of `stop`."""
        closed = set(stop)
        seen: set[str] = set()
        todo = [name]
        while todo:
            here = todo.pop()
            if here in closed or here in seen:
                continue
            seen.add(here)
            todo.extend(self.steps[here].parents)
        return tuple(n for n in self.inputs if n in seen)

    def reaches(self, name: str, goal: str, stop: Iterable[str] = ()) -> bool:
        """Whether data flow from `name` to `goal` without passing a layer of `stop`."""
        closed = set(stop)
        seen = {name}
        todo = [name]
        while todo:
            here = todo.pop()
            if here == goal:
                return True
            for child in self.consumers(here):
                if child not in seen and child not in closed:
                    seen.add(child)
                    todo.append(child)
        return False

    def after_activation(self, name: str) -> str:
        """Name of the layer whose output is the feature map of convolution `name`.

        A convolution without an activation of its own is followed through batch
        normalisation and dropout to its separate activation. Any other layer stands
        for itself.
        """
        step = self[name]
        if step.kind not in CONVOLUTIONS or step.activation != "linear":
            return name
        best = here = name
        while True:
            children = self.consumers(here)
            if len(children) != 1:
                return best
            here = children[0]
            kind = self.steps[here].kind
            if kind in ACTIVATIONS:
                return here
            if kind not in _PASSED_ON:
                return best
            if kind == "BatchNormalization":
                best = here

    def non_negative(self, name: str) -> bool:
        """Whether no input can make the output of a layer negative."""
        step = self.steps[name]
        if step.kind == "ReLU":
            layer = step.layer
            return float(layer.negative_slope) == 0 and float(layer.threshold) >= 0
        if step.kind in CONVOLUTIONS or step.kind in ACTIVATIONS:
            return step.activation in _NON_NEGATIVE or step.kind == "Softmax"
        if step.kind in _SIGN_KEEPING:
            return all(self.non_negative(parent) for parent in step.parents)
        return False
