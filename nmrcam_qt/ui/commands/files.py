"""Spectra that come in, pictures that go out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot

from nmrcam_qt.core.samples import sample_paths
from nmrcam_qt.core.writers.files import safe_name
from nmrcam_qt.core.writers.request import nameless
from nmrcam_qt.session.pictured import left_out
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots


class FileCommands(CommandBase):
    """Open, save a picture, quit."""

    def file_slots(self) -> Slots:
        """What these actions do."""
        return {
            "open": self.open_files,
            "folder": self.open_folder,
            "samples": self.open_samples,
            "save": self.save_picture,
            "quit": self.quit,
        }

    def update_file_actions(self) -> None:
        """Enable what can be done."""
        self._enable("save", "" if len(self._session) else NOTHING_OPEN)
        self._enable("samples", "" if sample_paths() else "The samples are not installed.")

    @Slot()
    def open_files(self) -> None:
        """Ask for files."""
        self._bench.open(file_dialogs.ask_files(self._window, self._window.settings))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder."""
        self._bench.open(file_dialogs.ask_folder(self._window, self._window.settings))

    @Slot()
    def open_samples(self) -> None:
        """Open the shipped samples and analyse them."""
        self._bench.open(sample_paths(), analyse=True)

    @Slot()
    def save_picture(self) -> None:
        """Ask where to, then save what is shown."""
        window, without = self._window, left_out(self._window.shown)
        path = file_dialogs.ask_save(window, window.settings, self.proposed_name(), without)
        if path is not None:
            self._bench.save_picture(path)

    def proposed_name(self) -> str:
        """``<stem>_<class>_<method>.png`` as on the command line."""
        shown = self._window.shown
        if shown.item is None:
            return "spectrum.png"
        path, kind = Path(shown.item.path), shown.item.packed.provenance.kind
        parts = [shown.item.name if nameless(path, kind) else path.stem or shown.item.name]
        if shown.explanation is not None:
            parts += [shown.explanation.class_id, shown.explanation.method]
        return safe_name("_".join(parts)) + ".png"

    @Slot()
    def quit(self) -> None:
        """Close the window."""
        self._window.close()
