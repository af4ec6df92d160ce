"""Peaks and pairs of them on the clipboard: a table for spreadsheets and documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from nmrcam_qt.core.picked import Peak
from nmrcam_qt.ui.clipboard import rows_mime, tsv_cell

if TYPE_CHECKING:
    from nmrcam_qt.core.writers.contribution_table import PairTable

HEADINGS = ("1H / ppm", "13C / ppm", "height", "S/N", "kind", "label")


def peaks_mime(peaks: Iterable[Peak]) -> QMimeData:
    """Peaks as TSV and HTML; numbers with a point and a plain minus, as programs read them."""
    return rows_mime([HEADINGS, *(_row(peak) for peak in peaks)])


def pairs_mime(table: PairTable) -> QMimeData:
    """Pairs of peaks as TSV and HTML, with the columns of the file."""
    from nmrcam_qt.core.writers.contribution_table import pair_cells

    head, lines = pair_cells((table,))
    return rows_mime([head, *([_text(cell) for cell in line] for line in lines)])


def _text(cell: str | float | None) -> str:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return tsv_cell("" if cell is None else str(cell))


def _row(peak: Peak) -> tuple[str, ...]:
    return (
        f"{peak.h_ppm:.4f}",
        f"{peak.c_ppm:.3f}",
        f"{peak.height:.6g}",
        f"{peak.snr:.4g}" if peak.snr else "",
        peak.kind.value,
        tsv_cell(peak.label),
    )
