"""What every explanation method costs, in bare forward passes of the same network.

    python benchmarks/method_cost.py [--rounds 2] [--out benchmarks/results/method_cost.json]

CPU time of this process, one thread. In every round the bare forward pass of one spectrum is
measured, then each method for the top class of that spectrum, and for all classes where they do
not share their passes; a ratio is made within a round, and the median, the smallest and the
largest over the rounds are given.
The spectrum has forty peaks at random; how many signals its ink has is said, and by how much
integrated gradients miss the difference of logits that they should sum to.
"""

# ruff: noqa: E402 - threads are set before numpy and TensorFlow are loaded
from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import keras
import numpy as np
import tensorflow as tf
from explain_speed import cpu_seconds, spectrum

from nmrcam_qt.core.methods import METHODS, Kind
from nmrcam_qt.core.preprocessing import fed_ink
from nmrcam_qt.core.regions import ink_regions
from nmrcam_qt.ml.explain.engine import engine, explain
from nmrcam_qt.ml.network import Network

NETWORKS = ("kuhn-hmbc", "hmbc-mix")
FORWARDS = 5
SPECTRA = 4


def measure(network: Network, rounds: int) -> dict[str, Any]:
    """Ratios of all methods, by the number of classes."""
    (spec,) = network.card.inputs
    x = spectrum(spec, 0)
    own = engine(network)
    missing: dict[str, str] = {}
    found: dict[tuple[str, str], list[float]] = {}
    for method, info in METHODS.items():
        for classes in ("top", "all") if info.kind is Kind.INPUT else ("top",):
            found[method, classes] = []
            if method not in WARM:
                missing |= dict(explain(network, [x], [method], classes)[1])  # compiles, too
    own.logits([x[np.newaxis]])
    for number in range(rounds):
        bare = cpu_seconds(lambda: own.logits([x[np.newaxis]]), FORWARDS)
        for (method, classes), ratios in found.items():
            if method not in missing:
                work = partial(explain, network, [x], [method], classes)
                ratios.append(cpu_seconds(work, 1) / bare)
        print(f"{network.card.id}: round {number + 1} of {rounds}", flush=True)
    costs = {
        classes: {m: summary(r) for (m, c), r in found.items() if c == classes and r}
        for classes in ("top", "all")
    }
    return {
        "weights_sha256": network.sha256,
        "classes": len(network.card.classes),
        "signals": ink_regions(fed_ink(x, spec)).count,
        "in bare forward passes": {
            "one class": costs["top"],
            "all classes, where they are not shared": costs["all"],
        },
        "not available": missing,
        "integrated gradients": None if GRADIENTS in missing else completeness(network),
    }


WARM = ("rise",)
"""Runs what another method has compiled."""
GRADIENTS = "integrated_gradients"


def completeness(network: Network) -> dict[str, Any]:
    """|sum of the map - difference of logits|, as a share of the summed size of the map."""
    (spec,) = network.card.inputs
    off, shares = [], []
    for seed in range(SPECTRA):
        x = spectrum(spec, seed)
        ends = network.logits([np.stack([np.full_like(x, spec.background), x])])
        maps, _ = explain(network, [x], [GRADIENTS], "all")
        for k, found in enumerate(maps):
            wanted = ends[1, k] - ends[0, k]
            miss = abs(float(found.evidence.sum(dtype=np.float64)) - wanted)
            off.append(miss)
            shares.append(miss / float(np.abs(found.evidence).sum(dtype=np.float64)))
    return {
        "maps": len(off),
        "largest miss, logits": round(float(max(off)), 4),
        "median miss, logits": round(float(statistics.median(off)), 4),
        "largest miss over the summed size of the map": round(float(max(shares)), 5),
    }


def summary(ratios: list[float]) -> dict[str, float]:
    """Median and spread over the rounds."""
    return {
        "median": round(statistics.median(ratios), 2),
        "min": round(min(ratios), 2),
        "max": round(max(ratios), 2),
    }


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = {name: measure(Network.load(ROOT / "models" / name), given.rounds) for name in NETWORKS}
    for name, rows in found.items():
        print(f"{name}: {rows['signals']} signals, {rows['classes']} classes")
        for method in METHODS:
            cells = [
                costs.get(method, {}).get("median", "-")
                for costs in rows["in bare forward passes"].values()
            ]
            print(f"  {method:22} one class {cells[0]:>8}   all classes {cells[1]:>8}")
        print(f"  integrated gradients: {rows['integrated gradients']}")
    report = {
        "command": "python benchmarks/method_cost.py --out benchmarks/results/method_cost.json",
        "what": "ratios of CPU time (time.process_time) within one run, one thread: one "
        "spectrum with the method / bare forward pass of one spectrum",
        "rounds": given.rounds,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "networks": found,
    }
    if given.out:
        given.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
