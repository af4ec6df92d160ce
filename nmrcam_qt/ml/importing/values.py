"""Checks of single values in a foreign layer's configuration. Every one returns plain data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], Any]

ACTIVATIONS = frozenset(
    {
        "linear",
        "relu",
        "relu6",
        "elu",
        "selu",
        "gelu",
        "silu",
        "swish",
        "mish",
        "softplus",
        "softsign",
        "tanh",
        "sigmoid",
        "softmax",
    }
)
"""Activations that mean the same in Keras 2 and 3 (``hard_sigmoid`` does not)."""

MAX_SIDE = 65536


def plain(value: Any) -> Any:
    """Keras 3 writes some tuples as ``{"class_name": "__tuple__", "items": [...]}``."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        items = value.get("items")
        return [plain(item) for item in items] if isinstance(items, list) else value
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def whole(low: int, high: int = MAX_SIDE) -> Check:
    """A whole number between two limits, both included."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"found {show(value)}; expected a whole number")
        if not low <= value <= high:
            raise ValueError(f"found {show(value)}; expected {low} to {high}")
        return value

    return check


def optional(inner: Check) -> Check:
    """Null or what `inner` takes."""
    return lambda value: None if value is None else inner(value)


def pair(low: int, high: int = MAX_SIDE) -> Check:
    """One whole number for both directions, or two; returns two."""
    number = whole(low, high)

    def check(value: Any) -> tuple[int, int]:
        if not isinstance(value, list):
            return number(value), number(value)
        if len(value) != 2:
            raise ValueError(f"found {len(value)} numbers; expected 2")
        return number(value[0]), number(value[1])

    return check


def sides(value: Any) -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding or cropping: one number, one per direction, or two per direction."""
    number = pair(0, 4096)
    if isinstance(value, list):
        if len(value) != 2:
            raise ValueError(f"found {len(value)} directions; expected 2")
        return number(value[0]), number(value[1])
    return number(value), number(value)


def wholes(low: int, high: int, longest: int = 8) -> Check:
    """A short list of whole numbers."""
    number = whole(low, high)

    def check(value: Any) -> tuple[int, ...]:
        items = _list(value)
        if not 1 <= len(items) <= longest:
            raise ValueError(f"found {len(items)} numbers; expected 1 to {longest}")
        return tuple(number(item) for item in items)

    return check


def real(low: float = -1e6, high: float = 1e6) -> Check:
    """A finite number between two limits."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"found {show(value)}; expected a number")
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(f"found {show(value)}; expected {low:g} to {high:g}")
        return float(value)

    return check


def reals(low: float, high: float, longest: int) -> Check:
    """A short list of finite numbers."""
    number = real(low, high)

    def check(value: Any) -> tuple[float, ...]:
        items = _list(value)
        if not 1 <= len(items) <= longest:
            raise ValueError(f"found {len(items)} numbers; expected 1 to {longest}")
        return tuple(number(item) for item in items)

    return check


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"found {show(value)}; expected true or false")
    return value


def one_of(*choices: Any) -> Check:
    """One of a few plain values."""

    def check(value: Any) -> Any:
        for choice in choices:
            if type(value) is type(choice) and value == choice:
                return value
        raise ValueError(f"found {show(value)}; expected {' or '.join(map(show, choices))}")

    return check


def last_axis(value: Any) -> int:
    """The axis of a normalisation: one number, maybe in a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    number: int = whole(-4, 4)(value)
    return number


def activation(value: Any) -> str:
    """The *name* of an allowed activation; never a function, an object or a dict."""
    if value is None:
        return "linear"
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise ValueError(f"the activation {show(value)} is not allowed")
    return value


def show(value: Any) -> str:
    """A value of a stranger in a message: short and printable."""
    if isinstance(value, (dict, list)):
        text = f"a {type(value).__name__}"
    else:
        text = repr(value)[:60] if not isinstance(value, int) else str(value)[:40]
    return "".join(c if c.isprintable() else "?" for c in text)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"found {show(value)}; expected a list")
    return value
