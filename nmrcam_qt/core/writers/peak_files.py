"""Picked peaks written as files of other programs and as tables."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path

from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.core.writers.peak_table import csv_table, workbook
from nmrcam_qt.core.writers.peak_text import (
    PeaksAbout,
    mnova_table,
    nmrpipe_table,
    sparky_list,
    topspin_text,
    topspin_xml,
)

__all__ = ["PeakFormat", "PeaksAbout", "format_of", "peak_bytes", "write_peaks"]


class PeakFormat(enum.StrEnum):
    """Kinds of files; the value names one on the command line."""

    CSV = "csv"
    XLSX = "xlsx"
    TOPSPIN_XML = "topspin-xml"
    TOPSPIN_TEXT = "topspin-txt"
    MNOVA = "mnova"
    SPARKY = "sparky"
    NMRPIPE = "nmrpipe"

    @property
    def suffix(self) -> str:
        """Of such files, with the dot."""
        return _SUFFIXES[self]

    @property
    def label(self) -> str:
        """As it is written for a chemist."""
        return _LABELS[self]


_SUFFIXES = {
    PeakFormat.CSV: ".csv",
    PeakFormat.XLSX: ".xlsx",
    PeakFormat.TOPSPIN_XML: ".xml",
    PeakFormat.TOPSPIN_TEXT: ".txt",
    PeakFormat.MNOVA: ".tsv",
    PeakFormat.SPARKY: ".list",
    PeakFormat.NMRPIPE: ".tab",
}
_LABELS = {
    PeakFormat.CSV: "CSV table",
    PeakFormat.XLSX: "Excel workbook",
    PeakFormat.TOPSPIN_XML: "TopSpin peaklist.xml",
    PeakFormat.TOPSPIN_TEXT: "TopSpin text",
    PeakFormat.MNOVA: "Mnova table",
    PeakFormat.SPARKY: "Sparky list",
    PeakFormat.NMRPIPE: "NMRPipe table",
}
_TEXTS: dict[PeakFormat, Callable[[PickedPeaks, PeaksAbout], str]] = {
    PeakFormat.CSV: csv_table,
    PeakFormat.TOPSPIN_XML: topspin_xml,
    PeakFormat.TOPSPIN_TEXT: topspin_text,
    PeakFormat.MNOVA: mnova_table,
    PeakFormat.SPARKY: sparky_list,
    PeakFormat.NMRPIPE: nmrpipe_table,
}
_FOR_SPREADSHEETS = (PeakFormat.CSV, PeakFormat.MNOVA)
"""With a byte order mark, which spreadsheets need for what is no ASCII."""
_ABOUT = PeaksAbout()


def format_of(path: Path) -> PeakFormat | None:
    """The format that a file's suffix asks for, None where it is none of ours."""
    suffix = path.suffix.lower()
    return next((form for form, known in _SUFFIXES.items() if known == suffix), None)


def peak_bytes(picked: PickedPeaks, form: PeakFormat, about: PeaksAbout = _ABOUT) -> bytes:
    """The file as bytes; the same peaks give the same bytes.

    Parameters
    ----------
    picked : PickedPeaks
        At the shifts that are to be written (the user's, where the axes were referenced).
    form : PeakFormat
        The kind of file.
    about : PeaksAbout
        What it says beside the peaks.
    """
    if form is PeakFormat.XLSX:
        return workbook(picked, about)
    encoding = "utf-8-sig" if form in _FOR_SPREADSHEETS else "utf-8"
    return _TEXTS[form](picked, about).encode(encoding, "replace")


def write_peaks(
    path: Path, picked: PickedPeaks, form: PeakFormat, about: PeaksAbout = _ABOUT
) -> None:
    """Write the file aside and rename it; see `peak_bytes`.

    Raises
    ------
    WriteError
        If it cannot be written; what was there before is untouched.
    """
    blob = peak_bytes(picked, form, about)
    with write_aside(path) as stream:
        stream.write(blob)
