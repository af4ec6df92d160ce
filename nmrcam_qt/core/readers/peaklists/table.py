"""Tables of peaks: TopSpin text, Mnova, CCPN, Sparky, HMDB, SMART, DeepSAT and the like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.headers import Header, names_intensity, read_header
from nmrcam_qt.core.readers.peaklists.order import plausible
from nmrcam_qt.core.readers.peaklists.raw import (
    MAX_PEAKS,
    RawPeaks,
    ShiftColumn,
    skipped_note,
    without_intensity,
)
from nmrcam_qt.core.readers.peaklists.split import SPACES, Row, header_splits, split_rows
from nmrcam_qt.core.readers.peaklists.text import parse_number

EXPECTED = "two columns of 1H and 13C shifts"
MAX_NAMELESS = 6
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|#n/a|#nan|\d[\d.]*e\+?\d{3,})", re.IGNORECASE)
_MIXTURE = re.compile(r"[\s#%!;/]*mixture:\s*(\S.*)", re.IGNORECASE)
MAX_REMARK = 200
_INTEGER = re.compile(r"\d{1,7}")
_NOTHING = {"", "None", "?-?", "?", "*", ".", "-", "nan", "NaN"}
_DEFAULT_FORMAT = {"\t": "tab-separated peak list", SPACES: "text peak list"}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the values stand in the rows, after headers and index columns are found."""

    columns: tuple[ShiftColumn, ShiftColumn]
    first: int
    second: int
    intensity: int | None
    annotations: tuple[int, ...]


def parse_table(lines: Sequence[str], path: Path) -> RawPeaks:
    """Read a table of peaks, with or without a header.

    Parameters
    ----------
    lines : sequence of str
        Of the file.
    path : Path
        For messages.

    Raises
    ------
    ReadError
        If it holds no table of peaks.
    """
    rows, delimiter = split_rows(lines, path)
    return table_from_rows(rows, path, delimiter)


def table_from_rows(rows: Sequence[Row], path: Path, delimiter: str) -> RawPeaks:
    """Read peaks from rows of fields; see `parse_table`."""
    header_at, header = _find_header(rows, delimiter)
    if header is not None and header.three:
        raise ReadError(path, "a list of three dimensions", EXPECTED)
    remarks = [r.text for r in rows[: max(header_at, 0)]]
    data = [r for r in rows[header_at + 1 :] if not r.comment]
    remarks += [r.text for r in rows[header_at + 1 :] if r.comment]
    if len(data) > MAX_PEAKS:
        raise ReadError(path, f"{len(data)} peaks", f"at most {MAX_PEAKS}")
    if header is None:
        layout = _guess_layout(data, rows[header_at] if header_at >= 0 else None, path, delimiter)
    else:
        _refuse_torn_decimals(header, data, path, delimiter)
        layout = _place_header(header, rows[header_at], data, delimiter)
    got = _extract(layout, header, data, path, delimiter)
    return RawPeaks(
        format=_format_name(header, rows, delimiter),
        columns=layout.columns,
        shifts=np.array(got.shifts, dtype=np.float64),
        intensity=np.array(got.intensity, dtype=np.float64),
        annotation=tuple(got.annotation),
        experiment=experiment_in_text("\n".join(remarks)),
        notes=(*_mixture(remarks), *_notes(got, layout)),
    )


def _mixture(remarks: Sequence[str]) -> list[str]:
    """What a file says of itself as a mixture, ``# mixture: …``."""
    found = (_MIXTURE.match(text) for text in remarks)
    return [f"mixture: {match.group(1).strip()[:MAX_REMARK]}" for match in found if match]


def _find_header(rows: Sequence[Row], delimiter: str) -> tuple[int, Header | None]:
    """The last row of column names before the first row of data.

    Where none names two shift columns, the last row before the data.
    """
    found: tuple[int, Header | None] = (-1, None)
    before = -1
    for i, row in enumerate(rows):
        candidates = (read_header(names) for names in header_splits(row, delimiter))
        header = next((h for h in candidates if h is not None), None)
        if header is not None:
            found = (i, header)
        elif not row.comment and sum(parse_number(f) is not None for f in row.fields) >= 2:
            break
        elif not row.comment:
            before = i
    return found if found[1] is not None else (before, None)


