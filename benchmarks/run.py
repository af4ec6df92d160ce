"""Every measured bar, one script after the other; then the table of ``docs/performance.md``.

    python benchmarks/run.py [--quick] [NAME ...]

A script belongs to it when it keeps its figures with `bars.write_rows`; it takes ``--out FILE``
and what `FULL` or `QUICK` gives it. Each runs as a process of its own: one that fails is told at
the end and stops no other. ``--quick`` takes few rounds, small sizes and one network of each kind,
writes to ``build/bench-quick`` and prints the table, so that a look costs minutes and no committed
figure. Without a screen the scripts run below ``xvfb-run``. Where the pictures of the study are not
at hand (``NMRCAM_DATA``), rows about them are missing from the results, which is said.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from bars import RESULTS  # noqa: E402
from render import PAGE, read_results, rendered, table  # noqa: E402

SCRIPTS = ROOT / "benchmarks"
QUICK_RESULTS = ROOT / "build" / "bench-quick"
TWO = ("--network", "kuhn-hmbc", "hmbc-mix")
STUDY = ("throughput", "sparse_forward")
"""They take the study's pictures beside made-up ones."""
FULL: dict[str, tuple[str, ...]] = {
    "batch_memory": ("--drawn", "10000"),
    "growth": ("--spectra", "10", "100", "1000"),
}
"""What the committed figures are of, where that is not what a script does by itself."""
QUICK: dict[str, tuple[str, ...]] = {
    "batch_memory": ("--spectra", "400", "--drawn", "100"),
    "batch_size": ("--rounds", "1", "--spectra", "32", *TWO),
    "contours": ("--rounds", "2"),
    "explain_speed": ("--rounds", "2", *TWO),
    "export_speed": ("--rounds", "2", "--pictures", "60", "--formats", "png"),
    "growth": ("--rounds", "1", "--spectra", "10", "100", "--images", str(QUICK_RESULTS)),
    "growth-project": ("--rounds", "1", "--picture", str(QUICK_RESULTS / "growth-project.png")),
    "heartbeat": ("--rounds", "1", "--pictures", "30", "--spectra", "500"),
    "jcamp": ("--rounds", "2"),
    "measured_data": ("--rounds", "2", "--spectra", "1000"),
    "method_cost": ("--rounds", "1"),
    "peak_occlusion": ("--rounds", "2", *TWO),
    "project_file": ("--rounds", "1"),
    "sidebar": ("--rounds", "1"),
    "sparse_forward": ("--rounds", "2"),
    "startup": ("--rounds", "2"),
    "throughput": ("--rounds", "2", "--spectra", "64"),
    "traces": ("--rounds", "1", "--points", "1024"),
}
"""What makes a script short; one that is not named here has no short form and is left out."""
MEASURES = re.compile(r"(?<!def )\bwrite_rows\(")


@dataclass(frozen=True)
class Outcome:
    """What became of one script: its exit status and wall seconds."""

    name: str
    status: int
    seconds: float


def scripts(folder: Path = SCRIPTS) -> list[str]:
    """Names of the scripts that measure bars."""
    return [p.stem for p in sorted(folder.glob("*.py")) if MEASURES.search(p.read_text("utf-8"))]


def command(name: str, out: Path, quick: bool) -> list[str]:
    """How a script is called; it writes to the folder `out`."""
    said = [sys.executable, str(SCRIPTS / f"{name}.py"), "--out", str(out / f"{name}.json")]
    pictures = study() if name in STUDY else None
    more = ("--pictures", str(pictures)) if pictures is not None else ()
    return [*_screen(), *said, *(QUICK[name] if quick else FULL.get(name, ())), *more]


def study() -> Path | None:
    """The pictures of the study; None where they are not at hand."""
    place = Path(os.environ.get("NMRCAM_DATA", "../shared/data")) / "kuhn2021"
    return place if (ROOT / place).is_dir() else None


def _screen() -> list[str]:
    """What gives a program a screen where there is none."""
    wanted = sys.platform.startswith("linux") and not os.environ.get("DISPLAY")
    return ["xvfb-run", "-a"] if wanted and shutil.which("xvfb-run") else []


def run_all(commands: dict[str, list[str]]) -> list[Outcome]:
    """Run one after the other, whatever becomes of each."""
    found = []
    for name, words in commands.items():
        print(f"--- {name}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(words, cwd=ROOT, check=False).returncode
        found.append(Outcome(name, status, time.perf_counter() - start))
    return found


def report(found: Sequence[Outcome]) -> int:
    """Say what became of each; 1 when one failed."""
    for each in found:
        end = "done" if each.status == 0 else f"FAILED (exit status {each.status})"
        print(f"{each.name:20} {each.seconds:7.0f} s  {end}", flush=True)
    return int(any(each.status for each in found))


def main(argv: Sequence[str] | None = None) -> int:
    """Run, render, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--quick", action="store_true", help="few rounds, nothing committed")
    given = parser.parse_args(argv)
    known = scripts()
    if unknown := sorted(set(given.names) - set(known)):
        parser.error(f"no such script: {', '.join(unknown)}; there are {', '.join(known)}")
    names = given.names or known
    if given.quick:
        for name in (n for n in names if n not in QUICK):
            print(f"{name}: has no short form, left out")
        names = [n for n in names if n in QUICK]
    if study() is None and (missing := [name for name in names if name in STUDY]):
        print(f"no pictures of the study: {', '.join(missing)} without their rows about them")
    out = QUICK_RESULTS if given.quick else RESULTS
    out.mkdir(parents=True, exist_ok=True)
    if given.quick:
        for name in names:  # what fails must not show the figures of another time
            (out / f"{name}.json").unlink(missing_ok=True)
    found = run_all({name: command(name, out, given.quick) for name in names})
    if given.quick:
        print(table([r for r in read_results(out) if r.name in names]))
    else:
        page = PAGE.read_text("utf-8")
        PAGE.write_text(rendered(page, read_results(RESULTS)), "utf-8")
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
