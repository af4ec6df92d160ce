"""How many scans a JPEG picture is drawn in: a small file can hold thousands.

Each scan goes over the whole picture once more, and decoding cannot be cancelled: a
megabyte can keep a core busy for hours. Encoders write 1, progressive ones about 10.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path

MAX_SCANS = 100
"""As in libtiff, for JPEG inside TIFF."""

_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""Within a scan FF 00 is a byte and FF D0 to FF D7 are restarts."""
_START_OF_SCAN, _END, _NO_LENGTH = 0xDA, 0xD9, (0xD8, 0x01)


def count_scans(path: Path) -> int:
    """Scans of the first image of a JPEG file; stops counting above `MAX_SCANS`.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or is empty.
    """
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        scans = position = 0
        while scans <= MAX_SCANS and (found := _MARKER.search(data, position)):
            position = found.end()
            marker = data[position - 1]
            if marker == _END:
                break
            if marker not in _NO_LENGTH:
                # What a segment holds (a thumbnail, a colour profile) is not looked at.
                position += int.from_bytes(data[position : position + 2], "big")
            scans += marker == _START_OF_SCAN
        return scans
