"""Files of many spectra: reading them, their size beside their payload, the time of one change.

    python benchmarks/project_file.py            # writes results/project_file.json

Ratios within one run: the machine is shared. Spectra are generated: pictures of 410×600
points with 256 grey levels and as much ink as the pictures of a data set (17 kB packed), in
samples of two. The payload is what the user put in: packed points of the spectra, and the
frames of maps of the results. Reading a file alone is told beside the bar for opening a window
(`sidebar.py`); with the session means until a list could be shown, every row made until all of
them can be searched.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from bars import Row, row, script_parser, write_rows  # noqa: E402
from project_builders import add, make_result, make_spectrum  # noqa: E402

from nmrcam_qt.session.changes import Change, Replaced  # noqa: E402
from nmrcam_qt.session.listing import Listing  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import (  # noqa: E402
    ProjectState,
    SampleRecord,
    SpectrumRecord,
)
from nmrcam_qt.session.session import Session  # noqa: E402

SPECTRA = 10_000
ROWS, COLUMNS = 410, 600
DISTINCT = 50
CHANGES = 300
SIZE_BAR = 1.2


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


def frames(path: Path) -> int:
    """Bytes of the maps in a file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT total(length(frame)) FROM maps").fetchone()[0])


def reading(path: Path) -> dict[str, float]:
    """Processor seconds of reading, of the session and its list, and of making every row."""
    gc.collect()
    began = time.process_time()
    opened = open_project(path)
    read = time.process_time() - began
    listing = Listing(Session(opened.content, opened.store))
    listed = time.process_time() - began
    while listing.warm(500):
        pass
    made = time.process_time() - began
    opened.store.close()
    gc.unfreeze()
    return {"reading the file": read, "… with the session and its list": listed,
            "… and every row made": made}  # fmt: skip


def opening(large: Path, empty: Path, rounds: int) -> list[Row]:
    """In turns."""
    reading(large), reading(empty)
    pairs = [(reading(large), reading(empty)) for _ in range(rounds)]
    rows = []
    for name in pairs[0][0]:
        found = [1e3 * a[name] for a, _ in pairs]
        note = f"an empty project {1e3 * statistics.median(b[name] for _, b in pairs):.1f} ms"
        rows.append(row("projects", f"10,000 spectra: {name}", found, unit="ms", note=note))
    return rows


def commits(path: Path, rounds: int) -> list[Row]:
    """Milliseconds from a call until it is in the file, and of the call alone; medians of each."""
    opened = open_project(path)
    store, record = opened.store, opened.content.spectra[0]
    said: dict[str, list[list[float]]] = {}

    def measure(name: str, call, argument) -> None:
        start = time.perf_counter()
        call(argument)
        middle = time.perf_counter()
        assert store.flush(60)
        said.setdefault(name, [[]])[-1].append(1e3 * (time.perf_counter() - start))
        said.setdefault("the call alone", [[]])[-1].append(1e3 * (middle - start))

    for number in range(CHANGES):
        if number and number % (CHANGES // rounds) == 0:
            for found in said.values():
                found.append([])
        after = replace(record, title=str(number))
        measure("a new name", store.write, Change("Rename", (Replaced(record, after),)))
        measure("a result", store.write_result, make_result([record], number))
        measure("the place in the list", store.write_state, ProjectState(record.id))
        record = after
    assert store.close()
    what = "10,000 spectra: until it is in the file:"
    return [
        row("projects", f"{what} {name}", [statistics.median(x) for x in found if x], unit="ms")
        for name, found in said.items()
    ]


def main() -> None:
    """Measure and write."""
    parser = script_parser(__doc__, rounds=7)
    given = parser.parse_args()
    packed = [pack(a_picture(seed)) for seed in range(DISTINCT)]
    with tempfile.TemporaryDirectory() as folder:
        empty, large, alone = (Path(folder) / f"{n}.nmrcam" for n in ("empty", "large", "alone"))
        make(empty, 0, packed)
        payload = make(large, SPECTRA, packed) + frames(large)
        with_results = large.stat().st_size / payload
        only = make(alone, SPECTRA, packed, results=False)
        ratio = alone.stat().st_size / only
        alone.unlink()
        size = "one file: sizes do not vary"
        rows = [
            row("projects", "10,000 spectra: file / packed spectra", [ratio], SIZE_BAR,
                note=f"{only / SPECTRA:.0f} bytes each; {size}"),
            row("projects", "10,000 spectra with a result each: file / packed spectra and maps",
                [with_results], SIZE_BAR, note=size),
        ]  # fmt: skip
        rows += opening(large, empty, given.rounds)
        rows += commits(large, given.rounds)
    write_rows("project_file", rows, given.out)


if __name__ == "__main__":
    main()
