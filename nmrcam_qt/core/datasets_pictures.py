"""Dataset folders of pictures: kuhn2021 (pairs, axes assumed) and bmrb2d (calibrated)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.datasets import (
    CLASSES,
    IMAGES_NAME,
    KUHN_FOLDERS,
    Dataset,
    Entry,
    kuhn_entries,
    label_columns,
    labels_of,
    read_rows,
)
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment, Spectrum

ONE_BOND = ("HSQC", "HSQC_SWsmall", "HSQC-EDITED", "HMQC")
"""Values of `experiment_true` that are a one-bond correlation."""

BMRB_COLUMNS = (
    *("file", "experiment_true", "inchikey14", "cal_conf", "x0", "x_per_ppm", "y0", "y_per_ppm"),
    *("q_unusable", "q_f1mirror", "q_folded13C"),
)
_NO_LABELS = (
    *("file", "experiment", "experiment_true", "bmse", "set", "inchikey", "inchikey14", "smiles"),
    *("smiles_source", "cal_conf", "x0", "x_per_ppm", "y0", "y_per_ppm", "dH", "dC", "ink_px"),
    *("n_comp", "n_peak", "in_kuhn", "kuhn_class", "kuhn_same_compound"),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A region of a spectrum, ppm: ¹H and ¹³C from low to high."""

    h: tuple[float, float]
    c: tuple[float, float]


MASKED = (
    Box((-0.2, 0.2), (-5.0, 5.0)),
    Box((7.06, 7.46), (75.2, 79.2)),
)
"""Signals that are not the compound's: the reference with its ¹³C satellites, CHCl₃."""

