"""Bruker data: parameter files, processed spectra (2rr), raw data (ser), folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.bruker.files import MAX_DATA_BYTES, Files, FolderFiles
from nmrcam_qt.core.readers.bruker.layout import (
    DATA_NAMES,
    MARKS,
    OTHER_NAMES,
    Described,
    Place,
    find_places,
    natural,
    preferred,
)
from nmrcam_qt.core.readers.bruker.words import experiment_name, name_of, passed_over
from nmrcam_qt.core.readers.instrument import EXPECTED_2D, build_measured
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum

__all__ = [
    "MARKS",
    "Described",
    "Files",
    "FolderFiles",
    "Place",
    "choose",
    "find_places",
    "is_bruker",
    "preferred",
    "read_bruker",
    "read_place",
]

_MOST_CHILDREN = 5000
"""Folders that are looked into before a folder is none of Bruker's."""
_NOT_POINTS = {
    "2ri": "an imaginary part of a spectrum",
    "2ir": "an imaginary part of a spectrum",
    "2ii": "an imaginary part of a spectrum",
    "1i": "the imaginary part of a 1D spectrum",
}


def is_bruker(path: Path) -> bool:
    """Whether a file or folder is Bruker's, by names: its files have no marks inside.

    A folder is so if data lie in it, in its ``pdata``, or in a folder just below it.
    """
    if not path.is_dir():
        beside = path.name in (*MARKS, *OTHER_NAMES)
        return beside and (path.name in MARKS or _has_marks(path.parent))
    if _has_marks(path) or path.name == "pdata" or (path / "pdata").is_dir():
        return True
    try:
        with os.scandir(path) as entries:
            below = [Path(e.path) for e in islice(entries, _MOST_CHILDREN) if e.is_dir()]
    except OSError:
        return False
    return any(_has_marks(child) for child in below)


def _has_marks(folder: Path) -> bool:
    if (folder / "procpar").is_file():
        return False  # Varian, whose data file is called fid, too
    return any((folder / name).is_file() for name in MARKS)


