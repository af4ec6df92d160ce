"""From a tree of nested models to one flat list of calls. No Keras.

Nested models are written out in place. A layer that is called twice becomes two layers
with the same weights: each then has one place in the spectrum, which maps need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.config import Layer, Model, Ref
from nmrcam_qt.ml.importing.layers import FED, MERGING, LayerSpec, Shape
from nmrcam_qt.ml.importing.values import show

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True, slots=True)
class Call:
    """One layer of the flat network.

    Parameters
    ----------
    name : str
        Unique, plain ASCII.
    spec : LayerSpec or None
        None for an input.
    shape : tuple of int, optional
        Of an input.
    fed : tuple of int
        Numbers of the calls that feed it.
    source : tuple of str
        Names in the file from the outermost model to the layer: where its weights are.
    """

    name: str
    spec: LayerSpec | None
    shape: Shape | None
    fed: tuple[int, ...]
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlatNetwork:
    """Calls in an order in which they can be made, inputs in the file's order, one output."""

    calls: tuple[Call, ...]
    inputs: tuple[int, ...]
    output: int


def flatten(model: Model) -> FlatNetwork:
    """Write a network out flat, without layers that nothing depends on.

    Raises
    ------
    NetworkError
        For cycles, missing layers, more than one output, unused inputs, too many layers.
    """
    if len(model.outputs) != 1:
        raise NetworkError(f"the network has {len(model.outputs)} outputs; expected one")
    writer = _Writer()
    inputs = []
    for ref in model.inputs:
        layer = next(x for x in model.layers if x.name == ref.layer)
        if not layer.is_input:
            raise NetworkError(f"the input {show(ref.layer)} is no input layer")
        if layer.shape is None:
            raise NetworkError("the size of the input is not stated in the file")
        inputs.append(writer.add(Call(layer.name, None, layer.shape, (), (layer.name,))))
    if len(set(model.inputs)) != len(inputs):
        raise NetworkError("an input is listed twice")
    (output,) = writer.write(model, inputs, ())
    return _prune(FlatNetwork(tuple(writer.calls), tuple(inputs), output))


