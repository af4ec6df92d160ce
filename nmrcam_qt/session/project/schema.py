"""Tables of a project file, as a list of migrations. A project is made by running all of them."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmrcam_qt.core.errors import ProjectError

APPLICATION_ID = 0x4E4D5243
"""``NMRC``, in the header of every project file."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The step from the version before to `version`.

    Parameters
    ----------
    version : int
        What ``PRAGMA user_version`` is afterwards.
    statements : tuple of str
        SQL, run in this order.
    step : callable, optional
        What SQL cannot say; run after the statements, in the same transaction.
    """

    version: int
    statements: tuple[str, ...]
    step: Callable[[sqlite3.Connection], None] | None = None


MIGRATIONS = (
    Migration(
        1,
        (
            # One row: who made the file, what was chosen, where the user is, and whether
            # something was removed, so that looking for it is worth the while.
            """CREATE TABLE project (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                made_by TEXT NOT NULL,
                made TEXT NOT NULL,
                next_id INTEGER NOT NULL,
                options TEXT NOT NULL,
                current INTEGER,
                view TEXT NOT NULL,
                untidy INTEGER NOT NULL
            )""",
            "CREATE TABLE samples (id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
            "removed INTEGER NOT NULL)",
            # What many rows share (axes, kind of file, classes, warnings) as JSON: the rows that
            # opening reads are small, and it is parsed once for all of them.
            "CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
            # Light: opening reads these rows, those of `results`, and no others. `form` and
            # `results.said` are ids of `texts`.
            """CREATE TABLE spectra (
                id INTEGER PRIMARY KEY,
                position INTEGER NOT NULL,
                sample INTEGER,
                title TEXT NOT NULL,
                tags TEXT NOT NULL,
                note TEXT NOT NULL,
                flag TEXT NOT NULL,
                embedded INTEGER NOT NULL,
                payload INTEGER NOT NULL,
                name TEXT NOT NULL,
                path TEXT NOT NULL,
                sha256 TEXT NOT NULL,
                peaks INTEGER,
                form INTEGER NOT NULL,
                removed INTEGER NOT NULL
            )""",
            # `spectra.payload` is an id of `pictures`, and of `payloads` where embedded.
            # Never an id again: a window that only reads may still ask for one that is gone.
            "CREATE TABLE pictures (id INTEGER PRIMARY KEY AUTOINCREMENT, thumbnail BLOB NOT NULL)",
            """CREATE TABLE payloads (
                id INTEGER PRIMARY KEY,
                rows INTEGER NOT NULL,
                columns INTEGER NOT NULL,
                levels INTEGER NOT NULL,
                display_rows INTEGER,
                display_columns INTEGER,
                display_levels INTEGER,
                peaks BLOB,
                display BLOB,
                full BLOB NOT NULL
            )""",
            """CREATE TABLE results (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                digest TEXT NOT NULL UNIQUE,
                network TEXT NOT NULL,
                items TEXT NOT NULL,
                layer TEXT,
                network_sha256 TEXT NOT NULL,
                basis TEXT NOT NULL,
                said INTEGER NOT NULL,
                numbers BLOB NOT NULL,
                made TEXT NOT NULL,
                version TEXT NOT NULL
            )""",
            "CREATE TABLE maps (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, "
            "frame BLOB NOT NULL)",
        ),
    ),
    Migration(
        2,
        (
            # Picked peaks: `spectra.picked` is an id of `picks`. A row is never changed, so that
            # undo only names another one; those that nothing names are deleted at the end.
            "CREATE TABLE picks (id INTEGER PRIMARY KEY AUTOINCREMENT, peaks BLOB NOT NULL)",
            "ALTER TABLE spectra ADD COLUMN picked INTEGER",
            "ALTER TABLE spectra ADD COLUMN n_picked INTEGER NOT NULL DEFAULT 0",
            # Height of the first contour over its default. Acquisition, masks and reference are
            # in the texts that `form` names.
            "ALTER TABLE spectra ADD COLUMN contour REAL NOT NULL DEFAULT 1.0",
        ),
    ),
    Migration(
        3,
        (
            # Contributions of peaks, checks of maps: what takes long to have again. `place` is a
            # digest of the question, `basis` of all that the answer rests on, `items` the ids of
            # the spectra. Opening reads none of it.
            """CREATE TABLE findings (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                place TEXT NOT NULL UNIQUE,
                basis TEXT NOT NULL,
                items TEXT NOT NULL,
                size INTEGER NOT NULL,
                frame BLOB NOT NULL
            )""",
        ),
    ),
)
"""Only ever appended to: files of every version that was released are somewhere."""

SCHEMA_VERSION = MIGRATIONS[-1].version


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of an open file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring an open file to the newest version, each step in a transaction of its own.

    Raises
    ------
    sqlite3.Error
        If a step fails; the file is then of the version before this step.
    """
    for migration in migrations:
        if migration.version <= version_of(connection):
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in migration.statements:
                connection.execute(statement)
            if migration.step is not None:
                migration.step(connection)
            connection.execute(f"PRAGMA user_version = {migration.version:d}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def check_objects(
    connection: sqlite3.Connection,
    name: str,
    version: int,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> None:
    """Refuse a file whose tables are not exactly those of its version.

    A trigger, a view or a virtual table in a file of a stranger would run its code in our
    statements.

    Parameters
    ----------
    connection : sqlite3.Connection
        The file.
    name : str
        Its name, for the message.
    version : int
        Its version.
    migrations : sequence of Migration
        All there are.

    Raises
    ------
    ProjectError
        If an object is missing, changed, or not ours.
    """
    found = _objects(connection)
    expected = _expected(tuple(migrations), version)
    if found == expected:
        return
    odd = sorted(f"{kind} {title}" for kind, title, _ in found ^ expected)
    raise ProjectError(
        f"{name}: the tables are not those of a project of version {version} ({odd[0]}); "
        "the file is damaged or was changed by another program"
    )


def _objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master LIMIT 1000").fetchall()
    return frozenset((str(a), str(b), str(c)) for a, b, c in rows)


@functools.lru_cache(maxsize=8)
def _expected(migrations: tuple[Migration, ...], version: int) -> frozenset[tuple[str, str, str]]:
    """Objects of a version, read from an empty one made in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection, [m for m in migrations if m.version <= version])
        return _objects(connection)
    finally:
        connection.close()
