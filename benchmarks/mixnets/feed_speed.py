"""Does training wait for data? CPU time of a drawn batch beside that of a training step.

    python benchmarks/mixnets/feed_speed.py --data ../shared/data --cache ../runs/mixnets/cache

Of the pretraining of both recipes, over the batches of one group (`token_feed.GROUP`), which are
drawn together and cost as their numbers of tokens differ; the compounds are a part of all, which
changes neither. Both in CPU seconds of this process,
because the machine may be busy with other things; ``share`` is the part of a training that
drawing takes when nothing overlaps. It does overlap: with TensorFlow, Keras draws ahead in a
thread (`workers` of a `PyDataset` changes that only from 2 on). ``digest`` is of all arrays of the
batches: code that draws faster has to leave it as it is, or runs that were stopped do not go on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nmrcam_qt.core.simulate.fingerprints import common_surroundings, fingerprints
from nmrcam_qt.ml.quiet import load_quietly

NOTE = "2 cores busy with trainings and tests: seconds are too high, shares are of one run"


def cpu(work: Callable[[int], object], numbers: range) -> float:
    """CPU seconds a call."""
    start = time.process_time()
    for i in numbers:
        work(i)
    return (time.process_time() - start) / len(numbers)


def digest_of(batches: Iterable[Any]) -> str:
    """Of every array of the batches, to the last bit."""
    found = hashlib.sha256()
    for inputs, _ in batches:
        for name in sorted(inputs):
            found.update(f"{name} {inputs[name].dtype} {inputs[name].shape}".encode())
            found.update(np.ascontiguousarray(inputs[name]).tobytes())
    return found.hexdigest()


def measured(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Figures of one recipe."""
    from nmrcam_qt.ml.mix_data import load_mix_data
    from nmrcam_qt.ml.mix_recipes import mix_recipe
    from nmrcam_qt.ml.mixnet_training import Fitter
    from nmrcam_qt.ml.token_feed import GROUP, TokenFeed
    from nmrcam_qt.ml.token_net import token_input
    from nmrcam_qt.ml.token_training import build_training

    recipe = mix_recipe(name)
    stage = recipe.pretraining
    cache = load_mix_data(recipe, args.data, args.cache).simulated
    rng = np.random.default_rng(0)
    cache = cache.subset(np.sort(rng.permutation(len(cache))[: args.compounds]))
    surroundings = common_surroundings(cache.smiles, recipe.n_surroundings)
    bits = fingerprints(cache.smiles, surroundings)
    spec, cycles = token_input(recipe.experiment), recipe.network.cycles
    feed = TokenFeed(cache, bits, spec, cycles, stage.feed, 0)
    model = build_training(recipe.network, stage.fit, len(surroundings))
    Fitter(model, stage.fit, stage.feed.steps, args.cache)  # compiles it
    for i in range(2):  # two sizes, so that the graph is made for every size
        model.train_on_batch(*feed[i])
    group = range(GROUP, 2 * GROUP)
    draw = cpu(feed.__getitem__, group)
    batches = {i: feed[i] for i in group}
    step = cpu(lambda i: model.train_on_batch(*batches[i]), group)
    return {
        "batch": stage.feed.batch_size,
        "tokens": [batches[i][0]["tokens"].shape[1] for i in group],
        "weights": int(model.count_params()),
        "draw_cpu_s": round(draw, 3),
        "step_cpu_s": round(step, 3),
        "share": round(draw / (draw + step), 3),
        "digest": digest_of(batches.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, required=True, help="holds or gets hsqc.npz, ...")
    parser.add_argument("--compounds", type=int, default=2000, help="that are drawn from")
    parser.add_argument("--note", default=NOTE)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    load_quietly()
    report: dict[str, Any] = {"python": platform.python_version(), "machine": args.note}
    report |= {name: measured(name, args) for name in ("hsqc-mix", "hmbc-mix")}
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
