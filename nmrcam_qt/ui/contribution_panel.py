"""Below the table of peaks: what its bars are about, how sure they are, the explained selection."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.contributing import signed
from nmrcam_qt.session.contribution_words import SelectionRow
from nmrcam_qt.ui.contribution_pairs import PairStrip
from nmrcam_qt.ui.small_table import RIGHT, fit_rows, plain_label, small_cell, small_table
from nmrcam_qt.ui.theme import colours, legible, theme

HEADS = ("Class", "All", "Only these", "Without")


class ContributionStrip(QWidget):
    """Sentences and the table of a selection; hides what has nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline, self.state, self.sure = (plain_label() for _ in range(3))
        self.asked = plain_label()
        self.headline.setObjectName("caveat")
        self.state.setObjectName("verdict")
        self.table = small_table(HEADS, "selectionScores")
        self.pairs = PairStrip()
        self._rows: tuple[SelectionRow, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (
            *(self.state, self.headline, self.sure, self.asked, self.table),
            self.pairs,
        ):
            layout.addWidget(widget)
        theme().changed.connect(self._dress)
        self.show_words("", "", "")
        self.show_selection("", ())

    @property
    def rows(self) -> tuple[SelectionRow, ...]:
        """The explained selection."""
        return self._rows

    def show_words(self, state: str, headline: str, sure: str) -> None:
        """Whether something is being computed, what is shown, and how sure it is."""
        for label, text in ((self.state, state), (self.headline, headline), (self.sure, sure)):
            label.setText(text)
            label.setVisible(bool(text))

    def show_selection(self, asked: str, rows: Sequence[SelectionRow]) -> None:
        """Scores with only these peaks and without them; a sentence alone while they come."""
        self.asked.setText(asked)
        self.asked.setVisible(bool(asked))
        self._rows = tuple(rows)
        self.table.setVisible(bool(rows))
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            self.table.setItem(number, 0, small_cell(row.title, row.title))
            kinds = zip(HEADS[1:], row.scores, row.logits, row.present, strict=True)
            for column, (head, score, logit, present) in enumerate(kinds, start=1):
                said = "present" if present else "below its threshold"
                tip = f"{row.title}, {head.lower()}: score {score_text(score)} ({said})"
                cell = small_cell(score_text(score), f"{tip}\nlogit {signed(logit)}", RIGHT)
                font = cell.font()
                font.setBold(present)
                cell.setFont(font)
                self.table.setItem(number, column, cell)
        fit_rows(self.table)
        self._dress()

    def _dress(self) -> None:
        """Titles in the colours of their classes, legible on the panel."""
        for number, row in enumerate(self._rows):
            cell = self.table.item(number, 0)
            if cell is not None:
                cell.setForeground(QColor(legible(row.colour, colours().panel, 4.5)))
