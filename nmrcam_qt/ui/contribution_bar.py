"""Contributions of peaks as signed bars in a table: from the middle to the right or the left."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QApplication,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from nmrcam_qt.qtmodels.peak_model import PeakRole
from nmrcam_qt.session.contributing import PeakSays
from nmrcam_qt.ui.theme import colours, legible

NUMBER_PX = 40
"""At the left of a cell: ``−12.34``."""
MARGIN_PX = 3
CHOSEN_OPACITY = 120
"""0..255, of a bar in a selected row: its interval has the same colour and must be seen on it."""
_Index = QModelIndex | QPersistentModelIndex


class ContributionDelegate(QStyledItemDelegate):
    """Paints number, bar and interval of a contribution.

    For the class: filled, to the right, in the colour of the class. Against it: hatched, to the
    left, grey; so that the sign is told by side and filling as well as by colour.

    Parameters
    ----------
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class_colour = "#808080"

    def set_colour(self, colour: str) -> None:
        """Colour of the class, ``#rrggbb``."""
        self._class_colour = colour

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Background as every cell has it, then number, axis, bar, interval."""
        from PySide6.QtWidgets import QStyle  # hundreds of names: not for the first paint

        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        widget = option.widget
        style = widget.style() if isinstance(widget, QWidget) else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        ink = option.palette.color(role)
        area = QRectF(option.rect).adjusted(MARGIN_PX, 2, -MARGIN_PX, -2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(ink)
        number = QRectF(area.left(), area.top(), NUMBER_PX, area.height())
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(number, int(side), text)
        says = index.data(PeakRole.SAYS)
        bars = area.adjusted(NUMBER_PX + 2 * MARGIN_PX, 1, 0, -1)
        if isinstance(says, PeakSays) and says.seen and bars.width() > 2 * MARGIN_PX:
            self._paint_bar(painter, bars, says, ink, chosen)
        painter.restore()

    def _paint_bar(
        self, painter: QPainter, area: QRectF, says: PeakSays, ink: QColor, chosen: bool
    ) -> None:
        """The middle of the area is no contribution, its edges the largest of all peaks."""
        middle, scale = area.center().x(), area.width() / 2 / says.largest
        end = middle + says.drop * scale
        bar = QRectF(min(middle, end), area.top() + 2, abs(end - middle), area.height() - 4)
        named = colours()
        if says.drop >= 0:
            own = QColor(ink) if chosen else QColor(legible(self._class_colour, named.panel))
            own.setAlpha(CHOSEN_OPACITY if chosen else 255)
            painter.fillRect(bar, own)
        else:
            grey = ink if chosen else QColor(named.muted)
            painter.fillRect(bar, QBrush(grey, Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(grey, 1))
            painter.drawRect(bar)
        painter.setPen(QPen(ink if chosen else QColor(named.axis), 1))
        painter.drawLine(QLineF(middle, area.top() - 2, middle, area.bottom() + 2))
        if says.drops is not None:
            low, high = (middle + bound * scale for bound in says.drops)
            height = area.center().y()
            painter.setPen(QPen(ink, 1.2))
            painter.drawLine(QLineF(low, height, high, height))
            for bound in (low, high):
                painter.drawLine(QLineF(bound, height - 3, bound, height + 3))
