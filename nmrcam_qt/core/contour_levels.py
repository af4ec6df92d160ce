"""At which heights the contours of a spectrum lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.noise import BASE_FACTOR, floor_level
from nmrcam_qt.core.spectrum import Image

DEFAULT_RATIO, DEFAULT_COUNT = 1.4, 12
LOWEST_RATIO, HIGHEST_RATIO, HIGHEST_COUNT = 1.01, 10.0, 60
CROWN_RATIO = 2.0
NOISELESS_SHARE = 0.02
"""Base over maximum where a spectrum has no noise to go by."""
RIDGE_SHARE = 0.02
"""Base over maximum that ridges never raise it above: signals matter more than they."""
_CLEARLY = 1.5
"""The noise of single lines scatters; ridges exceed the plain base by more than this."""
MAX_VERTICES = 2_000_000
"""Of one spectrum: contours of bare noise would freeze the window and show nothing."""
FAINTEST_SHADE = 0.25
"""Strength of the weakest signal of a shaded image that is above the base."""
_SAMPLED = 400_000
"""Edges of each direction that are counted."""
_GOLDEN = 0.6180339887498949
_RAISED = 1.1
"""By so much the base is raised at a time."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Geometric levels, the same for both signs.

    Parameters
    ----------
    base : float
        Height of the first, units of intensity, positive.
    ratio : float
        Each over the one before, `LOWEST_RATIO` to `HIGHEST_RATIO`.
    count : int
        Number of levels of each sign, 1 to `HIGHEST_COUNT`.
    crown : int
        Further levels above them, each `CROWN_RATIO` times the one before: peaks that are a
        thousand times the noise would else be hollow. See `crowned`.

    Raises
    ------
    ValueError
        If a number lies outside.
    """

    base: float
    ratio: float = DEFAULT_RATIO
    count: int = DEFAULT_COUNT
    crown: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.base) and self.base > 0):
            raise ValueError(f"the base of contours must be positive, not {self.base:g}")
        if not LOWEST_RATIO <= self.ratio <= HIGHEST_RATIO:
            raise ValueError(f"a ratio of {self.ratio:g} between contours is not 1.01 to 10")
        if not 1 <= self.count <= HIGHEST_COUNT:
            raise ValueError(f"{self.count} contours; 1 to {HIGHEST_COUNT} are possible")
        if not 0 <= self.crown <= HIGHEST_COUNT:
            raise ValueError(f"{self.crown} more contours; 0 to {HIGHEST_COUNT} are possible")

    @property
    def values(self) -> tuple[float, ...]:
        """Heights, ascending, with those of the crown."""
        own = tuple(self.base * self.ratio**index for index in range(self.count))
        return own + tuple(self.top * CROWN_RATIO**index for index in range(1, self.crown + 1))

    @property
    def top(self) -> float:
        """The highest of them below the crown."""
        return self.base * self.ratio ** (self.count - 1)


def crowned(levels: Levels, highest: float) -> Levels:
    """The same levels and as many above them as the highest peak has room for.

    Parameters
    ----------
    levels : Levels
        Without a crown.
    highest : float
        Largest magnitude in the spectrum.
    """
    if highest <= levels.top:
        return replace(levels, crown=0)
    # The last one a little below the summit: a ring of a single sample shows nothing.
    more = math.floor(math.log(highest / levels.top) / math.log(CROWN_RATIO))
    return replace(levels, crown=min(more, HIGHEST_COUNT))


def contour_levels(
    base: float, ratio: float = DEFAULT_RATIO, count: int = DEFAULT_COUNT
) -> tuple[float, ...]:
    """Heights of geometric levels, ascending; see `Levels`."""
    return Levels(base, ratio, count).values


def default_base(noise: float, top: float, factor: float = BASE_FACTOR) -> float:
    """Height of the first contour of a spectrum, units of intensity.

    Parameters
    ----------
    noise : float
        From `core.noise.noise_level`; 0 where there is none.
    top : float
        Largest magnitude in the spectrum.
    factor : float
        Base over noise.

    Returns
    -------
    float
        Positive: `factor` times the noise; of a spectrum without noise `NOISELESS_SHARE` of
        its maximum; 1 for an empty one, which has no contours anyway.
    """
    if noise > 0:
        return factor * noise
    return NOISELESS_SHARE * top if top > 0 else 1.0


def first_level(image: Image, noise: float, top: float) -> float:
    """Height of the first contour of a measured spectrum, units of intensity.

    That of `default_base`, and higher where t1 ridges, streaks or the floor of a magnitude
    spectrum would cover the plot: above the noise of all but the noisiest hundredth of the
    lines, but not above `RIDGE_SHARE` of the maximum.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Intensity.
    noise : float
        From `core.noise.noise_level`; 0 where there is none.
    top : float
        Largest magnitude in the spectrum.
    """
    base = default_base(noise, top)
    if noise <= 0:
        return base
    floor = floor_level(image)
    return base if floor <= _CLEARLY * base else max(base, min(floor, RIDGE_SHARE * top))


def shaded(image: Image, levels: Levels) -> Image:
    """A spectrum as a shaded image: what lies below the base is nothing.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Intensity.
    levels : Levels
        Base, and the height from which on signals have their full strength.

    Returns
    -------
    float32 ``(n_f1, n_f2)``
        0 below the base, else `FAINTEST_SHADE` to 1, with the sign of the intensity. The
        logarithm counts, as it does for contours: every level is one step darker.
    """
    strength = np.abs(image)
    span = math.log(max(min(levels.top, float(strength.max(initial=0))) / levels.base, 1.0))
    above = np.maximum(strength / np.float32(levels.base), np.float32(1))
    share = np.clip(np.log(above) / np.float32(span or 1.0), 0, 1)
    made = np.float32(FAINTEST_SHADE) + np.float32(1 - FAINTEST_SHADE) * share
    made[strength < levels.base] = 0
    signed: Image = np.copysign(made, image).astype(np.float32, copy=False)
    return signed


def vertex_counts(image: Image, levels: Levels) -> NDArray[np.int64]:
    """About how many vertices the contours of each level have, both signs together.

    Every edge between neighbouring samples that crosses a level is one vertex. Counted on
    some rows and columns.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Intensity.
    levels : Levels
        Heights.

    Returns
    -------
    int64 ``(len(levels.values),)``
    """
    return _counts(_edges(image), levels)


def bounded(image: Image, levels: Levels, most: int = MAX_VERTICES) -> Levels:
    """The same levels, or with so high a base that their contours can be drawn.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Intensity.
    levels : Levels
        As wanted.
    most : int
        Vertices that are not too many yet.

    Returns
    -------
    Levels
        `levels` itself where they fit.
    """
    edges = _edges(image)
    while int(_counts(edges, levels).sum()) > most:
        levels = replace(levels, base=levels.base * _RAISED)
    return levels


_Edges = tuple[tuple[Image, Image, float], ...]
"""Of rows and of columns: lower ends and higher ends, each sorted, and how many edges each
stands for."""


def _edges(image: Image) -> _Edges:
    found = []
    for values in (image, image.T):
        if min(values.shape) < 1 or values.shape[1] < 2:
            continue
        sampled = values[_spread(len(values), max(1, math.ceil(values.size / _SAMPLED)))]
        low = np.sort(np.minimum(sampled[:, 1:], sampled[:, :-1]), axis=None)
        high = np.sort(np.maximum(sampled[:, 1:], sampled[:, :-1]), axis=None)
        found.append((low, high, values.shape[0] / sampled.shape[0]))
    return tuple(found)


def _spread(size: int, step: int) -> NDArray[np.intp]:
    """One index of every `step`, without a period: regular rows of peaks would be missed."""
    starts = np.arange(0, size, step)
    shifts = np.arange(len(starts)) * _GOLDEN % 1.0 * step
    return np.minimum(starts + shifts.astype(np.intp), size - 1)


def _counts(edges: _Edges, levels: Levels) -> NDArray[np.int64]:
    counts = np.zeros(len(levels.values))
    heights = np.asarray(levels.values, dtype=np.float32)
    for low, high, share in edges:
        for at in (heights, -heights):
            counts += share * (np.searchsorted(low, at) - np.searchsorted(high, at))
    return np.rint(counts).astype(np.int64)
