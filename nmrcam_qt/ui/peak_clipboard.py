"""Peaks on the clipboard: a table for spreadsheets and documents."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QMimeData

from nmrcam_qt.core.picked import Peak
from nmrcam_qt.ui.clipboard import tsv_cell

HEADINGS = ("1H / ppm", "13C / ppm", "height", "S/N", "kind", "label")


def peaks_mime(peaks: Iterable[Peak]) -> QMimeData:
    """Peaks as TSV and HTML; numbers with a point and a plain minus, as programs read them."""
    rows = [HEADINGS, *(_row(peak) for peak in peaks)]
    mime = QMimeData()
    mime.setText("\r\n".join("\t".join(row) for row in rows) + "\r\n")
    mime.setHtml(_html(rows))
    return mime


def _row(peak: Peak) -> tuple[str, ...]:
    return (
        f"{peak.h_ppm:.4f}",
        f"{peak.c_ppm:.3f}",
        f"{peak.height:.6g}",
        f"{peak.snr:.4g}" if peak.snr else "",
        peak.kind.value,
        tsv_cell(peak.label),
    )


def _html(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    cells = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
