"""Line widths of a spectrum, and the filter that fits them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image

Floats = NDArray[np.float64]
FWHM_PER_SIGMA = 2.354820045
_STRONGEST = 60
_NARROW = 2.0
"""A line of fewer points at half height is not smoothed: it would only be lost."""
_WIDEST = 0.05
"""Of an axis, or 40 points: wider is no line but a baseline."""
_NARROWER = 0.3
"""Quantile of the widths: the median would hold lines that are two."""
SHARPEN = 1.6
"""Of the curvature, in squared standard deviations of the line."""
KERNEL_PER_LINE = 0.5
"""Full width of the filter over that of the line. A filter of its very width would give the
best S/N, but broaden lines by 41 %; this one gives four fifths of that along both axes
together, and broadens by 12 %, so that lines side by side stay two."""


@dataclass(frozen=True, slots=True)
class LineWidths:
    """Typical full widths at half height, points; 1 where nothing is known."""

    down: float = 1.0
    across: float = 1.0


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A spectrum filtered to find its lines.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        The filtered intensity.
    widths : LineWidths
        Of lines before filtering.
    kernel : LineWidths
        Full widths of the filter, points; 0 along an axis that was not filtered.
    kept : float
        What is left of the height of a typical line, 0..1.
    """

    image: Image
    widths: LineWidths
    kernel: LineWidths
    kept: float


def smoothed(image: Image) -> Smoothed:
    """The spectrum filtered with Gaussians that fit its typical lines.

    The place of the summit of a filtered line is nearly the best estimate there is, and
    noise no longer makes two summits of one.
    """
    from scipy.ndimage import gaussian_filter

    first = gaussian_filter(image, (0.5, 0.5), mode="nearest", truncate=3.0)
    widths = line_widths(first)
    kernel = LineWidths(*(_kernel(w) for w in (widths.down, widths.across)))
    sigmas = (kernel.down / FWHM_PER_SIGMA, kernel.across / FWHM_PER_SIGMA)
    kept = 1.0
    for width, k in ((widths.down, kernel.down), (widths.across, kernel.across)):
        kept *= width / float(np.hypot(width, k))
    made = gaussian_filter(image, sigmas, mode="nearest", truncate=3.0) if any(sigmas) else image
    return Smoothed(made, widths, kernel, kept)


def _kernel(width: float) -> float:
    return KERNEL_PER_LINE * width if width > _NARROW else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sharpened:
    """The filtered spectrum less its curvature, where lines are narrower.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Two lines that have grown together have two summits here.
    bend : tuple of float32 ``(n_f1, n_f2)`` or None
        Curvature down and across in squared standard deviations of the line: at the middle
        of a Gaussian line the negative of its height. None along an axis that has lines of
        one point.
    """

    image: Image
    bend: tuple[Image | None, Image | None]


def sharpened(filtered: Smoothed) -> Sharpened:
    """Sharpen a filtered spectrum."""
    image = filtered.image
    made = image.copy()
    bends: list[Image | None] = []
    for axis, (width, kernel) in enumerate(
        (
            (filtered.widths.down, filtered.kernel.down),
            (filtered.widths.across, filtered.kernel.across),
        )
    ):
        sigma = float(np.hypot(width, kernel)) / FWHM_PER_SIGMA
        if width <= 1 or image.shape[axis] < max(5, sigma + 2):
            bends.append(None)
            continue
        step = max(1, round(sigma / 2))
        bend = _curvature(image, step, axis)
        bend *= np.float32((sigma / step) ** 2)
        made -= np.float32(SHARPEN) * bend
        bends.append(bend)
    return Sharpened(made, (bends[0], bends[1]))


def _curvature(image: Image, step: int, axis: int) -> Image:
    """Second difference over `step` points; the border counts on as it ends."""
    bend = np.float32(-2) * image
    turned, made = (image, bend) if axis == 0 else (image.T, bend.T)
    made[step:] += turned[:-step]
    made[:-step] += turned[step:]
    made[:step] += turned[0]
    made[-step:] += turned[-1]
    return bend


