"""Connections to a project file: safe towards files of strangers, and what errors mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.project.schema import APPLICATION_ID, SCHEMA_VERSION

BUSY_MS = 5_000
"""How long another program may hold the file before a change is said to be not saved."""
MAX_VALUE_BYTES = 1 << 30
"""Longest text or blob; larger ones in a file of a stranger are refused by SQLite."""
LOG_BYTES = 64 << 20
"""The write-ahead log is cut to this when it was written into the file."""
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError, MemoryError)
"""What reading a damaged file can raise; also messages of SQLite that quote its rubbish."""
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
"""Ends a journal that names another one."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes say; read without SQLite, so that nothing is touched.

    Parameters
    ----------
    version : int
        Schema version.
    """

    version: int


def read_header(path: Path) -> Header:
    """Look at a file before it is opened.

    Raises
    ------
    ProjectError
        If it is missing, no project, or made by a newer nmrcam.
    """
    name = path.name
    try:
        if path.exists() and not path.is_file():
            raise ProjectError(f"{name}: no regular file; expected an nmrcam project")
        with path.open("rb") as stream:
            head = stream.read(_HEADER_BYTES)
    except FileNotFoundError:
        raise ProjectError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProjectError(f"{name}: cannot be read ({reason})") from None
    if not head:
        raise ProjectError(f"{name}: the file is empty; expected an nmrcam project")
    if len(head) < _HEADER_BYTES or not head.startswith(_MAGIC):
        raise ProjectError(f"{name}: no nmrcam project")
    version, application = struct.unpack_from(">I4xI", head, 60)
    if application != APPLICATION_ID:
        raise ProjectError(f"{name}: a database of another program; expected an nmrcam project")
    return Header(version)


def check_version(name: str, version: int, newest: int = SCHEMA_VERSION) -> None:
    """Refuse versions that this nmrcam does not know.

    Raises
    ------
    ProjectError
        For a newer one, and for none.
    """
    if version > newest:
        raise ProjectError(
            f"{name}: made by a newer nmrcam (project version {version}; this one knows "
            f"{newest}); please update nmrcam to open it"
        )
    if version < 1:
        raise ProjectError(f"{name}: a project without a version; the file is damaged")


def connect(path: Path, *, mode: str = "ro", immutable: bool = False) -> sqlite3.Connection:
    """Open a connection in autocommit mode with all that makes foreign files harmless.

    Parameters
    ----------
    path : Path
        The file; must exist unless `mode` is ``"rwc"``.
    mode : {"ro", "rw", "rwc"}
        Read only, write, write and make.
    immutable : bool
        Nobody can write to it: no locks, no files beside it.

    Raises
    ------
    sqlite3.Error
        If it cannot be opened.
    ProjectError
        If something beside it would have SQLite wait without end or delete another file.
    """
    _refuse_planted(path)
    uri = f"{_uri(path)}?mode={mode}" + ("&immutable=1" if immutable else "")
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000
    )
    try:
        _harden(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_planted(path: Path) -> None:
    """Files beside the project that SQLite would wait for, or that would have it do harm.

    Opening a pipe waits without end. A journal may name a journal of several databases, which
    SQLite deletes: we never write one, and one of a stranger could name any file.
    """
    real = Path(os.path.realpath(path))
    for suffix in ("-journal", "-wal", "-shm"):
        other = beside(real, suffix)
        try:
            regular = stat.S_ISREG(other.lstat().st_mode)
        except (OSError, ValueError):
            continue
        if not regular or (suffix == "-journal" and _names_another(other)):
            raise ProjectError(
                f"{path.name}: {other.name} beside it is not of this project; "
                "the project is not opened before that is gone"
            )


def _names_another(journal: Path) -> bool:
    try:
        with journal.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - len(_JOURNAL_MAGIC)))
            return stream.read() == _JOURNAL_MAGIC
    except OSError:
        return False


def _harden(connection: sqlite3.Connection) -> None:
    connection.text_factory = _text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1 << 20)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DDL, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DQS_DML, False)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")


def open_for_writing(path: Path) -> sqlite3.Connection:
    """A connection for the writer: write-ahead log, so that readers never wait.

    Raises
    ------
    sqlite3.Error
        If it cannot be opened for writing.
    """
    connection = connect(path, mode="rw")
    try:
        make_writable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def make_writable(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; fails where the file cannot be written.

    On a full disk, and where the file system cannot share memory, the file is written without
    that log: slower, as safe, and opened all the same, for room may come.

    Raises
    ------
    sqlite3.Error
        If it cannot be written.
    """
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        # Makes the log now and not at the first change, when the file may have been moved.
        connection.execute("SELECT id FROM project").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES:d}").fetchall()
    connection.execute("PRAGMA secure_delete = FAST").fetchall()


def _text(raw: bytes) -> str:
    """Text that is no UTF-8 (a damaged title) must not make the whole project unreadable."""
    return raw.decode("utf-8", "replace")


def _uri(path: Path) -> str:
    """``file:`` address; also of names that are no UTF-8 and of Windows shares."""
    quoted = quote(os.fsencode(path.absolute().as_posix()))
    return "file://" + (quoted if quoted.startswith("/") else "/" + quoted)


def beside(path: Path, suffix: str) -> Path:
    """A file beside the project that belongs to it: ``-wal``, ``-shm``, ``.lock``."""
    return path.with_name(path.name + suffix)


def reason_of(error: Exception) -> str:
    """An error of SQLite or of the system as a clause for a chemist."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        return "the file is damaged"
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return str(error)
    return _REASONS.get(code & 0xFF, str(error))


_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk cannot be written or read",
    sqlite3.SQLITE_READONLY: "the file is write-protected",
    sqlite3.SQLITE_BUSY: "another program is using the file",
    sqlite3.SQLITE_LOCKED: "another program is using the file",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is damaged",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PERM: "the file may not be opened",
    sqlite3.SQLITE_TOOBIG: "something in it is too large",
}


def remove_quietly(*paths: Path) -> None:
    """Delete files; those that are not there or cannot be deleted are passed over."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def place_of(path: Path) -> tuple[int, int] | None:
    """Which file has a name now: another one has other numbers. None for none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - two numbers, on the way of every change
    except OSError:
        return None
    return (found.st_dev, found.st_ino)
