"""Lines into fields: which character parts the columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.peaklists.raw import MAX_PEAKS
from nmrcam_qt.core.readers.peaklists.text import parse_number

SPACES = " "
"""Stands for any run of white space."""
_DELIMITERS = ("\t", ";", ",", SPACES)
_SAMPLE = 200
MAX_ROWS = MAX_PEAKS + 10_000
"""Lines that are no remarks: peaks, and what stands above and below them."""
_COMMENT = re.compile(r"\s*(#|%|!|//|\*{2,}|-{3,}|={3,})")
_MARK = re.compile(r"^\s*(#|%|!|//)\s*")
_WIDE_GAP = re.compile(r"\s{2,}|\t")
_BEFORE_UNIT = re.compile(r"(?<!\s)\s+(?=[(\[])")
_DATA_HEIGHT = re.compile(r"\b(data)\s+(height|volume)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its number in the file, its text, its fields."""

    number: int
    text: str
    fields: tuple[str, ...]

    @property
    def comment(self) -> bool:
        """Whether the line is marked as a remark (a header may be, too)."""
        return _COMMENT.match(self.text) is not None


def split_rows(lines: Sequence[str], path: Path) -> tuple[list[Row], str]:
    """Split the lines that are not blank.

    Returns
    -------
    rows : list of Row
        Trailing empty fields are dropped.
    delimiter : str
        What parted the columns; `SPACES` for white space.

    Raises
    ------
    ReadError
        If there are too many lines, or quotes are broken.
    """
    filled = [(i, line) for i, line in enumerate(lines, 1) if line.strip()]
    data = [line for _, line in filled if _COMMENT.match(line) is None]
    if len(data) > MAX_ROWS:
        raise ReadError(path, f"{len(data)} lines of data", f"at most {MAX_PEAKS} peaks")
    delimiter = _sniff(data[:_SAMPLE])
    try:
        return [Row(i, line, split_line(line, delimiter)) for i, line in filled], delimiter
    except csv.Error as error:
        raise ReadError(path, f"the table is broken ({error})") from None


def split_line(line: str, delimiter: str) -> tuple[str, ...]:
    """Fields of one line, stripped, without trailing empty ones."""
    if delimiter == SPACES:
        fields = [_unquoted(field) for field in line.split()]
    else:
        quoted = next(csv.reader([line.strip(" ")], delimiter=delimiter), [])
        fields = [field.strip() for field in quoted]
    while fields and not fields[-1]:
        fields.pop()
    return tuple(fields)


def _unquoted(field: str) -> str:
    return field[1:-1] if len(field) > 1 and field[0] == field[-1] == '"' else field


def header_splits(row: Row, delimiter: str) -> list[tuple[str, ...]]:
    """Ways to read a line as column names, the most telling first."""
    if delimiter != SPACES:
        bare = _MARK.sub("", row.text)
        return [row.fields] if bare == row.text else [row.fields, split_line(bare, delimiter)]
    line = _DATA_HEIGHT.sub(r"\1_\2", row.text.strip())
    return [
        tuple(_WIDE_GAP.split(line)),
        tuple(_unquoted(name) for name in _BEFORE_UNIT.sub("", line).split()),
    ]


def _sniff(lines: Sequence[str]) -> str:
    """The delimiter that gives most lines at least two numbers, and least else."""
    best, best_score = SPACES, (0, 0.0)
    for delimiter in _DELIMITERS:
        try:
            rows = [split_line(line, delimiter) for line in lines]
        except csv.Error:
            continue
        numbers = [sum(parse_number(f) is not None for f in row) for row in rows]
        good = [i for i, n in enumerate(numbers) if n >= 2]
        fields = sum(1 for i in good for field in rows[i] if field)
        score = (len(good), round(sum(numbers[i] for i in good) / max(fields, 1), 3))
        if score > best_score:
            best, best_score = delimiter, score
    return best
