"""What a worker of a Dask cluster does: the same as the inference process, by the same code.

Requests and replies are the frames of the inference process (`nmrcam_qt.ml.server.answer`),
compressed: pictures are mostly blank. Dask pickles the *name* of these functions and byte
strings, nothing of ours; what comes back is bytes, too. TensorFlow is loaded with the first
request.
"""

from __future__ import annotations

import importlib.metadata
import io
import os
import sys
import threading
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt import __version__
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.wire import MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, Frame, WireError, encode
from nmrcam_qt.core.wire import read_frame as read_plain
from nmrcam_qt.ml.cluster_parcel import Parcel, holds, unpack

if TYPE_CHECKING:
    from distributed import Worker

    from nmrcam_qt.ml.server import Engine

MISSING = "missing"
"""In the header of a reply: the worker needs the network first."""
CACHE = "nmrcam-networks"
_NUMERIC = (("tensorflow", "tensorflow-cpu", "tensorflow_cpu"), ("keras",), ("numpy",))
_LEVEL = 1

_lock = threading.Lock()
_seen: set[tuple[Path, tuple[int, ...]]] = set()


def packed(frame: Frame) -> bytes:
    """A frame, compressed."""
    return zlib.compress(encode(frame), _LEVEL)


def unpacked(blob: object) -> Frame:
    """The frame of `packed`.

    Raises
    ------
    WireError
        If it is none, or inflates beyond what a frame may hold.
    """
    if not isinstance(blob, bytes):  # what a worker of something else may return
        raise WireError(f"a frame arrived as {type(blob).__name__}; expected bytes")
    inflater = zlib.decompressobj()
    most = MAX_HEADER_BYTES + MAX_PAYLOAD_BYTES
    try:
        plain = inflater.decompress(blob, most)
    except zlib.error as error:
        raise WireError(f"a frame arrived damaged ({error})") from None
    if inflater.unconsumed_tail or not inflater.eof:
        raise WireError("a frame arrived incomplete, or larger than any frame")
    frame = read_plain(io.BytesIO(plain))
    if frame is None:
        raise WireError("an empty frame arrived")
    return frame


def run(request: bytes) -> bytes:
    """Answer a request; the job function of the cluster.

    Parameters
    ----------
    request : bytes
        `packed` frame of ``nmrcam_qt.core.wire_results.analyse_request`` whose network is the
        sha256 of a parcel.

    Returns
    -------
    bytes
        A `packed` reply of ``nmrcam_qt.ml.server.answer``, with ``"versions"``; or one with
        ``"missing": True`` and ``"worker"``, its address, where the worker has not got the
        network. A known error and a bug are replies, too.
    """
    from nmrcam_qt.ml.server import answer

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    frame = unpacked(request)
    sha256 = str(frame.header.get("network"))
    folder = _home() / sha256
    with _lock:  # one thread computes, as in the inference process
        if not _has(folder, sha256):
            return packed(Frame({"ok": True, MISSING: True, "worker": _address()}))
        asked = Frame({**frame.header, "network": str(folder)}, frame.arrays)
        reply = answer(asked, _engine())
    return packed(Frame({**reply.header, "versions": versions()}, reply.arrays))


def install(sha256: str, blob: bytes, dask_worker: Worker | None = None) -> str:
    """Keep a network among those of this worker; the client runs this on workers that lack it.

    Parameters
    ----------
    sha256, blob : str, bytes
        Of a `Parcel`.
    dask_worker : Worker
        Given by Dask.

    Returns
    -------
    str
        Empty, or one sentence about what was wrong.
    """
    try:
        unpack(Parcel(sha256, blob), _home(dask_worker))
    except NmrCamError as error:
        return str(error)
    return ""


@cache
def _engine() -> Engine:
    """One per process, with the settings of the inference process."""
    from nmrcam_qt.ml.server import KerasEngine

    return KerasEngine()


@cache
def versions() -> dict[str, str]:
    """Of nmrcam and of what computes; equal ones and like processors give equal bytes."""
    found = {"nmrcam": __version__, "python": "{}.{}".format(*sys.version_info[:2])}
    for names in _NUMERIC:
        found[names[0]] = next((v for name in names if (v := _version(name))), "")
    return found


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _has(folder: Path, sha256: str) -> bool:
    """Whether the network is here, read once; anew where its files changed since."""
    if not folder.is_dir():
        return False
    key = folder, tuple(sorted(p.stat().st_mtime_ns for p in folder.iterdir()))
    if key not in _seen:
        if not holds(folder, sha256):
            return False
        _seen.add(key)
    return True


def _home(worker: Worker | None = None) -> Path:
    """Where this worker keeps networks: outside of what Dask removes when it restarts one."""
    from distributed import get_worker

    return Path((worker or get_worker()).local_directory).parent / CACHE


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
