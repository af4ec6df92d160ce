"""Reading a JCAMP-DX spectrum beside a decoder that goes from number to number in Python.

    python benchmarks/jcamp.py [--rounds 5] [--out FILE] [FILE ...]

A generated file (512 × 1024 points of noise as differences, DIFDUP), a measured one where
``shared/samples`` is at hand, and the files that are named. Seconds of the processor; the ratio is
within one round. Both decoders must agree on every point. *Reading* is all of `read_spectrum`:
file, digest, header, points, axes.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import numpy as np  # noqa: E402
from bars import Row, cpu_seconds, row, script_parser, write_rows  # noqa: E402
from jcamp_builders import jcamp_2d, plain_decoder  # noqa: E402

from nmrcam_qt.core.readers import read_spectrum  # noqa: E402

TOPIC = "files"
SAMPLE = ROOT.parent / "shared" / "samples" / "instrument" / "jcamp" / "estragole_hsqc.dx"
TABLE = re.compile(r"^##DATA TABLE=[^\n]*\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)


def measure(path: Path, rounds: int) -> list[Row]:
    """How many times faster, and how long it takes."""
    text = path.read_text("latin-1")
    bodies = TABLE.findall(text)
    spectrum = read_spectrum(path)
    slow = np.array([plain_decoder(body) for body in bodies])
    if not np.array_equal(slow.astype(np.float32), spectrum.intensity):
        raise SystemExit(f"{path.name}: the decoders differ")
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(cpu_seconds(lambda: [plain_decoder(body) for body in bodies]))
        ours.append(cpu_seconds(lambda: read_spectrum(path)))
    faster = [below / above for above, below in zip(ours, theirs, strict=True)]
    note = f"{len(text) / 1e6:.1f} MB, {slow.size:,} points"
    return [
        row(TOPIC, f"{path.name}: a plain decoder of JCAMP-DX / reading it", faster, note=note),
        row(TOPIC, f"… {path.name}: reading it", [1e3 * value for value in ours], unit="ms"),
    ]


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    plane = rng.normal(0, 3000, (512, 1024)).astype(np.int64)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "generated_hsqc.dx"
        made.write_text(jcamp_2d(plane), encoding="ascii")
        paths = [made, *([SAMPLE] if SAMPLE.is_file() else []), *given.files]
        rows = [each for path in paths for each in measure(path, given.rounds)]
    write_rows("jcamp", rows, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
