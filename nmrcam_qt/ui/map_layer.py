"""The map on the plot: image or contours of heat, its frame, its colour bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_contours import CLASS_FADE, FADE_SHARE, drawn_lines
from nmrcam_qt.core.methods import LOGIT, unit_of
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.ui.heat import (
    Colours,
    class_colours,
    line_colour,
    map_image,
    map_rect,
    on_paper,
    overlay_colours,
    reach_of,
    widened,
)
from nmrcam_qt.ui.heat_bar import HeatBar
from nmrcam_qt.ui.heat_contours import SHARES, Contour, heat_contours
from nmrcam_qt.ui.plot_values import Scale
from nmrcam_qt.ui.theme import colours, legible

LINE_WIDTH = 1.6
MOVING_OPACITY = 0.7
"""Of heat that moves, over that of heat that stays."""


class MapLayer:
    """Paints one map.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where; the colour bar takes its place at the right.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.heat_item = pg.ImageItem(axisOrder="row-major")
        self.rest_item = pg.ImageItem(axisOrder="row-major")
        self.frame_item = pg.PlotCurveItem()
        self.line_items = tuple(pg.PlotCurveItem(connect="finite") for _ in SHARES)
        for z, item in ((-0.5, self.rest_item), (0, self.heat_item), (1, self.frame_item)):
            item.setZValue(z)
            plot.addItem(item, ignoreBounds=True)
        for item in self.line_items:
            item.setZValue(3)  # over the ink: heat hides no peak where it is a thin line
            plot.addItem(item, ignoreBounds=True)
        self.bar = HeatBar()
        plot.plotItem.layout.addItem(self.bar, 2, 5)
        self.bar.setOpacity(0)  # invisible, but keeps its place: the plot must not jump
        self._map: Explanation | None = None
        self._steady: Explanation | None = None
        self._axes: tuple[Axis, Axis] | None = None
        self._settings = ViewSettings()
        self._class_colour = ""
        self._scale = Scale()
        self._original = False
        self._known_contours: tuple[Contour, ...] = ()
        self._lines_of: Explanation | None = None
        self._lines_top = 0.0
        self._image: Image | None = None
        self._reach = (0, 0)
        self._box = plot.plotItem.vb
        self._box.sigRangeChanged.connect(self._on_zoomed)
        self._box.sigResized.connect(self._on_zoomed)

    @property
    def explanation(self) -> Explanation | None:
        """The map, None where there is none."""
        return self._map

    @property
    def hidden(self) -> bool:
        """Whether the user holds the key for the original."""
        return self._original

    def show(
        self,
        explanation: Explanation | None,
        axes: tuple[Axis, Axis] | None,
        scale: Scale | None = None,
        class_colour: str = "",
    ) -> None:
        """Show another map on a spectrum with these F1 and F2 axes, or none."""
        scale = scale or Scale()
        same = explanation is self._map and axes == self._axes and scale == self._scale
        if same and class_colour == self._class_colour:
            return
        if explanation is not self._map:
            self._steady = None
        self._map, self._axes = explanation, axes
        self._scale, self._class_colour = scale, class_colour
        self._paint()

    def show_steady(self, steady: Explanation | None) -> None:
        """What of the map stays when the spectrum is a little different; None for all of it.

        It is painted as the map, on the scale of the whole one; the rest, which moves, is grey.
        """
        if steady is not self._steady:
            self._steady = steady
            self._paint()

    @property
    def steady(self) -> Explanation | None:
        """What of the map is said to stay."""
        return self._steady

    def apply(self, settings: ViewSettings) -> None:
        """Style, colours, opacity, threshold, smoothness."""
        before, self._settings = self._settings, settings
        if (before.smooth, before.heat_style) != (settings.smooth, settings.heat_style):
            self._paint()
        elif _look(before) != _look(settings):
            self._colour()

    def set_original(self, hidden: bool) -> None:
        """Hide the map while a key is held; nothing is computed."""
        self._original = hidden
        self._set_visible()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.frame_item.setPen(pg.mkPen(colours().frame, style=Qt.PenStyle.DashLine))
        self.bar.update()
        self._colour()

    @property
    def image_shown(self) -> tuple[Explanation | None, float]:
        """The map whose image is seen, and the heat from which on it is; None for none."""
        if not self._painted or self._original or self._settings.heat_style == "contours":
            return None, 0.0
        return self._map, self._settings.threshold * self._top

    # Painting

    @property
    def _painted(self) -> bool:
        return self._map is not None and not self._map.empty and self._axes is not None

    @property
    def _top(self) -> float:
        """Maximum of the scale, in units of the map."""
        own = float(self._map.heat.max()) if self._map is not None else 0.0
        return (own if self._scale.top is None else max(self._scale.top, own)) or 1.0

    def _paint(self) -> None:
        self._paint_frame()
        shown, axes = self._map, self._axes
        self.heat_item.clear()
        self.rest_item.clear()
        self._image = None
        for item in self.line_items:
            item.clear()
        if shown is not None and axes is not None and not shown.empty:
            if self._settings.heat_style != "contours":
                self._image = map_image(self._steady or shown, self._settings.smooth)
                self._paint_image(shown, axes)
                self._paint_rest(shown, axes)
            self._colour()
        self._set_visible()

    def _paint_image(self, shown: Explanation, axes: tuple[Axis, Axis]) -> None:
        if self._image is None:
            return
        self._reach = self._wanted_reach(shown, axes)
        image = widened(self._image, *self._reach) if any(self._reach) else self._image
        self.heat_item.setImage(image, levels=(0.0, self._top), autoLevels=False)
        self.heat_item.setRect(map_rect(shown, *axes))

    def _paint_rest(self, shown: Explanation, axes: tuple[Axis, Axis]) -> None:
        """Heat that moves: there in the map, and not in most of the repeats."""
        if self._steady is None or self._steady.evidence.shape != shown.evidence.shape:
            return
        moving = np.maximum(shown.heat - self._steady.heat, np.float32(0))
        image = map_image(replace(shown, evidence=moving), self._settings.smooth)
        image = widened(image, *self._reach) if any(self._reach) else image
        self.rest_item.setImage(image, levels=(0.0, self._top), autoLevels=False)
        self.rest_item.setRect(map_rect(shown, *axes))

    def _wanted_reach(self, shown: Explanation, axes: tuple[Axis, Axis]) -> tuple[int, int]:
        """How far heat is widened down and across, in samples of the image."""
        if self._image is None or self._box.width() < 1 or self._box.height() < 1:
            return 0, 0
        (right, left), (top, bottom) = self._box.viewRange()
        across = abs(right - left) / self._box.width()
        down = abs(top - bottom) / self._box.height()
        area = map_rect(shown, *axes)
        sides = ((abs(area.height()), down), (abs(area.width()), across))
        rows, columns = (
            reach_of(side / cells / ppm, side / samples / ppm) if ppm > 0 else 0
            for (side, ppm), cells, samples in zip(
                sides, shown.heat.shape, self._image.shape, strict=True
            )
        )
        return rows, columns

    def _on_zoomed(self, *_: object) -> None:
        """Cells have another size on the screen."""
        shown, axes = self._map, self._axes
        if shown is None or axes is None or self._image is None:
            return
        if self._wanted_reach(shown, axes) != self._reach:
            self._paint_image(shown, axes)
            self._paint_rest(shown, axes)

    def _paint_frame(self) -> None:
        """Where the map ends: beyond it nothing is known, which is not the same as no heat."""
        if self._map is None or self._axes is None:
            self.frame_item.clear()
            return
        area = map_rect(self._map, *self._axes)
        x, y = np.array([0, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 0])
        self.frame_item.setData(area.x() + x * area.width(), area.y() + y * area.height())

    def _colour(self) -> None:
        """Colours of the image, the lines and the bar."""
        if not self._painted:
            return
        table, paper = self._table(), colours().paper
        self.heat_item.setLookupTable(table)
        opacity = self._settings.opacity * MOVING_OPACITY
        grey = class_colours(colours().muted, opacity, self._settings.threshold)
        self.rest_item.setLookupTable(grey)
        lines = self._lines(table, paper)
        self._paint_lines(dict(lines))
        contours_only = self._settings.heat_style == "contours"
        seen = np.empty((2, 3), dtype=np.uint8) if contours_only else on_paper(table, paper)
        if contours_only:
            back = pg.mkColor(paper)
            seen[:] = back.red(), back.green(), back.blue()
        unit = LOGIT if self._map is None else unit_of(self._map.method)
        self.bar.set_scale(self._top, seen, lines, self._scale.note, unit)

    def _table(self) -> Colours:
        """Look-up table of the heat."""
        settings, named = self._settings, colours()
        if settings.class_colours and self._class_colour:
            own = legible(self._class_colour, named.paper)
            return class_colours(own, settings.opacity, settings.threshold)
        return overlay_colours(
            settings.colour_map, settings.opacity, settings.threshold, named.dark
        )

    def _lines(self, table: Colours, paper: str) -> tuple[tuple[float, str], ...]:
        """Levels that are drawn as lines, with their colours."""
        s = self._settings
        fade = CLASS_FADE if s.class_colours and self._class_colour else FADE_SHARE
        return tuple(
            (share, line_colour(table, place, paper, strength))
            for share, place, strength in drawn_lines(s.heat_style, s.threshold, s.opacity, fade)
        )

    def _paint_lines(self, lines: dict[float, str]) -> None:
        if self._map is None or self._settings.heat_style == "image":
            return
        lasting = self._steady or self._map
        for item, contour in zip(self.line_items, self._contours(lasting), strict=True):
            colour = lines.get(contour.share)
            if colour is None or not contour.h_ppm.size:
                item.clear()
                continue
            item.setPen(pg.mkPen(colour, width=LINE_WIDTH))
            item.setData(contour.h_ppm, contour.c_ppm)

    def _contours(self, shown: Explanation) -> tuple[Contour, ...]:
        """Computed once for a map and its scale: other colours need no other lines."""
        top = self._top
        if self._lines_of is not shown or self._lines_top != top:
            self._lines_of, self._lines_top = shown, top
            self._known_contours = heat_contours(shown, top)
        return self._known_contours

    def _set_visible(self) -> None:
        shown = self._painted and not self._original
        for item in (self.heat_item, self.rest_item, *self.line_items):
            item.setVisible(shown)
        self.frame_item.setVisible(not self._original)
        self.bar.setOpacity(1 if shown else 0)


def _look(settings: ViewSettings) -> tuple[object, ...]:
    return (
        settings.colour_map,
        settings.class_colours,
        settings.opacity,
        settings.threshold,
    )
