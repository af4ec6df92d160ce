"""The open project: a thread of its own writes every change in a transaction of its own."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from nmrcam_qt.core.errors import NmrCamError, ProjectError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.changes import TURN, Change, merged
from nmrcam_qt.session.project import connecting
from nmrcam_qt.session.project.blobs import Blobs
from nmrcam_qt.session.project.connecting import DATABASE_ERRORS, place_of, reason_of
from nmrcam_qt.session.project.copying import copy_project, locked_target
from nmrcam_qt.session.project.lock import FileLock
from nmrcam_qt.session.project.tidy import delete_results, finish, leave_one_file, tidy
from nmrcam_qt.session.project.writing import Task, Writing
from nmrcam_qt.session.records import Finding, ProjectState
from nmrcam_qt.session.results import ResultRecord
from nmrcam_qt.session.store import SaveState, SaveStatus

_FAILURES = (sqlite3.Error, OSError, NmrCamError, ValueError, TypeError, OverflowError, MemoryError)
"""Whatever a record holds, the thread lives on and says that it is not saved."""
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """How a project is open that cannot be written.

    Parameters
    ----------
    why : str
        One sentence.
    folder : TemporaryDirectory, optional
        Where a copy lies that is read instead; deleted with `close`.
    shared : bool
        Whether another window held the file when it was opened.
    """

    why: str = ""
    folder: tempfile.TemporaryDirectory[str] | None = None
    shared: bool = False


class ProjectFile:
    """The `nmrcam_qt.session.store.Store` of one ``.nmrcam`` file; made by `open_project`.

    Parameters
    ----------
    path : Path
        The file as the user knows it.
    connection : sqlite3.Connection
        Checked; open for writing where `lock` is given.
    blobs : Blobs
        Its heavy tables.
    lock : FileLock or None
        Held by us; None for a project that is only read.
    superseded : sequence of int, optional
        Results that nobody was given; they are deleted in the background, and so is what
        was removed the last time. None for a file that need not be tidied.
    read_only : ReadOnly, optional
        For a project that is only read.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        blobs: Blobs,
        lock: FileLock | None,
        *,
        superseded: Sequence[int] | None = None,
        read_only: ReadOnly | None = None,
    ) -> None:
        self.on_status: Callable[[SaveStatus], None] = _nobody
        self._path = path
        self._connection = connection
        self._blobs = blobs
        self._lock = lock
        self._read_only = read_only or ReadOnly()
        self._place = place_of(path)
        self._superseded = superseded
        self._io = threading.Lock()
        """Held while the file is written or copied."""
        self._wake = threading.Condition()
        """Guards everything below."""
        self._pending: deque[Task] = deque()
        self._busy: Task | None = None
        self._error = ""
        self._again = False
        self._trying = False
        self._ending = False
        self._closed = False
        self._said = SaveStatus(
            SaveState.SAVED if lock else SaveState.READ_ONLY, self._read_only.why
        )
        self._thread = threading.Thread(target=self._run, name="nmrcam project", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The file; another one after `save_as`."""
        return self._path

    @property
    def status(self) -> SaveStatus:
        """Whether everything is in the file."""
        with self._wake:
            return self._status()

    def write(self, change: Change) -> None:
        """Keep a change."""
        self._put(change)

    def write_result(self, result: ResultRecord) -> None:
        """Keep a result; one with the same `ResultId` is replaced."""
        self._put(result)

    def write_finding(self, finding: Finding) -> None:
        """Keep a finding; one in the same place is replaced."""
        self._put(finding)

    def finding(self, place: str, basis: str) -> Frame | None:
        """The answer in a place that rests on exactly this; None where there is none."""
        return self._blobs.finding(place, basis)

    def write_state(self, state: ProjectState) -> None:
        """Keep where the user is; only the newest of several that wait is written."""
        self._put(state)

    def flush(self, timeout_s: float | None = None) -> bool:
        """Wait until everything is in the file; whether it is. Returns at once where it fails."""
        with self._wake:
            self._wake.wait_for(lambda: not self._working() or self._closed, timeout_s)
            return not self._pending

    def retry(self) -> None:
        """Try again to write what could not be written."""
        with self._wake:
            self._again = True
            self._wake.notify_all()

    def save_copy(self, path: Path, progress: Progress = SILENT) -> None:
        """Write everything, also what could not be written here, to another project file.

        Changes that are made meanwhile wait.

        Raises
        ------
        ProjectError
            If it cannot be written; an existing file at `path` stays as it was then.
        Cancelled
            If the user cancelled.
        """
        path = self._target(path)
        with self._io, locked_target(path) as lock:
            self._copy(path, progress)
            lock.release()

    def save_as(self, path: Path, progress: Progress = SILENT) -> None:
        """Write everything to another file and go on in that one.

        Spectra and maps, those of the undo stack too, are read from it from now on. The file
        until now is left with all that was in it. A read-only project can be written to
        afterwards.

        Raises
        ------
        ProjectError
            If it cannot be written; everything stays as it was then.
        Cancelled
            If the user cancelled.
        """
        path = self._target(path)
        self.flush(_PATIENCE_S)  # what was done before belongs to the old file too
        with self._io:
            with locked_target(path) as lock:
                done, writings = self._copy(path, progress)
                connection = self._open_copy(path)
            self._move(path, connection, lock)
            for writing in writings:
                writing.settle()
            with self._wake:
                written = {id(task) for task in done}
                self._pending = deque(t for t in self._pending if id(t) not in written)
                self._error = ""
                self._again = True
                self._wake.notify_all()

    def close(self) -> bool:
        """Write what waits, tidy up, end the thread, let go of the file; whether all is saved."""
        with self._wake:
            self._ending = True
            self._again = True
            self._wake.notify_all()
        self._thread.join()
        with self._io:
            with self._wake:
                if self._closed:
                    return not self._pending
                self._closed = True
                saved = not self._pending
                self._wake.notify_all()
            self._let_go()
        return saved

    # Saving to another file

    def _target(self, path: Path) -> Path:
        path = Path(path).absolute()
        with contextlib.suppress(OSError):
            path = path.resolve()
        if path == self._path:
            raise ProjectError(f"{path.name}: is the open project itself")
        return path

    def _copy(self, path: Path, progress: Progress) -> tuple[list[Task], list[Writing]]:
        with self._wake:
            if self._closed:
                raise ProjectError(f"{self._path.name}: the project is closed")
            pending = list(self._pending)
        try:
            return pending, copy_project(self._connection, path, self._blobs, pending, progress)
        except (ValueError, TypeError, OverflowError, MemoryError) as error:
            raise ProjectError(f"{path.name}: cannot be written ({error})") from None

    @staticmethod
    def _open_copy(path: Path) -> sqlite3.Connection:
        try:
            return connecting.open_for_writing(path)
        except DATABASE_ERRORS as error:
            raise ProjectError(f"{path.name}: cannot be opened ({reason_of(error)})") from None

    def _move(self, path: Path, connection: sqlite3.Connection, lock: FileLock) -> None:
        old, old_lock = self._connection, self._lock
        with self._wake:
            self._path, self._connection, self._lock = path, connection, lock
            self._place = place_of(path)
        self._blobs.move(path)
        if old_lock is None:
            old.close()
            self._forget_folder()
        else:
            finish(old)
            old_lock.release()

    def _forget_folder(self) -> None:
        if self._read_only.folder is not None:
            self._read_only.folder.cleanup()

    def _let_go(self) -> None:
        self._blobs.close()
        if self._lock is None:
            self._connection.close()
            if self._read_only.shared:
                leave_one_file(self._path)
            self._forget_folder()
            return
        with contextlib.suppress(*DATABASE_ERRORS):
            tidy(self._connection)
        finish(self._connection)
        self._lock.release()

    # The thread

    def _put(self, task: Task) -> None:
        with self._wake:
            if isinstance(task, ProjectState):
                waiting = (t for t in self._pending if t is self._busy or _stays(t))
                self._pending = deque(waiting)
            elif isinstance(task, Change) and self._goes_on(task):
                task = merged(cast(Change, self._pending.pop()), task)
            self._pending.append(task)
            self._again = True
            self._wake.notify_all()

    def _goes_on(self, change: Change) -> bool:
        """Whether a change turns on what waits last: of many notches only the last is written."""
        last = self._pending[-1] if self._pending else None
        return (
            isinstance(last, Change)
            and last is not self._busy
            and change.merge_key.startswith(TURN)
            and last.merge_key == change.merge_key
        )

    def _run(self) -> None:
        self._tidy_up()
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._again or self._ending)
                self._again, self._trying = False, True
            self._tell()
            self._write_all()
            self._tell()
            with self._wake:
                self._trying = False
                self._wake.notify_all()
                if self._ending and not self._working():
                    return

    def _tidy_up(self) -> None:
        """After opening: the undo stack of the last time is gone."""
        if self._superseded is not None:
            with self._io, contextlib.suppress(*DATABASE_ERRORS):
                delete_results(self._connection, self._superseded)
                tidy(self._connection)

    def _write_all(self) -> None:
        """Until nothing waits or something fails."""
        while self._lock is not None:
            with self._io:
                with self._wake:
                    if not self._pending:
                        return
                    task = self._busy = self._pending[0]
                error = self._try(task)
                with self._wake:
                    self._busy = None
                    self._error = error
                    if not error:
                        self._pending.popleft()
            self._tell()
            if error:
                return

    def _try(self, task: Task) -> str:
        """Write one task; why it could not be written, empty for success."""
        writing = Writing(self._connection, self._blobs)
        try:
            self._check_place()
            # A power cut may take the last results and the place of the user, which can be
            # had again; what the user did is on the disk before it is called saved.
            level = "FULL" if isinstance(task, Change) else "NORMAL"
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                writing.apply(task)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except _FAILURES as error:
            return reason_of(error)
        writing.settle()
        return ""

    def _check_place(self) -> None:
        """A file that was deleted or replaced would take our changes with it."""
        if place_of(self._path) != self._place:
            raise ProjectError("the file was moved, deleted or replaced while it was open")

    def _working(self) -> bool:
        """Whether what waits is being written."""
        if not self._pending or self._lock is None:
            return False
        return not self._error or self._again or self._trying

    def _status(self) -> SaveStatus:
        waiting = len(self._pending)
        if self._lock is None:
            return SaveStatus(SaveState.READ_ONLY, self._read_only.why, waiting)
        if self._error and waiting:
            return SaveStatus(
                SaveState.FAILED,
                f"{self._path.name}: changes cannot be saved ({self._error}); "
                "they are kept in memory",
                waiting,
            )
        return SaveStatus(SaveState.SAVING if waiting else SaveState.SAVED, "", waiting)

    def _tell(self) -> None:
        with self._wake:
            status = self._status()
            if status == self._said:
                return
            self._said = status
        self.on_status(status)


def _stays(task: Task) -> bool:
    return not isinstance(task, ProjectState)


def _nobody(_status: SaveStatus) -> None:
    """Nobody listens yet."""
