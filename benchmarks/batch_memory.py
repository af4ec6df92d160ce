"""Memory of a command over many spectra: PSS of all its processes, once a second.

    python benchmarks/batch_memory.py [--spectra 10000] [--drawn 1000] [--out FILE]

First ``nmrcam predict`` over so many spectra, then ``nmrcam batch`` with one picture of each
over as many as ``--drawn`` says.

The pictures are small and few of them different (links): what is measured is what the program
keeps, not what a picture needs. *Growth* is the median while the last tenth of the spectra is
done over that between the 200th and the 1,000th. PSS shares out what lies in memory once for
several programs, so that it rises when *others* that use the same libraries end: run this on a
machine without them. The part that is no file (Pss_Anon) is told beside it. The highest
sample of the whole run, tables and report at its end included, stands beside its own bar.
"""

# ruff: noqa: E402 - the package is found from a checkout, too
from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from bars import Row, row, write_rows
from pictures_made import folder

FIRST, SETTLED = 200, 1000
MOST_GROWTH, MOST_GB = 1.05, 1.4
SIZE = (102, 150)
PREDICT, BATCH = "nmrcam predict", "nmrcam batch"
KEPT = 200
"""Samples that are written down."""


@dataclass(frozen=True)
class Sample:
    """What was there `seconds` after the start, when `done` spectra had their picture."""

    seconds: float
    done: int
    pss_mb: float
    own_mb: float
    processes: int


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for known in found:
        for task in Path(f"/proc/{known}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:  # it has ended
                continue
    return found


def pss_kb(pid: int, kind: str = "Pss") -> int:
    """Proportional set size of one process, or its part of a `kind`; 0 where it has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def watched(command: list[str], said: Path, out: Path, every_s: float = 1.0) -> list[Sample]:
    """Run a command and sample it until it ends; it must succeed."""
    began = time.monotonic()
    samples = []
    with said.open("wb") as lines:
        child = subprocess.Popen(command, stdout=lines, cwd=ROOT)
        while child.poll() is None:
            pids = tree(child.pid)
            megabytes = sum(map(pss_kb, pids)) / 1024
            own = sum(pss_kb(pid, "Pss_Anon") for pid in pids) / 1024
            done = said.read_bytes().count(b"\n") + pictures(out)
            samples.append(Sample(time.monotonic() - began, done, megabytes, own, len(pids)))
            time.sleep(every_s)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: ended with status {child.returncode}")
    return samples


def pictures(out: Path) -> int:
    """In the folder of results; none where there is no such folder yet."""
    if not out.is_dir():
        return 0
    with os.scandir(out) as entries:
        return sum(entry.name.endswith("_HMBC_top.png") for entry in entries)


def predict_command(spectra: Path, network: str) -> list[str]:
    """``nmrcam predict`` with a line for each spectrum."""
    said = [sys.executable, "-m", "nmrcam_qt", "predict", str(spectra)]
    return [*said, "--network", network, "--json"]


def batch_command(spectra: Path, out: Path, network: str) -> list[str]:
    """``nmrcam batch`` with one small picture of each spectrum."""
    said = [sys.executable, "-m", "nmrcam_qt", "batch", str(spectra), "--out", str(out)]
    said += ["--network", network, "--class", "top", "--template", "{name}_top"]
    return [*said, "--dpi", "36", "--size", "80x80"]


def growth(samples: list[Sample], n: int, kind: str) -> tuple[float, float]:
    """Median of ``pss_mb`` or ``own_mb`` when it has settled, and in the last tenth, MB."""
    spans = (min(FIRST, n // 10), min(SETTLED, n // 2)), (n - n // 10, n)
    early, late = (
        statistics.median(getattr(s, kind) for s in samples if first <= s.done <= last)
        for first, last in spans
    )
    return early, late


def rows_of(name: str, n: int, samples: list[Sample]) -> list[Row]:
    """Growth and the highest sample of one run."""
    what = f"{name}, {n:,} spectra: "
    spans = f"the last tenth / those from {min(FIRST, n // 10)} to {min(SETTLED, n // 2):,}"
    made = []
    for kind, said, bar in (("pss_mb", "PSS", MOST_GROWTH), ("own_mb", "Pss_Anon", None)):
        early, late = growth(samples, n, kind)
        note = f"one run; medians {early:.0f} and {late:.0f} MB of all processes"
        made.append(row("memory", f"{what}{spans}, {said}", [late / early], bar, note=note))
    top = max(s.pss_mb for s in samples) / 1024
    note = f"one run, a sample each second; {max(s.processes for s in samples)} processes"
    made.append(row("memory", f"{what}highest PSS", [top], MOST_GB, unit="GB", note=note))
    return made


def measure(name: str, n: int, network: str) -> list[Sample]:
    """Run one of the two commands over so many spectra."""
    with tempfile.TemporaryDirectory() as place:
        spectra, out = Path(place) / "spectra", Path(place) / "out"
        folder(spectra, n, size=SIZE)
        predict = predict_command(spectra, network)
        command = predict if name == PREDICT else batch_command(spectra, out, network)
        return watched(command, Path(place) / "said", out)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spectra", type=int, default=10_000)
    parser.add_argument("--drawn", type=int, default=1_000)
    parser.add_argument("--network", default="kuhn-hmbc")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows, kept = [], {}
    for name, n in ((PREDICT, given.spectra), (BATCH, given.drawn)):
        samples = measure(name, n, given.network)
        rows += rows_of(name, n, samples)
        kept[name] = [
            [round(s.seconds), s.done, round(s.pss_mb), round(s.own_mb), s.processes]
            for s in samples[:: max(1, len(samples) // KEPT)]
        ]
    write_rows("batch_memory", rows, given.out, samples=kept, network=given.network)
    return 0


if __name__ == "__main__":
    sys.exit(main())
