"""What a session asks of the file it is kept in."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.changes import Change
from nmrcam_qt.session.records import (
    Finding,
    ProjectOptions,
    ProjectState,
    SampleRecord,
    SpectrumRecord,
)
from nmrcam_qt.session.results import ResultRecord


class SaveState(enum.StrEnum):
    """Whether what the window shows is in the file."""

    SAVED = "saved"
    SAVING = "saving"
    FAILED = "not saved"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class SaveStatus:
    """State of saving.

    Parameters
    ----------
    state : SaveState
        What it is.
    text : str
        One sentence for the window: why it failed, who holds the file; empty when saved.
    pending : int
        Changes that are not in the file yet; they are kept in memory.
    """

    state: SaveState
    text: str = ""
    pending: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ProjectContent:
    """All that a project holds, with spectra and maps left in the file until they are needed.

    Spectra and results of a file are lazy (`nmrcam_qt.session.lazy`).
    """

    spectra: Sequence[SpectrumRecord] = ()
    samples: tuple[SampleRecord, ...] = ()
    results: Sequence[ResultRecord] = ()
    options: ProjectOptions = field(default_factory=ProjectOptions)
    state: ProjectState = field(default_factory=ProjectState)
    next_id: int = 1


class Store(Protocol):
    """A project file that is kept up to date.

    `write` and all `write_…` return at once and never raise: a thread of the store's own writes
    in this order, one transaction per call. What cannot be written stays in memory, in order, is
    tried again with the next change and by `retry`, and can be read meanwhile, but for findings,
    which can be had again; `status` says so.
    """

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def status(self) -> SaveStatus:
        """Whether everything is in the file."""

    on_status: Callable[[SaveStatus], None]
    """Called at every change of the status, in the store's thread."""

    def write(self, change: Change) -> None:
        """Keep a change; the next id of records (`ProjectContent.next_id`) follows from it."""

    def write_result(self, result: ResultRecord) -> None:
        """Keep a result; one with the same `ResultId` is replaced."""

    def write_finding(self, finding: Finding) -> None:
        """Keep a finding; one in the same place is replaced."""

    def finding(self, place: str, basis: str) -> Frame | None:
        """The answer in a place that rests on exactly this; None where there is none.

        Raises
        ------
        ProjectError
            If it cannot be read.
        """

    def write_state(self, state: ProjectState) -> None:
        """Keep where the user is; only the newest of several that wait is written."""

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until everything is in the file; whether it is."""

    def retry(self) -> None:
        """Try again to write what could not be written."""

    def save_copy(self, path: Path, progress: Progress = SILENT) -> None:
        """Write everything, also what could not be written here, to another project file.

        Raises
        ------
        ProjectError
            If it cannot be written; an existing file at `path` stays as it was then.
        Cancelled
            If the user cancelled.
        """

    def save_as(self, path: Path, progress: Progress = SILENT) -> None:
        """Write everything to another file and go on in that one; `path` is new afterwards.

        What was handed out before (the undo stack holds some of it) is read from there, too.

        Raises
        ------
        ProjectError
            If it cannot be written; everything stays as it was then.
        Cancelled
            If the user cancelled.
        """

    def close(self) -> bool:
        """Write what waits, tidy up, end the thread, let go of the file; whether all is saved."""
