"""The table of scores as a workbook (.xlsx)."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.writers.table import ScoreRow, table_cells

MAX_LINES = 1_048_575
"""Of a sheet, besides the headings."""
MAX_CELL = 32_000
"""A cell holds 32,767 characters."""
MAX_EXACT = 2**53
"""Spreadsheets keep whole numbers as floats; larger ones are written as text."""
EPOCH = datetime.datetime(1980, 1, 1)
_WIDTHS = {"name": 30, "sample": 20, "file": 44, "warnings": 60, "error": 60}


def workbook_bytes(rows: Sequence[ScoreRow]) -> bytes:
    """The table as bytes of an .xlsx file; the same rows give the same bytes.

    Texts are texts, also those that begin like a formula; scores are numbers.
    """
    return sheet_bytes("scores", *table_cells(rows), _WIDTHS)


def sheet_bytes(
    title: str,
    head: Sequence[str],
    lines: Sequence[Sequence[str | float | None]],
    widths: Mapping[str, int] = MappingProxyType({}),
    formats: Sequence[str] = (),
) -> bytes:
    """Headings and cells as bytes of an .xlsx file; the same cells give the same bytes.

    Parameters
    ----------
    title : str
        Of the sheet.
    head : sequence of str
    lines : sequence of sequences of str, float or None
        Texts are texts, also those that begin like a formula.
    widths : mapping of str to int
        Of columns by heading, characters; 16 where none is given.
    formats : sequence of str
        Number formats by column; "0.000" for all by default, "General" beyond the last.

    Raises
    ------
    NmrCamError
        If there are more than `MAX_LINES`.
    """
    if len(lines) > MAX_LINES:
        raise NmrCamError(
            f"{len(lines)} lines do not fit in a workbook; it holds {MAX_LINES}: write .csv instead"
        )
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.properties.created = book.properties.modified = EPOCH
    book.properties.creator = "nmrcam"
    sheet = book.active
    sheet.title = title
    for column, text in enumerate(head, start=1):
        put_cell(sheet, 1, column, text)
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = widths.get(text, 16)
    known = formats or ("0.000",) * len(head)
    for row, line in enumerate(lines, start=2):
        for column, value in enumerate(line, start=1):
            form = known[column - 1] if column <= len(known) else "General"
            put_cell(sheet, row, column, value, form)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    buffer = io.BytesIO()
    book.save(buffer)
    return undated(buffer.getvalue())


def put_cell(
    sheet: Any,
    row: int,
    column: int,
    value: str | int | float | None,
    number_format: str = "0.000",
) -> None:
    """Fill a cell of an openpyxl sheet: a number, or a text that is never a formula."""
    cell = sheet.cell(row, column)
    if isinstance(value, int) and abs(value) > MAX_EXACT:
        value = str(value)
    if isinstance(value, int | float):
        cell.value = value
        cell.number_format = number_format
    elif value:
        # Said to be a text before anybody can guess a formula.
        cell.value = _text(value)
        cell.data_type = "s"


def _text(value: str) -> str:
    """Nothing that XML cannot hold, and no more than a cell holds."""
    plain = "".join(c if _in_xml(ord(c)) else "?" for c in value)
    return plain if len(plain) <= MAX_CELL else plain[: MAX_CELL - 1] + "…"


def _in_xml(code: int) -> bool:
    return code in (9, 10) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


def undated(blob: bytes) -> bytes:
    """The archive anew with one date for all members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blob)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _core(content)
            new.writestr(info, content)
    return out.getvalue()


def _core(content: bytes) -> bytes:
    """openpyxl writes the time of saving, whatever was set."""
    head, start, tail = content.partition(b"<dcterms:modified")
    _, end, rest = tail.partition(b"</dcterms:modified>")
    return head + rest if start and end else content
