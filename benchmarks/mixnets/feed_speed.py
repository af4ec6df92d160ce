"""Does training wait for data? CPU time of a drawn batch beside that of a training step.

    python benchmarks/mixnets/feed_speed.py --runs ../runs/mixnets

Both in CPU seconds of the process, because the machine may be busy with other things; the
last figure is the share of a training that drawing takes when nothing overlaps.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import keras

from nmrcam_qt.core.simulate.cache import load_cache
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mixnet import INPUTS, build_mixnet, training_model
from nmrcam_qt.ml.mixnet_data import FeedSettings, MixtureFeed
from nmrcam_qt.ml.mixnet_training import CellLoss, FitSettings, class_loss


def cpu(work: Callable[[int], object], n: int) -> float:
    """CPU seconds a call."""
    work(0)
    start = time.process_time()
    for i in range(n):
        work(i)
    return (time.process_time() - start) / n


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--n", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    report: dict = {"python": platform.python_version(), "batch": FeedSettings().batch_size}
    for experiment, spec in INPUTS.items():
        cache = load_cache(args.runs / "cache" / f"{experiment.value}.npz")
        feed = MixtureFeed(cache, spec, FeedSettings(steps=args.n), 0)
        drawn = cpu(feed.__getitem__, args.n)
        x, y = feed[0]
        found = {"draw_cpu_s": round(drawn, 4)}
        for policy in ("float32", "mixed_bfloat16"):
            keras.config.set_dtype_policy(policy)
            model = training_model(build_mixnet(spec))
            model.compile(optimizer="adam", loss=[class_loss, CellLoss(FitSettings())])
            step = cpu(lambda _, m=model, x=x, y=y: m.train_on_batch(x, y), args.n)
            found[f"step_cpu_s_{policy}"] = round(step, 3)
            found[f"share_{policy}"] = round(drawn / (drawn + step), 3)
        found["weights"] = int(build_mixnet(spec).count_params())
        report[Experiment(experiment).value] = found
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
