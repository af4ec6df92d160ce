"""From which height a point of a filtered spectrum can be a peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.noise import line_levels, noise_level
from nmrcam_qt.core.picking.found import Floats, Ints
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.picking.smoothing import Smoothed
from nmrcam_qt.core.spectrum import Image

SURE = 1.25
"""A peak needs so much more S/N in the filtered spectrum, where it has two to three times
as much of it as before: noise, of which there are a million points, has none."""
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
        Noise of it.
    columns, rows : float32 ``(n_f2,)``, ``(n_f1,)``
        Noise of its columns (t1 noise, streaks) and rows.
    lowest : float
        Height in it below which nothing is a peak.
    base : float
        The same before filtering.
    noise : float
        Standard deviation of the noise before filtering.
    sure : float
        S/N that a peak needs in it.
    """

    image: Image
    sigma: float
    columns: NDArray[np.float32]
    rows: NDArray[np.float32]
    lowest: float
    base: float
    noise: float
    sure: float

    def at(self, rows: Ints, columns: Ints) -> Floats:
        """Noise at some points, float64 ``(n,)``."""
        lines = np.maximum(self.columns[columns], self.rows[rows])
        return np.maximum(lines, self.sigma).astype(np.float64)


def levels_of(image: Image, filtered: Smoothed, settings: PickSettings) -> Levels:
    """Levels of a spectrum by its noise and what the user wants."""
    noise = noise_level(image)
    offset, _ = line_levels(filtered.image, 0)
    level = filtered.image - offset
    sigma = noise_level(level)
    _, columns = line_levels(level, 0)
    _, rows = line_levels(level, 1)
    if noise <= 0:  # what is left between drawn lines is no noise
        columns, rows = np.zeros_like(columns), np.zeros_like(rows)
    top = float(np.abs(level).max(initial=0.0))
    part = max(settings.min_relative, 0.0 if noise > 0 else _FLOOR)
    base = max(settings.min_snr * noise, part * top / filtered.kept, settings.min_height or 0.0)
    sure = SURE * settings.min_snr
    lowest = max(base * filtered.kept, sure * sigma if noise > 0 else 0.0)
    return Levels(level, sigma if noise > 0 else 0.0, columns, rows, lowest, base, noise, sure)
