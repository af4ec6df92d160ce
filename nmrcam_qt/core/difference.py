"""The difference of two spectra: one is resampled onto the other's grid by ppm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import default_base
from nmrcam_qt.core.noise import BASE_FACTOR, noise_level
from nmrcam_qt.core.spectrum import Image, Spectrum, freeze

_FUZZ = 1e-6
"""Fraction of a cell by which rounding may move an edge."""
LEAST_COMMON = 12
"""Points of common signal below which no scale is fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """``A - k·B`` on the grid of A.

    Parameters
    ----------
    intensity : float32 ``(f1.size, f2.size)``
        Signed; 0 where B is not known.
    f1, f2 : Axis
        Those of A.
    scale : float
        k.
    fitted : bool
        Whether k was fitted to the common signal; otherwise it is what the caller gave.
    known_h, known_c : (low, high) or None
        Where both spectra are known, ppm; None where they do not overlap.
    complete : bool
        Whether B covers all of A.
    """

    intensity: Image
    f1: Axis
    f2: Axis
    scale: float
    fitted: bool
    known_h: tuple[float, float] | None
    known_c: tuple[float, float] | None
    complete: bool


def subtract(a: Spectrum, b: Spectrum, scale: float | None = None) -> Difference:
    """``A - k·B`` on the grid of A; where B is not known nothing is shown.

    Parameters
    ----------
    a, b : Spectrum
        Of the same experiment.
    scale : float or None
        k; None to fit it to the signal that both have (see `common_scale`).

    Raises
    ------
    ValueError
        If the experiments differ.
    """
    if a.experiment is not b.experiment:
        raise ValueError("the difference of an HSQC and an HMBC means nothing")
    moved, rows, columns = resampled(b.intensity, b.f1, b.f2, a.f1, a.f2)
    fitted = None
    if scale is None:
        fitted = common_scale(a.intensity, moved)
    factor = scale if scale is not None else 1.0 if fitted is None else fitted
    made = np.zeros_like(a.intensity)
    made[rows, columns] = a.intensity[rows, columns] - np.float32(factor) * moved[rows, columns]
    freeze(made)
    whole = rows == slice(0, a.f1.size) and columns == slice(0, a.f2.size)
    known_h, known_c = _window(a.f2, columns), _window(a.f1, rows)
    if known_h is None or known_c is None:
        known_h = known_c = None
    return Difference(made, a.f1, a.f2, factor, fitted is not None, known_h, known_c, whole)


def resampled(
    values: Image, f1: Axis, f2: Axis, to_f1: Axis, to_f2: Axis
) -> tuple[Image, slice, slice]:
    """A signed spectrum on another grid, by ppm.

    Along an axis on which the target is finer, values are linear between sample centres
    (and constant in the outer half cell); where it is coarser, every target cell is the mean
    over its extent of the source's cells. Both leave a spectrum on its own grid as it is, and
    agree where the steps are equal.

    Parameters
    ----------
    values : float32 ``(f1.size, f2.size)``
        Signed.
    f1, f2 : Axis
        Its axes.
    to_f1, to_f2 : Axis
        Axes of the result.

    Returns
    -------
    image : float32 ``(to_f1.size, to_f2.size)``
        0 outside the source.
    rows, columns : slice
        Where the source is known: target samples whose centre lies within its outer edges.
    """
    rows, columns = known_part(f1, to_f1), known_part(f2, to_f2)
    made = np.zeros((to_f1.size, to_f2.size), dtype=np.float32)
    if rows.stop > rows.start and columns.stop > columns.start:
        tall = _along_rows(values, f1, to_f1, rows)
        wide = _along_rows(np.ascontiguousarray(tall.T), f2, to_f2, columns)
        made[rows, columns] = wide.T
    return made, rows, columns


def known_part(source: Axis, target: Axis) -> slice:
    """Target samples whose centre lies within the outer edges of the source."""
    low, high = sorted(source.edges)
    room = _FUZZ * max(abs(source.step), abs(target.step))
    centres = target.centres
    if source.size == 1:
        inside = np.isclose(centres, source.first_ppm, rtol=0.0, atol=abs(target.step) / 2)
    else:
        inside = (centres >= low - room) & (centres <= high + room)
    found = np.flatnonzero(inside)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)


def common_scale(a: Image, b: Image) -> float | None:
    """k of least ``Σ (a - k·b)²`` over the points where both have signal of the same sign.

    Points where only one has signal are what the difference is to show; they must not
    change k.

    Parameters
    ----------
    a, b : float32, of one shape
        On one grid; 0 where unknown.

    Returns
    -------
    float or None
        None where there is too little common signal.
    """
    both = (np.abs(a) > _signal_from(a)) & (np.abs(b) > _signal_from(b)) & ((a > 0) == (b > 0))
    if int(both.sum()) < LEAST_COMMON:
        return None
    one, other = a[both].astype(np.float64), b[both].astype(np.float64)
    # The middle of the ratios first: a signal that is mostly of one spectrum would pull k.
    ratio = one / other
    middle = float(np.median(ratio))
    alike = (ratio > middle / 2) & (ratio < middle * 2)
    return float((one[alike] * other[alike]).sum() / (other[alike] ** 2).sum())


def _signal_from(image: Image) -> float:
    """Height above which there is signal: twice the first contour, or a share of the maximum."""
    noise = noise_level(image)
    top = float(np.abs(image).max(initial=0.0))
    return default_base(noise, top, 2 * BASE_FACTOR)


def _along_rows(values: Image, source: Axis, target: Axis, part: slice) -> Image:
    """Resample the first dimension, for a part of the target."""
    if source.size == 1:
        return np.repeat(values, part.stop - part.start, axis=0)
    wide = abs(target.step) if target.size > 1 else 0.0
    if wide <= abs(source.step) * (1 + _FUZZ):
        return _linear(values, source, target.centres[part])
    return _means(values, source, target, part)


def _linear(values: Image, source: Axis, ppm: NDArray[np.float64]) -> Image:
    """Linear between sample centres; the outer half cells are constant."""
    place = np.clip(source.index(ppm), 0, source.size - 1)
    lower = np.minimum(place.astype(np.intp), source.size - 2)
    share = (place - lower).astype(np.float32)[:, np.newaxis]
    # By parts, not by the slope: on its own grid a spectrum stays what it is to the last bit.
    made: Image = values[lower] * (1 - share) + values[lower + 1] * share
    return made


def _means(values: Image, source: Axis, target: Axis, part: slice) -> Image:
    """Means of the source's cells over the extents of the target's."""
    half = abs(target.step) / 2
    centres = target.centres[part]
    first, _ = source.edges
    ends = np.stack([centres - half, centres + half]) - first
    places = np.clip(ends / source.step, 0, source.size)
    start, stop = places.min(axis=0), places.max(axis=0)
    made = np.zeros((len(centres), values.shape[1]), dtype=np.float32)
    width = np.maximum(stop - start, _FUZZ)
    for step in range(int(np.ceil((stop - start).max(initial=0.0))) + 1):
        cell = np.floor(start).astype(np.intp) + step
        share = np.minimum(stop, cell + 1) - np.maximum(start, cell)
        used = (share > 0) & (cell < source.size)
        weight = (share[used] / width[used]).astype(np.float32)[:, np.newaxis]
        made[used] += values[cell[used]] * weight
    return made


def _window(axis: Axis, part: slice) -> tuple[float, float] | None:
    """Outer edges of some samples, ppm, lower first."""
    if part.stop <= part.start:
        return None
    ends = axis.ppm(part.start - 0.5), axis.ppm(part.stop - 0.5)
    return min(ends), max(ends)
