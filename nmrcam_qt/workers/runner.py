"""Runs jobs in QThreads; every job ends in exactly one of succeeded, failed, cancelled."""

from __future__ import annotations

import enum
import logging
import threading
import time

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.job_log import JobChange, JobLog, JobState
from nmrcam_qt.workers.jobs import Job, PieceFailed, Repeatable
from nmrcam_qt.workers.mailbox import Letter, Mailbox, ProgressNote

log = logging.getLogger(__name__)

PROGRESS_INTERVAL_S = 0.05
SHUTDOWN_MS = 5_000
DELIVERY_INTERVAL_MS = 50
"""The window's thread looks at what jobs say at most this often."""
DELIVERY_BUDGET_S = 0.015
"""And each time for about this long, so that a thousand results never hold up a repaint."""

_abandoned: list[QThread] = []
"""Threads that did not end at shutdown: destroying a running QThread aborts the program."""


class Lane(enum.StrEnum):
    """Jobs of one lane run one after the other, those of two lanes side by side."""

    FILES = "files"
    INFERENCE = "inference"
    PROJECT = "project"
    EXPORT = "export"
    PEAKS = "peaks"
    SOURCES = "sources"
    """Looking for files that may lie on a drive that does not answer."""


class _Context:
    """Progress of one job; its methods are called in the lane's thread."""

    def __init__(self, number: int, mailbox: Mailbox) -> None:
        self.number = number
        self.cancel = threading.Event()
        self._mailbox = mailbox
        self._last = 0.0
        self._begun = False
        self._beginning = threading.Lock()

    def begin(self) -> bool:
        """Whether the job is to run at all; from now on only the job says how it ended."""
        with self._beginning:
            self._begun = not self.cancel.is_set()
            return self._begun

    def stop(self) -> bool:
        """Ask the job to stop; whether it had not begun and never will."""
        with self._beginning:
            self.cancel.set()
            return not self._begun

    @property
    def is_cancelled(self) -> bool:
        return self.cancel.is_set()

    def step(self, done: int, total: int, text: str = "") -> None:
        if self.cancel.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._last >= PROGRESS_INTERVAL_S or done >= total:
            self._last = now
            self._mailbox.note(self.number, ProgressNote(done, total, text))

    def part(self, result: object) -> None:
        if not self._mailbox.wait_for_room(self.cancel.is_set):
            raise Cancelled
        self._mailbox.put(Letter(self.number, "part", result))


