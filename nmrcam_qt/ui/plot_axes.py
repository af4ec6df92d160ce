"""The axes of a plot in ppm."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtWidgets import QGraphicsItem

H_LABEL, C_LABEL = "¹H (ppm)", "¹³C (ppm)"
ROOMY, COMPACT = (56, 44), (46, 36)
"""Pixels of the left and the bottom axis: alone, and as one of several panes."""
SIDES = ("left", "right", "top", "bottom")


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
        # Here and not below and left: with a grid an axis drops the labels at its ends.
        plot.getAxis(name).setGrid(30)
    plot.getAxis("right").setWidth(12)
    plot.getAxis("top").setHeight(12)
