"""Measured data in a project: packing beside plain zlib, opening with and without picked peaks.

    python benchmarks/measured_data.py [--rounds 7] [--spectra 10000] [--out FILE]

Ratios within one round, seconds of the processor: the machine is shared. Generated: 2048 × 1024
points of noise with signals, as whole numbers (as spectrometers write them) and not; projects
of pictures, plain, and each with 40 picked peaks, masks and another reference.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from bars import Row, cpu_seconds, row, script_parser, write_rows  # noqa: E402
from instrument_builders import instrument, picks, some_masks  # noqa: E402
from project_builders import add, make_spectrum  # noqa: E402

from nmrcam_qt.core.reference import Affine, Reference  # noqa: E402
from nmrcam_qt.session.handle import Handle  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import SpectrumRecord  # noqa: E402
from nmrcam_qt.session.referencing import with_reference  # noqa: E402

TOPIC = "projects"
REFERENCES = 20
"""Different references: each makes a text of its own in the file."""


def packing(whole: bool, rounds: int) -> list[Row]:
    """One spectrum packed by us and by zlib alone; what is left of its bytes."""
    spectrum = instrument(rows=1024, columns=2048, peaks=30)
    if whole:
        spectrum = replace(spectrum, intensity=np.rint(spectrum.intensity * 3000))
    raw = spectrum.intensity.tobytes()
    made, plain = pack(spectrum), zlib.compress(raw, 1)
    works = (lambda: zlib.compress(raw, 1), lambda: pack(spectrum), made.unpack)
    alone, packed, unpacked = zip(*(map(seconds, works) for _ in range(rounds)), strict=True)
    points = "1024 × 2048 points as whole numbers" if whole else "1024 × 2048 points"

    def over_zlib(found: Sequence[float]) -> list[float]:
        return [one / other for one, other in zip(found, alone, strict=True)]

    share = [made.nbytes / len(plain)]
    return [
        row(TOPIC, f"packing {points}, with a thumbnail / zlib alone", over_zlib(packed)),
        row(TOPIC, f"… unpacking {points} / packing by zlib alone", over_zlib(unpacked)),
        row(TOPIC, f"… bytes of {points} / those of zlib alone", share),
    ]


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor, without what was garbage before."""
    gc.collect()
    return cpu_seconds(work)


def project(path: Path, size: int, with_signals: bool) -> None:
    """A project of `size` pictures."""
    base = pack(make_spectrum(1))
    peaks = picks(40)
    references = [Reference(Affine(offset=0.01 * (n + 1))) for n in range(REFERENCES)]
    opened = create_project(path)
    for first in range(1, size + 1, 500):
        batch = []
        for number in range(first, min(first + 500, size + 1)):
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


def opening(size: int, rounds: int) -> list[Row]:
    """Opening both projects in turn, and what the peaks of a spectrum take in the file."""
    with tempfile.TemporaryDirectory() as folder:
        plain, signals = (Path(folder) / name for name in ("plain.nmrcam", "signals.nmrcam"))
        project(plain, size, False)
        project(signals, size, True)
        found = [opened(signals) / under for under in (opened(plain) for _ in range(rounds))]
        each = (signals.stat().st_size - plain.stat().st_size) / size
    many = f"{size:,} spectra"
    what = f"{many}, each with 40 picked peaks, masks and a reference: opening / without these"
    return [
        row(TOPIC, what, found),
        row(TOPIC, f"… {many}: what these take of the file, each", [each / 1000], unit="kB"),
    ]


def opened(path: Path) -> float:
    """Seconds until all records of a project are made."""
    gc.collect()
    start = time.thread_time()
    found = open_project(path)
    list(found.content.spectra)  # lazy: all of them are made
    taken = time.thread_time() - start
    found.store.close()
    return taken


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=7)
    parser.add_argument("--spectra", type=int, default=10_000)
    given = parser.parse_args()
    rows = packing(False, given.rounds) + packing(True, given.rounds)
    write_rows("measured_data", [*rows, *opening(given.spectra, given.rounds)], given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
