"""Contributions of peaks: table, marks, lasso, the explained selection, repeats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication

from nmrcam_qt.core.writers.files import safe_name
from nmrcam_qt.ui.commands.base import CommandBase, Slots
from nmrcam_qt.ui.contribution_desk import ContributionDesk
from nmrcam_qt.ui.file_dialogs import ask_file
from nmrcam_qt.ui.peak_clipboard import pairs_mime
from nmrcam_qt.ui.peak_tool import Mode
from nmrcam_qt.workers.jobs import FunctionJob

if TYPE_CHECKING:
    from nmrcam_qt.ui.contribution_pairs import PairStrip
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.ui.page import Page

FILTERS = "CSV (*.csv);;Excel workbook (*.xlsx)"
SUFFIXES = (".csv", ".xlsx")
TOGGLES = ("contributions", "peak_ranks", "peak_classes", "lasso")
TOGETHER, STRONGEST = "Selected peaks together and alone", "Pairs of the strongest peaks"
MARKS = {"peak_ranks": "ranks", "peak_classes": "classes"}


class ContributionCommands(CommandBase):
    """What the peaks of the spectrum that is shown contribute to its classes."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        for name in TOGGLES:
            window.actions_[name].setCheckable(True)

    def contribution_slots(self) -> Slots:
        """What these actions do."""
        return {
            "contributions": self.toggle_contributions,
            "peak_ranks": lambda: self._toggle_marks("peak_ranks"),
            "peak_classes": lambda: self._toggle_marks("peak_classes"),
            "lasso": self.toggle_lasso,
            "explain_selection": self.explain_selection,
            "pair_peaks": self.pair,
            "how_sure": self.repeat,
            "export_contributions": self.export_contributions,
        }

    @property
    def _contributions(self) -> ContributionDesk:
        return self._window.page.contributions

    def follow_contributions(self, page: Page) -> None:
        """Another project is shown."""
        page.peaks.selection_changed.connect(self.update_contribution_actions)
        page.peaks.mode_changed.connect(self.update_contribution_actions)

    def follow_pairs(self, pairs: PairStrip) -> None:
        """The table of pairs of a project is there."""
        pairs.copy_asked.connect(self.copy_pairs)
        pairs.save_asked.connect(self.export_pairs)

    @Slot()
    def update_contribution_actions(self) -> None:
        """Enable what can be done; what is on can always be put off."""
        actions, desk, view = self._window.actions_, self._contributions, self._session.view
        reason = desk.reason()
        on = {"contributions": view.contributions}
        on |= {name: view.peak_marks == marks for name, marks in MARKS.items()}
        on["lasso"] = self._window.page.peaks.mode is Mode.LASSO
        for name in TOGGLES:
            actions[name].setChecked(on[name])
            self._enable(name, "" if on[name] else reason)
        self._enable("explain_selection", desk.selection_reason())
        self._enable("pair_peaks", desk.pair_reason())
        several = len(self._window.page.peaks.selected) > 1
        actions["pair_peaks"].setText(TOGETHER if several else STRONGEST)
        self._enable("how_sure", desk.repeat_reason())
        self._enable("export_contributions", desk.export_reason())

    @Slot()
    def toggle_contributions(self) -> None:
        """Columns of the table; off and on tries again what failed."""
        on = self._window.actions_["contributions"].isChecked()
        self._contributions.asker.try_again()
        if on:
            self._show_dock()
        self._session.set_view(contributions=on)

    def _toggle_marks(self, name: str) -> None:
        """Plain marks, or those of one kind."""
        on = self._window.actions_[name].isChecked()
        self._contributions.asker.try_again()
        self._session.set_view(peak_marks=MARKS[name] if on else "plain")

    @Slot()
    def toggle_lasso(self) -> None:
        """Drags draw a line around peaks, or pan again."""
        on = self._window.actions_["lasso"].isChecked()
        self._window.page.peaks.set_mode(Mode.LASSO if on else Mode.SELECT)

    @Slot()
    def explain_selection(self) -> None:
        """Scores with only the selected peaks, and without them."""
        self._show_dock()
        self._contributions.explain_selection()

    @Slot()
    def pair(self) -> None:
        """What peaks contribute two by two."""
        self._show_dock()
        self._contributions.pair()

    @Slot()
    def repeat(self) -> None:
        """Intervals of ranks, and whether the map moves."""
        self._show_dock()
        self._contributions.repeat()

    @Slot()
    def export_contributions(self) -> None:
        """Ask where to, then write a line for each peak and class, the highest drops first."""
        from nmrcam_qt.core.writers.contribution_table import write_contributions

        table = self._contributions.table()
        if table is not None:
            self._write("contributions", lambda path: write_contributions(path, (table,)))

    @Slot()
    def export_pairs(self) -> None:
        """Ask where to, then write the pairs that are shown."""
        from nmrcam_qt.core.writers.contribution_table import write_pairs

        table = self._contributions.pair_table()
        if table is not None:
            self._write("pairs", lambda path: write_pairs(path, (table,)))

    @Slot()
    def copy_pairs(self) -> None:
        """The pairs that are shown, as a table."""
        table = self._contributions.pair_table()
        if table is not None:
            QApplication.clipboard().setMimeData(pairs_mime(table))
            said = "1 pair is" if len(table.lines) == 1 else f"{len(table.lines)} pairs are"
            self._window.statusBar().showMessage(f"{said} on the clipboard.", 5000)

    def _write(self, what: str, write: Callable[[Path], None]) -> None:
        """Ask for a file named after the spectrum and `what`, and write it in a job."""
        item = self._session.current
        if item is None:
            return
        proposal = safe_name(f"{item.name}_{what}") + ".csv"
        asked = ask_file(self._window, self._window.settings, f"Export {what}", proposal, FILTERS)
        if asked is None:
            return
        known = asked.suffix.lower() in SUFFIXES
        path = asked if known else asked.with_name(asked.name + ".csv")
        job = FunctionJob(f"Writing {path.name}", lambda _context: write(path))
        self._bench.do(job, lambda _none: self._say_written(path.name))

    def _say_written(self, name: str) -> None:
        self._window.statusBar().showMessage(f"{name} was written.", 8000)

    def _show_dock(self) -> None:
        dock = self._window.docks.peaks
        dock.show()
        dock.raise_()
        self._window.docks.give_peaks_room()
