"""NTUPLES of JCAMP-DX: the variables of a 2D spectrum, and its pages as one matrix.

Source: Davies & Lampen, Appl. Spectrosc. 47 (1993) 1093 (NMR), JCAMP-DX 6.00 (nD NMR).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.readers.instrument import MAX_POINTS
from nmrcam_qt.core.readers.jcamp.asdf import AsdfError, Table, decode_tables
from nmrcam_qt.core.readers.jcamp.ldr import Block, Record

Image = NDArray[np.float32]

_FORM = re.compile(r"\(\s*(\w+)\s*\+\+\s*\(\s*(\w+)\s*\.\.\s*\w+\s*\)\s*\)")
_CHUNK = 100_000
"""Bytes of tables that are decoded at once: arrays of that length stay in the cache."""
MAX_PAGES = 1 << 16
MAX_TRACE = 1 << 18
"""Points of one trace; spectrometers give a quarter of that."""
MAX_BYTES_PER_POINT, MAX_EXTRA_BYTES = 32, 4096
"""Of a table's text; a point takes about 5. Decoding needs 60 times the text."""
PER_VARIABLE = ("VARTYPE", "VARDIM", "UNITS", "FIRST", "LAST", "FACTOR", ".NUCLEUS")


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of NTUPLES, a column of its header.

    Parameters
    ----------
    symbol, name : str
        ``"F2"``, ``"FREQUENCY2"``.
    size : int
        Its number of values.
    units, nucleus : str
        As written, units in capitals.
    first, last, factor : float
        NaN where the file says nothing (factor: 1).
    """

    symbol: str
    name: str
    size: int
    units: str
    nucleus: str
    first: float
    last: float
    factor: float

    @property
    def step(self) -> float:
        """Signed distance of neighbouring values, in `units`."""
        return (self.last - self.first) / (self.size - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """The matrix of a 2D spectrum.

    Parameters
    ----------
    points : float32 ``(rows.size, columns.size)``
        Ordinates times their factor.
    rows, columns : Variable
        What the pages step through, and what runs along a page.
    notes : tuple of str
        For the provenance.
    """

    points: Image
    rows: Variable
    columns: Variable
    notes: tuple[str, ...]


def number(text: str) -> float:
    """A finite number, else NaN."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def variables(block: Block) -> list[Variable]:
    """The variables of a block's NTUPLES header.

    Raises
    ------
    AsdfError
        If it has none, or one without a sensible number of values.
    """
    symbols = _listed(block.text("SYMBOL"))
    if not symbols:
        raise AsdfError("NTUPLES without ##SYMBOL")
    names = _listed(block.text("VARNAME"))
    columns = {label: _header_list(block, label) for label in PER_VARIABLE}

    def of(label: str, at: int, default: str = "") -> str:
        values = columns[label]
        return values[at] if at < len(values) and values[at] else default

    made = []
    for at, symbol in enumerate(symbols):
        size = number(of("VARDIM", at, "0"))
        if not 0 <= size <= MAX_POINTS:
            raise AsdfError(f"{symbol} with {of('VARDIM', at)!r} values")
        factor = number(of("FACTOR", at, "1"))
        made.append(
            Variable(
                symbol=symbol.upper(),
                name=names[at].upper() if at < len(names) else "",
                size=int(size),
                units=of("UNITS", at).upper(),
                nucleus=of(".NUCLEUS", at),
                first=number(of("FIRST", at)),
                last=number(of("LAST", at)),
                factor=factor if math.isfinite(factor) and factor != 0 else 1.0,
            )
        )
    return made


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _header_list(block: Block, label: str) -> list[str]:
    """A list of the header: the first record of that label after ##NTUPLES."""
    inside = False
    for record in block.records:
        inside = inside or record.label == "NTUPLES"
        if record.label == "PAGE":
            break
        if inside and record.label == label:
            return _listed(record.text)
    return []


@dataclass(frozen=True, slots=True)
class _Page:
    """One table: what its page is at, its form and its lines."""

    at: str
    along: str
    ordinate: str
    body: bytes


def _pages(records: list[Record]) -> list[_Page]:
    found: list[_Page] = []
    at = ""
    for record in records:
        if record.label == "PAGE":
            at = record.text
        elif record.label == "DATATABLE":
            said, body = record.table
            form = _FORM.search(said)
            if not form:
                raise AsdfError(f"a table of the form {said[:60]!r}")
            found.append(_Page(at, form.group(1).upper(), form.group(2).upper(), body))
            if len(found) > MAX_PAGES:
                raise AsdfError(f"more than {MAX_PAGES} pages")
    return found


