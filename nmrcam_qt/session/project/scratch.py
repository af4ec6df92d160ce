"""Projects without a name: a new session lives in one, so that nothing is ever lost."""

from __future__ import annotations

import contextlib
import glob
import re
import secrets
import tempfile
from datetime import datetime
from pathlib import Path

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.paths import user_dir
from nmrcam_qt.session.project.connecting import (
    DATABASE_ERRORS,
    beside,
    check_version,
    connect,
    read_header,
    reason_of,
    remove_quietly,
)
from nmrcam_qt.session.project.lock import FileLock, HeldError

_FOLDER = "unsaved"
_SUFFIX = ".nmrcam"
_TEMPORARY = "nmrcam-unsaved-"
_BACKUP = re.compile(r" \(version \d+\)( \d+)?$")
"""Ends the name of the copy that is made before a project is brought to a newer version."""


def scratch_folder() -> Path:
    """Where projects without a name lie; not created here."""
    return user_dir() / _FOLDER


def scratch_project() -> Path:
    """A new name for a project without one; give it to `create_project`.

    It lies in the user's data folder, or where that cannot be written in a new folder for
    temporary files, where `recoverable` does not look.

    Raises
    ------
    ProjectError
        If there is neither.
    """
    name = f"{datetime.now():%Y-%m-%d %H.%M.%S} {secrets.token_hex(3)}{_SUFFIX}"
    folder = scratch_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder / name
    except OSError:
        pass
    try:
        return Path(tempfile.mkdtemp(prefix=_TEMPORARY)) / name
    except OSError as error:
        raise ProjectError(
            f"nowhere to keep an unsaved project: neither {folder} nor the folder for "
            f"temporary files can be written ({reason_of(error)})"
        ) from None


def is_scratch(path: Path) -> bool:
    """Whether this is a project without a name of the user's."""
    parent = Path(path).absolute().parent.resolve()
    if parent == scratch_folder().absolute().resolve():
        return True
    temporary = Path(tempfile.gettempdir()).resolve()
    return parent.parent == temporary and parent.name.startswith(_TEMPORARY)


def recoverable() -> list[Path]:
    """Projects without a name that hold something and that no window holds, newest first.

    They were left by a window that was killed. Those that hold nothing are deleted; what
    cannot be read is left where it is. Copies as an older nmrcam made them are no others.
    """
    found = []
    for path in scratch_folder().glob(f"*{_SUFFIX}"):
        if _BACKUP.search(path.stem) or discard(path):
            continue
        try:
            lock = FileLock(path)
        except (HeldError, OSError):
            continue
        try:
            if not _is_empty(path):
                found.append((path.stat().st_mtime, path))
        except (ProjectError, OSError):
            continue
        finally:
            lock.release()
    return [path for _, path in sorted(found, reverse=True)]


def discard(path: Path, *, only_empty: bool = True) -> bool:
    """Delete a project without a name that was closed, and copies of its older versions.

    Parameters
    ----------
    path : Path
        Of `scratch_project`; anything else is left alone.
    only_empty : bool
        Leave it where it holds spectra.

    Returns
    -------
    bool
        Whether it was deleted.
    """
    if not is_scratch(path):
        return False
    try:
        lock = FileLock(path)
    except (HeldError, OSError):
        return False
    try:
        if only_empty and not _is_empty(path):
            return False
        path.unlink()
        remove_quietly(*(beside(path, suffix) for suffix in ("-wal", "-shm", "-journal")))
        remove_quietly(*_backups(path))
        return True
    except (ProjectError, OSError):
        return False
    finally:
        lock.release()
        if path.parent.name.startswith(_TEMPORARY):
            with contextlib.suppress(OSError):
                path.parent.rmdir()


def _backups(path: Path) -> list[Path]:
    found = path.parent.glob(f"{glob.escape(path.stem)} (version *{_SUFFIX}")
    return [backup for backup in found if _BACKUP.search(backup.stem)]


def _is_empty(path: Path) -> bool:
    """Whether it holds no spectrum.

    Raises
    ------
    ProjectError
        If it cannot be read.
    """
    check_version(path.name, read_header(path).version)
    connection = connect(path, mode="rw")  # a log that was left has to be read too
    try:
        sql = "SELECT 1 FROM spectra WHERE removed = 0 LIMIT 1"
        return connection.execute(sql).fetchone() is None
    except DATABASE_ERRORS as error:
        raise ProjectError(f"{path.name}: {reason_of(error)}") from None
    finally:
        connection.close()
