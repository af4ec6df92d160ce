"""Making and opening project files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nmrcam_qt import __version__
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.project.blobs import Blobs
from nmrcam_qt.session.project.connecting import (
    DATABASE_ERRORS,
    beside,
    check_version,
    connect,
    make_writable,
    read_header,
    reason_of,
)
from nmrcam_qt.session.project.content import ContentReader
from nmrcam_qt.session.project.copying import (
    copy_project,
    locked_target,
    remove_aside,
    written_aside,
)
from nmrcam_qt.session.project.file import ProjectFile, ReadOnly
from nmrcam_qt.session.project.lock import LOOKING_S, FileLock, HeldError
from nmrcam_qt.session.project.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    Migration,
    check_objects,
    migrate,
    version_of,
)
from nmrcam_qt.session.project.values import json_in, plain_in
from nmrcam_qt.session.records import ProjectOptions, ProjectState
from nmrcam_qt.session.store import ProjectContent

SUFFIX = ".nmrcam"


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A project that was made or opened.

    Parameters
    ----------
    store : ProjectFile
        The file; `close` it.
    content : ProjectContent
        What it holds.
    notices : tuple of str
        One sentence each: what was repaired, left out or kept as a backup.
    holder : str
        Who has it open; empty unless it is read-only for that reason.
    """

    store: ProjectFile
    content: ProjectContent
    notices: tuple[str, ...] = ()
    holder: str = ""


class _WriteProtected(Exception):  # noqa: N818 - a way, no error
    """The file can be read but not written."""


def create_project(path: Path, options: ProjectOptions | None = None) -> Opened:
    """Make an empty project file and open it.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    options : ProjectOptions, optional
        Choices of the user.

    Raises
    ------
    ProjectError
        If it exists (it is never made anew) or cannot be written.
    """
    path = _resolved(path)
    with locked_target(path) as lock:
        if path.exists():
            raise ProjectError(f"{path.name}: exists; open it, or choose another name")
        with written_aside(path) as aside:
            _make(aside, options or ProjectOptions())
        try:
            return _open_writable(path, lock, MIGRATIONS)
        except _WriteProtected as error:
            raise ProjectError(f"{path.name}: cannot be written ({error})") from None


def open_project(
    path: Path, *, migrations: Sequence[Migration] = MIGRATIONS, read_only: bool = False
) -> Opened:
    """Open a project; read-only where it cannot be written or another window holds it.

    Only light rows are read. A file of an older version is copied beside itself and then
    brought to this one.

    Parameters
    ----------
    path : Path
        The file.
    migrations : sequence of Migration
        All versions.
    read_only : bool
        Whether the file must stay as it is, whoever could write it.

    Raises
    ------
    ProjectError
        If it is no project, damaged, or made by a newer nmrcam; the file is untouched.
    """
    path = _resolved(path)
    header = read_header(path)
    check_version(path.name, header.version, migrations[-1].version)
    holder, why = "", "the file is write-protected"
    if read_only:
        why = "it was opened to be read only"
    elif os.access(path, os.W_OK):
        try:
            lock = FileLock(path, LOOKING_S)
        except HeldError as error:
            holder, why = error.holder, f"it is open in another window: {error.holder}"
        except OSError as error:
            why = f"nothing can be written beside it ({reason_of(error)})"
        else:
            try:
                return _open_writable(path, lock, migrations)
            except _WriteProtected as error:
                lock.release()
                why = str(error)
            except BaseException:
                lock.release()
                raise
    return _open_read_only(path, why, holder, migrations)


def _resolved(path: Path) -> Path:
    """One lock for one file, whatever links lead to it."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ProjectError(f"{Path(path).name}: cannot be found ({error})") from None


def _make(path: Path, options: ProjectOptions) -> None:
    connection = connect(path, mode="rwc")
    try:
        # Space of what was removed is given back in small steps, never by a long rewrite.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        migrate(connection)
        connection.execute(
            "INSERT INTO project (id, made_by, made, next_id, options, current, view, untidy) "
            "VALUES (1, ?, ?, 1, ?, NULL, ?, 0)",
            (
                f"nmrcam {__version__}",
                datetime.now(UTC).isoformat(timespec="seconds"),
                json_in(plain_in(options)),
                json_in(plain_in(ProjectState().view)),
            ),
        )
    finally:
        connection.close()


def _open_writable(path: Path, lock: FileLock, migrations: Sequence[Migration]) -> Opened:
    """Open for writing with the lock held; it is the caller's where this fails."""
    connection = None
    try:
        connection = connect(path, mode="rw")
        notices = _brought_up(connection, path, migrations)
        blobs = Blobs(path)
        reader = ContentReader(connection, blobs)
        content, said = reader.read()
        make_writable(connection)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, DATABASE_ERRORS):
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PROTECTED:
                raise _WriteProtected(reason_of(error)) from None
            raise ProjectError(f"{path.name}: {reason_of(error)}") from None
        raise
    remove_aside(path)
    store = ProjectFile(path, connection, blobs, lock, superseded=reader.superseded)
    return Opened(store, content, (*notices, *said))


