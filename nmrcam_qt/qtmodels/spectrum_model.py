"""The session's spectra as a Qt item model, and a proxy that searches, filters and sorts."""

from __future__ import annotations

import enum
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QImage

from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.events import (
    Event,
    ItemChanged,
    ItemsAboutToBeAdded,
    ItemsAboutToBeRemoved,
    ItemsAdded,
    ItemsRemoved,
)
from nmrcam_qt.session.items import ItemState, SessionItem
from nmrcam_qt.session.session import Session

Index = QModelIndex | QPersistentModelIndex

THUMBNAILS_KEPT = 256


class Role(enum.IntEnum):
    """Roles beyond Qt's own."""

    ID = Qt.ItemDataRole.UserRole + 1
    NAME = Qt.ItemDataRole.UserRole + 2
    EXPERIMENT = Qt.ItemDataRole.UserRole + 3
    STATE = Qt.ItemDataRole.UserRole + 4
    TOP_CLASS = Qt.ItemDataRole.UserRole + 5
    SCORE = Qt.ItemDataRole.UserRole + 6
    SUMMARY = Qt.ItemDataRole.UserRole + 7
    SEARCH = Qt.ItemDataRole.UserRole + 8
    PRESENT = Qt.ItemDataRole.UserRole + 9


class SortBy(enum.StrEnum):
    """Orders of the sidebar."""

    OPENED = "As opened"
    NAME = "Name"
    CLASS = "Class"
    SCORE = "Score"
    STATE = "State"


class SpectrumListModel(QAbstractListModel):
    """One row per spectrum of the session; holds nothing but a cache of thumbnails.

    Parameters
    ----------
    session : Session
        What it shows.
    parent : QObject, optional
        Owner.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._thumbnails: OrderedDict[int, QImage] = OrderedDict()
        self._unsubscribe = session.subscribe(self._on_event)
        self.destroyed.connect(self._unsubscribe)

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of spectra."""
        return 0 if parent is not None and parent.isValid() else len(self._session)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Whatever a role says about a row."""
        if not index.isValid() or not 0 <= index.row() < len(self._session):
            return None
        item = self._session.at(index.row())
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(item)
        teller = _TELLERS.get(role)
        return None if teller is None else teller(item)

    def index_of(self, item_id: int) -> QModelIndex:
        """Index of an item; invalid where it is gone."""
        row = self._session.row(item_id)
        return QModelIndex() if row is None else self.index(row)

    def _thumbnail(self, item: SessionItem) -> QImage:
        """Made when first painted; the least recently painted are forgotten."""
        image = self._thumbnails.get(item.id)
        if image is None:
            grey = 255 - item.packed.thumbnail
            rows, columns = grey.shape
            image = QImage(
                grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8
            ).copy()
            self._thumbnails[item.id] = image
            while len(self._thumbnails) > THUMBNAILS_KEPT:
                self._thumbnails.popitem(last=False)
        else:
            self._thumbnails.move_to_end(item.id)
        return image

    def _on_event(self, event: Event) -> None:
        match event:
            case ItemsAboutToBeAdded(first, last):
                self.beginInsertRows(QModelIndex(), first, last)
            case ItemsAdded():
                self.endInsertRows()
            case ItemsAboutToBeRemoved(first, last):
                self.beginRemoveRows(QModelIndex(), first, last)
            case ItemsRemoved(_, _, ids):
                for item_id in ids:
                    self._thumbnails.pop(item_id, None)
                self.endRemoveRows()
            case ItemChanged(item_id):
                index = self.index_of(item_id)
                self.dataChanged.emit(index, index)
            case _:
                pass


def _experiment(item: SessionItem) -> str:
    return item.experiment.label if item.experiment is not None else "HSQC or HMBC?"


def _top_class(item: SessionItem) -> str:
    return item.prediction.top if item.prediction is not None else ""


def _score(item: SessionItem) -> float:
    return item.prediction.score(item.prediction.top) if item.prediction is not None else -1.0


def _summary(item: SessionItem) -> str:
    """Second line of a row."""
    if item.state in (ItemState.WAITING, ItemState.FAILED) or item.prediction is None:
        return f"{_experiment(item)} · {item.state}"
    top, score = item.prediction.top, score_text(_score(item))
    title = top.replace("_", " ")
    if top in item.prediction.present:
        return f"{title} {score} · {_experiment(item)}"
    return f"none present · {_experiment(item)} ({title} {score})"


def _tooltip(item: SessionItem) -> str:
    """Path, source and everything that was assumed."""
    provenance = item.packed.provenance
    lines = [item.path, f"{_experiment(item)}, {provenance.format}"]
    if item.packed.peaks is not None:
        lines.append(f"{len(item.packed.peaks)} peaks")
    else:
        lines.append(f"{item.packed.f2.size} × {item.packed.f1.size} points")
    lines += [*provenance.assumed, *provenance.notes]
    if item.error:
        lines.append(item.error)
    return plain_tip("\n".join(lines))


def _search_text(item: SessionItem) -> str:
    return f"{item.name} {item.path} {_summary(item)} {item.state}".casefold()


_TELLERS: dict[int, Callable[[SessionItem], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda item: item.name,
    Qt.ItemDataRole.ToolTipRole: _tooltip,
    Qt.ItemDataRole.AccessibleTextRole: lambda item: f"{item.name}, {_summary(item)}",
    Role.ID: lambda item: item.id,
    Role.NAME: lambda item: item.name,
    Role.EXPERIMENT: _experiment,
    Role.STATE: lambda item: str(item.state),
    Role.TOP_CLASS: _top_class,
    Role.SCORE: _score,
    Role.SUMMARY: _summary,
    Role.SEARCH: _search_text,
    Role.PRESENT: lambda item: item.prediction is not None and bool(item.prediction.present),
}

_SORT_ROLE = {
    SortBy.NAME: Role.NAME,
    SortBy.CLASS: Role.TOP_CLASS,
    SortBy.SCORE: Role.SCORE,
    SortBy.STATE: Role.STATE,
}


class SpectrumProxy(QSortFilterProxyModel):
    """Search and order; every word must occur in name, path, experiment, class or state."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._order = SortBy.OPENED
        self.setDynamicSortFilter(True)
        self.setSortCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    @property
    def order(self) -> SortBy:
        """The present order."""
        return self._order

    def set_search(self, text: str) -> None:
        """Show rows that hold every word of `text`."""
        words = tuple(text.casefold().split())
        if hasattr(self, "endFilterChange"):  # Qt 6.10 and later
            self.beginFilterChange()
            self._words = words
            self.endFilterChange(QSortFilterProxyModel.Direction.Rows)
        else:
            self._words = words
            self.invalidateRowsFilter()

    def set_order(self, order: SortBy) -> None:
        """Sort; scores from high to low, everything else ascending."""
        self._order = order
        if order is SortBy.OPENED:
            self.sort(-1)
            return
        self.setSortRole(_SORT_ROLE[order])
        down = order is SortBy.SCORE
        self.sort(0, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Whether the row holds every word."""
        if not self._words:
            return True
        source = self.sourceModel()
        text = source.index(source_row, 0, source_parent).data(Role.SEARCH) or ""
        return all(word in text for word in self._words)
