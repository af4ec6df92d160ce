"""Reads a ``.keras`` archive or a whole-model ``.h5`` file: configuration and weights only.

No pickle, no link out of the file, nothing larger than it says. Imports neither Keras
nor TensorFlow, so that `nmrcam_qt.ml.importing.probe` can run it in a small process.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.hdf5 import open_checked, read_text
from nmrcam_qt.ml.importing.values import show

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """What was read of a network file.

    Parameters
    ----------
    name : str
        File name without folder.
    sha256 : str
        Digest of the file.
    format : {"keras", "h5"}
        Keras 3 archive or whole-model HDF5.
    config : object
        Configuration, from JSON, not yet checked.
    weights : bytes
        HDF5 with the weights, not yet checked.
    """

    name: str
    sha256: str
    format: str
    config: Any
    weights: bytes


def read_file(path: Path) -> ForeignFile:
    """Read a network file, whose kind is told from its first bytes.

    Raises
    ------
    NetworkError
        One sentence: not readable, no such file, too large, or something in it that a
        network file does not hold.
    """
    name = show(path.name).strip("'\"")
    try:
        blob = read_regular(path, limits.MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise NetworkError(f"{name}: cannot be read ({error})") from None
    digest = hashlib.sha256(blob).hexdigest()
    try:
        if blob.startswith(b"PK"):
            config, weights = _read_keras(blob)
            return ForeignFile(name, digest, "keras", config, weights)
        if blob.startswith(HDF5_SIGNATURE):
            return ForeignFile(name, digest, "h5", _read_h5(blob), blob)
    except NetworkError as error:
        raise NetworkError(f"{name}: {error}") from None
    raise NetworkError(f"{name}: neither a .keras archive nor an HDF5 (.h5) file")


def _read_keras(blob: bytes) -> tuple[Any, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            _check_members(archive)
            text = archive.read(CONFIG).decode("utf-8")
            weights = archive.read(WEIGHTS)
    except _BROKEN_ZIP as error:
        reason = " ".join(str(error).split())[:120]
        raise NetworkError(f"damaged or no .keras archive ({reason})") from None
    return _config(text), weights


def _check_members(archive: zipfile.ZipFile) -> None:
    """Exactly the three files of Keras, none of them hidden, encrypted or blown up."""
    members = archive.infolist()
    if len(members) > limits.MAX_MEMBERS:
        raise NetworkError(f"{len(members)} files in the archive; expected 3")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise NetworkError("a file is twice in the archive")
    for name in names:
        if name not in (CONFIG, METADATA, WEIGHTS):
            raise NetworkError(f"the archive holds {show(name)}, which is not allowed")
    for name in (CONFIG, WEIGHTS):
        if name not in names:
            raise NetworkError(f"the archive has no {name}")
    for member in members:
        limit = (
            limits.MAX_FILE_BYTES
            if member.filename == WEIGHTS
            else 4 * limits.MAX_CONFIG_CHARACTERS
        )
        if member.file_size > limit:
            raise NetworkError(f"{member.filename} is too large")
        blown_up = member.file_size > limits.MAX_RATIO * max(member.compress_size, 1)
        if member.file_size > limits.SMALL and blown_up:
            raise NetworkError(f"{member.filename} is blown up by its compression")
        if member.flag_bits & 1 or member.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise NetworkError(f"{member.filename} is encrypted or packed in an unknown way")


def _read_h5(blob: bytes) -> Any:
    with open_checked(blob) as file:
        if "model_weights" not in file:
            raise NetworkError("HDF5 without the weights of a whole Keras model")
        text = read_text(file, "model_config")
    if text is None:
        raise NetworkError("holds weights but no model; expected a file of model.save()")
    return _config(text)


def _config(text: str) -> Any:
    try:
        return parse_json(text, limits.MAX_CONFIG_CHARACTERS)
    except ValueError as error:
        raise NetworkError(f"the configuration is broken ({error})") from None
