"""The area of the plot that zooms, pans and resets."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal

MARGIN = 3.0
"""How many times the window one can zoom out or pan away."""
SMALLEST_PPM = 1e-3
EDGE = 0.006
"""Share of the window that is shown beyond it, so that its outermost ticks have labels."""


class PpmViewBox(pg.ViewBox):  # type: ignore[misc]
    """Both ppm axes descend as drawn; drag pans, Alt+drag zooms a box, double-click resets."""

    reset_asked = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.invertX(True)
        self.invertY(True)
        self.setMouseMode(pg.ViewBox.PanMode)

    def set_window(self, f2: tuple[float, float], f1: tuple[float, float]) -> None:
        """Show a window (ppm at the outer edges) and bound zoom and pan around it."""
        x0, x1 = sorted(f2)
        y0, y1 = sorted(f1)
        width, height = x1 - x0, y1 - y0
        self.setLimits(
            xMin=x0 - width,
            xMax=x1 + width,
            yMin=y0 - height,
            yMax=y1 + height,
            minXRange=SMALLEST_PPM,
            maxXRange=MARGIN * width,
            minYRange=SMALLEST_PPM,
            maxYRange=MARGIN * height,
        )
        self.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=EDGE)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Alt+drag draws the rectangle to zoom to; everything else pans."""
        boxed = event.modifiers() & Qt.KeyboardModifier.AltModifier and axis is None
        mode = self.state["mouseMode"]
        self.state["mouseMode"] = pg.ViewBox.RectMode if boxed else pg.ViewBox.PanMode
        super().mouseDragEvent(event, axis)
        self.state["mouseMode"] = mode

    def mouseClickEvent(self, event: Any) -> None:
        """Double-click resets."""
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.reset_asked.emit()
        else:
            super().mouseClickEvent(event)
