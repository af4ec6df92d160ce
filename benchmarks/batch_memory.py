"""Memory of a command over many spectra: PSS of all its processes, once a second.

    python benchmarks/batch_memory.py [--spectra 10000] [--scores] [--out FILE]

The command is ``nmrcam batch`` with one picture of each spectrum, or with ``--scores`` ``nmrcam
predict``, the same engine without pictures.

The pictures are small and few of them different (links): what is measured is what the program
keeps, not what a picture needs. PSS counts memory that processes share once, and so falls and
rises with other programs that use the same libraries; *growth* is therefore that of the part
that is no file (Pss_Anon): its median while the last tenth of the spectra is done over that
between the 200th and the 1,000th. The highest sample of the whole run, tables and report at its
end included, stands beside its own bar.
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

from bars import row, write_rows
from pictures_made import folder

FIRST, SETTLED = 200, 1000
MOST_GROWTH, MOST_GB = 1.05, 1.4
SIZE = (102, 150)
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


def between(samples: list[Sample], first: int, last: int) -> float:
    """Median of the processes' own memory while so many spectra were done, MB."""
    return statistics.median(s.own_mb for s in samples if first <= s.done <= last)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spectra", type=int, default=10_000)
    parser.add_argument("--network", default="kuhn-hmbc")
    parser.add_argument("--scores", action="store_true", help="nmrcam predict, no pictures")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        spectra, out = Path(place) / "spectra", Path(place) / "out"
        folder(spectra, given.spectra, size=SIZE)
        command = batch_command(spectra, out, given.network)
        if given.scores:
            command = predict_command(spectra, given.network)
        samples = watched(command, Path(place) / "said", out)
    name = "nmrcam predict" if given.scores else "nmrcam batch"
    n = given.spectra
    settled = between(samples, min(FIRST, n // 10), min(SETTLED, n // 2))
    late = between(samples, n - n // 10, n)
    top = max(s.pss_mb for s in samples) / 1024
    step = max(1, len(samples) // KEPT)
    rows = [
        row(
            "memory",
            f"{name}, {n:,} spectra: the last tenth / those from {FIRST} to {SETTLED:,}",
            [late / settled],
            MOST_GROWTH,
            note=f"one run; medians {settled:.0f} and {late:.0f} MB, Pss_Anon of all processes",
        ),
        row(
            "memory",
            f"{name}, {n:,} spectra: highest PSS of all processes",
            [top],
            MOST_GB,
            unit="GB",
            note=f"one run, a sample each second; {max(s.processes for s in samples)} processes",
        ),
    ]
    kept = [
        [round(s.seconds), s.done, round(s.pss_mb), round(s.own_mb), s.processes]
        for s in samples[::step]
    ]
    write_rows("batch_memory", rows, given.out, samples=kept, network=given.network)
    return 0


if __name__ == "__main__":
    sys.exit(main())
