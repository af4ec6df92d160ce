"""`nmrcam train paired-mix`: one network for samples with an HSQC and an HMBC, of two runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nmrcam_qt
from nmrcam_qt.core.cards import Card, read_card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.core.writers.files import write_aside, write_json
from nmrcam_qt.ml.mix_data import load_mix_data
from nmrcam_qt.ml.mix_figures import card_figures, class_thresholds
from nmrcam_qt.ml.mix_folds import RESULTS_NAME, network_settings
from nmrcam_qt.ml.mix_fusion import Fusion
from nmrcam_qt.ml.mix_pair_cases import (
    PairBench,
    PairCases,
    fitted,
    join_cases,
    pair_cases,
    pair_figures,
)
from nmrcam_qt.ml.mix_pair_net import PAIR_ID, pair_networks, ship_pair
from nmrcam_qt.ml.mix_recipes import MixPlan, mix_recipe
from nmrcam_qt.ml.mix_run import SOURCE, MixRun
from nmrcam_qt.ml.mixnet_calibration import sigmoid
from nmrcam_qt.ml.mixnet_evaluation import STUDY
from nmrcam_qt.ml.mixnet_training import STATE_NAME

RECIPES = ("hsqc-mix", "hmbc-mix")
MEASURED_SET = "bmrb2d"
"""The set of which compounds have both spectra."""
CASES_NAME = "pairs.npz"


@dataclass(frozen=True, slots=True, eq=False)
class FinishedRun:
    """A run of `nmrcam train hsqc-mix` or ``hmbc-mix`` that is done.

    Parameters
    ----------
    folder : Path
        Holds the states and ``network/``.
    run : MixRun
        Gives the networks of the states.
    card : Card
        Of the network that it shipped.
    """

    folder: Path
    run: MixRun
    card: Card

    def network(self, state: str) -> keras.Model:
        """The network of ``fold0`` … or ``all``, not calibrated; the same object each time."""
        return self.run.deploy(self.folder / state)[0]

    def judged(self, fold: int) -> SignalCache:
        """Measured spectra of the compounds that a fold's network was not trained on."""
        return self.run.data.judged(fold, self.run.plan.n_folds)[MEASURED_SET]


def open_run(name: str, folder: Path, data_folder: Path, progress: Progress) -> FinishedRun:
    """Look whether a run is finished, and open it.

    Parameters
    ----------
    name : str
        ``hsqc-mix`` or ``hmbc-mix``.
    folder : Path
        What ``--out`` was.
    data_folder : Path
        What ``--data`` was.
    progress : Progress
        Of the simulation, should its cache be gone.

    Raises
    ------
    NetworkError
        If it is another run, or not finished.
    ReadError
        If the data cannot be read.
    """
    results = _results(name, folder)
    settings, n_folds = results["settings"], results["plan"]["n_folds"]
    for state in (*(f"fold{k}" for k in range(n_folds)), "all"):
        if not (folder / state / STATE_NAME).is_file():
            raise _unfinished(name, folder, f"{state}/{STATE_NAME} is missing")
    recipe = replace(
        mix_recipe(name),
        network=network_settings(results),
        n_surroundings=settings["n_surroundings"],
        guessed=settings["guessed"],
    )
    plan = MixPlan(results["plan"]["seed"], n_folds, tuple(results["plan"]["foreign"]))
    data = load_mix_data(recipe, data_folder, folder / "cache", progress)
    card = read_card(folder / "network")
    return FinishedRun(folder, MixRun(recipe, data, folder, plan, progress), card)


def _results(name: str, folder: Path) -> dict[str, Any]:
    path = folder / RESULTS_NAME
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _unfinished(name, folder, "there is no results.json") from None
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path}: cannot be read ({error})") from None
    if not isinstance(results, dict) or results.get("recipe") != name:
        found = results.get("recipe") if isinstance(results, dict) else None
        raise NetworkError(f"{folder}: a run of {found}; expected one of {name}")
    if "sha256" not in results or results.get("folds done") != results["plan"]["n_folds"]:
        raise _unfinished(name, folder, "its network was not shipped yet")
    return results


def _unfinished(name: str, folder: Path, why: str) -> NetworkError:
    return NetworkError(
        f"{folder}: no finished run of {name} ({why}); "
        f"finish it with 'nmrcam train {name} --out {folder}'"
    )


