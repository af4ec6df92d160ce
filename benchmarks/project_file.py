"""Opening projects of many spectra, their size beside their payload, the time of one change.

    python benchmarks/project_file.py            # writes results/project_file.json

Ratios within one run: the machine is shared. Spectra are generated: pictures of 410×600
points with 256 grey levels and as much ink as the pictures of a data set (17 kB packed).
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from project_builders import add, make_result, make_spectrum  # noqa: E402

from nmrcam_qt.session.changes import Change, Replaced  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import (  # noqa: E402
    ProjectState,
    SampleRecord,
    SpectrumRecord,
)

SIZES = (0, 1_000, 5_000, 10_000)
ROWS, COLUMNS = 410, 600
DISTINCT = 50
CHANGES = 300


def a_picture(seed: int):
    """Blurred spots on paper, 8 bit, as a scanned spectrum has them."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    image = np.zeros((ROWS, COLUMNS), dtype=np.float32)
    for _ in range(25):
        cy, cx, w = rng.uniform(0, ROWS), rng.uniform(0, COLUMNS), rng.uniform(2, 5)
        image = np.maximum(image, np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * w * w)))
    noise = rng.random(image.shape, dtype=np.float32) < 0.02
    codes = np.rint(255 * np.maximum(image, 0.2 * noise))
    base = make_spectrum(seed, rows=ROWS, columns=COLUMNS)
    return replace(base, intensity=(codes / 255).astype(np.float32))


def make(path: Path, size: int, packed: list, results: bool = True) -> int:
    """A project of `size` spectra in samples of two, a result each; bytes of payloads."""
    opened = create_project(path)
    total = 0
    for first in range(1, size + 1, 100):
        batch = []
        for number in range(first, min(first + 100, size + 1)):
            base = packed[number % len(packed)]
            fresh = replace(
                base,
                name=f"spectrum {number}",
                provenance=replace(
                    base.provenance,
                    path=f"/data/compounds/some folder/spectrum {number}.png",
                    sha256=f"{number:064x}",
                ),
                payload=type(base.payload)(base.payload.get()),
                picture=type(base.picture)(base.picture.get()),
            )
            total += fresh.payload.get().nbytes
            batch.append(
                SpectrumRecord(2 * number, number, fresh, sample=number // 2 * 2 + 1, tags=("a",))
            )
        samples = {SampleRecord(r.sample, f"compound {r.sample}") for r in batch}
        opened.store.write(add(*samples, *batch))
        for record in batch if results else ():
            opened.store.write_result(make_result([record], record.id))
        assert opened.store.flush(300)
    assert opened.store.close()
    return total


def opening(path: Path, repeats: int) -> tuple[float, float]:
    """Median seconds of opening, by the clock and of this thread's processor time."""
    clock, processor = [], []
    for _ in range(repeats):
        gc.collect()
        start, used = time.perf_counter(), time.thread_time()
        opened = open_project(path)
        clock.append(time.perf_counter() - start)
        processor.append(time.thread_time() - used)
        opened.store.close()
    return statistics.median(clock), statistics.median(processor)


def commits(path: Path) -> dict[str, float]:
    """Median milliseconds from a call until it is in the file, and of the call alone."""
    opened = open_project(path)
    store, record = opened.store, opened.content.spectra[0]
    said: dict[str, list[float]] = {}

    def measure(name: str, call, argument) -> None:
        start = time.perf_counter()
        call(argument)
        middle = time.perf_counter()
        assert store.flush(60)
        said.setdefault(name, []).append(time.perf_counter() - start)
        said.setdefault("call alone", []).append(middle - start)

    for number in range(CHANGES):
        after = replace(record, title=str(number))
        measure("rename", store.write, Change("Rename", (Replaced(record, after),)))
        measure("result", store.write_result, make_result([record], number))
        measure("state", store.write_state, ProjectState(record.id))
        record = after
    start = time.perf_counter()
    assert store.close()
    said["close"] = [time.perf_counter() - start]
    return {name: round(1000 * statistics.median(values), 3) for name, values in said.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/project_file.json")
    given = parser.parse_args()
    packed = [pack(a_picture(seed)) for seed in range(DISTINCT)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / f"{size}.nmrcam"
            total = make(path, size, packed)
            seconds, used = opening(path, given.repeats)
            rows.append(
                {
                    "spectra": size,
                    "open_ms": round(1000 * seconds, 2),
                    "processor_ms": round(1000 * used, 2),
                    "file_bytes": path.stat().st_size,
                    "payload_bytes": total,
                }
            )
            print(rows[-1], flush=True)
        said = commits(Path(folder) / "1000.nmrcam")
        alone = Path(folder) / "alone.nmrcam"
        total = make(alone, 1_000, packed, results=False)
        ratio = round(alone.stat().st_size / total, 3)
    for row in rows[1:]:
        more = row["processor_ms"] - rows[0]["processor_ms"]
        row["processor_us_per_spectrum_with_result"] = round(1000 * more / row["spectra"], 1)
        row["ratio_to_empty"] = round(row["open_ms"] / rows[0]["open_ms"], 1)
    report = {
        "command": "python benchmarks/project_file.py",
        "opening": rows,
        "file_over_payload_1000_spectra_without_results": ratio,
        "payload_bytes_per_spectrum": round(total / 1_000),
        "median_ms_until_saved": said,
    }
    given.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
