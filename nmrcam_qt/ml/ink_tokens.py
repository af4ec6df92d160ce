"""What the layers of tokens make of a spectrum, in numpy: training draws tokens, not pictures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.watershed import Climbed, climb
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
    return signals_of(ink[np.newaxis], waves, count)[0]


def signals_of(inks: Floats, waves: Floats, count: int) -> list[InkSignals]:
    """`ink_signals` of several spectra at once, which costs less.

    Parameters
    ----------
    inks : float32 ``(m, H, W)``
    waves, count
        As for `ink_signals`.
    """
    found = climb(inks)
    padded = np.pad(inks, ((0, 0), (REACH, REACH), (REACH, REACH)))
    m, area = len(inks), inks[0].size
    cell, owner = _highest(found, padded, area, count)
    ends = np.searchsorted(owner, np.arange(m + 1))
    signal = np.full(inks.size, -1, np.int64)
    signal[cell] = np.arange(len(cell))
    mask = (inks.reshape(-1)[found.near] - INK_FROM) / (INK_TO - INK_FROM)
    covered = np.bincount(signal[found.top] + 1, np.clip(mask, 0, 1), minlength=len(cell) + 1)
    signal[cell] -= ends[owner]
    signal[found.near] = signal[found.top]
    around = _around(padded, cell, REACH)
    tokens = np.empty((len(cell), 3 + AROUND + waves.shape[1]), np.float32)
    tokens[:, 0] = 1.0
    tokens[:, 2] = covered[1:] / AREA
    tokens[:, 3 : 3 + AROUND] = around
    tokens[:, 3 + AROUND :] = waves[cell - owner * area]
    parted = []
    for i, (a, b) in enumerate(pairwise(ends)):
        # By spectrum: of one row alone numpy adds in another order, and seeds are to stay seeds.
        tokens[a:b, 1] = around[a:b][:, MIDDLE].mean(axis=1)
        own = slice(i * area, (i + 1) * area)
        parted.append(InkSignals(tokens[a:b], cell[a:b] - i * area, signal[own]))
    return parted


def _highest(found: Climbed, padded: Floats, area: int, count: int) -> tuple[Ints, Ints]:
    """The maxima that become tokens: samples over all spectra, and which spectrum's."""
    top = found.near[found.top == found.near]
    height = found.height[found.top == found.near]
    dark = _around(padded, top, 1).max(axis=1, initial=0.0) > INK_FROM
    top, height = top[dark], height[dark]
    owner = top // area
    order = np.lexsort((-height, owner))
    place = np.arange(len(top)) - np.searchsorted(owner, owner)
    kept = place < count
    return top[order[kept]], owner[kept]


def _around(padded: Floats, cells: Ints, reach: int) -> Floats:
    """Ink within `reach` of samples, row by row, ``(n, (2 reach + 1) ** 2)``.

    Parameters
    ----------
    padded : float32 ``(m, H + 2 REACH, W + 2 REACH)``
        The spectra, each in a frame of blank paper.
    cells : int64 ``(n,)``
        Row-major in the spectra.
    reach : int
        At most `REACH`.
    """
    height, width = padded.shape[1] - 2 * REACH, padded.shape[2] - 2 * REACH
    row, column = np.divmod(cells, width)
    row += row // height * 2 * REACH  # the frames of the spectra before it
    steps = REACH + np.arange(-reach, reach + 1)
    moves = (steps[:, np.newaxis] * padded.shape[2] + steps).reshape(-1)
    corner = row * padded.shape[2] + column
    return np.asarray(padded.reshape(-1)[corner[:, np.newaxis] + moves])
