"""Attention among signals that knows which of them share a shift; it holds no weights.

In an HMBC the correlations of one proton share its ¹H shift and those to one carbon its ¹³C
shift: of two signals less than a tenth of a sample apart along ¹H, one in thirty of the same
compound is, one in seven hundred of two compounds (simulated mixtures). So the logits of the
attention get a bias by how far apart two signals lie along either axis, as relative positions
do in Shaw et al. (NAACL 2018, arXiv:1803.02155), with a weight that the query chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nmrcam_qt.ml.token_layers import AROUND, REACH, Shape, TokenAttention

MAX_TIES = 8
MAX_TIE_WIDTH = 64.0
"""Most widths of ties, and the widest, in samples."""
MAX_SIDE = 8192
"""Most rows or columns of a spectrum."""
CENTRED = 2
"""A signal's place is the centroid of the ink so many samples around its maximum: the median
error is .12 (¹H) and .15 samples (¹³C) of simulated HMBC mixtures; .33 of the maximum alone."""
TIE_CYCLE = 0.5
"""First wave of the tokens: half a cycle gives every place on an axis its own angle."""


def token_places(tokens: Any, grid: tuple[int, int]) -> Any:
    """Where the tokens lie, in samples, to a fraction of one.

    Parameters
    ----------
    tokens : float32 ``(n, K, F)``
        As `InkTokens` makes them, with `TIE_CYCLE` as their first wave.
    grid : (int, int)
        Rows and columns of the ink.

    Returns
    -------
    float32 ``(n, K, 2)``
        Row and column, the middle of the first sample at 0; anything for blank tokens.
    """
    around = tokens[..., 3 : 3 + AROUND]
    waves = ops.stop_gradient(tokens[..., 3 + AROUND :])
    blank = 1.0 - ops.stop_gradient(tokens[..., 0])
    half = waves.shape[-1] // 2
    total = ops.maximum(ops.sum(around * _NEAR, axis=-1), 1e-6)
    places = []
    for axis, size in enumerate(grid):
        # A blank token's wave has no angle; it gets that of a cosine.
        sine, cosine = waves[..., axis * half], waves[..., axis * half + 1] + blank
        place = ops.arctan2(sine, cosine) * (size / (2 * np.pi * TIE_CYCLE)) - 0.5
        places.append(place + ops.sum(around * _AWAY[axis], axis=-1) / total)
    return ops.stack(places, axis=-1)


def _window() -> tuple[Any, Any]:
    steps = np.arange(-REACH, REACH + 1, dtype=np.float32)
    down, across = np.meshgrid(steps, steps, indexing="ij")
    near = ((abs(down) <= CENTRED) & (abs(across) <= CENTRED)).astype(np.float32)
    return near.reshape(-1), np.stack([(near * s).reshape(-1) for s in (down, across)])


_NEAR, _AWAY = _window()


@keras.saving.register_keras_serializable(package="nmrcam")
class TiedAttention(TokenAttention):
    """Attention among the tokens, biased by shared shifts.

    ``logit_ij += Σ_s g_is κ_s(Δ_ij)`` for each head, with Gaussians
    ``κ_s(Δ) = exp(-Δ² / 2 σ_s²)`` of the distance along the rows (¹³C) for every width σ, then
    along the columns (¹H). The weights g come from the tokens that ask.

    Parameters
    ----------
    heads : int
        1 to `token_layers.MAX_HEADS`; must divide the width.
    widths : sequence of float
        σ in samples, at most `MAX_TIES` above 0 and up to `MAX_TIE_WIDTH`.
    grid : (int, int)
        Rows and columns of the ink that the tokens are made of, up to `MAX_SIDE`.

    Raises
    ------
    ValueError
        If a number is out of bounds.
    """

    def __init__(
        self, heads: int, widths: Sequence[float], grid: Sequence[int], **kwargs: Any
    ) -> None:
        super().__init__(heads, **kwargs)
        self.widths = tuple(float(w) for w in widths)
        self.grid = tuple(int(n) for n in grid)
        if not 1 <= len(self.widths) <= MAX_TIES:
            raise ValueError(f"1 to {MAX_TIES} widths expected, found {len(self.widths)}")
        if not all(0 < w <= MAX_TIE_WIDTH for w in self.widths):
            raise ValueError(f"widths above 0 and up to {MAX_TIE_WIDTH:g} samples expected")
        if len(self.grid) != 2 or not all(1 <= n <= MAX_SIDE for n in self.grid):
            raise ValueError(f"1 to {MAX_SIDE} rows and columns expected, found {self.grid}")

    @property
    def per_pair(self) -> int:
        """Numbers for each pair of tokens in the largest array."""
        return max(self.heads, 2 * len(self.widths))

    def call(self, inputs: Sequence[Any]) -> Any:
        """Seen values ``(n, K, D)`` of query, key, value, weights ``(n, K, H S)``, tokens."""
        query, key, value, weights, tokens = inputs
        ties = self._ties(ops.cast(tokens, "float32"))
        count, each = ops.shape(query)[1], 2 * len(self.widths)
        asked = ops.reshape(ops.cast(weights, "float32"), (-1, count, self.heads, each))
        bias = ops.transpose(ops.matmul(asked, ties), (0, 2, 1, 3))
        return self.attend((query, key, value), tokens, bias)

    def _ties(self, tokens: Any) -> Any:
        """κ of every pair, ``(n, K, 2 len(widths), K)``."""
        places = token_places(tokens, (self.grid[0], self.grid[1]))
        across = ops.transpose(places, (0, 2, 1))
        apart = (places[..., None] - across[:, None]) ** 2
        scale = np.array([-0.5 / w**2 for w in self.widths], np.float32)
        ties = ops.exp(apart[:, :, :, None] * scale[:, None])
        count = ops.shape(tokens)[1]
        return ops.reshape(ties, (-1, count, 2 * len(self.widths), count))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> tuple[int | None, ...]:
        """Shape of the output: that of the values."""
        *parts, weights, tokens = (tuple(s) for s in input_shape)
        found = super().compute_output_shape([*parts, tokens])
        if weights != (*found[:2], 2 * self.heads * len(self.widths)):
            raise ValueError(f"{self.name}: a weight of every head and tie expected")
        if tokens[2] is None or tokens[2] < 7 + AROUND or (tokens[2] - 3 - AROUND) % 4:
            raise ValueError(f"{self.name}: tokens with waves of their place expected")
        return found

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "widths": list(self.widths), "grid": list(self.grid)}
