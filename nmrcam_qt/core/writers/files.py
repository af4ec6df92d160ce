"""Files written aside and renamed, and names that never overwrite each other."""

from __future__ import annotations

import contextlib
import errno
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nmrcam_qt.core.errors import NmrCamError

MAX_STEM_BYTES = 120
"""Longest part of an input's name that is used; file systems end at 255 bytes."""

PARTS = ".nmrcam-*.part"
"""Names of files that are being written."""

_LOOKED_AT = 4096
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")


class WriteError(NmrCamError):
    """A file could not be written; what was there before is untouched.

    Parameters
    ----------
    path : Path
        The file.
    reason : str
        What the operating system said.
    number : int
        Its error number, 0 where there is none.
    """

    def __init__(self, path: Path, reason: str, number: int = 0) -> None:
        self.path = path
        self.reason = reason
        self.number = number
        super().__init__(f"{path.name}: cannot be written to {path.parent} ({reason})")

    @property
    def hopeless(self) -> bool:
        """Whether no other file can be written there either: disk full or read-only."""
        return self.number in (errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))

    def __reduce__(self) -> tuple[type[WriteError], tuple[object, ...]]:
        return type(self), (self.path, self.reason, self.number)


@contextlib.contextmanager
def write_aside(path: Path) -> Iterator[BinaryIO]:
    """Open a new file beside `path` that takes its place when the block ends well.

    Parameters
    ----------
    path : Path
        The file to make or to replace; its folder must exist.

    Yields
    ------
    binary file, open for writing

    Raises
    ------
    WriteError
        If the file cannot be written; what was there before is untouched.
    """
    if path.is_char_device() or path.is_block_device():
        # It would be renamed away: as root /dev/full was, once.
        raise WriteError(path, "it is a device, no file")
    # Named before it exists, so that Ctrl-C at any moment leaves nothing behind.
    import secrets

    aside = path.parent / f".nmrcam-{secrets.token_hex(8)}.part"
    try:
        with aside.open("xb") as stream:
            yield stream
        aside.replace(path)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error), error.errno or 0) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def write_json(path: Path, data: object, *, allow_nan: bool = True) -> None:
    """Write one-space indented JSON aside and rename; see `write_aside` for what it raises."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=allow_nan) + "\n"
    with write_aside(path) as stream:
        stream.write(text.encode())


def is_same_file(path: Path, other: str | Path) -> bool:
    """Whether two names lead to one file; a name that leads nowhere is no other one's."""
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def make_folder(folder: Path) -> None:
    """Make a folder and its parents.

    Raises
    ------
    WriteError
        If it cannot be made, for example because a file is in the way.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error.strerror or str(error)) from None


def safe_name(text: str) -> str:
    """A name as part of a file name: as it is, but no separators or control characters.

    Shortened to `MAX_STEM_BYTES`, never in the middle of a character.
    """
    name = _UNSAFE.sub("-", text[:_LOOKED_AT])[:MAX_STEM_BYTES]
    while len(name.encode("utf-8", "surrogateescape")) > MAX_STEM_BYTES:
        name = name[:-1]
    return name or "spectrum"


class OutputNames:
    """File stems of one run: every input gets its own, also on file systems without case.

    Two inputs ``a/x.png`` and ``b/x.csv`` become ``x`` and ``x-2``.
    """

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        self._files: dict[str, int] = {}

    def copy(self) -> OutputNames:
        """The same names taken, to try something out."""
        other = OutputNames()
        other._taken, other._files = dict(self._taken), dict(self._files)
        return other

    def stem(self, *wanted: str) -> str:
        """A stem nobody else has.

        Parameters
        ----------
        *wanted : str
            Stem of the input file; the two different stems of a pair are joined by ``+``.
        """
        parts = list(dict.fromkeys(safe_name(w) for w in wanted))
        return _claim(safe_name("+".join(parts)), self._taken)

    def file(self, wanted: str) -> str:
        """A whole file name (without suffix) nobody else has.

        Stems that differ are not enough: ``x`` + ``fatty_acid`` is ``x_fatty`` + ``acid``.

        Parameters
        ----------
        wanted : str
            Made of a stem of this run, a class and so on; no separators.
        """
        return _claim(wanted, self._files)


def _claim(wanted: str, taken: dict[str, int]) -> str:
    """`wanted`, with a number behind it where it is taken; taken from now on.

    `taken` holds the number to try next, for ten thousand inputs may have one name.
    """
    name, first = wanted, _folded(wanted)
    number = taken.get(first, 2)
    while _folded(name) in taken:
        name = f"{wanted}-{number}"
        number += 1
    taken[_folded(name)] = 2
    taken[first] = number
    return name


def _folded(name: str) -> str:
    """Names that some file system takes for the same are the same here."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
