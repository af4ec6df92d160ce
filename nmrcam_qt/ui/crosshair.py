"""Two lines through a chemical shift, with its ppm on both axes."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from nmrcam_qt.ui.theme import colours

H_FORMAT, C_FORMAT = "{:.3f}", "{:.2f}"
PADDING = 3.0


class Tag(QGraphicsItem):
    """A small label on an axis; its position is the middle of the edge at the plot.

    Parameters
    ----------
    below : bool
        Whether it hangs below its position, or stands left of it.
    """

    def __init__(self, below: bool) -> None:
        super().__init__()
        self._below = below
        self._text = ""
        self._font = QFont()
        self._font.setPointSizeF(8.5)
        self.setZValue(1000)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def set_text(self, text: str) -> None:
        """Say something else."""
        if len(text) != len(self._text):
            self.prepareGeometryChange()
        self._text = text
        self.update()

    def boundingRect(self) -> QRectF:
        """In pixels around its position."""
        metrics = QFontMetricsF(self._font)
        # As wide as its widest digits: the rectangle must not change with every move.
        width = metrics.horizontalAdvance("0" * len(self._text)) + 2 * PADDING
        height = metrics.height() + PADDING
        if self._below:
            return QRectF(-width / 2, 1, width, height)
        return QRectF(-width - 1, -height / 2, width, height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """A filled rectangle with text."""
        named = colours()
        area = self.boundingRect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(named.tag))
        painter.drawRect(area)
        painter.setPen(QColor(named.tag_text))
        painter.setFont(self._font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._text)


class Crosshair:
    """The crosshair of one plot.

    Parameters
    ----------
    plot : pg.PlotWidget
        The plot; its view box has both axes in ppm.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._box = plot.plotItem.vb
        self._place: tuple[float, float] | None = None
        self.lines = (
            pg.InfiniteLine(angle=90, movable=False),
            pg.InfiniteLine(angle=0, movable=False),
        )
        self.tags = (Tag(below=True), Tag(below=False))
        for line in self.lines:
            line.setZValue(900)
            line.hide()
            plot.addItem(line, ignoreBounds=True)
        for tag in self.tags:
            plot.scene().addItem(tag)
        self._box.sigRangeChanged.connect(self.place_tags)
        self.dress()

    @property
    def place(self) -> tuple[float, float] | None:
        """¹H and ¹³C shift, ppm; None where it is hidden."""
        return self._place

    def dress(self) -> None:
        """Take the colours of the theme."""
        pen = pg.mkPen(colours().crosshair, width=1, style=Qt.PenStyle.DashLine)
        for line in self.lines:
            line.setPen(pen)
        for tag in self.tags:
            tag.update()

    def show_at(self, h_ppm: float, c_ppm: float) -> None:
        """Show it at a chemical shift; outside the plot its lines and tags do not show."""
        self._place = (h_ppm, c_ppm)
        for line, value in zip(self.lines, self._place, strict=True):
            line.setValue(value)
            line.show()
        self.place_tags()

    def hide(self) -> None:
        """Hide it."""
        if self._place is None:
            return
        self._place = None
        for item in (*self.lines, *self.tags):
            item.hide()

    @Slot()
    def place_tags(self) -> None:
        """Put the labels where the lines meet the axes."""
        if self._place is None:
            return
        h_ppm, c_ppm = self._place
        area = self._box.sceneBoundingRect()
        point = self._box.mapViewToScene(QPointF(h_ppm, c_ppm))
        places = QPointF(point.x(), area.bottom()), QPointF(area.left(), point.y())
        texts = H_FORMAT.format(h_ppm), C_FORMAT.format(c_ppm)
        inside = (
            area.left() <= point.x() <= area.right(),
            area.top() <= point.y() <= area.bottom(),
        )
        for tag, place, text, shown in zip(self.tags, places, texts, inside, strict=True):
            tag.setPos(place)
            tag.set_text(text)
            tag.setVisible(shown)
