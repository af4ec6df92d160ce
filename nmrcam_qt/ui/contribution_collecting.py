"""A job for contributions of one spectrum whose parts come together as its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmrcam_qt.core.contributions import Contributions, MapStability
from nmrcam_qt.workers.analyse_job import NotAnalysed
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.jobs import JobContext

if TYPE_CHECKING:
    from nmrcam_qt.workers.contribution_job import ContributionJob


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Contributions of one spectrum, after repeats with intervals and how far the maps move."""

    contributions: Contributions
    stability: tuple[MapStability, ...] = ()


class _Collecting:
    """A context that keeps parts: the session, which gets those of other jobs, has no use of them.

    Parameters
    ----------
    context : JobContext
        Gets everything else.
    """

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self.parts: list[object] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether the user has cancelled."""
        return self._context.is_cancelled

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say how far the work is."""
        self._context.step(done, total, text)

    def part(self, result: object) -> None:
        """Keep it."""
        self.parts.append(result)


class Collected:
    """Contributions of one spectrum as a result; a spectrum that fails fails the job.

    Parameters
    ----------
    job : ContributionJob
        Of one spectrum or pair.
    before : str
        Begins the title.
    """

    unit = "peaks"

    def __init__(self, job: ContributionJob, before: str = "") -> None:
        self._job, self._before = job, before

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return f"{self._before}{self._job.title}"

    def run(self, context: JobContext) -> Found:
        """Do it.

        Raises
        ------
        JobError
            If it cannot be done.
        """
        from nmrcam_qt.workers.contribution_job import Contributed  # not for the first paint

        collecting = _Collecting(context)
        self._job.run(collecting)
        for part in reversed(collecting.parts):
            match part:
                case Contributed(contributions=contributions, stability=stability):
                    return Found(contributions, stability)
                case NotAnalysed(name=name, reason=reason):
                    raise JobError(f"{name}: {reason}")
                case _:
                    pass
        raise JobError("Nothing was computed.")
