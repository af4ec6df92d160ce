"""Fine-tune a pretrained mixture network fold by fold and judge it on the compounds left out.

    python benchmarks/mixnets/finetune.py --data ../shared/data --runs ../runs/mixnets \\
        --experiment hsqc --base b1 --out benchmarks/mixnets/results-hsqc.json

The pretrained network must have seen no compound of the real sets (``pretrain.py``). The
folds are by compound, the same in every set and for both experiments. A fold that is done
is not done again; ``--report`` only puts the figures together.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

import keras
import numpy as np
from pretrain import HELD_OUT, LIFT, real_caches, settings_of

from nmrcam_qt.core.simulate.cache import SignalCache, join, load_cache
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet import (
    ATTENTION,
    FINER,
    MixnetSettings,
    build_mixnet,
    input_of,
    lift_scores,
)
from nmrcam_qt.ml.mixnet_calibration import (
    brier_skill,
    calibration_error,
    fit_calibration,
    reliability,
)
from nmrcam_qt.ml.mixnet_data import MixtureFeed, fold_of, held_out, only, without
from nmrcam_qt.ml.mixnet_evaluation import (
    Bench,
    Cases,
    Explained,
    measure_cases,
    priors,
    summary,
    table,
    targets,
)
from nmrcam_qt.ml.mixnet_training import Fitter, read_state

FOREIGN = (0, 1, 2, 4)


class Folds:
    """Everything that the folds share: data, one compiled network, one plain one."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        experiment = Experiment(args.experiment)
        self.real = real_caches(args.data, experiment)
        everything = load_cache(args.runs / "cache" / f"{args.experiment}.npz")
        names = held_out({bytes(c) for c in everything.compounds}, HELD_OUT)
        self.simulated, self.unseen = without(everything, names), only(everything, names)
        base = args.runs / f"{args.experiment}-{args.base}"
        network = json.loads((base / "report.json").read_text(encoding="utf-8"))
        self.network = network_settings(network["settings"]["network"])
        self.spec = input_of(experiment, self.network)
        self.weights, _, _ = read_state(base / "state.npz")
        self.folder = args.runs / f"{args.experiment}-{args.base}-{args.name}"
        _, feed, self.fit = settings_of(args.set)
        self.feed = replace(feed, finer=FINER if self.network.stem else 1)
        self._fitter: Fitter | None = None
        self._plain: keras.Model | None = None

    def compounds(self, fold: int) -> set[bytes]:
        """Compounds of the real sets that a fold leaves out."""
        names = {bytes(c) for cache in self.real.values() for c in cache.compounds}
        return {c for c in names if fold_of(c, self.args.folds) == fold}

    def train(self, fold: int) -> None:
        """Fine-tune; the state stays in the fold's folder."""
        if self._fitter is None:
            keras.config.set_dtype_policy("mixed_bfloat16" if self.args.bf16 else "float32")
            model = build_mixnet(self.spec, self.network)
            self._fitter = Fitter(model, self.fit, self.feed.steps, self.folder)
            keras.config.set_dtype_policy("float32")
        barred = self.compounds(fold)
        measured = [without(cache, barred) for cache in self.real.values()]
        cache = join([self.simulated, *measured])
        self._fitter.folder = self.folder / f"fold{fold}"
        self._fitter.network.set_weights(self.weights)
        self._fitter.fit(MixtureFeed(cache, self.spec, self.feed, self.args.seed + 1000 * fold))

    def judge(self, fold: int) -> None:
        """Cases of the left-out compounds, and of unseen simulated ones, to the folder."""
        weights, _, _ = read_state(self.folder / f"fold{fold}" / "state.npz")
        if self._plain is None:
            self._plain = build_mixnet(self.spec, self.network)
            self._explained = Explained(self._plain)
        self._plain.set_weights(weights)
        if self.network.pooling == ATTENTION:
            lift_scores(self._plain, LIFT)
        barred = self.compounds(fold)
        learned = join([without(cache, barred) for cache in self.real.values()])
        prior = priors(learned, self.spec)
        arrays = {}
        for name, cache in self.real.items():
            part = only(cache, barred)
            bench = Bench(part, self.spec, prior)
            for n in FOREIGN:
                cases = measure_cases(self._explained, bench, np.arange(len(part)), n)
                arrays |= _arrays(f"{name} +{n}", cases)
        if fold == 0:
            drawn = replace(DrawSettings(), decades=0.0)
            bench = Bench(self.unseen, self.spec, prior, drawn)
            chosen = targets(self.unseen, 60, 500)
            for n in FOREIGN:
                cases = measure_cases(self._explained, bench, chosen, n)
                arrays |= _arrays(f"simulated +{n}", cases)
        np.savez_compressed(self.folder / f"fold{fold}" / "cases.npz", **arrays)


