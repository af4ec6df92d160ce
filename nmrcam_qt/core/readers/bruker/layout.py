"""Which experiments lie in a folder or archive, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from nmrcam_qt.core.readers.bruker.files import Files
from nmrcam_qt.core.readers.bruker.parameters import (
    MAX_BYTES,
    Parameters,
    first_line,
    parse_parameters,
)
from nmrcam_qt.core.readers.pulse_programs import (
    PulseProgram,
    in_words,
    nucleus_by_frequency,
    pulse_program,
    written,
)

DATA_NAMES = ("2rr", "ser", "1r", "fid", "3rrr")
"""Files with points, the wanted ones first."""
PARAMETER_NAMES = ("acqus", "acqu2s", "acqu3s", "procs", "proc2s", "proc3s")
OTHER_NAMES = ("2ri", "2ir", "2ii", "1i", "acqu", "acqu2", "proc", "proc2", "title", "pulseprogram")
MARKS = (*DATA_NAMES, "acqus", "acqu2s", "procs", "proc2s")
"""A file of such a name is Bruker's, whatever it holds."""

_NUMBER = re.compile(r"\d+")


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key: numbers by their value."""
    parts = re.split(r"(\d+)", name[:1000])
    return tuple((0, int(p)) if _NUMBER.fullmatch(p) and len(p) < 19 else (1, p) for p in parts)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the points of an experiment lie.

    Parameters
    ----------
    data : str
        Name of the data file, relative to its `Files`.
    """

    data: str

    @property
    def kind(self) -> str:
        """Name of the data file without its folder: ``"2rr"``, ``"ser"``, …."""
        return PurePosixPath(self.data).name

    @property
    def folder(self) -> str:
        """Where the data file lies; empty for the root."""
        parent = str(PurePosixPath(self.data).parent)
        return "" if parent == "." else parent

    @property
    def experiment(self) -> str:
        """The experiment's folder, where acqus is; empty for the root."""
        parts = PurePosixPath(self.folder).parts
        if len(parts) >= 2 and parts[-2] == "pdata":
            return "/".join(parts[:-2])
        return self.folder

    @property
    def processing(self) -> str:
        """Number of the processing; empty for raw data."""
        folder = PurePosixPath(self.folder)
        return folder.name if folder.parent.name == "pdata" else ""

    @property
    def order(self) -> tuple[tuple[int, int | str], ...]:
        """Sort key."""
        return natural(self.data)

    @property
    def part(self) -> str:
        """How the user names it: ``"3/pdata/1"`` or, for raw data, ``"3/ser"``."""
        return self.folder if self.kind == "2rr" and self.folder else self.data


def find_places(names: Iterable[str]) -> list[Place]:
    """Data files among names, in natural order."""
    found = [Place(n) for n in names if n.rpartition("/")[2] in DATA_NAMES]
    return sorted(found, key=lambda place: place.order)


def preferred(places: Sequence[Place]) -> list[Place]:
    """One place for each experiment: 2D before 1D, processed before raw, lowest number."""
    best: dict[str, Place] = {}
    for place in places:
        known = best.get(place.experiment)
        if known is None or DATA_NAMES.index(place.kind) < DATA_NAMES.index(known.kind):
            best[place.experiment] = place
    return list(best.values())


class Described:
    """What the parameter files beside some data say.

    Parameters
    ----------
    files : Files
        Where they lie.
    place : Place
        Which data.
    """

    def __init__(self, files: Files, place: Place) -> None:
        self.files = files
        self.place = place

    @cached_property
    def acqus(self) -> Parameters:
        """Acquisition, F2."""
        return self._parameters(self.place.experiment, "acqus")

    @cached_property
    def acqu2s(self) -> Parameters:
        """Acquisition, F1."""
        return self._parameters(self.place.experiment, "acqu2s")

    @cached_property
    def procs(self) -> Parameters:
        """Processing, F2; for raw data of the lowest processing number that there is."""
        return self._parameters(self._processing, "procs")

    @cached_property
    def proc2s(self) -> Parameters:
        """Processing, F1."""
        return self._parameters(self._processing, "proc2s")

    @cached_property
    def title(self) -> str:
        """First line of the chemist's title."""
        name = _joined(self._processing, "title")
        return first_line(self.files.read(name, MAX_BYTES)) if self.files.has(name) else ""

    @cached_property
    def program(self) -> PulseProgram:
        """By acqus' PULPROG, else by the name of the parameter set (EXP) or the title."""
        known = pulse_program(self.acqus.text("PULPROG"))
        for text in (self.acqus.text("EXP"), self.title):
            other = pulse_program(text)
            if not known.kind and other.kind:
                known = PulseProgram(known.name, other.kind)
        return known

    @cached_property
    def nuclei(self) -> tuple[str, str]:
        """Nuclei of F2 and F1; empty where the files do not say."""
        f2 = self.acqus.nucleus("NUC1")
        f1 = self.acqu2s.nucleus("NUC1")
        if self.place.kind == "2rr":
            f2 = self.procs.nucleus("AXNUC") or f2
            f1 = self.proc2s.nucleus("AXNUC") or f1
        mhz = self.acqu2s.positive("SFO1") or self.proc2s.positive("SF")
        h_mhz = self.acqus.positive("SFO1") or self.procs.positive("SF")
        if not f1 and f2 == "1H" and mhz and h_mhz:
            f1 = nucleus_by_frequency(mhz, h_mhz)
        return f2, f1

    @property
    def is_hc(self) -> bool:
        """Whether it is a 2D ¹H–¹³C spectrum."""
        if self.place.kind not in ("2rr", "ser") or self.is_3d:
            return False
        other = self.program.kind in ("DOSY", "J-resolved spectrum")
        return sorted(self.nuclei) == ["13C", "1H"] and not other

    @property
    def is_3d(self) -> bool:
        """Whether a ser file has three dimensions."""
        if self.place.kind == "3rrr":
            return True
        third = _joined(self.place.experiment, "acqu3s")
        parmode = self.acqus.integer("PARMODE")
        return self.place.kind == "ser" and (
            parmode == 2 or (parmode is None and self.files.has(third))
        )

    @property
    def words(self) -> str:
        """What it is, as a noun phrase."""
        f2, f1 = self.nuclei
        tail = f" (pulse program {self.program.name})" if self.program.name else ""
        if self.is_3d:
            return f"a 3D spectrum{tail}"
        if self.place.kind in ("1r", "fid"):
            return f"a 1D {written(f2)} spectrum".replace("  ", " ") + tail
        return in_words(f2, f1, self.program)

    @property
    def label(self) -> str:
        """For a choice: ``"3/pdata/1 · hsqcedetgp · ¹H–¹³C"``."""
        pair = "–".join(written(n) or "?" for n in self.nuclei)
        return " · ".join(t for t in (self.place.part, self.program.name, pair) if t)

    @cached_property
    def _processing(self) -> str:
        """Folder of procs and proc2s."""
        if self.place.kind in ("2rr", "1r", "3rrr"):
            return self.place.folder
        start = _joined(self.place.experiment, "pdata") + "/"
        for number in range(1, 100):
            if self.files.has(f"{start}{number}/procs"):
                return f"{start}{number}"
        return self.place.experiment

    def _parameters(self, folder: str, name: str) -> Parameters:
        full = _joined(folder, name)
        if not self.files.has(full):
            return Parameters()
        return parse_parameters(self.files.read(full, MAX_BYTES))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
