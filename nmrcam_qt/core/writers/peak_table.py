"""Picked peaks as tables of our own: CSV and workbook."""

from __future__ import annotations

import csv
import io

from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.writers.peak_text import PeaksAbout, one_line
from nmrcam_qt.core.writers.table import csv_cell
from nmrcam_qt.core.writers.workbook import sheet_bytes

HEAD = (
    *("no", "1H (ppm)", "13C (ppm)", "intensity", "1H width (ppm)", "13C width (ppm)"),
    *("volume", "S/N", "kind", "by hand", "label"),
)
_FORMATS = ("0", "0.0000", "0.000", "0.0000E+00", "0.0000", "0.000", "0.0000E+00", "0.0")
Cell = str | float | None


def _cells(number: int, peak: Peak) -> list[Cell]:
    """One line of the table; None where a value is unknown."""
    known = (peak.h_width_ppm, peak.c_width_ppm, peak.volume, peak.snr)
    return [
        float(number),
        round(peak.h_ppm, 6),
        round(peak.c_ppm, 6),
        peak.height,
        *(float(value) if value else None for value in known),
        peak.kind.value,
        "yes" if peak.by_hand else "",
        one_line(peak.label),
    ]


def csv_table(picked: PickedPeaks, _about: PeaksAbout) -> str:
    """A line per peak, strongest first as picked; texts are no formulas."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEAD)
    for number, peak in enumerate(picked.peaks, start=1):
        row = _cells(number, peak)
        shifts = (str(number), f"{peak.h_ppm:.6f}", f"{peak.c_ppm:.6f}", f"{peak.height:.9g}")
        writer.writerow((*shifts, *map(csv_cell, row[4:])))
    return buffer.getvalue()


def workbook(picked: PickedPeaks, about: PeaksAbout) -> bytes:
    """The same table as an .xlsx file; the sheet is called after the experiment."""
    title = about.experiment.label if about.experiment else "peaks"
    lines = [_cells(number, peak) for number, peak in enumerate(picked.peaks, start=1)]
    return sheet_bytes(title, HEAD, lines, {"label": 40}, _FORMATS)
