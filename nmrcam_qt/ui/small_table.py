"""Small tables of cells that are only read, and labels of plain text, for strips below others."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
)

from nmrcam_qt.qtmodels.plain_tip import plain_tip

ROW_PX = 20
MOST_SHOWN = 6
"""Rows without scrolling."""
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def plain_label() -> QLabel:
    """A label of plain text that wraps."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def small_cell(text: str, tip: str, side: Qt.AlignmentFlag = LEFT) -> QTableWidgetItem:
    """A cell that can be read.

    Parameters
    ----------
    text, tip : str
        Plain.
    side : Qt.AlignmentFlag
        Where the text stands.
    """
    cell = QTableWidgetItem(text)
    cell.setToolTip(plain_tip(tip))
    cell.setFlags(Qt.ItemFlag.ItemIsEnabled)
    cell.setTextAlignment(side)
    return cell


def small_table(heads: Sequence[str], name: str, stretched: int = 0) -> QTableWidget:
    """An empty table that shows a few rows and never takes the focus.

    Parameters
    ----------
    heads : sequence of str
        Headings.
    name : str
        Of the object.
    stretched : int
        Column that takes the room that is left.
    """
    table = QTableWidget(0, len(heads))
    table.setObjectName(name)
    table.setHorizontalHeaderLabels(list(heads))
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(ROW_PX)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    table.setShowGrid(False)
    head = table.horizontalHeader()
    head.setHighlightSections(False)
    head.setMinimumSectionSize(44)
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return table


def fit_rows(table: QTableWidget) -> None:
    """As high as its rows, at most `MOST_SHOWN`."""
    height = table.horizontalHeader().sizeHint().height()
    table.setFixedHeight(height + ROW_PX * min(table.rowCount(), MOST_SHOWN) + 4)
