"""The rows of the sidebar as a Qt item model."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    QStringListModel,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from nmrcam_qt.qtmodels.garbage import set_aside
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.qtmodels.thumbnails import Thumbnails
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.listing_events import (
    Header,
    ListingEvent,
    RelistDue,
    RowLooksDifferent,
    RowsAboutToChange,
    RowsHaveChanged,
)
from nmrcam_qt.session.row_diff import Edit
from nmrcam_qt.session.row_text import experiment_text, summary, tooltip, verdict

Index = QModelIndex | QPersistentModelIndex

RELIST_MS, SLOWEST_MS = 150, 2000
"""Results that stream in move rows at most this often; more rarely where that takes long."""
REPAINTS_AT_ONCE = 40
"""More rows than this change within `RELIST_MS`: all are painted anew once."""
WARM_MS, WARM_AFTER_MS, WARM_AT_ONCE = 8, 400, 80
"""The search is prepared in the pauses, once the window is there: about 5 ms each."""


class Role(enum.IntEnum):
    """Roles beyond Qt's own."""

    KEY = Qt.ItemDataRole.UserRole + 1
    ID = Qt.ItemDataRole.UserRole + 2
    NAME = Qt.ItemDataRole.UserRole + 3
    EXPERIMENT = Qt.ItemDataRole.UserRole + 4
    STATE = Qt.ItemDataRole.UserRole + 5
    SUMMARY = Qt.ItemDataRole.UserRole + 6
    VERDICT = Qt.ItemDataRole.UserRole + 7
    PRESENT = Qt.ItemDataRole.UserRole + 8


