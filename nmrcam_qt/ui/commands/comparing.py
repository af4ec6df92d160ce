"""Single maps on demand, their checks, and methods and classes beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from nmrcam_qt.session.checking import Badge, check_key, map_name
from nmrcam_qt.session.shown import NOTHING_TO_COMPARE, Shown
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots

if TYPE_CHECKING:
    from nmrcam_qt.ui.compare_window import CompareWindow
    from nmrcam_qt.ui.page import Page

MAP_THERE = "The map is there."
NO_MAP = "No map is shown."
EMPTY = "The map is empty: there is nothing to check."
CHECKED = "The map is checked, or being checked: click its badge."


class CompareCommands(CommandBase):
    """Compute the chosen map, check it, compare it with others."""

    compare_window: CompareWindow | None = None

    def compare_slots(self) -> Slots:
        """What these actions do."""
        return {
            "compute_map": self.compute_map,
            "check_map": self.check_map,
            "compare": self.compare,
        }

    def follow_compare(self, page: Page) -> None:
        """Another project is shown."""
        page.checks.told.connect(self.tell_check)
        page.checks.changed.connect(self.update_compare_actions)

    def update_compare_actions(self) -> None:
        """Enable what can be done."""
        shown, checks = self._window.shown, self._window.page.checks
        nothing = "" if len(self._session) else NOTHING_OPEN
        there = MAP_THERE if shown.explanation is not None else shown.message or NO_MAP
        self._enable("compute_map", nothing or ("" if shown.computable else there))
        reason = "" if checks.unchecked((shown,)) else CHECKED
        if check_key(self._session, shown) is None:
            reason = NO_MAP
        elif shown.explanation is not None and shown.explanation.empty:
            reason = EMPTY
        self._enable("check_map", nothing or reason)
        refused = shown.refusal or ("" if shown.analysis is not None else NOTHING_TO_COMPARE)
        self._enable("compare", nothing or refused)

    @Slot()
    def compute_map(self) -> None:
        """Make the chosen map alone."""
        self._window.page.compute_map()

    @Slot()
    def check_map(self) -> None:
        """Whether the shown map can be believed."""
        self._window.page.check_map()

    @Slot(object, object)
    def tell_check(self, pane: Shown, badge: Badge) -> None:
        """What a badge means."""
        self._tell(f"Checks of {map_name(pane)}", "\n\n".join(badge.sentences))

    @Slot()
    def compare(self) -> None:
        """Methods and classes of the shown spectrum beside each other."""
        if self.compare_window is not None:
            self.compare_window.raise_()
            self.compare_window.activateWindow()
            return
        from nmrcam_qt.ui.compare_window import CompareWindow  # not for the first paint

        window = CompareWindow(self._window.page, self._window.settings, self._window)
        window.map_asked.connect(self.show_map_of)
        window.destroyed.connect(self._forget_compare)
        self.compare_window = window
        window.show()

    @Slot(object)
    def show_map_of(self, pane: Shown) -> None:
        """A map of the comparison in the main window."""
        if pane.item is not None:
            self._session.select(pane.item.id)
        view = pane.view
        self._session.set_view(class_id=view.class_id, method=view.method)

    @Slot()
    def _forget_compare(self) -> None:
        self.compare_window = None
