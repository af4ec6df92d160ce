"""Checks before Python's zipfile sees an archive, which reads its whole directory."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

MAX_ENTRIES = 50_000
MAX_DIRECTORY = 20_000_000
"""Bytes of the central directory."""
_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


class ZipError(ValueError):
    """The archive is broken or too large; the message is a clause for the user."""


def check_directory(path: Path) -> None:
    """Refuse an archive whose directory would fill the memory.

    Raises
    ------
    ZipError
        If there are too many entries or no directory.
    """
    with path.open("rb") as stream:
        stream.seek(0, 2)
        size = stream.tell()
        start = max(0, size - 66_000)
        stream.seek(start)
        tail = stream.read(66_000)
        at = tail.rfind(_END)
        if at < 0 or at + 22 > len(tail):
            raise ZipError("it is cut short or broken")
        entries, length = struct.unpack("<HI", tail[at + 10 : at + 16])
        if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR64:
            (offset,) = struct.unpack("<Q", tail[at - 12 : at - 4])
            if offset + 56 > size:
                raise ZipError("it is cut short or broken")
            stream.seek(offset)
            record = stream.read(56)
            if record[:4] != _END64:
                raise ZipError("it is broken")
            entries, length = struct.unpack("<QQ", record[32:48])
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise ZipError(f"{entries} files in it (at most {MAX_ENTRIES} are looked at)")


def regular_files(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Entries that are files; neither folders nor links."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        mode = info.external_attr >> 16
        link = (mode & 0o170000) not in (0, 0o100000)
        if not info.is_dir() and not link:
            found.setdefault(info.filename.replace("\\", "/"), info)
    return found
