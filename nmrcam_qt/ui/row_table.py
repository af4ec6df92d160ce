"""What tables of rows have in common: sorted by a click, whole rows selected, widths known."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

ROW_PX = 22


def make_rows(table: QTableView, widths: Iterable[tuple[int, int]]) -> None:
    """Let a table that has its model sort, select and lay out whole rows.

    Parameters
    ----------
    table : QTableView
        With its model.
    widths : iterable of (column, width)
        Pixels, so that thousands of rows need not be measured; the
        last one is stretched.
    """
    table.setSortingEnabled(True)
    # As they come, until the user sorts: thousands of rows then appear at once.
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    rows = table.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(ROW_PX)
    heads = table.horizontalHeader()
    heads.setHighlightSections(False)
    heads.setStretchLastSection(True)
    for column, width in widths:
        table.setColumnWidth(int(column), width)
