"""Varian's parameters (``procpar``), through nmrglue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.errors import ReadError

MAX_BYTES = 20 << 20


@dataclass(frozen=True, slots=True)
class Procpar:
    """Parameters by name.

    Parameters
    ----------
    parameters : dict of str to list of str
        The values of each as written.
    """

    parameters: dict[str, list[str]]

    def values(self, name: str) -> list[str]:
        """All values; empty where there is no such parameter."""
        return self.parameters.get(name, [])

    def text(self, name: str) -> str:
        """The first value without blank edges."""
        values = self.values(name)
        return values[0].strip() if values else ""

    def number(self, name: str, default: float) -> float:
        """The first value as a finite number, else the default."""
        try:
            value = float(self.text(name))
        except ValueError:
            return default
        return value if math.isfinite(value) else default


def read_procpar(folder: Path) -> Procpar:
    """Read the parameters of a folder.

    Raises
    ------
    ReadError
        If the file cannot be read or is too large.
    ValueError, IndexError
        If it is broken.
    """
    from nmrglue.fileio import varian

    path = folder / "procpar"
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReadError(folder, f"a procpar larger than {MAX_BYTES >> 20} MiB")
        found = varian.read_procpar(path)
    except OSError as error:
        raise ReadError(folder, f"procpar cannot be read ({error.strerror or error})") from None
    return Procpar({name: list(entry["values"]) for name, entry in found.items()})
