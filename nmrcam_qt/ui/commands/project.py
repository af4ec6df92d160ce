"""Projects: new, open, save as, close; what is offered and what is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from nmrcam_qt.ui import project_dialogs
from nmrcam_qt.ui.commands.base import CommandBase, Slots
from nmrcam_qt.ui.project_desk import ProjectDesk

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

NO_FILE = "There is no project file yet."


class ProjectCommands(CommandBase):
    """The life of the project."""

    def project_slots(self) -> Slots:
        """What these actions do."""
        return {
            "new": self.new_project,
            "open_project": self.open_project,
            "save_as": self.save_project_as,
            "save_copy": self.save_project_copy,
            "embed": self.set_embedding,
            "close_project": self.close_project,
        }

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        window.actions_["embed"].setCheckable(True)

    @property
    def _desk(self) -> ProjectDesk:
        return self._window.desk

    def update_project_actions(self) -> None:
        """Enable what can be done."""
        has_file = self._desk.store is not None
        self._enable("save_copy", "" if has_file else NO_FILE)
        self._enable("save_as", "" if has_file or self._desk.status is not None else NO_FILE)
        self._window.actions_["embed"].setChecked(self._session.options.embed)
        blank = "This project is empty already." if self._desk.is_blank else ""
        self._enable("close_project", blank)

    @Slot()
    def new_project(self) -> None:
        """Begin an empty project."""
        self._desk.new()

    @Slot()
    def open_project(self) -> None:
        """Ask for a project."""
        path = project_dialogs.ask_project(self._window, self._window.settings)
        if path is not None:
            self._desk.open(path)

    @Slot(object)
    def open_recent(self, path: Path) -> None:
        """Open a project of the list."""
        self._desk.open(path)

    @Slot()
    def save_project_as(self) -> None:
        """Ask where to; the project lives there from now on."""
        path = self._ask_place("Save the project as")
        if path is not None:
            self._desk.save_as(path)

    @Slot()
    def save_project_copy(self) -> None:
        """Ask where to; the project goes on where it is."""
        path = self._ask_place("Save a copy of the project")
        if path is not None:
            self._desk.save_copy(path)

    def _ask_place(self, title: str) -> Path | None:
        proposal = self._desk.title
        return project_dialogs.ask_new_place(self._window, self._window.settings, title, proposal)

    @Slot()
    def set_embedding(self) -> None:
        """Whether spectra are copied into the project from now on."""
        wanted = self._window.actions_["embed"].isChecked()
        self._session.set_options(replace(self._session.options, embed=wanted))

    @Slot(str)
    def tell_project(self, text: str) -> None:
        """Why a project was not opened or not saved."""
        self._tell("nmrcam", text)

    @Slot()
    def close_project(self) -> None:
        """Close the project; an empty one takes its place."""
        self._desk.new()
