"""Assigned chemical shifts, and what is missing of them filled from equal environments."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.simulate.structures import MAX_RADIUS, Ints, Keys, Structures
from nmrcam_qt.core.spectrum import freeze

Floats = NDArray[np.float64]
Basis = NDArray[np.uint8]

TABLE = "nmrshiftdb2/assigned_shifts.csv.gz"
COLUMNS = ("smiles", "inchikey14", "c13_ppm", "h1_ppm")
POSSIBLE = {"c13_ppm": (-20.0, 240.0), "h1_ppm": (-3.0, 15.0)}
"""ppm; what lies outside is a slip of the pen and is left out."""

ASSIGNED = MAX_RADIUS + 1
"""Basis of a shift that was assigned; 4 to 1 is the radius it was filled from, 0 none."""


@dataclass(frozen=True, slots=True, eq=False)
class ShiftTable:
    """Molecules with assigned shifts.

    Parameters
    ----------
    smiles, compounds : tuple of str
        SMILES and first InChIKey block of each molecule.
    shifts : dict of column to (molecule, atom, ppm)
        For ``c13_ppm`` and ``h1_ppm`` int64, int64 and float64 arrays of one length; the
        atom counts within the molecule.
    """

    smiles: tuple[str, ...]
    compounds: tuple[str, ...]
    shifts: dict[str, tuple[Ints, Ints, Floats]]

    def on_atoms(self, structures: Structures, column: str) -> Floats:
        """Shift of every atom of the molecules, NaN where none is assigned.

        The mean over the assigned ones of equivalent atoms is given to all of them. Only
        carbons count, for ¹H those that bear hydrogen.

        Returns
        -------
        float64 ``(n_atoms,)``, ppm

        Raises
        ------
        ValueError
            If an atom is beyond its molecule.
        """
        molecule, atom, ppm = self.shifts[column]
        index = structures.offsets[molecule] + atom
        if len(index) and (index >= structures.offsets[molecule + 1]).any():
            raise ValueError("a shift is assigned to an atom beyond its molecule")
        low, high = POSSIBLE[column]
        keep = structures.carbon[index] & (ppm >= low) & (ppm <= high)
        if column == "h1_ppm":
            keep &= structures.n_h[index] > 0
        group = structures.group
        total = np.bincount(group[index[keep]], ppm[keep], structures.n_atoms)
        count = np.bincount(group[index[keep]], minlength=structures.n_atoms)
        mean = np.full(structures.n_atoms, np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        return np.asarray(mean[group])


def read_shift_table(path: Path, exclude_compounds: Collection[str] = ()) -> ShiftTable:
    """Read assigned shifts.

    Parameters
    ----------
    path : Path
        Gzipped table ``smiles, inchikey14, c13_ppm, h1_ppm``; shifts as ``atom:ppm``.
    exclude_compounds : collection of str
        First InChIKey blocks of which nothing is read.

    Raises
    ------
    ReadError
        If it cannot be read, lacks a column or holds a broken shift.
    """
    barred = frozenset(exclude_compounds)
    smiles: list[str] = []
    compounds: list[str] = []
    shifts: dict[str, list[tuple[int, int, float]]] = {c: [] for c in POSSIBLE}
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise ReadError(path, f"the column {missing[0]!r} is missing")
            for row in reader:
                if row["inchikey14"] in barred:
                    continue
                for column in POSSIBLE:
                    shifts[column] += _pairs(row[column], len(smiles))
                smiles.append(row["smiles"])
                compounds.append(row["inchikey14"])
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a gzipped CSV table") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ReadError(path, f"holds a broken shift ({error})", "atom:ppm pairs") from None
    return ShiftTable(
        tuple(smiles), tuple(compounds), {c: _columns(found) for c, found in shifts.items()}
    )


def _pairs(text: str, molecule: int) -> list[tuple[int, int, float]]:
    pairs = []
    for part in text.split():
        atom, ppm = part.split(":")
        if int(atom) < 0 or not np.isfinite(float(ppm)):
            raise ValueError(f"{part!r}")
        pairs.append((molecule, int(atom), float(ppm)))
    return pairs


def _columns(found: Sequence[tuple[int, int, float]]) -> tuple[Ints, Ints, Floats]:
    array = np.array(found, dtype=np.float64).reshape(len(found), 3)
    return array[:, 0].astype(np.int64), array[:, 1].astype(np.int64), array[:, 2].copy()


@dataclass(frozen=True, slots=True, eq=False)
class FilledShifts:
    """Shifts of every atom and what they rest on; read-only.

    Parameters
    ----------
    ppm : float64 ``(n_atoms,)``
        NaN where nothing is known.
    basis : uint8 ``(n_atoms,)``
        `ASSIGNED`, or the radius (4 to 1) of the environment, 0 where nothing is known.
    """

    ppm: Floats
    basis: Basis

    def __post_init__(self) -> None:
        freeze(self.ppm)
        freeze(self.basis)


def fill_shifts(
    known: Floats, keys: Sequence[Keys], donors: NDArray[np.bool_] | None = None
) -> FilledShifts:
    """Fill missing shifts with the median over equal circular environments.

    The largest radius (4 to 1) that any atom with a known shift shares is used.

    Parameters
    ----------
    known : float64 ``(n_atoms,)``
        ppm, NaN where missing.
    keys : sequence of uint64 ``(n_atoms,)``
        Environments of radius 0, 1, …, 4 (`circular_keys`).
    donors : bool ``(n_atoms,)``, optional
        Atoms whose known shifts may be used; all without it.
    """
    ppm = known.copy()
    basis = np.where(np.isnan(known), 0, ASSIGNED).astype(np.uint8)
    giving = np.isfinite(known) if donors is None else np.isfinite(known) & donors
    for radius in range(MAX_RADIUS, 0, -1):
        missing = np.flatnonzero(np.isnan(ppm))
        medians = _medians(keys[radius][giving], known[giving], keys[radius][missing])
        found = np.isfinite(medians)
        ppm[missing[found]] = medians[found]
        basis[missing[found]] = radius
    return FilledShifts(ppm, basis)


def _medians(keys: Keys, values: Floats, wanted: Keys) -> Floats:
    """Median of the values of each wanted key, NaN where the key is unknown."""
    out = np.full(len(wanted), np.nan)
    if not len(keys):
        return out
    order = np.lexsort((values, keys))
    keys, values = keys[order], values[order]
    first = np.searchsorted(keys, wanted, "left")
    last = np.searchsorted(keys, wanted, "right") - 1
    found = last >= first
    middle = first[found] + last[found]
    out[found] = (values[middle // 2] + values[(middle + 1) // 2]) / 2
    return out


@dataclass(frozen=True, slots=True)
class FillAccuracy:
    """How well shifts filled from one radius hold.

    Parameters
    ----------
    radius : int
        4 to 1; 0 for all together.
    n : int
        Shifts checked.
    mean, median, p90 : float
        Of the absolute error, ppm.
    """

    radius: int
    n: int
    mean: float
    median: float
    p90: float


def leave_one_out(
    known: Floats, keys: Sequence[Keys], compound: Ints, group: Ints, n: int, seed: int = 0
) -> list[FillAccuracy]:
    """Fill known shifts from *other* compounds and compare.

    Parameters
    ----------
    known : float64 ``(n_atoms,)``
        ppm, NaN where missing.
    keys : sequence of uint64 ``(n_atoms,)``
        Environments of radius 0, 1, …, 4.
    compound, group : int64 ``(n_atoms,)``
        Compound and set of equivalent atoms of each atom; a set is asked once.
    n : int
        How many shifts are drawn.
    seed : int
        Of the draw.

    Returns
    -------
    list of FillAccuracy
        For the radius 4, 3, 2, 1 that would be used, and 0 for all together.
    """
    atoms = np.flatnonzero(np.isfinite(known))
    once = atoms[np.unique(group[atoms], return_index=True)[1]]
    asked = np.random.default_rng(seed).permutation(once)[:n]
    errors: dict[int, Floats] = {}
    for radius in range(MAX_RADIUS, 0, -1):
        order = atoms[np.argsort(keys[radius][atoms], kind="stable")]
        first = np.searchsorted(keys[radius][order], keys[radius][asked], "left")
        last = np.searchsorted(keys[radius][order], keys[radius][asked], "right")
        error = np.full(len(asked), np.nan)
        for i, atom in enumerate(asked):
            others = order[first[i] : last[i]]
            others = others[compound[others] != compound[atom]]
            if len(others):
                error[i] = abs(np.median(known[others]) - known[atom])
        done = np.isfinite(error)
        errors[radius], asked = error[done], asked[~done]
    errors[0] = np.concatenate(list(errors.values()))
    return [_accuracy(radius, e) for radius, e in errors.items()]


def _accuracy(radius: int, errors: Floats) -> FillAccuracy:
    if not len(errors):
        return FillAccuracy(radius, 0, float("nan"), float("nan"), float("nan"))
    median, p90 = np.quantile(errors, [0.5, 0.9])
    return FillAccuracy(radius, len(errors), float(errors.mean()), float(median), float(p90))