class _Worker(QObject):
    """Lives in a lane's thread and runs one job at a time."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__()
        self._mailbox = mailbox

    @Slot(object, object)
    def run(self, job: Job, context: _Context) -> None:
        """Run a job and say exactly one of its three ends."""
        if not context.begin():
            return  # who cancelled it has said so
        self._mailbox.put(Letter(context.number, "started"))
        self._mailbox.put(self._end(job, context))

    def _end(self, job: Job, context: _Context) -> Letter:
        number = context.number
        try:
            return Letter(number, "succeeded", job.run(context))
        except Cancelled:
            return Letter(number, "cancelled")
        except NmrCamError as error:
            # What breaks because it was cancelled is no failure.
            if context.cancel.is_set():
                return Letter(number, "cancelled")
            return Letter(number, "failed", str(error))
        except MemoryError:
            return Letter(number, "failed", f"{job.title}: not enough memory.")
        except Exception as error:
            log.exception("job %r failed", job.title)
            said = f"{job.title}: unexpected failure ({type(error).__name__}: {error})."
            return Letter(number, "failed", said)


class _LaneThread(QObject):
    """One QThread, its worker, and the queued way in."""

    submitted = Signal(object, object)

    def __init__(self, lane: Lane, mailbox: Mailbox) -> None:
        super().__init__()
        self.thread_ = QThread()
        self.thread_.setObjectName(f"jobs-{lane}")
        self.worker = _Worker(mailbox)
        self.worker.moveToThread(self.thread_)
        self.submitted.connect(self.worker.run, Qt.ConnectionType.QueuedConnection)
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
    `succeeded`, `failed`, `cancelled` is emitted, and nothing of it afterwards. They are
    emitted at most every `DELIVERY_INTERVAL_MS`, for at most about `DELIVERY_BUDGET_S` at a
    time; a job that is too far ahead of the window waits.
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
    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = JobLog()
        """Everything the list of jobs shows."""
        self._mailbox = Mailbox(self._arrived.emit)
        self._lanes: dict[Lane, _LaneThread] = {}
        self._contexts: dict[int, _Context] = {}
        self._jobs: dict[int, Job] = {}
        self._count = 0
        self._closed = False
        self._last_delivery = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self.log.subscribe(self._on_log)

    @property
    def running(self) -> tuple[int, ...]:
        """Numbers of the jobs that run or wait, in the order of submission."""
        return tuple(self._contexts)

    def title(self, number: int) -> str:
        """Title of a job that runs or waits."""
        return self._jobs[number].title if number in self._contexts else ""

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
        context = _Context(number, self._mailbox)
        self._contexts[number] = context
        self._jobs[number] = job
        self.log.add(number, job.title, lane.value, str(getattr(job, "unit", "steps")))
        self.submitted.emit(number, job.title)
        thread.submitted.emit(job, context)
        return number

    def cancel(self, number: int) -> None:
        """Ask one job to stop; it ends when it next looks, and at once if it only waits."""
        context = self._contexts.get(number)
        if context is None or context.cancel.is_set():
            return
        never_begins = context.stop()
        self.log.cancelling(number)
        if never_begins:
            self._mailbox.put(Letter(number, "cancelled"))

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for number in tuple(self._contexts):
            self.cancel(number)

    def take_remaining(self, number: int) -> tuple[Job, Lane] | None:
        """What is left of a job that ended, to be submitted as another; once only."""
        entry = self.log.find(number)
        if entry is None or not entry.can_retry:
            return None
        rest = _rest_of(self._jobs.pop(number, None))
        self.log.retried(number)
        return None if rest is None else (rest, Lane(entry.lane))

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
        self._timer.stop()
        # What the jobs said last: results that are there are not thrown away.
        while (letter := self._mailbox.take()) is not None:
            self._hand_over(letter)
        self._lanes.clear()
        return all(ended)

    def _lane(self, lane: Lane) -> _LaneThread:
        if lane not in self._lanes:
            self._lanes[lane] = _LaneThread(lane, self._mailbox)
        return self._lanes[lane]

    # What the jobs say

    @Slot()
    def _on_arrived(self) -> None:
        """Read it now, or when the window has had its share of time."""
        if not self._timer.isActive() and not self._closed:
            passed_ms = int(1e3 * (time.monotonic() - self._last_delivery))
            self._timer.start(max(0, DELIVERY_INTERVAL_MS - passed_ms))

    @Slot()
    def _deliver(self) -> None:
        self._mailbox.opened()
        began = time.monotonic()
        try:
            while time.monotonic() - began < DELIVERY_BUDGET_S:
                letter = self._mailbox.take()
                if letter is None:
                    break
                self._hand_over(letter)
            for number, note in self._mailbox.take_notes().items():
                self._hand_over_note(number, note)
        finally:  # a listener that breaks must not hold up what comes after
            self._last_delivery = time.monotonic()
            if len(self._mailbox) and not self._closed:
                self._timer.start(DELIVERY_INTERVAL_MS)

    def _hand_over(self, letter: Letter) -> None:
        number = letter.number
        if number not in self._contexts:
            return
        match letter.kind:
            case "started":
                self.log.start(number)
                self.started.emit(number)
            case "part":
                if isinstance(letter.payload, PieceFailed):
                    self.log.piece_failed(number, letter.payload.piece, letter.payload.reason)
                self.part.emit(number, letter.payload)
            case _:
                self._finish(letter)

    def _hand_over_note(self, number: int, note: ProgressNote) -> None:
        if number in self._contexts:
            self.log.progress(number, note.done, note.total, note.text)
            self.progressed.emit(number, note.done, note.total, note.text)

    def _finish(self, letter: Letter) -> None:
        """Log the end and emit it."""
        number = letter.number
        note = self._mailbox.take_note(number)
        if note is not None:
            self._hand_over_note(number, note)
        del self._contexts[number]
        reason = str(letter.payload) if letter.kind == "failed" else ""
        can_retry = _rest_of(self._jobs[number]) is not None
        if not can_retry:
            del self._jobs[number]
        self.log.end(number, _ENDS[letter.kind], reason, can_retry)
        if letter.kind == "succeeded":
            self.succeeded.emit(number, letter.payload)
        elif letter.kind == "failed":
            self.failed.emit(number, reason)
        else:
            self.cancelled.emit(number)

    def _on_log(self, change: JobChange, _row: int) -> None:
        """What the log has forgotten cannot be repeated."""
        if change is JobChange.REMOVED:
            known = {entry.number for entry in self.log.entries}
            for number in [n for n in self._jobs if n not in known]:
                del self._jobs[number]


def _rest_of(job: object) -> Job | None:
    return job.remaining() if isinstance(job, Repeatable) else None


_ENDS = {
    "succeeded": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
}
