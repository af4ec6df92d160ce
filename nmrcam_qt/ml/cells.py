"""Where the cells of a feature map lie on the spectrum.

Receptive-field arithmetic (Araujo, Norris and Sim 2019, doi 10.23915/distill.00021) along
the Keras graph: with unpadded convolutions cell 0 sits half a receptive field inside the
input. Stretching a map over the whole picture is wrong by up to 0.7 ppm in ¹H.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.ml.graph import Graph, Step

_POINTWISE = frozenset(
    {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "BatchNormalization"}
    | {"Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "Rescaling", "Identity"}
)
_MERGES = frozenset(
    {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
    | {"SignalPooling"}
)
_SEES_ALL = frozenset({"SignalPooling", "InkedCells", "TokensToGrid"})
"""Layers whose every cell depends on the whole input: on all shares, on all other signals."""
_FROM_TOKENS = frozenset({"TokensToGrid", "InkedCells"})
_TOKENWISE = frozenset({"Dense", "TokenAttention", "TiedAttention"})
_WINDOWS = frozenset(
    {"Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D"}
)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Cells along one dimension of an input.

    Parameters
    ----------
    start : float
        Centre of cell 0, in input pixels (the centre of pixel 0 is 0).
    step : float
        Distance between neighbouring cells, pixels.
    field : int
        Receptive field of a cell, pixels. Where a cell sees the whole input that is the
        input's size, and the field does not lie around the cell.
    size : int
        Number of cells.
    """

    start: float
    step: float
    field: int
    size: int

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centre of every cell, float64 ``(size,)``, pixels."""
        return self.start + self.step * np.arange(self.size, dtype=np.float64)

    def axis(self, pixels: Axis) -> Axis:
        """The cells' centres in ppm, given the axis of the input's pixels."""
        first = pixels.ppm(self.start)
        last = pixels.ppm(self.start + self.step * (self.size - 1))
        return Axis(pixels.nucleus, first, last, self.size)


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of one layer on the one input that they see.

    Parameters
    ----------
    input_name : str
        The Keras input.
    rows, columns : Ladder
        Along the height and the width of the input.
    """

    input_name: str
    rows: Ladder
    columns: Ladder

    def axes(self, spec: InputSpec) -> tuple[Axis, Axis]:
        """ppm of the cells' centres along F1 (¹³C) and F2 (¹H).

        Parameters
        ----------
        spec : InputSpec
            Of the input `input_name`; ``rows="f2"`` puts ¹H down the rows.
        """
        down, across = (self.rows, self.columns) if spec.rows == "f1" else (self.columns, self.rows)
        return down.axis(spec.f1), across.axis(spec.f2)


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A list of `count` signals in the ink that the layer `ink` gives."""

    ink: str
    count: int


def layer_cells(graph: Graph, name: str) -> Cells:
    """Cells of a layer, derived from the graph.

    Parameters
    ----------
    graph : Graph
        Of the network.
    name : str
        A layer with output ``(n, height, width, channels)``.

    Raises
    ------
    NetworkError
        If there is no such layer.
    MethodError
        If the layer is no map, is fed by both inputs, or stands behind a layer whose
        geometry is not known; the message says which.
    """
    graph[name]
    found: dict[str, Cells] = {}
    lists: dict[str, _Tokens] = {}
    for here in _upstream(graph, name):
        step = graph[here]
        if step.kind == "InkBasins" or _lists(step, lists):
            lists[here] = _listed(here, step, lists)
        else:
            found[here] = _placed(here, step, found, lists)
    if name in lists:
        raise MethodError(f"the output of {name!r} is not a map over the spectrum")
    return found[name]


def _lists(step: Step, lists: Mapping[str, _Tokens]) -> bool:
    """Whether a layer works on tokens and does not put them back on a grid."""
    return step.kind not in _FROM_TOKENS and any(parent in lists for parent in step.parents)


def _placed(
    name: str, step: Step, found: Mapping[str, Cells], lists: Mapping[str, _Tokens]
) -> Cells:
    """Cells of a layer that gives a map."""
    shape = tuple(step.output.shape)
    if len(shape) != 4 or None in shape[1:]:
        raise MethodError(f"the output of {name!r} is not a map over the spectrum")
    if step.kind in _FROM_TOKENS and all(parent in lists for parent in step.parents):
        cells = _put_back(name, step, found, lists)
    else:
        cells = _follow(name, step, [found[parent] for parent in step.parents])
    if step.kind in _SEES_ALL:
        cells = _seeing_all(cells, found)
    if (cells.rows.size, cells.columns.size) != shape[1:3]:
        raise MethodError(f"{name!r} gives {shape[1]}x{shape[2]} cells, not as its type says")
    return cells


def _listed(name: str, step: Step, lists: Mapping[str, _Tokens]) -> _Tokens:
    """Tokens behind a layer that leaves every one at its place in the list."""
    if step.kind == "InkBasins":
        return _Tokens(step.parents[0], step.layer.count)
    if step.kind == "InkTokens":
        basins = lists.get(step.parents[1])
        if basins != _Tokens(step.parents[0], step.layer.count):
            raise MethodError(f"{name!r} is fed with ink and other basins")
        return basins
    first, *others = {lists.get(parent) for parent in step.parents}
    keeps = step.kind in _TOKENWISE or step.kind in _MERGES or _pointwise(step)
    if step.kind == "Concatenate":
        keeps = step.layer.axis in (-1, 2)
    if first is None or others or not keeps:
        raise MethodError(f"tokens cannot be followed through {name!r} ({step.kind})")
    return first


def _put_back(
    name: str, step: Step, found: Mapping[str, Cells], lists: Mapping[str, _Tokens]
) -> Cells:
    """Cells of tokens on the grid of their ink: they lie exactly on its samples."""
    first, *others = {lists[parent] for parent in step.parents}
    if others or getattr(step.layer, "count", first.count) != first.count:
        raise MethodError(f"{name!r} puts tokens where they do not come from")
    return found[first.ink]


def _seeing_all(cells: Cells, found: Mapping[str, Cells]) -> Cells:
    """The same cells, each of which sees the whole input."""
    whole = found[cells.input_name]
    return replace(
        cells,
        rows=replace(cells.rows, field=whole.rows.size),
        columns=replace(cells.columns, field=whole.columns.size),
    )


def _upstream(graph: Graph, name: str) -> list[str]:
    """The layers that `name` needs, itself included, inputs first."""
    needed = {name}
    for here in reversed(graph.steps):
        if here in needed:
            needed.update(graph.steps[here].parents)
    return [here for here in graph.steps if here in needed]


def _follow(name: str, step: Step, parents: list[Cells]) -> Cells:
    """Cells of one layer from those of the layers that feed it."""
    if getattr(step.layer, "data_format", "channels_last") != "channels_last":
        raise MethodError(f"{name!r} puts channels first; expected channels last")
    if step.kind == "InputLayer":
        height, width = step.output.shape[1:3]
        return Cells(name, Ladder(0.0, 1.0, 1, height), Ladder(0.0, 1.0, 1, width))
    if step.kind in _MERGES:
        return _merge(name, step, parents)
    (cells,) = parents if len(parents) == 1 else (None,)
    rule = _rule(step)
    if cells is None or rule is None:
        raise MethodError(f"positions cannot be followed through {name!r} ({step.kind})")
    return replace(cells, rows=rule(cells.rows, 0), columns=rule(cells.columns, 1))


def _rule(step: Step) -> Callable[[Ladder, int], Ladder] | None:
    """How a layer with one parent changes a ladder; the number is the dimension."""
    layer = step.layer
    if _pointwise(step):
        return lambda ladder, _: ladder
    if step.kind in _WINDOWS:
        return lambda ladder, axis: _window(ladder, axis, layer)
    if step.kind == "UpSampling2D":
        return lambda ladder, axis: _finer(ladder, _pair(layer.size)[axis])
    if step.kind == "ZeroPadding2D":
        return lambda ladder, axis: _padded(ladder, layer.padding[axis], 1)
    if step.kind == "Cropping2D":
        return lambda ladder, axis: _padded(ladder, layer.cropping[axis], -1)
    return None


def _pointwise(step: Step) -> bool:
    """Whether a layer leaves every cell where it is and sees no other cell."""
    if step.kind in ("Softmax", "LayerNormalization"):
        last = len(step.output.shape) - 1
        return step.layer.axis in (-1, last, [-1], [last])
    return step.kind in _POINTWISE


@dataclass(frozen=True, slots=True)
class Window:
    """What a cell of a convolution or pooling sees along one dimension of its input.

    Parameters
    ----------
    reach : int
        Number of the input's cells from the first to the last that one cell sees.
    stride : int
        Cells of the input from one cell to the next.
    before : int
        Padding before the input's first cell; "same" pads as TensorFlow does.
    size : int
        Number of cells.
    """

    reach: int
    stride: int
    before: int
    size: int

    @classmethod
    def of(cls, layer: Any, axis: int, size: int) -> Window:
        """That of a layer (one of `graph.CONVOLUTIONS`, or a pooling) on `size` cells."""
        seen = (layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size)[axis]
        stride = _pair(layer.strides)[axis]
        reach = (seen - 1) * _pair(getattr(layer, "dilation_rate", 1))[axis] + 1
        if layer.padding == "same":
            cells = math.ceil(size / stride)
            before = max((cells - 1) * stride + reach - size, 0) // 2
        else:
            cells = (size - reach) // stride + 1
            before = 0
        return cls(reach, stride, before, cells)


def _window(ladder: Ladder, axis: int, layer: Any) -> Ladder:
    """Convolution or pooling along one dimension."""
    window = Window.of(layer, axis, ladder.size)
    return Ladder(
        start=ladder.start + ladder.step * ((window.reach - 1) / 2 - window.before),
        step=ladder.step * window.stride,
        field=ladder.field + round((window.reach - 1) * ladder.step),
        size=window.size,
    )


def _pair(value: Any) -> tuple[int, int]:
    """Strides as Keras stores them: one number or two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _finer(ladder: Ladder, times: int) -> Ladder:
    """Every cell cut in so many; the parts lie within it, and see what it saw."""
    step = ladder.step / times
    start = ladder.start - ladder.step / 2 + step / 2
    return replace(ladder, start=start, step=step, size=ladder.size * times)


