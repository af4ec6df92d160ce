"""Automatic phases of a 2D spectrum, read off its peaks.

First a good guess: at a peak the N-type and the P-type spectrum have the phases φ2 + φ1 and
φ2 - φ1 (up to the sign of the peak), so both phases of each strong peak are known without any
search; a straight line through them, modulo 180° because edited spectra have peaks of both
signs, is the phase correction. Then both lines are moved a little to where the spectrum along
the rows and columns of the peaks has the smallest sum of magnitudes: dispersive tails are
long, absorptive ones are not, whatever the sign.
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

_ROUNDS = 2
_MOST_TRACES = 40
_APART, _ENOUGH = 40, 6
"""Part of the spectral widths that lone peaks are apart, and how many of them are enough."""
_SPREAD = 0.1
"""Part of the spectral width that peaks must span to tell a first-order phase."""
_STEPS = ((6.0, 10.0), (1.5, 2.5), (0.4, 0.6))
"""Degrees between the zero-order and first-order phases that are tried, coarse to fine."""

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
    rows, columns = _lone(*strong_peaks(types), types.p_type.shape)
    if not len(rows):
        return Phase(), Phase()
    height, width = types.p_type.shape
    n_values = _around(types.n_type, rows, columns)
    p_values = _around(types.p_type, rows, columns)
    # Twice φ2 and twice φ1: products and quotients of the two types.
    f2 = _line(n_values * p_values, columns / width)
    f1 = _line(n_values * p_values.conj(), rows / height)
    for _ in range(_ROUNDS):
        f2 = _refined(f2, _rows_of(types, rows, f1), columns / width)
        f1 = _refined(f1, _columns_of(types, columns, f2), rows / height)
    return f2, f1


def dispersion(types: Types, f2: Phase, f1: Phase) -> float:
    """Mean magnitude along the rows and columns of the peaks, relative to their summits.

    The smaller it is, the better are the phases; comparable for one spectrum only.
    """
    rows, columns = _lone(*strong_peaks(types), types.p_type.shape)
    if types.n_type is None or not len(rows):
        return 0.0
    along = _sizes(_rows_of(types, rows, f1), f2, 0.0)
    down = _sizes(_columns_of(types, columns, f2), f1, 0.0)
    return along + down


def _rows_of(types: Types, rows: NDArray[np.int64], f1: Phase) -> Complex:
    """Complex traces along F2 through peaks, absorptive in F1; summits of height 1."""
    chosen = np.unique(rows[:_MOST_TRACES])
    turned = _turns(f1, chosen / types.p_type.shape[0])[:, None]
    n_type = types.p_type if types.n_type is None else types.n_type
    mixed = n_type[chosen] * turned + types.p_type[chosen] * turned.conj()
    return _levelled(np.asarray(mixed, dtype=np.complex64))


def _columns_of(types: Types, columns: NDArray[np.int64], f2: Phase) -> Complex:
    """Complex traces along F1 through peaks, absorptive in F2; summits of height 1."""
    chosen = np.unique(columns[:_MOST_TRACES])
    turned = _turns(f2, chosen / types.p_type.shape[1])[:, None]
    n_type = types.p_type if types.n_type is None else types.n_type
    mixed = n_type[:, chosen].T * turned + (types.p_type[:, chosen].T * turned).conj()
    return _levelled(np.asarray(mixed, dtype=np.complex64))


def _levelled(traces: Complex) -> Complex:
    tops = np.maximum(np.abs(traces).max(axis=1, keepdims=True), 1e-30)
    return np.asarray(traces / tops, dtype=np.complex64)


def _turns(phase: Phase, places: Floats) -> NDArray[np.complex64]:
    turns = np.deg2rad(phase.zero + phase.first * places)
    return np.asarray(np.exp(1j * turns), dtype=np.complex64)


def _sizes(traces: Complex, phase: Phase, pivot: float) -> float:
    """Mean magnitude of the real part after a phase about a pivot."""
    places = np.arange(traces.shape[1]) / traces.shape[1] - pivot
    turned = traces * _turns(phase, places)[None, :]
    return float(np.abs(turned.real).mean())


def _refined(phase: Phase, traces: Complex, places: Floats) -> Phase:
    """The phase near a guess that leaves the least; about the middle of the peaks."""
    pivot = float(np.median(places))
    spread = float(places.max() - places.min()) > _SPREAD
    best = Phase(phase.zero + phase.first * pivot, phase.first)
    for step, slope in _STEPS:
        zeros = [best.zero + step * n for n in range(-4, 5)]
        slopes = [best.first + slope * n for n in range(-4, 5)] if spread else [best.first]
        candidates = [Phase(zero, first) for first in slopes for zero in zeros]
        best = min(candidates, key=lambda tried: _sizes(traces, tried, pivot))
    return Phase(best.zero - best.first * pivot, best.first)


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


def _lone(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Peaks without neighbours, whose phases are their own; all where there are too few."""
    down = np.abs(rows[:, None] - rows[None, :]) <= shape[0] / _APART
    right = np.abs(columns[:, None] - columns[None, :]) <= shape[1] / _APART
    lone = (down & right).sum(axis=1) == 1
    if lone.sum() < _ENOUGH:
        return rows, columns
    return rows[lone], columns[lone]


def _line(doubled: NDArray[np.complex128], places: Floats) -> Phase:
    """Line through half the phases of some values, modulo 180°; `places` are 0..1."""
    weighted = doubled / np.sqrt(np.maximum(np.abs(doubled), 1e-300))
    turned = weighted[None, :] * np.exp(2j * np.deg2rad(_FIRST_ORDER)[:, None] * places[None, :])
    sums = turned.sum(axis=1)
    quality = np.abs(sums) / np.abs(weighted).sum() - _COST * np.abs(_FIRST_ORDER) / 180
    best = int(quality.argmax())
    return Phase(float(-np.rad2deg(np.angle(sums[best])) / 2), float(_FIRST_ORDER[best]))
