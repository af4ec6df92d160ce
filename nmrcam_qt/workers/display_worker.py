"""Prepares what is drawn, outside the window's thread; several panes share one result.

It is no job of the `JobRunner`: nobody wants a list entry for every turn of the wheel. One
thread lives while there is something to do. What was made is kept, so that going back to a
spectrum costs nothing.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.progress import Progress

log = logging.getLogger(__name__)

KEPT_BYTES = 512_000_000
"""What two results share counts twice."""


class Prepared(Protocol):
    """Something that can be drawn."""

    @property
    def nbytes(self) -> int:
        """Bytes that it keeps."""


Work = Callable[[Progress], Iterator[Prepared]]
"""Called in the worker's thread: yields what can be drawn, each better than the one before."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why something cannot be drawn; one sentence."""

    reason: str
    nbytes: int = 0


@dataclass(slots=True, eq=False)
class _Task:
    """Progress of one piece of work, and who waits for it."""

    key: Hashable
    work: Work
    owners: set[Hashable] = field(default_factory=set)
    cancel: threading.Event = field(default_factory=threading.Event)

    def step(self, done: int, total: int, text: str = "") -> None:
        if self.cancel.is_set():
            raise Cancelled


class Shelf:
    """What was prepared, by key; the longest unused is forgotten. Thread-safe.

    Parameters
    ----------
    most : int
        Bytes that are kept, one result at least.
    """

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Prepared] = OrderedDict()

    def get(self, key: Hashable) -> Prepared | None:
        """What is kept under a key; it is the latest used now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, made: Prepared) -> None:
        """Keep something."""
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            total = sum(one.nbytes for one in self._kept.values())
            while total > self._most and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                total -= gone.nbytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


class DisplayWorker(QObject):
    """Makes what views ask for; every view's latest wish counts.

    Parameters
    ----------
    shelf : Shelf, optional
        Where results are kept.
    """

    arrived = Signal(object, object)
    """Key, and `Prepared` or `Failed`; emitted in the window's thread"""
    _rung = Signal()

    def __init__(self, shelf: Shelf | None = None) -> None:
        super().__init__()
        self.shelf = shelf if shelf is not None else Shelf()
        self._lock = threading.Lock()
        self._queue: list[_Task] = []
        self._running: _Task | None = None
        self._alive = False
        self._news: OrderedDict[Hashable, Prepared] = OrderedDict()
        self._rung.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether anything is being made or waits."""
        with self._lock:
            return self._alive or bool(self._news)

    def ask(self, owner: Hashable, key: Hashable, work: Work) -> Prepared | None:
        """Have something made, unless it is there.

        Parameters
        ----------
        owner : hashable
            Who asks; whatever it asked for before is no longer wanted by it.
        key : hashable
            What; equal keys are made once, however many owners ask.
        work : callable
            Makes it, in another thread. It is not called where the key is known.

        Returns
        -------
        Prepared or None
            Where it is there already; else `arrived` tells, in versions that get better.
        """
        made = self.shelf.get(key)
        with self._lock:
            self._leave(owner, key)
            if made is not None:
                return made
            task = self._find(key)
            if task is None:
                task = _Task(key, work)
                self._queue.append(task)
            task.owners.add(owner)
            if not self._alive:
                self._alive = True
                threading.Thread(target=self._run, name="display").start()
        return None

    def give_up(self, owner: Hashable) -> None:
        """An owner wants nothing any more."""
        with self._lock:
            self._leave(owner, None)

    def _find(self, key: Hashable) -> _Task | None:
        tasks = [*self._queue, *([self._running] if self._running is not None else [])]
        return next((t for t in tasks if t.key == key and not t.cancel.is_set()), None)

    def _leave(self, owner: Hashable, key: Hashable | None) -> None:
        """What nobody waits for is not made."""
        for task in [*self._queue, *([self._running] if self._running is not None else [])]:
            if owner in task.owners and task.key != key:
                task.owners.discard(owner)
                if not task.owners:
                    task.cancel.set()
        self._queue = [task for task in self._queue if not task.cancel.is_set()]

    # In the worker's thread

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._running, self._alive = None, False
                    return
                task = self._running = self._queue.pop(0)
            self._make(task)

    def _make(self, task: _Task) -> None:
        made: Prepared | None = None
        try:
            for made in task.work(task):
                task.step(0, 1)
                self._tell(task.key, made)
        except Cancelled:
            return
        except NmrCamError as error:
            self._tell(task.key, Failed(str(error)))
        except MemoryError:
            self._tell(task.key, Failed("There is not enough memory to draw the spectrum."))
        except Exception as error:
            log.exception("drawing failed")
            self._tell(task.key, Failed(f"Drawing failed ({type(error).__name__}: {error})."))
        else:
            if made is not None:
                self.shelf.put(task.key, made)

    def _tell(self, key: Hashable, made: Prepared) -> None:
        with self._lock:
            due = not self._news
            self._news[key] = made
        if due:
            self._rung.emit()

    # In the window's thread

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            news, self._news = self._news, OrderedDict()
        for key, made in news.items():
            self.arrived.emit(key, made)


_WORKER: list[DisplayWorker] = []


def display_worker() -> DisplayWorker:
    """The worker of the application, made at the first call in the window's thread."""
    if not _WORKER:
        _WORKER.append(DisplayWorker())
    return _WORKER[0]
