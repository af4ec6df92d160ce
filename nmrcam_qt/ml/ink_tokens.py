"""What the layers of tokens make of a spectrum, in numpy: training draws tokens, not pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.watershed import climb
from nmrcam_qt.ml.token_layers import AREA, AROUND, INK_FROM, INK_TO, MIDDLE, REACH

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class InkSignals:
    """The signals of one spectrum, highest first.

    Parameters
    ----------
    tokens : float32 ``(n, n_features)``
        As `InkTokens` makes them.
    cell : int64 ``(n,)``
        Sample of each maximum, row-major.
    signal : int64 ``(H W,)``
        Which signal every sample belongs to; -1 where to none. Blank samples on the
        slope of a signal belong to it too.
    """

    tokens: Floats
    cell: Ints
    signal: Ints


def ink_signals(ink: Floats, waves: Floats, count: int) -> InkSignals:
    """Part the ink of a spectrum into its signals.

    Parameters
    ----------
    ink : float32 ``(H, W)``
    waves : float32 ``(H W, 4 n_cycles)``
        `position_waves` of the samples.
    count : int
        At most so many signals, the highest.
    """
    width = ink.shape[1]
    found = climb(ink)
    near, tops = found.near, found.tops
    tops = tops[_darkest(ink, tops) > INK_FROM]
    flat = found.hill.reshape(-1)
    cell = tops[np.argsort(-flat[tops], kind="stable")[:count]]
    number = np.full(ink.size, -1, np.int64)
    number[cell] = np.arange(len(cell))
    signal = np.full(ink.size, -1, np.int64)
    signal[near] = number[found.top]
    mask = np.clip((ink.reshape(-1)[near] - INK_FROM) / (INK_TO - INK_FROM), 0, 1)
    mine = signal[near] >= 0
    area = np.bincount(signal[near][mine], mask[mine], minlength=len(cell))
    padded = np.pad(ink, REACH)
    row, column = np.divmod(cell, width)
    steps = np.arange(2 * REACH + 1)
    around = padded[row[:, None, None] + steps[:, None], column[:, None, None] + steps].reshape(
        len(cell), AROUND
    )
    parts = (
        np.ones((len(cell), 1)),
        around[:, MIDDLE].mean(axis=1, keepdims=True),
        area[:, None] / AREA,
        around,
        waves[cell],
    )
    return InkSignals(np.concatenate(parts, axis=1).astype(np.float32), cell, signal)


def _darkest(ink: Floats, cells: Ints) -> Floats:
    """Darkest of a sample and its neighbours."""
    padded = np.pad(ink, 1)
    row, column = np.divmod(cells, ink.shape[1])
    steps = np.arange(3)
    return np.asarray(
        padded[row[:, None, None] + steps[:, None], column[:, None, None] + steps].max(
            axis=(1, 2), initial=0.0
        )
    )
