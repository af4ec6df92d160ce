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
    finds the spectrum that was renamed meanwhile.
    """
    return _folder(packed.provenance.path), sample_key(packed.name)


def sample_name(packed: PackedSpectrum) -> str:
    """A readable name for the sample of a spectrum: its own without the experiment.

    Where nothing else is in the name (``HSQC.png``), that of the folder.
    """
    bare = _REPEATED.sub(r"\1", _EXPERIMENT_TOKEN.sub("", packed.name)).strip(_AT_THE_ENDS)
    folder = Path(packed.provenance.path).parent.name
    return tidy_line(bare or folder, MAX_NAME) or UNNAMED


def are_a_pair(experiments: Iterable[Experiment | None]) -> bool:
    """Whether both experiments are among them."""
    return set(Experiment) <= set(experiments)


def tidy_line(text: str, most: int) -> str:
    """Text of a user as one printable line of at most `most` characters."""
    return one_line(" ".join(text.split()))[:most].strip()
