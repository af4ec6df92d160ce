"""Frames between the window and its child processes: JSON header + raw arrays, no pickle.

A frame is ``b"NMRC"``, the header's length (u32), the arrays' length (u64), both little
endian, the header (UTF-8 JSON object) and the arrays one after the other, little endian
and C-contiguous. The header's ``"arrays"`` holds ``[dtype, shape]`` of each.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NmrCamError

MAGIC = b"NMRC"
PREFIX = struct.Struct("<4sIQ")
MAX_HEADER_BYTES = 16 << 20
MAX_PAYLOAD_BYTES = 2 << 30
MAX_ARRAYS = 100_000
DTYPES = ("<f4", "<f8", "|u1")

Array = NDArray[Any]


class WireError(NmrCamError):
    """The stream between two processes broke or holds something that is no frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One message.

    Parameters
    ----------
    header : mapping
        JSON object; the key ``"arrays"`` is reserved.
    arrays : tuple of float32, float64 or uint8 arrays
        What is too large for JSON.
    """

    header: Mapping[str, Any]
    arrays: tuple[Array, ...] = field(default=())


def encode(frame: Frame) -> bytes:
    """Bytes of a frame.

    Raises
    ------
    WireError
        If the frame is over the limits or an array's type is not allowed.
    """
    arrays = [_plain(array) for array in frame.arrays]
    described = [[array.dtype.str, list(array.shape)] for array in arrays]
    # ASCII: also the name of a file that is no UTF-8 (a lone surrogate in Python) travels.
    header = json.dumps({**frame.header, "arrays": described}).encode("ascii")
    payload = sum(array.nbytes for array in arrays)
    _check_sizes(len(header), payload)
    parts = [PREFIX.pack(MAGIC, len(header), payload), header]
    parts += [array.tobytes() for array in arrays]
    return b"".join(parts)


def read_frame(stream: BinaryIO) -> Frame | None:
    """Read the next frame; None at the end of the stream.

    Raises
    ------
    WireError
        If the stream ends within a frame, the sizes are over the limits, or header
        and arrays do not match.
    """
    prefix = stream.read(PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < PREFIX.size:
        raise WireError("the stream ended within a frame")
    magic, header_size, payload_size = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError(f"expected a frame, found {magic!r}")
    _check_sizes(header_size, payload_size)
    header = _header(_exactly(stream, header_size))
    described = header.pop("arrays", [])
    shapes = _shapes(described, payload_size)
    payload = _exactly(stream, payload_size)
    return Frame(header, _arrays(shapes, payload))


def _plain(array: Array) -> Array:
    """Little endian and contiguous, one of the allowed types."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if plain.dtype.str not in DTYPES:
        raise WireError(f"arrays of {array.dtype} do not travel; expected one of {DTYPES}")
    return plain.reshape(array.shape)


def _check_sizes(header: int, payload: int) -> None:
    if header > MAX_HEADER_BYTES:
        raise WireError(f"a header of {header} bytes; at most {MAX_HEADER_BYTES} are allowed")
    if payload > MAX_PAYLOAD_BYTES:
        raise WireError(f"arrays of {payload} bytes; at most {MAX_PAYLOAD_BYTES} are allowed")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """`size` bytes, however the pipe cuts them."""
    parts, missing = [], size
    while missing:
        part = stream.read(min(missing, 1 << 22))
        if not part:
            raise WireError("the stream ended within a frame")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a frame's header is not JSON ({error})") from None
    if not isinstance(header, dict):
        raise WireError("a frame's header is no JSON object")
    return header


def _shapes(described: object, payload: int) -> list[tuple[np.dtype[Any], tuple[int, ...]]]:
    """Checked types and shapes that fill the payload exactly."""
    if not isinstance(described, list) or len(described) > MAX_ARRAYS:
        raise WireError("a frame's list of arrays is broken")
    shapes, total = [], 0
    for entry in described:
        match entry:
            case [str(dtype), list(shape)] if (
                dtype in DTYPES
                and len(shape) <= 8
                and all(type(n) is int and 0 <= n <= MAX_PAYLOAD_BYTES for n in shape)
            ):
                kind = np.dtype(dtype)
                shapes.append((kind, tuple(shape)))
                total += kind.itemsize * math.prod(shape)
            case _:
                raise WireError(f"a frame describes an array as {repr(entry)[:80]}")
    if total != payload:
        raise WireError(f"a frame holds {payload} bytes of arrays; expected {total}")
    return shapes


def _arrays(
    shapes: Sequence[tuple[np.dtype[Any], tuple[int, ...]]], payload: bytes
) -> tuple[Array, ...]:
    """Read-only views into the payload."""
    arrays, offset = [], 0
    for dtype, shape in shapes:
        count = math.prod(shape)
        flat = np.frombuffer(payload, dtype=dtype, count=count, offset=offset)
        try:
            arrays.append(flat.reshape(shape))
        except ValueError as error:  # nothing by more than can be addressed
            raise WireError(f"a frame holds an impossible array ({error})") from None
        offset += count * dtype.itemsize
    return tuple(arrays)
