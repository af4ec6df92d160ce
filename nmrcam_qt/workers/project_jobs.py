"""Projects are opened, copied and closed outside the window's thread. No Qt."""

from __future__ import annotations

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

        if self.path is None:
            opened = create_project(scratch_project())
        else:
            opened = open_project(self.path)
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
