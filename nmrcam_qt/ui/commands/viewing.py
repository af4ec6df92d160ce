"""Where the user looks: spectrum, class, method, zoom, lists."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.session.method_choice import is_slow
from nmrcam_qt.session.shown import has_maps, method_reason
from nmrcam_qt.ui.actions import enable
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots

NEEDS_SPECTRUM = (
    "next previous original reset next_class previous_class next_method previous_method"
)


class ViewCommands(CommandBase):
    """Go to another spectrum, class or method; search; reset the zoom."""

    def view_slots(self) -> Slots:
        """What these actions do."""
        return {
            "next": self.next_spectrum,
            "previous": self.previous_spectrum,
            "next_class": self.next_class,
            "previous_class": self.previous_class,
            "next_method": self.next_method,
            "previous_method": self.previous_method,
            "original": self.show_original,
            "reset": self.reset_zoom,
            "find": self.find,
        }

    def update_view_actions(self) -> None:
        """Enable what can be done."""
        self._enable(NEEDS_SPECTRUM, "" if len(self._session) else NOTHING_OPEN)
        rows = self._window.panel.classes.rows
        for number, action in enumerate(self._window.class_actions):
            known = number < len(rows)
            action.setVisible(known)
            action.setText(rows[number].title if known else action.text())
            enable(action, "" if known else "The network has fewer classes.")

    @Slot()
    def next_spectrum(self) -> None:
        """Down the list."""
        self._window.sidebar.step(1)

    @Slot()
    def previous_spectrum(self) -> None:
        """Up the list."""
        self._window.sidebar.step(-1)

    @Slot()
    def next_class(self) -> None:
        """The next class; after the last one the spectrum without a map."""
        self._step_class(1)

    @Slot()
    def previous_class(self) -> None:
        """The previous class; before the first one the spectrum without a map."""
        self._step_class(-1)

    def _step_class(self, by: int) -> None:
        ids = [None, *(row.id for row in self._window.panel.classes.rows)]
        now = self._session.view.class_id
        place = ids.index(now) if now in ids else 0
        self._session.set_view(class_id=ids[(place + by) % len(ids)])

    @Slot()
    def next_method(self) -> None:
        """The next method that this network has; of the slow ones only those with maps."""
        self._step_method(1)

    @Slot()
    def previous_method(self) -> None:
        """The previous method that this network has; see `next_method`."""
        self._step_method(-1)

    def _step_method(self, by: int) -> None:
        shown, now = self._window.shown, self._session.view.method
        methods = [
            m
            for m in METHODS
            if m == now or has_maps(shown, m) or not (is_slow(m) or method_reason(shown, m))
        ]
        place = methods.index(now) if now in methods else 0
        self._session.set_view(method=methods[(place + by) % len(methods)])

    @Slot()
    def show_original(self) -> None:
        """No map."""
        self._session.set_view(class_id=None)

    @Slot()
    def show_class(self) -> None:
        """The map of the class with the action's number."""
        action = self.sender()
        rows = self._window.panel.classes.rows
        if isinstance(action, QAction) and action.data() < len(rows):
            self._session.set_view(class_id=rows[action.data()].id)

    @Slot()
    def reset_zoom(self) -> None:
        """The whole spectrum."""
        self._window.page.panes.reset()

    @Slot()
    def clear_problems(self) -> None:
        """Forget the problems and hide their list."""
        self._session.clear_problems()
        self._window.problem_dock.hide()

    @Slot()
    def find(self) -> None:
        """To the search box."""
        self._window.side_dock.show()
        self._window.sidebar.search.setFocus()
        self._window.sidebar.search.selectAll()
