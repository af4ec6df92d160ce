"""The axes of a plot in ppm."""

from __future__ import annotations

from collections.abc import Iterable

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

H_LABEL, C_LABEL = "¹H (ppm)", "¹³C (ppm)"
ROOMY, COMPACT = (56, 44), (46, 36)
"""Pixels of the left and the bottom axis: alone, and as one of several panes."""
SIDES = ("left", "right", "top", "bottom")
GRID_OPACITY = (30, 12)
"""0..255, of the lines at numbered ticks and at those between."""


class GridLines(pg.GraphicsObject):  # type: ignore[misc]
    """Faint lines at the ticks of both axes.

    The grid of pyqtgraph's axes costs half of the time of a frame while panning, and an
    axis that has one drops the labels at its ends.

    Parameters
    ----------
    plot : pg.PlotItem
        Where.
    """

    def __init__(self, plot: pg.PlotItem) -> None:
        super().__init__()
        self._plot = plot
        self.setZValue(-10)

    def boundingRect(self) -> QRectF:
        """All that is in view."""
        return self.viewRect() or QRectF()

    def viewRangeChanged(self) -> None:
        """Another part of the spectrum is in view."""
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """The finest ticks that the axes draw are left out."""
        view = self.boundingRect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        colour = QColor(self._plot.getAxis("bottom").pen().color())
        for name, low, high in (
            ("bottom", view.left(), view.right()),
            ("left", view.top(), view.bottom()),
        ):
            axis = self._plot.getAxis(name)
            length = axis.geometry().width() if name == "bottom" else axis.geometry().height()
            steps = axis.tickValues(low, high, length)
            for opacity, (_, values) in zip(GRID_OPACITY, steps, strict=False):
                colour.setAlpha(opacity)
                pen = QPen(colour, 1.0)
                pen.setCosmetic(True)
                painter.setPen(pen)
                painter.drawLines(_lines(values, view, name == "bottom"))


def _lines(values: Iterable[float], view: QRectF, upright: bool) -> list[QLineF]:
    if upright:
        return [QLineF(value, view.top(), value, view.bottom()) for value in values]
    return [QLineF(view.left(), value, view.right(), value) for value in values]


def arrange_axes(widget: pg.PlotWidget) -> None:
    """Labels, sizes and grid of a plot in ppm."""
    plot = widget.plotItem
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.showAxes((True, True, True, True), showValues=(True, False, False, True), size=ROOMY)
    for name, label in (("bottom", H_LABEL), ("left", C_LABEL)):
        plot.setLabel(name, label)
    for name in SIDES:
        axis = plot.getAxis(name)
        axis.enableAutoSIPrefix(False)
        axis.setStyle(hideOverlappingLabels=False)
        # Else every number is laid out anew with every change of the map.
        axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
    for name in ("right", "top"):
        plot.getAxis(name).setStyle(tickLength=0)
    widget.addItem(GridLines(plot), ignoreBounds=True)
    plot.getAxis("right").setWidth(12)
    plot.getAxis("top").setHeight(12)
