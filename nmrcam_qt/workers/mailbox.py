"""What jobs say, until the window's thread has time for it. No Qt."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

MAX_PARTS = 256
"""A job that is this far ahead of the window waits for it."""
POLL_S = 0.05

Kind = Literal["started", "part", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that a job said.

    Parameters
    ----------
    number : int
        The job.
    kind : str
        What it is.
    payload : object
        Part, result or sentence.
    """

    number: int
    kind: Kind
    payload: object = None


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """How far a job is; only the newest of a job is kept."""

    done: int
    total: int
    text: str


class Mailbox:
    """Letters in order, and the newest progress of every job; thread-safe.

    Parameters
    ----------
    ring : callable
        Called, in the writing thread, when something lies in the box that was empty or had
        been emptied.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._letters: deque[Letter] = deque()
        self._notes: dict[int, ProgressNote] = {}
        self._parts = 0
        self._rung = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._letters) + len(self._notes)

    def put(self, letter: Letter) -> None:
        """Add a letter; never waits."""
        with self._changed:
            self._letters.append(letter)
            self._parts += letter.kind == "part"
        self._tell()

    def wait_for_room(self, given_up: Callable[[], bool]) -> bool:
        """Wait until another part may come; False once `given_up` says so."""
        with self._changed:
            while self._parts >= MAX_PARTS:
                if given_up():
                    return False
                self._changed.wait(POLL_S)
        return True

    def note(self, number: int, note: ProgressNote) -> None:
        """Replace the progress of a job."""
        with self._changed:
            self._notes[number] = note
        self._tell()

    def opened(self) -> None:
        """The window begins to read: what comes from now on rings again."""
        with self._changed:
            self._rung = False

    def take(self) -> Letter | None:
        """The oldest letter."""
        with self._changed:
            if not self._letters:
                return None
            letter = self._letters.popleft()
            if letter.kind == "part":
                self._parts -= 1
                self._changed.notify_all()
            return letter

    def take_note(self, number: int) -> ProgressNote | None:
        """The progress of a job, if there is anything new."""
        with self._changed:
            return self._notes.pop(number, None)

    def take_notes(self) -> dict[int, ProgressNote]:
        """The new progress of all jobs."""
        with self._changed:
            notes, self._notes = self._notes, {}
            return notes

    def _tell(self) -> None:
        with self._changed:
            due, self._rung = not self._rung, True
        if due:
            self._ring()
