"""What a start offers: sessions without a name, and projects whose window was killed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal, Slot

from nmrcam_qt.ui.open_projects import OpenProjects
from nmrcam_qt.workers.project_jobs import (
    Earlier,
    FindEarlierJob,
    Killed,
    Unnamed,
    discard_project,
)

LAST_UNNAMED = "projects/unnamed"


class Offers(QObject):
    """What can be continued, and what the next start must know for that.

    Parameters
    ----------
    settings : QSettings
        Where it is kept what was open.
    parent : QObject
        Owner.
    """

    changed = Signal(object)
    """tuple of `Unnamed`: sessions without a name that can be continued"""

    def __init__(self, settings: QSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._open_now = OpenProjects(settings)
        self.unnamed: tuple[Unnamed, ...] = ()
        self.killed: tuple[Killed, ...] = ()
        self.continues_last = False

    def job(self, opening: Path | None) -> FindEarlierJob:
        """Looks for them; its result is for `show`. What is being opened meanwhile is none."""
        mine = None if opening is None else opening.absolute()
        return FindEarlierJob([path for path in self._open_now.paths if path != mine])

    def show(self, found: Earlier, mine: Path | None) -> None:
        """Offer what was found, but for the file that is open here."""
        last = str(self._settings.value(LAST_UNNAMED, ""))
        self.continues_last = bool(found.unnamed) and str(found.unnamed[0].path) == last
        self.unnamed, self.killed = found.unnamed, found.killed
        self.take_off(mine)

    def take_off(self, path: Path | None) -> None:
        """That file is open now, or not wanted."""
        self.unnamed = tuple(each for each in self.unnamed if each.path != path)
        self.killed = tuple(each for each in self.killed if each.path != path)
        self.changed.emit(self.unnamed)

    def forget(self, path: Path) -> None:
        """The user does not want a project whose window was killed, or not now."""
        self._open_now.forget(path)
        self.take_off(path)

    @Slot()
    def discard_unnamed(self) -> None:
        """The user does not want the sessions without a name: their files are deleted."""
        for offer in self.unnamed:
            discard_project(offer.path)
        self.unnamed = ()
        self.changed.emit(())

    def note_open(self, path: Path | None) -> None:
        """This named project is open for writing, also when this window is killed; or none is."""
        self._open_now.take(path)

    def note_end(self, kept: str) -> None:
        """The window has closed its project; `kept` is the file of a session without a name."""
        self._settings.setValue(LAST_UNNAMED, kept)
        self._open_now.take(None)
