"""The digest of a file, with a look at whether the user has cancelled. No Qt."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

CHUNK_BYTES = 1 << 20


def file_digest(path: Path, between: Callable[[], None]) -> str:
    """sha256 of a regular file as a hex digest.

    Parameters
    ----------
    path : Path
        The file; a link to one is followed.
    between : callable
        Called after every `CHUNK_BYTES`; raises to stop.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no regular file: a pipe would be waited for without end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("no regular file")
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            between()
    return digest.hexdigest()
