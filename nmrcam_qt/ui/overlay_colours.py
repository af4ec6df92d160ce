"""Colours of spectra that lie over each other: told apart by colour-blind eyes, too."""

from __future__ import annotations

from PySide6.QtGui import QColor

from nmrcam_qt.ui.theme import Colours

ON_LIGHT = ("#0072b2", "#cc7700", "#9900ff", "#ff1166", "#770000", "#4422aa", "#880066")
"""Blue, orange, violet, crimson, maroon, indigo, plum.

Chosen as far apart as possible from each other and from the ink, for normal sight and with
the red, green or blue cones missing (matrices of Machado et al., 2009): at least 23 units of
CIE Lab, and a contrast of 3 to the paper. `tests/ui/test_overlay_colours.py` measures it.
"""
ON_DARK = ("#56b4e9", "#ff7711", "#9f33ff", "#dd0033", "#ffbb88", "#5566cc", "#aaff00")
"""The same for dark paper."""
PALE = 0.55
"""Share of its colour that negative signals keep; the rest is paper."""


def overlay_colour(place: int, named: Colours) -> str:
    """Colour of a place in the overlay, ``#rrggbb``; they begin anew after the last."""
    palette = ON_DARK if named.dark else ON_LIGHT
    return palette[place % len(palette)]


def signed_pair(colour: str, paper: str) -> tuple[str, str]:
    """Colours of positive and of negative signals of one spectrum: the same hue, paler."""
    own, below = QColor(colour), QColor(paper)
    parts = (
        PALE * one + (1 - PALE) * other
        for one, other in (
            (own.redF(), below.redF()),
            (own.greenF(), below.greenF()),
            (own.blueF(), below.blueF()),
        )
    )
    return colour, QColor.fromRgbF(*parts).name()
