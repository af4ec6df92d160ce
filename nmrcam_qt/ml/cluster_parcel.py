"""A network's folder as bytes that travel to the workers of a cluster, known by their sha256.

A parcel is a frame (`nmrcam_qt.core.wire`) of the folder's three files. Nothing in it is code
or a pickle; what a worker has unpacked is compared with the digest before it is loaded, and
then loaded like any network (`nmrcam_qt.ml.network.Network.load`: allowed layers, checked
sizes, our own builder). Importable without TensorFlow and without Dask.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.ml.registry import NETWORK_FILES

MAX_FILE_BYTES = 512 << 20
"""Of one file; as large as weights may be (`nmrcam_qt.ml.weights`)."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A network as bytes.

    Parameters
    ----------
    sha256 : str
        Of `blob`.
    blob : bytes
        A frame: ``"files"`` names them, the arrays (uint8) hold them.
    """

    sha256: str
    blob: bytes


def pack(folder: Path) -> Parcel:
    """The files of a network's folder; the same files give the same digest.

    Raises
    ------
    NetworkError
        If one of them cannot be read.
    """
    names = [name for name in NETWORK_FILES if (folder / name).exists()]
    arrays = []
    for name in names:
        try:
            content = read_regular(folder / name, MAX_FILE_BYTES)
        except (OSError, ValueError) as error:
            raise NetworkError(f"{folder.name}/{name}: cannot be read ({error})") from None
        arrays.append(np.frombuffer(content, dtype=np.uint8))
    blob = encode(Frame({"files": names}, tuple(arrays)))
    return Parcel(hashlib.sha256(blob).hexdigest(), blob)


def unpack(parcel: Parcel, home: Path) -> Path:
    """The network in a folder of its own below `home`, named by the digest.

    Several processes may unpack the same one; the first that is ready stays.

    Raises
    ------
    NetworkError
        If the bytes are not those of the digest, are no parcel, or cannot be written.
    """
    folder = home / _checked(parcel.sha256)
    if hashlib.sha256(parcel.blob).hexdigest() != parcel.sha256:
        raise NetworkError("a network arrived damaged (sha256)")
    files = _files(parcel.blob)
    aside = home / f".{secrets.token_hex(8)}.part"
    try:
        aside.mkdir(parents=True)
        for name, content in files.items():
            (aside / name).write_bytes(content)
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
    except OSError as error:
        if not holds(folder, parcel.sha256):
            raise NetworkError(f"a network cannot be kept in {home} ({error})") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def holds(folder: Path, sha256: str) -> bool:
    """Whether the folder's files are, byte for byte, those of the digest."""
    try:
        return pack(folder).sha256 == sha256
    except NetworkError:
        return False


def _checked(sha256: str) -> str:
    """The digest; it becomes the name of a folder, so it must be one."""
    if not _DIGEST.fullmatch(sha256):
        raise NetworkError(f"{sha256[:80]!r} is no sha256")
    return sha256


def _files(blob: bytes) -> dict[str, bytes]:
    try:
        frame = read_frame(io.BytesIO(blob))
    except WireError as error:
        raise NetworkError(f"a network arrived broken ({error})") from None
    names = frame.header.get("files") if frame is not None else None
    if frame is None or not isinstance(names, list) or len(names) != len(frame.arrays):
        raise NetworkError("a network arrived that names no files")
    if len(set(map(str, names))) != len(names) or not set(names) <= set(NETWORK_FILES):
        raise NetworkError(f"a network arrived with the files {names}; expected {NETWORK_FILES}")
    return {name: array.tobytes() for name, array in zip(names, frame.arrays, strict=True)}
