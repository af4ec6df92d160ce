"""Dataset folders of peak lists: deepsat_hsqc."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.datasets import (
    PEAKS_NAME,
    Dataset,
    Entry,
    label_columns,
    labels_of,
    read_rows,
)
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum

LIST_F1 = Axis.from_edges("13C", 0.0, 200.0, 410)
LIST_F2 = Axis.from_edges("1H", 10.0, 0.0, 600)
"""Grid on which a list is drawn for the eye and for the metrics."""

MANIFEST_COLUMNS = ("file", "inchikey14")
PEAK_COLUMNS = ("file", "h_ppm", "c_ppm", "intensity")
_NO_LABELS = (
    *("file", "smiles", "inchikey", "inchikey14", "mw", "superclass"),
    *("n_peaks", "n_neg_peaks"),
)
Peaks = dict[str, NDArray[np.float64]]


class _PeakTable:
    """All peaks of a folder, read once, when the first list is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._peaks: Peaks | None = None
        self._sha256 = ""

    def spectrum(self, entry: Entry, experiment: Experiment) -> Spectrum:
        """The list of one entry, drawn on the common grid."""
        if self._peaks is None:
            self._sha256 = file_sha256(self.path)
            self._peaks = read_peak_table(self.path)
        rows = self._peaks.get(entry.id)
        if rows is None:
            raise ReadError(self.path, f"has no peaks of {entry.id}")
        peaks = PeakList(rows[:, 0], rows[:, 1], rows[:, 2])
        return Spectrum(
            name=Path(entry.id).stem,
            intensity=draw_peaks(peaks, LIST_F1, LIST_F2),
            f1=LIST_F1,
            f2=LIST_F2,
            experiment=experiment,
            provenance=Provenance(
                path=f"{self.path}#{entry.id}",
                kind=SourceKind.PEAK_LIST,
                format="peak table",
                sha256=self._sha256,
            ),
            peaks=peaks,
        )


def read_peak_table(path: Path) -> Peaks:
    """Peaks by file from a gzipped table ``file, h_ppm, c_ppm, intensity``.

    Returns
    -------
    dict of str to float64 ``(n, 3)``
        ¹H ppm, ¹³C ppm, signed intensity.

    Raises
    ------
    ReadError
        If the table is broken, lacks a column or holds something that is no number.
    """
    lists: dict[str, list[tuple[float, float, float]]] = {}
    try:
        with gzip.open(path, "rt", newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            missing = [c for c in PEAK_COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise ReadError(path, f"the column {missing[0]!r} is missing")
            for row in reader:
                peak = (float(row["h_ppm"]), float(row["c_ppm"]), float(row["intensity"]))
                if not all(math.isfinite(v) for v in peak):
                    raise ValueError("a value is not finite")
                lists.setdefault(row["file"], []).append(peak)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a gzipped CSV table") from None
    except (ValueError, TypeError) as error:
        raise ReadError(path, f"holds a broken peak ({error})", "numbers in ppm") from None
    return {name: np.array(peaks, dtype=np.float64) for name, peaks in lists.items()}


def open_lists(folder: Path) -> Dataset:
    """Open a folder of the layout of deepsat_hsqc.

    Raises
    ------
    ReadError
        If `manifest.csv` cannot be read or lacks a column.
    """
    rows = read_rows(folder / "manifest.csv", MANIFEST_COLUMNS)
    columns = label_columns(rows, _NO_LABELS)
    peaks = folder / PEAKS_NAME
    entries = tuple(
        Entry(
            id=row["file"],
            compound=row["inchikey14"] or row["file"],
            files={Experiment.HSQC: peaks},
            labels=labels_of(row, columns),
        )
        for row in rows
    )
    notes = ("Peaks are drawn at equal height; the sign (CH₂ in edited HSQC) is kept in the list.",)
    return Dataset("deepsat_hsqc", folder, entries, columns, {}, notes, _PeakTable(peaks).spectrum)
