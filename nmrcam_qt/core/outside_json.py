"""What a network knows, as it stands in its card; cards can come from strangers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from nmrcam_qt.core.outside import MAX_BOXES, RANGES, Known

MAX_SOLVENTS = 100
MAX_SOLVENT = 64
_FIELDS = tuple(field.name for field in fields(Known))


def known_to_json(known: Known) -> dict[str, Any]:
    """One entry of a card's field ``known``."""
    return {
        **{name: list(getattr(known, name)) for name in RANGES},
        "covered": known.covered,
        "boxes": list(known.boxes),
        "solvents": list(known.solvents),
        "examples": known.examples,
    }


def known_from_json(data: object, inputs: tuple[str, ...]) -> dict[str, Known]:
    """Read a card's field ``known``, by the name of the input.

    Parameters
    ----------
    data : object
        Parsed JSON.
    inputs : tuple of str
        Names of the card's inputs.

    Raises
    ------
    TypeError, ValueError
        One clause: what was found and expected.
    """
    if not isinstance(data, dict):
        raise TypeError(f"known must be an object, found {type(data).__name__}")
    for name in data:
        if name not in inputs:
            raise ValueError(f"known has no input {str(name)[:40]!r}; expected {', '.join(inputs)}")
    return {name: _known(one) for name, one in data.items()}


def _known(data: object) -> Known:
    if not isinstance(data, dict):
        raise TypeError(f"known must hold objects, found {type(data).__name__}")
    for key in data:
        if key not in _FIELDS:
            raise ValueError(f"known has no field {str(key)[:40]!r}; it has {', '.join(_FIELDS)}")
    for name in RANGES:
        if name not in data:
            raise ValueError(f"known lacks the range {name!r}")
    given: dict[str, Any] = {name: _range(data[name], name) for name in RANGES}
    if "covered" in data:
        given["covered"] = _number(data["covered"], "covered")
    if "examples" in data:
        given["examples"] = int(_number(data["examples"], "examples"))
    given["boxes"] = _texts(data.get("boxes", []), "boxes", MAX_BOXES, MAX_BOXES)
    given["solvents"] = _texts(data.get("solvents", []), "solvents", MAX_SOLVENTS, MAX_SOLVENT)
    return Known(**given)


def _range(value: object, name: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError(f"known {name} must hold two numbers")
    return _number(value[0], name), _number(value[1], name)


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"known {name} must be a number, found {type(value).__name__}")
    # NaN and infinity fail the comparisons of `Known`, too large whole numbers here.
    return float(value)


def _texts(value: object, name: str, count: int, length: int) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError(f"known {name} must be a list of texts")
    if len(value) > count or any(len(text) > length for text in value):
        raise ValueError(f"known {name} must be up to {count} texts of up to {length} characters")
    if not all(text.isprintable() for text in value):
        raise ValueError(f"known {name} holds characters that cannot be printed")
    return tuple(value)
