"""What became of the jobs of a window: plain values and a bounded history. No Qt."""

from __future__ import annotations

import enum
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

MAX_ENDED = 50
MAX_FAILURES = 500
RATE_WINDOW_S = 8.0
RATE_AFTER_S = 0.5
"""A rate over less time than this says nothing."""
LEAST_SHARE = 0.01
"""Done of a job before its time left is told: the first of a thousand spectra take longer."""


class JobState(enum.StrEnum):
    """How far a job is; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Failure:
    """One piece of a job that failed alone.

    Parameters
    ----------
    name : str
        The spectrum or file.
    reason : str
        Why; one sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobEntry:
    """One job.

    Parameters
    ----------
    number : int
        Ascending with submission.
    title : str
        What it does.
    lane : str
        Jobs of one lane run one after the other.
    unit : str
        What `total` counts, in the plural.
    state : JobState
        How far it is.
    cancelling : bool
        Whether it was asked to stop and has not yet.
    done, total : int
        Progress; a total of 0 is unknown.
    text : str
        What it is at.
    reason : str
        Why it failed; one sentence.
    n_failures : int
        Pieces that failed alone.
    can_retry : bool
        Whether what is left of it can be done again.
    submitted_s, started_s, ended_s : float
        On the log's clock; None where it has not happened.
    """

    number: int
    title: str
    lane: str
    unit: str = "spectra"
    state: JobState = JobState.WAITING
    cancelling: bool = False
    done: int = 0
    total: int = 0
    text: str = ""
    reason: str = ""
    n_failures: int = 0
    can_retry: bool = False
    submitted_s: float = 0.0
    started_s: float | None = None
    ended_s: float | None = None

    def elapsed(self, now: float) -> float:
        """Seconds it has run; 0 before it starts."""
        if self.started_s is None:
            return 0.0
        return max(0.0, (now if self.ended_s is None else self.ended_s) - self.started_s)


class JobChange(enum.Enum):
    """What happened to a row of the log."""

    ABOUT_TO_ADD = enum.auto()
    ADDED = enum.auto()
    CHANGED = enum.auto()
    ABOUT_TO_REMOVE = enum.auto()
    REMOVED = enum.auto()
    ABOUT_TO_FAIL = enum.auto()
    """A failure will be listed below the row."""
    PIECE_FAILED = enum.auto()


Observer = Callable[[JobChange, int], None]
"""Called with the change and the row."""


