"""The table of peaks: sort, select, edit in place, copy, delete, go there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.qtmodels.peak_model import PeakProxy, PeakRole
from nmrcam_qt.session.peak_table import OF_NETWORK, Column
from nmrcam_qt.ui.contribution_bar import ContributionDelegate
from nmrcam_qt.ui.row_table import make_rows

WIDTHS = {
    Column.NUMBER: 32,
    Column.H: 60,
    Column.C: 64,
    Column.HEIGHT: 84,
    Column.KIND: 118,
    Column.SNR: 52,
    Column.WIDTH: 104,
    Column.LABEL: 120,
    Column.CONTRIBUTION: 106,
    Column.RANK: 88,
    Column.HEAT: 54,
}
"""Pixels."""
_Index = QModelIndex | QPersistentModelIndex


class PeakTable(QTableView):
    """Rows of `PeakProxy`; selected rows are known by the ids of their peaks.

    Parameters
    ----------
    proxy : PeakProxy
        What it shows.
    parent : QWidget, optional
        Owner.
    """

    selected_changed = Signal(object)
    """ids; only where the user selected"""
    go_asked = Signal(int)
    """id of a peak"""
    delete_asked = Signal()
    copy_asked = Signal()

    def __init__(self, proxy: PeakProxy, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._proxy = proxy
        self._following = False
        self._known: tuple[int, ...] | None = None
        self.setObjectName("peakTable")
        self.setModel(proxy)
        make_rows(self, WIDTHS.items())
        # A double-click goes to the peak; F2 or a second, slow click edits.
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.EditKeyPressed | triggers.SelectedClicked)
        self.setItemDelegate(_Delegate(self))
        self.bars = ContributionDelegate(self)
        self.setItemDelegateForColumn(int(Column.CONTRIBUTION), self.bars)
        heads = self.horizontalHeader()
        # Right after the shifts, by which a chemist knows a peak; the label stays last.
        for place, column in enumerate(OF_NETWORK, start=int(Column.C) + 1):
            heads.moveSection(heads.visualIndex(int(column)), place)
        self.show_contributions(False)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self.doubleClicked.connect(self._on_double_click)

    def show_contributions(self, shown: bool) -> None:
        """Show the columns of the network or not.

        A table that nobody sorted has the peaks that say most at its top while they are shown.
        """
        if shown != self.isColumnHidden(int(Column.CONTRIBUTION)):
            return
        for column in OF_NETWORK:
            self.setColumnHidden(int(column), not shown)
        heads = self.horizontalHeader()
        now = heads.sortIndicatorSection()
        if shown and now not in range(len(Column)):
            self.sortByColumn(int(Column.CONTRIBUTION), Qt.SortOrder.DescendingOrder)
        elif not shown and now in OF_NETWORK:
            self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    # Selection

    def selected_ids(self) -> tuple[int, ...]:
        """Ids of the selected rows, in the order of the table."""
        # Not `selectedRows`: that asks for the flags of every cell of the table.
        ranges = sorted((r.top(), r.bottom()) for r in self.selectionModel().selection().toList())
        rows = (row for top, bottom in ranges for row in range(top, bottom + 1))
        return tuple(self._id(self._proxy.index(row, 0)) for row in rows)

    def show_selected(self, ids: Collection[int]) -> None:
        """Select these rows and no others; the first of them comes into view."""
        if self._known is not None and set(ids) == set(self._known):
            return
        self._known = None
        rows = sorted(i.row() for i in map(self._proxy.index_of, ids) if i.isValid())
        wanted = QItemSelection()
        last = self._proxy.columnCount() - 1
        for first, end in _runs(rows):
            wanted.select(self._proxy.index(first, 0), self._proxy.index(end, last))
        self._following = True
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)
        if rows:
            first_index = self._proxy.index(rows[0], 0)
            self.selectionModel().setCurrentIndex(first_index, flags.NoUpdate)
            self.scrollTo(first_index)
        self._following = False

    @Slot()
    def _on_selection(self) -> None:
        if not self._following:
            self._known = self.selected_ids()
            self.selected_changed.emit(self._known)
            self._known = None

    def _id(self, index: _Index) -> int:
        return int(index.data(PeakRole.ID))

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        self.go_asked.emit(self._id(index))

    # Keys

    def event(self, event: QEvent) -> bool:
        """Keys that mean rows here, and something else in the rest of the window."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._is_ours(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        keys = (Qt.Key.Key_Delete, Qt.Key.Key_F2)
        standard = QKeySequence.StandardKey
        return (
            event.key() in keys or event.matches(standard.Copy) or event.matches(standard.SelectAll)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, copy, edit, go there."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.go_asked.emit(self._id(self.currentIndex()))
        else:
            super().keyPressEvent(event)


class _Delegate(QStyledItemDelegate):
    """A list of kinds where a kind is edited; a line of text everywhere else."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """The editor of a cell."""
        if index.column() != Column.KIND:
            made = super().createEditor(parent, option, index)
            return made
        box = QComboBox(parent)
        box.addItems([kind.value for kind in PeakKind])
        box.activated.connect(lambda: self._commit(box))
        return box

    def _commit(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """What the editor starts with."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data(Qt.ItemDataRole.EditRole)))
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """What the user chose."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText(), Qt.ItemDataRole.EditRole)
        else:
            super().setModelData(editor, model, index)


def _runs(rows: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of every run of neighbouring rows; `rows` ascend."""
    start = 0
    for n, row in enumerate(rows):
        if n + 1 == len(rows) or rows[n + 1] != row + 1:
            yield rows[start], row
            start = n + 1
