"""Tables of scores (CSV) for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.writers.files import write_aside

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    """

    files: tuple[str, ...]
    experiment: str = ""
    network: str = ""
    classes: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    present: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


def score_table(rows: Sequence[ScoreRow]) -> str:
    """The table as CSV text: one line per input, one column per class of any network.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    classes = list(dict.fromkeys(c for row in rows for c in row.classes))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    head = ["file", "experiment", "network", "present"]
    writer.writerow([*head, *(f"score_{c}" for c in classes), "warnings", "error"])
    for row in rows:
        scores = dict(zip(row.classes, row.scores, strict=True))
        writer.writerow(
            [
                _cell(" + ".join(row.files)),
                row.experiment,
                row.network,
                " ".join(row.present),
                *(f"{scores[c]:.6g}" if c in scores else "" for c in classes),
                _cell(" ".join(row.warnings)),
                _cell(row.error),
            ]
        )
    return buffer.getvalue()


def write_score_table(path: Path, rows: Iterable[ScoreRow]) -> None:
    """Write the table, UTF-8 with a byte order mark (spreadsheets need it for ¹H).

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    blob = score_table(list(rows)).encode("utf-8-sig", "replace")
    with write_aside(path) as stream:
        stream.write(blob)


def _cell(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text
