"""Where Bruker data lie: a folder on disk or an archive in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from nmrcam_qt.core.errors import ReadError

MAX_DATA_BYTES = 600_000_000
"""Of a data file: 8192² points of 8 bytes."""
MAX_LISTED = 200_000
"""Files of a folder that are looked at."""
MAX_DEPTH = 12


class Files(Protocol):
    """Files by their relative names (with ``/``)."""

    @property
    def origin(self) -> Path:
        """The folder or archive, for messages."""

    def names(self) -> Sequence[str]:
        """All regular files."""

    def has(self, name: str) -> bool:
        """Whether there is such a regular file."""

    def read(self, name: str, most: int) -> bytes:
        """Content of a file.

        Raises
        ------
        ReadError
            If it is missing, larger than `most` bytes or cannot be read.
        """

    def path(self, name: str) -> Path:
        """What provenance and messages call a file."""

    def called(self, name: str) -> PurePosixPath:
        """A file with what lies above it, as a chemist reads it."""


class FolderFiles:
    """Files below a folder.

    Parameters
    ----------
    root : Path
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def origin(self) -> Path:
        """The folder."""
        return self._root

    def path(self, name: str) -> Path:
        """The file itself."""
        return self._root / name if name else self._root

    def called(self, name: str) -> PurePosixPath:
        """The whole path."""
        return PurePosixPath(self.path(name).as_posix())

    def names(self) -> Sequence[str]:
        """All files below; hidden ones are passed over, links to folders not followed."""
        return list(_walk(self._root))

    def has(self, name: str) -> bool:
        """Whether there is such a regular file."""
        try:
            return stat.S_ISREG(self.path(name).stat().st_mode)
        except (OSError, ValueError):
            return False

    def read(self, name: str, most: int) -> bytes:
        """Content of a regular file of at most `most` bytes."""
        path = self.path(name)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ReadError(path, "no regular file")
            if status.st_size > most:
                raise ReadError(path, f"a file of {status.st_size} bytes", f"at most {most}")
            with path.open("rb") as handle:
                return handle.read(most)
        except FileNotFoundError:
            raise ReadError(path, "no such file") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ReadError(path, f"cannot be read ({reason})") from None


def _walk(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise ReadError(error.filename or root, f"cannot be listed ({error.strerror})")

    count = 0
    for folder, folders, names in os.walk(root, onerror=refuse):
        here = Path(folder).relative_to(root)
        deep = len(here.parts) >= MAX_DEPTH
        folders[:] = [] if deep else sorted(n for n in folders if not n.startswith("."))
        for name in names:
            count += 1
            if count > MAX_LISTED:
                raise ReadError(root, f"more than {MAX_LISTED} files", "a smaller folder")
            if not name.startswith("."):
                yield (here / name).as_posix()
