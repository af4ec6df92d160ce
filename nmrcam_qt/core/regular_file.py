"""Small files of strangers, read whole: no pipes, no devices, no more than allowed."""

from __future__ import annotations

import stat
from pathlib import Path


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file.

    A pipe would be waited for without end, and ``/dev/zero`` says that it is empty.

    Parameters
    ----------
    path : Path
        The file; a link to one is followed.
    max_bytes : int
        Larger files are refused unread.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no regular file or too large.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("no regular file")
    with path.open("rb") as stream:
        blob = stream.read(max_bytes + 1)
    if len(blob) > max_bytes:
        raise ValueError(f"too large: larger than {max_bytes >> 20} MiB")
    return blob
