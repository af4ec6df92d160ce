"""How a row of the sidebar looks: a sample's header, or a spectrum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from nmrcam_qt.qtmodels.listing_model import ListingModel, header_text
from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.listing_events import Header
from nmrcam_qt.session.row_text import is_scored, verdict
from nmrcam_qt.session.short_names import DOTS, told_apart
from nmrcam_qt.ui.row_colours import RowColours, row_colours
from nmrcam_qt.ui.row_marks import (
    MARK,
    draw_badge,
    draw_chips,
    draw_flag,
    draw_source_trouble,
    draw_stale,
)

Index = QModelIndex | QPersistentModelIndex
Near = Callable[[], Iterable[str]]
"""Names of the rows around the one that is painted; asked for where its name is cut."""

THUMBNAIL = QSize(72, 48)
ROW = QSize(160, 58)
GAP = 5
INDENT = 12
ARROW = 16
_BADGE = 12
NEAR = 20
"""Rows above and below that a name is told apart from: more than a screen shows."""
_MIDDLE, _RIGHT = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight
_TROUBLE = (SourceState.MISSING, SourceState.CHANGED)


class RowDelegate(QStyledItemDelegate):
    """Paints rows of a `ListingModel`; asks the listing itself rather than role after role."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The same for every row."""
        return ROW

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Background of the style, then a header or a spectrum."""
        from PySide6.QtWidgets import QStyle  # hundreds of names: not for the first paint

        given: Any = option
        model = index.model()
        if not isinstance(model, ListingModel) or index.row() >= len(model.listing):
            return
        widget: QWidget | None = given.widget
        if widget is not None:
            widget.style().drawPrimitive(
                QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, widget
            )
        selected = bool(given.state & QStyle.StateFlag.State_Selected)
        colours = row_colours(selected)
        rect = QRect(given.rect)
        painter.save()
        painter.setClipRect(rect)
        item, header = model.listing.item(index.row()), model.listing.header(index.row())
        near = partial(names_near, model.listing, index.row())
        if item is not None:
            depth = INDENT if model.listing.header_row(item.id) is not None else 0
            _SpectrumRow(painter, given.font, colours, model, near).paint(item, rect, depth)
        elif header is not None:
            _paint_header(painter, given.font, colours, header, rect, near)
            members = [model.listing.session.find(i) for i in model.listing.ids_at(index.row())]
            found = [member for member in members if member is not None]
            _paint_members(painter, given.font, colours, found, rect)
        if given.state & QStyle.StateFlag.State_HasFocus and not selected:
            painter.setPen(QPen(colours.text, 1, Qt.PenStyle.DotLine))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QLineEdit:
        """A line for the name."""
        editor = QLineEdit(parent)
        editor.setMaxLength(200)
        editor.setAccessibleName("New name")
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the name, not over the picture."""
        given: Any = option
        rect = QRect(given.rect)
        height = min(editor.sizeHint().height(), rect.height())
        model = index.model()
        is_item = isinstance(model, ListingModel) and model.listing.item(index.row()) is not None
        left = rect.left() + (THUMBNAIL.width() + 2 * GAP if is_item else ARROW + GAP)
        editor.setGeometry(left, rect.top() + 3, rect.right() - left - 2, height)


class _SpectrumRow:
    """Paints one spectrum."""

    def __init__(
        self,
        painter: QPainter,
        font: QFont,
        colours: RowColours,
        model: ListingModel,
        near: Near,
    ) -> None:
        self._painter, self._colours, self._model, self._near = painter, colours, model, near
        self._font, self._small = QFont(font), smaller(font)

    def paint(self, item: SessionItem, rect: QRect, indent: int) -> None:
        """Thumbnail, marks, two or three lines."""
        if indent:
            self._painter.setPen(self._colours.line)
            x = rect.left() + GAP + 2
            self._painter.drawLine(x, rect.top(), x, rect.bottom())
        place = QRect(rect.left() + GAP + indent, rect.top() + GAP, 72, 48)
        self._picture(item, place)
        left = place.right() + 1 + GAP
        text = QRect(left, place.top() - 1, rect.right() - GAP - left, place.height() + 2)
        right = self._marks(item, text)
        lines = 3 if item.tags else 2
        height = text.height() // lines
        upper = QRect(text.left(), text.top(), right - text.left(), height)
        middle = QRect(text.left(), text.top() + height, text.width(), height)
        self._painter.setPen(self._colours.text)
        draw_name(self._painter, upper, item.name, self._font, self._near)
        self._verdict(item, middle)
        if item.tags:
            self._painter.setFont(self._small)
            lower = QRect(text.left(), text.top() + 2 * height, text.width(), height)
            draw_chips(self._painter, item.tags, lower, self._colours)

    def _picture(self, item: SessionItem, place: QRect) -> None:
        painter = self._painter
        image = self._model.thumbnails.get(item)
        if isinstance(image, QImage):
            painter.drawImage(place, image)
        else:
            painter.fillRect(place, self._colours.paper)
        painter.setPen(self._colours.line)
        painter.drawRect(place.adjusted(0, 0, -1, -1))
        label = item.experiment.label if item.experiment is not None else "?"
        painter.setFont(self._font)
        draw_badge(painter, label, QPointF(place.left(), place.bottom() + 1), _BADGE)

    def _marks(self, item: SessionItem, text: QRect) -> int:
        """Paint the marks at the right of the first line; returns where they begin."""
        right = text.right()
        top = text.top() + 2.0
        if item.flag:
            right -= MARK
            draw_flag(self._painter, item.flag, QRectF(right, top, MARK, MARK))
            right -= 2
        if item.stale:
            right -= MARK
            draw_stale(self._painter, self._colours.warning, QRectF(right, top, MARK, MARK))
            right -= 2
        if item.source in _TROUBLE:
            right -= MARK
            place = QRectF(right, top, MARK, MARK)
            missing = item.source is SourceState.MISSING
            draw_source_trouble(self._painter, self._colours.warning, place, missing)
            right -= 2
        return right

    def _verdict(self, item: SessionItem, place: QRect) -> None:
        font = QFont(self._small)
        present = is_scored(item) and item.prediction is not None and bool(item.prediction.present)
        font.setBold(present)
        self._painter.setPen(self._colours.text if present else self._colours.of_state(item.state))
        draw_line(self._painter, place, verdict(item), font, _RIGHT)


