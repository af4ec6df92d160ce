"""Who has a project open: a file beside it with a lock of the operating system.

The lock goes when its process goes, however it ends; the text in the file only says who.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import socket
import stat
import sys
import time
from datetime import datetime
from pathlib import Path

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.session.project.connecting import beside

_TRIES = 20
LOOKING_S = 0.1
"""Whoever only looks whether a project is held (`is_held`) has let go of it long before."""
_STEP_S = 0.005
_FAR = 1 << 30
"""Windows lets nobody read locked bytes: lock one behind the text."""


class HeldError(ProjectError):
    """Another window holds the project.

    Parameters
    ----------
    holder : str
        Who: user, host, process, since when; as far as it is known.
    """

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"the project is open in another window: {holder}")


class FileLock:
    """The lock of one project, held until `release`.

    Parameters
    ----------
    project : Path
        The project file; it need not exist.
    patience_s : float
        How long it may be held by somebody else.

    Raises
    ------
    HeldError
        If another window holds it.
    OSError
        If the file beside the project cannot be made or locked at all.
    """

    def __init__(self, project: Path, patience_s: float = 0.0) -> None:
        end = time.monotonic() + patience_s
        while not self._is_taken(project, last=time.monotonic() >= end):
            time.sleep(_STEP_S)

    def _is_taken(self, project: Path, last: bool) -> bool:
        """Whether it is ours now; `last`: what is held is an error."""
        self.path = beside(project, ".lock")
        for _ in range(_TRIES):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | _FLAGS, 0o644)
            try:
                _check_plain(descriptor)
                _lock(descriptor)
                if self._still_there(descriptor):
                    self._descriptor: int | None = descriptor
                    self._say_who(descriptor)
                    return True
            except BlockingIOError:
                os.close(descriptor)
                if not last:
                    return False
                raise HeldError(read_holder(project)) from None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # the holder before us deleted it in between
        raise HeldError("somebody who opens and closes it all the time")

    def release(self) -> None:
        """Let go; a second call does nothing."""
        if self._descriptor is None:
            return
        # Deleted while it is still held: whoever opened it meanwhile sees that it is gone.
        with contextlib.suppress(OSError):
            self.path.unlink()
        os.close(self._descriptor)
        self._descriptor = None
        with contextlib.suppress(OSError):  # Windows deletes only what is closed
            if sys.platform == "win32":
                self.path.unlink()

    def _still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.lstat())
        except OSError:
            return False

    def _say_who(self, descriptor: int) -> None:
        said = {
            "user": _user(),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "since": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        }
        # A full disk: the lock holds, nobody can read whose it is.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(said).encode())


def is_held(project: Path) -> bool:
    """Whether a window has a project open; no where that cannot be found out."""
    try:
        FileLock(project).release()
    except HeldError:
        return True
    except OSError:
        return False
    return False


def read_holder(project: Path) -> str:
    """Who holds a project, for people; what strangers wrote there is shown as plain text."""
    try:
        with beside(project, ".lock").open("rb") as stream:
            said = parse_json(stream.read(4096).decode("utf-8", "replace"))
        user, host, process, since = (
            one_line(str(said[key]))[:80] for key in ("user", "host", "process", "since")
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "somebody"
    return f"{user} on {host} (process {process}, since {since})"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a process without a name
        return "somebody"


_FLAGS = (
    getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOINHERIT", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # a link that came with the project leads to a user's file
    | getattr(os, "O_NONBLOCK", 0)
)


def _check_plain(descriptor: int) -> None:
    """We write into it: a second name for a file of the user must not be taken for ours.

    Raises
    ------
    OSError
        If it is anything but a file of its own.
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise OSError(errno.EEXIST, "its lock file is no file of its own")


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, error.strerror) from None
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
