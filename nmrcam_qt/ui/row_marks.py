"""Small marks of the sidebar's rows: flags, warnings, badges, tags."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from nmrcam_qt.session.records import Flag
from nmrcam_qt.ui.row_colours import FLAG_COLOURS, RowColours

MARK = 14
"""Pixels of a mark."""
_CHIP_PAD, _CHIP_GAP = 5, 3
FLAG_SIGNS = {Flag.CHECK: "◆", Flag.CONFIRMED: "●", Flag.REJECTED: "■"}
"""The shapes of the flags in text."""


def draw_flag(painter: QPainter, flag: Flag, place: QRectF) -> None:
    """A flag: diamond with a question mark, disc with a tick, square with a cross."""
    colour = FLAG_COLOURS.get(flag)
    if colour is None:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#ffffff"), 1))
    painter.setBrush(colour)
    inner = place.adjusted(0.5, 0.5, -0.5, -0.5)
    pen = QPen(QColor("#ffffff"), max(1.4, place.width() / 8))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    unit, centre = place.width() / 14, place.center()
    if flag is Flag.CHECK:
        painter.drawPolygon(_diamond(inner))
        _draw_question(painter, pen, centre, unit)
    elif flag is Flag.CONFIRMED:
        painter.drawEllipse(inner)
        painter.setPen(pen)
        painter.drawPolyline(_points(centre, unit, (-3, 0.2), (-0.8, 2.6), (3.2, -2.4)))
    else:
        painter.drawRoundedRect(inner, 2, 2)
        painter.setPen(pen)
        painter.drawLine(centre + QPointF(-2.6, -2.6) * unit, centre + QPointF(2.6, 2.6) * unit)
        painter.drawLine(centre + QPointF(-2.6, 2.6) * unit, centre + QPointF(2.6, -2.6) * unit)
    painter.restore()


def _diamond(place: QRectF) -> QPolygonF:
    centre = place.center()
    return QPolygonF(
        [
            QPointF(centre.x(), place.top()),
            QPointF(place.right(), centre.y()),
            QPointF(centre.x(), place.bottom()),
            QPointF(place.left(), centre.y()),
        ]
    )


def _draw_question(painter: QPainter, pen: QPen, centre: QPointF, unit: float) -> None:
    """A bar and a dot: a whole question mark cannot be read at this size."""
    pen.setColor(QColor("#000000"))
    painter.setPen(pen)
    painter.drawLine(centre + QPointF(0, -3.4) * unit, centre + QPointF(0, 0.6) * unit)
    painter.drawPoint(centre + QPointF(0, 3.2) * unit)


def _points(centre: QPointF, unit: float, *steps: tuple[float, float]) -> QPolygonF:
    return QPolygonF([centre + QPointF(x, y) * unit for x, y in steps])


def draw_stale(painter: QPainter, colour: QColor, place: QRectF) -> None:
    """An open arc with an arrow: to be analysed again."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ring = place.adjusted(2.5, 2.5, -2.5, -2.5)
    painter.drawArc(ring, 60 * 16, 280 * 16)
    tip = QPointF(ring.center().x() + ring.width() * 0.25, ring.top() + 0.6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(
        QPolygonF([tip + QPointF(3.4, 0), tip + QPointF(-1, -3), tip + QPointF(-1, 3)])
    )
    painter.restore()


def draw_source_trouble(painter: QPainter, colour: QColor, place: QRectF, missing: bool) -> None:
    """A triangle: with a bar for a changed source, crossed out for a missing one."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.4))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = place.adjusted(1.5, 1.5, -1.5, -1.5)
    top = QPointF(inner.center().x(), inner.top())
    painter.drawPolygon(QPolygonF([top, inner.bottomRight(), inner.bottomLeft()]))
    middle = inner.center()
    if missing:
        painter.drawLine(inner.topLeft(), inner.bottomRight())
    else:
        painter.drawLine(middle + QPointF(0, -1), middle + QPointF(0, 2))
        painter.drawPoint(middle + QPointF(0, 4))
    painter.restore()


def draw_badge(painter: QPainter, text: str, corner: QPointF, height: int) -> None:
    """A small label on the lower left of a thumbnail; the thumbnail is white in any theme."""
    font = painter.font()
    font.setPixelSize(height - 3)
    font.setBold(True)
    painter.save()
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text) + 6
    place = QRectF(corner.x(), corner.y() - height, width, height)
    painter.fillRect(place, QColor(52, 64, 84, 225))
    painter.setPen(QColor("#ffffff"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def draw_chips(painter: QPainter, tags: Sequence[str], place: QRect, colours: RowColours) -> None:
    """Tags side by side; those that do not fit are counted."""
    metrics, left = painter.fontMetrics(), place.left()
    for number, tag in enumerate(tags):
        rest = len(tags) - number
        room = place.right() - left
        width = _chip_width(metrics, tag)
        tail = _chip_width(metrics, f"+{rest - 1}") + _CHIP_GAP if rest > 1 else 0
        if width + tail > room and number:
            _draw_chip(painter, f"+{rest}", QRect(left, place.top(), room, place.height()), colours)
            return
        width = min(width, room - tail)
        if width < 3 * _CHIP_PAD:
            return
        chip = QRect(left, place.top(), width, place.height())
        shown = metrics.elidedText(tag, Qt.TextElideMode.ElideRight, width - 2 * _CHIP_PAD)
        _draw_chip(painter, shown, chip, colours)
        left += width + _CHIP_GAP


def _chip_width(metrics: QFontMetrics, text: str) -> int:
    return metrics.horizontalAdvance(text) + 2 * _CHIP_PAD + 2


def _draw_chip(painter: QPainter, text: str, place: QRect, colours: RowColours) -> None:
    place = QRect(place)
    place.setWidth(min(place.width(), _chip_width(painter.fontMetrics(), text)))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.chip)
    painter.drawRoundedRect(QRectF(place).adjusted(0, 1, 0, -1), 4, 4)
    painter.setPen(colours.text)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