def _paint_header(
    painter: QPainter, font: QFont, colours: RowColours, header: Header, rect: QRect, near: Near
) -> None:
    """Arrow, name, number of spectra."""
    bold = QFont(font)
    bold.setBold(True)
    half = rect.height() // 2
    draw_arrow(painter, colours, QRect(rect.left() + 2, rect.top() + 4, ARROW, half - 4), header)
    left = rect.left() + ARROW + GAP
    place = QRect(left, rect.top() + 4, rect.right() - GAP - left, half - 4)
    painter.setPen(colours.text)
    name = header.sample.name
    draw_name(painter, place, name, bold, near, header_text(header).removeprefix(name))
    if not header.collapsed:
        painter.setPen(colours.line)
        x = rect.left() + GAP + 2
        painter.drawLine(x, rect.bottom() - 8, x, rect.bottom())


def _paint_members(
    painter: QPainter,
    font: QFont,
    colours: RowColours,
    members: list[SessionItem],
    rect: QRect,
) -> None:
    """Second line of a header: what its spectra say together."""
    half = rect.height() // 2
    left = rect.left() + ARROW + GAP
    right = rect.right() - GAP
    for flag in dict.fromkeys(member.flag for member in members if member.flag):
        right -= MARK
        draw_flag(painter, flag, QRectF(right, rect.top() + half + 4, MARK, MARK))
        right -= 2
    place = QRect(left, rect.top() + half, right - left, half - 4)
    painter.setPen(colours.dim)
    draw_line(painter, place, together(members), smaller(font), _RIGHT)


def together(members: list[SessionItem]) -> str:
    """What the spectra of a sample are and show, in one line."""
    kinds = dict.fromkeys(m.experiment.label if m.experiment else "?" for m in members)
    present: dict[str, None] = {}
    for member in members:
        if is_scored(member) and member.prediction is not None:
            present.update(dict.fromkeys(member.prediction.present))
    scored = sum(is_scored(member) for member in members)
    said = [c.replace("_", " ") for c in present]
    if not said:
        if scored == len(members):
            said = ["none present"]
        else:
            said = [str(next(m.state for m in members if not is_scored(m)))] if members else []
    return " · ".join([", ".join(kinds), ", ".join(said)] if said else [", ".join(kinds)])


def draw_arrow(painter: QPainter, colours: RowColours, place: QRect, header: Header) -> None:
    """Down for open, right for collapsed."""
    centre = QPointF(place.center())
    tips = ((-2, -4), (3, 0), (-2, 4)) if header.collapsed else ((-4, -2), (0, 3), (4, -2))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.dim)
    painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in tips]))
    painter.restore()


def smaller(font: QFont) -> QFont:
    """For second lines."""
    made = QFont(font)
    if made.pointSizeF() > 0:
        made.setPointSizeF(made.pointSizeF() * 0.9)
    else:
        made.setPixelSize(max(8, round(made.pixelSize() * 0.9)))
    return made


def draw_name(
    painter: QPainter, place: QRect, name: str, font: QFont, near: Near, behind: str = ""
) -> None:
    """A name in one line, cut so that it is told apart from those around it; `behind` is not."""
    painter.setFont(font)
    metrics = painter.fontMetrics()
    width = place.width() - metrics.horizontalAdvance(behind)
    shown = metrics.elidedText(name, _MIDDLE, width)
    if shown != name:
        head, tail = shown.split(DOTS, 1) if DOTS in shown else (shown, "")
        rivals = {o for o in near() if o != name and o.startswith(head) and o.endswith(tail)}
        if rivals:
            shown = told_apart(name, rivals, lambda t: metrics.horizontalAdvance(t) <= width)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(place, flags, shown + behind)


def names_near(listing: Listing, row: int) -> Iterator[str]:
    """Names of the rows around one: those that can be seen together with it."""
    session = listing.session
    for key in listing.keys[max(0, row - NEAR) : row + NEAR + 1]:
        if key > 0:
            yield session.label(key)[0]
        elif -key in session.samples:
            yield session.samples[-key].name


def draw_line(
    painter: QPainter, place: QRect, text: str, font: QFont, elide: Qt.TextElideMode
) -> None:
    """One line of text, cut where it does not fit."""
    painter.setFont(font)
    shown = painter.fontMetrics().elidedText(text, elide, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
