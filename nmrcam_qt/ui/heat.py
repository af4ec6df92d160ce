"""How a map is painted: its place in ppm, its values, its colours."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image

COLOUR_MAPS = ("plasma", "viridis", "cividis")
"""Perceptually uniform maps that pyqtgraph brings along and matplotlib knows by the same name.

Those that end in black (inferno, magma) would hide the ink.
"""
SMOOTH_STEPS = 16
SMOOTH_POINTS = 1_000_000
LEVELS = 256

Colours = NDArray[np.uint8]


def image_rect(f1: Axis, f2: Axis) -> QRectF:
    """Rectangle in ppm that an image with these axes fills, from outer edge to outer edge.

    Its width and height are negative where ppm falls with the index, so that column 0 and
    row 0 lie where the axes say.
    """
    left, right = f2.edges
    first, last = f1.edges
    return QRectF(left, first, right - left, last - first)


def map_rect(explanation: Explanation, f1: Axis, f2: Axis) -> QRectF:
    """Rectangle in ppm of a map: half a cell around its own cell centres, and no further.

    A single cell has no width of its own; it stands for the whole of the spectrum's axis.

    Parameters
    ----------
    explanation : Explanation
        The map.
    f1, f2 : Axis
        Axes of the spectrum below it.
    """
    own_f1, own_f2 = explanation.f1, explanation.f2
    return image_rect(own_f1 if own_f1.size > 1 else f1, own_f2 if own_f2.size > 1 else f2)


def map_image(explanation: Explanation, smooth: bool) -> Image:
    """Heat to paint into `map_rect`.

    Parameters
    ----------
    explanation : Explanation
        The map.
    smooth : bool
        Bilinear in ppm between cell centres (clamped in the outer half cell) on a finer
        grid over the same rectangle; otherwise the cells themselves.

    Returns
    -------
    float32 ``(rows, columns)``, in units of the logit, >= 0
    """
    f1, f2 = explanation.f1, explanation.f2
    if not smooth or min(f1.size, f2.size) < 2:
        return explanation.heat
    steps = SMOOTH_STEPS
    while steps > 1 and f1.size * f2.size * steps * steps > SMOOTH_POINTS:
        steps -= 1
    fine_f1 = Axis.from_edges("13C", *f1.edges, f1.size * steps)
    fine_f2 = Axis.from_edges("1H", *f2.edges, f2.size * steps)
    return explanation.heat_at(fine_f1.centres[:, np.newaxis], fine_f2.centres[np.newaxis, :])


def overlay_colours(colour_map: str, opacity: float, threshold: float) -> Colours:
    """Look-up table of the overlay, uint8 ``(LEVELS, 4)``.

    Entry 0 is no heat, the last the map's maximum. Below `threshold` (a share of the
    maximum) nothing is painted; above it the map fades in, so that weak heat does not
    darken the paper.
    """
    colours = _base_colours(colour_map)
    share = np.linspace(0, 1, LEVELS)
    fade = np.clip(share / 0.35, 0, 1)
    alpha = np.where(share > threshold, opacity * fade, 0.0)
    alpha[0] = 0
    table = np.empty((LEVELS, 4), dtype=np.uint8)
    table[:, :3] = colours
    table[:, 3] = np.rint(255 * alpha)
    return table


def on_paper(table: Colours) -> pg.ColorMap:
    """Colours of the colour bar: the overlay as it looks on white paper."""
    alpha = table[:, 3:].astype(np.float64) / 255
    seen = np.rint(table[:, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return pg.ColorMap(np.linspace(0, 1, len(seen)), seen)


def _base_colours(name: str) -> Colours:
    """RGB from light (weak) to dark or glowing (strong), uint8 ``(LEVELS, 3)``.

    Maps made for black paper are turned around: on white the strongest is the darkest. The
    darkest part is left out, or heat would hide the black ink.
    """
    full = pg.colormap.get(name).getLookupTable(0.15, 1.0, LEVELS, alpha=False)
    return np.asarray(full[::-1], dtype=np.uint8)


def ink_colours() -> Colours:
    """Look-up table of ink: black with rising opacity, uint8 ``(LEVELS, 4)``.

    Ink lies over the map, so that peaks stay visible in the heat.
    """
    table = np.zeros((LEVELS, 4), dtype=np.uint8)
    table[:, 3] = np.arange(LEVELS)
    return table


def signed_ink_colours() -> Colours:
    """Like `ink_colours` for -1..1: negative signals are red, positive ones black."""
    table = np.zeros((LEVELS, 4), dtype=np.uint8)
    value = np.linspace(-1, 1, LEVELS)
    table[:, 0] = np.where(value < 0, 200, 0)
    table[:, 1] = np.where(value < 0, 30, 0)
    table[:, 3] = np.rint(255 * np.abs(value))
    return table
