"""Train a mixture network on simulated spectra only and say what it can, on real ones too.

    python benchmarks/mixnets/pretrain.py --data ../shared/data --runs ../runs/mixnets \\
        --experiment hsqc --name a1 --epochs 20

Caches without any compound of the real sets must lie in ``RUNS/cache`` (``--build`` makes
them). A tenth of the simulated compounds, chosen by name, is never trained on. The run goes
on where it stopped; ``--set KEY=VALUE`` changes a setting of the network, the feed, the
drawing or the fit.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import keras
import numpy as np

from nmrcam_qt.core.progress import SILENT
from nmrcam_qt.core.simulate.cache import SignalCache, build_cache, load_cache
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mixnet import (
    ATTENTION,
    FINER,
    MixnetSettings,
    build_mixnet,
    input_of,
    lift_scores,
)
from nmrcam_qt.ml.mixnet_data import (
    FeedSettings,
    MixtureFeed,
    held_out,
    only,
    without,
)
from nmrcam_qt.ml.mixnet_evaluation import (
    Bench,
    Explained,
    measure_cases,
    priors,
    summary,
    table,
    targets,
)
from nmrcam_qt.ml.mixnet_training import FitSettings, Fitter

REAL = ("deepsat_hsqc/manifest.csv", "bmrb2d/manifest.csv", "kuhn2021/compounds.csv")
HELD_OUT = 0.1
LIFT = 6.0
"""Local scores above -LIFT hold heat; the logits do not change."""


def real_compounds(data: Path) -> set[str]:
    """Every compound of the three real sets, whether its spectrum is used or not."""
    found: set[str] = set()
    for name in REAL:
        with (data / name).open(encoding="utf-8-sig", newline="") as handle:
            found |= {row["inchikey14"] for row in csv.DictReader(handle)}
    return found - {""}


def real_caches(data: Path, experiment: Experiment) -> dict[str, SignalCache]:
    """Measured spectra of the sets that hold this experiment."""
    names = ("deepsat_hsqc", "bmrb2d") if experiment is Experiment.HSQC else ("bmrb2d",)
    return {name: read_measured(data / name, experiment) for name in names}


def settings_of(changes: list[str]) -> tuple[MixnetSettings, FeedSettings, FitSettings]:
    """Defaults with ``KEY=VALUE`` changes."""
    parts = [MixnetSettings(), FeedSettings(), FitSettings(), DrawSettings()]
    for change in changes:
        key, value = change.split("=", 1)
        place = [i for i, p in enumerate(parts) if key in {f.name for f in fields(p)}]
        old = getattr(parts[place[0]], key)
        new = value if isinstance(old, str) else json.loads(value)
        new = tuple(new) if isinstance(old, tuple) else type(old)(new)
        parts[place[0]] = replace(parts[place[0]], **{key: new})
    network, feed, fit, draw = parts
    return network, replace(feed, draw=draw), fit


def evaluate(model: keras.Model, train, unseen, real, spec, small: bool) -> dict:
    """Pure and mixed figures on unseen simulated and on real spectra."""
    network, prior = Explained(model), priors(train, spec)
    found = {}
    # Equal amounts, as the figures of mixtures are defined.
    drawn = replace(DrawSettings(), decades=0.0)
    sets = {"simulated": (unseen, drawn, 40 if small else 100)}
    sets |= {name: (cache, PLAIN, 60 if small else 10**6) for name, cache in real.items()}
    for name, (cache, draw, most) in sets.items():
        chosen = targets(cache, most, 300 if small else 1000)
        for n in (0, 1, 2) if small else (0, 1, 2, 4):
            cases = measure_cases(network, Bench(cache, spec, prior, draw), chosen, n)
            found[f"{name} +{n}"] = summary(cases, resamples=0 if small else 500)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--name", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="trunk in bfloat16 (AMX)")
    parser.add_argument("--full", action="store_true", help="all cases, with intervals")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    if args.build:
        build_cache(args.data, args.runs / "cache", real_compounds(args.data), SILENT)
    experiment = Experiment(args.experiment)
    everything = load_cache(args.runs / "cache" / f"{args.experiment}.npz")
    names = held_out({bytes(c) for c in everything.compounds}, HELD_OUT)
    train, unseen = without(everything, names), only(everything, names)
    network, feed, fit = settings_of(args.set)
    spec, feed = input_of(experiment, network), replace(feed, finer=FINER if network.stem else 1)
    folder = args.runs / f"{args.experiment}-{args.name}"
    keras.utils.set_random_seed(args.seed)
    if args.bf16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    model = build_mixnet(spec, network)
    started = time.perf_counter(), time.process_time()
    fitter = Fitter(model, fit, feed.steps, folder)
    deadline = time.time() + 60 * args.minutes
    epochs = fitter.fit(MixtureFeed(train, spec, feed, args.seed), deadline=deadline)
    spent = time.perf_counter() - started[0], time.process_time() - started[1]
    keras.config.set_dtype_policy("float32")
    plain = build_mixnet(spec, network)
    plain.set_weights(model.get_weights())
    if network.pooling == ATTENTION:
        lift_scores(plain, LIFT)
    found = evaluate(plain, train, unseen, real_caches(args.data, experiment), spec, not args.full)
    report = {
        "settings": {"network": asdict(network), "feed": asdict(feed), "fit": asdict(fit)},
        "seed": args.seed,
        "weights": int(plain.count_params()),
        "steps": epochs * feed.steps,
        "minutes": {"wall": round(spent[0] / 60, 1), "cpu": round(spent[1] / 60, 1)},
        "bf16": args.bf16,
        "figures": found,
    }
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(args.name, args.set, report["minutes"], "steps", report["steps"])
    print(table(list(found.items())), flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
