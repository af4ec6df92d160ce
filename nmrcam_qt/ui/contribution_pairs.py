"""Pairs of peaks below the table: together, each alone, and whether the network needs both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QTableWidgetItem, QToolButton, QVBoxLayout, QWidget

from nmrcam_qt.core.contribution_pairs import EXPLAINED
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.contribution_words import PairRow
from nmrcam_qt.ui.small_table import LEFT, RIGHT, fit_rows, plain_label, small_cell, small_table

HEADS = ("Peaks", "Both", "Each", "Differ", "Meaning")
TIPS = (
    "Numbers of the two peaks",
    "By how much the logit drops without both",
    "By how much it drops without the first, and without the second",
    "Interaction: both minus the sum of each",
    EXPLAINED,
)
IN_SHORT = (
    "Either suffices: losing both costs more than the two losses alone. Needs both: losing one "
    "already takes most of it."
)


class PairStrip(QWidget):
    """A sentence, what the words mean, and a row per pair; hidden where there is nothing.

    Parameters
    ----------
    parent : QWidget, optional
        Owner.
    """

    chosen = Signal(object)
    """ids of the peaks of a row that was clicked"""
    copy_asked = Signal()
    save_asked = Signal()
    closed = Signal()
    """the user has seen it"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.asked, self.explained = plain_label(), plain_label()
        self.explained.setText(IN_SHORT)
        self.explained.setToolTip(plain_tip(EXPLAINED))
        self.explained.setObjectName("caveat")
        self.table = small_table(HEADS, "pairDrops", stretched=4)
        for column, (head, tip) in enumerate(zip(HEADS, TIPS, strict=True)):
            item = QTableWidgetItem(head)
            item.setToolTip(plain_tip(tip))
            self.table.setHorizontalHeaderItem(column, item)
        self._rows: tuple[PairRow, ...] = ()
        self.copy = _button("Copy", "Put the pairs on the clipboard as a table")
        self.save = _button("Export …", "Write the pairs as CSV or Excel")
        close = _button("×", "Put the pairs away")
        above = QHBoxLayout()
        above.addWidget(self.asked, 1)
        for button, said in (
            (self.copy, self.copy_asked),
            (self.save, self.save_asked),
            (close, self.closed),
        ):
            button.clicked.connect(said)
            above.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addWidget(self.table)
        layout.addWidget(self.explained)
        self.table.cellClicked.connect(self._on_clicked)
        self.show_pairs("", ())

    @property
    def rows(self) -> tuple[PairRow, ...]:
        """What is shown."""
        return self._rows

    def show_pairs(self, asked: str, rows: Sequence[PairRow]) -> None:
        """A sentence, with the pairs where they are known."""
        self.asked.setText(asked)
        self.setVisible(bool(asked))
        for widget in (self.table, self.explained, self.copy, self.save):
            widget.setVisible(bool(rows))
        if tuple(rows) == self._rows:
            return
        self._rows = tuple(rows)
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            texts = (row.peaks, row.together, row.alone, row.interaction, row.meaning)
            sides = (LEFT, RIGHT, RIGHT, RIGHT, LEFT)
            for column, (text, side) in enumerate(zip(texts, sides, strict=True)):
                self.table.setItem(number, column, small_cell(text, row.tip, side))
        fit_rows(self.table)

    @Slot(int, int)
    def _on_clicked(self, row: int, _column: int) -> None:
        self.chosen.emit(self._rows[row].ids)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("peakButton")
    button.setText(text)
    button.setToolTip(tip)
    return button
