"""Masked regions on a plot: greyed, named, paler where the networks are shown nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QGraphicsRectItem

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.session.masking import mask_range
from nmrcam_qt.ui.theme import colours

SHOWN_ALPHA, EXCLUDED_ALPHA = 45, 165
"""0..255: of a mask that is only drawn, and of paper over one that is excluded."""
EXCLUDED = "excluded"
MARGIN_PX = 3.0
_MASKS, _NAMES = 4.5, 4.6
"""Over ink and heat, below peaks."""


class MaskLayer:
    """Paints the masks of one spectrum, and the one being drawn.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._box = plot.plotItem.vb
        self._masks: tuple[Mask, ...] = ()
        self.rects: list[QGraphicsRectItem] = []
        self.names: list[pg.TextItem] = []
        self.draft = QGraphicsRectItem()
        self.draft.setZValue(_MASKS)
        self.draft.hide()
        plot.addItem(self.draft, ignoreBounds=True)
        self._box.sigRangeChanged.connect(self._place_names)
        self._box.sigResized.connect(self._place_names)

    @property
    def masks(self) -> tuple[Mask, ...]:
        """What is shown."""
        return self._masks

    def show(self, masks: Sequence[Mask]) -> None:
        """Show other masks, or none."""
        if tuple(masks) != self._masks:
            self._masks = tuple(masks)
            self._paint()

    def show_draft(self, h_ppm: tuple[float, float] | None, c_ppm: tuple[float, float]) -> None:
        """A box that is being drawn, corners in any order; None for none."""
        if h_ppm is None:
            self.draft.hide()
            return
        self.draft.setRect(_rect(h_ppm, c_ppm))
        accent = pg.mkColor(colours().accent)
        self.draft.setPen(pg.mkPen(accent, width=1.4))
        accent.setAlpha(40)
        self.draft.setBrush(pg.mkBrush(accent))
        self.draft.show()

    def text_at(self, h_ppm: float, c_ppm: float) -> str:
        """What lies at a place, a line for each mask; empty for nothing."""
        (h, c) = np.array([h_ppm]), np.array([c_ppm])
        held = [mask for mask in self._masks if mask.holds(h, c)[0]]
        return "\n".join(f"{mask_text(mask)}: {mask_range(mask)}" for mask in held)

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._paint()

    def _paint(self) -> None:
        for item in (*self.rects, *self.names):
            self._plot.removeItem(item)
        self.rects.clear()
        self.names.clear()
        named = colours()
        for mask in self._masks:
            rect = QGraphicsRectItem(_rect(mask.h_ppm, mask.c_ppm))
            fill = pg.mkColor(named.paper if mask.excluded else named.muted)
            fill.setAlpha(EXCLUDED_ALPHA if mask.excluded else SHOWN_ALPHA)
            style = Qt.PenStyle.SolidLine if mask.excluded else Qt.PenStyle.DashLine
            rect.setPen(pg.mkPen(named.muted, width=1, style=style))
            rect.setBrush(pg.mkBrush(fill))
            rect.setZValue(_MASKS)
            rect.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            name = pg.TextItem(mask_text(mask), color=named.muted)
            name.setZValue(_NAMES)
            self.rects.append(rect)
            self.names.append(name)
            for item in (rect, name):
                self._plot.addItem(item, ignoreBounds=True)
        self._place_names()

    def _place_names(self) -> None:
        """Inside the visible part of the mask; upright where it is narrow, nowhere if small."""
        if not self._masks:
            return
        width, height = (abs(float(size)) for size in self._box.viewPixelSize())
        view = self._box.viewRect()
        for mask, name in zip(self._masks, self.names, strict=True):
            seen = _rect(mask.h_ppm, mask.c_ppm).intersected(view)
            if seen.isEmpty() or not width or not height:
                name.hide()
                continue
            metrics = QFontMetricsF(name.textItem.font())
            long = metrics.horizontalAdvance(name.toPlainText()) + 4 * MARGIN_PX
            high = metrics.height()
            across, down = seen.width() / width, seen.height() / height
            lying = across >= long and down >= high
            standing = not lying and down >= long and across >= high * 0.3
            name.setVisible(lying or standing)
            # Both axes descend: the left edge has the larger ¹H shift, the top the lower ¹³C.
            if lying:
                name.setAngle(0)
                name.setAnchor((0.0, 0.0))
                name.setPos(seen.right(), seen.top())
            elif standing:
                name.setAngle(90)
                name.setAnchor((1.0, 0.5))
                name.setPos(seen.center().x(), seen.top())


def mask_text(mask: Mask) -> str:
    """The name of a mask, and whether it is excluded."""
    return f"{mask.name} ({EXCLUDED})" if mask.excluded else mask.name


def _rect(h_ppm: tuple[float, float], c_ppm: tuple[float, float]) -> QRectF:
    (h0, h1), (c0, c1) = sorted(h_ppm), sorted(c_ppm)
    return QRectF(h0, c0, h1 - h0, c1 - c0)
