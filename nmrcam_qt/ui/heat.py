"""How a map is painted: its place in ppm, its values, its colours."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_contours import CLASS_FADE, FADE_SHARE
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ui.theme import legible

SMOOTH_STEPS = 16
SMOOTH_POINTS = 1_000_000
LEVELS = 256
SEEN_PX = 3.0
"""Cells that are smaller on the screen are painted at about this size: a map that lies on the
signals would be lost in a small pane."""

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
    float32 ``(rows, columns)``, in units of the map, >= 0
    """
    f1, f2 = explanation.f1, explanation.f2
    if not smooth or min(f1.size, f2.size) < 2:
        return explanation.heat
    steps = SMOOTH_STEPS
    while steps > 1 and f1.size * f2.size * steps * steps > SMOOTH_POINTS:
        steps -= 1
    fine_f1 = Axis.from_edges("13C", *f1.edges, f1.size * steps)
    fine_f2 = Axis.from_edges("1H", *f2.edges, f2.size * steps)
    # Bilinear is separable: first down, then across; no look-up for every single point.
    row, down = _between(f1, fine_f1)
    column, across = _between(f2, fine_f2)
    heat = explanation.heat
    tall = heat[row] + (heat[row + 1] - heat[row]) * down[:, np.newaxis]
    return tall[:, column] + (tall[:, column + 1] - tall[:, column]) * across


def widened(image: Image, rows: int, columns: int) -> Image:
    """Every value spread over its neighbours where it is the highest of them.

    Parameters
    ----------
    image : float32 ``(n_rows, n_columns)``
        Heat.
    rows, columns : int
        How far down and across, in samples to either side, >= 0.
    """
    return _highest_around(_highest_around(image, rows).T, columns).T


def _highest_around(image: Image, reach: int) -> Image:
    """The highest value of `reach` rows to either side; doubling windows need few passes."""
    reach = min(reach, image.shape[0] - 1)
    window, width = 2 * reach + 1, 1
    made = np.pad(image, ((reach, reach), (0, 0)))  # heat is nowhere less than the padding
    while width < window:
        step = min(width, window - width)
        made = np.maximum(made[:-step], made[step:])
        width += step
    return made


def reach_of(cell_px: float, sample_px: float) -> int:
    """How far heat is widened along an axis so that one cell can be seen, in samples.

    Parameters
    ----------
    cell_px : float
        A cell of the map on the screen, pixels.
    sample_px : float
        A sample of the image that is painted; smooth images have several per cell.
    """
    if cell_px >= SEEN_PX or sample_px <= 0:
        return 0
    return math.ceil((SEEN_PX - cell_px) / 2 / sample_px)


def _between(axis: Axis, fine: Axis) -> tuple[NDArray[np.intp], Image]:
    """For every fine point the cell before it and how far it is towards the next, 0..1."""
    place = np.clip(axis.index(fine.centres), 0, axis.size - 1)
    lower = np.minimum(place.astype(np.intp), axis.size - 2)
    return lower, (place - lower).astype(np.float32)


def overlay_colours(
    colour_map: str, opacity: float, threshold: float, dark: bool = False
) -> Colours:
    """Look-up table of the overlay, uint8 ``(LEVELS, 4)``.

    Entry 0 is no heat, the last the map's maximum. Below `threshold` (a share of the
    maximum) nothing is painted; above it the map fades in, so that weak heat does not
    darken the paper.

    Parameters
    ----------
    colour_map : str
        One of `COLOUR_MAPS`.
    opacity, threshold : float
        0..1.
    dark : bool
        Whether the paper is dark: then the strongest is the brightest.
    """
    table = np.empty((LEVELS, 4), dtype=np.uint8)
    table[:, :3] = _base_colours(colour_map, dark)
    table[:, 3] = _alpha(opacity, threshold, FADE_SHARE)
    return table