class JobLog:
    """All jobs that run or wait, and the last `MAX_ENDED` that ended; oldest first.

    Parameters
    ----------
    clock : callable
        Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: list[JobEntry] = []
        self._failures: dict[int, list[Failure]] = {}
        self._samples: dict[int, deque[tuple[float, int]]] = {}
        self._observers: list[Observer] = []

    # What there is

    @property
    def entries(self) -> Sequence[JobEntry]:
        """All entries; do not keep it."""
        return self._entries

    @property
    def now(self) -> float:
        """Seconds on the log's clock."""
        return self._clock()

    def find(self, number: int) -> JobEntry | None:
        """The entry of a job, None where it is forgotten."""
        row = self.row(number)
        return None if row is None else self._entries[row]

    def row(self, number: int) -> int | None:
        """Row of a job."""
        return next((r for r, e in enumerate(self._entries) if e.number == number), None)

    def failures(self, number: int) -> Sequence[Failure]:
        """Pieces that failed alone, the first `MAX_FAILURES`; do not keep it."""
        return self._failures.get(number, ())

    def rate(self, number: int) -> float | None:
        """Units per second over the last `RATE_WINDOW_S`; None while nobody can say."""
        entry, samples = self.find(number), self._samples.get(number)
        if entry is None or not samples:
            return None
        first_s, first = samples[0]
        last_s = self.now if entry.ended_s is None else entry.ended_s
        if last_s - first_s < RATE_AFTER_S or entry.done <= first:
            return None
        return (entry.done - first) / (last_s - first_s)

    def seconds_left(self, number: int) -> float | None:
        """How long a running job will go on at its rate; None while nobody can say."""
        entry, rate = self.find(number), self.rate(number)
        if entry is None or rate is None or entry.state is not JobState.RUNNING or not entry.total:
            return None
        if entry.done < LEAST_SHARE * entry.total:
            return None
        return (entry.total - entry.done) / rate

    def waits_for(self, number: int) -> JobEntry | None:
        """The job of the same lane that has to end before a waiting one."""
        entry = self.find(number)
        if entry is None or entry.state is not JobState.WAITING:
            return None
        ahead = [
            e
            for e in self._entries
            if e.lane == entry.lane and e.number < number and not e.state.is_over
        ]
        return ahead[-1] if ahead else None

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every change; returns a function that ends this."""
        self._observers.append(observer)

        def unsubscribe() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return unsubscribe

    # What happens

    def add(self, number: int, title: str, lane: str, unit: str = "spectra") -> None:
        """A job was submitted; the oldest of too many ended ones is forgotten."""
        row = len(self._entries)
        self._publish(JobChange.ABOUT_TO_ADD, row)
        entry = JobEntry(number, title, lane, unit, submitted_s=self.now)
        self._entries.append(entry)
        self._publish(JobChange.ADDED, row)

    def start(self, number: int) -> None:
        """It runs."""
        self._change(number, state=JobState.RUNNING, started_s=self.now)

    def progress(self, number: int, done: int, total: int, text: str = "") -> None:
        """How far it is."""
        samples = self._samples.setdefault(number, deque())
        now = self.now
        if not samples or done != samples[-1][1]:
            samples.append((now, done))
        while len(samples) > 2 and now - samples[0][0] > RATE_WINDOW_S:
            samples.popleft()
        if done == 0:
            # Nothing is done yet: what is measured begins with the first piece.
            samples.clear()
            samples.append((now, 0))
        self._change(number, done=done, total=total, text=text)

    def piece_failed(self, number: int, name: str, reason: str) -> None:
        """A piece of it failed alone."""
        row = self.row(number)
        if row is None:
            return
        entry = self._entries[row]
        known = self._failures.setdefault(number, [])
        listed = len(known) < MAX_FAILURES
        if listed:
            self._publish(JobChange.ABOUT_TO_FAIL, row)
            known.append(Failure(name, reason))
        self._entries[row] = replace(entry, n_failures=entry.n_failures + 1)
        if listed:
            self._publish(JobChange.PIECE_FAILED, row)
        self._publish(JobChange.CHANGED, row)

    def cancelling(self, number: int) -> None:
        """It was asked to stop."""
        self._change(number, cancelling=True)

    def end(self, number: int, state: JobState, reason: str = "", can_retry: bool = False) -> None:
        """It ended; `state` says how."""
        self._change(
            number,
            state=state,
            reason=reason,
            can_retry=can_retry,
            cancelling=False,
            text="",
            ended_s=self.now,
        )
        ended = [e.number for e in self._entries if e.state.is_over]
        for old in ended[:-MAX_ENDED]:
            self._remove(old)

    def retried(self, number: int) -> None:
        """What was left of it was submitted as another job."""
        self._change(number, can_retry=False)

    def clear_ended(self) -> None:
        """Forget all jobs that have ended."""
        for number in [e.number for e in self._entries if e.state.is_over]:
            self._remove(number)

    def _change(self, number: int, **changes: object) -> None:
        row = self.row(number)
        if row is None:
            return
        changed = replace(self._entries[row], **changes)  # type: ignore[arg-type]
        if changed != self._entries[row]:
            self._entries[row] = changed
            self._publish(JobChange.CHANGED, row)

    def _remove(self, number: int) -> None:
        row = self.row(number)
        if row is None:
            return
        self._publish(JobChange.ABOUT_TO_REMOVE, row)
        del self._entries[row]
        self._failures.pop(number, None)
        self._samples.pop(number, None)
        self._publish(JobChange.REMOVED, row)

    def _publish(self, change: JobChange, row: int) -> None:
        for observer in tuple(self._observers):
            observer(change, row)
