"""Arrays of strangers' ``.npz`` files: nothing is allocated before its header was checked."""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError

HEADER = 4096
"""Bytes that the header of an array may take."""
BROKEN = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    RecursionError,
    MemoryError,
    TypeError,
    IndexError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
)
"""What zipfile and numpy raise for archives that are damaged, encrypted or made up."""


def read_members(
    blob: bytes, shapes: Mapping[str, tuple[int, ...]], file: str
) -> dict[str, NDArray[np.float32]]:
    """The arrays of an archive that holds exactly these.

    Parameters
    ----------
    blob : bytes
        The archive.
    shapes : mapping of str to shape
        What it must hold, by name.
    file : str
        Its name, for errors.

    Returns
    -------
    dict of float32
        By name.

    Raises
    ------
    NetworkError
        If names or shapes are others, or a value is no finite float.
    """
    values = {}
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        members = archive.namelist()
        names = {n.removesuffix(".npy") for n in members}
        if names != set(shapes) or len(members) != len(shapes):
            odd = sorted(names ^ set(shapes)) or ["a name twice"]
            raise NetworkError(f"{file}: arrays do not match the card ({odd[0]})")
        for name, shape in shapes.items():
            size = archive.getinfo(f"{name}.npy").file_size
            if size > 8 * math.prod(shape) + HEADER:
                raise NetworkError(f"{file}: {name} is larger than its shape {shape}")
            with archive.open(f"{name}.npy") as member:
                array = _array(member.read(size), shape, f"{file}: {name}")
            if not np.isfinite(array).all():
                raise NetworkError(f"{file}: {name} holds values that are not finite")
            values[name] = array
    return values


def _array(blob: bytes, shape: tuple[int, ...], name: str) -> NDArray[np.float32]:
    """One ``.npy``; nothing is allocated or unpickled before its header was checked."""
    stream = io.BytesIO(blob)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise NetworkError(f"{name}: an unknown version of the npy format")
    found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if found != shape or dtype.kind != "f":
        raise NetworkError(f"{name} is {dtype}{found}, expected float{shape}")
    flat: NDArray[Any] = np.frombuffer(stream.read(), dtype=dtype, count=math.prod(shape))
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        return flat.reshape(shape, order="F" if fortran else "C").astype(np.float32)
