"""All molecules' clean signals in one small file, from which training draws."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.core.simulate.shifts import (
    TABLE,
    FilledShifts,
    ShiftTable,
    fill_shifts,
    read_shift_table,
)
from nmrcam_qt.core.simulate.signals import Signals, molecule_signals, refusals
from nmrcam_qt.core.simulate.structures import (
    Ints,
    Structures,
    circular_keys,
    read_structures,
)
from nmrcam_qt.core.spectrum import Experiment, freeze
from nmrcam_qt.core.substructures import CLASS_IDS

VERSION = 2
_BLOCK = "S14"


@dataclass(frozen=True, slots=True, eq=False)
class SignalCache:
    """Signals of many spectra of one experiment.

    Parameters
    ----------
    experiment : Experiment
        HSQC or HMBC.
    signals : Signals
        Of all spectra, one after the other.
    offsets : int64 ``(n + 1,)``
        Signals of spectrum i are ``offsets[i]:offsets[i + 1]``.
    compounds : S14 ``(n,)``
        First InChIKey block of each; split by it. A compound can have several spectra.
    labels : uint16 ``(n,)``
        Classes of each compound, bit i for ``CLASS_IDS[i]``.
    smiles : tuple of str, length n
        To which the atoms of the signals refer.
    about : mapping
        Where the signals come from, in words and numbers.

    Raises
    ------
    ValueError
        If the lengths do not agree.
    """

    experiment: Experiment
    signals: Signals
    offsets: Ints
    compounds: NDArray[np.bytes_]
    labels: NDArray[np.uint16]
    smiles: tuple[str, ...]
    about: Mapping[str, object]

    def __post_init__(self) -> None:
        n = len(self.labels)
        if not (len(self.offsets) - 1 == len(self.compounds) == len(self.smiles) == n):
            raise ValueError("one offset, compound, label and SMILES per spectrum expected")
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.signals):
            raise ValueError("the offsets do not end at the signals' ends")
        if (np.diff(self.offsets) < 0).any():
            raise ValueError("the offsets fall")
        for array in (self.offsets, self.compounds, self.labels):
            freeze(array)

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, index: int) -> Signals:
        """Signals of one spectrum."""
        return self.signals.take(slice(self.offsets[index], self.offsets[index + 1]))

    def having(self, class_id: str) -> Ints:
        """Indices of the spectra whose compound carries a class."""
        return np.asarray(np.flatnonzero(self.labels >> CLASS_IDS.index(class_id) & 1))

    def label_matrix(self) -> NDArray[np.bool_]:
        """Labels as bool ``(n, 12)`` in the order of `CLASS_IDS`."""
        return bits_to_flags(self.labels)

    def subset(self, index: Ints) -> SignalCache:
        """Some of the spectra, in the order of `index`."""
        counts = self.offsets[index + 1] - self.offsets[index]
        return SignalCache(
            self.experiment,
            self.signals.take(ranges(self.offsets[index], counts)),
            np.concatenate([[0], np.cumsum(counts)]),
            self.compounds[index],
            self.labels[index],
            tuple(self.smiles[i] for i in index),
            self.about,
        )

    def without(self, compounds: Collection[str]) -> SignalCache:
        """The spectra of all other compounds.

        Shifts filled from the left-out ones stay: build a cache without them where that
        matters.
        """
        barred = np.array(sorted(compounds), _BLOCK)
        return self.subset(np.flatnonzero(~np.isin(self.compounds, barred)))

    def guessed(self) -> NDArray[np.float64]:
        """Share of each spectrum's signals of which a shift rests on radius 1 only."""
        weak = np.minimum(self.signals.h_basis, self.signals.c_basis) <= 1
        total = np.concatenate([[0], np.cumsum(weak)])
        counts = np.diff(self.offsets)
        return np.asarray(np.diff(total[self.offsets]) / np.maximum(counts, 1))

    def save(self, path: Path) -> None:
        """Write the cache as a compressed ``.npz`` without pickles."""
        arrays = {f.name: getattr(self.signals, f.name) for f in fields(Signals)}
        header = {"version": VERSION, "experiment": self.experiment.value, "about": self.about}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            np.savez_compressed(
                handle,
                header=_bytes(json.dumps(header, sort_keys=True)),
                smiles=_bytes("\n".join(self.smiles)),
                offsets=self.offsets,
                compounds=self.compounds,
                labels=self.labels,
                **arrays,
            )


def join(caches: Sequence[SignalCache]) -> SignalCache:
    """Caches of one experiment as one, in their order, such as simulated and measured.

    Raises
    ------
    ValueError
        If there is none, or they are of different experiments.
    """
    if len({c.experiment for c in caches}) != 1:
        raise ValueError("caches of one experiment expected")
    starts = np.cumsum([0, *(len(c.signals) for c in caches)])
    offsets = [c.offsets[:-1] + start for c, start in zip(caches, starts[:-1], strict=True)]
    columns = (
        np.concatenate([getattr(c.signals, f.name) for c in caches]) for f in fields(Signals)
    )
    return SignalCache(
        caches[0].experiment,
        Signals(*columns),
        np.concatenate([*offsets, starts[-1:]]).astype(np.int64),
        np.concatenate([c.compounds for c in caches]),
        np.concatenate([c.labels for c in caches]),
        tuple(s for c in caches for s in c.smiles),
        {"joined": [dict(c.about) for c in caches]},
    )


