"""A project written to another file: aside first, then in one step to its name."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.session.project.blobs import Blobs
from nmrcam_qt.session.project.connecting import (
    DATABASE_ERRORS,
    beside,
    connect,
    read_header,
    reason_of,
    remove_quietly,
)
from nmrcam_qt.session.project.lock import FileLock, HeldError
from nmrcam_qt.session.project.writing import Task, Writing

_PAGES = 256
"""Copied between two looks at the progress."""


@contextlib.contextmanager
def locked_target(path: Path) -> Iterator[FileLock]:
    """Hold the place where a project is to be written; let go if the block fails.

    Raises
    ------
    ProjectError
        If another window holds it or nothing can be written there.
    """
    try:
        lock = FileLock(path)
    except HeldError as error:
        raise ProjectError(f"{path.name}: cannot be replaced: {error}") from None
    except OSError as error:
        raise ProjectError(
            f"{path.name}: cannot be written to {path.parent} ({reason_of(error)})"
        ) from None
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def copy_project(
    source: sqlite3.Connection,
    target: Path,
    blobs: Blobs,
    pending: Sequence[Task] = (),
    progress: Progress = SILENT,
) -> list[Writing]:
    """Write a project and what is not yet in it to another file.

    Parameters
    ----------
    source : sqlite3.Connection
        The project; nobody else uses the connection meanwhile.
    target : Path
        Made or replaced in one step; its lock is held.
    blobs : Blobs
        Of the source; ids in the copy are the same.
    pending : sequence of Change, ResultRecord or ProjectState
        Not yet in the source.
    progress : Progress
        Counts pages.

    Returns
    -------
    list of Writing
        To settle where the copy takes the place of the source.

    Raises
    ------
    ProjectError
        If it cannot be written; `target` is as it was.
    Cancelled
        If the user cancelled.
    """
    with written_aside(target) as aside:
        _copy_pages(source, aside, progress)
        connection = connect(aside, mode="rw")
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            connection.execute("PRAGMA synchronous = OFF")  # synced as a whole below
            return [_apply(connection, blobs, task) for task in pending]
        finally:
            connection.close()


@contextlib.contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """A name beside `target`; the file made there takes its place when the block ends well.

    Raises
    ------
    ProjectError
        If it cannot be written; `target` is as it was.
    """
    aside = aside_of(target)
    remove_aside(target)  # one that a killed window left; the lock of `target` is held
    try:
        yield aside
        _settle_existing(target)
        _sync(aside)
        aside.replace(target)
        _sync(target.parent)
    except (*DATABASE_ERRORS, OSError) as error:
        raise ProjectError(
            f"{target.name}: cannot be written to {target.parent} ({reason_of(error)})"
        ) from None
    finally:
        remove_aside(target)


def aside_of(target: Path) -> Path:
    """Where a project is written before it takes its place."""
    return target.with_name(f".{target.name}.part")


def remove_aside(target: Path) -> None:
    """Delete what a copy that never ended left; call with the lock of `target` held."""
    aside = aside_of(target)
    remove_quietly(aside, *(beside(aside, s) for s in ("-wal", "-shm", "-journal")))


def _copy_pages(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        progress.step(total - remaining, total, "saving a copy")

    connection = connect(target, mode="rwc")
    try:
        connection.execute("PRAGMA synchronous = OFF")
        # One view of the source throughout, even where another window writes to it.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchall()
        try:
            source.backup(connection, pages=_PAGES, progress=step)
        finally:
            source.execute("ROLLBACK")
    finally:
        connection.close()


def _apply(connection: sqlite3.Connection, blobs: Blobs, task: Task) -> Writing:
    writing = Writing(connection, blobs)
    connection.execute("BEGIN IMMEDIATE")
    writing.apply(task)
    connection.execute("COMMIT")
    return writing


def _settle_existing(target: Path) -> None:
    """Bring the log of a file that is to be replaced into it: beside another it would harm."""
    logs = [beside(target, suffix) for suffix in ("-wal", "-journal")]
    if not any(log.exists() for log in logs):
        return
    if target.exists():
        read_header(target)
        connection = connect(target, mode="rw")
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            connection.close()
    else:
        remove_quietly(*logs)
    left = [log.name for log in logs if log.exists()]
    if left:
        raise ProjectError(f"{target.name}: cannot be replaced while {left[0]} lies beside it")


def _sync(path: Path) -> None:
    """Onto the disk; folders cannot be synced everywhere."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError:
        if not folder:
            raise
    finally:
        os.close(descriptor)
