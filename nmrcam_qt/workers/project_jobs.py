"""Projects are opened, copied and closed outside the window's thread. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.core.errors import Cancelled, ProjectError
from nmrcam_qt.session.moving import move_in
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.store import Store
from nmrcam_qt.workers.jobs import JobContext

if TYPE_CHECKING:
    from nmrcam_qt.session.project import Opened

FLUSH_S = 20.0
"""How long a project that is closed may take to write what waits."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedProject:
    """A project with its session.

    Parameters
    ----------
    opened : Opened
        Store, content, notices.
    session : Session
        Made in the job's thread, because that takes a while for thousands of spectra.
    """

    opened: Opened
    session: Session


class OpenProjectJob:
    """Open a project file, or make a new one.

    Parameters
    ----------
    path : Path or None
        The file; None for a new unnamed project in the user's data folder.
    networks : mapping
        sha256 of the installed networks' weights by id.
    make : bool
        Whether to make a new file at `path`.
    """

    def __init__(self, path: Path | None, networks: Mapping[str, str], make: bool = False) -> None:
        self.path = path
        self._networks = networks
        self._make = make

    @property
    def title(self) -> str:
        """What the status bar shows."""
        if self.path is None:
            return "New project"
        return f"{'Saving' if self._make else 'Opening'} {self.path.name}"

    def run(self, context: JobContext) -> OpenedProject:
        """Do it; a project that nobody wants any more is closed again."""
        opened = self._opened()
        if context.is_cancelled:
            opened.store.close()
            raise Cancelled
        session = Session(opened.content, opened.store)
        session.set_networks(self._networks)
        return OpenedProject(opened, session)

    def _opened(self) -> Opened:
        # Imported here: SQLite is not needed for the first paint.
        from nmrcam_qt.session.project import create_project, open_project, scratch_project

        if self.path is None:
            return create_project(scratch_project())
        return create_project(self.path) if self._make else open_project(self.path)


class SaveProjectJob:
    """Write a project to another file; the result is that file's path.

    Parameters
    ----------
    store : Store
        The project.
    path : Path
        Where to.
    move : bool
        Whether the project lives there from now on.
    discard_old : bool
        Whether to delete the old file after a move: it was that of an unnamed session.
    """

    def __init__(self, store: Store, path: Path, move: bool, discard_old: bool = False) -> None:
        self._store = store
        self.path = path
        self._move = move
        self._discard_old = discard_old

    @property
    def title(self) -> str:
        """What the status bar shows."""
        return f"Saving {self.path.name}"

    def run(self, context: JobContext) -> Path:
        """Do it.

        Raises
        ------
        ProjectError
            If it cannot be written.
        """
        if not self._move:
            self._store.save_copy(self.path, context)
            return self.path
        old = self._store.path
        self._store.save_as(self.path, context)
        if self._discard_old:
            discard_project(old)
        return self._store.path


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A session without a name that no window has open.

    Parameters
    ----------
    path : Path
        Its file.
    when : datetime
        Of the latest change, local time.
    """

    path: Path
    when: datetime

    @property
    def title(self) -> str:
        """For menus."""
        return f"Session of {self.when:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Killed:
    """A named project that was open in a window that was killed.

    Parameters
    ----------
    path : Path
        Its file.
    there : bool
        Whether the file still is.
    """

    path: Path
    there: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a start may offer.

    Parameters
    ----------
    unnamed : tuple of Unnamed
        Sessions without a name, newest first.
    killed : tuple of Killed
        Named projects that were open in windows that were killed.
    """

    unnamed: tuple[Unnamed, ...]
    killed: tuple[Killed, ...]


class FindEarlierJob:
    """Look for sessions without a name and projects whose window was killed; gives `Earlier`.

    Parameters
    ----------
    were_open : sequence of Path
        Named projects that no window has closed; those that are still open are passed over.
    """

    title = "Looking for earlier sessions"

    def __init__(self, were_open: Sequence[Path] = ()) -> None:
        self._were_open = tuple(were_open)

    def run(self, context: JobContext) -> Earlier:
        """Do it."""
        return Earlier(self._unnamed(), tuple(self._killed()))

    def _killed(self) -> Iterator[Killed]:
        from nmrcam_qt.session.project import is_held

        for path in self._were_open:
            try:
                there = path.is_file()
            except OSError:
                there = False
            if not there or not is_held(path):
                yield Killed(path, there)

    def _unnamed(self) -> tuple[Unnamed, ...]:
        """Files that vanish meanwhile are passed over."""
        from nmrcam_qt.session.project import recoverable

        found = []
        for path in recoverable():
            try:
                when = datetime.fromtimestamp(path.stat().st_mtime)
            except OSError:
                continue
            found.append(Unnamed(path, when))
        return tuple(sorted(found, key=lambda unnamed: unnamed.when, reverse=True))


class CloseProjectJob:
    """Close a project that is no longer shown.

    Parameters
    ----------
    store : Store
        The project.
    discard : bool
        Whether to delete the file: an unnamed project that holds nothing.
    """

    title = "Closing the project"

    def __init__(self, store: Store, discard: bool) -> None:
        self._store = store
        self._discard = discard

    def run(self, context: JobContext) -> None:
        """Do it; it cannot be cancelled.

        Raises
        ------
        ProjectError
            If the latest changes could not be written.
        """
        close_store(self._store, self._discard)


def close_store(store: Store, discard: bool) -> None:
    """Write what waits, let go of the file, and delete it where nobody needs it.

    Raises
    ------
    ProjectError
        If the latest changes could not be written.
    """
    store.flush(FLUSH_S)
    why = store.status.text
    saved = store.close()
    if discard:
        discard_project(store.path, only_empty=True)
    elif not saved:
        raise ProjectError(f"{store.path.name}: the latest changes are not saved ({why})")


def save_from_memory(session: Session, path: Path) -> None:
    """Write a session that has no file to a new one.

    Raises
    ------
    ProjectError
        If it cannot be written.
    """
    from nmrcam_qt.session.project import create_project

    opened = create_project(path)
    try:
        move_in(session, opened.store, opened.content)
    finally:
        session.attach(None)
        close_store(opened.store, discard=False)


def discard_project(path: Path, only_empty: bool = False) -> None:
    """Delete a session without a name that is not open; what cannot be deleted stays.

    Parameters
    ----------
    path : Path
        Its file; that of a named project is left alone.
    only_empty : bool
        Leave it where it holds spectra.
    """
    from nmrcam_qt.session.project import discard

    discard(path, only_empty=only_empty)
