"""The list of the sidebar: keys, selection and place kept through changes, rows dragged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QListView, QWidget

from nmrcam_qt.qtmodels.listing_model import Index, ListingModel
from nmrcam_qt.session.row_diff import runs
from nmrcam_qt.ui.dragging_list import DraggingList
from nmrcam_qt.ui.sidebar_delegate import ARROW, GAP, ROW, RowDelegate

_ANCHORS = 60
_FLAGS = QItemSelectionModel.SelectionFlag


class SpectrumList(DraggingList):
    """Rows of a `ListingModel`.

    Parameters
    ----------
    model : ListingModel
        Its rows.
    parent : QWidget, optional
        Owner.
    """

    moved_to = Signal(int)
    """The user went to the spectrum with this id."""
    selection_changed = Signal()

    def __init__(self, model: ListingModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._quiet = 0
        self._pressing = self._editing = False
        self._kept: tuple[list[int], int] | None = None
        self._anchor: tuple[list[int], int] | None = None
        self._want: int | None = None
        self._last_row = 0
        # Before the view is connected: its choice of a neighbour is not the user's.
        model.rowsAboutToBeRemoved.connect(self._before_removal)
        model.modelAboutToBeReset.connect(self._before_reset)
        model.rowsAboutToBeInserted.connect(self._keep_place)
        self._set_up(model)
        model.rowsRemoved.connect(self._restore)
        model.modelReset.connect(self._restore)
        model.thumbnails_loaded.connect(self._on_thumbnails)
        self.selectionModel().currentChanged.connect(self._on_current)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self.verticalScrollBar().rangeChanged.connect(self._go_on_scrolling)
        self.verticalScrollBar().sliderPressed.connect(self._forget_place)

    def _set_up(self, model: QAbstractItemModel) -> None:
        self.setModel(model)
        self.setItemDelegate(RowDelegate(self))
        self.setUniformItemSizes(True)
        # In batches nothing at all is painted before the last one: 15,000 rows take 20 ms.
        self.setLayoutMode(QListView.LayoutMode.SinglePass)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(ROW.height() // 2)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Spectra")

    # What is selected

    def current_key(self) -> int:
        """Key of the present row, 0 for none."""
        row = self.currentIndex().row()
        return self._model.listing.keys[row] if 0 <= row < len(self._model.listing) else 0

    @property
    def last_row(self) -> int:
        """Where the present row is, or was before it vanished."""
        return self._last_row

    def show_key(self, key: int) -> None:
        """Make a row the present one, select it alone, and scroll to it."""
        index = self._model.index_of(key)
        if index.isValid() and index != self.currentIndex():
            self._forget_place()
            self.selectionModel().setCurrentIndex(index, _FLAGS.ClearAndSelect)
            self.scrollTo(index)

    def show_top(self) -> None:
        """Scroll to the first row."""
        self._forget_place()
        self.scrollToTop()

    def select_keys(self, keys: Iterable[int], current: int) -> None:
        """Select rows by their keys, without telling that the user went anywhere."""
        rows = sorted(r for r in map(self._model.listing.row, keys) if r is not None)
        chosen = QItemSelection()
        for first, last in runs(rows):
            chosen.select(self._model.index(first), self._model.index(last))
        index = self._model.index_of(current)
        self._quiet += 1
        self.selectionModel().setCurrentIndex(index, _FLAGS.NoUpdate)
        self.selectionModel().select(chosen, _FLAGS.ClearAndSelect)
        self._quiet -= 1

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and not self._quiet:
            self._last_row = now.row()
            key = self._model.listing.keys[now.row()]
            if key > 0:
                self.moved_to.emit(key)

    @Slot()
    def _on_selection(self) -> None:
        if not self._quiet:
            self.selection_changed.emit()

    # Selection and place are kept when rows change

    @Slot(QModelIndex, int, int)
    def _before_removal(self, parent: QModelIndex, first: int, last: int) -> None:
        self._keep_place()
        if first <= self.currentIndex().row() <= last:
            self._before_reset()

    @Slot()
    def _before_reset(self) -> None:
        self._keep_place()
        if self._kept is None:
            keys = self._model.listing.keys
            self._kept = ([keys[r] for r in self.selected_rows()], self.current_key())
            self._quiet += 1

    @Slot()
    def _restore(self) -> None:
        if self._kept is None:
            return
        (keys, current), self._kept = self._kept, None
        self.select_keys(keys, current)
        self._quiet -= 1
        if current and not self.currentIndex().isValid():
            self._last_row = min(self._last_row, max(len(self._model.listing) - 1, 0))
        if len(self.selected_rows()) != len(keys):
            self.selection_changed.emit()

    @Slot()
    def _keep_place(self) -> None:
        """Remember what is where on the screen: the present row, else the topmost."""
        if self._anchor is not None:
            return
        value, keys = self.verticalScrollBar().value(), self._model.listing.keys
        top, height = value // ROW.height(), self.viewport().height()
        current = self.currentIndex().row()
        if 0 <= current < len(keys) and -ROW.height() < current * ROW.height() - value < height:
            top = current
        self._anchor = (list(keys[top : top + _ANCHORS]), top * ROW.height() - value)

    @Slot()
    def _forget_place(self) -> None:
        self._anchor = self._want = None

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Paint anew; `QListView` would also lay out all rows, which keep their places here."""
        QAbstractItemView.dataChanged(self, first, last, list(roles))

    def doItemsLayout(self) -> None:
        """Stay where the user was."""
        if self._anchor is not None:
            (keys, offset), self._anchor = self._anchor, None
            rows = (self._model.listing.row(key) for key in keys)
            row = next((r for r in rows if r is not None), 0)
            self._want = max(0, row * ROW.height() - offset)
        super().doItemsLayout()
        self._go_on_scrolling()

    @Slot()
    def _go_on_scrolling(self) -> None:
        """Back to where the user was, as soon as the list is long enough again."""
        if self._want is None:
            return
        bar, want = self.verticalScrollBar(), self._want
        if bar.maximum() >= want or bar.maximum() >= self._full_range():
            self._want = None
            bar.setValue(want)

    def _full_range(self) -> int:
        return max(0, len(self._model.listing) * ROW.height() - self.viewport().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The user scrolls: nothing else does."""
        self._forget_place()
        super().wheelEvent(event)

    @Slot(object)
    def _on_thumbnails(self, ids: list[int]) -> None:
        rows = [row for row in map(self._model.listing.row, ids) if row is not None]
        visible = self.viewport().rect()
        for row in rows:
            place = self.visualRect(self._model.index(row))
            if place.intersects(visible):
                self.viewport().update(place)

    # Keys and mouse

    def keyboardSearch(self, search: str) -> None:
        """Nothing: letters are shortcuts, and the search box finds names."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right close and open samples, Return does either."""
        key, row = event.key(), self.currentIndex().row()
        header = self._model.listing.header(row) if row >= 0 else None
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and row >= 0 and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._open_or_close(row, key == Qt.Key.Key_Left)
        elif header is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.toggle(row)
        else:
            super().keyPressEvent(event)

    def _open_or_close(self, row: int, left: bool) -> None:
        listing = self._model.listing
        header = listing.header(row)
        if header is None:
            above = listing.header_row(listing.keys[row]) if left else None
            if above is not None:
                self.show_key(listing.keys[above])
        elif header.collapsed is not left:
            listing.set_collapsed((header.sample.id,), left)
        elif not left and listing.ids_at(row):
            self.show_key(listing.ids_at(row)[0])

    def toggle(self, row: int) -> None:
        """Open or close the sample whose header is in a row."""
        header = self._model.listing.header(row)
        if header is not None:
            self._model.listing.set_collapsed((header.sample.id,), not header.collapsed)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The arrow of a header opens and closes it; no row moves under the pressed button."""
        place = event.position().toPoint()
        row = self.indexAt(place).row()
        left = event.button() is Qt.MouseButton.LeftButton
        if left and row >= 0 and place.x() < ARROW + GAP and self._model.listing.header(row):
            self.toggle(row)
            return
        if left and not self._pressing:
            self._pressing = True
            self._model.hold()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Rows may move again."""
        super().mouseReleaseEvent(event)
        self._let_go()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A header opens and closes."""
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0 and self._model.listing.header(row) is not None:
            self.toggle(row)
        else:
            super().mouseDoubleClickEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Until the user lets go; the release of the button is not told to us."""
        super().startDrag(actions)
        self._let_go()

    def _let_go(self) -> None:
        if self._pressing:
            self._pressing = False
            self._model.release()

    def rename(self) -> None:
        """Edit the name of the present row in its place."""
        index = self.currentIndex()
        if index.isValid() and not self._editing:
            self.scrollTo(index)
            self._editing = True
            self._model.hold()
            self.edit(index)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Rows may move again."""
        super().closeEditor(editor, hint)
        if self._editing:
            self._editing = False
            self._model.release()