def _padded(ladder: Ladder, amount: tuple[int, int], sign: int) -> Ladder:
    """Empty cells added (sign 1) or cells cut off (sign -1) at both ends."""
    before, after = (sign * n for n in amount)
    return replace(
        ladder, start=ladder.start - before * ladder.step, size=ladder.size + before + after
    )


def _merge(name: str, step: Step, parents: list[Cells]) -> Cells:
    """Maps joined cell by cell; their cells must be the same."""
    first = parents[0]
    if step.kind == "Concatenate" and step.layer.axis not in (-1, 3):
        raise MethodError(f"{name!r} joins maps side by side; expected along the channels")
    if len({cells.input_name for cells in parents}) > 1:
        raise MethodError(f"{name!r} is fed by both inputs; a map lies on one")
    for cells in parents[1:]:
        if not (_same(cells.rows, first.rows) and _same(cells.columns, first.columns)):
            raise MethodError(f"{name!r} joins maps whose cells lie at different positions")
    return Cells(
        first.input_name,
        replace(first.rows, field=max(cells.rows.field for cells in parents)),
        replace(first.columns, field=max(cells.columns.field for cells in parents)),
    )


def _same(one: Ladder, other: Ladder) -> bool:
    """Whether two ladders have the same cells, whatever they see."""
    return (one.start, one.step, one.size) == (other.start, other.step, other.size)
