"""The checked builder: a Keras model from a foreign configuration, built by us.

Nothing of the configuration reaches Keras but the checked plain arguments of allowed
layers. Sizes are computed and bounded before a weight is allocated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import keras

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.config import Model, parse_model
from nmrcam_qt.ml.importing.flatten import Call, FlatNetwork, flatten
from nmrcam_qt.ml.importing.heads import strip_head
from nmrcam_qt.ml.importing.layers import (
    CONVOLUTIONS,
    MERGING,
    Shape,
    multiplications,
    weight_shapes,
)
from nmrcam_qt.ml.importing.map_layers import map_layers
from nmrcam_qt.ml.importing.tokens import check_tokens, inner_numbers
from nmrcam_qt.ml.own_layers import OWN_LAYERS

_T = TypeVar("_T")


def _backend_errors() -> tuple[type[Exception], ...]:
    """What the backend raises beside Python's own errors; training also runs on JAX."""
    if keras.backend.backend() != "tensorflow":
        return ()
    import tensorflow as tf

    return (tf.errors.OpError,)


_REFUSALS: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    *_backend_errors(),
)
"""What Keras raises for layers that do not fit together."""


@dataclass(frozen=True, slots=True)
class WeightPlan:
    """Weights of one layer of the flat model.

    Parameters
    ----------
    layer : str
        Name in the flat model.
    source : tuple of str
        Names in the file, from the outermost model to the layer.
    shapes : tuple of shapes
        In Keras's order.
    statistics : int
        How many of the last weights are running means that are never trained.
    """

    layer: str
    source: tuple[str, ...]
    shapes: tuple[Shape, ...]
    statistics: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked network that is not built yet.

    Parameters
    ----------
    tree : Model
        The layers as the file nests them.
    network : FlatNetwork
        Flat, up to the logits.
    head : {"softmax", "sigmoid"} or None
        What was cut off; None where the last layer is linear.
    input_names : tuple of str
        In the file's order.
    input_shapes : tuple of (H, W, C)
        One per input.
    n_outputs : int
        Number of logits.
    weights : tuple of WeightPlan
        In the order of the layers.
    map_layers : tuple of str
        Convolutions that maps can be drawn on (`importing.map_layers`).
    parameters : int
        Number of weights.
    """

    tree: Model
    network: FlatNetwork
    head: str | None
    input_names: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    n_outputs: int
    weights: tuple[WeightPlan, ...]
    map_layers: tuple[str, ...]
    parameters: int


def plan(config: Any) -> Plan:
    """Check a configuration and work out shapes and sizes; allocates no weights.

    Parameters
    ----------
    config : object
        From JSON; see `nmrcam_qt.ml.importing.config.parse_model`.

    Raises
    ------
    NetworkError
        One sentence: what is not allowed, too large, or does not fit together.
    """
    tree = parse_model(config)
    network, head = strip_head(flatten(tree))
    shapes = _Shapes(network)
    output = shapes.outputs[network.output]
    if len(output) != 1:
        raise NetworkError(f"the output has the shape {output}; expected one number per class")
    input_shapes = tuple(shapes.outputs[i] for i in network.inputs)
    for shape in input_shapes:
        if len(shape) != 3 or shape[2] not in (1, 3):
            raise NetworkError(f"an input has the shape {shape}; expected rows, columns, 1 or 3")
    return Plan(
        tree=tree,
        network=network,
        head=head,
        input_names=tuple(network.calls[i].name for i in network.inputs),
        input_shapes=input_shapes,
        n_outputs=output[0],
        weights=tuple(shapes.weights),
        map_layers=map_layers(network, shapes.outputs),
        parameters=shapes.parameters,
    )


def build(plan: Plan, full_scale: float = 1.0) -> keras.Model:
    """Build a checked network: flat, functional, up to the logits, weights not yet set.

    Parameters
    ----------
    plan : Plan
        From `plan`.
    full_scale : float
        Value of the strongest signal that the network was trained on. Other than 1, a
        layer that multiplies the inputs (0..1) by it is put behind each.

    Raises
    ------
    NetworkError
        If the layers do not fit together after all.
    """
    tensors: list[Any] = []
    entries: dict[int, Any] = {}
    for number, call in enumerate(plan.network.calls):
        if call.spec is None:
            entries[number] = keras.Input(call.shape, name=call.name, dtype="float32")
            tensors.append(_scaled(entries[number], call.name, full_scale))
            continue
        fed = [tensors[i] for i in call.fed]
        layer = _guard(call, partial(_make, call))
        value = fed if call.spec.kind in MERGING else fed[0]
        tensors.append(_guard(call, partial(layer, value)))
    inputs = [entries[i] for i in plan.network.inputs]
    output = tensors[plan.network.output]
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], output, name="network")
    for wanted in plan.weights:
        found = tuple(tuple(w.shape) for w in model.get_layer(wanted.layer).weights)
        if found != wanted.shapes:
            raise NetworkError(f"{wanted.layer}: weights {found}; expected {wanted.shapes}")
    return model


def _make(call: Call) -> Any:
    """A Keras layer from checked arguments only."""
    if call.spec is None:
        raise NetworkError(f"{call.name}: an input is no layer")
    args: Mapping[str, Any] = dict(call.spec.args)
    kind = call.spec.kind
    layer = OWN_LAYERS[kind] if kind in OWN_LAYERS else getattr(keras.layers, kind)
    return layer(**args, name=call.name, dtype="float32")


def _scaled(tensor: Any, name: str, full_scale: float) -> Any:
    if full_scale == 1:
        return tensor
    return keras.layers.Rescaling(full_scale, name=f"{name}-full-scale-{full_scale:g}")(tensor)


def _guard(call: Call, work: Callable[[], _T]) -> _T:
    """Turn what Keras raises for unfit layers into one sentence."""
    try:
        return work()
    except _REFUSALS as error:
        reason = " ".join(str(error).split())[:160]
        kind = call.spec.kind if call.spec else "input"
        raise NetworkError(f"the layer {call.name} ({kind}) cannot be built: {reason}") from None


class _Shapes:
    """Shape of every output and weight of a flat network, within the limits."""

    def __init__(self, network: FlatNetwork) -> None:
        self.outputs: list[Shape] = []
        self.weights: list[WeightPlan] = []
        self.parameters = 0
        self._numbers = 0
        self._work = 0
        for call in network.calls:
            fed = [self.outputs[i] for i in call.fed]
            check_tokens(call, fed, network.calls)
            shape = call.shape or self._output(call, fed)
            self._bound(call.name, shape, inner_numbers(call.spec, fed) if call.spec else 0)
            self.outputs.append(shape)
            if call.spec is not None:
                self._weigh(call, fed[0], shape)

    def _output(self, call: Call, fed: Sequence[Shape]) -> Shape:
        _check_ranks(call, fed)
        batched = [(None, *shape) for shape in fed]
        many = call.spec is not None and call.spec.kind in MERGING

        def ask() -> Any:
            return _make(call).compute_output_shape(batched if many else batched[0])

        found = _guard(call, ask)
        if any(not isinstance(n, int) or n < 1 for n in found[1:]):
            raise NetworkError(f"the layer {call.name} leaves nothing of its input {fed[0]}")
        _check_computed(call, fed[0], found[1:])
        return tuple(int(n) for n in found[1:])

    def _bound(self, name: str, shape: Shape, inner: int) -> None:
        size = math.prod(shape)
        self._numbers += size + inner
        if size > limits.MAX_TENSOR or self._numbers > limits.MAX_TENSORS_TOTAL:
            raise NetworkError(f"the output of the layer {name} is too large ({shape})")

    def _weigh(self, call: Call, fed: Shape, shape: Shape) -> None:
        """Count weights and work before anything is allocated."""
        if call.spec is None:
            return
        shapes = weight_shapes(call.spec, fed, shape)
        self.parameters += sum(math.prod(s) for s in shapes)
        if self.parameters > limits.MAX_PARAMETERS:
            raise NetworkError(
                f"more than {limits.MAX_PARAMETERS:,} weights, with the layer {call.name}"
            )
        self._work += multiplications(call.spec, shapes, shape)
        if self._work > limits.MAX_MULTIPLICATIONS:
            raise NetworkError(f"the layer {call.name} would take too long to compute")
        if shapes:
            last = 2 if call.spec.kind == "BatchNormalization" else 0
            self.weights.append(WeightPlan(call.name, call.source, shapes, last))


def _check_ranks(call: Call, fed: Sequence[Shape]) -> None:
    """What Keras does not check, or only when it runs."""
    spec = call.spec
    if spec is None or not fed:
        raise NetworkError(f"the layer {call.name} is fed with nothing")
    rank = len(fed[0])
    if spec.kind in ("BatchNormalization", "LayerNormalization", "Softmax") and spec.args.get(
        "axis", -1
    ) not in (-1, rank):
        raise NetworkError(f"the layer {call.name} does not run over its channels")
    if spec.kind in CONVOLUTIONS and (rank != 3 or fed[0][2] % spec.args.get("groups", 1)):
        raise NetworkError(f"the layer {call.name} cannot take the shape {fed[0]}")
    if spec.kind == "Concatenate" and spec.args.get("axis", -1) % (rank + 1) == 0:
        raise NetworkError(f"the layer {call.name} joins different spectra")


def _check_computed(call: Call, fed: Shape, shape: Shape) -> None:
    """What TensorFlow 2.21 computes wrongly on processors, without a word.

    Behind one channel, one column that is left by a stride over columns: oneDNN reads behind the
    end of the map (287 of 4,000 random ones with more than one example; numbers up to 1e28).
    """
    if call.spec is None or call.spec.kind != "Conv2D" or fed[2] > 1 or shape[1] > 1:
        return
    stride = call.spec.args.get("strides", (1, 1))[1]
    if stride > 1:
        raise NetworkError(
            f"the layer {call.name} makes one column of {fed[1]} columns of one channel, in steps"
            f" of {stride}: TensorFlow computes that wrongly; expected steps of 1"
        )
