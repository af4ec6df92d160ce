"""Area-maximum resampling by ppm: a one-pixel peak survives and keeps its place."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image, freeze

_FUZZ = 1e-6
"""Fraction of a cell by which floating-point noise may move an edge."""


def area_maximum(values: Image, f1: Axis, f2: Axis, to_f1: Axis, to_f2: Axis) -> Image:
    """Resample the magnitudes of an array onto another grid, keeping maxima.

    Every target cell takes the maximum over the source samples whose centres lie
    in it; where the source is coarser, the sample whose extent holds the cell's
    centre. Target cells outside the source are 0. A maximum over a rectangle is
    separable, so the two dimensions are done one after the other.

    Parameters
    ----------
    values : float32 ``(f1.size, f2.size)``
        Ink; its sign does not count.
    f1, f2 : Axis
        Axes of `values`.
    to_f1, to_f2 : Axis
        Axes of the result.

    Returns
    -------
    float32 ``(to_f1.size, to_f2.size)``
        Not negative.
    """
    rows = _along_rows(values, f1, to_f1)
    return np.ascontiguousarray(_along_rows(rows.T, f2, to_f2).T)


def _along_rows(values: Image, source: Axis, target: Axis) -> Image:
    """Resample the first dimension."""
    start, stop = _ranges(source, target)
    filled = stop > start
    if not filled.any():
        return np.zeros((target.size, values.shape[1]), dtype=np.float32)
    starts, counts = start[filled], (stop - start)[filled]
    if not _is_even(starts):
        values = np.ascontiguousarray(values)
    # Row by row of every range: whole rows are compared at once, which `reduceat` does not do.
    found = np.abs(_rows(values, starts))
    for further in range(1, int(counts.max())):
        longer = np.flatnonzero(counts > further)
        more = np.abs(_rows(values, starts[longer] + further))
        if len(longer) == len(found):
            np.maximum(found, more, out=found)
        else:
            found[longer] = np.maximum(found[longer], more)
    if filled.all():
        return found
    out = np.zeros((target.size, values.shape[1]), dtype=np.float32)
    out[filled] = found
    return out


def _rows(values: Image, numbers: NDArray[np.intp]) -> Image:
    """Some rows of an array, one after the other; not copied where they are evenly apart."""
    if _is_even(numbers):
        step = int(numbers[1] - numbers[0])
        return values[int(numbers[0]) : int(numbers[-1]) + 1 : step]
    return np.take(values, numbers, axis=0)


def _is_even(numbers: NDArray[np.intp]) -> bool:
    """Whether rising numbers are evenly apart."""
    if len(numbers) < 2 or numbers[1] <= numbers[0]:
        return False
    return bool((np.diff(numbers) == numbers[1] - numbers[0]).all())


@lru_cache(maxsize=32)
def _ranges(source: Axis, target: Axis) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Half-open range of source samples for every target cell; empty outside. Read-only."""
    half = _half_step(target)
    low, high = sorted((source.edges[0], source.edges[1]))
    centres = target.centres
    edge_a = _index(source, centres - half)
    edge_b = _index(source, centres + half)
    lower, upper = np.minimum(edge_a, edge_b), np.maximum(edge_a, edge_b)
    # Cut before they become whole numbers: far outside a fine axis they would overflow.
    start, stop = _whole(lower, upper, source.step * target.step < 0, source.size)
    inside = (centres >= low - abs(half) * _FUZZ) & (centres <= high + abs(half) * _FUZZ)
    nearest = np.clip(np.floor(_index(source, centres) + 0.5), 0, source.size - 1).astype(np.intp)
    gap = (stop <= start) & inside
    found = np.where(gap, nearest, start), np.where(gap, nearest + 1, stop)
    for each in found:
        freeze(each)
    return found


def _whole(
    lower: NDArray[np.float64], upper: NDArray[np.float64], opposite: bool, size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Ranges of whole samples; one on an edge belongs to the later cell, as in `Axis.cell`.

    Only the last cell holds both its edges. Where source and target run in opposite
    directions, the later cell has the smaller sample numbers.
    """
    if opposite:
        start, stop = np.floor(lower + _FUZZ) + 1, np.floor(upper + _FUZZ) + 1
        start[-1] = np.ceil(lower[-1] - _FUZZ)
    else:
        start, stop = np.ceil(lower - _FUZZ), np.ceil(upper - _FUZZ)
        stop[-1] = np.floor(upper[-1] + _FUZZ) + 1
    return (
        np.clip(start, 0, size).astype(np.intp),
        np.clip(stop, 0, size).astype(np.intp),
    )


def _half_step(axis: Axis) -> float:
    """Half the signed width of a cell; an axis of one cell has no width of its own."""
    return axis.step / 2


def _index(axis: Axis, ppm: NDArray[np.float64]) -> NDArray[np.float64]:
    if axis.size == 1:
        return np.zeros_like(ppm)
    return axis.index(ppm)
