"""Before a project is left: wait until it is saved, and ask where it cannot be."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QProgressDialog, QWidget

from nmrcam_qt.core.errors import Cancelled, NmrCamError, ProjectError
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.store import SaveState, Store
from nmrcam_qt.ui.project_dialogs import Leave, ask_leave, ask_new_place
from nmrcam_qt.workers.project_jobs import close_store, save_from_memory

if TYPE_CHECKING:
    from nmrcam_qt.ui.project_desk import ProjectDesk

WAIT_S = 20.0
_STEP_S = 0.05
_VISIBLE_AFTER_S = 0.3


class ShownProgress:
    """Progress of something that happens while the window waits, with *Cancel*.

    Parameters
    ----------
    window : QWidget
        Over which it is shown.
    text : str
        What happens.
    """

    def __init__(self, window: QWidget, text: str) -> None:
        self._dialog = QProgressDialog(text, "Cancel", 0, 0, window)
        self._dialog.setWindowTitle("nmrcam")
        self._dialog.setWindowModality(Qt.WindowModality.WindowModal)
        self._dialog.setMinimumDuration(int(_VISIBLE_AFTER_S * 1000))

    def step(self, done: int, total: int, text: str = "") -> None:
        """Show how far it is; raises `Cancelled` where the user cancelled."""
        self._dialog.setMaximum(total)
        self._dialog.setValue(min(done, max(total - 1, 0)))
        if self._dialog.wasCanceled():
            raise Cancelled

    def end(self) -> None:
        """It is over."""
        self._dialog.close()
        self._dialog.deleteLater()


def is_safe(desk: ProjectDesk, store: Store) -> bool:
    """Whether nothing that matters is lost when the project is left now."""
    status = store.status
    if status.state is SaveState.READ_ONLY:
        # Where the user is waits, too, as one entry; nobody misses it.
        return status.pending <= 1 and not desk.window_.page.undo_stack.count()
    return status.pending == 0


def wait_until_saved(desk: ProjectDesk, store: Store, wait_s: float = WAIT_S) -> bool:
    """Wait until everything is in the file, visibly where that takes long; whether it is."""
    window = desk.window_
    begun = time.monotonic()
    shown: ShownProgress | None = None
    try:
        while not store.flush(_STEP_S):
            waited = time.monotonic() - begun
            if store.status.state is not SaveState.SAVING or waited > wait_s:
                return is_safe(desk, store)
            if waited > _VISIBLE_AFTER_S:
                shown = shown or ShownProgress(window, "Saving the latest changes …")
                shown.step(0, 0)
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    except Cancelled:
        return False
    finally:
        if shown is not None:
            shown.end()
    return True


def settle(desk: ProjectDesk) -> bool:
    """Wait until the project is saved; ask where it cannot be; whether it may be left."""
    store, window = desk.store, desk.window_
    if store is None:
        if desk.is_blank or desk.status is None:
            return True
    elif wait_until_saved(desk, store):
        return True
    while True:
        status = desk.status if store is None else store.status
        reason = status.text if status is not None else ""
        choice = ask_leave(window, reason or "The project is still being written.")
        if choice is not Leave.SAVE_AS:
            return choice is Leave.LEAVE
        path = ask_new_place(window, window.settings, "Save the project as", desk.title)
        if path is not None and _saved_now(desk, path):
            desk.recent.note(path)
            return True


def _saved_now(desk: ProjectDesk, path: Path) -> bool:
    """Write everything to another file while the window waits."""
    progress = ShownProgress(desk.window_, f"Saving {path.name} …")
    try:
        if desk.store is None:
            save_from_memory(desk.window_.session, path)
        else:
            desk.store.save_copy(path, progress)
    except Cancelled:
        return False
    except NmrCamError as error:
        QMessageBox.warning(desk.window_, "nmrcam", plain_tip(str(error)))
        return False
    finally:
        progress.end()
    return True


def close_now(store: Store, discard: bool) -> str:
    """Close a project at once; why not everything is saved, empty where it is."""
    try:
        close_store(store, discard)
    except ProjectError as error:
        return str(error)
    return ""
