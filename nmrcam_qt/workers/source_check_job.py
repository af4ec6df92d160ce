"""Whether the files beside a project are still what they were. No Qt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from nmrcam_qt.core.spectrum import Provenance, SourceKind
from nmrcam_qt.session.items import SourceState
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.file_digest import file_digest
from nmrcam_qt.workers.jobs import JobContext

PART_INTERVAL_S = 0.2
MAX_PER_PART = 100
PAUSE_SHARE = 1.0
"""A pause as long as the reading before it: the disk belongs to the user, too."""
MAX_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class SourceToCheck:
    """The file of one spectrum.

    Parameters
    ----------
    item_id : int
        The spectrum.
    path : str
        The file as the user named it.
    sha256 : str
        What its digest was; empty where nobody knows.
    """

    item_id: int
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SourcesChecked:
    """Part of the job's result: states by item id."""

    states: tuple[tuple[int, SourceState], ...]

    def keep(self, session: Session, _merge_key: str) -> None:
        """Show them; they are nothing to be undone."""
        for item_id, state in self.states:
            session.set_source_state(item_id, state)


def source_to_check(item_id: int, source: Provenance) -> SourceToCheck | None:
    """What is to be checked of a spectrum; None for one that came from no file."""
    if source.kind is SourceKind.MIXTURE or not source.path:
        return None
    return SourceToCheck(item_id, source.path, source.sha256)


class SourceCheckJob:
    """Look for the files of spectra and compare their digests.

    Parts are `SourcesChecked`; the result is the number of files that are missing or changed.
    Meant for `Lane.SOURCES`: a drive that does not answer holds up nothing else.

    Parameters
    ----------
    sources : sequence of SourceToCheck
        What to look for.
    base : Path or None
        Folder of the project: relative paths are looked for there, too.
    """

    unit = "files"
    title = "Looking for the spectra's files"

    def __init__(self, sources: Sequence[SourceToCheck], base: Path | None = None) -> None:
        self._sources = tuple(sources)
        self._base = base

    def run(self, context: JobContext) -> int:
        """Look at one file after the other."""
        found: list[tuple[int, SourceState]] = []
        troubled, last = 0, time.monotonic()
        for number, source in enumerate(self._sources):
            context.step(number, len(self._sources), Path(source.path).name)
            began = time.monotonic()
            state = self._state(source, context, number)
            troubled += state in (SourceState.MISSING, SourceState.CHANGED)
            found.append((source.item_id, state))
            now = time.monotonic()
            if now - last > PART_INTERVAL_S or len(found) >= MAX_PER_PART:
                context.part(SourcesChecked(tuple(found)))
                found.clear()
                last = now
            time.sleep(min(MAX_PAUSE_S, PAUSE_SHARE * (now - began)))
        if found:
            context.part(SourcesChecked(tuple(found)))
        context.step(len(self._sources), len(self._sources))
        return troubled

    def _state(self, source: SourceToCheck, context: JobContext, number: int) -> SourceState:
        """The cheap question first: is there a file at all."""
        if _elsewhere(source.path, self._base):
            return SourceState.UNCHECKED
        path = self._find(source.path)
        if path is None:
            return SourceState.MISSING
        if not source.sha256:
            return SourceState.PRESENT
        try:
            digest = file_digest(path, lambda: context.step(number, len(self._sources)))
        except (OSError, ValueError):
            return SourceState.MISSING
        return SourceState.PRESENT if digest == source.sha256 else SourceState.CHANGED

    def _find(self, name: str) -> Path | None:
        path = Path(name)
        tried = [path] if path.is_absolute() or self._base is None else [self._base / path, path]
        return next((p for p in tried if _is_file(p)), None)


def _elsewhere(name: str, base: Path | None) -> bool:
    """Whether a file lies on a server on which the project does not lie.

    Windows would tell that server who the user is, and a project of a stranger names any.
    """
    server = PureWindowsPath(name).drive
    if not server.startswith("\\\\"):
        return False
    return base is None or PureWindowsPath(base).drive.casefold() != server.casefold()


def _is_file(path: Path) -> bool:
    """False also for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
