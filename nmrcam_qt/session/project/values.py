"""Values of a row as they go in and come out: nothing in a file of a stranger is believed."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from nmrcam_qt.core.strict_json import parse_json

MAX_ID = 1 << 30
"""Ids are counted up by one; a larger one was never given. Signals of Qt carry 32 bits."""
MAX_LABEL, MAX_NOTE, MAX_PATH = 1_000, 20_000, 40_000
"""Characters of names, notes and paths; the session makes none that are longer."""
MAX_LABELS = 200

T = TypeVar("T")


def text_in(text: str) -> str | bytes:
    """Text for a column; as bytes where it is no UTF-8 (names of old files on Linux)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def text_out(value: object) -> str:
    """Text of a column.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogatepass")
    raise ValueError(f"a text is a {type(value).__name__}")


def label_out(value: object, most: int = MAX_LABEL) -> str:
    """Text of a column that is shown; the end of one that nobody wrote by hand is left out.

    A title of a megabyte would have the window lay it out for minutes.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(value, str) and len(value) <= most:  # nearly always, fifty thousand times
        return value
    return shortened(text_out(value), most)


def shortened(text: str, most: int = MAX_LABEL) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def labels(value: object) -> tuple[str, ...]:
    """A list of texts of JSON that are shown: not too many, not too long.

    Raises
    ------
    ValueError
        If it is none.
    """
    return tuple(shortened(text) for text in strings(value)[:MAX_LABELS])


def id_out(value: object) -> int:
    """An id.

    Raises
    ------
    ValueError
        If it is none.
    """
    if type(value) is int and 0 < value < MAX_ID:
        return value
    raise ValueError(f"{str(value)[:20]!r} is no id")


def json_in(data: object) -> str:
    """JSON in ASCII: any text travels, floats come back to the last bit."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def strings(value: object) -> tuple[str, ...]:
    """A list of texts of JSON.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("no list of texts where one was expected")
    return tuple(value)


def plain_in(record: Any) -> dict[str, Any]:
    """A dataclass of plain values as an object of JSON."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def plain_out(text: str, default: T) -> T:
    """A dataclass of plain values; what is missing, unknown or of another type is the default.

    An older or newer nmrcam has other view settings; none of them is worth a refusal.

    Parameters
    ----------
    text : str
        JSON object.
    default : dataclass
        Gives types and values.
    """
    try:
        data = parse_json(text)
    except ValueError:
        return default
    if not isinstance(data, dict):
        return default
    found = {}
    for field in fields(default):  # type: ignore[arg-type]
        if field.name in data:
            value = _like(data[field.name], getattr(default, field.name))
            if value is not _NOTHING:
                found[field.name] = value
    try:
        return type(default)(**{**_as_dict(default), **found})
    except (ValueError, TypeError):
        return default


_NOTHING = object()


def _as_dict(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _like(value: object, default: object) -> object:
    """`value` where it has the type of the default; None stands for an optional text."""
    if default is None:
        return value if value is None or isinstance(value, str) else _NOTHING
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _NOTHING
    if isinstance(default, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if number and math.isfinite(value) else _NOTHING  # type: ignore[arg-type]
    if isinstance(default, tuple):
        return tuple(value) if isinstance(value, list) and _all_alike(value) else _NOTHING
    return value if type(value) is type(default) else _NOTHING


def _all_alike(values: Iterable[object]) -> bool:
    """Whether a list holds only texts or only whole numbers."""
    kinds = {type(value) for value in values}
    return not kinds or kinds in ({str}, {int})


def inflate(blob: object, limit: int) -> bytes:
    """Decompress, but never more than was declared.

    Parameters
    ----------
    blob : bytes
        As `zlib.compress` made it.
    limit : int
        Most bytes that may come out.

    Raises
    ------
    ValueError
        If it is broken or holds more.
    """
    if not isinstance(blob, bytes):
        raise ValueError("compressed data are missing")
    machine = zlib.decompressobj()
    try:
        raw = machine.decompress(blob, limit + 1)
    except zlib.error as error:
        raise ValueError(f"compressed data are broken ({error})") from None
    if len(raw) > limit or not machine.eof:
        raise ValueError("compressed data have another length than declared")
    return raw
