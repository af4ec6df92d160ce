"""The peaks of the current spectrum as a Qt table: picked ones, else those of its list."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.contributing import NOT_COMPUTED, Contributed, PeakSays
from nmrcam_qt.session.events import CurrentChanged, Event, ItemChanged
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.peak_editing import listed_peaks
from nmrcam_qt.session.peak_table import (
    EDITABLE,
    OF_NETWORK,
    TITLES,
    Column,
    cell_text,
    change_of,
    sort_value,
    tip_text,
)
from nmrcam_qt.session.row_diff import edits
from nmrcam_qt.session.session import Session

Index = QModelIndex | QPersistentModelIndex
EditPeaks = Callable[[int, Callable[[PickedPeaks], PickedPeaks]], bool]
"""Changes the picked peaks of an item; whether it did. Says itself why it did not."""
PeaksOf = Callable[[SessionItem | None], PickedPeaks | None]

MOST_BLOCKS = 50
"""A change in more places than this shows the table anew; the selection is set again by ids."""


class PeakRole(enum.IntEnum):
    """Roles beyond Qt's own."""

    ID = Qt.ItemDataRole.UserRole + 1
    SORT = Qt.ItemDataRole.UserRole + 2
    PEAK = Qt.ItemDataRole.UserRole + 3
    SAYS = Qt.ItemDataRole.UserRole + 4
    """`PeakSays` of the class that is shown, None where that is not known"""


class PeakModel(QAbstractTableModel):
    """One row per peak of the current item; knows nothing but what it last told its views.

    An edit goes through the session, so that it can be undone; the rows follow by ids, so
    that a selection stays on its peaks.

    Parameters
    ----------
    session : Session
        Whose current item is shown.
    edit : callable, optional
        Makes edits; None for one that asks the session.
    peaks_of : callable, optional
        Gives the peaks of an item; None for its picked peaks, else those of its list.
    parent : QObject, optional
        Owner.
    """

    refused = Signal(str)
    """Why an edit was not made, a sentence."""

    def __init__(
        self,
        session: Session,
        edit: EditPeaks | None = None,
        peaks_of: PeaksOf | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edit = edit or self._edit_in_session
        self._peaks_of = peaks_of or self._peaks_in_session
        self._item_id: int | None = None
        self._told: tuple[Peak, ...] = ()
        self._rows: dict[int, int] = {}
        self._contributed: Contributed | None = None
        unsubscribe = session.subscribe(self._on_event)
        self.destroyed.connect(unsubscribe)
        self.refresh()

    # What there is

    @property
    def item_id(self) -> int | None:
        """Id of the spectrum whose peaks are shown."""
        return self._item_id

    @property
    def peaks(self) -> Sequence[Peak]:
        """The peaks in the order of the rows, at the user's shifts."""
        return self._told

    @property
    def contributed(self) -> Contributed | None:
        """What the peaks contribute; None where nobody asked or nothing is known."""
        return self._contributed

    def says(self, peak: Peak) -> PeakSays | None:
        """What a peak contributes to the class that is shown."""
        return self._contributed.says(peak.id) if self._contributed is not None else None

    @property
    def editable(self) -> bool:
        """Whether peaks can be edited: those that were picked; a list's are its file's."""
        item = self._session.find(self._item_id)
        return item is not None and item.record.picked is not None

    def row_of(self, peak_id: int) -> int | None:
        """Row of a peak; None where it is gone."""
        return self._rows.get(peak_id)

    def peak_at(self, index: Index) -> Peak | None:
        """The peak of an index."""
        row = index.row()
        return self._told[row] if index.isValid() and 0 <= row < len(self._told) else None

    # Qt

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of peaks."""
        return 0 if parent is not None and parent.isValid() else len(self._told)

    def columnCount(self, parent: Index | None = None) -> int:
        """Number of columns."""
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Titles and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        title, meaning = TITLES[Column(section)]
        if section == Column.CONTRIBUTION and self._contributed is not None:
            title = f"To {self._contributed.title}"
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(meaning)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be selected; some cells of picked peaks edited."""
        if self.peak_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        flags = (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemNeverHasChildren
        )
        if self.editable and index.column() in EDITABLE:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Whatever a role says about a cell."""
        peak = self.peak_at(index)
        if peak is None:
            return None
        column = Column(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(peak, column))
        teller = _OF_CELL.get(role)
        if teller is None:
            return None
        asked = column in OF_NETWORK or role == PeakRole.SAYS
        return teller(peak, column, self.says(peak) if asked else None)

    def _tip(self, peak: Peak, column: Column) -> str:
        """A peak in lines, and what it contributes to each class where that is known."""
        found = self._contributed
        known = found is not None and peak.id in found.rows
        lines = [tip_text(peak)]
        if found is not None and (known or column in OF_NETWORK):
            lines.append(found.tip(peak.id))
        elif column in OF_NETWORK:
            lines.append(NOT_COMPUTED)
        return "\n\n".join(lines)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Edit a peak; what cannot be understood is refused with a sentence."""
        peak, item_id = self.peak_at(index), self._item_id
        if role != Qt.ItemDataRole.EditRole or peak is None or item_id is None:
            return False
        if not self.editable or index.column() not in EDITABLE:
            return False
        try:
            change = change_of(peak, Column(index.column()), value)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        return change is not None and self._edit(item_id, change)

    # Following the session

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged():
                self.refresh()
            case ItemChanged(item_id) if item_id == self._item_id:
                self.refresh()
            case _:
                pass

    def refresh(self) -> None:
        """Show the peaks that there are now; views are told of what differs."""
        item = self._session.current
        picked = self._peaks_of(item)
        new = picked.peaks if picked is not None else ()
        item_id = item.id if item is not None else None
        if item_id != self._item_id or not self._step_to(new):
            self.beginResetModel()
            self._item_id = item_id
            self._keep(new)
            self.endResetModel()

    def show_contributed(self, contributed: Contributed | None) -> None:
        """What the peaks contribute has become known, or another class is shown."""
        if contributed is self._contributed:
            return
        self._contributed = contributed
        first, last = int(OF_NETWORK[0]), int(OF_NETWORK[-1])
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, first, last)
        if self._told:
            bottom = len(self._told) - 1
            self.dataChanged.emit(self.index(0, first), self.index(bottom, last))

    def _step_to(self, new: tuple[Peak, ...]) -> bool:
        """Go to other peaks row by row; False where showing all anew is simpler."""
        if new == self._told:
            return True
        steps = edits([p.id for p in self._told], [p.id for p in new], MOST_BLOCKS)
        if steps is None:
            return False
        for step in steps:
            first, last = step.first, step.last
            if step.keys:
                self.beginInsertRows(QModelIndex(), first, last)
                self._keep(self._told[:first] + new[first : last + 1] + self._told[first:])
                self.endInsertRows()
            else:
                self.beginRemoveRows(QModelIndex(), first, last)
                self._keep(self._told[:first] + self._told[last + 1 :])
                self.endRemoveRows()
        self._tell_changes(new)
        return True

    def _tell_changes(self, new: tuple[Peak, ...]) -> None:
        """The same rows with other values."""
        old = self._told
        rows = [row for row, peak in enumerate(new) if peak != old[row]]
        self._keep(new)
        if rows:
            last = len(Column) - 1
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[-1], last))

    def _keep(self, peaks: tuple[Peak, ...]) -> None:
        self._told = peaks
        self._rows = {peak.id: row for row, peak in enumerate(peaks)}

    # Where nobody says otherwise

    def _peaks_in_session(self, item: SessionItem | None) -> PickedPeaks | None:
        if item is None:
            return None
        if item.record.picked is not None:
            return self._session.picked(item.id)
        try:
            listed = item.packed.peaks
        except NmrCamError:  # the view that draws the spectrum says why
            return None
        return None if listed is None else listed_peaks(listed)

    def _edit_in_session(self, item_id: int, change: Callable[[PickedPeaks], PickedPeaks]) -> bool:
        before = self._session.picked(item_id)
        if before is None:
            return False
        after = change(before)
        try:
            self._session.set_picked(item_id, after)
        except ValueError as error:
            self.refused.emit(str(error))
            return False
        return after != before


