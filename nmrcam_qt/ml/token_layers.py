"""Layers of networks that read a spectrum as the set of its signals; none holds weights.

Most of a spectrum is blank, and whose signal a signal is depends on all the others, wherever
they lie. So the ink is parted into signals: every sample belongs to the maximum of the
smoothed ink that it climbs to (a watershed). The signals are tokens that attend to each other
(Vaswani et al., NIPS 2017, eq. 1), and their scores go back to the ink they came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from nmrcam_qt.core.watershed import JUMPS, PASSES, STEPS, TILT
from nmrcam_qt.ml.mixnet_layers import MAX_CYCLES, MAX_WAVES, position_waves

REACH = 3
"""A token holds the ink so many samples around its maximum."""
AROUND = (2 * REACH + 1) ** 2
MIDDLE = [(REACH + dy) * (2 * REACH + 1) + REACH + dx for dy, dx in STEPS]
"""Which of the samples around a maximum are its neighbours and itself."""
AREA = 16.0
"""Unit, in samples, of a signal's area as a feature."""
MAX_TOKENS = 2048
MAX_HEADS = 16
INK_FROM, INK_TO = 0.05, 0.15
"""Between these the mask of ink rises from 0 to 1."""

Shape = Sequence[int | None]
Floats = NDArray[np.float32]


def n_features(cycles: Sequence[float]) -> int:
    """Features of a token: mask, height, area, ink around, waves of its place."""
    return 3 + AROUND + 4 * len(cycles)


def grid_of(shape: Shape, channels: int) -> tuple[int, int]:
    """Rows and columns of ``(n, H, W, channels)``.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if len(shape) != 4 or shape[3] != channels or shape[1] is None or shape[2] is None:
        raise ValueError(f"rows, columns and {channels} channels expected, found {tuple(shape)}")
    return shape[1], shape[2]


def _mask_of(ink: Any) -> Any:
    return ops.clip((ink - INK_FROM) / (INK_TO - INK_FROM), 0.0, 1.0)


def _shifted(padded: Any, dy: int, dx: int, height: int, width: int) -> Any:
    return padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]


class _Counted(keras.layers.Layer):  # type: ignore[misc]
    """A layer for the `count` highest signals.

    Raises
    ------
    ValueError
        If `count` is below 1 or above `MAX_TOKENS`.
    """

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = int(count)
        if not 1 <= self.count <= MAX_TOKENS:
            raise ValueError(f"1 to {MAX_TOKENS} tokens expected, found {count}")

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="nmrcam")
class InkBasins(_Counted):
    """Which signal every sample of ink belongs to.

    Output channels: the signal's number, 0 for the highest, -1 for blank samples and for
    signals beyond `count`; the mask, 0 blank to 1 inked; 1 at the signal's maximum.
    """

    def call(self, inputs: Any) -> Any:
        """Basins ``(n, H, W, 3)`` of ink ``(n, H, W, 1)``."""
        height, width = grid_of(inputs.shape, 1)
        ink = ops.cast(inputs, "float32")[..., 0]
        smooth, darkest = ink, ink
        for _ in range(PASSES):
            padded = ops.pad(smooth, [[0, 0], [1, 1], [1, 1]])
            rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
            smooth = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) * np.float32(1 / 9)
        darkest = ops.max_pool(darkest[..., None], 3, 1, padding="same")[..., 0]
        hill = smooth + _tilt(height, width)
        padded = ops.pad(hill, [[0, 0], [1, 1], [1, 1]], constant_values=-1.0)
        around = ops.stack([_shifted(padded, *s, height, width) for s in STEPS], axis=-1)
        moves = np.array([dy * width + dx for dy, dx in STEPS], np.int32)
        size = height * width
        here = np.arange(size, dtype=np.int32).reshape(1, size)
        up = ops.reshape(ops.take(moves, ops.argmax(around, axis=-1)), (-1, size)) + here
        top = ops.cast(up == here, "float32") * ops.cast(
            ops.reshape(darkest, (-1, size)) > INK_FROM, "float32"
        )
        for _ in range(JUMPS):
            up = ops.take_along_axis(up, up, axis=1)
        height_of = ops.reshape(hill, (-1, size)) * top
        _, best = ops.top_k(height_of, min(self.count, size))
        number = _numbered(ops.take_along_axis(top, best, axis=1), best, size)
        signal = ops.take_along_axis(number, up, axis=1)
        signal = ops.reshape(signal, (-1, height, width))
        mask = _mask_of(ink) * ops.cast(signal >= 0, "float32")
        signal = ops.where(mask > 0, signal, -1.0)
        peak = ops.reshape(top * ops.cast(number >= 0, "float32"), (-1, height, width))
        # The maximum of a ring lies on blank paper, and still is where its signal is.
        signal = ops.where(peak > 0, ops.reshape(number, (-1, height, width)), signal)
        return ops.stack([signal, mask, peak], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Shape of the output."""
        return (input_shape[0], *grid_of(input_shape, 1), 3)


