"""Which spectra lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.bruker.files import FolderFiles
from nmrcam_qt.core.readers.bruker.layout import (
    DATA_NAMES,
    MARKS,
    Described,
    Place,
    preferred,
)
from nmrcam_qt.core.readers.bruker.words import passed_over

_VARIAN = "procpar"
BRUKER_LOGS = (
    "audita.txt",
    "auditp.txt",
    "thumb.png",
    "intrng.txt",
    "parm.txt",
    "cmcq.xml",
    "title.txt",
    "uxnmr.par",
)
"""Files beside Bruker data that are no spectra though their suffix says so."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Parameters
    ----------
    paths : tuple of Path
        Files to read, each once.
    remarks : tuple of (Path, str)
        A folder and one sentence about what was passed over in it.
    """

    paths: tuple[Path, ...]
    remarks: tuple[tuple[Path, str], ...] = ()


@dataclass(slots=True)
class _Walked:
    """What a walk through a folder meets."""

    plain: list[Path] = field(default_factory=list)
    data: list[Path] = field(default_factory=list)
    """Data files of Bruker."""
    bare: list[Path] = field(default_factory=list)
    """Folders of Bruker with acqus, perhaps without data."""


def survey(paths: Iterable[Path], suffixes: tuple[str, ...]) -> Survey:
    """Files to read: files as given, folders expanded with all below them.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders.
    suffixes : tuple of str
        What is taken inside folders, apart from instrument data without suffixes.

    Raises
    ------
    ReadError
        If a folder cannot be listed.
    """
    found: list[Path] = []
    remarks: list[tuple[Path, str]] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        below, said = _expanded(path, suffixes)
        found += below
        remarks += said
    return Survey(tuple(dict.fromkeys(found)), tuple(remarks))


def _expanded(folder: Path, suffixes: tuple[str, ...]) -> tuple[list[Path], list[tuple[Path, str]]]:
    walked = _walk(folder, suffixes)
    wanted, others = _sorted_out(walked.data)
    measured = {_experiment(path) for path in walked.data}
    # A peak list beside the points of its spectrum is no second spectrum.
    plain = [path for path in walked.plain if measured.isdisjoint(path.parents)]
    found = [*plain, *wanted]
    lonely = [
        path
        for path in walked.bare
        if not any(path in file.parents for file in [*found, *walked.data])
    ]
    if found:
        return sorted([*found, *lonely]), _remarks(folder, others)
    if len(others) > 1 or lonely:
        # One sentence for all of them, which the reader makes.
        return ([folder] if others else []) + sorted(lonely), []
    return [d.files.path(d.place.data) for d in others], []


def _walk(folder: Path, suffixes: tuple[str, ...]) -> _Walked:
    def refuse(error: OSError) -> None:
        raise ReadError(error.filename or folder, f"cannot be listed ({error.strerror})")

    walked = _Walked()
    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here, names = Path(root), set(files)
        if _VARIAN in names and "fid" in names:
            walked.plain.append(here / "fid")
            continue
        measured = not names.isdisjoint(MARKS)
        walked.data += [here / name for name in DATA_NAMES if name in names]
        if measured and "acqus" in names:
            walked.bare.append(here)
        walked.plain += [
            here / name
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes
            if not (measured and name.lower() in BRUKER_LOGS)
        ]
    return walked


def _experiment(data: Path) -> Path:
    """The folder of the experiment that a data file belongs to."""
    folder = data.parent
    return folder.parent.parent if folder.parent.name == "pdata" else folder


def _sorted_out(data: list[Path]) -> tuple[list[Path], list[Described]]:
    """Files of ¹H–¹³C 2D spectra, one for each experiment; and what else there is."""
    wanted: list[Path] = []
    others: list[Described] = []
    experiments: dict[Path, list[Place]] = {}
    for path in data:
        root = _experiment(path)
        experiments.setdefault(root, []).append(Place(path.relative_to(root).as_posix()))
    for root in sorted(experiments):
        files = FolderFiles(root)
        places = sorted(experiments[root], key=lambda place: place.order)
        described = Described(files, preferred(places)[0])
        if described.is_hc:
            wanted.append(files.path(described.place.data))
        else:
            others.append(described)
    return wanted, others


def _remarks(folder: Path, others: list[Described]) -> list[tuple[Path, str]]:
    """One sentence for each data set."""
    sets: dict[Path, list[Described]] = {}
    for described in others:
        sets.setdefault(described.files.origin.parent, []).append(described)
    return [
        (
            folder if folder in (place, *place.parents) else place,
            f"{place.name}: not opened, since they are no ¹H–¹³C spectra: {passed_over(members)}",
        )
        for place, members in sets.items()
    ]
