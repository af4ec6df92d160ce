"""Forward passes that skip what is blank, for chains of convolutions before a first Dense.

Most of a spectrum is blank paper. A cell of a feature map that sees nothing else has the value of
every such cell, which is known beforehand; only the others are computed, cell by cell from the
windows they see. Behind the last map the first Dense is linear: what it gives for blank paper,
and what the other cells have more. No number is left out, so that only rounding differs from a
plain pass. An example is computed by itself, so that its last bits never depend on others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.dense_tail import DenseTail
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.passes import behind_dense
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.painted_forward_blocks import Column, Stage
from nmrcam_qt.ml.painted_forward_chain import chains_to_dense

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int32]

WORTH = 0.35
"""Share of the multiplications beyond which a plain pass is as fast (`benchmarks/sparse_forward`:
gathering windows takes about as long as multiplying them)."""
MOST_NUMBERS = 16 * 1024 * 1024
"""Of all windows of a map: what is gathered is a part of them."""
_CELLS = 32
"""Of the last map that are summed in float32 before the sums are added in float64."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A feature map whose blank cells are one row.

    Parameters
    ----------
    values : float32 ``(1 + m, channels)``
        The blank cell, then those that are not.
    number : int32 ``(h, w)``
        Row of every cell; 0 for blank.
    """

    values: Image
    number: Numbers

    @property
    def whole(self) -> Image:
        """The map, float32 ``(h, w, channels)``."""
        return np.take(self.values, self.number, axis=0)


@dataclass(frozen=True, slots=True)
class Half:
    """One example, halfway.

    Parameters
    ----------
    rows : tuple of Rows
        The last map of each input.
    before : float64 ``(units,)``
        What the Dense gives before its activation.
    """

    rows: tuple[Rows, ...]
    before: Floats

    @property
    def maps(self) -> tuple[Image, ...]:
        """The last map of each input, float32 ``(h, w, channels)``."""
        return tuple(rows.whole for rows in self.rows)


class SparseForward:
    """Goes through a network of chains, a Flatten each, and Dense layers, up to the first Dense.

    The weights must not change afterwards.

    Parameters
    ----------
    columns : sequence of Column
        One for each input.
    kernel, bias : float32 ``(n, units)``, ``(units,)``
        Of the Dense.
    backgrounds : sequence of float
        What blank paper is at each input.
    finish : callable
        From the Dense's values before its activation to the logits, float64 ``(n, …)``; those of
        an example depend on no other.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        kernel: Array,
        bias: Array,
        backgrounds: Sequence[float],
        finish: Callable[[Floats], Floats],
    ) -> None:
        self._finish = finish
        self.outputs = tuple(str(c.stages[-1].steps[-1].layer.name) for c in columns)
        self._columns = [
            _Column(column, background)
            for column, background in zip(columns, backgrounds, strict=True)
        ]
        self._kernels = [kernel[column.part] for column in columns]
        self._blank = np.asarray(bias, np.float64)
        for own, part in zip(self._columns, self._kernels, strict=True):
            cells = part.reshape(-1, len(own.blank), part.shape[1])
            self._blank = self._blank + own.blank.astype(np.float64) @ cells.sum(
                axis=0, dtype=np.float64
            )

    @classmethod
    def of(cls, graph: Graph, backgrounds: Sequence[float]) -> SparseForward | None:
        """That of a network; None where its graph is another."""
        found = chains_to_dense(graph)
        if found is None or not all(_plain(s) for c in found[0] for s in c.stages):
            return None
        columns, dense = found
        if any(_numbers(s) > MOST_NUMBERS for column in columns for s in column.stages):
            return None
        layer = graph[dense].layer
        kernel = np.asarray(layer.kernel)
        bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(kernel.shape[1])
        finish = DenseTail.of(graph, dense) or _traced(behind_dense(graph, dense), kernel.shape[1])
        return cls(columns, kernel, bias, backgrounds, finish)

    def __call__(self, inputs: Sequence[Image]) -> Half | None:
        """Of one example, ``(H, W, C)`` per input; None where a plain pass is as fast."""
        seen = [column.seen(x) for column, x in zip(self._columns, inputs, strict=True)]
        part = sum(c.work(s) for c, s in zip(self._columns, seen, strict=True))
        if not part <= WORTH * sum(c.whole for c in self._columns):
            return None
        rows = tuple(c(x, s) for c, x, s in zip(self._columns, inputs, seen, strict=True))
        before = self._blank.copy()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for each, kernel in zip(rows, self._kernels, strict=True):
                before += _weighed(each, kernel)
        # What overflows here may be cut off by an activation on the plain way.
        fits = np.abs(before) < np.finfo(np.float32).max
        return Half(rows, before) if fits.all() else None

    def logits(self, halves: Sequence[Half]) -> Floats:
        """Logits of n examples, float64 ``(n, n_classes)``; of one the same as among others."""
        return self._finish(np.stack([half.before for half in halves]))


