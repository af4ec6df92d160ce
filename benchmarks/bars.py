"""Measured figures beside their bars: how a ratio is taken, how its result is kept.

A script of `make bench` writes ``benchmarks/results/NAME.json`` with `write_rows`; `render.py`
makes the table of ``docs/performance.md`` from all of them. A ratio is made within one round:
first what it is divided by, then the thing itself, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = ("numpy", "tensorflow", "tensorflow-cpu", "keras", "pyside6-essentials", "pyqtgraph")


@dataclass(frozen=True)
class Row:
    """One line of the table: the median over the rounds beside its bar.

    `topic` groups rows ("starting", "networks", "memory", "projects", "window", …); `what` is
    read by people; `bar` is the figure asked for and `at_least` its direction; None: no bar,
    the figure is told. `unit` is "" for a ratio. `note` says what a reader must know.
    """

    topic: str
    what: str
    median: float
    least: float
    most: float
    rounds: int
    bar: float | None = None
    at_least: bool = False
    unit: str = ""
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the median meets the bar; None without one."""
        if self.bar is None:
            return None
        return self.median >= self.bar if self.at_least else self.median <= self.bar


def script_parser(about: str, rounds: int) -> argparse.ArgumentParser:
    """What every script of `make bench` is told: how many rounds, and where its figures go.

    `about` is the script's docstring, whose first line is shown by ``--help``.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--out", type=Path)
    return parser


def row(
    topic: str,
    what: str,
    found: Sequence[float],
    bar: float | None = None,
    *,
    at_least: bool = False,
    unit: str = "",
    note: str = "",
) -> Row:
    """A row from the figures of all rounds (a ratio of each, not a ratio of medians)."""
    least, most = min(found), max(found)
    middle = statistics.median(found)
    return Row(topic, what, middle, least, most, len(found), bar, at_least, unit, note)


def cpu_seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """CPU time of one call in this process, mean over `repeats`."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def child_seconds(command: Sequence[str], env: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall and CPU time of a child process (with its own children); it must succeed."""
    start = time.perf_counter()
    child = os.posix_spawnp(
        command[0],
        list(command),
        {**os.environ, **(env or {})},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}: ended with status {status}")
    return wall, usage.ru_utime + usage.ru_stime


def ratios(
    above: Callable[[], float], below: Callable[[], float], rounds: int, warm: bool = True
) -> list[float]:
    """One ratio for each round; `above` and `below` return what they cost."""
    if warm:
        below()
        above()
    found = []
    for _ in range(rounds):
        under = below()
        found.append(above() / under)
    return found


def write_rows(name: str, rows: Iterable[Row], out: Path | None = None, **more: Any) -> Path:
    """Write ``results/NAME.json`` (or `out`) and print the rows; what `more` holds goes along."""
    made = list(rows)
    for each in made:
        print(said(each), flush=True)
    document = {
        "command": _command(sys.argv),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load": [round(x, 1) for x in os.getloadavg()],
        "versions": {"python": platform.python_version()} | _versions(),
        "rows": [_rounded(asdict(each)) | {"passed": each.passed} for each in made],
        **more,
    }
    path = out or RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return path


def said(each: Row) -> str:
    """One line for people."""
    verdict = {True: "ok", False: "MISSED", None: "told"}[each.passed]
    sign = "≥" if each.at_least else "≤"
    bar = "" if each.bar is None else f"  bar {sign} {each.bar:g}"
    unit = f" {each.unit}" if each.unit else ""
    return (
        f"{verdict:6} {each.median:.3g}{unit} [{each.least:.3g}, {each.most:.3g}] "
        f"n={each.rounds}{bar}  {each.topic}: {each.what}"
    )


def _rounded(found: dict[str, Any]) -> dict[str, Any]:
    return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in found.items()}


def _command(words: Sequence[str]) -> str:
    """How the script was called, without where it wrote: no path of this machine is kept."""
    said = list(words[1:])
    if "--out" in said:
        at = said.index("--out")
        del said[at : at + 2]
    said = [Path(word).name if Path(word).is_absolute() else word for word in said]
    return " ".join(["python", f"benchmarks/{Path(words[0]).name}", *said])


def _versions() -> dict[str, str]:
    there = {
        x.metadata["Name"].lower().replace("_", "-"): x.version for x in metadata.distributions()
    }
    return {name: there[name] for name in PACKAGES if name in there}
