"""Axes that no spectrum has: drawing them overflows, and Qt then crashes."""

from __future__ import annotations

MAX_PPM, LEAST_EXTENT_PPM = 1e6, 1e-6


def check_extent(first_ppm: float, last_ppm: float, size: int = 2) -> None:
    """Refuse axes that no spectrum has.

    Parameters
    ----------
    first_ppm, last_ppm : float
        Two ends of an axis.
    size : int
        Number of its samples; one has no extent.

    Raises
    ------
    ValueError
        If they are too far from zero or from each other, or too near.
    """
    if not max(abs(first_ppm), abs(last_ppm)) <= MAX_PPM:
        raise ValueError("an axis is too far from 0 ppm")
    if size > 1 and not abs(last_ppm - first_ppm) >= LEAST_EXTENT_PPM:
        raise ValueError("an axis has no extent")
