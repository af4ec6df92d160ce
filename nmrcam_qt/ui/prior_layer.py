"""Lines around the places where a class usually has its signals, on one view."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt

from nmrcam_qt.core.usual_places import SHARES, UsualPlaces
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.theme import colours, legible

ON_LIGHT, ON_DARK = "#0072b2", "#56b4e9"
"""Of no colour map of heat, told from red, black and white by everybody."""
STYLES = ((Qt.PenStyle.DotLine, 1.2), (Qt.PenStyle.DashLine, 1.8))
"""Of the lines around `SHARES`."""
Z = 3.5
"""Over ink and lines of heat, below peaks."""


class PriorLayer:
    """Draws `UsualPlaces`; these are no map, and look like none: lines in one colour.

    Parameters
    ----------
    view : SpectrumView
        Where.
    """

    def __init__(self, view: SpectrumView) -> None:
        self._shown: UsualPlaces | None = None
        self.items = tuple(pg.PlotCurveItem(connect="finite") for _ in SHARES)
        for item in self.items:
            item.setZValue(Z)
            view.plot.addItem(item, ignoreBounds=True)
        self.dress()

    def show(self, places: UsualPlaces | None) -> None:
        """Draw other lines, or none."""
        before, self._shown = self._shown, places
        prior = places.prior if places is not None else None
        if before is not None and prior is not None and before.prior is prior:
            return
        if prior is None or places is None:
            for item in self.items:
                item.clear()
            return
        for item, line in zip(self.items, places.lines, strict=True):
            item.setData(line.h_ppm, line.c_ppm)

    def dress(self) -> None:
        """Take the colours of the theme."""
        named = colours()
        colour = legible(ON_DARK if named.dark else ON_LIGHT, named.paper)
        for item, (style, width) in zip(self.items, STYLES, strict=True):
            item.setPen(pg.mkPen(colour, width=width, style=style))