class ListingModel(QStringListModel):
    """One row per row of a `Listing`; holds nothing but a cache of thumbnails.

    Its base is a list of empty texts, as many as there are rows: a view that lays them out asks
    twice for each how many there are, and a count in Python costs 20 ms for 15,000 rows, one
    that Qt knows 1 ms. The signals are our own: before the listing changes, and after.

    Parameters
    ----------
    listing : Listing
        What it shows.
    parent : QObject, optional
        Owner.
    """

    thumbnails_loaded = Signal(object)
    """Ids of spectra."""

    def __init__(self, listing: Listing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = listing
        self._set_count()
        self.thumbnails = Thumbnails(self)
        self.thumbnails.loaded.connect(self._on_loaded)
        self._held = 0
        self._relist_due = self._all_look_different = False
        self._repaints_left = REPAINTS_AT_ONCE
        self._soon, self._later = self._timer(0), self._timer(RELIST_MS)
        self._soon.timeout.connect(self.relist_now)
        self._later.timeout.connect(self._on_later)
        self._warmer = self._timer(WARM_AFTER_MS)
        self._warmer.timeout.connect(self._warm)
        self._warmer.start()
        unsubscribe = listing.subscribe(self._on_event)

        def end() -> None:
            unsubscribe()
            listing.close()

        self.destroyed.connect(end)

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        return timer

    def _set_count(self) -> None:
        self.setStringList([""] * len(self.listing))

    def insertRows(self, _row: int, _count: int, _parent: Index | None = None) -> bool:
        """Nobody but the listing adds rows."""
        return False

    def removeRows(self, _row: int, _count: int, _parent: Index | None = None) -> bool:
        """Nobody but the listing takes rows away."""
        return False

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved by the session, not by the view."""
        return Qt.DropAction.CopyAction

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Every row can be selected, renamed and dragged."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return _ROW_FLAGS

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Whatever a role says about a row."""
        row = index.row()
        if not 0 <= row < len(self.listing):
            return None
        if role == Role.KEY:
            return self.listing.keys[row]
        item = self.listing.item(row)
        if item is None:
            header = self.listing.header(row)
            teller = _OF_HEADER.get(role)
            return None if teller is None or header is None else teller(header)
        if role == Qt.ItemDataRole.DecorationRole:
            return self.thumbnails.get(item)
        of_item = _OF_ITEM.get(role)
        return None if of_item is None else of_item(item)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Rename a spectrum or a sample; an empty name gives the file's name back."""
        row = index.row()
        if role != Qt.ItemDataRole.EditRole or not 0 <= row < len(self.listing):
            return False
        session, text = self.listing.session, " ".join(str(value).split())
        item, header = self.listing.item(row), self.listing.header(row)
        if item is not None and text != item.name:
            session.rename(item.id, "" if text == item.packed.name else text)
        elif header is not None and text and text != header.sample.name:
            session.rename_sample(header.sample.id, text)
        else:
            return False
        return True

    def index_of(self, key: int) -> QModelIndex:
        """Index of a key; invalid where it is not listed."""
        row = self.listing.row(key)
        return QModelIndex() if row is None else self.index(row)

    # Following the listing

    @contextmanager
    def held(self) -> Iterator[None]:
        """Move no row meanwhile: the user has one under the hands."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    def hold(self) -> None:
        """Begin to move no row; ended by `release` as often."""
        self._held += 1

    def release(self) -> None:
        """End of `hold`."""
        self._held = max(0, self._held - 1)
        if not self._held and (self._relist_due or self._all_look_different):
            self._soon.start()

    @Slot()
    def relist_now(self) -> None:
        """Show what is due at once."""
        if self._held:
            return
        if self._all_look_different and len(self.listing):
            self.dataChanged.emit(self.index(0), self.index(len(self.listing) - 1))
        self._all_look_different = False
        if self._relist_due:
            self._relist_due = False
            began = time.perf_counter()
            self.listing.relist()
            # Of a long list, or on a busy machine, a smaller share of the time.
            took = 1e3 * (time.perf_counter() - began)
            self._later.setInterval(max(RELIST_MS, min(round(8 * took), SLOWEST_MS)))

    @Slot()
    def _on_later(self) -> None:
        self._repaints_left = REPAINTS_AT_ONCE
        self.relist_now()

    def _on_event(self, event: ListingEvent) -> None:
        match event:
            case RowsAboutToChange(None):
                self.modelAboutToBeReset.emit()
            case RowsHaveChanged(None):
                with QSignalBlocker(self):
                    self._set_count()
                self.modelReset.emit()
            case RowsAboutToChange(edit) if edit is not None:
                about = self.rowsAboutToBeInserted if edit.keys else self.rowsAboutToBeRemoved
                about.emit(QModelIndex(), edit.first, edit.last)
            case RowsHaveChanged(edit) if edit is not None:
                self._change_count(edit)
            case RowLooksDifferent(row):
                self._repaint(row)
            case RelistDue(soon):
                self._relist_due = True
                timer = self._soon if soon else self._later
                if not timer.isActive():
                    timer.start()
            case _:
                pass

    def _change_count(self, edit: Edit) -> None:
        """As Qt does it itself, persistent indexes too, between our own signals."""
        root, count = QModelIndex(), edit.last - edit.first + 1
        with QSignalBlocker(self):
            change = QStringListModel.insertRows if edit.keys else QStringListModel.removeRows
            change(self, edit.first, count, root)
        if edit.keys:
            self.rowsInserted.emit(root, edit.first, edit.last)
            self._warmer.start(WARM_AFTER_MS)
        else:
            self.rowsRemoved.emit(root, edit.first, edit.last)

    def _repaint(self, row: int) -> None:
        if not self._warmer.isActive():
            self._warmer.start(WARM_AFTER_MS)
        if not self._later.isActive():
            self._later.start()
        # A view whose row is being renamed would put the old name back into the editor.
        if self._repaints_left and not self._held:
            self._repaints_left -= 1
            index = self.index(row)
            self.dataChanged.emit(index, index)
        else:
            self._all_look_different = True

    @Slot()
    def _warm(self) -> None:
        """Not before the rows in sight are painted with their pictures."""
        if len(self.listing) and not self.thumbnails.are_there:
            self._warmer.start(WARM_AFTER_MS)
            return
        if not self.listing.session.all_made:
            # What is made here lives as long as the project: otherwise the collector of
            # garbage walks through all of it several times, a tenth of a second each.
            set_aside()
        if self.listing.warm(WARM_AT_ONCE):
            self._warmer.start(WARM_MS)

    @Slot(object)
    def _on_loaded(self, ids: list[int]) -> None:
        self.thumbnails_loaded.emit(ids)


_ROW_FLAGS = (
    Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsEditable
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemIsDropEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)


def header_text(header: Header) -> str:
    """``name (2 spectra)``, or how many of them are listed."""
    listed, total = header.listed, header.total
    if listed != total:
        return f"{header.sample.name} ({listed} of {total})"
    return f"{header.sample.name} ({total})"


def _spoken(header: Header) -> str:
    state = "collapsed" if header.collapsed else "expanded"
    return f"Sample {header_text(header)}, {state}"


_OF_HEADER: dict[int, Callable[[Header], Any]] = {
    Qt.ItemDataRole.DisplayRole: header_text,
    Qt.ItemDataRole.EditRole: lambda header: header.sample.name,
    Qt.ItemDataRole.ToolTipRole: lambda header: plain_tip(_spoken(header)),
    Qt.ItemDataRole.AccessibleTextRole: _spoken,
    Role.NAME: lambda header: header.sample.name,
}

_OF_ITEM: dict[int, Callable[[SessionItem], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda item: item.name,
    Qt.ItemDataRole.EditRole: lambda item: item.name,
    Qt.ItemDataRole.ToolTipRole: lambda item: plain_tip(tooltip(item)),
    Qt.ItemDataRole.AccessibleTextRole: lambda item: f"{item.name}, {summary(item)}",
    Role.ID: lambda item: item.id,
    Role.NAME: lambda item: item.name,
    Role.EXPERIMENT: experiment_text,
    Role.STATE: lambda item: str(item.state),
    Role.SUMMARY: summary,
    Role.VERDICT: verdict,
    Role.PRESENT: lambda item: item.prediction is not None and bool(item.prediction.present),
}
