"""Contributions of 60 peaks against 60 separate forward passes (CPU time, one thread).

    python benchmarks/peak_occlusion.py [--rounds 7] [--out FILE]

*contributions* is everything that the program does: the ink parted among the peaks, all painted
spectra, the empty one and the whole, all classes. *plain batches* is the same with every painted
spectrum computed from its first layer, as it was before the short way (`ml/explain/near.py`).
Both are divided by one forward pass for each peak that has ink, measured in the same round. The
logits of both ways are compared with each other and, where the layers can compute in float64, with
that.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

# It also sets the threads.
import explain_speed  # noqa: F401

# isort: split
import keras
import numpy as np
from bars import Row, cpu_seconds, row, script_parser, write_rows

from nmrcam_qt.core.contributing import Question, contributions
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.painting import Painting, contribution_rows
from nmrcam_qt.core.preprocessing import Prepared, feed
from nmrcam_qt.core.regions import REST
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.ml.contributions import NetworkEngine
from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.network import Network

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
    ours = own.near(n, lambda part: [x[part] for x in batch], painting.examples)
    plain = own.plain_logits(batch)
    found = {"from plain batches": np.abs(ours - plain).max()}
    exact = precise(network, batch)
    if exact is not None:
        alone = np.concatenate([own.plain_logits([x[i : i + 1] for x in batch]) for i in range(n)])
        for name, logits in (("ours", ours), ("plain batches", plain), ("separate", alone)):
            found[f"{name} from float64"] = np.abs(logits - exact).max()
    return {name: float(f"{value:.2g}") for name, value in found.items()}


def measure(network: Network, rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Both ratios; the differences beside them."""
    prepared, places = spectra(network)
    own = engine(network)
    question = Question(network.card, prepared, tuple(places))
    painting = Painting.of_peaks(network.card, prepared, places)
    asked = contribution_rows(painting)
    batch = painting.batch(asked)
    peaks = [i for i, each in enumerate(asked) if each.spots and each.spots[0][1] != REST]
    single = [[x[i : i + 1] for x in batch] for i in peaks]

    def separate() -> None:
        for one in single:
            own.plain_logits(one)

    def plain() -> None:
        painting = Painting.of_peaks(network.card, prepared, places)
        own.plain_logits(painting.batch(contribution_rows(painting)))

    def ours() -> None:
        contributions(NetworkEngine(network), question)

    for work in (separate, plain, ours):
        work()
    short, long = [], []
    for _ in range(rounds):
        below = cpu_seconds(separate)
        long.append(cpu_seconds(plain) / below)
        short.append(cpu_seconds(ours) / below)
    name = network.card.id
    beside = f"{len(peaks)} separate forward passes, {name}"
    rows = [
        row("networks", f"contributions of {PEAKS} peaks, all classes / {beside}", short, BAR),
        row("networks", f"the same in plain batches / {beside}", long),
    ]
    return rows, {
        "weights_sha256": network.sha256,
        "largest difference of a logit": differences(network, painting, batch),
        "classes": len(network.card.classes),
        "painted spectra": len(asked),
        "peaks with ink": len(peaks),
    }


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=7)
    parser.add_argument("--network", nargs="*", default=NETWORKS)
    given = parser.parse_args()
    rows: list[Row] = []
    networks: dict[str, Any] = {}
    for name in given.network:
        made, networks[name] = measure(Network.load(ROOT / "models" / name), given.rounds)
        rows += made
        print(f"{name}: {networks[name]['largest difference of a logit']}", flush=True)
    write_rows("peak_occlusion", rows, given.out, networks=networks)
    return 0


if __name__ == "__main__":
    sys.exit(main())