def network_settings(saved: dict) -> MixnetSettings:
    """The settings of a network from a report."""
    values = {f.name: saved[f.name] for f in fields(MixnetSettings) if f.name in saved}
    return MixnetSettings(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _arrays(name: str, cases: Cases) -> dict[str, np.ndarray]:
    arrays = {f"{name}/{f.name}": getattr(cases, f.name) for f in fields(Cases)}
    return arrays | {f"{name}/compounds": np.array(cases.compounds)}


def read_cases(path: Path) -> dict[str, Cases]:
    """Cases of one fold by name."""
    with np.load(path) as data:
        names = sorted({key.rsplit("/", 1)[0] for key in data.files})
        return {
            name: Cases(
                tuple(data[f"{name}/compounds"].tolist()),
                *(data[f"{name}/{f.name}"] for f in fields(Cases)[1:]),
            )
            for name in names
        }


def joined(parts: Sequence[Cases]) -> Cases:
    """Cases of several folds as one."""
    return Cases(
        tuple(c for p in parts for c in p.compounds),
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Cases)[1:]),
    )


def calibration(folds: list[dict[str, Cases]], names: Sequence[str]) -> dict:
    """Calibrated on the other folds' left-out compounds, judged on this one's."""
    found, truth = [], []
    for k, mine in enumerate(folds):
        other = joined([f[n] for i, f in enumerate(folds) if i != k for n in names])
        fitted = fit_calibration(other.logits, other.labels)
        here = joined([mine[n] for n in names])
        found.append(fitted(here.logits))
        truth.append(here.labels)
    p, labels = np.concatenate(found), np.concatenate(truth)
    raw = np.concatenate([joined([f[n] for n in names]).logits for f in folds])
    return {
        "cases": ", ".join(names),
        "ece_before": round(calibration_error(0.5 * (1 + np.tanh(raw / 2)), labels), 4),
        "ece": round(calibration_error(p, labels), 4),
        "ece_by_class": {
            c: round(calibration_error(p[:, i], labels[:, i]), 4) for i, c in enumerate(CLASS_IDS)
        },
        "brier_skill": {
            c: round(brier_skill(p[:, i], labels[:, i]), 4) for i, c in enumerate(CLASS_IDS)
        },
        "reliability": [[round(x, 4), round(y, 4), n] for x, y, n in reliability(p, labels)],
    }


def report(folds: Folds, minutes: dict[str, float]) -> dict:
    """All figures over the folds that are done."""
    paths = sorted(folds.folder.glob("fold*/cases.npz"))
    cases = [read_cases(path) for path in paths]
    names = [f"{s} +{n}" for s in folds.real for n in FOREIGN]
    figures = {n: summary(joined([c[n] for c in cases]), resamples=1000) for n in names}
    for name, found in cases[0].items():
        if name.startswith("simulated"):
            figures[name] = summary(found, resamples=1000)
    pure = [f"{s} +0" for s in folds.real]
    mixed = [f"{s} +{n}" for s in folds.real for n in FOREIGN]
    return {
        "base": folds.args.base,
        "settings": {
            "network": asdict(folds.network),
            "feed": asdict(folds.feed),
            "fit": asdict(folds.fit),
        },
        "folds": folds.args.folds,
        "folds done": len(paths),
        "seed": folds.args.seed,
        "minutes": minutes,
        "figures": figures,
        "calibration": {
            "pure": calibration(cases, pure),
            "pure and mixed": calibration(cases, mixed),
        }
        if len(paths) > 1
        else None,
    }


def measured_counts(caches: dict[str, SignalCache]) -> dict[str, list[int]]:
    """Spectra and compounds of each real set."""
    return {n: [len(c), len(set(c.compounds.tolist()))] for n, c in caches.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--base", required=True, help="name of the pretrained run")
    parser.add_argument("--name", default="tuned")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="trunk in bfloat16 (AMX)")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    folds = Folds(args)
    minutes: dict[str, float] = {}
    for fold in range(0 if args.report else args.folds):
        if not (folds.folder / f"fold{fold}" / "cases.npz").exists():
            wall, cpu = time.perf_counter(), time.process_time()
            folds.train(fold)
            folds.judge(fold)
            minutes[f"fold {fold} wall"] = round((time.perf_counter() - wall) / 60, 1)
            minutes[f"fold {fold} cpu"] = round((time.process_time() - cpu) / 60, 1)
            print(fold, minutes, flush=True)
    found = report(folds, minutes)
    found["spectra and compounds"] = measured_counts(folds.real)
    text = json.dumps(found, indent=1) + "\n"
    (args.out or folds.folder / "report.json").write_text(text, encoding="utf-8")
    print(table(list(found["figures"].items())))
    print(found["calibration"], flush=True)


if __name__ == "__main__":
    main()
