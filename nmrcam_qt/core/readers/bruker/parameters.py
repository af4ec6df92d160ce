"""Bruker's parameter files (acqus, acqu2s, procs, proc2s): JCAMP-like text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers.pulse_programs import plain_nucleus

MAX_BYTES = 2_000_000
"""A parameter file has about 10 kB."""
MAX_TEXT = 200
"""Characters of a text that is shown or kept."""

_ENTRY = re.compile(r"^##\$(\w{1,40})=[ \t]*(.*?)(?=^##|^\$\$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of one file, as text; what is missing or no number is None.

    Parameters
    ----------
    values : dict of str to str
        Value by name, with the brackets of texts.
    """

    values: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    def number(self, name: str) -> float | None:
        """A finite number."""
        try:
            value = float(self.values.get(name, ""))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def integer(self, name: str) -> int | None:
        """A whole number, also where it is written ``8.0``."""
        value = self.number(name)
        if value is None or value != math.floor(value) or abs(value) > 2**62:
            return None
        return int(value)

    def positive(self, name: str) -> float | None:
        """A number above zero."""
        value = self.number(name)
        return value if value is not None and value > 0 else None

    def text(self, name: str) -> str:
        """One printable line without the brackets; empty where there is none."""
        value = self.values.get(name, "").strip()
        if value.startswith("<"):
            value = value[1:].rsplit(">", 1)[0] if ">" in value else value[1:]
        return one_line(" ".join(value.split()))[:MAX_TEXT]

    def nucleus(self, name: str) -> str:
        """A nucleus as ``"13C"``; empty where it is off or missing."""
        return plain_nucleus(self.text(name))


def parse_parameters(data: bytes) -> Parameters:
    """Read a parameter file; entries that cannot be understood are passed over.

    Parameters
    ----------
    data : bytes
        The file's content, at most `MAX_BYTES` of it are looked at.
    """
    try:
        text = data[:MAX_BYTES].decode("utf-8")
    except UnicodeDecodeError:
        text = data[:MAX_BYTES].decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Parameters({match[1]: match[2].strip() for match in _ENTRY.finditer(text)})


def first_line(data: bytes) -> str:
    """The first line of a title file that says something."""
    text = data[:MAX_BYTES].decode("utf-8", errors="replace")
    lines = (" ".join(line.split()) for line in text.splitlines())
    return next((one_line(line)[:MAX_TEXT] for line in lines if line), "")
