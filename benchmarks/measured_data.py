"""Measured data in a project: packing beside plain zlib, opening with and without picked peaks.

    python benchmarks/measured_data.py           # writes results/measured_data.json

Ratios within one run, seconds of the processor: the machine is shared. Generated: 2048 × 1024
points of noise with signals, as whole numbers (as spectrometers write them) and not; projects
of 10,000 pictures, plain, and each with 40 picked peaks, masks and another reference.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from instrument_builders import instrument, picks, some_masks  # noqa: E402
from project_builders import add, make_spectrum  # noqa: E402

from nmrcam_qt.core.reference import Affine, Reference  # noqa: E402
from nmrcam_qt.session.handle import Handle  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import SpectrumRecord  # noqa: E402
from nmrcam_qt.session.referencing import with_reference  # noqa: E402

SIZE = 10_000
REFERENCES = 20
"""Different references: each makes a text of its own in the file."""


def best(action: Callable[[], object], repeats: int) -> float:
    """Milliseconds of the processor for the fastest of several runs."""
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return round(1000 * min(times), 1)


def packing(whole: bool, repeats: int) -> dict[str, float]:
    """One spectrum packed by us and by zlib alone."""
    spectrum = instrument(rows=1024, columns=2048, peaks=30)
    if whole:
        spectrum = replace(spectrum, intensity=np.rint(spectrum.intensity * 3000))
    raw = spectrum.intensity.tobytes()
    made = pack(spectrum)
    said = {
        "zlib_ms": best(lambda: zlib.compress(raw, 1), repeats),
        "pack_with_thumbnail_ms": best(lambda: pack(spectrum), repeats),
        "unpack_ms": best(made.unpack, repeats),
        "zlib_bytes_per_raw": round(len(zlib.compress(raw, 1)) / len(raw), 3),
        "bytes_per_raw": round(made.nbytes / len(raw), 3),
    }
    return said | {"pack_over_zlib": round(said["pack_with_thumbnail_ms"] / said["zlib_ms"], 2)}


def project(path: Path, with_signals: bool) -> None:
    """A project of `SIZE` pictures."""
    base = pack(make_spectrum(1))
    peaks = picks(40)
    references = [Reference(Affine(offset=0.01 * (n + 1))) for n in range(REFERENCES)]
    opened = create_project(path)
    for first in range(1, SIZE + 1, 500):
        batch = []
        for number in range(first, first + 500):
            source = replace(base.provenance, path=f"/d/{number}.png", sha256=f"{number:064x}")
            packed = replace(base, name=f"spectrum {number}", provenance=source)
            fields = {}
            if with_signals:
                packed = with_reference(packed, references[number % REFERENCES])
                packed = replace(packed, masks=some_masks())
                fields = {"picked": Handle(peaks), "n_picked": len(peaks)}
            batch.append(SpectrumRecord(number, number, packed, **fields))
        opened.store.write(add(*batch))
    if not opened.store.close():
        raise SystemExit("not saved")


def opening(paths: list[Path], repeats: int) -> list[float]:
    """Milliseconds of opening each project, in turn."""
    times: list[list[float]] = [[] for _ in paths]
    for _ in range(repeats):
        for path, found in zip(paths, times, strict=True):
            gc.collect()
            start = time.thread_time()
            opened = open_project(path)
            list(opened.content.spectra)  # lazy: all of them are made
            found.append(time.thread_time() - start)
            opened.store.close()
    return [round(1000 * min(found), 1) for found in times]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/measured_data.json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("plain.nmrcam", "signals.nmrcam")]
        for path, with_signals in zip(paths, (False, True), strict=True):
            project(path, with_signals)
        plain, signals = opening(paths, given.repeats)
        sizes = [path.stat().st_size for path in paths]
    report = {
        "command": "python benchmarks/measured_data.py",
        "points": [1024, 2048],
        "noise_as_numbers": packing(False, given.repeats),
        "noise_as_whole_numbers": packing(True, given.repeats),
        "opening_10000": {
            "plain_ms": plain,
            "with_peaks_masks_references_ms": signals,
            "ratio": round(signals / plain, 2),
            "bytes_of_40_peaks": round((sizes[1] - sizes[0]) / SIZE),
        },
    }
    given.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
