"""Automatic phases of a 2D spectrum, read off its peaks.

At a peak the N-type and the P-type spectrum have the phases φ2 + φ1 and φ2 - φ1 (up to
the sign of the peak), so both phases of each strong peak are known without any search; a
straight line through them, modulo 180° because edited spectra have peaks of both signs, is
the phase correction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.processing.transform import Types
from nmrcam_qt.core.processing.types import Complex, Phase

_MOST_PEAKS = 300
_REACH = 2
"""Samples on either side of a peak."""
_FIRST_ORDER = np.arange(-360.0, 361.0, 2.0)
"""First-order phases that are tried, degrees across the spectral width."""
_COST = 0.05
"""How much worse (per 180°) a line may fit before a steeper one is taken."""

Floats = NDArray[np.float64]


def find_phases(types: Types) -> tuple[Phase, Phase]:
    """Phases of F2 and F1 that make the strong peaks absorptive; their sign is arbitrary.

    Parameters
    ----------
    types : Types
        With an N-type spectrum.

    Returns
    -------
    f2, f1 : Phase
    """
    if types.n_type is None:
        return Phase(), Phase()
    rows, columns = strong_peaks(types)
    if not len(rows):
        return Phase(), Phase()
    height, width = types.p_type.shape
    n_values = _around(types.n_type, rows, columns)
    p_values = _around(types.p_type, rows, columns)
    # Twice φ2 and twice φ1: products and quotients of the two types.
    f2 = _line(n_values * p_values, columns / width)
    f1 = _line(n_values * p_values.conj(), rows / height)
    return f2, f1


def _around(
    spectrum: Complex, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.complex128]:
    """Sums about peaks: the dispersive part of a line is odd and cancels, so that it does
    not matter how far the summit is from the nearest sample."""
    height, width = spectrum.shape
    total = np.zeros(len(rows), dtype=np.complex128)
    for down in range(-_REACH, _REACH + 1):
        for right in range(-_REACH, _REACH + 1):
            total += spectrum[(rows + down) % height, (columns + right) % width]
    return total


def strong_peaks(types: Types) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the strongest local maxima of the magnitude."""
    power = np.abs(types.p_type)
    if types.n_type is not None:
        power = np.minimum(power, np.abs(types.n_type))
    top = power.max(initial=0.0)
    rows, columns = np.nonzero(power > 0.05 * top)
    order = np.argsort(power[rows, columns])[::-1][: 50 * _MOST_PEAKS]
    rows, columns = rows[order], columns[order]
    best = np.ones(len(rows), dtype=bool)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            beside = power[(rows + down) % power.shape[0], (columns + right) % power.shape[1]]
            best &= power[rows, columns] >= beside
    return rows[best][:_MOST_PEAKS], columns[best][:_MOST_PEAKS]


def _line(doubled: NDArray[np.complex128], places: Floats) -> Phase:
    """Line through half the phases of some values, modulo 180°; `places` are 0..1."""
    weighted = doubled / np.sqrt(np.maximum(np.abs(doubled), 1e-300))
    turned = weighted[None, :] * np.exp(2j * np.deg2rad(_FIRST_ORDER)[:, None] * places[None, :])
    sums = turned.sum(axis=1)
    quality = np.abs(sums) / np.abs(weighted).sum() - _COST * np.abs(_FIRST_ORDER) / 180
    best = int(quality.argmax())
    return Phase(float(-np.rad2deg(np.angle(sums[best])) / 2), float(_FIRST_ORDER[best]))
