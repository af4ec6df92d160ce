"""Layers of networks that read a spectrum as the set of its inked cells; none holds weights.

Most of a spectrum is blank, and whose signal a signal is depends on all the others, wherever
they lie. So the inked cells are gathered as tokens that attend to each other (Vaswani et al.,
NIPS 2017, eq. 1), and their scores are put back where they came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from nmrcam_qt.ml.mixnet_layers import MAX_CYCLES, MAX_WAVES, position_waves

FINER = 2
"""Rows and columns of ink per row and column of cells."""
AROUND = 9 * FINER * FINER
"""Ink in a cell and its eight neighbours."""
MAX_TOKENS = 2048
MAX_HEADS = 16
INK_FROM, INK_TO = 0.05, 0.15
"""Between these the mask of inked cells rises from 0 to 1."""

Shape = Sequence[int | None]


def n_features(cycles: Sequence[float]) -> int:
    """Features of a token: mask, darkest ink, ink around, waves of its place."""
    return 2 + AROUND + 4 * len(cycles)


def cells_of(shape: Shape) -> tuple[int, int]:
    """Rows and columns of cells of ink ``(n, FINER H, FINER W, 1)``."""
    height, width = shape[1], shape[2]
    if len(shape) != 4 or shape[3] != 1 or height is None or width is None:
        raise ValueError(f"ink of known rows and columns and 1 channel expected, found {shape}")
    if height % FINER or width % FINER:
        raise ValueError(f"rows and columns that divide by {FINER} expected, found {shape}")
    return height // FINER, width // FINER


class _Counted(keras.layers.Layer):  # type: ignore[misc]
    """A layer that looks at the `count` cells with the most ink.

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

    def _top(self, ink: Any) -> tuple[Any, Any]:
        """Darkest ink and number of each chosen cell, both ``(n, count)``."""
        height, width = cells_of(ink.shape)
        if self.count > height * width:
            raise ValueError(f"{self.name}: {self.count} tokens of {height * width} cells")
        pooled = ops.max_pool(ops.cast(ink, "float32"), FINER, FINER)
        darkest, cell = ops.top_k(ops.reshape(pooled, (-1, height * width)), self.count)
        return darkest, cell


def _mask_of(darkest: Any) -> Any:
    return ops.clip((darkest - INK_FROM) / (INK_TO - INK_FROM), 0.0, 1.0)


@keras.saving.register_keras_serializable(package="nmrcam")
class InkTokens(_Counted):
    """The cells with the most ink, as tokens.

    A token holds, all multiplied with the mask: the mask itself (0 blank, 1 inked), the
    cell's darkest ink, the `AROUND` ink values of the cell and its eight neighbours, and
    sines and cosines of its place along both axes (`position_waves`).

    Parameters
    ----------
    count : int
        How many cells, 1 to `MAX_TOKENS`.
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

    def call(self, inputs: Any) -> Any:
        """Tokens ``(n, count, n_features)`` of ink ``(n, FINER H, FINER W, 1)``."""
        height, width = cells_of(inputs.shape)
        ink = ops.cast(inputs, "float32")
        darkest, cell = self._top(ink)
        parts = ops.reshape(ink, (-1, height, FINER, width, FINER))
        parts = ops.transpose(parts, (0, 1, 3, 2, 4))
        parts = ops.reshape(parts, (-1, height, width, FINER * FINER))
        parts = ops.pad(parts, [[0, 0], [1, 1], [1, 1], [0, 0]])
        parts = ops.reshape(parts, (-1, (height + 2) * (width + 2), FINER * FINER))
        corner = cell // width * (width + 2) + cell % width
        around = [
            ops.take_along_axis(parts, (corner + dy * (width + 2) + dx)[..., None], axis=1)
            for dy in range(3)
            for dx in range(3)
        ]
        waves = position_waves(height, width, self.cycles).reshape(height * width, -1)
        place = ops.take(ops.convert_to_tensor(waves), cell, axis=0)
        mask = _mask_of(darkest)[..., None]
        rest = ops.concatenate([darkest[..., None], *around, place], axis=-1) * mask
        return ops.concatenate([mask, rest], axis=-1)

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Shape of the output."""
        height, width = cells_of(input_shape)
        if self.count > height * width:
            raise ValueError(f"{self.name}: {self.count} tokens of {height * width} cells")
        return (input_shape[0], self.count, n_features(self.cycles))

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "cycles": list(self.cycles)}


