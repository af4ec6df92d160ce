"""Tables of scores (CSV) for spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.writers.files import write_aside

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_INNER = re.compile(r"(;\s*)(?=[=+\-@])")
"""Where the comma is a decimal sign, spreadsheets split such a file at semicolons."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line of the table.

    Parameters
    ----------
    files : tuple of str
        One file, or the two of a pair.
    experiment, network : str
        Empty where the input failed.
    classes : tuple of str
        Class ids of the network.
    scores : tuple of float
        One per class, 0..1.
    present : tuple of str
        Classes said to be present.
    warnings : tuple of str
        One sentence each.
    error : str
        One sentence; empty when all went well.
    name, sample : str
        The user's names; the columns are left out where no row has one.
    """

    files: tuple[str, ...]
    experiment: str = ""
    network: str = ""
    classes: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    present: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    name: str = ""
    sample: str = ""


def table_cells(rows: Sequence[ScoreRow]) -> tuple[list[str], list[list[str | float | None]]]:
    """Headings and cells: one line per input, one column per class of any network.

    Cells are texts as they are, scores as numbers, None where there is no score.
    """
    classes = list(dict.fromkeys(c for row in rows for c in row.classes))
    named = [n for n in ("name", "sample") if any(getattr(row, n) for row in rows)]
    head = [*named, "file", "experiment", "network", "present"]
    head += [*(f"score_{c}" for c in classes), "warnings", "error"]
    lines: list[list[str | float | None]] = []
    for row in rows:
        scores = dict(zip(row.classes, row.scores, strict=True))
        line: list[str | float | None] = [str(getattr(row, n)) for n in named]
        line += [" + ".join(row.files), row.experiment, row.network, " ".join(row.present)]
        line += [*map(scores.get, classes), " ".join(row.warnings), row.error]
        lines.append(line)
    return head, lines


def score_table(rows: Sequence[ScoreRow]) -> str:
    """The table as CSV text; see `table_cells`.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe, also one
    behind a semicolon.
    """
    return csv_text(*table_cells(rows))


def csv_text(head: Sequence[str], lines: Iterable[Sequence[str | float | None]]) -> str:
    """Headings and cells as CSV text; see `score_table`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(map(csv_cell, head))
    for line in lines:
        writer.writerow(map(csv_cell, line))
    return buffer.getvalue()


def write_score_table(path: Path, rows: Iterable[ScoreRow]) -> None:
    """Write the table, UTF-8 with a byte order mark (spreadsheets need it for ¹H).

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    write_csv(path, *table_cells(list(rows)))


def write_csv(
    path: Path, head: Sequence[str], lines: Iterable[Sequence[str | float | None]]
) -> None:
    """Write headings and cells; see `write_score_table`.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    blob = _bytes(csv_text(head, lines))
    with write_aside(path) as stream:
        stream.write(blob)


def csv_bytes(rows: Sequence[ScoreRow]) -> bytes:
    """The table as bytes of a file; see `write_score_table`."""
    return _bytes(score_table(rows))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8-sig", "replace")


def csv_cell(value: str | int | float | None) -> str:
    """A cell as text of a CSV file, no text of which a spreadsheet takes for a formula.

    A float has six digits, a whole number (int) all of them.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    safe = _INNER.sub(r"\1'", value)
    return "'" + safe if safe.startswith(_FORMULA) else safe
