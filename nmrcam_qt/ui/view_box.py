"""The area of the plot that zooms, pans and resets."""

from __future__ import annotations

import time
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal

from nmrcam_qt.ui.theme import colours
from nmrcam_qt.ui.view_tool import Phase, Tool, ToolEvent
from nmrcam_qt.ui.zoom_history import Window

MARGIN = 3.0
"""How many times the whole window one can zoom out or pan away."""
SMALLEST_PPM = 1e-3
EDGE = 0.006
"""Share of the window that is shown beyond it, so that its outermost ticks have labels."""
WHEEL_PAUSE_S = 0.7
"""Turns of the wheel within this time are one step of the history."""
SMALLEST_BOX_PX = 4.0
"""A smaller rectangle is a click, no zoom."""
NOTCH = 120.0
"""What Qt calls one notch of a wheel."""


class PpmViewBox(pg.ViewBox):  # type: ignore[misc]
    """Both ppm axes descend as drawn; drag pans, Alt+drag zooms a box, double-click resets."""

    reset_asked = Signal()
    zoomed = Signal(object, int)
    """`Window` and the number of the gesture; only where the user zoomed or panned here"""
    base_wheeled = Signal(float)
    """Notches of Shift+wheel, positive away from the user"""
    gain_wheeled = Signal(float)
    """Notches of Ctrl+wheel where `gain_wheel` is set"""

    _gestures = 0

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.box_tool = False
        """Whether a drag draws the rectangle to zoom to without Alt, too."""
        self.gain_wheel = False
        """Whether Ctrl+wheel makes traces higher instead of zooming."""
        self.tool: Tool | None = None
        """Gets clicks and drags before pan and zoom; None for the plain mouse."""
        self._gesture = 0
        self._boxing = self._tooling = False
        self._last_wheel = 0.0
        self.invertX(True)
        self.invertY(True)
        self.setMouseMode(pg.ViewBox.PanMode)

    @classmethod
    def new_gesture(cls) -> int:
        """A number that no gesture of any pane has had."""
        PpmViewBox._gestures += 1
        return PpmViewBox._gestures

    @property
    def ppm_window(self) -> Window:
        """What is shown."""
        (x0, x1), (y0, y1) = self.viewRange()
        return Window((float(x0), float(x1)), (float(y0), float(y1)))

    def set_limits(self, f2: tuple[float, float], f1: tuple[float, float]) -> None:
        """Bound zoom and pan around a window (ppm at the outer edges)."""
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

    def set_window(self, f2: tuple[float, float], f1: tuple[float, float]) -> None:
        """Show a window (ppm at the outer edges) and bound zoom and pan around it."""
        self.set_limits(f2, f1)
        self.setRange(xRange=tuple(sorted(f2)), yRange=tuple(sorted(f1)), padding=EDGE)

    def show_window(self, window: Window) -> None:
        """Show exactly this; nobody is told."""
        self.setRange(xRange=window.h_ppm, yRange=window.c_ppm, padding=0)

    def dress(self) -> None:
        """Take the colours of the theme."""
        colour = colours().crosshair
        self.rbScaleBox.setPen(pg.mkPen(colour, width=1))
        brush = pg.mkColor(colour)
        brush.setAlpha(40)
        self.rbScaleBox.setBrush(pg.mkBrush(brush))

    # Events

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom at the cursor; over an axis only that axis; with Shift ask for another base."""
        if axis is None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            event.accept()
            self.base_wheeled.emit(event.delta() / NOTCH)
            return
        if self.gain_wheel and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.accept()
            self.gain_wheeled.emit(event.delta() / NOTCH)
            return
        now = time.monotonic()
        if now - self._last_wheel > WHEEL_PAUSE_S:
            self._gesture = self.new_gesture()
        self._last_wheel = now
        super().wheelEvent(event, axis)
        self.zoomed.emit(self.ppm_window, self._gesture)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Pan; with Alt or the tool draw the rectangle to zoom to."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.isStart():
            alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self._boxing = left and axis is None and (alt or self.box_tool)
            self._gesture = self.new_gesture()
            mine = axis is None and not self._boxing
            self._tooling = mine and self._offer(event, Phase.DRAG_START)
        if self._tooling:
            event.accept()
            if not event.isStart():
                self._offer(event, Phase.DRAG_END if event.isFinish() else Phase.DRAG)
            self._tooling = not event.isFinish()
            return
        if self._boxing:
            event.accept()
            self._drag_box(event)
            return
        super().mouseDragEvent(event, axis)
        self._last_wheel = 0.0
        self.zoomed.emit(self.ppm_window, self._gesture)

    def _drag_box(self, event: Any) -> None:
        start, end = event.buttonDownPos(Qt.MouseButton.LeftButton), event.pos()
        if not event.isFinish():
            self.updateScaleBox(start, end)
            return
        self._boxing = False
        self.rbScaleBox.hide()
        drawn = QRectF(start, end).normalized()
        if min(drawn.width(), drawn.height()) < SMALLEST_BOX_PX:
            return
        wanted = self.childGroup.mapRectFromParent(drawn).normalized()
        self.setRange(
            xRange=(wanted.left(), wanted.right()),
            yRange=(wanted.top(), wanted.bottom()),
            padding=0,
        )
        self.zoomed.emit(self.ppm_window, self._gesture)

    def mouseClickEvent(self, event: Any) -> None:
        """What the tool does not take: a double-click resets."""
        if self._offer(event, Phase.DOUBLE_CLICK if event.double() else Phase.CLICK):
            event.accept()
            return
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.reset_asked.emit()
        else:
            super().mouseClickEvent(event)

    def _offer(self, event: Any, phase: Phase) -> bool:
        """Whether the tool takes an event."""
        if self.tool is None:
            return False
        place = self.mapToView(event.pos())
        dragged = phase not in (Phase.CLICK, Phase.DOUBLE_CLICK)
        start = self.mapToView(event.buttonDownPos()) if dragged else place
        width, height = self.viewPixelSize()
        return self.tool.handle(
            ToolEvent(
                phase,
                float(place.x()),
                float(place.y()),
                (float(start.x()), float(start.y())),
                (abs(float(width)), abs(float(height))),
                event.button(),
                event.modifiers(),
            )
        )