@keras.saving.register_keras_serializable(package="nmrcam")
class InkedCells(_Counted):
    """Mask of the ink in the cells that became tokens, ``(n, FINER H, FINER W, 1)``, 0..1."""

    def call(self, inputs: Any) -> Any:
        """Mask of ink ``(n, FINER H, FINER W, 1)``."""
        ink = ops.cast(inputs, "float32")
        darkest, cell = self._top(ink)
        chosen = _scattered(ops.ones_like(darkest)[..., None], cell, cells_of(ink.shape))
        return _mask_of(ink) * chosen

    def compute_output_shape(self, input_shape: Shape) -> tuple[int | None, ...]:
        """Shape of the output: that of the ink."""
        cells_of(input_shape)
        return tuple(input_shape)


@keras.saving.register_keras_serializable(package="nmrcam")
class TokensToGrid(_Counted):
    """Values of the tokens at all ink samples of their cells; 0 everywhere else."""

    def call(self, inputs: Sequence[Any]) -> Any:
        """Grid ``(n, FINER H, FINER W, C)`` of values ``(n, count, C)`` and their ink."""
        values, ink = inputs
        _, cell = self._top(ink)
        return _scattered(values, cell, cells_of(ink.shape))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        """Shape of the output."""
        values, ink = input_shape
        if len(values) != 3 or values[1] != self.count:
            raise ValueError(f"{self.name}: values of {self.count} tokens expected")
        cells_of(ink)
        return (values[0], ink[1], ink[2], values[2])


def _scattered(values: Any, cell: Any, grid: tuple[int, int]) -> Any:
    """Values ``(n, count, C)`` at the samples of their cells ``(n, FINER H, FINER W, C)``."""
    height, width = grid
    n, channels = ops.shape(values)[0], values.shape[-1]
    row = ops.arange(n, dtype=cell.dtype)[:, None] * (height * width)
    flat = ops.scatter(
        ops.reshape(cell + row, (-1, 1)),
        ops.reshape(values, (-1, channels)),
        (n * height * width, channels),
    )
    coarse = ops.reshape(flat, (-1, height, width, channels))
    return ops.repeat(ops.repeat(coarse, FINER, axis=1), FINER, axis=2)


@keras.saving.register_keras_serializable(package="nmrcam")
class TokenAttention(keras.layers.Layer):  # type: ignore[misc]
    """Scaled dot-product attention among the tokens that hold ink.

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
        width = parts[0].shape[2]
        each = width // self.heads
        count = ops.shape(parts[0])[1]
        split = [
            ops.transpose(ops.reshape(x, (-1, count, self.heads, each)), (0, 2, 1, 3))
            for x in parts
        ]
        query, key, value = split
        logits = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * each**-0.5
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
    """Inked samples of each token's cell ``(n, K, 1)``, 0 to ``FINER ** 2``."""
    first = 2 + AROUND // 2 - FINER * FINER // 2
    return ops.sum(_mask_of(tokens[..., first : first + FINER * FINER]), axis=-1, keepdims=True)


def ink_tokens(
    ink: NDArray[np.float32], waves: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What `InkTokens` makes of one spectrum, in numpy: training draws tokens, not pictures.

    Parameters
    ----------
    ink : float32 ``(FINER H, FINER W)``
    waves : float32 ``(H W, 4 n_cycles)``
        `position_waves` of the cells.
    count : int
        At most so many tokens, those with the most ink.

    Returns
    -------
    tokens : float32 ``(n, n_features)``
        Only those with ink above `INK_FROM`, darkest first.
    cell : int64 ``(n,)``
    """
    height, width = ink.shape[0] // FINER, ink.shape[1] // FINER
    samples = ink.reshape(height, FINER, width, FINER).transpose(0, 2, 1, 3)
    parts = samples.reshape(height, width, FINER * FINER)
    darkest = parts.max(axis=-1).reshape(-1)
    cell = np.flatnonzero(darkest > INK_FROM)
    cell = cell[np.argsort(-darkest[cell], kind="stable")[:count]]
    padded = np.pad(parts, [(1, 1), (1, 1), (0, 0)])
    row, column = cell // width, cell % width
    around = [padded[row + dy, column + dx] for dy in range(3) for dx in range(3)]
    mask = np.clip((darkest[cell] - INK_FROM) / (INK_TO - INK_FROM), 0, 1)[:, np.newaxis]
    rest = np.concatenate([darkest[cell][:, np.newaxis], *around, waves[cell]], axis=-1) * mask
    return np.concatenate([mask, rest], axis=-1).astype(np.float32), cell
