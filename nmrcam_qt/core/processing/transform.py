"""The two Fourier transforms of a 2D spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.processing.types import Complex, Dimension, Scheme, next_power_of_two
from nmrcam_qt.core.processing.windows import window_values

_CHUNK = 1 << 20
"""Complex points that are transformed at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Types:
    """N-type and P-type spectrum, complex64 ``(n_f1, n_f2)``, both dimensions descending.

    A resonance with line shapes ``a + i·d`` and phases φ is
    ``(a1 + i·d1)·(a2 + i·d2)·exp(i·(φ2 + φ1))`` in the N-type and
    ``(a1 - i·d1)·(a2 + i·d2)·exp(i·(φ2 - φ1))`` in the P-type spectrum: the mean of both is
    absorptive where the phases are right, and the phases can be read off any peak. P-type
    only (`n_type` None) where the scheme tells signs by phase modulation.
    """

    n_type: Complex | None
    p_type: Complex


def transform_direct(fid: Complex, dimension: Dimension, group_delay: float) -> Complex:
    """Window and transform t2.

    Parameters
    ----------
    fid : complex64 ``(n_t1, n_t2)``
        Time signals.
    dimension : Dimension
        Of F2; `size` is known.
    group_delay : float
        Samples by which a digital filter delays the signal; may have a fraction.

    Returns
    -------
    complex64 ``(n_t1, size)``, descending.

    Notes
    -----
    What the filter lets through before time zero belongs to negative times and is put at
    the end of the period, as the Fourier transform wants it: cutting it off would make the
    base line smile at both ends.
    """
    size = int(dimension.size or next_power_of_two(fid.shape[1]))
    made = np.empty((fid.shape[0], size), dtype=np.complex64)
    step = max(1, _CHUNK // max(size, fid.shape[1]))
    for top in range(0, fid.shape[0], step):
        rows = fid[top : top + step]
        timed, times, length = _timed(rows, size, group_delay)
        timed *= window_values(dimension.window, times, length, dimension.sw_hz)
        if group_delay <= 0:
            timed[:, 0] *= 0.5
        made[top : top + step] = _descending(timed, dimension.reverse)
    return made


def _timed(rows: Complex, size: int, delay: float) -> tuple[Complex, NDArray[np.float64], float]:
    """Rows with time zero first and negative times last, zero-filled; times; length."""
    count = rows.shape[1]
    before = min(math.ceil(max(delay, 0.0)), count - 1, size - 1)
    if before:
        rows = _advanced(rows, delay)
    after = min(count - before, size - before)
    timed = np.zeros((rows.shape[0], size), dtype=np.complex64)
    timed[:, :after] = rows[:, :after]
    if before:
        timed[:, size - before :] = rows[:, rows.shape[1] - before :]
    times = np.arange(size, dtype=np.float64)
    times[size - before :] = np.arange(before, 0, -1)
    return timed, times, float(count - before)


def _advanced(rows: Complex, delay: float) -> Complex:
    """Rows moved to the left, periodically, by a number of samples with a fraction."""
    period = next_power_of_two(rows.shape[1] + 1)
    ramp = np.exp(2j * np.pi * delay * np.fft.fftfreq(period))
    moved = np.fft.ifft(np.fft.fft(rows, period, axis=1) * ramp, axis=1)
    return moved.astype(np.complex64)


def _descending(timed: Complex, reverse: bool) -> Complex:
    """Fourier transform of rows; ``exp(+2πi·ν·t)`` with ν > 0 left of the middle."""
    size = timed.shape[1]
    found = np.fft.fft(timed, axis=1) if reverse else np.fft.ifft(timed, axis=1, norm="forward")
    return np.roll(found, size // 2, axis=1).astype(np.complex64)


def transform_indirect(rows: Complex, scheme: Scheme, dimension: Dimension) -> Types:
    """Sort out the rows, window and transform t1.

    Parameters
    ----------
    rows : complex64 ``(n_t1, n_f2)``
        After `transform_direct`, in the order of `Scheme`.
    scheme : Scheme
        What the rows are.
    dimension : Dimension
        Of F1; `size` is known.
    """
    if scheme is Scheme.TPPI:
        return _tppi(rows, dimension)
    if scheme is Scheme.QF:
        return Types(None, _along_f1(rows, dimension, positive=False))
    first, second = rows[0::2], rows[1::2]
    if scheme is not Scheme.ECHO_ANTIECHO:
        if scheme is Scheme.STATES_TPPI:
            sign = np.where(np.arange(len(first)) % 2, -1, 1).astype(np.float32)[:, None]
            first, second = first * sign, second * sign
        first, second = first - 1j * second, first + 1j * second
    return Types(
        _along_f1(second, dimension, positive=True), _along_f1(first, dimension, positive=False)
    )


def _along_f1(rows: Complex, dimension: Dimension, positive: bool) -> Complex:
    """Transform t1 of ``exp(±2πi·ν·t1)``; ν > 0 above the middle either way."""
    size = int(dimension.size or 2 * next_power_of_two(len(rows)))
    rows = rows[:size]
    times = np.arange(len(rows), dtype=np.float64)
    values = window_values(dimension.window, times, float(len(rows)), dimension.sw_hz)
    values[0] *= 0.5
    weighted = rows * values[:, None]
    # Reversed frequencies are those of the conjugate modulation.
    if positive != dimension.reverse:
        found = np.fft.ifft(weighted, size, axis=0, norm="forward")
    else:
        found = np.fft.fft(weighted, size, axis=0)
    return np.roll(found, size // 2, axis=0).astype(np.complex64)


def _tppi(rows: Complex, dimension: Dimension) -> Types:
    """Rows are real in t1 at twice the rate: each frequency stands in both halves."""
    size = int(dimension.size or next_power_of_two(len(rows)))
    rows = rows[: 2 * size]
    times = np.arange(len(rows), dtype=np.float64)
    values = window_values(dimension.window, times, float(len(rows)), 2 * dimension.sw_hz)
    values[0] *= 0.5
    weighted = rows * values[:, None]
    # The apparent frequency is ν - SW/2, from 0 (left edge) down to -SW.
    found = np.fft.ifft(weighted, 2 * size, axis=0, norm="forward")[:size]
    n_type = found.astype(np.complex64)
    p_type = np.fft.fft(weighted, 2 * size, axis=0)[:size].astype(np.complex64)
    if dimension.reverse:
        return Types(_mirrored(p_type), _mirrored(n_type))
    return Types(n_type, p_type)


def _mirrored(spectrum: Complex) -> Complex:
    """F1 turned about its carrier."""
    return np.roll(spectrum[::-1], 1, axis=0)
