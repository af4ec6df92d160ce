"""The opened spectra: thumbnails, search, order, selection."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.qtmodels.spectrum_model import Role, SortBy, SpectrumListModel, SpectrumProxy
from nmrcam_qt.session.items import ItemState
from nmrcam_qt.session.session import Session

THUMBNAIL = QSize(72, 48)
ROW = QSize(160, 60)
GAP = 6
STATE_COLOURS = {
    ItemState.FAILED: "#b42318",
    ItemState.WAITING: "#b54708",
}


class SpectrumDelegate(QStyledItemDelegate):
    """One row: thumbnail, name, and what is known about the spectrum."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """The same for every row."""
        return ROW

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Background of the style, then picture and two lines."""
        widget: QWidget | None = option.widget
        rect: QRect = option.rect
        state = option.state
        palette: QPalette = option.palette
        painter.save()
        if widget is not None:
            widget.style().drawPrimitive(
                QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, widget
            )
        selected = bool(state & QStyle.StateFlag.State_Selected)
        place = QRect(rect.left() + GAP, rect.top() + GAP, THUMBNAIL.width(), THUMBNAIL.height())
        image = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(image, QImage):
            painter.drawImage(place, image)
        painter.setPen(QPen(QColor("#d0d5dd")))
        painter.drawRect(place)
        left = place.right() + 1 + GAP
        text = QRect(left, place.top(), rect.right() - GAP - left, THUMBNAIL.height())
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        self._paint_lines(painter, text, index, palette.color(role), option, selected)
        painter.restore()

    def _paint_lines(
        self,
        painter: QPainter,
        place: QRect,
        index: QModelIndex | QPersistentModelIndex,
        colour: QColor,
        option: QStyleOptionViewItem,
        selected: bool,
    ) -> None:
        font = QFont(option.font)
        font.setBold(bool(index.data(Role.PRESENT)))
        half = place.height() // 2
        upper = QRect(place.left(), place.top(), place.width(), half)
        lower = QRect(place.left(), place.top() + half, place.width(), half)
        painter.setPen(colour)
        middle = Qt.TextElideMode.ElideMiddle
        _line(painter, upper, str(index.data(Role.NAME)), option.font, middle)
        font.setPointSizeF(font.pointSizeF() * 0.9)
        special = STATE_COLOURS.get(ItemState(index.data(Role.STATE)))
        if special is not None and not selected:
            painter.setPen(QColor(special))
        elif not selected:
            painter.setPen(QColor("#475467"))
        right = Qt.TextElideMode.ElideRight
        _line(painter, lower, str(index.data(Role.SUMMARY)), font, right)


def _line(painter: QPainter, place: QRect, text: str, font: QFont, elide: Qt.TextElideMode) -> None:
    painter.setFont(font)
    shown = painter.fontMetrics().elidedText(text, elide, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class Sidebar(QWidget):
    """Search box, order, list of spectra.

    Parameters
    ----------
    session : Session
        Whose spectra it shows, and whose present item it follows and sets.
    parent : QWidget, optional
        Owner.
    """

    selection_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(230)
        self._session = session
        self._rows_vanish = False
        self.model = SpectrumListModel(session, self)
        # Before the list view is connected: its choice of a neighbour is not the user's.
        self.model.rowsAboutToBeRemoved.connect(self._on_rows_vanish)
        self.proxy = SpectrumProxy(self)
        self.proxy.setSourceModel(self.model)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search name, class, experiment …")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._on_search)
        self.order = QComboBox()
        for order in SortBy:
            self.order.addItem(order.value, order)
        self.order.setToolTip("Order of the list")
        self.order.activated.connect(self._on_order)
        self.list = self._make_list()
        self.count = QLabel()
        self.count.setObjectName("count")
        above = QHBoxLayout()
        above.addWidget(self.search, 1)
        above.addWidget(self.order)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(6)
        layout.addLayout(above)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.count)
        for signal in (self.proxy.rowsInserted, self.proxy.rowsRemoved, self.proxy.modelReset):
            signal.connect(self._on_rows)
        # The proxy's rows go before the session's do.
        self.model.rowsRemoved.connect(self._show_count)
        self._on_rows()

    def _make_list(self) -> QListView:
        view = QListView()
        view.setModel(self.proxy)
        view.setItemDelegate(SpectrumDelegate(view))
        view.setUniformItemSizes(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.selectionModel().currentChanged.connect(self._on_current)
        view.selectionModel().selectionChanged.connect(self._on_selection)
        return view

    def selected_ids(self) -> list[int]:
        """Ids of the selected rows, in the order of the list."""
        rows = sorted(self.list.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return [int(index.data(Role.ID)) for index in rows]

    def show_current(self) -> None:
        """Follow the session's present item."""
        item = self._session.current
        if item is None:
            return
        index = self.proxy.mapFromSource(self.model.index_of(item.id))
        if index.isValid() and index != self.list.currentIndex():
            self.list.selectionModel().setCurrentIndex(
                index, QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
            self.list.scrollTo(index)

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) spectrum of the list as it is shown."""
        rows = self.proxy.rowCount()
        if rows:
            now = self.list.currentIndex().row()
            row = min(max(now + by, 0), rows - 1) if now >= 0 else 0
            item_id = self.proxy.index(row, 0).data(Role.ID)
            self._session.select(int(item_id))

    @Slot(str)
    def _on_search(self, text: str) -> None:
        self._rows_vanish = True
        self.proxy.set_search(text)
        self._rows_vanish = False
        self.show_current()
        self._on_rows()

    @Slot()
    def _on_order(self) -> None:
        self.proxy.set_order(self.order.currentData())
        self.list.scrollTo(self.list.currentIndex())

    @Slot()
    def _on_rows_vanish(self) -> None:
        self._rows_vanish = True

    @Slot()
    def _on_rows(self) -> None:
        self._rows_vanish = False
        self._show_count()

    @Slot()
    def _show_count(self) -> None:
        shown, total = self.proxy.rowCount(), len(self._session)
        some = f"{shown} of {total} spectra" if shown != total else f"{total} spectra"
        text = "1 spectrum" if shown == total == 1 else some
        selected = len(self.list.selectionModel().selectedIndexes())
        self.count.setText(f"{text}, {selected} selected" if selected > 1 else text)

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and not self._rows_vanish:
            self._session.select(int(now.data(Role.ID)))

    @Slot()
    def _on_selection(self) -> None:
        self._show_count()
        self.selection_changed.emit()
