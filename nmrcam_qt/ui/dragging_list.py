"""A list whose rows can be dragged onto each other, and out to other programs."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QListView, QWidget

from nmrcam_qt.qtmodels.listing_model import ListingModel
from nmrcam_qt.ui.row_drag import DropPlace, dragged_ids, drop_place, new_identity, rows_mime
from nmrcam_qt.ui.sidebar_delegate import ROW
from nmrcam_qt.ui.theme import colours

_LABEL = QSize(120, 28)


class DraggingList(QListView):
    """Groups spectra whose rows are dropped on others, ungroups those dropped beside.

    Parameters
    ----------
    model : ListingModel
        Its rows.
    parent : QWidget, optional
        Owner.
    """

    hint_changed = Signal(str)
    """What a drop here would do; empty when the drag has left."""

    def __init__(self, model: ListingModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._identity = new_identity()
        self._place: DropPlace | None = None
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(False)

    @property
    def identity(self) -> str:
        """Tells its rows from those of other lists; see `row_drag.dragged_ids`."""
        return self._identity

    def selected_ids(self) -> list[int]:
        """Spectra that are selected, those of a selected sample included, in the list's order."""
        return self._model.listing.ids(self.selected_rows())

    def selected_rows(self) -> list[int]:
        """Rows that are selected, ascending."""
        found: set[int] = set()
        for part in self.selectionModel().selection().toList():
            found.update(range(part.top(), part.bottom() + 1))
        return sorted(found)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Rows for this list, their files for others; nobody is ever asked to move a file."""
        session = self._model.listing.session
        found = [session.find(item_id) for item_id in self.selected_ids()]
        items = [item for item in found if item is not None]
        if items:
            _drag(self, rows_mime(self._identity, items), len(items))
        self._show_place(None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Own rows are taken here; files go to the window."""
        if dragged_ids(event.mimeData(), self._identity):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show what a drop here would do."""
        point = event.position().toPoint()
        place = self._drop_place(event, point)
        self._show_place(place)
        self._scroll_at_edge(point)
        if place is None:
            event.ignore()
        else:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing would happen any more."""
        self._show_place(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Group what was dropped on a row, ungroup what was dropped beside."""
        place = self._drop_place(event, event.position().toPoint())
        ids = dragged_ids(event.mimeData(), self._identity)
        self._show_place(None)
        if place is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        session = self._model.listing.session
        if place.row is None:
            session.ungroup(ids)
        elif place.sample is not None:
            session.group(ids, sample=place.sample)
        elif place.partner is not None:
            session.group([place.partner, *(i for i in ids if i != place.partner)])

    def _drop_place(self, event: QDropEvent, point: QPoint) -> DropPlace | None:
        ids = dragged_ids(event.mimeData(), self._identity)
        row: int | None = self.indexAt(point).row()
        listing = self._model.listing
        if row is not None and row < 0:
            row = None
        elif row is not None and listing.item(row) is not None:
            top = point.y() + self.verticalScrollBar().value() - row * ROW.height()
            alone = listing.header_row(listing.keys[row]) is None
            if alone and not ROW.height() // 5 <= top <= ROW.height() * 4 // 5:
                row = None  # between two rows that belong to no sample
        return drop_place(listing, row, ids)

    def _scroll_at_edge(self, point: QPoint) -> None:
        bar = self.verticalScrollBar()
        if point.y() < ROW.height() // 3:
            bar.setValue(bar.value() - ROW.height() // 3)
        elif point.y() > self.viewport().height() - ROW.height() // 3:
            bar.setValue(bar.value() + ROW.height() // 3)

    def _show_place(self, place: DropPlace | None) -> None:
        if place != self._place:
            self._place = place
            self.hint_changed.emit(place.text if place is not None else "")
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, and a frame around what would take a drop."""
        super().paintEvent(event)
        if self._place is None:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QPen(QColor(colours().accent), 2))
        row = self._place.row
        area = self.viewport().rect() if row is None else self.visualRect(self._model.index(row))
        painter.drawRect(area.adjusted(1, 1, -2, -2))
        painter.end()


def _drag(source: QWidget, mime: QMimeData, count: int) -> None:
    """Drag until the user lets go; as a copy, so that no file manager takes files away."""
    drag = QDrag(source)
    drag.setMimeData(mime)
    drag.setPixmap(_label(source, "1 spectrum" if count == 1 else f"{count} spectra"))
    drag.setHotSpot(QPoint(-12, -8))
    drag.exec(Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)


def _label(source: QWidget, text: str) -> QPixmap:
    """What hangs at the cursor."""
    scale = source.devicePixelRatioF()
    pixmap = QPixmap(_LABEL * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(QColor(colours().accent))
    painter = QPainter(pixmap)
    painter.setPen(QColor(colours().accent_text))
    painter.drawText(QRect(QPoint(0, 0), _LABEL), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return pixmap