def line_widths(image: Image) -> LineWidths:
    """Typical full widths at half height of the strongest lines, points."""
    from scipy.ndimage import maximum_filter

    size = np.abs(image)
    top = float(size.max(initial=0.0))
    if top <= 0:
        return LineWidths()
    rows, columns = np.nonzero((maximum_filter(size, 3, mode="nearest") == size) & (size > 0))
    strongest = np.argsort(-size[rows, columns], kind="stable")[: 20 * _STRONGEST]
    rows, columns = _apart(rows[strongest], columns[strongest])
    typical = []
    for axis in (0, 1):
        wide = crossings(size, rows, columns, axis)
        for _ in range(2):
            wide = np.fmin(wide, _curved(size, rows, columns, axis, wide))
        typical.append(_typical(wide, image.shape[axis]))
    return LineWidths(typical[0], typical[1])


def _curved(
    size: Image, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int, wide: Floats
) -> Floats:
    """Full widths of Gaussians as curved at their summits as the lines, points.

    Two lines that have grown together are as curved as one, but twice as wide at half
    height.
    """
    step = np.maximum(1, np.rint(np.nan_to_num(wide) / 3)).astype(np.intp)
    at = rows if axis == 0 else columns
    before, after = at - step, at + step
    good = (before >= 0) & (after < size.shape[axis])
    before, after = np.where(good, before, at), np.where(good, after, at)
    sides = (
        size[before, columns] + size[after, columns]
        if axis == 0
        else size[rows, before] + size[rows, after]
    )
    middle = size[rows, columns].astype(np.float64)
    part = np.clip(sides / (2 * middle), 1e-3, 1.0)
    good &= part < 1
    fall = np.where(good, -np.log(np.where(good, part, 0.5)), np.nan)
    return np.asarray(2 * step * np.sqrt(np.log(2) / fall))


def _apart(
    rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The strongest in each of many patches, so that one signal does not speak for all."""
    patch = (rows // 8).astype(np.int64) * 1_000_000 + columns // 8
    first = np.sort(np.unique(patch, return_index=True)[1])[:_STRONGEST]
    return rows[first], columns[first]


def _typical(widths: NDArray[np.float64], length: int) -> float:
    if length < 4:
        return 1.0
    widest = max(40.0, _WIDEST * length)
    good = widths[np.isfinite(widths) & (widths <= widest)]
    return float(np.quantile(good, _NARROWER)) if len(good) else 1.0


def crossings(
    size: Image, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int
) -> NDArray[np.float64]:
    """Full width at half height through points, along an axis, in points.

    Parameters
    ----------
    size : float32 ``(n_f1, n_f2)``
        Not negative at the points.
    rows, columns : int ``(n,)``
        Summits.
    axis : {0, 1}
        Down (¹³C) or across (¹H).

    Returns
    -------
    float64 ``(n,)``
        Between the crossings, interpolated; twice the one side where the other has none
        before the border; NaN where neither has.
    """
    along, at = (columns, rows) if axis == 0 else (rows, columns)
    lines = size.T if axis == 0 else size
    made = np.empty(len(rows))
    for i, (line, summit) in enumerate(zip(along, at, strict=True)):
        values = lines[line]
        half = float(values[summit]) / 2
        sides = [s for s in (_side(values[summit:], half), _side(values[summit::-1], half)) if s]
        made[i] = sum(sides) * 2 / len(sides) if sides else np.nan
    return made


def _side(values: NDArray[np.float32], half: float) -> float:
    """Points from the summit to where the line has fallen to half; 0 where it never does."""
    reach = 64
    while True:
        below = np.flatnonzero(values[:reach] < half)
        if len(below):
            i = int(below[0])
            if i == 0:
                return 0.0
            high, low = float(values[i - 1]), float(values[i])
            return i - 1 + (high - half) / (high - low)
        if reach >= len(values):
            return 0.0
        reach *= 4
