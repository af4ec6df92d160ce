"""Summits of a filtered spectrum, and which of them stand on their own."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picking.found import Flags, Floats, Ints
from nmrcam_qt.core.picking.levels import Levels
from nmrcam_qt.core.picking.settings import Signs
from nmrcam_qt.core.picking.smoothing import LineWidths
from nmrcam_qt.core.spectrum import Image

MOST = 20_000
_REACH = 15.0
"""Line widths within which a summit must stand on its own against a higher one."""
_NEIGHBOURS = 8
_SAMPLES = 48
_VALLEY_SIGMA = 3.0
_VALLEY_PART = 0.04
"""A valley must be so deep: in noise, and as part of the lower summit."""


def summits(levels: Levels, signs: Signs) -> tuple[Ints, Ints]:
    """Rows and columns of the local extrema above the lowest level, highest first.

    Parameters
    ----------
    levels : Levels
        The filtered spectrum.
    signs : Signs
        Which are wanted; of magnitude spectra only positive ones mean anything.
    """
    from scipy.ndimage import label, maximum_filter

    image = levels.image
    size = image if levels.magnitude else np.abs(image)
    found = size > max(levels.lowest, 0.0)
    if signs is not Signs.BOTH:
        found &= (image > 0) if signs is Signs.POSITIVE else (image < 0)
    found &= maximum_filter(size, 3, mode="nearest") == size
    rows, columns = np.nonzero(found)
    if len(rows) > 1:  # of a plateau one point
        groups, _ = label(found, np.ones((3, 3), int))
        first = np.unique(groups[rows, columns], return_index=True)[1]
        rows, columns = rows[first], columns[first]
    order = np.argsort(-size[rows, columns], kind="stable")[:MOST]
    return rows[order], columns[order]


def standing(levels: Levels, rows: Ints, columns: Ints, widths: LineWidths, apart: float) -> Flags:
    """Which summits are peaks of their own: not close to a higher one of the same sign, and
    with a valley between that is deeper than the noise.

    Noise on the foot of a strong line makes summits; between them and the line, or the
    next of them, there is no valley.

    Parameters
    ----------
    levels : Levels
        The filtered spectrum.
    rows, columns : int ``(n,)``
        Summits, highest first.
    widths : LineWidths
        Typical ones.
    apart : float
        How many line widths are close.

    Returns
    -------
    bool ``(n,)``
    """
    from scipy.spatial import cKDTree

    keep = np.ones(len(rows), bool)
    if len(rows) < 2:
        return keep
    place = np.stack([rows / max(widths.down, 1.0), columns / max(widths.across, 1.0)], axis=1)
    k = min(_NEIGHBOURS + 1, len(rows))
    distance, other = cKDTree(place).query(place, k=k, distance_upper_bound=_REACH)
    low = np.repeat(np.arange(len(rows)), k)
    high, away = other.reshape(-1), distance.reshape(-1)
    use = np.isfinite(away) & (high < low)
    low, high, away = low[use], high[use], away[use]
    image = levels.image
    value = image[rows, columns].astype(np.float64)
    use = np.sign(value[low]) == np.sign(value[high])
    low, high, away = low[use], high[use], away[use]
    valley = _lowest_between(image, (rows[low], columns[low]), (rows[high], columns[high]))
    size = np.abs(value[low])
    needed = np.maximum(_VALLEY_SIGMA * levels.at(rows[low], columns[low]), _VALLEY_PART * size)
    keep[low[(away < apart) | (valley > size - needed)]] = False
    return keep


def _lowest_between(image: Image, start: tuple[Ints, Ints], end: tuple[Ints, Ints]) -> Floats:
    """Lowest height on the straight way between two summits of one sign."""
    part = np.linspace(0, 1, _SAMPLES)[:, np.newaxis]
    rows = np.rint(start[0] + part * (end[0] - start[0])).astype(np.intp)
    columns = np.rint(start[1] + part * (end[1] - start[1])).astype(np.intp)
    sign = np.sign(image[start])
    return np.asarray((image[rows, columns] * sign).min(axis=0), np.float64)