_PROTECTED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


def _brought_up(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]
) -> tuple[str, ...]:
    """Check the tables and, for an older version, back up and migrate; what to tell the user."""
    newest = migrations[-1].version
    version = version_of(connection)
    check_version(path.name, version, newest)
    check_objects(connection, path.name, version, migrations)
    if version == newest:
        return ()
    try:
        backup = _backup(connection, path, version)
    except ProjectError as error:
        raise ProjectError(
            f"{path.name}: made by an older nmrcam and not opened, for no backup can be made: "
            f"{error}"
        ) from None
    try:
        migrate(connection, migrations)
    except DATABASE_ERRORS as error:
        raise ProjectError(
            f"{path.name}: cannot be brought to this version of nmrcam ({reason_of(error)}); "
            f"a backup is {backup.name}"
        ) from None
    return (f"{path.name} was made by an older nmrcam; a copy as it was is {backup.name}",)


def _backup(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A copy beside the project under a name of its own; nothing is overwritten."""
    name, number = f"{path.stem} (version {version})", 2
    target = path.with_name(name + SUFFIX)
    while target.exists():
        target = path.with_name(f"{name} {number}{SUFFIX}")
        number += 1
    with locked_target(target) as lock:
        copy_project(connection, target, Blobs(path))
        lock.release()
    return target


def _open_read_only(path: Path, why: str, holder: str, migrations: Sequence[Migration]) -> Opened:
    """Open for reading: as it is, else as a file that nobody writes, else a temporary copy."""
    said = f"{path.name} is read-only: {why}; changes stay in memory until you save a copy"
    ways = [_in_place]
    if not holder and not _has_log(path):
        ways.append(_immutable)
    if read_header(path).version < migrations[-1].version:
        ways.clear()  # the tables have to be brought to this version, not in this file
    ways.append(_temporary_copy)
    error: Exception | None = None
    for way in ways:
        try:
            connection, blobs, folder = way(path, migrations)
        except (sqlite3.OperationalError, OSError) as failed:
            error = failed
            continue
        except DATABASE_ERRORS as failed:
            raise ProjectError(f"{path.name}: {reason_of(failed)}") from None
        return _read_only(path, connection, blobs, folder, said, holder)
    raise ProjectError(
        f"{path.name}: cannot be opened ({reason_of(error) if error else 'nobody knows why'})"
    )


Way = tuple[sqlite3.Connection, Blobs, "tempfile.TemporaryDirectory[str] | None"]


def _in_place(path: Path, migrations: Sequence[Migration]) -> Way:
    return _checked(connect(path), path, migrations), Blobs(path), None


def _immutable(path: Path, migrations: Sequence[Migration]) -> Way:
    """On read-only media SQLite cannot make the files that it shares with other readers."""
    connection = _checked(connect(path, immutable=True), path, migrations)
    return connection, Blobs(path, immutable=True), None


def _temporary_copy(path: Path, migrations: Sequence[Migration]) -> Way:
    """With its log, which cannot be brought into the file where it lies."""
    folder = tempfile.TemporaryDirectory(prefix="nmrcam-")
    try:
        place = Path(folder.name) / "project.nmrcam"
        for suffix in ("", "-wal", "-journal"):
            if beside(path, suffix).exists():
                shutil.copyfile(beside(path, suffix), beside(place, suffix))
        connection = connect(place, mode="rw")
        try:
            _checked(connection, path, migrations)
            migrate(connection, migrations)
        except BaseException:
            connection.close()
            raise
        return connection, Blobs(place, title=path.name), folder
    except BaseException:
        folder.cleanup()
        raise


def _checked(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]
) -> sqlite3.Connection:
    try:
        version = version_of(connection)
        check_version(path.name, version, migrations[-1].version)
        check_objects(connection, path.name, version, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_only(
    path: Path,
    connection: sqlite3.Connection,
    blobs: Blobs,
    folder: tempfile.TemporaryDirectory[str] | None,
    said: str,
    holder: str,
) -> Opened:
    try:
        content, notices = ContentReader(connection, blobs).read()
    except BaseException as error:
        connection.close()
        if folder is not None:
            folder.cleanup()
        if isinstance(error, DATABASE_ERRORS):
            raise ProjectError(f"{path.name}: {reason_of(error)}") from None
        raise
    how = ReadOnly(said, folder, shared=bool(holder))
    store = ProjectFile(path, connection, blobs, None, read_only=how)
    return Opened(store, content, notices, holder)


def _has_log(path: Path) -> bool:
    """Whether changes lie beside the file that are not in it yet."""
    for suffix in ("-wal", "-journal"):
        log = beside(path, suffix)
        if log.exists() and log.stat().st_size:
            return True
    return False
