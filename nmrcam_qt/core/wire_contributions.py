"""Paintings and logits as frames (see `nmrcam_qt.core.wire`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.painting import Painting, Row, Spot
from nmrcam_qt.core.picked import MAX_PEAKS
from nmrcam_qt.core.regions import REST, Regions
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.wire import Array, Frame, WireError

MAX_ROWS = 1024
"""Painted examples of one request."""

Floats = NDArray[np.float64]


def painted_request(network: str, painting: Painting, rows: Sequence[Row]) -> Frame:
    """Frame that asks the inference process for the logits of painted examples.

    Parameters
    ----------
    network : str
        Network id.
    painting : Painting
        Of its inputs.
    rows : sequence of Row
        At most `MAX_ROWS`.
    """
    labels = tuple(each.labels.astype(np.float32) for each in painting.regions)
    header = {
        "op": "painted",
        "network": network,
        "counts": [each.count for each in painting.regions],
        "rows": [[row.only, [list(spot) for spot in row.spots]] for row in rows],
    }
    return Frame(header, (*painting.examples, *labels))


def read_painted(frame: Frame, specs: Sequence[InputSpec]) -> tuple[Painting, list[Row]]:
    """What is to be painted.

    Parameters
    ----------
    frame : Frame
        From `painted_request`.
    specs : sequence of InputSpec
        Of the network, in the card's order.

    Raises
    ------
    WireError
        If header, arrays and network do not fit each other.
    """
    n = len(specs)
    counts = [_whole(count, 0, MAX_PEAKS) for count in _list(frame.header.get("counts"))]
    if len(counts) != n or len(frame.arrays) != 2 * n:
        raise WireError(
            f"a request with {len(frame.arrays)} arrays and {len(counts)} counts; "
            f"expected {2 * n} and {n}"
        )
    examples = [_example(x, spec) for x, spec in zip(frame.arrays[:n], specs, strict=True)]
    regions = [
        _regions(labels, count, spec)
        for labels, count, spec in zip(frame.arrays[n:], counts, specs, strict=True)
    ]
    said = _list(frame.header.get("rows"))
    if len(said) > MAX_ROWS:
        raise WireError(f"{len(said)} painted examples asked for; at most {MAX_ROWS}")
    return Painting(specs, examples, regions), [_row(entry, counts) for entry in said]


def logits_reply(logits: Floats) -> Frame:
    """Frame that carries logits back."""
    return Frame({}, (np.asarray(logits, dtype=np.float64),))


def read_logits(frame: Frame, shape: tuple[int, int]) -> Floats:
    """Logits of a reply, float64 of the shape that is expected.

    Raises
    ------
    WireError
        If there is something else, or a value is not finite.
    """
    if len(frame.arrays) != 1 or frame.arrays[0].shape != shape:
        found = [array.shape for array in frame.arrays]
        raise WireError(f"a reply with arrays {found}; expected one of shape {shape}")
    logits = np.asarray(frame.arrays[0], dtype=np.float64)
    if not np.isfinite(logits).all():
        raise WireError("a reply with scores that are not finite")
    return logits


def _list(entry: object) -> list[Any]:
    if not isinstance(entry, list):
        raise WireError(f"a request holds {type(entry).__name__} where a list is expected")
    return entry


def _whole(entry: object, low: int, high: int) -> int:
    if type(entry) is not int or not low <= entry <= high:
        raise WireError(f"a request holds {entry!r}; expected a whole number {low} to {high}")
    return entry


def _example(array: Array, spec: InputSpec) -> Image:
    if array.shape != spec.shape or array.dtype != np.float32 or not np.isfinite(array).all():
        raise WireError(
            f"input {spec.name} is {array.dtype} {array.shape}; expected float32 {spec.shape}"
            " without infinite values"
        )
    return array


def _regions(array: Array, count: int, spec: InputSpec) -> Regions:
    shape = (spec.f1.size, spec.f2.size)
    if array.shape != shape or array.dtype != np.float32:
        raise WireError(f"labels of {spec.name} are {array.shape}; expected {shape}")
    whole = bool((array == np.round(array)).all()) and bool((np.abs(array) <= MAX_PEAKS).all())
    if not whole:
        raise WireError(f"labels of {spec.name} are no whole numbers up to {MAX_PEAKS}")
    try:
        return Regions(array.astype(np.int32), count)
    except ValueError as error:
        raise WireError(f"labels of {spec.name}: {error}") from None


def _row(entry: object, counts: Sequence[int]) -> Row:
    match entry:
        case [bool(only), list(spots)]:
            return Row(tuple(_spot(spot, counts) for spot in spots), only)
    raise WireError("a request describes a painted example wrongly")


def _spot(entry: object, counts: Sequence[int]) -> Spot:
    match entry:
        case [at, label]:
            number = _whole(at, 0, len(counts) - 1)
            if label == REST and type(label) is int:
                return number, REST
            return number, _whole(label, 0, counts[number] - 1)
    raise WireError("a request describes a painted peak wrongly")
