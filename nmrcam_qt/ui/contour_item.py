"""Contours of one spectrum as a graphics item: only the tiles in view, as fine as needed."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from nmrcam_qt.ui.contour_canvas import Canvas
from nmrcam_qt.ui.contour_work import COARSEST_PX, Drawing, PathGrid, PathTile
from nmrcam_qt.ui.heat import image_rect

FAINTEST = 0.6
"""Share of the colour, over the paper, that the lowest contour has."""
FULL_FROM = 4
"""From this level on contours have their full colour."""


class ContourItem(pg.GraphicsObject):  # type: ignore[misc]
    """Draws a `Drawing` in ppm."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.antialias = self.cached = True
        self.canvas = Canvas()
        self._version = 0
        """Counts drawings and colours, so that the canvas knows an old picture."""
        self._drawing: Drawing | None = None
        self._area = QRectF()
        self.pens: dict[tuple[bool, int], QPen] = {}
        self._colours = ("#000000", "#c81e00", "#ffffff")

    @property
    def drawing(self) -> Drawing | None:
        """What it draws."""
        return self._drawing

    def set_drawing(self, drawing: Drawing | None) -> None:
        """Draw something else, or nothing."""
        surface = drawing.surface if drawing is not None else None
        area = QRectF() if surface is None else image_rect(surface.f1, surface.f2).normalized()
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area
        self._drawing = drawing
        self.canvas.forget()
        self._make_pens()

    def set_colours(self, positive: str, negative: str, paper: str) -> None:
        """Colours of positive and negative lines and of what is below them, ``#rrggbb``."""
        if (positive, negative, paper) != self._colours:
            self._colours = (positive, negative, paper)
            self._make_pens()

    def _make_pens(self) -> None:
        count = len(self._drawing.levels.values) if self._drawing is not None else 0
        positive, negative, paper = map(QColor, self._colours)
        self.pens = {
            (is_negative, level): _pen(colour, paper, level)
            for is_negative, colour in ((False, positive), (True, negative))
            for level in range(count)
        }
        self._version += 1
        self.update()

    def boundingRect(self) -> QRectF:
        """The spectrum, ppm."""
        return self._area

    def grid_for(self, h_per_px: float, c_per_px: float) -> PathGrid | None:
        """The coarsest grid whose samples still are as small as a pixel; else the finest."""
        grids = self._drawing.grids if self._drawing is not None else ()
        for grid in grids:
            small = grid.h_step <= COARSEST_PX * h_per_px
            if small and grid.c_step <= COARSEST_PX * c_per_px:
                return grid
        return grids[-1] if grids else None

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """What is in view."""
        if self._drawing is None:
            return
        view = self.viewRect()
        if view is None or not self.cached:
            exposed: Any = option
            self._draw(painter, exposed.exposedRect)
            return
        self.canvas.paint(painter, view, (self._version, self.antialias), self._draw)

    def _draw(self, painter: QPainter, area: QRectF) -> None:
        """The tiles that touch an area."""
        transform = painter.deviceTransform()
        across, down = (1 / (abs(scale) or 1.0) for scale in (transform.m11(), transform.m22()))
        grid = self.grid_for(across, down)
        if grid is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self.antialias)
        area = area.normalized().adjusted(-across, -down, across, down)
        h, c = (area.left(), area.right()), (area.top(), area.bottom())
        for tile in grid.tiles:
            if _touches(tile, h, c):
                for negative, level, path in tile.paths:
                    painter.setPen(self.pens[negative, level])
                    painter.drawPath(path)


def _touches(tile: PathTile, h: tuple[float, float], c: tuple[float, float]) -> bool:
    return (
        tile.h_ppm[0] <= h[1]
        and tile.h_ppm[1] >= h[0]
        and tile.c_ppm[0] <= c[1]
        and tile.c_ppm[1] >= c[0]
    )


def _pen(colour: QColor, paper: QColor, level: int) -> QPen:
    """Lower levels are fainter; opaque, because that is drawn faster."""
    share = min(1.0, FAINTEST + (1 - FAINTEST) * level / FULL_FROM)
    parts = (
        share * own + (1 - share) * below
        for own, below in (
            (colour.redF(), paper.redF()),
            (colour.greenF(), paper.greenF()),
            (colour.blueF(), paper.blueF()),
        )
    )
    pen = QPen(QColor.fromRgbF(*parts), 1.0)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return pen
