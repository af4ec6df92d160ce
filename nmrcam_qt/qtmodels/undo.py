"""The undo stack of a session: every change that the session tells of becomes a command."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from nmrcam_qt.session.changes import TURN, Change, merged
from nmrcam_qt.session.events import ChangeMade, Event
from nmrcam_qt.session.session import Session

MERGE_S = 1.5
"""Changes of the same view settings or contours that follow each other so fast are one step."""
UNDO_LIMIT = 500
_MERGEABLE = 1


class ChangeCommand(QUndoCommand):
    """A change that the session has already made.

    Parameters
    ----------
    session : Session
        Which made it.
    change : Change
        What it did.
    when : float
        Seconds, monotonic.
    """

    def __init__(self, session: Session, change: Change, when: float) -> None:
        super().__init__(change.text)
        self._session = session
        self._done = True
        self.change = change
        self.when = when

    def redo(self) -> None:
        """Make the change again; nothing at first, because it was already made."""
        if self._done:
            self._done = False
            return
        self._session.apply(self.change)

    def undo(self) -> None:
        """Take the change back."""
        self._session.apply(self.change.inverse())

    def id(self) -> int:
        """Commands with the same id are offered to `mergeWith`."""
        return _MERGEABLE if self.change.merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Become one step with a change that follows and has the same key.

        A slider that is moved again later is another step. Parts of one job are one step
        however long the job takes: its key is its own.
        """
        if not isinstance(other, ChangeCommand):
            return False
        turned = self.change.view is not None or self.change.merge_key.startswith(TURN)
        late = turned and other.when - self.when > MERGE_S
        if late or self.change.merge_key != other.change.merge_key:
            return False
        self.change = merged(self.change, other.change)
        self.when = other.when
        self.setText(self.change.text)
        return True


class UndoRecorder(QObject):
    """Pushes every change of a session on an undo stack.

    Parameters
    ----------
    session : Session
        Whose changes; undo and redo apply them there.
    stack : QUndoStack
        Should be empty; it is cleared when the recorder ends.
    clock : callable, optional
        Seconds, monotonic.
    """

    def __init__(
        self, session: Session, stack: QUndoStack, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(stack)
        self._session = session
        self._stack = stack
        self._clock = clock
        if stack.count() == 0:
            stack.setUndoLimit(UNDO_LIMIT)
        self._unsubscribe = session.subscribe(self._on_event)

    def end(self) -> None:
        """Listen no more, and forget all steps: they belong to a session that is closed."""
        self._unsubscribe()
        self._stack.clear()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, ChangeMade):
            self._stack.push(ChangeCommand(self._session, event.change, self._clock()))
