"""Blocks of feature maps that a block of changed samples reaches, and their computation.

The arithmetic is that of `cells.Window`: a block grows by the reach of each window and shrinks by
each stride. Its surroundings are those of an example whose maps are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import Window
from nmrcam_qt.ml.graph import Step

Ints = NDArray[np.int64]
Sizes = tuple[int, int]

_WORTH = 0.5
"""Blocks that cost more than this part of the whole are computed the plain way."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A convolution or pooling, and the layers behind it that see one cell each.

    Parameters
    ----------
    steps : tuple of Step
        The first has the windows.
    windows : tuple of Window
        Along rows and columns.
    source : tuple of int
        Rows and columns that it eats.
    """

    steps: tuple[Step, ...]
    windows: tuple[Window, Window]
    source: Sizes

    @property
    def output(self) -> Any:
        """What it gives, ``(n, h, w, c)``."""
        return self.steps[-1].output

    @property
    def cost(self) -> float:
        """Multiplications (comparisons) for one cell."""
        first, seen = self.steps[0], self.windows[0].reach * self.windows[1].reach
        times = first.inputs[0].shape[3] if first.kind == "Conv2D" else 1
        return float(seen * times * first.output.shape[3])

    def padded(self, whole: Image) -> Image:
        """A map ``(h, w, c)`` with the padding that "same" needs."""
        amounts = [
            (w.before, max((w.size - 1) * w.stride + w.reach - w.before - size, 0))
            for w, size in zip(self.windows, self.source, strict=True)
        ]
        if not any(n for both in amounts for n in both):
            return whole
        blank = -np.inf if self.steps[0].kind == "MaxPooling2D" else 0.0
        return np.pad(whole, (*amounts, (0, 0)), constant_values=blank)

    def run(self, context: Image) -> Image:
        """Cells ``(n, h, w, c)`` that see blocks of the padded source, and nothing else."""
        layer = self.steps[0].layer
        x = tf.convert_to_tensor(context)
        if self.steps[0].kind == "Conv2D":
            x = keras.ops.conv(
                x, layer.kernel, layer.strides, "valid", "channels_last", layer.dilation_rate
            )
            x = layer.activation(x + layer.bias if layer.use_bias else x)
        else:
            max_pool = self.steps[0].kind == "MaxPooling2D"
            pool = keras.ops.max_pool if max_pool else keras.ops.average_pool
            x = pool(x, layer.pool_size, layer.strides, "valid", "channels_last")
        for step in self.steps[1:]:
            x = step.layer(x, training=False)
        return np.asarray(x)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks of one size in one map, one for each example.

    Parameters
    ----------
    first : int ``(n, 2)``
        Row and column of each block's first cell.
    size : tuple of int
        Rows and columns of all.
    """

    first: Ints
    size: Sizes

    def reached(self, stage: Stage) -> Blocks:
        """The cells of a stage that see these blocks, and others where the size needs them."""
        firsts, sizes = [], []
        for axis, window in enumerate(stage.windows):
            size = reached_size(self.size[axis], window)
            lowest = -((window.reach - 1 - window.before - self.first[:, axis]) // window.stride)
            firsts.append(np.clip(lowest, 0, window.size - size))
            sizes.append(size)
        return Blocks(np.stack(firsts, axis=1), (sizes[0], sizes[1]))


def reached_size(size: int, window: Window) -> int:
    """Most cells of a window's layer that see some of `size` neighbouring cells."""
    return min((size + window.reach - 2) // window.stride + 1, window.size)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The chain of one input, up to its Flatten.

    Parameters
    ----------
    stages : tuple of Stage
        At least one.
    part : slice
        Where its cells lie in what the Dense eats.
    """

    stages: tuple[Stage, ...]
    part: slice

    @property
    def shape(self) -> Sizes:
        """Rows and columns of the input."""
        return self.stages[0].source

    def worth(self, size: Sizes) -> bool:
        """Whether a block of so many samples is much cheaper than the whole."""
        part = whole = 0.0
        down, across = size
        for stage in self.stages:
            down, across = (
                reached_size(n, window)
                for n, window in zip((down, across), stage.windows, strict=True)
            )
            part += down * across * stage.cost
            whole += stage.windows[0].size * stage.windows[1].size * stage.cost
        return part <= _WORTH * whole

    def changed(
        self, examples: Image, maps: Sequence[Image], blocks: Blocks
    ) -> tuple[Image, Blocks]:
        """What the last map of examples has more than that of the base, in blocks.

        Parameters
        ----------
        examples : float32 ``(n, H, W, C)``
            Equal to the base outside of `blocks`.
        maps : sequence of float32 ``(h, w, c)``
            The base, and what every stage makes of it.
        blocks : Blocks
            Of the input.
        """
        values = _cut(examples, blocks)
        for stage, source in zip(self.stages, maps[:-1], strict=True):
            behind = blocks.reached(stage)
            values = stage.run(_contexts(stage, stage.padded(source), behind, values, blocks))
            blocks = behind
        return values - _cut([maps[-1]] * len(values), blocks), blocks


def _cut(maps: Image | Sequence[Image], blocks: Blocks) -> Image:
    """One block of each map, ``(n, h, w, c)``."""
    height, width = blocks.size
    return np.stack(
        [
            each[row : row + height, column : column + width]
            for each, (row, column) in zip(maps, blocks.first, strict=True)
        ]
    )


def _contexts(stage: Stage, padded: Image, wanted: Blocks, values: Image, blocks: Blocks) -> Image:
    """What the wanted cells see: the base's padded map, with `values` where `blocks` are."""
    strides = np.array([w.stride for w in stage.windows])
    before = np.array([w.before for w in stage.windows])
    sizes = tuple(
        (n - 1) * w.stride + w.reach for n, w in zip(wanted.size, stage.windows, strict=True)
    )
    seen = Blocks(wanted.first * strides, (sizes[0], sizes[1]))
    made = _cut([padded] * len(values), seen)
    low = blocks.first + before - seen.first
    high = low + blocks.size
    start, stop = np.maximum(low, 0), np.minimum(high, seen.size)
    for out, value, at, (top, left), (bottom, right) in zip(
        made, values, low, start, stop, strict=True
    ):
        if top < bottom and left < right:
            inner = value[top - at[0] : bottom - at[0], left - at[1] : right - at[1]]
            out[top:bottom, left:right] = inner
    return made
