"""The colour bar: heat in the units of its method."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QStyleOptionGraphicsItem, QWidget

from nmrcam_qt.core.methods import LOGIT
from nmrcam_qt.ui.heat import Colours
from nmrcam_qt.ui.theme import colours

BAR_WIDTH, TICK, GAP = 12.0, 4.0, 3.0
POINT_SIZE = 8.5
UNLIMITED = 16_777_215.0
"""Qt's own limit of a widget, pixels."""


class HeatBar(pg.GraphicsWidget):  # type: ignore[misc]
    """Gradient, ticks, unit; lighter than a plot with four axes of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._gradient = QImage()
        self._top = 1.0
        self._lines: tuple[tuple[float, str], ...] = ()
        self.note = f"heat ({LOGIT})"
        self._font = QFont()
        self._font.setPointSizeF(POINT_SIZE)
        metrics = QFontMetricsF(self._font)
        width = BAR_WIDTH + TICK + 2 * GAP + metrics.horizontalAdvance("0.0000") + metrics.height()
        self._roomy = math.ceil(width)
        self._compact, self._width = False, self._roomy
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """As one of several panes it leaves the unit to the tool tip."""
        metrics = QFontMetricsF(self._font)
        self._compact = compact
        self._width = self._roomy - (math.floor(metrics.height()) if compact else 0)
        self.setMinimumWidth(self._width)
        self.setMaximumWidth(self._width)
        self.update()

    @property
    def top(self) -> float:
        """Maximum of the scale."""
        return self._top

    def set_scale(
        self,
        top: float,
        seen: Colours,
        lines: tuple[tuple[float, str], ...] = (),
        note: str = "",
        unit: str = LOGIT,
    ) -> None:
        """Show another scale.

        Parameters
        ----------
        top : float
            Maximum.
        seen : uint8 ``(n, 3)``
            Colours from no heat to the maximum, on the paper.
        lines : tuple of (share, colour)
            Contour levels.
        note : str
            More about the scale; stands behind the unit.
        unit : str
            Of the heat.
        """
        self._top, self._lines = top, lines
        label = f"heat ({unit})"
        self.note = f"{label}, {note}" if note else label
        flipped = np.ascontiguousarray(seen[::-1])
        image = QImage(flipped.data, 1, len(flipped), 3, QImage.Format.Format_RGB888)
        self._gradient = image.copy()  # QImage does not keep the array
        self.setToolTip(self.note)
        self.update()

    def sizeHint(self, which: Qt.SizeHint, constraint: QSizeF | None = None) -> QSizeF:
        """As narrow as its labels, as high as the plot."""
        heights = {Qt.SizeHint.MinimumSize: 30.0, Qt.SizeHint.PreferredSize: 60.0}
        return QSizeF(self._width, heights.get(which, UNLIMITED))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Gradient with contour levels, ticks with numbers, unit upright."""
        named = colours()
        metrics = QFontMetricsF(self._font)
        margin = metrics.height() / 2
        area = QRectF(0.5, margin, BAR_WIDTH, max(self.size().height() - 2 * margin, 1.0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._gradient)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(named.axis), 1))
        painter.drawRect(area)
        for share, colour in self._lines:
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(QColor(colour), 2))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setFont(self._font)
        painter.setPen(QColor(named.text))
        x = area.right() + TICK + GAP
        for value in ticks(self._top):
            y = area.bottom() - value / self._top * area.height()
            painter.drawLine(QPointF(area.right(), y), QPointF(area.right() + TICK, y))
            painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1), f"{value:.3g}")
        if self._compact:
            return
        painter.save()
        painter.translate(self.size().width() - metrics.descent() - 1, area.center().y())
        painter.rotate(-90)
        painter.drawText(QPointF(-metrics.horizontalAdvance(self.note) / 2, 0), self.note)
        painter.restore()


def ticks(top: float) -> list[float]:
    """Round values from 0 up to `top` (> 0, finite), three to six of them."""
    rough = top / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.8)
    return [n * step for n in range(int(top / step * (1 + 1e-9)) + 1)]
