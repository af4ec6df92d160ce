"""The table of ``docs/performance.md``, made of the results that are committed.

    python benchmarks/render.py [--check] [--results FOLDER] [--page FILE]

Every JSON in ``benchmarks/results/`` that holds `rows` (see `bars.Row`) is read; the rows are
grouped by topic and stand between two markers of the page. What is outside them stays as it
is. With ``--check`` nothing is written: the exit status says whether the page is up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from bars import RESULTS, Row  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- measured: made by benchmarks/render.py, not by hand -->"
END = "<!-- measured: end -->"
TOPICS = ("starting", "networks", "batches", "memory", "projects", "window", "growth")
"""Topics in this order, others behind them by name."""
HEAD = "| what | bar | measured [least, most] | n | met |\n|---|---|---|---|---|"


@dataclass(frozen=True)
class Result:
    """One file of results: its name, where it was measured, its rows."""

    name: str
    machine: str
    load: tuple[float, ...]
    rows: tuple[Row, ...]


def read_results(folder: Path) -> list[Result]:
    """All results of `folder` that hold rows, by name.

    Raises
    ------
    ValueError
        When rows have not the form of `bars.Row`.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        if isinstance(document, dict) and "rows" in document:
            rows = tuple(_row(each, path) for each in document["rows"])
            load = tuple(document.get("load", ()))
            found.append(Result(path.stem, document.get("machine", ""), load, rows))
    return found


def _row(found: dict[str, Any], path: Path) -> Row:
    known = {field.name for field in fields(Row)}
    try:
        return Row(**{name: value for name, value in found.items() if name in known})
    except TypeError as error:
        raise ValueError(f"{path.name}: a row that is none of bars.Row: {error}") from None


def table(results: Sequence[Result]) -> str:
    """What stands between the markers."""
    rows = [row for result in results for row in result.rows]
    parts = [_summary(rows)]
    for topic in sorted({row.topic for row in rows}, key=_place):
        lines = [_line(row) for row in rows if row.topic == topic]
        parts.append("\n".join([f"### {topic.capitalize()}", "", HEAD, *lines]))
    parts.append(_where(results))
    return "\n\n".join(parts)


def _place(topic: str) -> tuple[int, str]:
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS), topic


def _summary(rows: Sequence[Row]) -> str:
    judged = [row for row in rows if row.passed is not None]
    missed = Counter(row.topic for row in judged if not row.passed)
    text = f"{len(judged) - missed.total()} of {len(judged)} bars are met"
    if not missed:
        return text + "."
    # The words of many rows go on from the row before: they say nothing out of their table.
    where = ", ".join(f"{topic} {missed[topic]}" for topic in sorted(missed, key=_place))
    return f"{text}; missed, with **no** below: {where}."


def _line(row: Row) -> str:
    unit = f" {row.unit}" if row.unit else ""
    what = f"{row.what} ({row.note})" if row.note else row.what
    bar = "–" if row.bar is None else f"{'≥' if row.at_least else '≤'} {_number(row.bar)}{unit}"
    middle, least, most = (_number(x) for x in (row.median, row.least, row.most))
    met = {True: "yes", False: "**no**", None: "–"}[row.passed]
    spread = f" [{least}, {most}]" if row.rounds > 1 else ""
    cells = (_cell(what), bar, f"{middle}{unit}{spread}", str(row.rounds), met)
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _number(value: float) -> str:
    """Three digits, and no exponent where people read none."""
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        return f"{int(digits):,}" if digits.lstrip("-").isdigit() else digits
    return f"{value:.2g}"


def _where(results: Iterable[Result]) -> str:
    said = [
        f"`{r.name}` ({r.machine}" + (f", load {r.load[0]:g}" if r.load else "") + ")"
        for r in results
    ]
    return "Measured by: " + ", ".join(said) + "." if said else "Nothing is measured yet."


def rendered(page: str, results: Sequence[Result]) -> str:
    """The page with the table made anew.

    Raises
    ------
    ValueError
        When the page has not exactly one pair of markers.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"expected one line {BEGIN!r} and, behind it, one line {END!r}")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    """Make the page anew, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args(argv)
    old = given.page.read_text("utf-8")
    new = rendered(old, read_results(given.results))
    if given.check:
        print("up to date" if new == old else f"{given.page.name} is not: make performance")
        return int(new != old)
    if new != old:
        given.page.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
