"""How much all maps cost, as ratios within one run (CPU time of this process, one thread).

    python benchmarks/explain_speed.py [--network models/kuhn-hmbc] [--out FILE]

Every round measures the things that are compared one after the other; a ratio is made
within a round, and the median, the smallest and the largest over the rounds are given.
*bare* is the compiled forward pass alone; *all maps* is what the program does: three
classes x Grad-CAM, Grad-CAM++, HiResCAM, LayerCAM with scores and ppm axes.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import keras
import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

import thesis_baseline

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.preprocessing import Prepared, feed
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network

METHODS = ("gradcam", "gradcam++", "hirescam", "layercam")
MAPS_BAR = 1.6
THESIS_BAR = 60.0


def spectrum(spec: InputSpec, seed: int) -> np.ndarray:
    """Forty random peaks on the network's grid."""
    rng = np.random.default_rng(seed)
    peaks = PeakList(rng.uniform(0.5, 9.5, 40), rng.uniform(10, 190, 40), np.ones(40))
    return feed(np.abs(draw_peaks(peaks, spec.f1, spec.f2)), spec)


def cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU time of one call, mean over `repeats`."""
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def ratios(
    above: tuple[Callable[[], object], int], below: tuple[Callable[[], object], int], rounds: int
) -> list[float]:
    """One ratio of CPU times for each round, after one call each that is not counted."""
    above[0]()
    below[0]()
    found = []
    for _ in range(rounds):
        under = cpu_seconds(*below)
        found.append(cpu_seconds(*above) / under)
    return found


def summary(found: list[float], bar: str, passed: bool) -> dict[str, object]:
    """Median and spread of the ratios of all rounds."""
    return {
        "median": round(statistics.median(found), 3),
        "min": round(min(found), 3),
        "max": round(max(found), 3),
        "rounds": len(found),
        "bar": bar,
        "passed": passed,
    }


def measure(network: Network, rounds: int) -> dict[str, dict[str, object]]:
    """All ratios."""
    (spec,) = network.card.inputs
    batch = np.stack([spectrum(spec, seed) for seed in range(32)])
    prepared = [Prepared((x,), ()) for x in batch]
    own = engine(network)
    result = {}
    for size, repeats in ((1, 10), (32, 1)):
        found = ratios(
            (lambda n=size: analyse_prepared(network, prepared[:n], METHODS, "all"), repeats),
            (lambda n=size: own.logits([batch[:n]]), repeats),
            rounds,
        )
        name = "all maps / bare forward pass, " + ("one spectrum" if size == 1 else "batch of 32")
        result[name] = summary(found, f"<= {MAPS_BAR}", statistics.median(found) <= MAPS_BAR)
    with tempfile.TemporaryDirectory() as folder:
        for what, trained in (("as saved by training", True), ("weights only", False)):
            path = Path(folder) / f"{trained}.h5"
            thesis_baseline.save_h5(network, path, optimizer=trained)
            for size in (1, 32):
                name = f"thesis procedure ({what}) / all maps, per spectrum, batch of {size}"
                found = against_thesis(network, path, prepared[:size], rounds)
                passed = statistics.median(found) >= THESIS_BAR
                result[name] = summary(found, f">= {THESIS_BAR:.0f}", passed)
    return result


def against_thesis(
    network: Network, path: Path, prepared: list[Prepared], rounds: int
) -> list[float]:
    """How many times faster one spectrum is, all maps against the thesis's procedure."""
    layer, classes = network.card.default_layer, len(network.card.classes)
    example = prepared[0].examples[0]
    found = ratios(
        (lambda: thesis_baseline.analyse(path, example, layer, classes), 1),
        (
            lambda: analyse_prepared(network, prepared, METHODS, "all"),
            10 if len(prepared) == 1 else 1,
        ),
        rounds,
    )
    return [ratio * len(prepared) for ratio in found]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", type=Path, default=ROOT / "models" / "kuhn-hmbc")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    network = Network.load(given.network)
    found = measure(network, given.rounds)
    for name, row in found.items():
        verdict = "ok" if row["passed"] else "MISSED"
        spread = f"{row['min']}..{row['max']}, {row['rounds']} rounds"
        print(f"{name}: {row['median']} ({spread}), bar {row['bar']}: {verdict}")
    report = {
        "command": "python benchmarks/explain_speed.py --out benchmarks/results/explain_speed.json",
        "network": network.card.id,
        "weights_sha256": network.sha256,
        "methods": METHODS,
        "what": "ratios of CPU time (time.process_time) within one run, one thread",
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "ratios": found,
    }
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["passed"] for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
