"""A batch of pictures, spectra per second of the clock beside the forward pass alone.

    python benchmarks/throughput.py [--spectra 1000] [--rounds 5] [--out FILE]

*Batch* is what ``nmrcam predict`` does with picture files: `run_batch` with the engine of this
process, scores of every file; *with maps* the maps of all classes (HiResCAM) too. *Forward alone*
is the network's own graph, compiled, at batch 32 on spectra that are prepared already; both use as
many threads as TensorFlow takes by itself (all processors). Every round divides the one by the
other; one more takes all spectra at once. CPU time of both is told, too: where all processors are
busy with the forward pass alone, nothing can overlap with it and the ratio is that of the work.
"""

# ruff: noqa: E402 - the package is found from a checkout, too
from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy as np
from bars import Row, row, script_parser, write_rows
from pictures_made import folder

from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.ml.batch import BATCH_SIZE, LocalEngine, Request, jobs_for, run_batch
from nmrcam_qt.ml.explain.passes import Forward
from nmrcam_qt.ml.registry import load

BAR = 0.75
EACH = 200


def timed(work: object) -> tuple[float, float]:
    """Seconds of the clock and of the processors."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    return time.perf_counter() - wall, time.process_time() - cpu


def batch(paths: Sequence[Path], network: str, methods: tuple[str, ...]) -> tuple[float, float]:
    """Both times of one spectrum."""

    def work() -> None:
        jobs = jobs_for(paths)
        failed = [o.error for o in run_batch(jobs, Request(network, methods), LocalEngine())]
        if any(failed):
            raise RuntimeError(next(filter(None, failed)))

    wall, cpu = timed(work)
    return wall / len(paths), cpu / len(paths)


def forward_alone(paths: Sequence[Path], network: str) -> tuple[float, float]:
    """Both times of one spectrum, prepared beforehand."""
    loaded = load(network)
    bare = Forward(loaded.model)
    eaten = [prepare_inputs(loaded.card, [read_spectrum(p)]).examples[0] for p in paths]
    full = np.stack((eaten * (BATCH_SIZE // len(eaten) + 1))[:BATCH_SIZE])
    bare([full])
    times = max(1, EACH // BATCH_SIZE)

    def work() -> None:
        for _ in range(times):
            bare([full])

    wall, cpu = timed(work)
    return wall / (times * BATCH_SIZE), cpu / (times * BATCH_SIZE)


def measured(
    paths: Sequence[Path], network: str, methods: tuple[str, ...], rounds: int, what: str
) -> list[Row]:
    """Rates of both, by the clock and by the processors."""
    batch(paths[:BATCH_SIZE], network, methods)
    walls, cpus = [], []
    for _ in range(rounds):
        alone, done = forward_alone(paths[:BATCH_SIZE], network), batch(paths, network, methods)
        walls.append(alone[0] / done[0])
        cpus.append(alone[1] / done[1])
    name = f"{network}, {len(paths):,} {what}"
    note = f"{os.cpu_count()} processors, busy with other work, too"
    return [
        row(
            "batches",
            f"{name}: spectra per second / forward alone at batch 32",
            walls,
            None if methods else BAR,
            at_least=True,
            note=note,
        ),
        row("batches", f"… {name}: by CPU time", cpus),
    ]


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--spectra", type=int, default=1000)
    parser.add_argument("--network", default="kuhn-hmbc")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures, beside made-up ones")
    given = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place:
        made = folder(Path(place) / "made", given.spectra)
        rows += measured(made[:EACH], given.network, (), given.rounds, "made pictures")
        rows += measured(made, given.network, (), 1, "made pictures")
        rows += measured(made[:EACH], given.network, ("hirescam",), 1, "made pictures, with maps")
        if given.pictures:
            real = sorted(p for p in given.pictures.rglob("*HMBC*") if p.is_file())
            rows += measured(real[:EACH], given.network, (), given.rounds, "pictures of others")
            rows += measured(real[: given.spectra], given.network, (), 1, "pictures of others")
    write_rows("throughput", rows, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