def class_colours(colour: str, opacity: float, threshold: float) -> Colours:
    """Look-up table in one colour, from transparent to `opacity`, uint8 ``(LEVELS, 4)``.

    On white paper more heat is darker, on dark paper brighter; both are monotonous, because
    only the opacity rises.

    Parameters
    ----------
    colour : str
        ``#rrggbb`` of the class, legible on the paper.
    opacity, threshold : float
        0..1.
    """
    own = QColor(colour)
    table = np.empty((LEVELS, 4), dtype=np.uint8)
    table[:, :3] = own.red(), own.green(), own.blue()
    table[:, 3] = _alpha(opacity, threshold, CLASS_FADE)
    return table


def _alpha(opacity: float, threshold: float, fade: float) -> NDArray[np.uint8]:
    """Opacity of every level: nothing below the threshold, full from the share `fade` on."""
    share = np.linspace(0, 1, LEVELS)
    alpha = np.where(share > threshold, opacity * np.clip(share / fade, 0, 1), 0.0)
    alpha[0] = 0
    made: NDArray[np.uint8] = np.rint(255 * alpha).astype(np.uint8)
    return made


def on_paper(table: Colours, paper: str = "#ffffff") -> Colours:
    """A look-up table as it is seen on paper, uint8 ``(LEVELS, 3)``; for the colour bar."""
    back = QColor(paper)
    below = np.array([back.red(), back.green(), back.blue()], dtype=np.float64)
    alpha = table[:, 3:].astype(np.float64) / 255
    seen: Colours = np.rint(table[:, :3] * alpha + below * (1 - alpha)).astype(np.uint8)
    return seen


def line_colour(table: Colours, share: float, paper: str, strength: float = 1.0) -> str:
    """Colour of the contour at a share of the maximum: that of the map, made legible.

    Parameters
    ----------
    table : uint8 ``(LEVELS, 4)``
        Of the map.
    share : float
        Which of its colours, 0..1.
    paper : str
        ``#rrggbb`` below the line.
    strength : float
        How much it stands out from the paper, of what it can
        (`nmrcam_qt.core.heat_contours.line_strength`).
    """
    row = table[round(share * (LEVELS - 1))]
    full = QColor(legible(QColor(int(row[0]), int(row[1]), int(row[2])).name(), paper))
    back = QColor(paper)
    parts = zip(
        (full.red(), full.green(), full.blue()),
        (back.red(), back.green(), back.blue()),
        strict=True,
    )
    return QColor(*(round(b + (f - b) * strength) for f, b in parts)).name()


@lru_cache(maxsize=16)
def _base_colours(name: str, dark: bool) -> Colours:
    """RGB from weak to strong, uint8 ``(LEVELS, 3)``, read-only.

    On white paper the map is turned around: the strongest is the darkest; on dark paper it
    is the brightest. The end that comes close to the ink is left out, or heat would hide it.
    """
    low, high = (0.15, 0.8) if dark else (0.15, 1.0)
    full = pg.colormap.get(name).getLookupTable(low, high, LEVELS, alpha=False)
    made = np.array(full if dark else full[::-1], dtype=np.uint8)
    made.setflags(write=False)
    return made


def ink_colours(ink: str = "#000000") -> Colours:
    """Look-up table of ink: one colour with rising opacity, uint8 ``(LEVELS, 4)``.

    Ink lies over the map, so that peaks stay visible in the heat.
    """
    return class_colours(ink, 1.0, 0.0)


def signed_ink_colours(ink: str = "#000000", negative: str = "#c81e00") -> Colours:
    """Like `ink_colours` for -1..1: negative signals have a colour of their own."""
    value = np.linspace(-1, 1, LEVELS)
    table = np.empty((LEVELS, 4), dtype=np.uint8)
    for side, colour in ((value < 0, QColor(negative)), (value >= 0, QColor(ink))):
        table[side, :3] = colour.red(), colour.green(), colour.blue()
    table[:, 3] = np.rint(255 * np.abs(value))
    return table