def _tilt(height: int, width: int) -> Floats:
    row, column = np.arange(height), np.arange(width)
    return np.asarray(TILT[0] * row[:, None] + TILT[1] * column, np.float32)


def _numbered(real: Any, best: Any, size: int) -> Any:
    """At the place of each signal its number, float32 ``(n, size)``; -1 elsewhere."""
    n, count = ops.shape(best)[0], best.shape[1]
    row = ops.arange(n, dtype=best.dtype)[:, None] * size
    number = (ops.arange(count, dtype="float32") + 1.0) * ops.cast(real > 0, "float32")
    placed = ops.scatter(ops.reshape(best + row, (-1, 1)), ops.reshape(number, (-1,)), (n * size,))
    return ops.reshape(placed, (-1, size)) - 1.0


@keras.saving.register_keras_serializable(package="nmrcam")
class InkTokens(_Counted):
    """The signals as tokens.

    A token holds, all multiplied with the first: 1 (0 where there are fewer signals), the
    ink at the maximum smoothed once, the area of its ink in units of `AREA` samples, the
    `AROUND` samples around its maximum, and waves of its place (`position_waves`).

    Parameters
    ----------
    count : int
        How many tokens, 1 to `MAX_TOKENS`; that of the basins.
    cycles : sequence of float
        Waves across an axis, at most `MAX_WAVES` numbers above 0 and up to `MAX_CYCLES`.

    Raises
    ------
    ValueError
        If a number is out of bounds.
    """

    def __init__(self, count: int, cycles: Sequence[float], **kwargs: Any) -> None:
        super().__init__(count, **kwargs)
        self.cycles = tuple(float(c) for c in cycles)
        if not 1 <= len(self.cycles) <= MAX_WAVES:
            raise ValueError(f"1 to {MAX_WAVES} wave numbers expected, found {len(self.cycles)}")
        if not all(0 < c <= MAX_CYCLES for c in self.cycles):
            raise ValueError(f"wave numbers above 0 and up to {MAX_CYCLES:g} expected")

    def call(self, inputs: Sequence[Any]) -> Any:
        """Tokens ``(n, count, n_features)`` of ink ``(n, H, W, 1)`` and its basins."""
        ink, basins = (ops.cast(x, "float32") for x in inputs)
        height, width = grid_of(ink.shape, 1)
        size, n = height * width, ops.shape(ink)[0]
        signal = ops.cast(ops.reshape(basins[..., 0], (-1, size)), "int32")
        # One slot more than there are tokens takes what belongs to none.
        slot = ops.where(signal >= 0, signal, self.count)
        row = ops.arange(n, dtype="int32")[:, None] * (self.count + 1)
        index = ops.reshape(slot + row, (-1, 1))
        place = ops.arange(size, dtype="float32")[None, :]
        peak = ops.reshape(basins[..., 2], (-1, size))
        sums = ops.stack([ops.reshape(basins[..., 1], (-1, size)), peak, peak * place], axis=-1)
        found = ops.scatter(index, ops.reshape(sums, (-1, 3)), (n * (self.count + 1), 3))
        found = ops.reshape(found, (-1, self.count + 1, 3))[:, : self.count]
        area, real = found[..., :1] / AREA, found[..., 1:2]
        cell = ops.cast(found[..., 2], "int32")
        wide = width + 2 * REACH
        padded = ops.pad(ink[..., 0], [[0, 0], [REACH, REACH], [REACH, REACH]])
        padded = ops.reshape(padded, (-1, (height + 2 * REACH) * wide))
        steps = np.arange(2 * REACH + 1, dtype=np.int32)
        window = (steps[:, None] * wide + steps).reshape(1, 1, AROUND)
        corner = cell // width * wide + cell % width
        at = ops.reshape(corner[..., None] + window, (-1, self.count * AROUND))
        around = ops.reshape(ops.take_along_axis(padded, at, axis=1), (-1, self.count, AROUND))
        waves = position_waves(height, width, self.cycles).reshape(size, -1)
        place = ops.take(ops.convert_to_tensor(waves), cell, axis=0)
        high = _height(around)
        return ops.concatenate([real, *(x * real for x in (high, area, around, place))], axis=-1)

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        """Shape of the output."""
        ink, basins = input_shape
        if grid_of(ink, 1) != grid_of(basins, 3):
            raise ValueError(f"{self.name}: ink and its basins expected")
        return (ink[0], self.count, n_features(self.cycles))

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "cycles": list(self.cycles)}