class _Writer:
    """Collects calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._names: set[str] = set()
        self._steps = 0

    def add(self, call: Call) -> int:
        """Append a call under a unique plain name and give its number."""
        if len(self.calls) >= limits.MAX_LAYERS:
            raise NetworkError(f"more than {limits.MAX_LAYERS} layers when written out")
        name = self._unique(call.source)
        self.calls.append(replace(call, name=name))
        return len(self.calls) - 1

    def _unique(self, source: Sequence[str]) -> str:
        parts = [_UNSAFE.sub("_", part)[:60].strip(".") or "layer" for part in source]
        parts = [part if part[0].isalnum() else "x" + part for part in parts]
        wanted = [parts[-1], "_".join(parts)[-120:]]
        number = 1
        while wanted[0].lower() in self._names:
            wanted = wanted[1:] or [f"{parts[-1]}_{(number := number + 1)}"]
        self._names.add(wanted[0].lower())
        return wanted[0]

    def write(self, model: Model, fed: Sequence[int], path: tuple[str, ...]) -> list[int]:
        """Write a model that is fed with these calls; returns its outputs."""
        if len(fed) != len(model.inputs):
            raise NetworkError(
                f"a nested network is fed with {len(fed)} tensors; expected {len(model.inputs)}"
            )
        links = _Links(model)
        done: dict[tuple[str, int], list[int]] = {
            (ref.layer, 0): [number] for ref, number in zip(model.inputs, fed, strict=True)
        }
        waiting = links.calls()
        while waiting:
            self._count(len(waiting))
            later = []
            for layer, number, refs in waiting:
                if all((ref.layer, ref.node) in done for ref in refs):
                    values = [_pick(done[ref.layer, ref.node], ref) for ref in refs]
                    done[layer.name, number] = self._make(layer, values, path)
                else:
                    later.append((layer, number, refs))
            if len(later) == len(waiting):
                raise NetworkError(
                    f"the layer {show(later[0][0].name)} depends on itself or on nothing"
                )
            waiting = later
        ends = links.ends()
        for ref in ends:
            if (ref.layer, ref.node) not in done:
                raise NetworkError(f"the output {show(ref.layer)} is fed by nothing")
        return [_pick(done[ref.layer, ref.node], ref) for ref in ends]

    def _count(self, steps: int) -> None:
        """Small files can unfold into endless work; this ends it."""
        self._steps += steps
        if self._steps > limits.MAX_STEPS:
            raise NetworkError("the links between the layers are too intricate")

    def _make(self, layer: Layer, values: list[int], path: tuple[str, ...]) -> list[int]:
        """One call of a layer: written out, skipped, or added."""
        source = (*path, layer.name)
        if layer.model is not None:
            return self.write(layer.model, values, source)
        if len(values) > limits.MAX_FED:
            raise NetworkError(f"the layer {show(layer.name)} is fed with too many tensors")
        kind = layer.class_name
        wanted = FED.get(kind, 0 if kind in MERGING else 1)
        if (len(values) < 2) if not wanted else (len(values) != wanted):
            said = f"the layer {show(layer.name)} ({kind}) is fed with {len(values)} tensors"
            raise NetworkError(f"{said}; expected {wanted or 'several'}")
        if layer.spec is None:
            return values
        return [self.add(Call(layer.name, layer.spec, None, tuple(values), source))]


class _Links:
    """The links of one model with calls counted from 0 everywhere.

    Keras counts the calls of a nested model from 1 (its own making is call 0): Keras 2
    everywhere, Keras 3 only where it names outputs, and not for a Sequential.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._known = {layer.name: layer for layer in model.layers}
        self._numbers: dict[str, set[int]] = {}
        refs = [r for x in model.layers for call in x.calls for r in call]
        for ref in (*refs, *model.outputs):
            self._numbers.setdefault(ref.layer, set()).add(ref.node)

    def calls(self) -> list[tuple[Layer, int, list[Ref]]]:
        """Every call: layer, number of the call, what feeds it."""
        return [
            (layer, number, [self._resolve(ref, ends=False) for ref in refs])
            for layer in self.model.layers
            if not layer.is_input
            for number, refs in enumerate(layer.calls)
        ]

    def ends(self) -> list[Ref]:
        """The model's outputs."""
        return [self._resolve(ref, ends=True) for ref in self.model.outputs]

    def _resolve(self, ref: Ref, ends: bool) -> Ref:
        layer = self._known.get(ref.layer)
        if layer is None:
            raise NetworkError(f"the layer {show(ref.layer)} is missing")
        count = 1 if layer.is_input else len(layer.calls)
        node = ref.node - (self._first(layer, ref.node, ends) if layer.model else 0)
        if not 0 <= node < count:
            raise NetworkError(f"the layer {show(ref.layer)} has no call {ref.node}")
        return Ref(ref.layer, node, ref.tensor)

    def _first(self, layer: Layer, node: int, ends: bool) -> int:
        """Number that the file gives the first call of a nested model."""
        if len(layer.calls) == 1:
            return min(node, 1)
        if self.model.legacy:
            return 0 if 0 in self._numbers[layer.name] else 1
        return 1 if ends and layer.class_name == "Functional" else 0


def _pick(values: list[int], ref: Ref) -> int:
    if ref.tensor >= len(values):
        raise NetworkError(f"the layer {show(ref.layer)} has no output {ref.tensor}")
    return values[ref.tensor]


def _prune(network: FlatNetwork) -> FlatNetwork:
    """Leave out what the output does not depend on."""
    needed = {network.output}
    for number in range(len(network.calls) - 1, -1, -1):
        if number in needed:
            needed.update(network.calls[number].fed)
    for number in network.inputs:
        if number not in needed:
            raise NetworkError(f"the input {show(network.calls[number].name)} is not used")
    kept = [n for n in range(len(network.calls)) if n in needed]
    place = {old: new for new, old in enumerate(kept)}
    calls = tuple(
        replace(network.calls[n], fed=tuple(place[i] for i in network.calls[n].fed)) for n in kept
    )
    return FlatNetwork(calls, tuple(place[n] for n in network.inputs), place[network.output])
