"""How the pictures looked that a network was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("contours", "filled")
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class InkStyle:
    """What instrument data are turned into before a network sees them (`core.ink`).

    Parameters
    ----------
    kind : {"contours", "filled"}
        Contour lines, or everything above the base inked.
    picture : (n_f1, n_f2) or None
        Pixels of a training picture over the input's window; None for twice its grid.
    base : float
        Height of the lowest contour over the noise (standard deviation) of its surroundings.
    share : float
        No contour lies below this share of the tallest signal nearby, so that strong peaks
        do not swell: people raise the base until a plot looks clean.
    ratio : float
        Each level over the one before.
    levels : int
        Contours of each sign.
    line_px : float
        Width of a line, pixels of the training picture.

    Raises
    ------
    ValueError
        If a number is out of reach; one clause says which.
    """

    kind: str = "contours"
    picture: tuple[int, int] | None = None
    base: float = 20.0
    share: float = 0.05
    ratio: float = 1.4
    levels: int = 12
    line_px: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"ink kind {self.kind!r}; expected one of {', '.join(KINDS)}")
        if self.picture is not None and not all(2 <= side <= MAX_SIDE for side in self.picture):
            raise ValueError(f"ink picture {self.picture}; expected sides of 2 to {MAX_SIDE}")
        for name, low, high in _LIMITS:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"ink {name} {value:g}; expected {low:g} to {high:g}")


_LIMITS = (
    ("base", 1.0, 1e6),
    ("share", 0.0, 0.9),
    ("ratio", 1.01, 10.0),
    ("levels", 1, 60),
    ("line_px", 0.1, 20.0),
)


DEFAULT_STYLE = InkStyle()
"""For cards that do not say how their pictures looked."""


def style_from_json(data: object) -> InkStyle:
    """Read the field ``ink`` of a card; what it does not say keeps its default.

    Raises
    ------
    TypeError, ValueError
        One clause: what was found and expected.
    """
    if not isinstance(data, dict):
        raise TypeError(f"ink must be an object, found {type(data).__name__}")
    known = {field.name for field in fields(InkStyle)}
    for key in data:
        if key not in known:
            raise ValueError(f"ink has no field {str(key)[:40]!r}; it has {', '.join(known)}")
    given: dict[str, Any] = {}
    for key, value in data.items():
        given[key] = _read(key, value)
    return InkStyle(**given)


def style_to_json(style: InkStyle) -> Mapping[str, Any]:
    """The field ``ink`` of a card."""
    data = {field.name: getattr(style, field.name) for field in fields(InkStyle)}
    if style.picture is None:
        del data["picture"]
    else:
        data["picture"] = list(style.picture)
    return data


def _read(key: str, value: object) -> object:
    if key == "kind":
        if not isinstance(value, str):
            raise TypeError(f"ink kind must be text, found {type(value).__name__}")
        return value
    if key == "picture":
        if not isinstance(value, list) or len(value) != 2 or not all(map(_whole, value)):
            raise TypeError("ink picture must hold two whole numbers")
        return (value[0], value[1])
    whole = key == "levels"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        wanted = "a whole number" if whole else "a number"
        raise TypeError(f"ink {key} must be {wanted}, found {type(value).__name__}")
    return value


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
