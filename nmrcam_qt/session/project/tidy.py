"""What a project need not keep: removed spectra, former peaks, results that nobody can see."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.session.project.connecting import DATABASE_ERRORS, connect
from nmrcam_qt.session.project.heavy import RESULT_COLUMNS, result_id
from nmrcam_qt.session.project.lock import FileLock

SECONDS = 1.0
"""The window waits for this when it closes; the rest is done at another time."""
_CHUNK = 50
_BUSY_MS = 100
_PAGES = 500
_OPCODES = 10_000
_UNUSED = (
    (
        "SELECT id FROM payloads WHERE id NOT IN (SELECT payload FROM spectra WHERE embedded <> 0)",
        "payloads",
    ),
    (
        "SELECT id FROM picks WHERE id NOT IN "
        "(SELECT picked FROM spectra WHERE picked IS NOT NULL)",
        "picks",
    ),
    ("SELECT id FROM pictures WHERE id NOT IN (SELECT payload FROM spectra)", "pictures"),
)
Over = Callable[[], bool]


def tidy(connection: sqlite3.Connection, seconds: float = SECONDS) -> None:
    """Delete what cannot come back: call where the undo stack is gone.

    Does nothing where nothing was removed: looking for it means reading all over the file.
    Each chunk is a transaction of its own, so that it can end after any of them.

    Parameters
    ----------
    connection : sqlite3.Connection
        The file, open for writing.
    seconds : float
        When to stop.

    Raises
    ------
    sqlite3.Error
        If the file cannot be written; nothing that is shown is touched.
    """
    if not connection.execute("SELECT 1 FROM project WHERE untidy <> 0").fetchall():
        return
    with _deadline(connection, seconds) as over:
        connection.execute("DELETE FROM spectra WHERE removed <> 0")
        connection.execute("DELETE FROM samples WHERE removed <> 0")
        for sql, table in _UNUSED:
            _delete(connection, (table,), [row[0] for row in connection.execute(sql)], over)
        _delete(connection, ("maps", "results"), _without_spectra(connection), over)
        _delete(connection, ("findings",), _findings_without_spectra(connection), over)
        connection.execute(
            "DELETE FROM texts WHERE id NOT IN (SELECT form FROM spectra) "
            "AND id NOT IN (SELECT said FROM results)"
        )
        free = _free_pages(connection)
        while free and not over():
            # As a script: `execute` stops after the first of its empty rows, which is one page.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES:d})")
            before, free = free, _free_pages(connection)
            if free >= before:
                break
        if not over():
            connection.execute("UPDATE project SET untidy = 0")


def delete_results(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    """Delete results by the id of their row.

    Raises
    ------
    sqlite3.Error
        If the file cannot be written.
    """
    if not ids:
        return
    connection.execute("UPDATE project SET untidy = 1")  # pages can be given back
    with _deadline(connection, SECONDS) as over:
        _delete(connection, ("maps", "results"), ids, over)


def finish(connection: sqlite3.Connection) -> None:
    """Close the last connection so that one file is left, which any medium can hold."""
    with contextlib.suppress(*DATABASE_ERRORS):
        # A second window that reads keeps the log where it is; that is no reason to wait.
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS:d}").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # Without its log the file also opens where nothing can be written beside it.
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    connection.close()


def leave_one_file(path: Path) -> None:
    """After reading beside another window: if that is gone too, its log need not stay.

    While we read, the other window could not put its log away.
    """
    with contextlib.suppress(ProjectError, OSError, *DATABASE_ERRORS):
        lock = FileLock(path)
        try:
            finish(connect(path, mode="rw"))
        finally:
            lock.release()


def _without_spectra(connection: sqlite3.Connection) -> list[int]:
    there = {row[0] for row in connection.execute("SELECT id FROM spectra")}
    gone = []
    for row in connection.execute(f"SELECT {RESULT_COLUMNS}, id FROM results"):  # noqa: S608
        with contextlib.suppress(ValueError):  # broken ones stay for whoever can mend them
            if not there.issuperset(result_id(row).key.items):
                gone.append(row[9])
    return gone


def _findings_without_spectra(connection: sqlite3.Connection) -> list[int]:
    there = {row[0] for row in connection.execute("SELECT id FROM spectra")}
    gone = []
    for row_id, items in connection.execute("SELECT id, items FROM findings"):
        found = None
        with contextlib.suppress(ValueError):
            found = parse_json(items) if isinstance(items, str) else None
        if not isinstance(found, list) or not all(type(i) is int and i in there for i in found):
            gone.append(row_id)
    return gone


def _delete(
    connection: sqlite3.Connection, tables: Sequence[str], ids: Sequence[int], over: Over
) -> None:
    for first in range(0, len(ids), _CHUNK):
        if over():
            return
        chunk = ids[first : first + _CHUNK]
        connection.execute("BEGIN IMMEDIATE")
        try:
            for table in tables:
                sql = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608 - our tables
                connection.executemany(sql, ((row_id,) for row_id in chunk))
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


@contextlib.contextmanager
def _deadline(connection: sqlite3.Connection, seconds: float) -> Iterator[Over]:
    """Time is over after `seconds`; a statement that takes twice as long is interrupted."""
    start = time.monotonic()
    connection.set_progress_handler(lambda: int(time.monotonic() - start > 2 * seconds), _OPCODES)
    try:
        yield lambda: time.monotonic() - start > seconds
    finally:
        connection.set_progress_handler(None, 0)
