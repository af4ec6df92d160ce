"""The project's life behind one window: new, open, save as, recover, close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from nmrcam_qt.core.writers.files import is_same_file
from nmrcam_qt.qtmodels.garbage import LettingGo
from nmrcam_qt.session.moving import move_in
from nmrcam_qt.session.store import SaveState, SaveStatus, Store
from nmrcam_qt.ui.coming_page import ComingPage
from nmrcam_qt.ui.leaving import close_now, settle
from nmrcam_qt.ui.offers import Offers
from nmrcam_qt.ui.recent_projects import RecentProjects
from nmrcam_qt.ui.wishes import LatestWish, Wish
from nmrcam_qt.workers.jobs import Job
from nmrcam_qt.workers.project_jobs import (
    CloseProjectJob,
    Earlier,
    OpenedProject,
    OpenProjectJob,
    SaveProjectJob,
)
from nmrcam_qt.workers.runner import Lane

if TYPE_CHECKING:
    from nmrcam_qt.session.project import Opened
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.ui.page import Page

UNNAMED = "Unnamed session"
CHECK_AFTER_MS = 1000
"""Source files are looked for so long after a project was opened."""
Then = Callable[[Any], None]
Otherwise = Callable[[str], None]


class ProjectDesk(QObject):
    """Which project file is open behind a window.

    Files are opened, copied and closed by jobs; the present project stays open until the
    other one is there. A session without a name lives in a file too, among the user's data.

    Parameters
    ----------
    window : MainWindow
        The window; its page is replaced when another project is open.
    """

    changed = Signal()
    """another file, or another state of saving"""
    failed = Signal(str)
    """why a project could not be opened or saved"""
    saved_as = Signal(str)
    _told = Signal(object, object)
    """store and its `SaveStatus`, emitted in the store's thread"""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window_ = self._window = window
        self.recent = RecentProjects(window.settings)
        self.offers = Offers(window.settings, self)
        self.store: Store | None = None
        self.unnamed = True
        self.notices: tuple[str, ...] = ()
        self._waiting: dict[int, tuple[Then, Otherwise]] = {}
        self._closings: dict[int, tuple[Store, bool]] = {}
        self._wish = LatestWish(self._read, self._cancel)
        self._spectra_due: tuple[Path, ...] = ()
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.setInterval(CHECK_AFTER_MS)
        self._check_soon.timeout.connect(self._check_sources)
        self._status: SaveStatus | None = None
        self.letting_go = LettingGo(self)
        self._coming = ComingPage(window, self._is_saving)

    # What is open

    @property
    def path(self) -> Path | None:
        """The project file; None for a session without a name."""
        return None if self.unnamed or self.store is None else self.store.path

    @property
    def title(self) -> str:
        """The project's name."""
        path = self.path
        return path.stem if path is not None else UNNAMED

    @property
    def status(self) -> SaveStatus | None:
        """Whether everything is saved; None without a file."""
        return self._status

    # What the user asks for

    def begin(
        self, path: Path | None = None, spectra: Sequence[Path] = (), offer: bool = True
    ) -> None:
        """After the first paint: open a project, or a file for the session that is there.

        Parameters
        ----------
        path : Path, optional
            A project to open.
        spectra : sequence of Path
            Spectra and folders to open in it.
        offer : bool
            Whether to look for what can be continued: sessions without a name, and projects whose
            window was killed.
        """
        if path is None:
            self._find_a_file()
        else:
            self._spectra_due = tuple(spectra)
            self.open(path)
        if offer:
            self._submit(self.offers.job(path), self._on_earlier_found, lane=Lane.SOURCES)

    def _find_a_file(self) -> None:
        """For the session in memory."""
        self._submit(self._open_job(None), self._move_in_unnamed, self._stay_in_memory)

    def new(self) -> None:
        """An empty session without a name."""
        if not self._wish.is_for(None) and settle(self):
            self._wish.ask(None, unnamed=True)

    def open(self, path: Path) -> None:
        """Open a project; one that cannot be opened leaves the present one alone."""
        from nmrcam_qt.session.project import is_scratch  # not for the first paint

        path = path.absolute()
        if self.store is not None and is_same_file(path, self.store.path) and not self.is_read_only:
            if not self._wish.forget():
                self.failed.emit(f"{path.name} is open already.")
            self._coming.give_up()
        elif not self._wish.is_for(path) and settle(self):
            self._wish.ask(path, is_scratch(path))

    def _read(self, wish: Wish) -> int:
        self._coming.give_up()
        if self._window.is_closing:
            return 0
        then = partial(self._switch, unnamed=wish.unnamed)
        return self._submit(self._open_job(wish.path), then, self._on_not_opened)

    def _cancel(self, number: int) -> None:
        self._window.workbench.runner.cancel(number)

    def save_as(self, path: Path) -> None:
        """Write the project to another file and go on there."""
        self._save(path, move=True)

    def save_copy(self, path: Path) -> None:
        """Write the project to another file and go on here."""
        self._save(path, move=False)

    def _save(self, path: Path, move: bool) -> None:
        store, path = self.store, path.absolute()
        if store is None:
            self._submit(self._open_job(path, make=True), self._move_in_named)
        elif is_same_file(path, store.path):
            self.failed.emit(f"{path.name} is the present project: it is always saved.")
        else:
            then = self._on_moved if move else self._on_copied
            job = SaveProjectJob(store, path, move, discard_old=move and self.unnamed)
            self._submit(job, then)

    def retry(self) -> None:
        """Try again to save, or to get hold of a project that another window held."""
        if self.store is None:
            self._find_a_file()
        elif self.is_read_only:
            self.open(self.store.path)
        else:
            self.store.retry()

    @property
    def is_switching(self) -> bool:
        """Whether another project is open, but not shown yet."""
        return self._coming.is_due

    @property
    def is_blank(self) -> bool:
        """Whether this is an empty session without a name."""
        return self.unnamed and not len(self._window.session)

    @property
    def is_read_only(self) -> bool:
        """Whether another window holds the project."""
        return self._status is not None and self._status.state is SaveState.READ_ONLY

    # Jobs

    def _open_job(self, path: Path | None, make: bool = False) -> OpenProjectJob:
        return OpenProjectJob(path, self._window.workbench.networks, make)

    def _submit(
        self, job: Job, then: Then, otherwise: Otherwise | None = None, lane: Lane = Lane.PROJECT
    ) -> int:
        number = self._window.workbench.runner.submit(job, lane)
        self._waiting[number] = (then, otherwise or self.failed.emit)
        return number

    def _is_saving(self) -> bool:
        """Whether the project is just being written elsewhere; its runner ends with its page."""
        saves = self._on_moved, self._on_copied, self._move_in_named
        return any(then in saves for then, _ in self._waiting.values())

    def follow(self) -> None:
        """Listen to the jobs of the window's present page."""
        runner = self._window.workbench.runner
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    @Slot(int, object)
    def _on_succeeded(self, number: int, result: object) -> None:
        self._closings.pop(number, None)
        if number in self._waiting:
            then, _ = self._waiting.pop(number)
            then(result)

    @Slot(int, str)
    def _on_failed(self, number: int, message: str) -> None:
        self._closings.pop(number, None)
        if number in self._waiting:
            _, otherwise = self._waiting.pop(number)
            otherwise(message)

    @Slot(int)
    def _on_cancelled(self, number: int) -> None:
        self._waiting.pop(number, None)
        if self._wish.is_read_by(number) and self._wish.answered():
            self._wish.end()
        store, discard = self._closings.pop(number, (None, False))
        if store is not None:
            close_now(store, discard)

    def _on_not_opened(self, message: str) -> None:
        if self._window.is_closing or not self._wish.answered():
            return
        self._wish.end()
        self.failed.emit(message)
        self._open_spectra()
        if self.store is None:
            self._find_a_file()

    def _stay_in_memory(self, reason: str) -> None:
        """There is no file for this session, wherever it is."""
        if self.store is None:
            self._status = SaveStatus(SaveState.FAILED, reason)
            self.changed.emit()

    # Another file

    def _switch(self, project: OpenedProject, unnamed: bool) -> None:
        """Show another project, then close the one that was open."""
        if not self._wish.is_wanted:
            close_now(project.opened.store, discard=unnamed)
        if self._wish.answered():
            workbench = self._window.workbench.another(project.session)
            self._coming.make(workbench, partial(self._show, project.opened, unnamed))

    def _show(self, opened: Opened, unnamed: bool, page: Page) -> None:
        if self._window.is_closing or not self._coming.is_wanted:
            page.end_following()
            page.dispose()
            close_now(opened.store, discard=unnamed)
            return
        self._wish.end()
        before, discard = self.store, self.is_blank
        unfinished, self._closings = self._closings, {}
        # What the runner that ends now has still to say is of no interest.
        self._waiting = dict.fromkeys(self._waiting, (_drop, _ignore))
        # Once the widgets that look at it are gone.
        self.letting_go.take_after(self._window.page, self._window.session)
        self._window.show_page(page)
        self._waiting.clear()
        for store, of_nobody in unfinished.values():
            self._close(store, of_nobody)
        self._take(opened.store, unnamed, opened.notices)
        self.offers.take_off(opened.store.path)
        if before is not None:
            self._close(before, discard)
        self._check_soon.start()
        self._open_spectra()

    @Slot()
    def _check_sources(self) -> None:
        """Once the list is there: thousands of files are no hurry."""
        if self._window.sidebar.isVisible() and not self._window.session.all_made:
            self._check_soon.start()
        elif self.store is not None and not self._window.is_closing:
            self._window.workbench.check_sources(self.store.path.parent)

    def _open_spectra(self) -> None:
        """What the command line named beside a project."""
        due, self._spectra_due = self._spectra_due, ()
        self._window.workbench.open(due)

    def _move_in_unnamed(self, project: OpenedProject) -> None:
        self._move_in(project.opened, unnamed=True)

    def _move_in_named(self, project: OpenedProject) -> None:
        self._move_in(project.opened, unnamed=False)
        self.saved_as.emit(str(project.opened.store.path))

    def _move_in(self, opened: Opened, unnamed: bool) -> None:
        """The first file of a session that began in memory."""
        if self._window.is_closing or self.store is not None:
            close_now(opened.store, discard=unnamed)
            return
        move_in(self._window.session, opened.store, opened.content)
        self._take(opened.store, unnamed, opened.notices)

    def _on_moved(self, path: Path) -> None:
        """After *Save as*: the same store in another file."""
        if self.store is not None:
            self.unnamed = False
            self._status = self.store.status
            self._note_open()
            self.changed.emit()
            self.saved_as.emit(str(path))

    def _on_copied(self, path: Path) -> None:
        self.saved_as.emit(str(path))

    def _take(self, store: Store, unnamed: bool, notices: tuple[str, ...]) -> None:
        """This is the file from now on."""
        if self.store is not None:
            self.store.on_status = _ignore
        self.store, self.unnamed, self.notices = store, unnamed, notices
        store.on_status = lambda status: self._told.emit(store, status)
        self._status = store.status
        for notice in notices:
            self._window.session.add_problem(notice)
        self._note_open()
        self.changed.emit()

    def _note_open(self) -> None:
        """The settings know which named project is open, also when this window is killed."""
        path = self.path
        if path is not None:
            self.recent.note(path)
        self.offers.note_open(None if self.is_read_only else path)

    def _close(self, store: Store, discard: bool) -> None:
        runner = self._window.workbench.runner
        number = runner.submit(CloseProjectJob(store, discard), Lane.PROJECT)
        self._closings[number] = (store, discard)

    @Slot(object, object)
    def _on_told(self, store: Store, status: SaveStatus) -> None:
        if store is self.store:
            self._status = status
            self.changed.emit()

    @Slot(object)
    def _on_earlier_found(self, found: Earlier) -> None:
        self.offers.show(found, self.store.path if self.store is not None else None)

    # The end

    def end(self) -> None:
        """After the last job: write what waits and let go of the file."""
        self._coming.finish()
        for store, discard in self._closings.values():
            close_now(store, discard)
        self._closings.clear()
        self._waiting.clear()
        if self.store is None:
            return
        store, self.store = self.store, None
        store.on_status = _ignore
        discard = self.is_blank
        kept = "" if discard or not self.unnamed else str(store.path)
        close_now(store, discard)
        self.offers.note_end(kept)


def _drop(result: object) -> None:
    """A project that was opened for nobody."""
    if isinstance(result, OpenedProject):
        close_now(result.opened.store, discard=False)


def _ignore(_: object) -> None:
    """Nobody wants to know any more."""
