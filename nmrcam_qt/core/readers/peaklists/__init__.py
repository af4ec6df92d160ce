"""Peak lists: one module per family of formats, one way to a spectrum."""

from __future__ import annotations

from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import ReadOptions, file_sha256
from nmrcam_qt.core.readers.peaklists.build import build_spectrum
from nmrcam_qt.core.readers.peaklists.nmredata import is_nmredata, parse_nmredata
from nmrcam_qt.core.readers.peaklists.nmrpipe import is_nmrpipe, parse_nmrpipe
from nmrcam_qt.core.readers.peaklists.nmrstar import is_nmrstar, parse_nmrstar
from nmrcam_qt.core.readers.peaklists.raw import RawPeaks
from nmrcam_qt.core.readers.peaklists.table import parse_table
from nmrcam_qt.core.readers.peaklists.text import MAX_BYTES, decode, split_lines
from nmrcam_qt.core.readers.peaklists.topspin_xml import parse_topspin_xml
from nmrcam_qt.core.readers.peaklists.workbook import parse_workbook
from nmrcam_qt.core.spectrum import Spectrum

SUFFIXES = (
    ".csv",
    ".tsv",
    ".txt",
    ".xml",
    ".list",
    ".tab",
    ".str",
    ".star",
    ".sdf",
    ".xlsx",
)


def read_peak_list(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read a peak list: TopSpin, Mnova, Sparky, NMRPipe, NMR-STAR, NMReData, CCPN, ….

    Peaks are drawn on 10-0 / 0-200 ppm, widened to hold them all; the axes are real.

    Parameters
    ----------
    path : Path
        At most 50 MB and 200,000 peaks.
    options : ReadOptions, optional
        Experiment, order of the columns, which list of several.

    Raises
    ------
    AmbiguousError
        If only the user can know the column order or which list is meant.
    ReadError
        If it is no peak list.
    """
    options = options or ReadOptions()
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            megabytes = f"{size / 1e6:.0f} MB"
            raise ReadError(path, megabytes, f"a peak list of at most {MAX_BYTES // 10**6} MB")
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error.strerror or error})") from None
    lists = parse_workbook(path) if data.startswith(b"PK\x03\x04") else _parse(data, path)
    return build_spectrum(path, lists, options, file_sha256(path))


def _parse(data: bytes, path: Path) -> list[RawPeaks]:
    """Lists of a text file, the format found from its content."""
    text = decode(data, path)
    if not text.strip():
        raise ReadError(path, "the file is empty")
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return [parse_topspin_xml(text, path)]
    lines = split_lines(text, path)
    text = "\n".join(lines)
    if is_nmredata(text):
        return parse_nmredata(lines, path)
    if is_nmrstar(text):
        return parse_nmrstar(text, path)
    if is_nmrpipe(text):
        return [parse_nmrpipe(lines, path)]
    return [parse_table(lines, path)]
