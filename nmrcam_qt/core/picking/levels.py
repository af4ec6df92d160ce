"""From which height a point of a filtered spectrum can be a peak."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.noise import line_levels, noise_level
from nmrcam_qt.core.picking.found import Floats, Ints
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.picking.smoothing import Smoothed
from nmrcam_qt.core.spectrum import Image

SURE, SURE_OF_LINE = 1.4, 1.25
"""A peak needs so much more S/N in the filtered spectrum, where it has two to three times
as much of it as before, over the noise everywhere, of which there are a million points, and
over that of its column and row."""
_CERTAIN = 4.0
RAYLEIGH = 0.665
"""MAD noise of a magnitude over the standard deviation of its two parts."""
_SHARP_FLOOR = 0.01
_FLOOR = 0.002
"""Of the strongest point, where there is no noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The filtered spectrum without its streaks, and what noise it has where.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Filtered intensity less the median of every column.
    sigma : float
        Noise of it. Of magnitudes that of their real parts, as all noise here: it makes
        higher summits than its own spread says.
    columns, rows : float32 ``(n_f2,)``, ``(n_f1,)``
        Noise of its columns (t1 noise, streaks) and rows.
    lowest : float
        Height in it below which nothing is a peak.
    base : float
        The same before filtering.
    noise : float
        Standard deviation of the noise before filtering.
    sure : float
        S/N over its column and row that a peak needs in it.
    magnitude : bool
        Whether it is the modulus, of which negative points mean nothing.
    """

    image: Image
    sigma: float
    columns: NDArray[np.float32]
    rows: NDArray[np.float32]
    lowest: float
    base: float
    noise: float
    sure: float
    magnitude: bool

    def at(self, rows: Ints, columns: Ints) -> Floats:
        """Noise at some points, float64 ``(n,)``."""
        lines = np.maximum(self.columns[columns], self.rows[rows])
        return np.maximum(lines, self.sigma).astype(np.float64)


def sharp_levels(levels: Levels, sharp: Image) -> Levels:
    """Levels of the sharpened spectrum, from its own noise."""
    part = RAYLEIGH if levels.magnitude else 1.0
    offset, columns = line_levels(sharp, 0)
    level = sharp - offset
    if levels.sigma <= 0:
        lowest = max(levels.lowest, _SHARP_FLOOR * float(np.abs(level).max(initial=0.0)))
        return replace(levels, image=level, lowest=lowest)
    sigma = noise_level(level) / part
    columns /= np.float32(part)
    rows = line_levels(level, 1)[1] / np.float32(part)
    lowest = max(levels.lowest, levels.lowest / levels.sigma * sigma)
    return replace(levels, image=level, sigma=sigma, columns=columns, rows=rows, lowest=lowest)


def levels_of(image: Image, filtered: Smoothed, settings: PickSettings, magnitude: bool) -> Levels:
    """Levels of a spectrum by its noise and what the user wants."""
    part = RAYLEIGH if magnitude else 1.0
    noise = noise_level(image) / part
    offset, columns = line_levels(filtered.image, 0)
    level = filtered.image - offset
    sigma = noise_level(level) / part
    columns /= np.float32(part)
    rows = line_levels(level, 1)[1] / np.float32(part)
    if noise <= 0:  # what is left between drawn lines is no noise
        columns, rows = np.zeros_like(columns), np.zeros_like(rows)
    top = float(np.abs(level).max(initial=0.0))
    lowest_part = max(settings.min_relative, 0.0 if noise > 0 else _FLOOR)
    base = max(
        settings.min_snr * noise, lowest_part * top / filtered.kept, settings.min_height or 0.0
    )
    sigma = sigma if noise > 0 else 0.0
    # Who asks for high peaks means their height, and not more certainty than there is.
    asked = min(settings.min_snr, _CERTAIN)
    lowest = max(base * filtered.kept, SURE * asked * sigma)
    sure = SURE_OF_LINE * asked
    return Levels(level, sigma, columns, rows, lowest, base, noise, sure, magnitude)
