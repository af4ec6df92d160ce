"""Peak lists in Excel workbooks (.xlsx)."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.raw import MAX_PEAKS, RawPeaks
from nmrcam_qt.core.readers.peaklists.split import Row
from nmrcam_qt.core.readers.peaklists.table import table_from_rows

EXPECTED = "an Excel workbook (.xlsx) with a peak list"
MAX_MEMBERS = 2_000
MAX_UNPACKED = 100_000_000
MAX_RATIO = 200
"""Of unpacked to packed size; a table of numbers has 5 to 20."""
MAX_TAGS = 8_000_000
"""200,000 rows of eight cells and more; openpyxl needs some microseconds for each."""
MAX_COLUMNS = 64
MAX_ROWS = MAX_PEAKS + 1_000
MAX_SHEETS = 50
_CHUNK = 1 << 20


def parse_workbook(path: Path) -> list[RawPeaks]:
    """Read the peak list of every sheet that holds one.

    The archive is checked before anything is unpacked: number of members, sum of
    their unpacked sizes (zip bombs), and no DOCTYPE or entity in any of them.

    Raises
    ------
    ReadError
        If it is no workbook, too large, broken, or holds no peak list.
    """
    _check_archive(path)
    found, problems = [], []
    try:
        for title, rows in _sheets(path):
            try:
                raw = table_from_rows(rows, path, "\t")
            except ReadError as error:
                problems.append(error)
                continue
            experiment = raw.experiment or experiment_in_text(title)
            found.append(replace(raw, format="Excel peak list", title=title, experiment=experiment))
    except _BROKEN as error:
        raise ReadError(path, f"the workbook is broken ({_first_line(error)})", EXPECTED) from None
    if found:
        return found
    if len(problems) == 1:
        raise problems[0]
    raise ReadError(path, "no sheet holds a peak list", EXPECTED)


_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    EOFError,
    zlib.error,
)
"""What openpyxl and zipfile raise on broken files (measured by mutating one)."""


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                size = f"at most {MAX_UNPACKED // 1_000_000} MB unpacked"
                raise ReadError(path, "the workbook is too large", size)
            if "xl/workbook.xml" not in archive.namelist():
                raise ReadError(path, "a ZIP archive that is no workbook", EXPECTED)
            # Whatever their names: the workbook itself says which member is a sheet.
            if sum(_count_tags(archive, member, path) for member in members) > MAX_TAGS:
                raise ReadError(path, "the workbook is too large", f"at most {MAX_TAGS} tags")
    except ReadError:
        raise
    except (*_BROKEN, MemoryError) as error:
        raise ReadError(path, f"the workbook is broken ({_first_line(error)})", EXPECTED) from None


def _count_tags(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> int:
    """How many tags openpyxl would have to look at; entities are refused."""
    count, tail = 0, b""
    if member.file_size > MAX_RATIO * max(member.compress_size, 1) and member.file_size > _CHUNK:
        raise ReadError(path, f"a workbook blown up more than {MAX_RATIO} times", EXPECTED)
    with archive.open(member) as handle:
        while chunk := handle.read(_CHUNK):
            text = (tail + chunk).replace(b"\0", b"")
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise ReadError(path, "XML with a DOCTYPE or entity declaration is refused")
            tail = chunk[-32:]
            count += chunk.count(b"<")
    return count


def _sheets(path: Path) -> Iterable[tuple[str, list[Row]]]:
    import openpyxl

    with path.open("rb") as handle:  # given a path, openpyxl would trust the suffix
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions, which we do not read
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets[:MAX_SHEETS]:
            yield sheet.title, list(_rows(sheet, path))


def _rows(sheet: Any, path: Path) -> Iterable[Row]:  # openpyxl has no types
    limit = {"max_col": MAX_COLUMNS, "max_row": MAX_ROWS + 1}
    for number, cells in enumerate(sheet.iter_rows(values_only=True, **limit), 1):
        if number > MAX_ROWS:
            found = f"the sheet {sheet.title!r} has more than {MAX_ROWS} rows"
            raise ReadError(path, found, f"at most {MAX_PEAKS} peaks")
        fields = [_text(cell) for cell in cells]
        while fields and not fields[-1]:
            fields.pop()
        if fields:
            yield Row(number, " ".join(fields), tuple(fields))


def _text(cell: object) -> str:
    """A cell as text; a whole number as one, so that an index is seen as such."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
