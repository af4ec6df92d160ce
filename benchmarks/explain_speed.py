"""How much all maps cost, as ratios of CPU time within one run (this process, one thread).

    python benchmarks/explain_speed.py [--network ID ...] [--rounds 5] [--out FILE]

*bare* is the network's own graph, compiled, nothing left out; *all maps* is what the program does
(`analyse_prepared`): all classes by the six gradient methods, with scores and ppm axes. The seed
networks skip blank paper, so that all of it may cost less than their bare pass; the same for a
spectrum of noise, where nothing is blank, stands beside it without a bar.

*End to end* is one picture from the file to the maps (read, prepare, forward, maps) beside the
procedure of the thesis (`thesis_baseline`) on the same file.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

import thesis_baseline
from bars import Row, cpu_seconds, ratios, row, script_parser, write_rows
from pictures_made import picture

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.preprocessing import Prepared, feed, prepare_inputs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.ml.explain.passes import Forward
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.study.plan import GRADIENT

SEED = ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined")
POOLED = ("hsqc-mix", "hmbc-mix", "paired-mix")
BARS = {1: {"seed": 1.5, "pooled": 1.25}, 32: {"seed": 1.25, "pooled": 1.25}}
THESIS_NETWORK, THESIS_BAR = "kuhn-hmbc", 60.0


def spectrum(spec: InputSpec, seed: int) -> np.ndarray:
    """Forty random peaks on the network's grid."""
    rng = np.random.default_rng(seed)
    peaks = PeakList(rng.uniform(0.5, 9.5, 40), rng.uniform(10, 190, 40), np.ones(40))
    return feed(np.abs(draw_peaks(peaks, spec.f1, spec.f2)), spec)


def noise(spec: InputSpec, seed: int) -> np.ndarray:
    """Ink everywhere."""
    return np.random.default_rng(seed).random(spec.shape, np.float32)


def network_rows(network: Network, rounds: int) -> list[Row]:
    """All maps over the bare pass."""
    family = "seed" if network.card.id in SEED else "pooled"
    found = []
    for size, repeats in ((1, 5), (32, 1)):
        many = "1 spectrum" if size == 1 else f"batch of {size}"
        what = f"{network.card.id}: all classes × all gradient methods, {many} / bare forward"
        values = all_maps(network, spectrum, size, repeats, rounds)
        found.append(row("networks", what, values, BARS[size][family]))
        if family == "seed":
            values = all_maps(network, noise, size, repeats, rounds)
            found.append(row("networks", f"… {network.card.id}, {many}, nothing blank", values))
    return found


def all_maps(
    network: Network,
    make: Callable[[InputSpec, int], np.ndarray],
    size: int,
    repeats: int,
    rounds: int,
) -> list[float]:
    """One ratio for each round."""
    batch = [np.stack([make(spec, n) for n in range(size)]) for spec in network.card.inputs]
    prepared = [Prepared(tuple(x[n] for x in batch), ()) for n in range(size)]
    bare = Forward(network.model)
    for _ in range(2):  # what comes alone a second time may go another way
        analyse_prepared(network, prepared, GRADIENT, "all")
    return ratios(
        lambda: cpu_seconds(lambda: analyse_prepared(network, prepared, GRADIENT, "all"), repeats),
        lambda: cpu_seconds(lambda: bare(batch), repeats),
        rounds,
    )


def thesis_rows(network: Network, rounds: int) -> list[Row]:
    """How many times faster one picture is than by the procedure of the thesis."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_HMBC.png"
        picture(path, 1)
        jpeg = path.with_suffix(".jpg")
        thesis_baseline.as_jpeg(path, jpeg)
        for what, trained in (("as saved by training", True), ("weights only", False)):
            saved = Path(folder) / f"{trained}.h5"
            thesis_baseline.save_h5(network, saved, optimizer=trained)
            note = f"network {what}"
            name = "one JPEG picture end to end: the thesis's program / ours"
            found = against_thesis(network, saved, jpeg, rounds)
            rows.append(row("networks", name, found, THESIS_BAR, at_least=True, note=note))
        found = against_thesis(network, saved, path, rounds)
        rows.append(row("networks", "… a grey PNG picture, weights only", found))
        found = against_thesis(network, saved, jpeg, rounds, prepared=True)
        rows.append(row("networks", "… forward and maps alone, weights only", found))
    return rows


def against_thesis(
    network: Network, saved: Path, path: Path, rounds: int, prepared: bool = False
) -> list[float]:
    """One ratio for each round; with `prepared` without our reading and preparing."""
    layer, classes = network.card.default_layer, len(network.card.classes)
    ready = prepare_inputs(network.card, [read_spectrum(path)])

    def ours() -> object:
        eaten = ready if prepared else prepare_inputs(network.card, [read_spectrum(path)])
        return analyse_prepared(network, [eaten], GRADIENT, "all")

    shape = network.card.inputs[0].shape
    return ratios(
        lambda: cpu_seconds(lambda: thesis_baseline.program(saved, path, shape, layer, classes)),
        lambda: cpu_seconds(ours, 5),
        rounds,
    )


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--network", nargs="*", default=[*SEED, *POOLED])
    given = parser.parse_args()
    rows: list[Row] = []
    for name in given.network:
        network = Network.load(ROOT / "models" / name)
        rows += network_rows(network, given.rounds)
        if name == THESIS_NETWORK:
            rows += thesis_rows(network, given.rounds)
    write_rows("explain_speed", rows, given.out, methods=list(GRADIENT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
