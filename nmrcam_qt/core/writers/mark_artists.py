"""Rings and outlines as matplotlib draws them, alike in all pictures of a page."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from nmrcam_qt.core.usual_places import SHARES
from nmrcam_qt.core.writers.marks import Floats, Marks
from nmrcam_qt.core.writers.raster import NEGATIVE_INK, POSITIVE_INK

RING_PT, RING_LINE_PT = 4.6, 0.8
"""Of peaks: diameter, and width of its line."""
HALO_LINE_PT, HALO_ALPHA = 1.8, 0.6
"""A ring of paper under the ring of a peak keeps its colour apart from strong heat."""
OUTLINE = "#0072b2"
"""Of no colour map of heat, as in the window."""
OUTLINE_STYLES = (((1.0, 1.65), 0.9), ((3.7, 1.6), 1.2))
"""Ink and gap in widths (dotted and dashed), and points: of the lines around `SHARES`."""
OUTLINE_Z, HALO_Z, RING_Z = 3.5, 4.0, 5.0
"""Over lines of heat."""


class MarkArtists:
    """Empty artists that are filled for each picture.

    Parameters
    ----------
    over : Axes
        Lies over the plot area, with its limits in ppm.
    """

    def __init__(self, over: Axes) -> None:
        self._outlines = tuple(
            Line2D([], [], color=OUTLINE, linestyle=(0, dashes), linewidth=width, zorder=OUTLINE_Z)
            for dashes, width in OUTLINE_STYLES
        )
        self._halo = _ring((1.0, 1.0, 1.0), HALO_LINE_PT, HALO_Z, HALO_ALPHA)
        self._positive = _ring(_rgb(POSITIVE_INK), RING_LINE_PT, RING_Z)
        self._negative = _ring(_rgb(NEGATIVE_INK), RING_LINE_PT, RING_Z)
        for artist in (*self._outlines, self._halo, self._positive, self._negative):
            over.add_line(artist)

    def fill(self, marks: Marks) -> None:
        """Show these marks and no others."""
        outlines = marks.outlines or (np.empty((0, 2)),) * len(SHARES)
        for artist, line in zip(self._outlines, outlines, strict=True):
            artist.set_data(line[:, 0], line[:, 1])
        rings = np.empty((0, 3)) if marks.rings is None else marks.rings
        negative = rings[:, 2] < 0
        for artist, chosen in (
            (self._halo, rings),
            (self._positive, rings[~negative]),
            (self._negative, rings[negative]),
        ):
            artist.set_data(*_places(chosen))


def _places(rings: Floats) -> tuple[Floats, Floats]:
    return rings[:, 0], rings[:, 1]


def _rgb(colour: tuple[int, int, int]) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def _ring(
    colour: tuple[float, float, float], width: float, zorder: float, alpha: float = 1.0
) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markersize=RING_PT,
        markerfacecolor="none",
        markeredgecolor=(*colour, alpha),
        markeredgewidth=width,
        zorder=zorder,
    )
