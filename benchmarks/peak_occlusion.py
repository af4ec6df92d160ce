"""Contributions of 60 peaks against 60 separate forward passes (CPU time, one thread).

    python benchmarks/peak_occlusion.py --out benchmarks/results/peak_occlusion.json

*contributions* is everything that the program does: the ink parted among the peaks, all painted
spectra, the empty one and the whole, all classes. *plain batches* is the same with every painted
spectrum computed from its first layer, as it was before `ml.painted_forward`. Both are divided by
one forward pass for each peak that has ink, measured in the same round. The logits of both ways
are compared with each other and, where the layers can compute in float64, with that.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

# It also sets the threads.
from explain_speed import cpu_seconds, summary

# isort: split
import keras
import numpy as np
import tensorflow as tf

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.painting import Painting, contribution_rows
from nmrcam_qt.core.preprocessing import Prepared, feed
from nmrcam_qt.core.regions import REST
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.ml.contributions import contributions
from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.painted_forward import near_logits

NETWORKS = ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined", "hsqc-mix", "hmbc-mix", "paired-mix")
PEAKS = 60
BAR = 0.35


def spectra(network: Network) -> tuple[Prepared, list[PeakPlaces]]:
    """Random peaks, as many on all inputs together as the bar says, and where they are."""
    examples, places = [], []
    n = PEAKS // len(network.card.inputs)
    for seed, spec in enumerate(network.card.inputs):
        rng = np.random.default_rng(seed)
        h_ppm, c_ppm = rng.uniform(0.2, 9.8, n), rng.uniform(4, 196, n)
        drawn = draw_peaks(PeakList(h_ppm, c_ppm, np.ones(n)), spec.f1, spec.f2)
        examples.append(feed(np.abs(drawn), spec))
        places.append(PeakPlaces(np.arange(n), h_ppm, c_ppm))
    return Prepared(tuple(examples), ()), places


def precise(network: Network, batch: list[np.ndarray]) -> np.ndarray | None:
    """Logits in float64; None for layers that compute in float32 whatever they are told."""
    if any(type(layer).__module__.startswith("nmrcam") for layer in network.model.layers):
        return None
    model = keras.models.clone_model(
        network.model,
        clone_function=lambda x: type(x).from_config({**x.get_config(), "dtype": "float64"}),
    )
    model.set_weights(network.model.get_weights())
    parts = [[x[i : i + 8].astype(np.float64) for x in batch] for i in range(0, len(batch[0]), 8)]
    fed = [x if len(x) > 1 else x[0] for x in parts]
    return np.concatenate([np.asarray(model(x, training=False)) for x in fed])


def differences(network: Network, painting: Painting, batch: list[np.ndarray]) -> dict[str, float]:
    """Largest differences of logits: ours from the plain way, and of all ways from float64."""
    own, n = engine(network), len(batch[0])
    ours, plain = near_logits(network, batch, painting.examples), own.logits(batch)
    found = {"from plain batches": np.abs(ours - plain).max()}
    exact = precise(network, batch)
    if exact is not None:
        alone = np.concatenate([own.logits([x[i : i + 1] for x in batch]) for i in range(n)])
        for name, logits in (("ours", ours), ("plain batches", plain), ("separate", alone)):
            found[f"{name} from float64"] = np.abs(logits - exact).max()
    return {name: float(f"{value:.2g}") for name, value in found.items()}


def measure(network: Network, rounds: int) -> dict[str, object]:
    """Both ratios and the differences."""
    prepared, places = spectra(network)
    own = engine(network)
    painting = Painting.of_peaks(network.card, prepared, places)
    rows = contribution_rows(painting)
    batch = painting.batch(rows)
    peaks = [i for i, row in enumerate(rows) if row.spots and row.spots[0][1] != REST]
    single = [[x[i : i + 1] for x in batch] for i in peaks]

    def separate() -> None:
        for one in single:
            own.logits(one)

    def plain() -> None:
        painting = Painting.of_peaks(network.card, prepared, places)
        own.logits(painting.batch(contribution_rows(painting)))

    def ours() -> None:
        contributions(network, prepared, places)

    ratios: dict[str, list[float]] = {"ours": [], "plain": []}
    for work in (separate, plain, ours):
        work()
    for _ in range(rounds):
        below = cpu_seconds(separate, 1)
        ratios["plain"].append(cpu_seconds(plain, 1) / below)
        ratios["ours"].append(cpu_seconds(ours, 1) / below)
    return {
        "contributions": summary(
            ratios["ours"], f"<= {BAR}", statistics.median(ratios["ours"]) <= BAR
        ),
        "plain batches": round(statistics.median(ratios["plain"]), 3),
        "largest difference of a logit": differences(network, painting, batch),
        "classes": len(network.card.classes),
        "painted spectra": len(rows),
        "peaks with ink": len(peaks),
    }


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = {}
    for name in NETWORKS:
        found[name] = row = measure(Network.load(ROOT / "models" / name), given.rounds)
        now = row["contributions"]
        verdict = "ok" if now["passed"] else "MISSED"
        print(
            f"{name}: {now['median']} ({now['min']}..{now['max']}): {verdict}; plain batches "
            f"{row['plain batches']}; differences {row['largest difference of a logit']}",
            flush=True,
        )
    report = {
        "command": "python benchmarks/peak_occlusion.py --out "
        "benchmarks/results/peak_occlusion.json",
        "what": f"CPU time of the contributions of {PEAKS} peaks over that of one forward pass for "
        "each, within one round, one thread",
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
    return 0 if all(row["contributions"]["passed"] for row in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
