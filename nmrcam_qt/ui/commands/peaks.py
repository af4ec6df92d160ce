"""Picked peaks: pick, edit, clear, copy, export."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QCursor, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu

from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.drafts import said
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.plan import partner_of
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.peak_clipboard import peaks_mime
from nmrcam_qt.ui.peak_desk import NO_PEAKS, OF_A_LIST, PeakDesk, Target, is_list
from nmrcam_qt.ui.peak_tool import Mode
from nmrcam_qt.workers.jobs import FunctionJob
from nmrcam_qt.workers.runner import Lane

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.ui.page import Page
    from nmrcam_qt.ui.peak_export import PeakExport, PeakExportDialog, PeaksExistQuestion
    from nmrcam_qt.ui.peak_panel import PeakPanel
    from nmrcam_qt.workers.peak_files_job import PeakFile
    from nmrcam_qt.workers.pick_job import PickSummary, PickTarget

NONE_PICKED = "No peaks have been picked in the selected spectra."
NO_PEAK_SELECTED = "No peak is selected."
KINDS = {
    PeakKind.SIGNAL: "A signal of the sample",
    PeakKind.ONE_BOND: "A one-bond doublet",
    PeakKind.SOLVENT: "Solvent or reference",
    PeakKind.DOUBTFUL: "Doubtful",
}


class PeakCommands(CommandBase):
    """Peaks of the selected spectra; the tool that edits those of the one that is shown."""

    peak_menu: QMenu | None = None
    peak_export: PeakExportDialog | None = None
    peak_question: PeaksExistQuestion | None = None

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        actions = window.actions_
        for name in ("edit_peaks", "show_peaks"):
            actions[name].setCheckable(True)
        self._remove_keys = actions["remove"].shortcuts()
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.leave_tool)
        actions["box_zoom"].toggled.connect(self._on_box_zoom)

    def peak_slots(self) -> Slots:
        """What these actions do."""
        return {
            "pick_peaks": self.pick_peaks,
            "edit_peaks": self.toggle_edit,
            "delete_peaks": self.delete_peaks,
            "clear_peaks": self.clear_peaks,
            "copy_peaks": self.copy_peaks,
            "export_peaks": self.export_peaks,
            "show_peaks": self.toggle_peaks,
        }

    @property
    def _peak_desk(self) -> PeakDesk:
        return self._window.page.peaks

    def follow_peaks(self, page: Page) -> None:
        """Another project is shown."""
        desk = page.peaks
        desk.mode_changed.connect(self._on_mode)
        desk.selection_changed.connect(self.update_peak_actions)
        desk.said.connect(self._say_peaks)
        desk.menu_asked.connect(self.show_peak_menu)
        self._on_mode()

    def follow_peak_panel(self, panel: PeakPanel) -> None:
        """The table of peaks of a project is there."""
        panel.copy_asked.connect(self.copy_peaks)
        panel.set_actions(self._window.actions_)
        panel.restore(self._window.settings)

    def update_peak_actions(self) -> None:
        """Enable what can be done."""
        actions, current = self._window.actions_, self._session.current
        nothing = NOTHING_OPEN if current is None else ""
        items = self._found(self._selected_or_current())
        pickable = any(not is_list(item) for item in items)
        self._enable("pick_peaks", nothing or ("" if pickable else OF_A_LIST))
        reason = nothing or self._peak_desk.read_only_reason()
        self._enable("edit_peaks", reason)
        selected = "" if self._peak_desk.selected else NO_PEAK_SELECTED
        self._enable("delete_peaks", reason or selected)
        picked = any(item.record.picked is not None for item in items)
        self._enable("clear_peaks", nothing or ("" if picked else NONE_PICKED))
        self._enable("copy_peaks", nothing or ("" if self._peak_desk.picked else NO_PEAKS))
        self._enable("show_peaks", nothing)
        self._enable("export_peaks", nothing or ("" if self._with_peaks() else NONE_PICKED))
        actions["show_peaks"].setChecked(self._session.view.show_peaks)
        if reason and self._peak_desk.mode is Mode.PEAKS:
            self._peak_desk.set_mode(Mode.SELECT)

    # Picking

    @Slot()
    def pick_peaks(self) -> None:
        """Pick the selected spectra in the background."""
        from nmrcam_qt.workers.pick_job import PickJob

        items = [i for i in self._found(self._selected_or_current()) if not is_list(i)]
        if not items:
            return
        panel, dock = self._window.page.peak_panel, self._window.docks.peaks
        dock.show()
        dock.raise_()
        self._session.set_view(show_peaks=True)
        targets = [self._target(item) for item in items]
        job = PickJob(targets, panel.settings.pick_settings, panel.settings.keep_edited)
        self._bench.do(job, self._on_picked, Lane.PEAKS)

    def _target(self, item: SessionItem) -> PickTarget:
        """A spectrum, with the HSQC of its sample where it is an HMBC."""
        from nmrcam_qt.workers.pick_job import Partner, PickTarget

        other = partner_of(self._session, item) if item.experiment is Experiment.HMBC else None
        partner = Partner(other.id, other.packed, other.picked) if other is not None else None
        return PickTarget(item.id, item.name, item.packed, partner)

    def _on_picked(self, summary: PickSummary) -> None:
        self._say_peaks(summary.sentence)

    @Slot()
    def clear_peaks(self) -> None:
        """Take all picked peaks of the selected spectra away; one step of undo."""
        items = [i for i in self._found(self._selected_or_current()) if i.record.picked]
        for item in items:
            key = f"unpick {items[0].id} {len(items)}" if len(items) > 1 else ""
            text = said("Unpick", [item.name])
            self._session.set_picked(item.id, None, text, merge_key=key)

    # Editing

    @Slot()
    def toggle_edit(self) -> None:
        """Clicks add peaks, or select them again."""
        on = self._window.actions_["edit_peaks"].isChecked()
        if on:
            self._session.set_view(show_peaks=True)
        self._peak_desk.set_mode(Mode.PEAKS if on else Mode.SELECT)

    @Slot()
    def leave_tool(self) -> None:
        """Clicks and drags mean what they always mean."""
        self._peak_desk.set_mode(Mode.SELECT)

    @Slot()
    def _on_mode(self) -> None:
        """While peaks are edited, Delete means them and no spectrum."""
        mode, actions = self._peak_desk.mode, self._window.actions_
        actions["edit_peaks"].setChecked(mode is Mode.PEAKS)
        self._escape.setEnabled(mode is not Mode.SELECT)
        editing = mode is Mode.PEAKS
        actions["remove"].setShortcuts([] if editing else self._remove_keys)
        actions["delete_peaks"].setShortcuts(self._remove_keys if editing else [])
        if mode is not Mode.SELECT and actions["box_zoom"].isChecked():
            actions["box_zoom"].setChecked(False)
            self._window.page.panes.set_box_tool(False)
        hints = {
            Mode.PEAKS: "Click: add a peak (Shift: exactly there). Drag: move. Ctrl+drag: select. "
            "Delete: delete. Esc: stop.",
            Mode.MASK: "Drag a box around what is no signal of the sample. Esc: stop.",
            Mode.LASSO: "Draw a line around peaks (Ctrl: in addition). Esc: stop.",
            Mode.PLACE: "Click a signal whose shift you know (Shift: exactly there). Esc: stop.",
        }
        self._window.statusBar().showMessage(hints.get(mode, ""))

    @Slot(bool)
    def _on_box_zoom(self, on: bool) -> None:
        if on and self._peak_desk.mode in (Mode.PEAKS, Mode.MASK, Mode.LASSO):
            self._peak_desk.set_mode(Mode.SELECT)

    @Slot()
    def delete_peaks(self) -> None:
        """Delete the selected peaks."""
        self._peak_desk.delete_selected()

    @Slot()
    def toggle_peaks(self) -> None:
        """Mark peaks or not."""
        self._session.set_view(show_peaks=self._window.actions_["show_peaks"].isChecked())

    # Copying

    @Slot()
    def copy_peaks(self) -> None:
        """The selected peaks, or all of the spectrum, as a table."""
        picked, selected = self._peak_desk.picked, self._peak_desk.selected
        if picked is None:
            return
        peaks = [peak for peak in picked.peaks if not selected or peak.id in selected]
        QApplication.clipboard().setMimeData(peaks_mime(peaks))
        text = "1 peak is" if len(peaks) == 1 else f"{len(peaks)} peaks are"
        self._say_peaks(f"{text} on the clipboard.")

    # Files

    def _with_peaks(self) -> list[SessionItem]:
        """The selected spectra that have peaks, picked or listed."""
        items = self._found(self._selected_or_current())
        return [item for item in items if item.record.picked is not None or is_list(item)]

    @Slot()
    def export_peaks(self) -> None:
        """Ask where to, then write the peaks of the selected spectra."""
        from nmrcam_qt.ui.peak_export import PeakExportDialog, ask_peak_file
        from nmrcam_qt.workers.peak_files_job import PeakFile, PeakFilesJob

        items = self._with_peaks()
        if len(items) == 1:
            asked = ask_peak_file(self._window, self._window.settings, items[0].name)
            if asked is not None:
                path, form = asked
                self._bench.do(PeakFilesJob([PeakFile(path, items[0])], form), self._on_written)
        elif items:
            names = [item.name for item in items]
            dialog = PeakExportDialog(names, self._window.settings, self._window)
            dialog.chosen.connect(lambda wanted: self._look(items, wanted))
            dialog.finished.connect(self._forget_peak_export)
            self.peak_export = dialog
            dialog.open()

    @Slot()
    def _forget_peak_export(self) -> None:
        self.peak_export = None

    def _look(self, items: list[SessionItem], wanted: PeakExport) -> None:
        """Whether files are in the way is asked outside this thread: the drive may be slow."""
        from nmrcam_qt.workers.peak_files_job import existing, peak_files

        files = peak_files(wanted.folder, items, wanted.form)
        title = f"Looking into {wanted.folder.name}"
        self._bench.do(
            FunctionJob(title, lambda _context: existing(files)),
            lambda there: self._on_looked_for_peaks(files, there, wanted),
        )

    def _on_looked_for_peaks(
        self, files: list[PeakFile], there: list[str], wanted: PeakExport
    ) -> None:
        """Ask once about files that are in the way, then write."""
        from nmrcam_qt.ui.peak_export import PeaksExistQuestion
        from nmrcam_qt.workers.peak_files_job import PeakFilesJob

        def write(overwrite: bool) -> None:
            kept = files if overwrite else [f for f in files if f.path.name not in there]
            if kept:
                job = PeakFilesJob(kept, wanted.form, wanted.signals_only)
                self._bench.do(job, self._on_written)

        if not there:
            write(True)
            return
        question = PeaksExistQuestion(wanted.folder.name, there, self._window)
        question.answered.connect(write)
        self.peak_question = question
        question.open()

    def _on_written(self, count: int) -> None:
        self._say_peaks("1 file was written." if count == 1 else f"{count} files were written.")

    # The menu of a place

    @Slot(object, object)
    def show_peak_menu(self, target: Target, peak_id: int | None) -> None:
        """What can be done with a peak, or at a place of the spectrum."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        actions, reason = self._window.actions_, self._peak_desk.read_only_reason()
        if peak_id is None:
            add = menu.addAction("Add a peak here", lambda: self._add(target))
            add.setEnabled(not reason)
            add.setToolTip(reason)
        else:
            menu.addAction("Show its row", lambda: self._window.page.peak_panel.show_peak(peak_id))
            kinds = menu.addMenu("It is")
            kinds.setEnabled(not reason)
            for kind, text in KINDS.items():
                kinds.addAction(text, partial(self._peak_desk.call_selected, kind))
            menu.addAction(actions["delete_peaks"])
        menu.addSeparator()
        menu.addAction("Reference here …", lambda: self._reference_at(target))
        menu.addSeparator()
        for name in ("pick_peaks", "edit_peaks", "show_peaks", "mask_tool", "solvents"):
            menu.addAction(actions[name])
        menu.aboutToHide.connect(menu.deleteLater)
        self.peak_menu = menu
        menu.popup(QCursor.pos() if QCursor.pos() != QPoint() else self._window.pos())

    def _add(self, target: Target) -> None:
        self._session.set_view(show_peaks=True)
        self._peak_desk.add(target.item_id, target.place)

    def _reference_at(self, target: Target) -> None:
        self._window.actions_["reference"].trigger()
        self._peak_desk.place_chosen.emit(target)

    @Slot(str)
    def _say_peaks(self, text: str) -> None:
        self._window.statusBar().showMessage(text, 8000)
