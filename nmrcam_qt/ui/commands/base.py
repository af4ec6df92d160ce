"""What all groups of commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.actions import enable
from nmrcam_qt.ui.workbench import Workbench

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

NOTHING_OPEN = "No spectrum is open."
NOTHING_SELECTED = "No spectrum is selected."

Slots = dict[str, Callable[[], None]]
"""Names of actions and what they do."""


class CommandBase(QObject):
    """A group of commands of one window; the project behind the window may change.

    Parameters
    ----------
    window : MainWindow
        The window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.message: QMessageBox | None = None

    @property
    def _session(self) -> Session:
        """The open session."""
        return self._window.session

    @property
    def _bench(self) -> Workbench:
        """The workbench of the open session."""
        return self._window.workbench

    def _selected_or_current(self) -> list[int]:
        """Ids of the selected spectra, or of the one that is shown."""
        current = self._session.current
        selected = self._window.sidebar.selected_ids()
        return selected or ([current.id] if current is not None else [])

    def _found(self, ids: Iterable[int]) -> list[SessionItem]:
        """The items with these ids that are still there."""
        return [item for item in map(self._session.find, ids) if item is not None]

    def _enable(self, names: str, reason: str) -> None:
        """Enable actions, or disable them with one reason."""
        for name in names.split():
            enable(self._window.actions_[name], reason)

    def _tell(self, title: str, text: str) -> None:
        """Open a message without stopping anything."""
        self.message = QMessageBox(self._window)
        self.message.setWindowTitle(title)
        self.message.setText(text)
        self.message.open()
