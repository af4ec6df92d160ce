"""Lines of equal heat, in ppm: the same in the window and in pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image

SHARES = (0.2, 0.4, 0.6, 0.8)
"""Levels, as shares of the maximum; even steps, because heat adds up."""
FADE_SHARE = 0.35
"""Below this share of the maximum the heat of a colour map fades into the paper."""
CLASS_FADE = 1.0
"""Heat in the one colour of a class fades all the way: nothing else tells more from less."""
LEAST_STRENGTH = 0.5
"""Of a line of little heat, of that of much: a line is thin and must be seen."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """All lines of one level.

    Parameters
    ----------
    share : float
        Of the maximum of the colour scale, 0..1.
    h_ppm, c_ppm : float64 ``(n,)``
        Vertices; NaN stands between two lines. Empty where the heat stays below.
    """

    share: float
    h_ppm: Floats
    c_ppm: Floats


def line_strength(share: float, opacity: float, fade: float) -> float:
    """How much a line of equal heat stands out from the paper, 0..1.

    Lines fade as the painted heat does, by opacity and towards little heat, but not as far.

    Parameters
    ----------
    share : float
        The level, as share of the maximum, 0..1.
    opacity : float
        Of the map, 0..1.
    fade : float
        `FADE_SHARE` or `CLASS_FADE`.
    """
    return opacity * (LEAST_STRENGTH + (1 - LEAST_STRENGTH) * min(share / fade, 1.0))


def drawn_lines(
    heat_style: str, threshold: float, opacity: float, fade: float
) -> tuple[tuple[float, float, float], ...]:
    """The lines of equal heat that are drawn, in the window and in pictures alike.

    Parameters
    ----------
    heat_style : {"image", "contours", "both"}
        How the map is painted.
    threshold : float
        Share of the maximum below which nothing is drawn.
    opacity, fade : float
        As in `line_strength`.

    Returns
    -------
    tuple of (share, place, strength)
        The level, as share of the maximum; the place in the colour map, 0..1, of which the line
        has its colour; its `line_strength`.
    """
    if heat_style == "image":
        return ()
    # On the image a line of the image's own colour would not show.
    strongest = heat_style == "both"
    return tuple(
        (share, 1.0 if strongest else share, line_strength(share, opacity, fade))
        for share in SHARES
        if share > threshold
    )


def contours_of(
    heat: Image, f1: Axis, f2: Axis, top: float, shares: tuple[float, ...] = SHARES
) -> tuple[Contour, ...]:
    """Contours of a map.

    Between cell centres the heat is linear, in the outer half cell it is that of the outer
    centres, exactly as the smooth image is painted. Nothing is drawn beyond the cells.

    Parameters
    ----------
    heat : float32 ``(f1.size, f2.size)``
        In units of the logit; a map with a single row or column has no contours.
    f1, f2 : Axis
        Its cell centres.
    top : float
        Maximum of the colour scale, in units of the logit, > 0.
    shares : tuple of float
        Levels, as shares of `top`.

    Returns
    -------
    tuple of Contour
        One per share, in their order.
    """
    if min(f1.size, f2.size) < 2:
        nothing = np.empty(0)
        return tuple(Contour(share, nothing, nothing) for share in shares)
    generator = contour_generator(
        x=_with_edges(f2),
        y=_with_edges(f1),
        z=np.pad(heat.astype(np.float64), 1, mode="edge"),
        line_type=LineType.ChunkCombinedNan,
    )
    return tuple(_contour(generator, share, share * top) for share in shares)


def _contour(generator: object, share: float, level: float) -> Contour:
    points = generator.lines(level)[0][0]  # type: ignore[attr-defined]
    if points is None:
        return Contour(share, np.empty(0), np.empty(0))
    return Contour(share, np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]))


def _with_edges(axis: Axis) -> Floats:
    """Cell centres between the outer edges, ppm."""
    first, last = axis.edges
    return np.concatenate(([first], axis.centres, [last]))
