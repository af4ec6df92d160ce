"""Weights on disk: float16 arrays in a plain ``.npz``, never a pickle."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import keras
import numpy as np

from nmrcam_qt.core.errors import NetworkError

MAX_BYTES = 512 * 1024 * 1024


def weight_arrays(
    model: keras.Model,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """All weights of a model by ``layer/variable`` name, float32."""
    return {v.path: np.asarray(v, dtype=np.float32) for v in model.weights}


def save_weights(model: keras.Model, path: Path) -> str:
    """Write the weights as float16, aside and renamed; the same weights give the same file.

    Parameters
    ----------
    model : keras.Model
        A built model.
    path : Path
        ``weights.npz``.

    Returns
    -------
    str
        sha256 of the file.

    Raises
    ------
    NetworkError
        If a weight does not fit into float16.
    """
    arrays = {}
    for name, value in weight_arrays(model).items():
        small = value.astype(np.float16)
        if not np.isfinite(small).all():
            raise NetworkError(f"{name} holds a weight that float16 cannot")
        arrays[name] = small
    blob = _npz(arrays)
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(blob)
    aside.replace(path)
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
        If the file is no such archive, too large, or names and shapes differ.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NetworkError(f"{path.name}: larger than {MAX_BYTES >> 20} MiB")
        blob = path.read_bytes()
        values = _read_npz(blob, path, model)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, EOFError) as error:
        raise NetworkError(f"{path.name}: broken weights ({error})") from None
    for variable in model.weights:
        variable.assign(values[variable.path])
    return hashlib.sha256(blob).hexdigest()


def _npz(arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float16]]]) -> bytes:
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


def _read_npz(
    blob: bytes, path: Path, model: keras.Model
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """Arrays by name, after the *headers* were checked against the model."""
    wanted = {v.path: tuple(v.shape) for v in model.weights}
    values = {}
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        names = {n.removesuffix(".npy") for n in archive.namelist()}
        if names != set(wanted):
            odd = sorted(names ^ set(wanted))
            raise NetworkError(f"{path.name}: weights do not match the card ({odd[0]})")
        for name, shape in wanted.items():
            size = archive.getinfo(f"{name}.npy").file_size
            if size > 8 * int(np.prod(shape)) + 4096:
                raise NetworkError(f"{path.name}: {name} is larger than its shape {shape}")
            with archive.open(f"{name}.npy") as member:
                array = np.lib.format.read_array(member, allow_pickle=False)
            if array.shape != shape or array.dtype.kind != "f":
                raise NetworkError(
                    f"{path.name}: {name} is {array.dtype}{array.shape}, expected float{shape}"
                )
            values[name] = array.astype(np.float32)
    return values
