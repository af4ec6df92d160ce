"""HDF5 of strangers: every link and dataset is looked at before anything is read.

HDF5 can point into other files (external links, external storage, virtual datasets) and
declare far more than it stores; all of that is refused. Imports neither Keras nor
TensorFlow.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.values import show

Shape = tuple[int, ...]

_HARD = 0
_GROUP, _DATASET = 0, 1
_LAYOUTS = (0, 1, 2)
"""Compact, contiguous, chunked; not virtual."""
_FILTERS = frozenset({1, 2, 3, 32000})
"""Deflate, shuffle, checksum, LZF: built in, no plugin is loaded."""
_NUMBERS = (0, 1)
"""HDF5's classes of whole numbers and of floats."""
BROKEN = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    MemoryError,
    EOFError,
    SystemError,
)
"""What h5py raises for damaged files."""


@contextmanager
def open_checked(blob: bytes) -> Iterator[h5py.File]:
    """Open an HDF5 file from memory after all its links and datasets were checked.

    Raises
    ------
    NetworkError
        If it is no HDF5 file, damaged, or holds what is not allowed. Damage found
        while the caller reads is reported in the same way.
    """
    try:
        with h5py.File(io.BytesIO(blob), "r") as file:
            _audit(file)
            yield file
    except BROKEN as error:
        reason = " ".join(str(error).split())[:120]
        raise NetworkError(f"damaged or no HDF5 file ({reason})") from None


def _audit(file: Any) -> None:
    """Walk over everything by hard links only."""
    seen = {h5py.h5o.get_info(file.id).addr}
    waiting = [(h5py.h5g.open(file.id, b"/"), 0)]
    declared = 0
    while waiting:
        group, depth = waiting.pop()
        if depth > limits.MAX_HDF5_DEPTH:
            raise NetworkError("HDF5 groups nested too deeply")
        for index in range(group.get_num_objs()):
            name = group.get_objname_by_idx(index)
            if group.links.get_info(name).type != _HARD:
                raise NetworkError(f"a link to elsewhere ({show(name)}) is not allowed")
            found = h5py.h5o.open(group, name)
            info = h5py.h5o.get_info(found)
            if info.addr in seen:
                raise NetworkError(f"two links to one object ({show(name)}) are not allowed")
            seen.add(info.addr)
            if len(seen) > limits.MAX_HDF5_OBJECTS:
                raise NetworkError(f"more than {limits.MAX_HDF5_OBJECTS} objects in the file")
            if info.type == _GROUP:
                waiting.append((found, depth + 1))
            elif info.type == _DATASET:
                declared += _audit_dataset(found, name)
            else:
                raise NetworkError(f"an object that is no array ({show(name)})")
            if declared > limits.MAX_DATASETS_BYTES:
                raise NetworkError("the arrays of the file are too large")


def _audit_dataset(dataset: Any, name: bytes) -> int:
    """Check one dataset without reading it; returns its declared size in bytes."""
    properties = dataset.get_create_plist()
    if properties.get_external_count() or properties.get_layout() not in _LAYOUTS:
        raise NetworkError(f"an array kept in another file ({show(name)}) is not allowed")
    for index in range(properties.get_nfilters()):
        if properties.get_filter(index)[0] not in _FILTERS:
            raise NetworkError(f"an array with an unknown compression ({show(name)})")
    kind = dataset.get_type()
    if kind.get_class() not in _NUMBERS or kind.get_size() > 8:
        raise NetworkError(f"an array that holds no plain numbers ({show(name)})")
    size = int(math.prod(dataset.shape) * kind.get_size())
    if size > limits.SMALL and dataset.get_storage_size() * limits.MAX_RATIO < size:
        raise NetworkError(
            f"the array {show(name)} declares {size} bytes and stores {dataset.get_storage_size()}"
        )
    return size


def read_array(group: Any, path: str, shape: Shape) -> NDArray[np.float32]:
    """One array of weights, of exactly this shape and finite.

    Parameters
    ----------
    group : h5py.Group
        Of a file from `open_checked`.
    path : str
        Place below the group.
    shape : tuple of int
        What our own network expects.

    Raises
    ------
    NetworkError
        If it is missing, of another shape, no float array, or not finite.
    """
    dataset = group.get(path)
    if not isinstance(dataset, h5py.Dataset):
        raise NetworkError(f"the weights {show(path)} are missing")
    if dataset.shape != shape or dataset.dtype.kind != "f":
        raise NetworkError(
            f"the weights {show(path)} are {dataset.dtype}{dataset.shape}; expected float{shape}"
        )
    with np.errstate(over="ignore"):
        values = np.asarray(dataset[()]).astype(np.float32)
    if not np.isfinite(values).all():
        raise NetworkError(f"the weights {show(path)} hold values that are not finite")
    return values


def read_text(item: Any, name: str) -> str | None:
    """A text attribute, or None where it is missing."""
    if name not in item.attrs:
        return None
    attribute = item.attrs.get_id(name)
    if attribute.shape not in ((), (1,)) or not isinstance(
        attribute.get_type(), h5py.h5t.TypeStringID
    ):
        raise NetworkError(f"the attribute {name} is no text")
    if attribute.get_storage_size() > 4 * limits.MAX_CONFIG_CHARACTERS:
        raise NetworkError(f"the attribute {name} is too long")
    value = np.asarray(item.attrs[name]).reshape(-1)[0]
    return _decode(value, name)


def read_texts(item: Any, name: str) -> list[str]:
    """A list of texts; long ones are cut in chunks ``name0``, ``name1`` … by Keras."""
    if name in item.attrs:
        return _texts(item, name)
    texts: list[str] = []
    for chunk in range(limits.MAX_LAYERS):
        if f"{name}{chunk}" not in item.attrs:
            return texts
        texts += _texts(item, f"{name}{chunk}")
    raise NetworkError(f"the attribute {name} has too many parts")


def _texts(item: Any, name: str) -> list[str]:
    attribute = item.attrs.get_id(name)
    if len(attribute.shape) != 1 or attribute.shape[0] > limits.MAX_HDF5_OBJECTS:
        raise NetworkError(f"the attribute {name} is no list of texts")
    if attribute.shape[0] == 0:
        return []
    if not isinstance(attribute.get_type(), h5py.h5t.TypeStringID):
        raise NetworkError(f"the attribute {name} is no list of texts")
    if attribute.get_storage_size() > 4 * limits.MAX_CONFIG_CHARACTERS:
        raise NetworkError(f"the attribute {name} is too long")
    return [_decode(value, name) for value in np.asarray(item.attrs[name])]


def _decode(value: Any, name: str) -> str:
    text = value.decode("utf-8") if isinstance(value, bytes) else value
    if not isinstance(text, str) or len(text) > limits.MAX_CONFIG_CHARACTERS:
        raise NetworkError(f"the attribute {name} is no text")
    return text
