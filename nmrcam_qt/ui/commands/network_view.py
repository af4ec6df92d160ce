"""What the network sees of the spectrum, and where the class usually has its signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.session.usual_places import reason_without_prior
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, Slots
from nmrcam_qt.ui.commands.display import DisplayCommands

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow


class NetworkViewCommands(DisplayCommands):
    """Adds *What the network sees* and *Usual places* to the menu *Display*."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.display_menu.addSeparator()
        for name in ("network_view", "usual_places"):
            window.actions_[name].setCheckable(True)
            self.display_menu.addAction(window.actions_[name])

    def network_view_slots(self) -> Slots:
        """What these actions do."""
        return {
            "network_view": self.toggle_network_view,
            "usual_places": self.toggle_usual_places,
        }

    def update_network_view_action(self) -> None:
        """Enable them where there is a network, and to go back."""
        on, shown = self._session.view.network_view, self._window.shown
        reason = NOTHING_OPEN if shown.item is None else ""
        if shown.item is not None and not on and network_view(shown) is None:
            reason = shown.refusal or "No network can look at this spectrum."
        self._enable("network_view", reason)
        self._window.actions_["network_view"].setChecked(on)
        on = self._session.view.usual_places
        self._enable("usual_places", "" if on else reason_without_prior(shown))
        self._window.actions_["usual_places"].setChecked(on)

    @Slot()
    def toggle_network_view(self) -> None:
        """What the network sees, or the spectrum."""
        self._session.set_view(network_view=not self._session.view.network_view)
        self.update_network_view_action()

    @Slot()
    def toggle_usual_places(self) -> None:
        """Lines around the usual places of the class, or none."""
        self._session.set_view(usual_places=not self._session.view.usual_places)
        self.update_network_view_action()
