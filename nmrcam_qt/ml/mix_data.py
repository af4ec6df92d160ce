"""What mixture networks are trained and judged on: simulated and measured spectra, split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmrcam_qt.core.datasets import read_rows
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.simulate.cache import SignalCache, build_cache, join, load_cache
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mix_compounds import fold_of, held_out, only, without
from nmrcam_qt.ml.mix_recipes import MixRecipe

MEASURED = {Experiment.HSQC: ("deepsat_hsqc", "bmrb2d"), Experiment.HMBC: ("bmrb2d",)}
REAL = ("deepsat_hsqc/manifest.csv", "bmrb2d/manifest.csv", "kuhn2021/compounds.csv")
HELD_OUT = 0.1
"""Share of the simulated compounds that no network is trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class MixData:
    """Spectra of one experiment.

    Parameters
    ----------
    simulated, unseen : SignalCache
        To train on, and to judge on; no compound of the measured sets is in either.
    measured : dict of SignalCache
        By the name of their folder.
    published : frozenset of bytes
        Compounds of the published mixtures, never trained on.
    """

    simulated: SignalCache
    unseen: SignalCache
    measured: dict[str, SignalCache]
    published: frozenset[bytes]

    def left_out(self, fold: int | None, n_folds: int) -> frozenset[bytes]:
        """Measured compounds that are not trained on: of a fold, or the published ones."""
        if fold is None:
            return self.published
        return self._of_fold(fold, n_folds) | self.published

    def learned(self, fold: int | None, n_folds: int) -> SignalCache:
        """Measured spectra that are trained on."""
        barred = self.left_out(fold, n_folds)
        return join([without(cache, barred) for cache in self.measured.values()])

    def judged(self, fold: int, n_folds: int) -> dict[str, SignalCache]:
        """Measured spectra that a fold is judged on; each compound is in one fold."""
        mine = self._of_fold(fold, n_folds)
        return {name: only(cache, mine) for name, cache in self.measured.items()}

    def _of_fold(self, fold: int, n_folds: int) -> frozenset[bytes]:
        names = {bytes(c) for cache in self.measured.values() for c in cache.compounds}
        return frozenset(c for c in names if fold_of(c, n_folds) == fold)


def load_mix_data(
    recipe: MixRecipe, data_folder: Path, cache_folder: Path, progress: Progress = SILENT
) -> MixData:
    """Read the measured sets; simulate the others, or read what was simulated before.

    Parameters
    ----------
    recipe : MixRecipe
        Which network.
    data_folder : Path
        Holds the folders ``nmrshiftdb2``, ``deepsat_hsqc``, ``bmrb2d``, ``kuhn2021``.
    cache_folder : Path
        Gets ``hsqc.npz`` and ``hmbc.npz``.
    progress : Progress
        Of the simulation.

    Raises
    ------
    ReadError
        If a set cannot be read.
    StructureError
        If RDKit is not installed.
    """
    path = cache_folder / f"{recipe.experiment.value}.npz"
    if not path.exists():
        build_cache(data_folder, cache_folder, real_compounds(data_folder), progress)
    everything = load_cache(path)
    names = held_out({bytes(c) for c in everything.compounds}, HELD_OUT)
    train = without(everything, names)
    return MixData(
        train.subset(np.flatnonzero(train.guessed() <= recipe.guessed)),
        only(everything, names),
        {n: read_measured(data_folder / n, recipe.experiment) for n in MEASURED[recipe.experiment]},
        published_compounds(data_folder),
    )


def real_compounds(data_folder: Path) -> frozenset[str]:
    """Every compound of the three real sets, whether its spectrum is used or not.

    Raises
    ------
    ReadError
        If a table cannot be read.
    """
    found = {row["inchikey14"] for name in REAL for row in _rows(data_folder / name)}
    return frozenset(found - {""})


def published_compounds(data_folder: Path) -> frozenset[bytes]:
    """Compounds of the study's artificial mixtures, by the entry numbers in their names.

    Raises
    ------
    ReadError
        If the table or the folder cannot be read.
    """
    folder = data_folder / "kuhn2021"
    pictures = sorted((folder / "hmbc" / "test").glob("*/*.jpg"))
    if not pictures:
        raise ReadError(folder, "holds no test pictures", "hmbc/test/<class>/*.jpg")
    numbers = {int(n) for p in pictures for n in re.findall(r"\d{2,}", p.stem.split("_1H")[0])}
    rows = _rows(folder / "compounds.csv", "id")
    found = {r["inchikey14"].encode() for r in rows if int(r["id"].removeprefix("bmse")) in numbers}
    return frozenset(found - {b""})


def _rows(path: Path, *columns: str) -> list[dict[str, str]]:
    rows = read_rows(path, ("inchikey14", *columns))
    if not rows:
        raise ReadError(path, "holds no row", "a table of compounds")
    return rows
