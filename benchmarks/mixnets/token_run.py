"""Train a token network and say what it can, on unseen simulated and on real spectra.

    python benchmarks/mixnets/token_run.py --data ../shared/data --runs ../runs/mixnets \\
        --experiment hsqc --name p1 --bf16 --set epochs=60

Caches without any compound of the real sets must lie in ``RUNS/cache`` (``pretrain.py
--build``). ``--set KEY=VALUE`` changes a setting of the network, the feed, the drawing or
the fit; ``--init`` begins with the weights of another run; ``--fold K`` joins the measured
spectra but those of the compounds of fold K, which are then judged. A run goes on where it
stopped.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import keras
import numpy as np
from pretrain import HELD_OUT, LIFT, real_caches

from nmrcam_qt.core.simulate.cache import join, load_cache
from nmrcam_qt.core.simulate.fingerprints import common_surroundings, fingerprints
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mixnet import lift_scores
from nmrcam_qt.ml.mixnet_data import compounds_of, fold_of, held_out, only, without
from nmrcam_qt.ml.mixnet_evaluation import (
    Bench,
    Explained,
    measure_cases,
    priors,
    summary,
    table,
    targets,
)
from nmrcam_qt.ml.mixnet_training import read_state
from nmrcam_qt.ml.token_feed import TokenFeed, TokenFeedSettings
from nmrcam_qt.ml.token_net import TokenSettings, build_token_net, copy_trunk, token_input
from nmrcam_qt.ml.token_training import TokenFitSettings, TokenFitter, build_training

GUESSED = 0.25
"""Compounds with a larger share of shifts guessed from radius 1 are not trained on."""
N_BITS = 192


def settings_of(changes):
    """Defaults with ``KEY=VALUE`` changes."""
    parts = [TokenSettings(), TokenFeedSettings(), TokenFitSettings(), DrawSettings()]
    for change in changes:
        key, value = change.split("=", 1)
        (place,) = [i for i, p in enumerate(parts) if key in {f.name for f in fields(p)}]
        old, new = getattr(parts[place], key), json.loads(value)
        new = tuple(new) if isinstance(old, tuple) else type(old)(new)
        parts[place] = replace(parts[place], **{key: new})
    network, feed, fit, draw = parts
    return network, replace(feed, draw=draw), fit


def judge(model, learned, unseen, real, spec, small):
    """Figures on unseen simulated spectra (equal amounts) and on real ones."""
    network, prior, found = Explained(model), priors(learned, spec), {}
    drawn = replace(DrawSettings(), decades=0.0)
    sets = {"simulated": (unseen, drawn, 40 if small else 100)}
    sets |= {name: (cache, PLAIN, 60 if small else 10**6) for name, cache in real.items()}
    for name, (cache, draw, most) in sets.items():
        chosen = targets(cache, most, 300 if small else 10**4)
        for n in (0, 1, 2) if small else (0, 1, 2, 4):
            cases = measure_cases(network, Bench(cache, spec, prior, draw), chosen, n)
            found[f"{name} +{n}"] = summary(cases, resamples=0 if small else 500)
    return found


def deployed(spec, network, trained):
    """The network that eats ink, with the trained trunk."""
    model = build_token_net(spec, network)
    copy_trunk(trained, model)
    lift_scores(model, LIFT)
    return model


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--name", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", type=Path, help="state of another run")
    parser.add_argument("--fold", type=int, metavar="K")
    parser.add_argument("--bf16", action="store_true", help="trunk in bfloat16")
    parser.add_argument("--full", action="store_true", help="all cases, with intervals")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def main() -> None:
    args = arguments()
    experiment = Experiment(args.experiment)
    cache = load_cache(args.runs / "cache" / f"{args.experiment}.npz")
    names = held_out({bytes(c) for c in cache.compounds}, HELD_OUT)
    train, unseen = without(cache, names), only(cache, names)
    train = learned = train.subset(np.flatnonzero(train.guessed() <= GUESSED))
    surroundings = common_surroundings(train.smiles, N_BITS)
    real = real_caches(args.data, experiment)
    if args.fold is not None:
        barred = {c for c in compounds_of(list(real.values())) if fold_of(c, 5) == args.fold}
        learned = join([without(c, barred) for c in real.values()])
        train, real = join([train, learned]), {n: only(c, barred) for n, c in real.items()}
    network, feed, fit = settings_of(args.set)
    spec = token_input(experiment)
    keras.utils.set_random_seed(args.seed)
    if args.bf16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    trained = build_training(network, fit, len(surroundings))
    if args.init is not None:
        trained.set_weights(read_state(args.init)[0])
    folder = args.runs / f"{args.experiment}-{args.name}"
    began = time.perf_counter(), time.process_time()
    bits = fingerprints(train.smiles, surroundings)
    batches = TokenFeed(train, bits, spec, network.cycles, feed, args.seed)
    epochs = TokenFitter(trained, fit, feed.steps, folder).fit(batches)
    spent = time.perf_counter() - began[0], time.process_time() - began[1]
    keras.config.set_dtype_policy("float32")
    model = deployed(spec, network, trained)
    report = {
        "settings": {"network": asdict(network), "feed": asdict(feed), "fit": asdict(fit)},
        "seed": args.seed,
        "weights": int(model.count_params()),
        "steps": epochs * feed.steps,
        "minutes": {"wall": round(spent[0] / 60, 1), "cpu": round(spent[1] / 60, 1)},
        "figures": judge(model, learned, unseen, real, spec, not args.full),
    }
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(args.name, args.set, report["minutes"], "steps", report["steps"])
    print(table(list(report["figures"].items())), flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
