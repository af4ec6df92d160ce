"""Window functions as TopSpin defines them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.processing.types import Window, WindowKind

_STEEPEST = 60.0
"""Largest exponent: beyond it a window is all or nothing, and float32 overflows."""


def window_values(
    window: Window, times: NDArray[np.float64], length: float, sw_hz: float
) -> NDArray[np.float32]:
    """A window at some times.

    Parameters
    ----------
    window : Window
        Which one.
    times : float64 ``(n,)``
        In samples from the start of the signal; not negative.
    length : float
        Samples of the signal, where the sine bells end.
    sw_hz : float
        Samples per second.

    Returns
    -------
    float32 ``(n,)``

    References
    ----------
    TopSpin, Processing Commands and Parameters: ``em``, ``gm``, ``sinm``, ``qsin``.
    """
    part = times / length
    if window.kind is WindowKind.EXPONENTIAL:
        return _exponential(-math.pi * window.lb_hz * times / sw_hz)
    if window.kind is WindowKind.GAUSSIAN:
        rise = -math.pi * window.lb_hz * times / sw_hz
        return _exponential(rise - _gaussian_fall(window, length, sw_hz) * part**2)
    if window.kind in (WindowKind.SINE, WindowKind.SQUARED_SINE):
        begin = math.pi / window.shift if window.shift >= 2 else 0.0
        bell = np.clip(np.sin((math.pi - begin) * np.clip(part, 0, 1) + begin), 0, None)
        power = 2 if window.kind is WindowKind.SQUARED_SINE else 1
        return np.asarray(bell**power, dtype=np.float32)
    return np.ones(len(times), dtype=np.float32)


def _gaussian_fall(window: Window, length: float, sw_hz: float) -> float:
    """``b`` of ``exp(-a·t - b·t²)`` at the end of the signal: b = -a / (2·GB·AQ)."""
    if window.gb <= 0:
        return 0.0
    return -math.pi * window.lb_hz * length / sw_hz / (2 * window.gb)


def _exponential(exponent: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.exp(np.clip(exponent, -_STEEPEST, _STEEPEST)).astype(np.float32)
