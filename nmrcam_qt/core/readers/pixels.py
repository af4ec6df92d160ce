"""Pixels of a colour picture as an array, where Pillow lends its memory without copying them.

`numpy.asarray` packs them in pieces, joins the pieces and copies the whole: for a picture of the
study's size as much time as its grey values take, for large ones more than a tenth of reading.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_MODE, _CHANNELS = "RGB", 4
"""Pillow keeps the three in four bytes. Images of this mode are never mapped from a file."""


class _Array(ctypes.Structure):
    """`ArrowArray` of the Arrow C data interface."""


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


class _Lent:
    """Memory of a picture, for numpy; the capsule keeps it."""

    def __init__(self, capsule: object, address: int, shape: tuple[int, ...]) -> None:
        self._capsule = capsule
        self.__array_interface__ = {
            "version": 3,
            "typestr": "|u1",
            "shape": shape,
            "data": (address, True),
        }


def rgb_of(image: Image.Image) -> NDArray[np.uint8]:
    """Red, green and blue of every pixel, read-only.

    Parameters
    ----------
    image : PIL.Image.Image
        Of mode RGB, loaded.

    Returns
    -------
    uint8 ``(height, width, 3 or 4)``
        A fourth channel means nothing.
    """
    lent = _lent(image)
    return np.asarray(image) if lent is None else np.asarray(lent)


def _lent(image: Image.Image) -> _Lent | None:
    """The picture's own memory; None where it is in several pieces or Pillow does not lend it."""
    lend = getattr(image, "__arrow_c_array__", None)
    if lend is None or image.mode != _MODE:
        return None
    try:
        _, capsule = lend()
    except (ValueError, MemoryError):  # in several pieces
        return None
    array = ctypes.cast(_pointer(capsule), ctypes.POINTER(_Array)).contents
    whole = image.width * image.height
    if array.n_children != 1 or array.length != whole or array.offset:
        return None
    values = array.children[0].contents
    if values.length != whole * _CHANNELS or values.n_buffers != 2 or values.offset:
        return None
    address = values.buffers[1]
    return _Lent(capsule, address, (image.height, image.width, _CHANNELS)) if address else None


def _pointer(capsule: Any) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return int(get(capsule, b"arrow_array"))
