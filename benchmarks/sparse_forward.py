"""Skipping blank paper beside the dense forward pass: CPU time and how exact it is.

    python benchmarks/sparse_forward.py [--pictures FOLDER] [--rounds 5] [--out FILE]

One thread, examples one by one, spectra of 10 to 160 made-up peaks (and the pictures of a folder):
dense over what the engine does, which skips blank paper where that is faster. Errors are the
largest differences over the largest logit: of logits from the same network in float64, ours and
those of the dense way, and of maps (HiResCAM, all classes) from the dense way; of the examples that
skip blank paper, for the others are TensorFlow's own pass (told, where there are both).
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import explain_speed  # noqa: F401 - sets the threads
import numpy as np
from bars import Row, cpu_seconds, ratios, row, write_rows
from peak_occlusion import precise

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.preprocessing import feed, prepare_inputs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import Image, PeakList
from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.explain.passes import Forward, Passes
from nmrcam_qt.ml.network import Network

FASTER, EXACT = 1.3, 2e-7
PEAKS = (10, 40, 160)
EACH = 12


def made(spec: InputSpec, peaks: int, seed: int) -> Image:
    """Random peaks on the network's grid."""
    rng = np.random.default_rng(seed)
    there = PeakList(rng.uniform(0.5, 9.5, peaks), rng.uniform(10, 190, peaks), np.ones(peaks))
    return feed(np.abs(draw_peaks(there, spec.f1, spec.f2)), spec)


def faster(network: Network, examples: Sequence[Image], rounds: int) -> list[float]:
    """How many times as fast as dense, for each round."""
    own, bare = engine(network), Forward(network.model)
    return ratios(
        lambda: cpu_seconds(lambda: [bare([x[np.newaxis]]) for x in examples]),
        lambda: cpu_seconds(lambda: [own.logits([x[np.newaxis]]) for x in examples]),
        rounds,
    )


def errors(network: Network, examples: Sequence[Image]) -> tuple[float, float, float]:
    """Of our logits, of dense logits and of our maps, over the largest logit."""
    own = engine(network)
    places = own.places()
    every = np.arange(len(network.card.classes), dtype=np.int32)
    chosen = np.tile(every, (len(examples), 1))
    fed = [np.stack(examples)]
    plain = Passes(own.graph, [p.output for p in places])(fed, chosen)
    wanted = np.einsum("nshwc,nhwc->nshw", plain.gradients[0], plain.maps[0])
    found = own.run(fed, chosen, places)
    maps = [np.einsum("nshwc,nhwc->nshw", p.gradients[0], p.maps[0]) for p in found]
    scale = float(np.abs(plain.logits).max())
    logits = np.concatenate([p.logits for p in found])
    exact = precise(network, fed)
    if exact is None:
        raise RuntimeError(f"{network.card.id}: cannot be computed in float64")
    return (
        float(np.abs(logits - exact).max()) / scale,
        float(np.abs(plain.logits - exact).max()) / scale,
        float(np.abs(np.concatenate(maps) - wanted).max()) / scale,
    )


def parted(network: Network, examples: Sequence[Image]) -> tuple[list[Image], list[Image]]:
    """Those that skip blank paper, and those that go the dense way."""
    runs = engine(network)._runs([np.stack(examples)])
    short = {n for rows, halves in runs if halves for n in range(rows.start, rows.stop)}
    ways: tuple[list[Image], list[Image]] = ([], [])
    for number, example in enumerate(examples):
        ways[number not in short].append(example)
    return ways


def rows_of(network: Network, examples: Sequence[Image], rounds: int, what: str) -> list[Row]:
    """Speed of all, errors of those that skip blank paper; the dense way is TensorFlow's own."""
    name = f"{network.card.id}, {what}"
    short, others = parted(network, examples)
    logits, dense, maps = errors(network, short or others)
    note = "relative to the largest logit"
    more = []
    if short and others:
        _, theirs, _ = errors(network, others)
        note += f"; of the {len(short)} of {len(examples)} that skip it"
        left = f"… {name}: error of the other {len(others)}, computed the dense way"
        more.append(row("networks", left, [theirs], note="relative to their largest logit"))
    share = len(short) / len(examples)
    least, exact = (FASTER, EXACT) if share > 0.5 else (None, None)
    return [
        row(
            "networks",
            f"{name}: dense forward pass / skipping blank paper",
            faster(network, examples, rounds),
            least,
            at_least=True,
            note=f"{share:.0%} are blank enough; others go the dense way, twice if alone",
        ),
        row("networks", f"… {name}: error of logits from float64", [logits], exact, note=note),
        row("networks", f"… {name}: that of the dense way", [dense], note=note),
        row("networks", f"… {name}: maps from the dense way", [maps], exact, note=note),
        *more,
    ]


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", nargs="*", default=["kuhn-hsqc", "kuhn-hmbc"])
    parser.add_argument("--pictures", type=Path, help="folder of pictures named …HSQC, …HMBC")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows: list[Row] = []
    for name in given.network:
        network = Network.load(ROOT / "models" / name)
        (spec,) = network.card.inputs
        for peaks in PEAKS:
            examples = [made(spec, peaks, seed) for seed in range(EACH)]
            rows += rows_of(network, examples, given.rounds, f"{peaks} made-up peaks")
        if given.pictures:
            files = sorted(given.pictures.rglob(f"*{spec.experiment.label}.*"))
            chosen = files[:: max(1, len(files) // EACH)][:EACH]
            examples = [
                prepare_inputs(network.card, [read_spectrum(f)]).examples[0] for f in chosen
            ]
            rows += rows_of(network, examples, given.rounds, f"{len(chosen)} pictures of the study")
    write_rows("sparse_forward", rows, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
