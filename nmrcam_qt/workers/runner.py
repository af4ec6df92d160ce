"""Runs jobs in QThreads; every job ends in exactly one of succeeded, failed, cancelled."""

from __future__ import annotations

import enum
import logging
import threading
import time

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Signal, Slot

from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.workers.jobs import Job

log = logging.getLogger(__name__)

PROGRESS_INTERVAL_S = 0.05
SHUTDOWN_MS = 5_000

_abandoned: list[QThread] = []
"""Threads that did not end at shutdown: destroying a running QThread aborts the program."""


class Lane(enum.StrEnum):
    """Jobs of one lane run one after the other, those of two lanes side by side."""

    FILES = "files"
    INFERENCE = "inference"


class _Context:
    """Progress of one job; its methods are called in the lane's thread."""

    def __init__(self, number: int, worker: _Worker) -> None:
        self.number = number
        self.cancel = threading.Event()
        self._worker = worker
        self._last = 0.0

    @property
    def is_cancelled(self) -> bool:
        return self.cancel.is_set()

    def step(self, done: int, total: int, text: str = "") -> None:
        if self.cancel.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._last >= PROGRESS_INTERVAL_S or done >= total:
            self._last = now
            self._worker.progressed.emit(self.number, done, total, text)

    def part(self, result: object) -> None:
        self._worker.part.emit(self.number, result)


class _Worker(QObject):
    """Lives in a lane's thread and runs one job at a time."""

    started = Signal(int)
    progressed = Signal(int, int, int, str)
    part = Signal(int, object)
    succeeded = Signal(int, object)
    failed = Signal(int, str)
    cancelled = Signal(int)

    @Slot(object, object)
    def run(self, job: Job, context: _Context) -> None:
        """Run a job and emit exactly one of its three ends."""
        number = context.number
        if context.is_cancelled:
            self.cancelled.emit(number)
            return
        self.started.emit(number)
        try:
            result = job.run(context)
        except Cancelled:
            self.cancelled.emit(number)
        except NmrCamError as error:
            # What breaks because it was cancelled is no failure.
            if context.cancel.is_set():
                self.cancelled.emit(number)
            else:
                self.failed.emit(number, str(error))
        except MemoryError:
            self.failed.emit(number, f"{job.title}: not enough memory.")
        except Exception as error:
            log.exception("job %r failed", job.title)
            self.failed.emit(
                number, f"{job.title}: unexpected failure ({type(error).__name__}: {error})."
            )
        else:
            self.succeeded.emit(number, result)


class _LaneThread(QObject):
    """One QThread, its worker, and the queued way in."""

    submitted = Signal(object, object)

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self.thread_ = QThread()
        self.thread_.setObjectName(f"jobs-{lane}")
        self.worker = _Worker()
        self.worker.moveToThread(self.thread_)
        self.submitted.connect(self.worker.run, Qt.ConnectionType.QueuedConnection)

    def start(self) -> None:
        if not self.thread_.isRunning():
            self.thread_.start()

    def stop(self, wait_ms: int) -> bool:
        """Ask the thread to end after its present job; whether it did."""
        self.thread_.quit()
        if self.thread_.wait(wait_ms):
            return True
        _abandoned.append(self.thread_)
        return False


class JobRunner(QObject):
    """Runs jobs and tells the window's thread about them.

    Signals carry the number that `submit` returned. For each job exactly one of
    `succeeded`, `failed`, `cancelled` is emitted, and nothing of it afterwards.
    """

    submitted = Signal(int, str)
    """number, title"""
    started = Signal(int)
    progressed = Signal(int, int, int, str)
    """number, done, total, text"""
    part = Signal(int, object)
    """number, part of the result"""
    succeeded = Signal(int, object)
    """number, result"""
    failed = Signal(int, str)
    """number, one sentence"""
    cancelled = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes: dict[Lane, _LaneThread] = {}
        self._contexts: dict[int, _Context] = {}
        self._titles: dict[int, str] = {}
        self._count = 0
        self._closed = False

    @property
    def running(self) -> tuple[int, ...]:
        """Numbers of the jobs that run or wait, in the order of submission."""
        return tuple(self._contexts)

    def title(self, number: int) -> str:
        """Title of a job that runs or waits."""
        return self._titles.get(number, "")

    def submit(self, job: Job, lane: Lane = Lane.FILES) -> int:
        """Queue a job.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        RuntimeError
            After `shutdown`.
        """
        if self._closed:
            raise RuntimeError("the job runner is closed")
        thread = self._lane(lane)
        self._count += 1
        number = self._count
        context = _Context(number, thread.worker)
        self._contexts[number] = context
        self._titles[number] = job.title
        self.submitted.emit(number, job.title)
        thread.submitted.emit(job, context)
        return number

    def cancel(self, number: int) -> None:
        """Ask one job to stop; it ends when it next looks."""
        context = self._contexts.get(number)
        if context is not None:
            context.cancel.set()

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for context in self._contexts.values():
            context.cancel.set()

    def shutdown(self, wait_ms: int = SHUTDOWN_MS) -> bool:
        """Cancel everything and end the threads; never terminates one.

        Returns
        -------
        bool
            Whether all threads ended in time.
        """
        self._closed = True
        self.cancel_all()
        ended = [thread.stop(wait_ms) for thread in self._lanes.values()]
        # The last signals of the jobs are queued in this thread: deliver them.
        QCoreApplication.sendPostedEvents(self)
        self._lanes.clear()
        return all(ended)

    def _lane(self, lane: Lane) -> _LaneThread:
        if lane not in self._lanes:
            thread = _LaneThread(lane)
            queued = Qt.ConnectionType.QueuedConnection
            thread.worker.started.connect(self.started, queued)
            thread.worker.progressed.connect(self._on_progressed, queued)
            thread.worker.part.connect(self._on_part, queued)
            thread.worker.succeeded.connect(self._on_succeeded, queued)
            thread.worker.failed.connect(self._on_failed, queued)
            thread.worker.cancelled.connect(self._on_cancelled, queued)
            thread.start()
            self._lanes[lane] = thread
        return self._lanes[lane]

    @Slot(int, int, int, str)
    def _on_progressed(self, number: int, done: int, total: int, text: str) -> None:
        if number in self._contexts:
            self.progressed.emit(number, done, total, text)

    @Slot(int, object)
    def _on_part(self, number: int, result: object) -> None:
        if number in self._contexts:
            self.part.emit(number, result)

    @Slot(int, object)
    def _on_succeeded(self, number: int, result: object) -> None:
        if self._forget(number):
            self.succeeded.emit(number, result)

    @Slot(int, str)
    def _on_failed(self, number: int, message: str) -> None:
        if self._forget(number):
            self.failed.emit(number, message)

    @Slot(int)
    def _on_cancelled(self, number: int) -> None:
        if self._forget(number):
            self.cancelled.emit(number)

    def _forget(self, number: int) -> bool:
        self._titles.pop(number, None)
        return self._contexts.pop(number, None) is not None
