"""What a job is. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from nmrcam_qt.session.session import Session


class JobContext(Protocol):
    """What a running job is given: a `Progress` that can also hand over parts of the result."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the user has cancelled; `step` raises then."""

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say how far the work is; raises `Cancelled` when the user has cancelled."""

    def part(self, result: object) -> None:
        """Hand over a part of the result before the job ends.

        It waits while the window has too many parts that it has not looked at yet, and
        raises `Cancelled` when the user cancels meanwhile.
        """


@runtime_checkable
class Job(Protocol):
    """A piece of work that runs outside the window's thread."""

    @property
    def title(self) -> str:
        """What the list of jobs shows."""

    def run(self, context: JobContext) -> object:
        """Do it; the return value travels with ``succeeded``."""


@runtime_checkable
class Repeatable(Protocol):
    """A job that can be tried again, whole or what is left of it."""

    def remaining(self) -> Job | None:
        """What failed or was never reached as another job; None where nothing is left.

        Called after `run` has ended.
        """


@runtime_checkable
class PieceFailed(Protocol):
    """A part that says that one piece of the job failed alone."""

    @property
    def piece(self) -> str:
        """The spectrum or file."""

    @property
    def reason(self) -> str:
        """Why; one sentence."""


@runtime_checkable
class Keepable(Protocol):
    """A part that knows how the session keeps it."""

    def keep(self, session: Session, merge_key: str) -> None:
        """Put it there, in the window's thread; parts of one job have one `merge_key`."""


class FunctionJob:
    """A job from a title and a function of the context."""

    def __init__(self, title: str, work: Callable[[JobContext], object]) -> None:
        self._title = title
        self._work = work

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return self._title

    def run(self, context: JobContext) -> object:
        """Call the function."""
        return self._work(context)


class Within:
    """Progress inside one of several pieces of work: a bar that would jump back is of no use."""

    def __init__(self, context: JobContext, number: int, total: int, name: str) -> None:
        self._context, self._number, self._total, self._name = context, number, total, name

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say what is done; raises `Cancelled` when the user has cancelled."""
        if self._total == 1 and total > 1:
            self._context.step(done, total, text or self._name)
            return
        said = f"{self._name}: {text}" if text else self._name
        self._context.step(self._number, self._total, said)