def _place_header(header: Header, row: Row, data: Sequence[Row], delimiter: str) -> _Layout:
    """Shift the header's columns where rows carry an index or the header a mark."""
    shift = 0
    for shift in _shifts_to_try(header, row, data):
        if _works(header.first + shift, header.second + shift, data):
            break
    else:
        shift = 0
    return _Layout(
        columns=header.columns,
        first=header.first + shift,
        second=header.second + shift,
        intensity=None if header.intensity is None else header.intensity + shift,
        annotations=tuple(i + shift for i in header.annotations),
    )


def _shifts_to_try(header: Header, row: Row, data: Sequence[Row]) -> list[int]:
    """Offsets between header and rows, the likeliest first.

    +1: the rows start with a number that has no name (HMDB, R); -1: the header's
    first word is only the mark of a remark ("# 1H 13C").
    """
    width = len(header.names)
    offsets = [0]
    indexed = bool(data) and _is_index(_column(data, 0))
    longer = sum(len(r.fields) > width for r in data) > len(data) / 2
    last_is_text = width - 1 in header.annotations
    if indexed and (longer or (last_is_text and header.first == 0)):
        offsets.insert(0, 1)
    if row.comment and header.names[0] in ("#", "%", "!", "//") and header.first == 1:
        offsets.append(-1)
    return offsets


def _works(first: int, second: int, data: Sequence[Row]) -> bool:
    """Whether most rows hold two shifts there that can be ¹H and ¹³C."""
    pairs = [(_at(r, first), _at(r, second)) for r in data]
    good = np.array([p for p in pairs if p[0] is not None and p[1] is not None], dtype=float)
    if len(good) * 2 <= len(data) or not len(good):
        return False
    return plausible(good[:, 0], good[:, 1]) or plausible(good[:, 1], good[:, 0])


def _at(row: Row, index: int) -> float | None:
    return parse_number(row.fields[index]) if 0 <= index < len(row.fields) else None


def _column(data: Sequence[Row], index: int) -> list[str]:
    return [r.fields[index] if index < len(r.fields) else "" for r in data]


def _is_index(fields: Sequence[str]) -> bool:
    """Whether fields count on from 0 or 1."""
    if not all(_INTEGER.fullmatch(f) for f in fields):
        return False
    numbers = [int(f) for f in fields]
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _guess_layout(data: Sequence[Row], above: Row | None, path: Path, delimiter: str) -> _Layout:
    """Columns of a table without a telling header: [index] shift shift [intensity] [text]."""
    width = max((len(r.fields) for r in data), default=0)
    if width > MAX_NAMELESS:
        raise ReadError(path, "no peaks found", EXPECTED)
    numeric = [j for j in range(width) if _mostly_numbers(data, j)]
    _refuse_one_dimension(numeric, above, width, path)
    index: list[int] = []
    if len(numeric) >= 3 and _is_index(_column(data, numeric[0])):
        rest = numeric[1:]
        if _works(rest[0], rest[1], data):
            index, numeric = numeric[:1], rest
    if len(numeric) < 2:
        raise ReadError(path, "no peaks found", EXPECTED)
    if len(numeric) > 3:
        raise ReadError(path, f"{len(numeric)} columns of numbers without names", EXPECTED)
    one, two = (_nameless(j, above, width) for j in numeric[:2])
    return _Layout(
        columns=(one, two),
        first=numeric[0],
        second=numeric[1],
        intensity=numeric[2] if len(numeric) > 2 else None,
        annotations=tuple(j for j in range(width) if j not in numeric + index),
    )


def _refuse_one_dimension(
    numeric: Sequence[int], above: Row | None, width: int, path: Path
) -> None:
    """ "ppm,intensity" is a 1D list: its heights must not be read as shifts."""
    if above is None or len(above.fields) != width:
        return
    shifts = [j for j in numeric if not names_intensity(above.fields[j])]
    if len(shifts) == 1 and len(numeric) == 2:
        found = f"one column of shifts, {above.fields[shifts[0]]!r}: a list of a 1D spectrum"
        raise ReadError(path, found, EXPECTED)


def _nameless(column: int, above: Row | None, width: int) -> ShiftColumn:
    """A column that nobody named as ¹H or ¹³C, under the name it has if any."""
    if above is not None and len(above.fields) == width and above.fields[column]:
        return ShiftColumn(above.fields[column])
    return ShiftColumn(f"column {column + 1}")


TORN = "commas stand both between the columns and in the decimals"


def _refuse_torn_decimals(header: Header, data: Sequence[Row], path: Path, delimiter: str) -> None:
    """ "4,70,95,90" under "1H,13C" would be read as 4 / 70 ppm."""
    width = len(header.names)
    if delimiter == "," and data and all(len(r.fields) == 2 * width for r in data):
        raise ReadError(path, TORN, "semicolons or tabs between the columns")