class PeakProxy(QSortFilterProxyModel):
    """Sorts by number, not by text, and hides kinds of peaks.

    Parameters
    ----------
    model : PeakModel
        What it sorts.
    parent : QObject, optional
        Owner.
    """

    def __init__(self, model: PeakModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._hidden: frozenset[PeakKind] = frozenset()
        self._keys: list[float | str] = []
        self._keys_of: tuple[Sequence[Peak], int, Contributed | None] = ((), -1, None)
        self.setSortRole(PeakRole.SORT)
        self.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setDynamicSortFilter(True)
        self.setSourceModel(model)

    def hide_kinds(self, kinds: Collection[PeakKind]) -> None:
        """Leave these kinds out."""
        if frozenset(kinds) != self._hidden:
            self._hidden = frozenset(kinds)
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Whether a peak is listed."""
        return self._model.peaks[source_row].kind not in self._hidden

    def lessThan(self, source_left: Index, source_right: Index) -> bool:
        """Whether one peak is listed before another.

        Thousands of peaks are compared a hundred thousand times: by keys made once.
        """
        model, column = self._model, source_left.column()
        peaks, found = model.peaks, model.contributed
        known = self._keys_of
        if peaks is not known[0] or column != known[1] or found is not known[2]:
            self._keys = [_sort_key(peak, Column(column), model.says(peak)) for peak in peaks]
            self._keys_of = (peaks, column, found)
        # Keys of one column are of one type.
        return bool(self._keys[source_left.row()] < self._keys[source_right.row()])  # type: ignore[operator]

    def index_of(self, peak_id: int) -> QModelIndex:
        """First cell of a peak; invalid where it is gone or hidden."""
        row = self._model.row_of(peak_id)
        return QModelIndex() if row is None else self.mapFromSource(self._model.index(row, 0))


def _sort_key(peak: Peak, column: Column, says: PeakSays | None) -> float | str:
    value = sort_value(peak, column, says)
    return value.casefold() if isinstance(value, str) else value


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = (
        Qt.AlignmentFlag.AlignLeft
        if column in (Column.KIND, Column.LABEL, Column.CONTRIBUTION)
        else Qt.AlignmentFlag.AlignRight
    )
    return side | Qt.AlignmentFlag.AlignVCenter


_OF_CELL: dict[int, Callable[[Peak, Column, PeakSays | None], Any]] = {
    Qt.ItemDataRole.DisplayRole: cell_text,
    Qt.ItemDataRole.EditRole: cell_text,
    Qt.ItemDataRole.TextAlignmentRole: lambda _peak, column, _says: _alignment(column),
    PeakRole.SORT: sort_value,
    PeakRole.ID: lambda peak, _column, _says: peak.id,
    PeakRole.PEAK: lambda peak, _column, _says: peak,
    PeakRole.SAYS: lambda _peak, _column, says: says,
}