def bits_to_flags(bits: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Bit masks as bool ``(n, 12)``, one column per class."""
    return np.asarray((bits[:, np.newaxis] >> np.arange(len(CLASS_IDS)) & 1).astype(bool))


def ranges(starts: Ints, counts: Ints) -> Ints:
    """``concatenate([arange(s, s + n) for s, n in zip(starts, counts)])``."""
    ends = np.cumsum(counts)
    shift = starts - np.concatenate([[0], ends[:-1]]) if len(counts) else starts
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(shift, counts))


def load_cache(path: Path) -> SignalCache:
    """Read a cache.

    Raises
    ------
    ReadError
        If it is no cache of this version, or broken.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            header = json.loads(_text(data["header"]))
            if header["version"] != VERSION:
                raise ReadError(path, f"version {header['version']}", f"version {VERSION}")
            return SignalCache(
                Experiment(header["experiment"]),
                Signals(*(data[f.name] for f in fields(Signals))),
                data["offsets"],
                data["compounds"],
                data["labels"],
                tuple(_text(data["smiles"]).split("\n")) if len(data["labels"]) else (),
                header["about"],
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a signal cache (.npz)") from None


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _text(array: NDArray[np.uint8]) -> str:
    return array.tobytes().decode()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What became of the molecules of a table.

    Parameters
    ----------
    path : Path
        The cache.
    rows, compounds : int
        Of the table, without the excluded ones.
    refused : int
        Molecules (rows) with a shift that no environment of radius 1 or more gives.
    kept : int
        Compounds in the cache.
    signals : int
        Of all of them.
    """

    path: Path
    rows: int
    compounds: int
    refused: int
    kept: int
    signals: int


def build_cache(
    data_dir: Path,
    out: Path,
    exclude_compounds: Collection[str] = (),
    progress: Progress = SILENT,
) -> tuple[BuildReport, BuildReport]:
    """Simulate all molecules of nmrshiftdb2 and write ``hsqc.npz`` and ``hmbc.npz``.

    Parameters
    ----------
    data_dir : Path
        Holds ``nmrshiftdb2/assigned_shifts.csv.gz``.
    out : Path
        Folder of the two files; made where it is not there.
    exclude_compounds : collection of str
        First InChIKey blocks that are neither simulated nor used to fill shifts of
        others, such as the compounds of test sets.
    progress : Progress
        Told of the reading of the structures, which takes most of the time.

    Returns
    -------
    tuple of BuildReport
        HSQC, HMBC.

    Raises
    ------
    ReadError
        If the table cannot be read.
    StructureError
        If RDKit is not installed.
    """
    path = data_dir / TABLE
    table = read_shift_table(path, exclude_compounds)
    structures = read_structures(table.smiles, progress)
    about = {
        "source": TABLE,
        "sha256": file_sha256(path),
        "excluded_compounds": len(frozenset(exclude_compounds)),
        "classes": list(CLASS_IDS),
    }
    filled = filled_table(table, structures)
    hsqc, hmbc = (
        _build_one(table, structures, filled, experiment, out, about) for experiment in Experiment
    )
    return hsqc, hmbc


def filled_table(table: ShiftTable, structures: Structures) -> tuple[FilledShifts, FilledShifts]:
    """¹³C and ¹H shift of every atom of a table, the missing ones filled."""
    keys = circular_keys(structures)
    c13, h1 = (
        fill_shifts(table.on_atoms(structures, column), keys) for column in ("c13_ppm", "h1_ppm")
    )
    return c13, h1


def simulate(
    table: ShiftTable,
    structures: Structures,
    filled: tuple[FilledShifts, FilledShifts],
    experiment: Experiment,
    about: Mapping[str, object],
) -> SignalCache:
    """Simulate the molecules of a table, one of each compound.

    Of several molecules of one compound the one with most assigned shifts is taken.
    Compounds whose shifts are not all known, or that have no signal, are left out.
    """
    signals, offsets = molecule_signals(structures, experiment, *filled)
    counts = np.diff(offsets)
    molecules = np.concatenate([atoms[0] for atoms in table.shifts.values()])
    assigned = np.bincount(molecules, minlength=len(counts))
    best: dict[str, int] = {}
    for i in np.flatnonzero(counts).tolist():
        other = best.setdefault(table.compounds[i], i)
        if assigned[i] > assigned[other]:
            best[table.compounds[i]] = i
    everything = SignalCache(
        experiment,
        signals,
        offsets,
        np.array(table.compounds, _BLOCK),
        structures.label_bits.astype(np.uint16),
        table.smiles,
        about,
    )
    return everything.subset(np.array(sorted(best.values()), np.int64))


def _build_one(
    table: ShiftTable,
    structures: Structures,
    filled: tuple[FilledShifts, FilledShifts],
    experiment: Experiment,
    out: Path,
    about: Mapping[str, object],
) -> BuildReport:
    cache = simulate(table, structures, filled, experiment, about)
    path = out / f"{experiment.value}.npz"
    cache.save(path)
    return BuildReport(
        path,
        len(table.smiles),
        len(set(table.compounds)),
        refusals(structures, experiment, filled[0].basis, filled[1].basis),
        len(cache),
        len(cache.signals),
    )
