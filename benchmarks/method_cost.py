"""What every explanation method costs, in bare forward passes of the same network.

    python benchmarks/method_cost.py [--rounds 5] [--out FILE]

CPU time of this process, one thread. In every round the bare forward pass of one spectrum is
measured, then each method for the top class of that spectrum, and for all classes where they do
not share their passes; a ratio is made within a round.
The spectrum has forty peaks at random; how many signals its ink has is said, and by how much
integrated gradients miss the difference of logits that they should sum to.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import statistics
import sys
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

# It also sets the threads.
from explain_speed import spectrum

# isort: split
import numpy as np
from bars import Row, cpu_seconds, row, script_parser, write_rows

from nmrcam_qt.core.methods import METHODS, Kind
from nmrcam_qt.core.preprocessing import fed_ink
from nmrcam_qt.core.regions import ink_regions
from nmrcam_qt.ml.explain.engine import engine, explain
from nmrcam_qt.ml.network import Network

NETWORKS = ("kuhn-hmbc", "hmbc-mix")
FORWARDS = 5
SPECTRA = 4
GRADIENTS = "integrated_gradients"
CLASSES = {"top": "one class", "all": "all {} classes"}


def measure(network: Network, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Ratios of all methods, for one class and for all; what is told beside them."""
    (spec,) = network.card.inputs
    x = spectrum(spec, 0)
    own = engine(network)
    missing: dict[str, str] = {}
    found: dict[tuple[str, str], list[float]] = {}
    for method, info in METHODS.items():
        for classes in CLASSES if info.kind is Kind.INPUT else ("top",):
            found[method, classes] = []
            missing |= dict(explain(network, [x], [method], classes)[1])  # compiles, too
    own.plain_logits([x[np.newaxis]])
    for number in range(rounds):
        bare = cpu_seconds(lambda: own.plain_logits([x[np.newaxis]]), FORWARDS)
        for (method, classes), ratios in found.items():
            if method not in missing:
                work = partial(explain, network, [x], [method], classes)
                ratios.append(cpu_seconds(work) / bare)
        print(f"{network.card.id}: round {number + 1} of {rounds}", flush=True)
    many = len(network.card.classes)
    rows = [
        row(
            "methods",
            f"{METHODS[method].title}, {CLASSES[classes].format(many)}, {network.card.id} / "
            "one bare forward pass",
            ratios,
        )
        for (method, classes), ratios in found.items()
        if ratios
    ]
    return rows, {
        "weights_sha256": network.sha256,
        "signals": ink_regions(fed_ink(x, spec)).count,
        "not available": missing,
        "integrated gradients": None if GRADIENTS in missing else completeness(network),
    }


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


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    given = parser.parse_args()
    rows: list[Row] = []
    networks: dict[str, Any] = {}
    for name in NETWORKS:
        made, networks[name] = measure(Network.load(ROOT / "models" / name), given.rounds)
        rows += made
    write_rows("method_cost", rows, given.out, networks=networks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
