"""JSON of strangers: plain, small, not deep, only finite numbers."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 64
MAX_CHARACTERS = 8 * 1024 * 1024


def parse_json(text: str, max_characters: int = MAX_CHARACTERS) -> Any:
    """Parse JSON within limits.

    Parameters
    ----------
    text : str
        JSON.
    max_characters : int
        Longer text is refused unread.

    Returns
    -------
    object
        Plain lists, dicts, strings, numbers, booleans, None; at most 64 deep.

    Raises
    ------
    ValueError
        If the text is too long, no JSON, too deep, repeats a key, or holds NaN or Infinity.
    """
    if len(text) > max_characters:
        raise ValueError(f"{len(text)} characters of JSON; at most {max_characters} are read")
    try:
        data = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    _check_depth(data)
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"the JSON holds {name}, which is no number")


def _finite(text: str) -> float:
    """1e999 is a number to JSON and infinite to Python."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the JSON holds {text[:20]}, which is no finite number")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key given twice would mean different things to different readers."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a JSON object repeats a key")
    return data


_DECODER = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique
)
"""Made once: ten thousand short texts of a project would each make one."""


def _check_depth(data: Any) -> None:
    level = [data]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise ValueError(f"JSON nested deeper than {MAX_DEPTH} levels")
