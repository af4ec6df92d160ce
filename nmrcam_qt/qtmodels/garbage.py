"""Garbage is collected between the events of the window, never in the midst of one.

Python looks for cycles of garbage whenever enough objects were made: inside whatever call runs
at the time, and in whatever thread. Where such a cycle holds widgets, they are destroyed there
and then, in a worker's thread or inside a call of Qt that holds a lock, which has hung the
window for good (seen in ``QObject::disconnect``). The remedy is that of Erik Janssens, "Should
Python garbage collection be disabled in GUI applications?" (2014), which pyqtgraph keeps in
``util.garbage_collector``: no automatic collection, and a timer of the event loop instead.

A collection walks through all objects of its generation, and the window waits. So what the start
made, a hundred thousand objects that stay as long as the program, is frozen; what ten thousand
rows are made of goes straight to the oldest generation, and that is looked through only where
what lives has grown beyond them by a quarter, much like Python's own rule, which `gc.collect`
does not know. A project that is closed is not left to a collection: its rows are let go a few
at a time.

How much lives is told by the blocks of memory in use. The lists of `gc.get_objects` would be more
exact, and must not be asked for: a tuple that a job's thread is just making is in them, and
Python refuses to finish one that somebody else holds (`SystemError`, which failed an export).
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Slot

from nmrcam_qt.session.ending import emptied
from nmrcam_qt.session.session import Session

EVERY_MS = 100
"""What a job makes in a second would take 10 ms to look through at once."""
GROWTH = 1.25
LATER_MS, TURN_S, PAUSE_MS = 150, 0.004, 8
"""A closed project is let go in turns of the event loop, once the other one is painted."""
_MIDDLE, _OLDEST = 1, 2


class GarbageTimer(QObject):
    """Collects what is due, from the event loop of the thread it was made in.

    Parameters
    ----------
    parent : QObject
        The window; the collection ends with it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(collect_due)

    @Slot()
    def begin(self) -> None:
        """What is there now stays; garbage is collected from now on. Once."""
        if not self._timer.isActive():
            gc.freeze()
            _Lives.frozen = _Lives.before = sys.getallocatedblocks()
            self._timer.start()


class _Lives:
    """Blocks of memory: frozen at the start, and in use after all was last looked through."""

    frozen = 0
    before = 0

    @classmethod
    def has_grown(cls) -> bool:
        now = sys.getallocatedblocks()
        return now - cls.frozen > GROWTH * (cls.before - cls.frozen)


def collect_due() -> None:
    """Collect the generations that Python's own collector would have collected by now."""
    for generation, threshold in enumerate(gc.get_threshold()):
        # Collecting one counts for the next, so that each is looked at afresh.
        if gc.get_count()[generation] <= threshold:
            return
        if generation == _OLDEST and not _Lives.has_grown():
            return
        gc.collect(generation)
    _Lives.before = sys.getallocatedblocks()


def set_aside() -> None:
    """What was made lately is looked through once, and then not until the project is closed.

    It lies in the oldest generation from now on, and does not count as growth. Repeated at once
    this costs 0.1 ms.
    """
    gc.collect(_MIDDLE)
    _Lives.before = max(_Lives.before, sys.getallocatedblocks())


class LettingGo(QObject):
    """Lets go of sessions that nobody looks at any more, in turns of 4 ms.

    Left to the collection of garbage, ten thousand rows are 200,000 objects in one turn of a
    quarter of a second. What is left of a session and of its widgets without them is collected
    in the last two turns: what is young, which is mostly what was read of the other project,
    then everything.

    Parameters
    ----------
    parent : QObject
        The window.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: list[Iterator[None]] = []
        self._due: list[Session] = []
        self._is_young_due = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def is_busy(self) -> bool:
        """Whether something is left."""
        return self._timer.isActive()

    def take_after(self, looking: QObject, session: Session) -> None:
        """Empty this session soon after what looks at it is deleted.

        Nothing is left to do where that happens because the window is deleted.

        Parameters
        ----------
        looking : QObject
            Deleted before the one of the next call.
        session : Session
            Which nobody else looks at.
        """
        self._due.append(session)
        looking.destroyed.connect(self._take_due)

    @Slot()
    def _take_due(self) -> None:
        self.take(self._due.pop(0))

    def take(self, session: Session) -> None:
        """Empty this session soon; its widgets are gone."""
        self._left.append(emptied(session.holders()))
        if not self._timer.isActive():
            self._timer.start(LATER_MS)

    @Slot()
    def _go_on(self) -> None:
        self._timer.setInterval(PAUSE_MS)
        end = time.perf_counter() + TURN_S
        while self._left and time.perf_counter() < end:
            try:
                next(self._left[0])
            except StopIteration:
                del self._left[0]
                self._is_young_due = not self._left
        if self._is_young_due:
            self._is_young_due = False
            gc.collect(_MIDDLE)
        elif not self._left:
            self._timer.stop()
            gc.collect()
            _Lives.before = sys.getallocatedblocks()
