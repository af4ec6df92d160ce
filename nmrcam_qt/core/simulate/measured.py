"""Real spectra in the same form as simulated ones, so that both are drawn alike."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nmrcam_qt.core.axis import Floats
from nmrcam_qt.core.datasets import IMAGES_NAME, PEAKS_NAME, read_rows
from nmrcam_qt.core.datasets_pictures import MASKED, ONE_BOND, Box
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.settings import SOLVENTS
from nmrcam_qt.core.simulate.shifts import ASSIGNED
from nmrcam_qt.core.simulate.signals import MEASURED, NO_ATOM, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS, label_bits

SOLVENT_BOXES = tuple(Box((h - 0.05, h + 0.05), (c - 0.6, c + 0.6)) for h, c in SOLVENTS)
_COLUMNS = ("file", "inchikey14", "smiles", *CLASS_IDS)
_BMRB_COLUMNS = ("experiment_true", "cal_conf", "q_unusable", "q_f1mirror", "q_folded13C")
Row = Mapping[str, str]


def read_measured(folder: Path, experiment: Experiment) -> SignalCache:
    """Read the measured peaks of a data set.

    Of bmrb2d only what is calibrated (A, B), a one-bond correlation or an HMBC that is
    neither mirrored nor folded nor marked unusable. Peaks at the reference and at
    solvents (0.05/0.6 ppm about them) are left out, so that no network learns them.

    Parameters
    ----------
    folder : Path
        In the layout of deepsat_hsqc (all HSQC) or bmrb2d.
    experiment : Experiment
        Which spectra are read.

    Returns
    -------
    SignalCache
        One element per spectrum that has a structure and a peak; no atoms, no members.
        A compound can have several.

    Raises
    ------
    ReadError
        If a table cannot be read, lacks a column or holds a broken number.
    """
    pictures = (folder / IMAGES_NAME).is_dir()
    path = folder / "manifest.csv"
    rows = read_rows(path, (*_COLUMNS, *(_BMRB_COLUMNS if pictures else ())))
    used = [r for r in rows if r["smiles"] and r["inchikey14"] and _is_of(r, pictures, experiment)]
    peaks = _read_peaks(folder / PEAKS_NAME, {r["file"] for r in used}, pictures)
    kept = [(r, _masked(peaks[r["file"]])) for r in used if r["file"] in peaks]
    kept = [(r, p) for r, p in kept if len(p)]
    about = {
        "source": folder.name,
        "sha256": file_sha256(folder / PEAKS_NAME),
        "files": [r["file"] for r, _ in kept],
        "classes": list(CLASS_IDS),
    }
    counts = [len(p) for _, p in kept]
    return SignalCache(
        experiment,
        _signals(np.concatenate([p for _, p in kept]) if kept else np.zeros((0, 3))),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([r["inchikey14"] for r, _ in kept], "S14"),
        np.array([label_bits({c: 1 for c in CLASS_IDS if r[c] == "1"}) for r, _ in kept], "u2"),
        tuple(r["smiles"] for r, _ in kept),
        about,
    )


def _is_of(row: Row, pictures: bool, experiment: Experiment) -> bool:
    if not pictures:
        return experiment is Experiment.HSQC
    kinds: Sequence[str] = ("HMBC",) if experiment is Experiment.HMBC else ONE_BOND
    bad = row["q_unusable"] == "1" or row["q_folded13C"] == "1"
    mirrored = experiment is Experiment.HMBC and row["q_f1mirror"] == "1"
    return (
        row["experiment_true"] in kinds and row["cal_conf"] in ("A", "B") and not (bad or mirrored)
    )


def _read_peaks(path: Path, wanted: set[str], pictures: bool) -> dict[str, list[list[float]]]:
    """¹H ppm, ¹³C ppm and sign of the peaks of each wanted file."""
    found: dict[str, list[list[float]]] = {}
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8-sig") as handle:
            for row in csv.DictReader(handle):
                if row["file"] not in wanted:
                    continue
                negative = row["sign"] == "-" if pictures else float(row["intensity"]) < 0
                peak = [float(row["h_ppm"]), float(row["c_ppm"]), -1.0 if negative else 1.0]
                if not all(math.isfinite(v) for v in peak):
                    raise ValueError("a value is not finite")
                found.setdefault(row["file"], []).append(peak)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a gzipped CSV table") from None
    except (KeyError, ValueError, TypeError) as error:
        raise ReadError(path, f"holds a broken peak ({error})", "numbers in ppm") from None
    return found


def _masked(peaks: list[list[float]]) -> Floats:
    """Peaks without those at the reference and at solvents, float64 ``(n, 3)``."""
    array = np.array(peaks, np.float64).reshape(-1, 3)
    keep = np.ones(len(array), bool)
    for box in (*MASKED, *SOLVENT_BOXES):
        (h_low, h_high), (c_low, c_high) = box.h, box.c
        inside = (array[:, 0] >= h_low) & (array[:, 0] <= h_high)
        keep &= ~(inside & (array[:, 1] >= c_low) & (array[:, 1] <= c_high))
    return array[keep]


def _signals(peaks: Floats) -> Signals:
    n = len(peaks)
    return Signals(
        h_ppm=peaks[:, 0].copy(),
        c_ppm=peaks[:, 1].copy(),
        h_atom=np.full(n, NO_ATOM, np.uint16),
        c_atom=np.full(n, NO_ATOM, np.uint16),
        kind=np.full(n, MEASURED, np.uint8),
        protons=np.zeros(n, np.uint8),
        attached=np.where(peaks[:, 2] < 0, 2, 1).astype(np.uint8),
        split=np.zeros(n, np.uint8),
        h_basis=np.full(n, ASSIGNED, np.uint8),
        c_basis=np.full(n, ASSIGNED, np.uint8),
        members=np.zeros(n, np.uint16),
    )