MASK_NOTE = (
    "The reference at 0/0 ppm (0.2/5 ppm around it) and CHCl₃ at 7.26/77.2 ppm (0.2/2 ppm) are "
    "painted with background; DMSO (2.50/39.5), methanol (3.31/49) and water are not, because "
    "signals of the compounds lie there too."
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """ppm of a picture's pixels: ``h = (x0 - x)/x_per_ppm``, ``c = (y - y0)/y_per_ppm``.

    `x` and `y` count from 0 at the *centre* of the first pixel: over 914 single peaks
    of 60 pictures the recorded shifts lie 0.01 px from the ink's centroid in the median,
    not 0.5 px.
    """

    x0: float
    x_per_ppm: float
    y0: float
    y_per_ppm: float

    def axes(self, shape: tuple[int, int]) -> tuple[Axis, Axis]:
        """¹³C and ¹H axes of a picture of `shape` = (height, width)."""
        height, width = shape
        f1 = Axis("13C", -self.y0 / self.y_per_ppm, (height - 1 - self.y0) / self.y_per_ppm, height)
        f2 = Axis("1H", self.x0 / self.x_per_ppm, (self.x0 - (width - 1)) / self.x_per_ppm, width)
        return f1, f2


def open_kuhn(folder: Path) -> Dataset:
    """Open a folder of the layout of kuhn2021.

    Raises
    ------
    ReadError
        If `compounds.csv` cannot be read.
    """
    entries = kuhn_entries(folder)
    unknown = sum(not e.labels for e in entries)
    notes = ["axes assumed 10–0 / 0–200 ppm: true only approximately"]
    if unknown:
        notes.append(
            f"the structure of {unknown} entries is not known: they count under their published "
            "class only"
        )
    notes += [f"{e.id}: {e.note}" for e in entries if e.note]

    def load(entry: Entry, experiment: Experiment) -> Spectrum:
        return read_picture(entry.files[experiment], ReadOptions(experiment=experiment))

    return Dataset("kuhn2021", folder, tuple(entries), CLASSES, {}, tuple(notes), load)


def open_bmrb(folder: Path) -> Dataset:
    """Open a folder of the layout of bmrb2d: what is usable, with true axes.

    Raises
    ------
    ReadError
        If `manifest.csv` cannot be read, lacks a column or holds a broken calibration.
    """
    path = folder / "manifest.csv"
    rows = read_rows(path, BMRB_COLUMNS)
    known = {*_NO_LABELS, *(c for c in (rows[0] if rows else {}) if c.startswith("q_"))}
    columns = label_columns(rows, known)
    left_out: Counter[str] = Counter()
    entries, calibrations = [], {}
    for row in rows:
        experiment, reason = _usable(row)
        if experiment is None:
            left_out[reason] += 1
            continue
        calibrations[row["file"]] = (_calibration(row, path), row["cal_conf"])
        entries.append(_bmrb_entry(folder, row, experiment, columns))
    default = sum(conf == "C" for _, conf in calibrations.values())
    notes = (MASK_NOTE, f"{default} pictures have a guessed calibration (C): axes assumed")

    def load(entry: Entry, experiment: Experiment) -> Spectrum:
        calibration, conf = calibrations[entry.id]
        return _load_calibrated(entry.files[experiment], experiment, calibration, conf)

    return Dataset("bmrb2d", folder, tuple(entries), columns, dict(left_out), notes, load)


def _usable(row: Mapping[str, str]) -> tuple[Experiment | None, str]:
    """Experiment of a row, or why it is left out."""
    kind = row["experiment_true"]
    hmbc = kind == "HMBC"
    reasons = (
        (not hmbc and kind not in ONE_BOND, f"{kind}: neither HSQC nor HMBC"),
        (row["q_unusable"] == "1", "marked unusable"),
        (hmbc and row["q_f1mirror"] == "1", "HMBC mirrored along ¹³C in the source"),
        (row["q_folded13C"] == "1", "folded along ¹³C"),
        (row["cal_conf"] not in ("A", "B", "C"), "no calibration"),
    )
    for left_out, reason in reasons:
        if left_out:
            return None, reason
    return (Experiment.HMBC if hmbc else Experiment.HSQC), ""


def _calibration(row: Mapping[str, str], path: Path) -> Calibration:
    try:
        values = [float(row[k]) for k in ("x0", "x_per_ppm", "y0", "y_per_ppm")]
    except ValueError:
        values = []
    if not values or not all(math.isfinite(v) for v in values) or min(values[1], values[3]) <= 0:
        raise ReadError(path, f"the calibration of {row['file']} is broken", "four numbers")
    return Calibration(*values)


def _bmrb_entry(
    folder: Path, row: Mapping[str, str], experiment: Experiment, columns: tuple[str, ...]
) -> Entry:
    study = row.get("kuhn_same_compound", "").split("|")[0].removeprefix("readme_only_")
    return Entry(
        id=row["file"],
        compound=row["inchikey14"] or row["file"],
        files={experiment: folder / IMAGES_NAME / row["file"]},
        labels=labels_of(row, columns),
        published_class=KUHN_FOLDERS.get(study, ""),
        note=f"calibration {row['cal_conf']}",
        accession=row.get("bmse", ""),
    )


def _load_calibrated(
    path: Path, experiment: Experiment, calibration: Calibration, conf: str
) -> Spectrum:
    """Read a picture, give it its true axes, paint over what is not the compound's."""
    raw = read_picture(path, ReadOptions(experiment, (10.0, 0.0), (0.0, 200.0)))
    height, width = raw.intensity.shape
    f1, f2 = calibration.axes((height, width))
    image = raw.intensity.copy()
    for box in MASKED:
        image[np.ix_(_inside(f1, box.c), _inside(f2, box.h))] = 0
    assumed = ("axes assumed: the calibration is a guess (C)",) if conf == "C" else ()
    provenance = replace(
        raw.provenance,
        assumed=assumed,
        notes=(*raw.provenance.notes, "reference at 0/0 ppm and CHCl₃ painted with background"),
        axes_assumed=conf == "C",
    )
    return Spectrum(raw.name, image, f1, f2, experiment, provenance)


def _inside(axis: Axis, window: tuple[float, float]) -> NDArray[np.intp]:
    centres = axis.centres
    return np.flatnonzero((centres >= window[0]) & (centres <= window[1]))
