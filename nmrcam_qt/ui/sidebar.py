"""The opened spectra: search, filters, order, list, tags."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.qtmodels.listing_model import ListingModel
from nmrcam_qt.session.events import Event, ItemChanged, ItemsRemoved
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.ordering import Order
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.filter_bar import FilterBar
from nmrcam_qt.ui.spectrum_list import SpectrumList
from nmrcam_qt.ui.tag_editor import TagEditor
from nmrcam_qt.ui.theme import theme

_DOWNWARDS = (Order.SCORE,)
"""Orders that begin with the highest."""


class SearchBox(QLineEdit):
    """Down and Return go to the list, Escape empties the box and goes there too."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave, or type."""
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Sidebar(QWidget):
    """Search box, filters, order, list of samples and spectra.

    Parameters
    ----------
    session : Session
        Whose spectra it shows, and whose present item it follows and sets.
    parent : QWidget, optional
        Owner.
    """

    selection_changed = Signal()
    menu_asked = Signal(QPoint)
    """Where on the screen."""
    refused = Signal(str)
    """Why something was not done, a sentence."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(230)
        self._session = session
        self.listing = Listing(session)
        self.model = ListingModel(self.listing, self)
        self.list = SpectrumList(self.model)
        self.filters = FilterBar(self.listing)
        self._make_controls()
        self._arrange()
        self._connect()
        self._follow_theme()
        self._show_count()

    # Building

    def _make_controls(self) -> None:
        self.search = SearchBox()
        self.search.setPlaceholderText("Search name, tag, note, class …")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search spectra")
        self.search.setToolTip("Every word must occur somewhere (Ctrl+F, Ctrl+K)")
        self.order = QComboBox()
        for order in Order:
            self.order.addItem(order.value, order)
        self.order.setToolTip("Order of the list")
        self.order.setAccessibleName("Order of the list")
        self.direction = _button("↓", "From first to last", checkable=True)
        self.direction.setAccessibleName("Reverse the order")
        self.grouped = _button("Samples", "Show the spectra of a sample together", checkable=True)
        self.grouped.setChecked(True)
        self.clear = _button("Clear", "Take all filters and the search away", checkable=False)
        self.count = QLabel()
        self.count.setObjectName("count")
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.tag_frame, self.tags = QFrame(), TagEditor(self._session)
        self.tag_frame.setObjectName("tagFrame")
        self.tag_title = QLabel()
        self.tag_title.setTextFormat(Qt.TextFormat.PlainText)
        inner = QVBoxLayout(self.tag_frame)
        inner.setContentsMargins(6, 4, 6, 6)
        inner.addWidget(self.tag_title)
        inner.addWidget(self.tags)
        self.tag_frame.hide()

    def _arrange(self) -> None:
        sorting = QHBoxLayout()
        sorting.setSpacing(3)
        sorting.addWidget(self.order, 1)
        sorting.addWidget(self.direction)
        sorting.addWidget(self.grouped)
        below = QHBoxLayout()
        below.addWidget(self.count, 1)
        below.addWidget(self.clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(5)
        layout.addWidget(self.search)
        layout.addWidget(self.filters)
        layout.addLayout(sorting)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.tag_frame)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search)
        self.search.left.connect(self._to_list)
        self.filters.changed.connect(self._after_filter)
        self.order.activated.connect(self._on_order)
        self.direction.toggled.connect(self._on_direction)
        self.grouped.toggled.connect(self._on_grouped)
        self.clear.clicked.connect(self.clear_filters)
        self.list.moved_to.connect(self._session.select)
        self.list.selection_changed.connect(self._on_selection)
        self.list.hint_changed.connect(self._on_hint)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self.tags.done.connect(self._close_tags)
        self.tags.refused.connect(self.refused)
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(self._show_count)
        unsubscribe = self._session.subscribe(self._on_event)
        self.destroyed.connect(unsubscribe)

    def _follow_theme(self) -> None:
        theme().changed.connect(self._on_theme)
        self._take_colours()

    def _take_colours(self) -> None:
        now = theme().colours
        self.model.thumbnails.set_colours(now.paper, now.ink)

    @Slot()
    def _on_theme(self) -> None:
        self._take_colours()
        self.list.viewport().update()

    # What others ask

    def selected_ids(self) -> list[int]:
        """Ids of the selected spectra, those of selected samples too, in the list's order."""
        return self.list.selected_ids()

    def show_current(self) -> None:
        """Follow the session's present item; its sample is opened where that hides it."""
        item = self._session.current
        if item is not None and self.listing.reveal(item.id) is not None:
            self.list.show_key(item.id)

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) spectrum of the list as it is shown.

        Headers are passed over, collapsed samples are opened. Where the present spectrum
        has just been filtered out, its place in the list counts.
        """
        matching, current = self.listing.matching, self._session.current
        if not matching:
            return
        key = self.list.current_key()
        if key >= 0 and current is not None and current.id in self.listing.matching:
            place = matching.index(current.id) + by
        else:
            place = self._place_near(self.list.last_row, by)
        self._session.select(matching[min(max(place, 0), len(matching) - 1)])

    def _place_near(self, row: int, by: int) -> int:
        """Place among the matching of the first spectrum at, or the last before, a row."""
        before = sum(1 for key in self.listing.keys[:row] if key > 0)
        return before if by > 0 else before - 1

    def rename(self) -> None:
        """Edit the name of the present row."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.list.rename()

    def edit_tags(self) -> None:
        """Open the line for tags of the selected spectra."""
        self._show_tags()
        if self.tag_frame.isHidden():
            self.tag_frame.show()
        self.tags.refresh_known()
        self.tags.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def collapse_all(self, collapsed: bool) -> None:
        """Close or open all samples."""
        self.listing.set_collapsed(list(self._session.samples), collapsed)

    @Slot()
    def clear_filters(self) -> None:
        """List everything."""
        self.search.clear()
        self.filters.clear()

    # What the user does here

    @Slot(str)
    def _on_search(self, text: str) -> None:
        self.listing.set_filters(self.listing.filters.searching(text))
        self._after_filter()

    @Slot()
    def _after_filter(self) -> None:
        """Stay at the present spectrum, else begin at the top."""
        current = self._session.current
        row = self.listing.row(current.id) if current is not None else None
        if row is not None and current is not None:
            self.list.show_key(current.id)
        else:
            self.list.show_top()
        self._show_count()

    @Slot()
    def _on_order(self) -> None:
        order: Order = self.order.currentData()
        down = order in _DOWNWARDS
        self.direction.blockSignals(True)
        self.direction.setChecked(down)
        self.direction.blockSignals(False)
        self._sort()

    @Slot()
    def _on_direction(self) -> None:
        self._sort()

    def _sort(self) -> None:
        down = self.direction.isChecked()
        self.direction.setText("↑" if down else "↓")
        self.direction.setToolTip("From last to first" if down else "From first to last")
        self.listing.set_order(self.order.currentData(), down)
        self.list.scrollTo(self.list.currentIndex())

    @Slot(bool)
    def _on_grouped(self, grouped: bool) -> None:
        self.listing.set_grouped(grouped)
        self.list.scrollTo(self.list.currentIndex())

    @Slot()
    def _to_list(self) -> None:
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.list.currentIndex().isValid():
            self.step(1)

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        self.menu_asked.emit(self.list.viewport().mapToGlobal(place))

    @Slot()
    def _on_selection(self) -> None:
        self._show_count()
        if not self.tag_frame.isHidden():
            self._show_tags()
        self.selection_changed.emit()

    @Slot(str)
    def _on_hint(self, text: str) -> None:
        if text:
            self.count.setText(text)
        else:
            self._show_count()

    # Tags

    def _show_tags(self) -> None:
        ids = self.selected_ids()
        current = self._session.current
        ids = ids or ([current.id] if current is not None else [])
        items = [item for item in map(self._session.find, ids) if item is not None]
        self.tags.show_items(items)
        one = f"Tags of {items[0].name}" if len(items) == 1 else f"Tags of {len(items)} spectra"
        metrics = self.tag_title.fontMetrics()
        width = max(100, self.width() - 40)
        self.tag_title.setText(metrics.elidedText(one, Qt.TextElideMode.ElideMiddle, width))

    @Slot()
    def _close_tags(self) -> None:
        self.tag_frame.hide()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, ItemChanged | ItemsRemoved) and not self.tag_frame.isHidden():
            self._show_tags()

    def hideEvent(self, event: QHideEvent) -> None:
        """A line for tags that nobody sees is closed."""
        self.tag_frame.hide()
        super().hideEvent(event)

    @Slot()
    def _show_count(self) -> None:
        shown, total = len(self.listing.matching), len(self._session)
        some = f"{shown} of {total} spectra" if shown != total else f"{total} spectra"
        text = "1 spectrum" if shown == total == 1 else some
        selected = len(self.selected_ids())
        self.count.setText(f"{text}, {selected} selected" if selected > 1 else text)
        self.clear.setVisible(self.listing.filters.active)


def _button(text: str, tip: str, checkable: bool) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    return button
