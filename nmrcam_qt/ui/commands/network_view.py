"""One key: the spectrum, or what the network sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, Slots
from nmrcam_qt.ui.commands.display import DisplayCommands

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow


class NetworkViewCommands(DisplayCommands):
    """Adds *What the network sees* to the menu *Display*."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        action = window.actions_["network_view"]
        action.setCheckable(True)
        self.display_menu.addSeparator()
        self.display_menu.addAction(action)

    def network_view_slots(self) -> Slots:
        """What this action does."""
        return {"network_view": self.toggle_network_view}

    def update_network_view_action(self) -> None:
        """Enable it where there is a network, and to go back."""
        on, shown = self._session.view.network_view, self._window.shown
        reason = NOTHING_OPEN if shown.item is None else ""
        if shown.item is not None and not on and network_view(shown) is None:
            reason = shown.refusal or "No network can look at this spectrum."
        self._enable("network_view", reason)
        self._window.actions_["network_view"].setChecked(on)

    @Slot()
    def toggle_network_view(self) -> None:
        """What the network sees, or the spectrum."""
        self._session.set_view(network_view=not self._session.view.network_view)
        self.update_network_view_action()
