"""Changes of the project: undo, remove, group, flag."""

from __future__ import annotations

from PySide6.QtCore import Slot

from nmrcam_qt.session.records import Flag
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, NOTHING_SELECTED, CommandBase, Slots

NOTHING_TO_UNDO = "Nothing was changed since the project was opened."
NOTHING_TO_REDO = "Nothing was undone."
FLAGS = {
    "flag_check": Flag.CHECK,
    "flag_confirmed": Flag.CONFIRMED,
    "flag_rejected": Flag.REJECTED,
    "flag_none": Flag.NONE,
}


class EditCommands(CommandBase):
    """Whatever changes records, and the way back."""

    def edit_slots(self) -> Slots:
        """What these actions do."""
        return {
            "undo": self.undo,
            "redo": self.redo,
            "remove": self.remove,
            "group": self.group,
            "ungroup": self.ungroup,
            "flag_check": self.flag_check,
            "flag_confirmed": self.flag_confirmed,
            "flag_rejected": self.flag_rejected,
            "flag_none": self.flag_none,
        }

    def update_edit_actions(self) -> None:
        """Enable what can be done."""
        selected = self._found(self._window.sidebar.selected_ids())
        nothing = "" if len(self._session) else NOTHING_OPEN
        reason = nothing or ("" if selected else NOTHING_SELECTED)
        self._enable(" ".join(("remove", *FLAGS)), reason)
        several = "" if len(selected) > 1 else "Select two or more spectra."
        self._enable("group", nothing or several)
        grouped = any(item.sample is not None for item in selected)
        alone = "" if grouped else "The selected spectra belong to no sample."
        self._enable("ungroup", reason or alone)
        self.update_undo_actions()

    @Slot()
    def update_undo_actions(self) -> None:
        """Say what would be undone and redone."""
        stack, actions = self._window.page.undo_stack, self._window.actions_
        self._enable("undo", "" if stack.canUndo() else NOTHING_TO_UNDO)
        self._enable("redo", "" if stack.canRedo() else NOTHING_TO_REDO)
        actions["undo"].setText(_menu_text("Undo", stack.undoText()))
        actions["redo"].setText(_menu_text("Redo", stack.redoText()))

    @Slot()
    def undo(self) -> None:
        """Take the latest change back."""
        self._window.page.undo_stack.undo()

    @Slot()
    def redo(self) -> None:
        """Make the change again that was taken back last."""
        self._window.page.undo_stack.redo()

    @Slot()
    def remove(self) -> None:
        """Remove the selected spectra."""
        self._session.remove(self._window.sidebar.selected_ids())

    @Slot()
    def group(self) -> None:
        """Make one sample of the selected spectra."""
        ids = self._window.sidebar.selected_ids()
        if len(self._found(ids)) > 1:
            self._session.group(ids)

    @Slot()
    def ungroup(self) -> None:
        """Take the selected spectra out of their samples."""
        self._session.ungroup(self._window.sidebar.selected_ids())

    @Slot()
    def flag_check(self) -> None:
        """To check."""
        self._flag(Flag.CHECK)

    @Slot()
    def flag_confirmed(self) -> None:
        """Confirmed."""
        self._flag(Flag.CONFIRMED)

    @Slot()
    def flag_rejected(self) -> None:
        """Rejected."""
        self._flag(Flag.REJECTED)

    @Slot()
    def flag_none(self) -> None:
        """No flag."""
        self._flag(Flag.NONE)

    def _flag(self, flag: Flag) -> None:
        self._session.set_flag(self._selected_or_current(), flag)


def _menu_text(verb: str, what: str) -> str:
    """``Undo Remove 3 spectra``; ``&`` in a name is no key."""
    return f"{verb} {what}".strip().replace("&", "&&")
