"""`nmrcam train`: the folds, the published mixtures and the network that is shipped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nmrcam_qt
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.writers.files import write_json
from nmrcam_qt.ml.kuhn_study import (
    KuhnTrainer,
    Plan,
    accuracy_rows,
    cross_validate,
    load_kuhn,
    mixture_table,
    without_mixture_compounds,
)
from nmrcam_qt.ml.recipes import Recipe
from nmrcam_qt.ml.shipping import rounding_error, ship

SOURCE = "Kuhn et al. 2021, Magn. Reson. Chem., doi 10.1002/mrc.5212: 82 pictures, as published"


def train_recipe(
    recipe: Recipe, data_folder: Path, out: Path, plan: Plan, progress: Progress = SILENT
) -> dict[str, Any]:
    """Run a recipe from the pictures to the shipped network; goes on where it stopped.

    Parameters
    ----------
    recipe : Recipe
        Which network.
    data_folder : Path
        The layout of `kuhn2021`.
    out : Path
        Gets ``folds/``, ``mixtures/``, ``results.json`` and ``network/``.
    plan : Plan
        Folds, repeats, splits, seeds.

    Returns
    -------
    dict
        What ``results.json`` holds.

    Raises
    ------
    ReadError
        If the data cannot be read.
    NetworkError
        If `out` holds results of other data or settings.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = load_kuhn(data_folder, recipe, progress)
    trainer = KuhnTrainer(recipe, data)
    folds = cross_validate(trainer, plan, out, progress)
    mixtures = published_mixtures(trainer, data_folder, plan, out, progress)
    results = {
        "recipe": recipe.id,
        "data": data.digest,
        "n": len(data.entries),
        "compounds": len({e.compound for e in data.entries}),
        "plan": asdict(plan),
        "settings": asdict(recipe.settings),
        "accuracy": {s: accuracy_summary(folds, s) for s in plan.splits},
        "published_accuracy": recipe.published_accuracy,
        "mixtures": mixtures,
        "published_mixtures": recipe.published_mixtures,
        "versions": {"nmrcam": nmrcam_qt.__version__, "keras": keras.__version__},
    }
    card = _final_network(trainer, plan, out, results, progress)
    results["sha256"] = card.sha256
    write_json(out / "results.json", results)
    return results


def accuracy_summary(folds: Sequence[dict[str, Any]], split: str) -> dict[str, Any]:
    """Accuracy of one split over all its repeats, with its interval.

    Returns
    -------
    dict
        ``mean`` (over all test answers), ``ci`` (95 %, bootstrap over compounds),
        ``per_repeat``, ``fold_sd`` (spread of the single folds), ``folds``.
    """
    mine = [f for f in folds if f["split"] == split]
    rows = accuracy_rows(mine)
    right = np.array([r for _, _, r in rows], dtype=float)
    repeats = sorted({f["repeat"] for f in mine})
    per_repeat = [
        float(np.mean([r for *_, r in accuracy_rows([f for f in mine if f["repeat"] == k])]))
        for k in repeats
    ]
    per_fold = [float(np.mean([r for *_, r in accuracy_rows([f])])) for f in mine]
    low, high = bootstrap_interval(
        [compound for _, compound, _ in rows], lambda i: float(right[i].mean())
    )
    return {
        "mean": round(float(right.mean()), 4),
        "ci": [round(low, 4), round(high, 4)],
        "per_repeat": [round(a, 4) for a in per_repeat],
        "fold_sd": round(float(np.std(per_fold, ddof=1)), 4),
        "folds": len(per_fold),
    }


def published_mixtures(
    trainer: KuhnTrainer,
    data_folder: Path,
    plan: Plan,
    out: Path,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """The published mixtures, by networks that saw their compounds and that did not.

    Returns
    -------
    dict
        ``as_published`` and ``unseen``: number right of 15 for every seed.
    """
    recipe, data = trainer.recipe, trainer.data
    folder = out / "mixtures"
    folder.mkdir(exist_ok=True)
    every = np.arange(len(data.entries))
    sets = {"as_published": every, "unseen": without_mixture_compounds(data, data_folder)}
    found: dict[str, Any] = {}
    for kind, rows in sets.items():
        tables = []
        for number in range(plan.mixture_seeds):
            path = folder / f"{kind}-s{number}.json"
            if not path.exists():
                text = f"{recipe.id} mixtures {kind} seed {number}"
                model, _ = trainer.train(rows, plan.seed + number, progress, text)
                table = mixture_table(recipe, model, data_folder)
                seed = plan.seed + number
                write_json(path, {"trained_on": len(rows), "seed": seed, **table})
            tables.append(_read_table(path, plan.seed + number))
        found[kind] = {
            "right": [t["right"] for t in tables],
            "of": tables[0]["of"],
            "trained_on": len(rows),
        }
    return found


def _read_table(path: Path, seed: int) -> dict[str, Any]:
    """A finished table; the first ones did not hold their seed."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if found.get("seed", seed) != seed:
        raise NetworkError(f"{path}: was made with another --seed; choose an empty --out folder")
    return found


def _final_network(
    trainer: KuhnTrainer,
    plan: Plan,
    out: Path,
    results: dict[str, Any],
    progress: Progress,
) -> Card:
    """Train on all entries and write the network's folder with its card."""
    recipe, data = trainer.recipe, trainer.data
    every = np.arange(len(data.entries))
    model, history = trainer.train(every, plan.seed, progress, f"{recipe.id} final")
    training = {
        "data": SOURCE,
        "data_sha256": data.digest,
        "n": results["n"],
        "compounds": results["compounds"],
        "code": f"nmrcam {nmrcam_qt.__version__}, nmrcam train {recipe.id}",
        "seed": plan.seed,
        "epochs": len(history.losses),
        "loss": round(history.losses[-1], 6),
    }
    metrics = {
        "accuracy_10fold": {
            split: {k: summary[k] for k in ("mean", "ci")}
            for split, summary in results["accuracy"].items()
        },
        "published_accuracy": recipe.published_accuracy,
        "published_mixtures_right": results["mixtures"],
        "published_mixtures_in_the_study": recipe.published_mixtures,
    }
    folder = out / "network"
    ship(recipe, model, folder, training, metrics)
    metrics["float16_max_abs_dp"] = rounding_error(model, folder, data.examples)
    return ship(recipe, model, folder, training, metrics)
