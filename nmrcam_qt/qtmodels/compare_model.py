"""The compared maps as a Qt table, and how far the methods agree as another one."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.compare_table import TITLES, Column, cell_text, sort_value, tip_text
from nmrcam_qt.session.comparing import AgreementTable, Compared
from nmrcam_qt.session.method_choice import method_title

Index = QModelIndex | QPersistentModelIndex
_TEXTS = (Column.METHOD, Column.CLASS, Column.STATE, Column.VERDICT)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CompareRole(enum.IntEnum):
    """Roles beyond Qt's own."""

    ROW = Qt.ItemDataRole.UserRole + 1
    """`Compared`"""
    SORT = Qt.ItemDataRole.UserRole + 2
    SHARE = Qt.ItemDataRole.UserRole + 3
    """-1..1 for the shade of a cell, None for no shade"""


class CompareModel(QAbstractTableModel):
    """One row per map; knows nothing but what it was last told."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: tuple[Compared, ...] = ()

    @property
    def rows(self) -> tuple[Compared, ...]:
        """What it shows."""
        return self._told

    def show_rows(self, rows: Sequence[Compared]) -> None:
        """Show other rows; those of the same maps in the same order keep the selection."""
        same = _names(rows) == _names(self._told)
        if not same:
            self.beginResetModel()
        self._told = tuple(rows)
        if not same:
            self.endResetModel()
        elif rows:
            last = self.index(len(rows) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of maps."""
        return 0 if parent is not None and parent.isValid() else len(self._told)

    def columnCount(self, parent: Index | None = None) -> int:
        """Number of columns."""
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        title, tip = TITLES[Column(section)]
        return {Qt.ItemDataRole.DisplayRole: title, Qt.ItemDataRole.ToolTipRole: tip}.get(
            Qt.ItemDataRole(role)
        )

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell says."""
        if not index.isValid() or not 0 <= index.row() < len(self._told):
            return None
        row, column = self._told[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return None if column in _TEXTS else _RIGHT
        says: dict[int, Callable[[], Any]] = {
            Qt.ItemDataRole.DisplayRole: lambda: cell_text(row, column),
            Qt.ItemDataRole.ToolTipRole: lambda: plain_tip(tip_text(row, column)),
            CompareRole.ROW: lambda: row,
            CompareRole.SORT: lambda: sort_value(row, column),
        }
        return says[role]() if role in says else None


class CompareProxy(QSortFilterProxyModel):
    """Sorts maps by numbers; what is not known comes last in both directions."""

    def __init__(self, model: CompareModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Whether one cell comes before another."""
        one, other = left.data(CompareRole.SORT), right.data(CompareRole.SORT)
        if one is None or other is None:
            ascending = self.sortOrder() is Qt.SortOrder.AscendingOrder
            return (other is None and one is not None) == ascending and one is not other
        return bool(one < other)


class AgreementModel(QAbstractTableModel):
    """Methods by methods: rank correlation upper right, hottest peaks in common lower left."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told: AgreementTable | None = None

    @property
    def table(self) -> AgreementTable | None:
        """What it shows."""
        return self._told

    def show_table(self, table: AgreementTable | None) -> None:
        """Show another class, or none."""
        self.beginResetModel()
        self._told = table
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of methods."""
        inside = parent is not None and parent.isValid()
        return 0 if inside or self._told is None else len(self._told.methods)

    def columnCount(self, parent: Index | None = None) -> int:
        """Number of methods."""
        return self.rowCount(parent)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The methods, in both directions."""
        if self._told is None or not 0 <= section < len(self._told.methods):
            return None
        title = method_title(self._told.methods[section])
        return title if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """ρ or share; a dash where a map is empty."""
        if not index.isValid() or index.row() == index.column() or self._told is None:
            return None
        above = index.column() > index.row()
        values = self._told.ranks if above else self._told.tops
        value = float(values[index.row(), index.column()])
        says: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: _agreement_text(value, above),
            Qt.ItemDataRole.TextAlignmentRole: Qt.AlignmentFlag.AlignCenter,
            CompareRole.SHARE: None if math.isnan(value) else value,
        }
        return says.get(role)


def _agreement_text(value: float, correlation: bool) -> str:
    """ρ or share; a dash where a map is empty."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}".replace("-", "−") if correlation else f"{value:.0%}"


def _names(rows: Sequence[Compared]) -> list[tuple[str, str]]:
    return [(row.method, row.class_id) for row in rows]