def _mostly_numbers(data: Sequence[Row], column: int) -> bool:
    return sum(_at(r, column) is not None for r in data) > 0.8 * len(data)


@dataclass(slots=True)
class _Collected:
    shifts: list[tuple[float, float]]
    intensity: list[float]
    annotation: list[str]
    skipped: list[int]
    infinite: list[int]
    unknown: int = 0


def _extract(
    layout: _Layout, header: Header | None, data: Sequence[Row], path: Path, delimiter: str
) -> _Collected:
    """Values of every row; rows without two finite shifts are left out and counted."""
    got = _Collected([], [], [], [], [])
    comma = _decimal_comma(layout, data)
    names = None if header is None else [n.lower() for n in header.names]
    for row in data:
        pair = _at(row, layout.first), _at(row, layout.second)
        if pair[0] is None or pair[1] is None:
            if any(_not_finite(row, i) for i in (layout.first, layout.second)):
                got.infinite.append(row.number)
            elif names is None or [f.lower() for f in row.fields] != names:
                got.skipped.append(row.number)
            continue
        got.shifts.append((pair[0], pair[1]))
        height = _intensity(row, layout.intensity, comma)
        got.unknown += height is None
        got.intensity.append(1.0 if height is None else height)
        got.annotation.append(_annotation(row, layout, delimiter))
    if not got.shifts:
        raise ReadError(path, "no peaks found", EXPECTED)
    if len(got.skipped) > len(got.shifts):
        first = got.skipped[0]
        raise ReadError(path, f"most lines hold no peak (the first: line {first})", EXPECTED)
    return got


def _notes(got: _Collected, layout: _Layout) -> list[str]:
    notes = []
    if got.skipped:
        notes.append(skipped_note(got.skipped, "without two chemical shifts"))
    if got.infinite:
        notes.append(skipped_note(got.infinite, "with shifts that are no finite numbers"))
    return notes + (without_intensity(got.unknown) if layout.intensity is not None else [])


def _not_finite(row: Row, column: int) -> bool:
    """Whether a field is written as a number, but as "nan" or "inf"."""
    if column >= len(row.fields):
        return False
    return _NOT_FINITE.fullmatch(row.fields[column]) is not None


def _intensity(row: Row, column: int | None, comma: bool) -> float | None:
    if column is None or not 0 <= column < len(row.fields):
        return None
    return parse_number(row.fields[column], decimal_comma=comma)


def _decimal_comma(layout: _Layout, data: Sequence[Row]) -> bool:
    """Whether shifts are written with a decimal comma; then intensities are, too."""
    return any(
        "," in r.fields[i] for r in data for i in (layout.first, layout.second) if i < len(r.fields)
    )


def _annotation(row: Row, layout: _Layout, delimiter: str) -> str:
    """Text about a peak; in white-space tables the last column takes all that is left."""
    parts = []
    for i in layout.annotations:
        if i >= len(row.fields):
            continue
        last = i == max(layout.annotations) and i > max(layout.first, layout.second)
        text = " ".join(row.fields[i:]) if delimiter == SPACES and last else row.fields[i]
        if text not in _NOTHING:
            parts.append(text)
    return " ".join(parts)


def _format_name(header: Header | None, rows: Sequence[Row], delimiter: str) -> str:
    """Name the program a table came from, by its column names."""
    if header is None:
        return "peak list without header"
    names = [n.lower() for n in header.names]
    text = "|".join(names)
    signatures = [
        ("f2#" in names or any("PEAKLIST_VERSION" in r.text for r in rows[:3]), "TopSpin text"),
        ("position f1" in text, "CCPN 2 table"),
        ("pos f1" in text, "CCPN 3 table"),
        ("impurity/compound" in text or "width f2" in text, "Mnova table"),
        ({"w1", "w2"} <= set(names), "Sparky list"),
        ({"x_ppm", "y_ppm"} <= set(names), "NMRPipe table"),
        ({"f1ppm", "f2ppm"} <= set(names), "HMDB peak list"),
        ("stain_id" in text, "AppIn centroids"),
        (names == ["1h", "13c"], "SMART table"),
        (names == ["13c", "1h", "intensity"], "DeepSAT table"),
    ]
    for found, name in signatures:
        if found:
            return name
    return _DEFAULT_FORMAT.get(delimiter, "CSV peak list")
