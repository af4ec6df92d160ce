"""Projects are opened, copied and closed outside the window's thread. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.core.errors import Cancelled, NmrCamError, ProjectError
from nmrcam_qt.session.store import Store
from nmrcam_qt.workers.jobs import JobContext

if TYPE_CHECKING:
    from nmrcam_qt.session.project import Opened

FLUSH_S = 20.0
"""How long a project that is closed may take to write what waits."""


class OpenProjectJob:
    """Open a project file, or make a new one.

    Parameters
    ----------
    path : Path or None
        The file; None for a new unnamed project in the user's data folder.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @property
    def title(self) -> str:
        """What the status bar shows."""
        return f"Opening {self.path.name}" if self.path is not None else "New project"

    def run(self, context: JobContext) -> Opened:
        """Do it; a project that nobody wants any more is closed again."""
        # Imported here: SQLite is not needed for the first paint.
        from nmrcam_qt.session.project import create_project, open_project, scratch_project

        path = self.path
        opened = create_project(scratch_project()) if path is None else open_project(path)
        if context.is_cancelled:
            opened.store.close()
            raise Cancelled
        return opened


class SaveProjectJob:
    """Write a project to another file, and open that one where it takes the old one's place.

    Parameters
    ----------
    store : Store
        The project.
    path : Path
        Where to.
    switch : bool
        Whether to open the new file.
    """

    def __init__(self, store: Store, path: Path, switch: bool) -> None:
        self._store = store
        self.path = path
        self.switch = switch

    @property
    def title(self) -> str:
        """What the status bar shows."""
        return f"Saving {self.path.name}"

    def run(self, context: JobContext) -> Opened | None:
        """Do it.

        Raises
        ------
        ProjectError
            If it cannot be written or, written, cannot be held for this window alone.
        """
        from nmrcam_qt.session.project import open_project

        self._store.save_copy(self.path, context)
        if not self.switch:
            return None
        opened = open_project(self.path)
        if opened.holder:
            opened.store.close()
            raise ProjectError(f"{self.path.name}: saved, but held by {opened.holder}")
        if context.is_cancelled:
            opened.store.close()
            raise Cancelled
        return opened


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


class FindUnnamedJob:
    """Look for sessions without a name; the result is a tuple of `Unnamed`, newest first."""

    title = "Looking for earlier sessions"

    def run(self, context: JobContext) -> tuple[Unnamed, ...]:
        """Do it; files that vanish meanwhile are passed over."""
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
        discard_project(store.path)
    elif not saved:
        raise ProjectError(f"{store.path.name}: the latest changes are not saved ({why})")


def discard_project(path: Path) -> None:
    """Delete an unnamed project that is not open, with what lies beside it."""
    from nmrcam_qt.session.project import discard

    try:
        discard(path)
    except NmrCamError:
        return  # it is offered again at the next start; nothing is lost
