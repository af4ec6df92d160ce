"""Lines of equal heat of a map that is shown."""

from __future__ import annotations

from nmrcam_qt.core.heat_contours import SHARES, Contour, contours_of
from nmrcam_qt.core.results import Explanation

__all__ = ["SHARES", "Contour", "heat_contours"]


def heat_contours(
    explanation: Explanation, top: float, shares: tuple[float, ...] = SHARES
) -> tuple[Contour, ...]:
    """Contours of a map, one per share; see `contours_of`.

    Parameters
    ----------
    explanation : Explanation
        The map; one with a single row or column has no contours.
    top : float
        Maximum of the colour scale, in units of the map, > 0.
    shares : tuple of float
        Levels, as shares of `top`.
    """
    return contours_of(explanation.heat, explanation.f1, explanation.f2, top, shares)