def read_bruker(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read Bruker data.

    Parameters
    ----------
    path : Path
        A 2rr or ser file or another file of an experiment, a folder pdata/N, that of an
        experiment, or one with several experiments.
    options : ReadOptions, optional
        `part` chooses among several experiments (``"3/pdata/1"``).

    Raises
    ------
    AmbiguousError
        If there are several ¹H–¹³C 2D spectra; the option is ``part``.
    ReadError
        If there is none, or it cannot be read; one sentence says what there is.
    """
    options = options or ReadOptions()
    root, inside = _root(path)
    files = FolderFiles(root)
    if not path.is_dir():
        if path.name in _NOT_POINTS:
            raise ReadError(path, _NOT_POINTS[path.name], "the file 2rr beside it")
        if path.name not in DATA_NAMES:
            return read_bruker(path.parent, options)
        return read_place(files, Place(inside), options)
    every = find_places(files.names())
    # A pdata folder without points still says how its raw data are to be processed.
    places = [p for p in every if _is_below(p.data, inside)] or every
    if not places:
        found = "a folder of Bruker instrument data without points"
        raise ReadError(path, found, "a 2rr or ser file")
    place, notes = choose(path, files, places, options.part)
    return read_place(files, place, options, notes)


def _root(path: Path) -> tuple[Path, str]:
    """The experiment's folder (or the path itself above experiments); the path below it."""
    whole = path.absolute()
    folder = whole if whole.is_dir() else whole.parent
    root = folder
    if folder.name == "pdata":
        root = folder.parent
    elif folder.parent.name == "pdata":
        root = folder.parent.parent
    inside = whole.relative_to(root).as_posix()
    return root, "" if inside == "." else inside


def _is_below(name: str, folder: str) -> bool:
    return not folder or name.startswith(folder + "/")


def choose(
    path: Path, files: Files, places: Sequence[Place], part: str | None
) -> tuple[Place, tuple[str, ...]]:
    """The one spectrum that is meant.

    Parameters
    ----------
    path : Path
        What the user named, for messages.
    files : Files
        Where the places lie.
    places : sequence of Place
        At least one.
    part : str or None
        The user's answer: a `Place.part`, an experiment, or the label of a choice.

    Returns
    -------
    place : Place
    notes : tuple of str
        What was passed over.

    Raises
    ------
    AmbiguousError, ReadError
    """
    if part is not None:
        return _named(path, files, places, part), ()
    described = [Described(files, place) for place in preferred(places)]
    wanted = [d for d in described if d.is_hc]
    if len(wanted) > 1:
        labels = sorted((d.label for d in wanted), key=natural)
        raise AmbiguousError(path, "several ¹H–¹³C 2D spectra; which is meant?", labels, "part")
    if len(described) == 1:
        return described[0].place, ()
    rest = passed_over([d for d in described if not d.is_hc])
    if not wanted:
        raise ReadError(path, f"{len(described)} experiments: {rest}", EXPECTED_2D)
    return wanted[0].place, (f"the only ¹H–¹³C 2D spectrum of the folder; also in it: {rest}",)


def _named(path: Path, files: Files, places: Sequence[Place], part: str) -> Place:
    bare = part.split(" · ", maxsplit=1)[0].strip().strip("/")
    exact = [p for p in places if bare in (p.part, p.data, p.folder)]
    of_experiment = [p for p in preferred(places) if p.experiment == bare]
    found = preferred(exact) or of_experiment
    if not found:
        labels = [Described(files, p).label for p in preferred(places)][:20]
        raise ReadError(path, f"no part {part!r}", f"one of {', '.join(labels)}")
    return found[0]


def read_place(
    files: Files, place: Place, options: ReadOptions, notes: tuple[str, ...] = ()
) -> Spectrum:
    """Read one spectrum of some files.

    Parameters
    ----------
    files : Files
        Where it lies.
    place : Place
        Which it is.
    options : ReadOptions
        The experiment, where the user knows better.
    notes : tuple of str
        Put first into the provenance.

    Raises
    ------
    ReadError
        If it is no ¹H–¹³C 2D spectrum or cannot be read.
    """
    if not files.has(place.data):
        raise ReadError(files.path(place.data), "no such file")
    found = Described(files, place)
    try:
        spectrum = _read(found, options)
    except ReadError as error:
        where = experiment_name(found)
        if error.path != files.path(place.data):
            raise ReadError(error.path, f"{where}: {error.found}", error.expected) from None
        # All of them are called 2rr or ser: people know the experiment.
        raise ReadError(error.path, error.found, error.expected, where) from None
    told = replace(spectrum.provenance, notes=(*notes, *spectrum.provenance.notes))
    experiment = spectrum.experiment
    if experiment is None and found.program.experiment is not None:
        experiment = found.program.experiment
        said = f"experiment {experiment.label} taken from the title"
        told = replace(told, assumed=(*told.assumed, said))
    return replace(spectrum, name=name_of(found), experiment=experiment, provenance=told)


def _read(found: Described, options: ReadOptions) -> Spectrum:
    path = found.files.path(found.place.data)
    if found.place.kind == "2rr" and not (found.procs and found.proc2s):
        missing = "procs" if not found.procs else "proc2s"
        raise ReadError(path, f"Bruker instrument data without their {missing}", EXPECTED_2D)
    if not found.is_hc:
        raise ReadError(path, found.words, EXPECTED_2D)
    if found.place.kind == "2rr":
        from nmrcam_qt.core.readers.bruker.processed import read_processed

        measured = read_processed(found)
    else:
        from nmrcam_qt.core.readers.bruker.process import read_raw

        measured = read_raw(found)
    digest = hashlib.sha256(found.files.read(found.place.data, MAX_DATA_BYTES)).hexdigest()
    return build_measured(path, measured, options, digest)