def read_pages(block: Block) -> Pages:
    """Decode the real part of a 2D spectrum.

    Parameters
    ----------
    block : Block
        With NTUPLES.

    Raises
    ------
    AsdfError
        If a table or the header is broken, or they do not fit together.
    """
    known = {variable.symbol: variable for variable in variables(block)}
    pages = _pages(block.records)
    if not pages:
        raise AsdfError("no table of data (the file may be cut short)")
    ordinate = pages[0].ordinate
    real = [page for page in pages if page.ordinate == ordinate]
    notes = ["imaginary part left out"] if len(real) < len(pages) else []
    along = known.get(real[0].along)
    down = [v for v in known.values() if re.match(rf"\s*{re.escape(v.symbol)}\s*=", real[0].at)]
    value = known.get(ordinate)
    if along is None or len(down) != 1 or down[0] is along or value is None:
        raise AsdfError(f"pages at {real[0].at[:30]!r} with traces along {real[0].along!r}")
    rows = _checked(down[0])
    columns = _checked(along)
    if any(page.along != along.symbol for page in real):
        raise AsdfError("pages whose traces run along different variables")
    if len(real) != rows.size:
        raise AsdfError(f"{len(real)} pages; {rows.size} were announced")
    if columns.size > MAX_TRACE or rows.size * columns.size > MAX_POINTS:
        raise AsdfError(f"{rows.size} × {columns.size} points, more than nmrcam reads")
    longest = max(len(page.body) for page in real)
    if longest > MAX_BYTES_PER_POINT * columns.size + MAX_EXTRA_BYTES:
        raise AsdfError(f"a page of {longest} bytes for {columns.size} points")
    points, off = _decoded(real, columns, value.factor)
    if off:
        notes.append(f"the abscissa of {off} lines is not that of their place; the points count")
    order, ordered = _order(real, rows)
    notes += [] if ordered else [f"the {rows.symbol} of the pages is not used: it has no order"]
    return Pages(points if order is None else points[order], rows, columns, tuple(notes))


def _checked(variable: Variable) -> Variable:
    if variable.size < 2:
        raise AsdfError(f"{variable.symbol} with {variable.size} values")
    if not (math.isfinite(variable.first) and math.isfinite(variable.last)):
        raise AsdfError(f"{variable.symbol} without ##FIRST and ##LAST")
    if variable.first == variable.last:
        raise AsdfError(f"{variable.symbol} from {variable.first:g} to {variable.last:g}")
    return variable


def _decoded(pages: list[_Page], columns: Variable, factor: float) -> tuple[Image, int]:
    """All pages, some at a time; and how many abscissas are wrong."""
    points: Image | None = None
    off, start = 0, 0
    while start < len(pages):
        stop, size = start, 0
        while stop < len(pages) and (stop == start or size < _CHUNK):
            size += max(len(pages[stop].body), columns.size)
            stop += 1
        table = decode_tables([page.body for page in pages[start:stop]], columns.size)
        off += _wrong_abscissas(table, columns)
        if points is None:  # not before a page has proved that the header does not lie
            points = np.empty((len(pages), columns.size), np.float32)
        with np.errstate(over="ignore"):
            points[start:stop] = table.y * factor
        start = stop
    if points is None:
        raise AsdfError("no pages")
    return points, off


def _wrong_abscissas(table: Table, columns: Variable) -> int:
    expected = (columns.first + table.position * columns.step) / columns.factor
    allowed = 0.6 * max(1.0, abs(columns.step / columns.factor))
    return int((np.abs(table.x - expected) > allowed).sum())


def _order(pages: list[_Page], rows: Variable) -> tuple[NDArray[np.intp] | None, bool]:
    """Where each page belongs: None for as they stand; and whether their values say so."""
    at = np.array([number(page.at.partition("=")[2].split(",")[0]) for page in pages])
    if np.isnan(at).any():
        return None, False
    place = (at - rows.first) / rows.step
    index = np.rint(place)
    if (np.abs(place - index) > 0.4).any() or not np.array_equal(
        np.sort(index), np.arange(len(pages))
    ):
        return None, False
    order = np.argsort(index)
    return (None if (np.diff(order) == 1).all() else order), True
