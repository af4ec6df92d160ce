"""Names of exported files from a template; safe on every system, never the same twice."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from nmrcam_qt.core.errors import NmrCamError

FIELDS = ("name", "experiment", "class", "method", "layer", "network", "sample", "number")
DEFAULT_TEMPLATE = "{name}_{class}_{method}"
MAX_STEM_BYTES = 180
"""Of a file's name without its suffix; file systems end at 255 bytes, some at 255 UTF-16 units."""
MAX_TEMPLATE = 400
_LOOKED_AT = 1000
"""Characters of a value; composing them leaves more than fit into a name."""

_KNOWN = ", ".join(f"{{{field}}}" for field in FIELDS)
_FORBIDDEN = set('<>:"/\\|?*')
_UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_NUMBER_SPEC = re.compile(r"0?[0-9]?")


class TemplateError(NmrCamError):
    """A naming template that cannot be used; one sentence with the known fields."""


@dataclass(frozen=True, slots=True)
class NamingTemplate:
    """A template like ``{name}_{class}_{method}``.

    Parameters
    ----------
    text : str
        With any of `FIELDS` in braces; ``{number:04}`` fills up with zeros.

    Raises
    ------
    TemplateError
        If it cannot be used; one sentence.
    """

    text: str = DEFAULT_TEMPLATE

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise TemplateError(f"the naming template is empty; known fields are {_KNOWN}")
        if len(self.text) > MAX_TEMPLATE:
            raise TemplateError(f"the naming template is longer than {MAX_TEMPLATE} characters")
        for literal, field, spec, conversion in self._parts():
            _check_literal(literal)
            if field is not None:
                _check_field(field, spec or "", conversion)

    def stem(self, values: Mapping[str, str | int]) -> str:
        """The name for these values, without a suffix; safe on every system.

        Parameters
        ----------
        values : mapping
            A value for each of `FIELDS`; ``number`` is an int.

        Returns
        -------
        str
            At most `MAX_STEM_BYTES` in UTF-8. Where it would be longer, the spectrum's name
            is shortened, so that class and method stay readable.
        """
        texts = {name: _short(str(value)) for name, value in values.items()}
        made = self._filled(texts, values)
        while len(made.encode()) > MAX_STEM_BYTES and len(texts.get("name", "")) > 1:
            texts["name"] = texts["name"][:-1].rstrip()
            made = self._filled(texts, values)
        while len(made.encode()) > MAX_STEM_BYTES:
            made = made[:-1]
        return _allowed(made)

    def _filled(self, texts: Mapping[str, str], values: Mapping[str, str | int]) -> str:
        parts = []
        for literal, field, spec, _ in self._parts():
            parts.append(safe_part(literal))
            if field is not None:
                parts.append(format(int(values[field]), spec) if spec else texts[field])
        return "".join(parts)

    def _parts(self) -> list[tuple[str, str | None, str | None, str | None]]:
        try:
            return list(string.Formatter().parse(self.text))
        except ValueError:
            raise TemplateError(
                f"the naming template has a brace that is not closed or not opened; known "
                f"fields are {_KNOWN}"
            ) from None


def _short(text: str) -> str:
    """A part that is no longer than a whole name; titles of strangers can hold a megabyte."""
    return safe_part(text[:_LOOKED_AT])[:MAX_STEM_BYTES]


def _check_literal(text: str) -> None:
    bad = next((c for c in text if c in _FORBIDDEN or _unsafe(c)), None)
    if bad is not None:
        raise TemplateError(
            f"the naming template holds {bad!r}, which not every system allows in a file's name"
        )


def _check_field(field: str, spec: str, conversion: str | None) -> None:
    if field not in FIELDS:
        raise TemplateError(
            f"the naming template has an unknown field {{{field}}}; known are {_KNOWN}"
        )
    if conversion or (spec and (field != "number" or not _NUMBER_SPEC.fullmatch(spec))):
        raise TemplateError(
            f"the naming template says more about {{{field}}} than is possible; only "
            "{number:04} can be filled up with zeros"
        )


def safe_part(text: str) -> str:
    """Text that may stand in a file's name on Linux, macOS and Windows.

    Composed (NFC), because macOS would decompose it; what is forbidden anywhere, controls,
    hidden direction marks and bytes that are no text become ``_``.
    """
    # Twice composed and looked at: a full-width slash stays one, it is no slash to a system.
    composed = unicodedata.normalize("NFC", text)
    return "".join("_" if c in _FORBIDDEN or _unsafe(c) else c for c in composed)


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE_CATEGORIES


def _allowed(stem: str) -> str:
    """No hidden files, no end that Windows drops, none of its devices."""
    made = stem.strip(" .")
    if not made:
        return "spectrum"
    if _RESERVED.fullmatch(made.split(".")[0].rstrip()):
        return f"_{made}"
    return f"_{made}" if made.startswith("-") else made
