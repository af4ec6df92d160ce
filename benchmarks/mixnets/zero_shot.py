"""What pretraining alone knows of measured spectra, after how many steps.

    python benchmarks/mixnets/zero_shot.py --network hsqc-mix --state 7000=RUN/state.npz \\
        --data ../shared/data --out benchmarks/mixnets/zero-shot-hsqc.json

The pretraining holds no compound of the measured sets, so that every one is new to it. A subset
of each set (up to 60 spectra per class and 300 others), drawn plainly, pure: AUROC of the study's
classes with an interval over compounds, and of the nine others.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.metrics.ranking import auroc
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.quiet import load_quietly

PER_CLASS, OTHERS = 60, 300
BATCH = 16
RESAMPLES = 500


def judged(model: Any, cache: SignalCache, spec: Any) -> dict[str, Any]:
    """Figures of one set."""
    from nmrcam_qt.ml.mixnet_evaluation import STUDY, study_auroc, targets

    drawer, rng = Drawer(cache, spec.f1, spec.f2, PLAIN), np.random.default_rng(0)
    chosen, logits, labels = targets(cache, PER_CLASS, OTHERS), [], []
    for start in range(0, len(chosen), BATCH):
        drawn = [drawer.draw(rng, 1, [int(i)]) for i in chosen[start : start + BATCH]]
        fed = np.stack([e.ink for e in drawn])[..., np.newaxis]
        logits.append(np.asarray(model(fed, training=False)))
        labels += [e.labels for e in drawn]
    scores, truth = np.concatenate(logits).astype(np.float64), np.array(labels)
    interval = bootstrap_interval(
        [bytes(c).decode() for c in cache.compounds[chosen]],
        lambda rows: study_auroc(scores, truth, rows),
        0,
        RESAMPLES,
    )
    each = [auroc(scores[:, i], truth[:, i]) for i in range(len(CLASS_IDS))]
    return {
        "n": len(chosen),
        "study": round(float(np.mean(each[:STUDY])), 4),
        "interval": [round(v, 4) for v in interval],
        "classes": {c: round(a, 4) for c, a in zip(CLASS_IDS, each, strict=True)},
        "nine_median": round(float(np.median(each[STUDY:])), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--network", required=True, choices=("hsqc-mix", "hmbc-mix"))
    parser.add_argument("--state", action="append", required=True, metavar="STEPS=NPZ")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, required=True, metavar="JSON")
    args = parser.parse_args()
    load_quietly()
    from nmrcam_qt.ml.mix_data import MEASURED
    from nmrcam_qt.ml.mix_folds import model_of
    from nmrcam_qt.ml.mix_recipes import mix_recipe
    from nmrcam_qt.ml.mixnet_training import read_state
    from nmrcam_qt.ml.token_net import token_input

    recipe = mix_recipe(args.network)
    spec = token_input(recipe.experiment)
    sets = {n: read_measured(args.data / n, recipe.experiment) for n in MEASURED[recipe.experiment]}
    found = {}
    for text in args.state:
        steps, path = text.split("=", 1)
        model = model_of(read_state(Path(path))[0], spec, recipe.network, len(CLASS_IDS))
        found[steps] = {name: judged(model, cache, spec) for name, cache in sets.items()}
        print(steps, json.dumps(found[steps]), flush=True)
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
