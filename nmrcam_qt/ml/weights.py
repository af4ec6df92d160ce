"""Weights on disk: float16 or float32 arrays in a plain ``.npz``, never a pickle."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.plain_npz import BROKEN, read_members
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.writers.files import write_aside

MAX_BYTES = 512 * 1024 * 1024
_NAMES = {"float16": np.float16, "float32": np.float32}


def weight_arrays(model: keras.Model) -> dict[str, NDArray[np.float32]]:
    """All weights of a model by ``layer/variable`` name, float32."""
    return {v.path: np.asarray(v, dtype=np.float32) for v in model.weights}


def save_weights(model: keras.Model, path: Path, dtype: str = "float16") -> str:
    """Write the weights, aside and renamed; the same weights give the same file.

    Parameters
    ----------
    model : keras.Model
        A built model.
    path : Path
        ``weights.npz``.
    dtype : {"float16", "float32"}
        Numbers on disk; float32 keeps every bit.

    Returns
    -------
    str
        sha256 of the file.

    Raises
    ------
    NetworkError
        If a weight is not finite or does not fit into the number type.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in weight_arrays(model).items():
        with np.errstate(over="ignore"):
            small = value.astype(_NAMES[dtype])
        if not np.isfinite(small).all():
            raise NetworkError(f"{name} holds a weight that {dtype} cannot")
        arrays[name] = small
    blob = _npz(arrays)
    with write_aside(path) as stream:
        stream.write(blob)
    return hashlib.sha256(blob).hexdigest()


def load_weights(model: keras.Model, path: Path) -> str:
    """Load weights into a built model of exactly the same variables.

    Returns
    -------
    str
        sha256 of the file.

    Raises
    ------
    NetworkError
        If the file is no such archive, too large, names or shapes differ, or a weight
        is not finite.
    """
    try:
        blob = read_regular(path, MAX_BYTES)
        shapes = {v.path: tuple(v.shape) for v in model.weights}
        values = read_members(blob, shapes, path.name)
    except BROKEN as error:
        raise NetworkError(f"{path.name}: broken weights ({error})") from None
    for variable in model.weights:
        variable.assign(values[variable.path])
    return hashlib.sha256(blob).hexdigest()


def load_arrays(path: Path, what: str) -> dict[str, NDArray[Any]]:
    """All arrays of an ``.npz`` of a training, never a pickle.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What it should be, for the error.

    Raises
    ------
    NetworkError
        If it cannot be read, is broken, or holds more than `MAX_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise NetworkError(f"{path}: holds {size} bytes; at most {MAX_BYTES} are read")
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except BROKEN as error:
        raise NetworkError(f"{path}: no {what} ({error})") from None


def _npz(arrays: dict[str, NDArray[Any]]) -> bytes:
    """Like `numpy.savez_compressed`, with fixed dates so that the digest is stable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()
