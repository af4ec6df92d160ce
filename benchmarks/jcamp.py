"""Reading a JCAMP-DX spectrum beside a decoder that goes from number to number in Python.

    python benchmarks/jcamp.py [FILE ...]        # writes results/jcamp.json

A generated file (512 × 1024 points of noise as differences, DIFDUP) and the files that are
named. Seconds of the processor, fastest of some runs; the ratio is within one run. Both
decoders must agree on every point. *read* is all of `read_spectrum`: file, digest, header,
points, axes.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from jcamp_builders import jcamp_2d, plain_decoder  # noqa: E402

from nmrcam_qt.core.readers import read_spectrum  # noqa: E402

TABLE = re.compile(r"^##DATA TABLE=[^\n]*\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)


def best(action: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def measure(path: Path) -> dict[str, float | int | str]:
    text = path.read_text("latin-1")
    bodies = TABLE.findall(text)
    spectrum = read_spectrum(path)
    slow = np.array([plain_decoder(body) for body in bodies])
    if not np.array_equal(slow.astype(np.float32), spectrum.intensity):
        raise SystemExit(f"{path.name}: the decoders differ")
    ours = best(lambda: read_spectrum(path), 7)
    theirs = best(lambda: [plain_decoder(body) for body in bodies], 3)
    return {
        "file": path.name,
        "megabytes": round(len(text) / 1e6, 2),
        "points": int(slow.size),
        "read_s": round(ours, 3),
        "plain_decoder_s": round(theirs, 3),
        "plain_over_read": round(theirs / ours, 1),
    }


def main() -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(0, 3000, (512, 1024)).astype(np.int64)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "generated_hsqc.dx"
        made.write_text(jcamp_2d(plane), encoding="ascii")
        results = [measure(path) for path in [made, *map(Path, sys.argv[1:])]]
    out = Path(__file__).parent / "results" / "jcamp.json"
    out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