class _Column:
    """The stages of one input."""

    def __init__(self, column: Column, background: float) -> None:
        self._stages = column.stages
        self._background = np.float32(background)
        self._weights = [
            (np.asarray(s.steps[0].layer.kernel), _bias_of(s)) if _convolves(s) else None
            for s in column.stages
        ]
        self._blanks = [np.full(column.stages[0].steps[0].inputs[0].shape[3], self._background)]
        for stage, weights in zip(column.stages, self._weights, strict=True):
            last = self._blanks[-1]
            if weights is not None:
                kernel, bias = weights
                with np.errstate(over="ignore", invalid="ignore"):  # then nothing goes this way
                    last = _activated(stage, last @ kernel.sum(axis=(0, 1)) + bias)
            self._blanks.append(last.astype(np.float32))
        self.blank = self._blanks[-1]
        self.whole = sum(s.windows[0].size * s.windows[1].size * s.cost for s in self._stages)

    def seen(self, example: Image) -> list[Flags]:
        """Which cells of each map see something, the input's samples first."""
        made = [(example != self._background).any(axis=2)]
        for stage in self._stages:
            here = made[-1]
            for axis, window in enumerate(stage.windows):
                lines = np.moveaxis(here, axis, 0)
                last = (window.size - 1) * window.stride + 1
                reached = [
                    lines[first : first + last : window.stride] for first in range(window.reach)
                ]
                here = np.moveaxis(np.logical_or.reduce(reached), 0, axis)
            made.append(here)
        return made

    def work(self, seen: Sequence[Flags]) -> float:
        """Multiplications (comparisons) for the cells that see something."""
        pairs = zip(self._stages, seen[1:], strict=True)
        return sum(int(np.count_nonzero(flags)) * stage.cost for stage, flags in pairs)

    def __call__(self, example: Image, seen: Sequence[Flags]) -> Rows:
        """The last map."""
        height, width, channels = example.shape
        places = np.arange(height * width, dtype=np.int32).reshape(height, width)
        rows = Rows(example.reshape(-1, channels), places)
        steps = zip(self._stages, self._weights, self._blanks[1:], seen[1:], strict=True)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for stage, weights, blank, flags in steps:
                rows = _stepped(stage, weights, rows, blank, flags)
        return rows


def _stepped(
    stage: Stage,
    weights: tuple[Array, Array] | None,
    rows: Rows,
    blank: Image,
    seen: Flags,
) -> Rows:
    """The next map: of the cells that see something, the others are `blank`."""
    where = np.flatnonzero(seen)
    windows = _windows(stage, rows.number, where, seen.shape[1])
    values = np.empty((1 + len(where), len(blank)), np.float32)
    values[0] = blank
    made = values[1:]
    if weights is not None:
        kernel, bias = weights
        flat = kernel.reshape(-1, kernel.shape[3])
        gathered = np.take(rows.values, windows, axis=0).reshape(len(where), len(flat))
        np.matmul(gathered, flat, out=made)
        made += bias
        _activated(stage, made)
    else:
        np.take(rows.values, windows[:, 0], axis=0, out=made)
        for column in windows.T[1:]:
            np.maximum(made, np.take(rows.values, column, axis=0), out=made)
    number = np.zeros(seen.size, np.int32)
    number[where] = np.arange(1, 1 + len(where), dtype=np.int32)
    return Rows(values, number.reshape(seen.shape))


def _windows(stage: Stage, number: Numbers, where: NDArray[np.intp], width: int) -> Numbers:
    """Rows of what the cells `where` of a map of `width` see, ``(m, reach × reach)``."""
    down, across = stage.windows
    line = number.shape[1]
    row, column = np.divmod(where, width)
    first = row * (down.stride * line) + column * across.stride
    steps = np.arange(down.reach)[:, None] * line + np.arange(across.reach)
    return np.asarray(np.take(number.reshape(-1), first[:, None] + steps.reshape(-1)))


def _weighed(rows: Rows, kernel: Array) -> Floats:
    """What the Dense makes of the cells that are not blank, over what it makes of blank ones."""
    channels = rows.values.shape[1]
    where = np.flatnonzero(rows.number)
    more = rows.values[1:] - rows.values[0]
    made = np.zeros(kernel.shape[1])
    # Neighbours in the map are neighbours in the kernel; few enough for a float32 sum.
    ends = np.flatnonzero(np.diff(where) != 1) + 1
    for run in np.split(np.arange(len(where)), ends):
        for start in range(0, len(run), _CELLS):
            part = run[start : start + _CELLS]
            first = int(where[part[0]]) * channels
            values = more[part[0] : part[-1] + 1].reshape(-1)
            made += values @ kernel[first : first + values.size]
    return made


def _traced(run: Callable[[Any], Any], units: int) -> Callable[[Floats], Floats]:
    """`behind_dense` compiled, from arrays to arrays; one example alone has a double beside it."""
    spec = tf.TensorSpec((None, units), tf.float32)
    compiled = tf.function(run, autograph=False).get_concrete_function(spec)

    def finish(before: Floats) -> Floats:
        single = before.astype(np.float32)
        twice = np.concatenate([single, single]) if len(single) == 1 else single
        return np.asarray(compiled(tf.constant(twice)), np.float64)[: len(before)]

    return finish


def _plain(stage: Stage) -> bool:
    """Whether all blank cells of a stage's map are alike, and it is one of those made here."""
    first = stage.steps[0]
    known = first.kind == "MaxPooling2D"
    if _convolves(stage):
        known = first.activation in ("relu", "linear") and set(first.layer.dilation_rate) == {1}
    others = all(step.kind == "Dropout" for step in stage.steps[1:])
    return known and first.layer.padding == "valid" and others


def _numbers(stage: Stage) -> int:
    """In the windows of all cells of a stage."""
    down, across = stage.windows
    channels = int(stage.steps[0].inputs[0].shape[3])
    return down.size * across.size * down.reach * across.reach * channels


def _convolves(stage: Stage) -> bool:
    return stage.steps[0].kind == "Conv2D"


def _bias_of(stage: Stage) -> Array:
    layer = stage.steps[0].layer
    return np.asarray(layer.bias) if layer.use_bias else np.zeros(layer.filters, np.float32)


def _activated(stage: Stage, values: Image) -> Image:
    """Values behind the convolution's activation, in place."""
    if stage.steps[0].activation == "relu":
        np.maximum(values, 0, out=values)
    return values