def train_pair(
    runs: tuple[Path, Path], data_folder: Path, out: Path, progress: Progress = SILENT
) -> dict[str, Any]:
    """Join two finished runs to one network; minutes, done anew each time.

    Factors and shifts are fitted on measured compounds, each asked of the networks that were
    not trained on it. Figures are cross-fitted besides.

    Parameters
    ----------
    runs : (Path, Path)
        Folders of finished runs of ``hsqc-mix`` and ``hmbc-mix``, with the same folds.
    data_folder : Path
        As for the runs.
    out : Path
        Gets ``pairs.npz`` (all logits), ``results.json`` and ``network/``.
    progress : Progress
        Counts folds.

    Returns
    -------
    dict
        What ``results.json`` holds.

    Raises
    ------
    NetworkError
        If a run is not finished, or their folds differ.
    ReadError
        If the data cannot be read.
    """
    opened = [
        open_run(n, folder, data_folder, progress) for n, folder in zip(RECIPES, runs, strict=True)
    ]
    one, other = opened
    if one.run.plan.n_folds != other.run.plan.n_folds:
        counts = f"{one.run.plan.n_folds} and {other.run.plan.n_folds}"
        raise NetworkError(f"the runs have {counts} folds; expected the same")
    cases = _cases(one, other, progress)
    out.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = cases.arrays()
    with write_aside(out / CASES_NAME) as stream:
        np.savez_compressed(stream, **arrays)
    fusion = fitted(cases)
    results = _about(opened, cases, fusion) | pair_figures(cases)
    results["sha256"] = _ship(opened, cases, fusion, results, out / "network").sha256
    write_json(out / RESULTS_NAME, results)
    return results


def _cases(one: FinishedRun, other: FinishedRun, progress: Progress) -> PairCases:
    """All folds, pure and mixed."""
    parts = []
    plan = one.run.plan
    for fold in range(plan.n_folds):
        progress.step(fold, plan.n_folds, "asking both networks")
        specs = one.run.spec, other.run.spec
        bench = PairBench(one.judged(fold), other.judged(fold), specs, plan.seed)
        networks = one.network(f"fold{fold}"), other.network(f"fold{fold}")
        parts.append(pair_cases(networks, bench, plan.foreign, fold))
    progress.step(plan.n_folds, plan.n_folds, "asking both networks")
    return join_cases(parts)


def _about(runs: list[FinishedRun], cases: PairCases, fusion: Fusion) -> dict[str, Any]:
    one = runs[0]
    pure = cases.where(cases.n_foreign == 0)
    positives = dict(zip(CLASS_IDS, pure.labels.sum(axis=0).tolist(), strict=True))
    return {
        "recipe": PAIR_ID,
        "runs": {r.card.id: r.card.sha256 for r in runs},
        "folds done": one.run.plan.n_folds,
        "compounds": len(set(pure.compounds.tolist())),
        "positives": positives,
        "fusion": {
            "hsqc": np.round(fusion.hsqc, 4).tolist(),
            "hmbc": np.round(fusion.hmbc, 4).tolist(),
            "shifts": np.round(fusion.shifts, 4).tolist(),
        },
        "versions": {"nmrcam": nmrcam_qt.__version__, "keras": keras.__version__},
    }


def _ship(
    runs: list[FinishedRun],
    cases: PairCases,
    fusion: Fusion,
    results: Mapping[str, Any],
    folder: Path,
) -> Card:
    """The network of all measured compounds, with the folds' fusion and thresholds."""
    hsqc, hmbc = (run.network("all") for run in runs)
    limits = class_thresholds(sigmoid(fusion(cases.hsqc, cases.hmbc)), cases.labels)
    training = {
        "data": SOURCE,
        "networks": {r.card.id: r.card.sha256 for r in runs},
        "fusion": results["fusion"],
        "code": f"nmrcam {nmrcam_qt.__version__}, nmrcam train {PAIR_ID}",
        "seed": runs[0].run.plan.seed,
    }
    return ship_pair(
        pair_networks(hsqc, hmbc, fusion),
        [run.card for run in runs],
        folder,
        np.round(limits, 4),
        training,
        card_metrics(results),
        (limit_text(results),),
    )


def limit_text(results: Mapping[str, Any]) -> str:
    """What little the fusion rests on, for the card."""
    few = ", ".join(f"{results['positives'][c]} {c.replace('_', ' ')}" for c in CLASS_IDS[:STUDY])
    return (
        f"How both spectra are weighed was fitted on {results['compounds']} measured compounds "
        f"with both, few of each class ({few}): thresholds of rare classes are uncertain."
    )


def card_metrics(results: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that the card carries, as those of the single networks are laid out."""
    found: dict[str, Any] = {"folds": results["folds done"], "by_compound": True}
    for n, ways in results["figures"].items():
        found[f"{MEASURED_SET}, both spectra {n}"] = _shown(ways["pair"]) | {
            "beside": {w: _shown(ways[w]) | {"less": ways[f"pair - {w}"]} for w in ("hsqc", "hmbc")}
        }
    pure = results["calibration"]["pair"]["pure"]
    return found | {"calibration": dict(pure), "calls": results["calls"]}


def _shown(figures: Mapping[str, Any]) -> dict[str, Any]:
    """AUROC and recall; the maps are those of the single networks and judged there."""
    study = {name: {"auroc": figures[name]["auroc"]} for name in ("study", "study_ci")}
    return card_figures(figures) | study
