"""Which spectra are of one sample, by their names and folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import PackedSpectrum

PairKey = tuple[str, str]
"""Folder, and name without the experiment."""
UNNAMED = "Sample"
MAX_NAME = 200
"""Characters of a title or of a sample's name."""

_EXPERIMENT_TOKEN = re.compile(r"hsqmbc|hsqc|hmqc|hmbc", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\W_]+")
_REPEATED = re.compile(r"([\s._-])[\s._-]+")
_AT_THE_ENDS = " \t._-,;:+"
_BRUKER = "Bruker"
"""How `Provenance.format` of Bruker data begins."""
_BRUKER_NAME = re.compile(r"(?P<folder>.+?)(?P<number> \d+)?(?:/\d+)?(?: – \S+)?")
"""``exam2d_HC 3/2 – hsqcedetgp`` of `nmrcam_qt.core.readers.bruker.words.name_of`."""
_BRUKER_PATH = re.compile(r"(?P<experiment>.*[/\\][^/\\]+)[/\\](?:pdata[/\\][^/\\]+[/\\]2rr|ser)")


@lru_cache(maxsize=16_384)
def sample_key(name: str) -> str:
    """A spectrum's name without the experiment and without separators, for pairing."""
    return _SEPARATORS.sub(" ", _EXPERIMENT_TOKEN.sub(" ", name)).strip().casefold()


@lru_cache(maxsize=16_384)
def _folder(path: str) -> str:
    return str(Path(path).parent)


def pair_key(packed: PackedSpectrum) -> PairKey:
    """Spectra with the same key are of one sample, until the user says otherwise.

    The file's name counts, not the user's title: a partner that is opened later still
    finds the spectrum that was renamed meanwhile. The experiments of one Bruker data set
    are of one sample: their numbers and pulse programs do not count.
    """
    path = packed.provenance.path
    return _folder(_experiment_path(packed) or path), sample_key(_name(packed))


def _experiment_path(packed: PackedSpectrum) -> str:
    """The folder of a Bruker experiment; empty for all else, also for an archive."""
    found = _BRUKER_PATH.fullmatch(packed.provenance.path)
    is_bruker = packed.provenance.format.startswith(_BRUKER)
    return found["experiment"] if found and is_bruker else ""


def _name(packed: PackedSpectrum) -> str:
    """A spectrum's name; of Bruker data that of the data set."""
    found = _BRUKER_NAME.fullmatch(packed.name)
    if not found or not packed.provenance.format.startswith(_BRUKER):
        return packed.name
    experiment = _experiment_path(packed)
    # A folder called "sample 12" that is itself the experiment keeps its number.
    numbered = not experiment or Path(experiment.replace("\\", "/")).name.isdecimal()
    return found["folder"] + ("" if numbered else found["number"] or "")


def sample_name(packed: PackedSpectrum) -> str:
    """A readable name for the sample of a spectrum: its own without the experiment.

    Where nothing else is in the name (``HSQC.png``), that of the folder.
    """
    bare = _REPEATED.sub(r"\1", _EXPERIMENT_TOKEN.sub("", _name(packed))).strip(_AT_THE_ENDS)
    folder = Path(_experiment_path(packed) or packed.provenance.path).parent.name
    return tidy_line(bare or folder, MAX_NAME) or UNNAMED


def are_a_pair(experiments: Iterable[Experiment | None]) -> bool:
    """Whether both experiments are among them."""
    return set(Experiment) <= set(experiments)


def tidy_line(text: str, most: int) -> str:
    """Text of a user as one printable line of at most `most` characters."""
    return one_line(" ".join(text.split()))[:most].strip()