def _height(around: Any) -> Any:
    """Mean of the 3 × 3 samples at the maximum, ``(…, 1)``."""
    return sum(around[..., i : i + 1] for i in MIDDLE) * np.float32(1 / 9)


@keras.saving.register_keras_serializable(package="nmrcam")
class InkedCells(keras.layers.Layer):  # type: ignore[misc]
    """Mask of the ink that belongs to a token, ``(n, H, W, 1)``, 0..1, of its basins."""

    def call(self, inputs: Any) -> Any:
        """Second channel of basins ``(n, H, W, 3)``."""
        return inputs[..., 1:2]

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Shape of the output."""
        return (input_shape[0], *grid_of(input_shape, 3), 1)


@keras.saving.register_keras_serializable(package="nmrcam")
class TokensToGrid(_Counted):
    """Values of the tokens at every sample of their ink; 0 everywhere else."""

    def call(self, inputs: Sequence[Any]) -> Any:
        """Grid ``(n, H, W, C)`` of values ``(n, count, C)`` and basins ``(n, H, W, 3)``."""
        values, basins = inputs
        height, width = grid_of(basins.shape, 3)
        channels = values.shape[-1]
        signal = ops.cast(ops.reshape(basins[..., 0], (-1, height * width)), "int32")
        slot = ops.where(signal >= 0, signal, self.count)
        padded = ops.pad(values, [[0, 0], [0, 1], [0, 0]])
        spread = ops.take_along_axis(padded, slot[..., None], axis=1)
        return ops.reshape(spread, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        """Shape of the output."""
        values, basins = input_shape
        if len(values) != 3 or values[1] != self.count:
            raise ValueError(f"{self.name}: values of {self.count} tokens expected")
        return (values[0], *grid_of(basins, 3), values[2])


@keras.saving.register_keras_serializable(package="nmrcam")
class TokenAttention(keras.layers.Layer):  # type: ignore[misc]
    """Scaled dot-product attention among the tokens.

    Parameters
    ----------
    heads : int
        1 to `MAX_HEADS`; must divide the width.

    Raises
    ------
    ValueError
        If `heads` is out of bounds, or does not divide the width.
    """

    def __init__(self, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = int(heads)
        if not 1 <= self.heads <= MAX_HEADS:
            raise ValueError(f"1 to {MAX_HEADS} heads expected, found {heads}")

    def call(self, inputs: Sequence[Any]) -> Any:
        """Seen values ``(n, K, D)`` of query, key, value ``(n, K, D)`` and tokens."""
        *parts, tokens = inputs
        return self.attend(parts, tokens)

    @property
    def per_pair(self) -> int:
        """Numbers for each pair of tokens in the largest array."""
        return self.heads

    def attend(self, parts: Sequence[Any], tokens: Any, bias: Any = None) -> Any:
        """Seen values of query, key and value; `bias` ``(n, heads, K, K)`` of the logits."""
        width = parts[0].shape[2]
        each = width // self.heads
        count = ops.shape(parts[0])[1]
        query, key, value = (
            ops.transpose(ops.reshape(x, (-1, count, self.heads, each)), (0, 2, 1, 3))
            for x in parts
        )
        logits = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * each**-0.5
        if bias is not None:
            logits = logits + ops.cast(bias, logits.dtype)
        blank = ops.cast(1.0 - ops.cast(tokens[..., :1], "float32"), logits.dtype)
        logits = logits - 1e4 * ops.transpose(blank, (0, 2, 1))[:, None]
        seen = ops.matmul(ops.softmax(logits, axis=-1), value)
        return ops.reshape(ops.transpose(seen, (0, 2, 1, 3)), (-1, count, width))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        """Shape of the output: that of the values."""
        query, key, value, tokens = (tuple(s) for s in input_shape)
        if len(query) != 3 or query != key or query != value or tokens[:2] != query[:2]:
            raise ValueError(f"{self.name}: queries, keys, values and tokens of one shape expected")
        if query[2] is None or query[2] % self.heads:
            raise ValueError(f"{self.name}: a width that {self.heads} divides expected")
        return query

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "heads": self.heads}


def token_area(tokens: Any) -> Any:
    """Inked samples of each token ``(n, K, 1)``."""
    return tokens[..., 2:3] * AREA
