"""Plots along the axes of a spectrum: above it for ¹H, beside it for ¹³C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nmrcam_qt.core.projections import Outline, Trace, outline
from nmrcam_qt.ui.theme import colours
from nmrcam_qt.ui.view_box import PpmViewBox

ROOMY, COMPACT = 76, 44
"""Pixels across: alone, and as one of several panes."""
PADDING = 3.0
LEAST_BELOW = 0.04
"""Share of the plot under the zero line, even where nothing is negative."""
LINE_WIDTH = 1.0
"""Pixels; a line that is any wider is drawn a hundred times as slowly."""
FILL = 46
"""Opacity of the area of a skyline, 0..255."""
TOP_CELL, SIDE_CELL = (0, 1), (2, 3)
"""Row and column in the layout of the plot: above the upper axis, right of the right one."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a side plot.

    Parameters
    ----------
    trace : Trace
        What is drawn.
    per_unit : float
        Heights of the plot per unit of intensity: 1 / maximum for a line that fills it.
    positive, negative : str
        Colours, ``#rrggbb``.
    skyline : bool
        Whether highest and lowest are two lines with areas; otherwise it is one line.
    """

    trace: Trace
    per_unit: float
    positive: str
    negative: str
    skyline: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """All that a side plot shows.

    Parameters
    ----------
    lines : tuple of Line
        From the lowest to the uppermost.
    below : float
        Height under the zero line over that above it, at most 1.
    labels : tuple of (str, str)
        Said in the corner one below the other: text and colour.
    """

    lines: tuple[Line, ...] = ()
    below: float = 0.0
    labels: tuple[tuple[str, str], ...] = ()


class SidePlot(pg.GraphicsWidget):  # type: ignore[misc]
    """A plot along one axis of a view box, to the pixel; wheel and drag act on that axis.

    Parameters
    ----------
    plot : pg.PlotWidget
        The plot of the spectrum; its layout aligns this one with the view box.
    along_h : bool
        Whether it stands above the spectrum, along ¹H; otherwise beside it, along ¹³C.
    content : callable
        Gives what to draw; asked whenever it is painted.
    """

    def __init__(self, plot: pg.PlotWidget, along_h: bool, content: Callable[[], Content]) -> None:
        super().__init__()
        self._box: PpmViewBox = plot.plotItem.vb
        self._layout = plot.plotItem.layout
        self._along_h, self._content = along_h, content
        self._across = ROOMY
        self._font = QFont()
        self._font.setPointSizeF(8.0)
        if along_h:
            self._layout.removeItem(plot.plotItem.titleLabel)  # never used, and in its place
        self._layout.addItem(self, *(TOP_CELL if along_h else SIDE_CELL))
        self.setFlag(self.GraphicsItemFlag.ItemClipsToShape)
        self.setVisible(False)
        self._take_room()

    def set_shown(self, shown: bool) -> None:
        """Show or hide it; hidden it takes no room."""
        if shown != self.isVisible():
            self.setVisible(shown)
            self._take_room()

    def set_compact(self, compact: bool) -> None:
        """Narrower as one of several panes."""
        self._across = COMPACT if compact else ROOMY
        self._take_room()

    def _take_room(self) -> None:
        room = self._across if self.isVisible() else 0
        if self._along_h:
            self._layout.setRowFixedHeight(TOP_CELL[0], room)
        else:
            self._layout.setColumnFixedWidth(SIDE_CELL[1], room)

    # What is where

    def outline_of(self, trace: Trace) -> Outline:
        """A trace in pixels along the plot, from the left or from the top."""
        (h_low, h_high), (c_low, c_high) = self._box.viewRange()
        if self._along_h:
            return outline(trace, (h_high, h_low), max(round(self.rect().width()), 1))
        return outline(trace, (c_low, c_high), max(round(self.rect().height()), 1))

    def _polygon(self, along: np.ndarray[Any, Any], across: np.ndarray[Any, Any]) -> QPolygonF:
        """Points of the item; `across` is 0 at the zero line and 1 at full height."""
        x, y = along, self._zero - across * self._height
        if not self._along_h:
            x, y = self._zero + across * self._height, along
        made: QPolygonF = pg.functions.arrayToQPolygonF(x, y)
        return made

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Zero line, lines, label."""
        content = self._content()
        size = self.rect().height() if self._along_h else self.rect().width()
        below = min(max(content.below, LEAST_BELOW), 1.0)
        self._height = (size - 2 * PADDING) / (1 + below)
        under = PADDING + self._height * below
        self._zero = size - under if self._along_h else under
        named = colours()
        painter.setPen(QPen(QColor(named.border), 1))
        if self._along_h:
            painter.drawLine(QPointF(0, self._zero), QPointF(self.rect().width(), self._zero))
        else:
            painter.drawLine(QPointF(self._zero, 0), QPointF(self._zero, self.rect().height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in content.lines:
            self._paint_line(painter, line)
        self._paint_labels(painter, content.labels)

    def _paint_line(self, painter: QPainter, line: Line) -> None:
        made = self.outline_of(line.trace)
        if not made.places.size:
            return
        high, low = made.high * line.per_unit, made.low * line.per_unit
        if line.skyline:
            for across, colour in ((high, line.positive), (low, line.negative)):
                if across.any():
                    self._paint_area(painter, made.places, across, colour)
            return
        places, across = made.places, high
        if (high != low).any():  # several samples in a pixel: up and down in each
            places = np.repeat(places, 2)
            across = np.stack([low, high], axis=1).ravel()
        painter.setPen(QPen(QColor(line.positive), LINE_WIDTH))
        painter.drawPolyline(self._polygon(places, across.clip(-2, 2)))

    def _paint_area(
        self,
        painter: QPainter,
        places: np.ndarray[Any, Any],
        across: np.ndarray[Any, Any],
        colour: str,
    ) -> None:
        fill = QColor(colour)
        fill.setAlpha(FILL)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        ends = np.concatenate([[0.0], across, [0.0]])
        around = np.concatenate([places[:1], places, places[-1:]])
        # The line over it is smooth; a smooth area would take as long as all the rest.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawPolygon(self._polygon(around, ends))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colour), LINE_WIDTH))
        painter.drawPolyline(self._polygon(places, across))

    def _paint_labels(self, painter: QPainter, labels: tuple[tuple[str, str], ...]) -> None:
        """In the corner of high ppm; along the plot where that stands upright."""
        painter.setFont(self._font)
        area = QRectF(5, 1, self.rect().width(), self.rect().height())
        if not self._along_h:
            painter.translate(self.rect().topRight())
            painter.rotate(90)
            area = QRectF(5, 1, self.rect().height(), self.rect().width())
        for text, colour in labels:
            painter.setPen(QColor(colour))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
            area.translate(0, painter.fontMetrics().height())

    # The mouse: as over the axis itself

    def wheelEvent(self, event: Any) -> None:
        """Zoom along the axis."""
        self._box.wheelEvent(event, axis=0 if self._along_h else 1)

    def mouseDragEvent(self, event: Any) -> None:
        """Pan along the axis."""
        self._box.mouseDragEvent(event, axis=0 if self._along_h else 1)
