"""`nmrcam train hsqc-mix`: pretraining, folds, figures, and the network that is shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

import nmrcam_qt
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.simulate.cache import SignalCache, join
from nmrcam_qt.core.simulate.fingerprints import Bits, common_surroundings, fingerprints
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.writers.files import write_aside, write_json
from nmrcam_qt.ml.mix_data import MixData, load_mix_data
from nmrcam_qt.ml.mix_figures import (
    CASES_NAME,
    PRESENT_FPR,
    calibrated,
    calls,
    card_figures,
    case_arrays,
    final_calibration,
    fold_figures,
    measured_names,
    read_folds,
)
from nmrcam_qt.ml.mix_recipes import MixPlan, MixRecipe, Stage
from nmrcam_qt.ml.mixnet_evaluation import Bench, Explained, measure_cases, priors, targets
from nmrcam_qt.ml.mixnet_known import learn_known, write_known
from nmrcam_qt.ml.mixnet_shipping import calibrate_head, ship_mixnet
from nmrcam_qt.ml.mixnet_training import STATE_NAME, Fitter, read_state
from nmrcam_qt.ml.prior_making import MIX_FROM, mix_means, write_priors
from nmrcam_qt.ml.token_feed import TokenFeed
from nmrcam_qt.ml.token_net import build_token_net, copy_trunk, lift_scores, token_input
from nmrcam_qt.ml.token_training import build_training

LIFT = 6.0
"""Scores above -LIFT hold heat; the logits do not change (`token_net.lift_scores`)."""
_UNSEEN = 60, 500
"""Simulated spectra that fold 0 is judged on: so many of each class, and so many others."""
SOURCE = (
    "nmrshiftdb2 (simulated), DeepSAT test set and BMRB (measured), without the compounds of the "
    "mixtures of Kuhn et al. 2021"
)


class MixRun:
    """The stages of one run; each goes on where it stopped.

    Parameters
    ----------
    recipe : MixRecipe
        Which network.
    data : MixData
        What it learns from.
    out : Path
        Gets ``pretrained/``, ``fold0/`` …, ``all/``, ``network/`` and ``results.json``.
    plan : MixPlan
        Seed, folds, mixtures that are judged.
    progress : Progress
        Counts epochs.
    """

    def __init__(
        self,
        recipe: MixRecipe,
        data: MixData,
        out: Path,
        plan: MixPlan,
        progress: Progress = SILENT,
    ) -> None:
        self.recipe, self.data, self.out, self.plan = recipe, data, out, plan
        self._progress = progress
        self.spec = token_input(recipe.experiment)
        self._surroundings = common_surroundings(data.simulated.smiles, recipe.n_surroundings)
        self._bits: dict[str, Bits] = {}
        self._fitters: dict[str, Fitter] = {}
        self._deployed: tuple[keras.Model, Explained] | None = None

    def pretrain(self) -> Path:
        """Train on simulated spectra; the folder of the state."""
        folder, seed = self.out / "pretrained", self.plan.seed
        keras.utils.set_random_seed(seed)
        self._fit(folder, self.recipe.pretraining, self.data.simulated, seed)
        return folder

    def tune(self, fold: int | None) -> Path:
        """Go on with measured spectra but a fold's (None: all); the folder of the state."""
        folder = self.out / ("all" if fold is None else f"fold{fold}")
        stage = self.recipe.tuning
        fitter = self._fitter(stage)
        fitter.network.set_weights(read_state(self.out / "pretrained" / STATE_NAME)[0])
        learned = join([self.data.simulated, self.data.learned(fold, self.plan.n_folds)])
        seed = 1000 * (99 if fold is None else fold + 1) + self.plan.seed
        self._fit(folder, stage, learned, seed)
        return folder

    def deploy(self, folder: Path) -> tuple[keras.Model, Explained]:
        """The network that eats ink, float32, with the weights of a state; one for all."""
        if self._deployed is None:
            model = build_token_net(self.spec, self.recipe.network)
            self._fresh = model.get_weights()
            self._deployed = model, Explained(model)
        model, explained = self._deployed
        trained = self._fitter(self.recipe.tuning).network
        trained.set_weights(read_state(folder / STATE_NAME)[0])
        model.set_weights(self._fresh)
        copy_trunk(trained, model)
        lift_scores(model, LIFT)
        return model, explained

    def judge(self, fold: int) -> None:
        """Cases of the left-out compounds, of fold 0 also unseen simulated ones, to disk."""
        path = self.out / f"fold{fold}" / CASES_NAME
        if path.exists():
            return
        _, explained = self.deploy(path.parent)
        n_folds = self.plan.n_folds
        prior = priors(self.data.learned(fold, n_folds), self.spec)
        arrays: dict[str, Any] = {}
        for name, cache in self.data.judged(fold, n_folds).items():
            bench = Bench(cache, self.spec, prior)
            arrays |= self._cases(name, explained, bench, np.arange(len(cache)))
        if fold == 0:
            drawn = replace(DrawSettings(), decades=0.0)
            bench = Bench(
                self.data.unseen, self.spec, priors(self.data.simulated, self.spec), drawn
            )
            arrays |= self._cases(
                "simulated", explained, bench, targets(self.data.unseen, *_UNSEEN)
            )
        with write_aside(path) as stream:
            np.savez_compressed(stream, **arrays)

    def figures(self) -> dict[str, Any]:
        """All figures over the folds that are done; ``results.json``."""
        folds = read_folds(self.out)
        found: dict[str, Any] = {
            "recipe": self.recipe.id,
            "settings": asdict(self.recipe) | {"experiment": self.recipe.experiment.value},
            "plan": asdict(self.plan),
            "folds done": len(folds),
            "spectra and compounds": {
                n: [len(c), len(set(c.compounds.tolist()))] for n, c in self._sets().items()
            },
            "figures": fold_figures(folds),
            "versions": {"nmrcam": nmrcam_qt.__version__, "keras": keras.__version__},
        }
        if len(folds) > 1:
            pure = calibrated(folds, measured_names(folds, pure=True))
            found["calibration"] = {
                "pure": pure,
                "pure and mixed": calibrated(folds, measured_names(folds)),
            }
            found["calls"] = {
                "fpr": PRESENT_FPR,
                "pure": calls(folds, measured_names(folds, pure=True)),
                "pure and mixed": calls(folds, measured_names(folds)),
            }
        write_json(self.out / "results.json", found)
        return found

    def ship(self, results: Mapping[str, Any], limits: tuple[str, ...] = ()) -> Any:
        """Write ``network/`` from ``all/`` and the folds' calibration; its card."""
        fitted, thresholds = final_calibration(read_folds(self.out))
        model, _ = self.deploy(self.out / "all")
        calibrate_head(model, fitted.temperatures, fitted.shifts)
        training = {
            "data": SOURCE,
            "simulated": len(self.data.simulated),
            "measured": {n: len(c) for n, c in self.data.measured.items()},
            "code": f"nmrcam {nmrcam_qt.__version__}, nmrcam train {self.recipe.id}",
            "seed": self.plan.seed,
        }
        folder = self.out / "network"
        ship_mixnet(
            model,
            self.spec,
            folder,
            np.round(thresholds, 4).tolist(),
            training,
            card_metrics(results),
            limits,
        )
        learned = join([self.data.simulated, self.data.learned(None, self.plan.n_folds)])
        draw = self.recipe.pretraining.feed.draw
        known = learn_known(learned, self.spec, draw, n=self.recipe.n_known)
        card = write_known(folder, self.spec.name, known)
        means = mix_means(card, {self.recipe.experiment: self.data})
        return write_priors(folder, means, MIX_FROM)

    def _sets(self) -> dict[str, SignalCache]:
        simulated = {"simulated": self.data.simulated, "simulated, unseen": self.data.unseen}
        return simulated | self.data.measured

    def _cases(self, name: str, explained: Explained, bench: Bench, chosen: Any) -> dict[str, Any]:
        arrays: dict[str, Any] = {}
        for n in self.plan.foreign:
            arrays |= case_arrays(f"{name} +{n}", measure_cases(explained, bench, chosen, n))
        return arrays

    def _fitter(self, stage: Stage) -> Fitter:
        """One compiled network for the pretraining and one for all folds."""
        key = "pretraining" if stage is self.recipe.pretraining else "tuning"
        if key not in self._fitters:
            model = build_training(self.recipe.network, stage.fit, len(self._surroundings))
            self._fitters[key] = Fitter(model, stage.fit, stage.feed.steps, self.out)
        return self._fitters[key]

    def _fit(self, folder: Path, stage: Stage, cache: SignalCache, seed: int) -> None:
        fitter = self._fitter(stage)
        fitter.folder = folder
        bits = self._fingerprints(cache.smiles)
        feed = TokenFeed(cache, bits, self.spec, self.recipe.network.cycles, stage.feed, seed)
        fitter.fit(feed, self._progress)

    def _fingerprints(self, smiles: Sequence[str]) -> Bits:
        """As `fingerprints`; each compound's is made once in a run.

        What is kept is bounded by the data: a row of `n_surroundings` bytes for each compound.
        """
        new = [text for text in dict.fromkeys(smiles) if text not in self._bits]
        self._bits.update(zip(new, fingerprints(new, self._surroundings), strict=True))
        return np.stack([self._bits[text] for text in smiles])


def train_mix(
    recipe: MixRecipe,
    data_folder: Path,
    out: Path,
    plan: MixPlan,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Run a recipe from the data to the shipped network; goes on where it stopped.

    Parameters
    ----------
    recipe : MixRecipe
        Which network.
    data_folder : Path
        Holds ``nmrshiftdb2``, ``deepsat_hsqc``, ``bmrb2d`` and ``kuhn2021``.
    out : Path
        See `MixRun`; simulated signals are kept in ``cache/``.
    plan : MixPlan
        Seed, folds, mixtures that are judged.
    progress : Progress
        Counts epochs.

    Returns
    -------
    dict
        What ``results.json`` holds.

    Raises
    ------
    ReadError
        If the data cannot be read.
    NetworkError
        If `out` holds the states of another network.
    StructureError
        If RDKit is not installed.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = load_mix_data(recipe, data_folder, out / "cache", progress)
    run = MixRun(recipe, data, out, plan, progress)
    run.pretrain()
    for fold in range(plan.n_folds):
        run.tune(fold)
        run.judge(fold)
    run.tune(None)
    results = run.figures()
    results["sha256"] = run.ship(results).sha256
    write_json(out / "results.json", results)
    return results


def card_metrics(results: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that a card carries: by set and number of foreign compounds."""
    found: dict[str, Any] = {"folds": results["folds done"], "by_compound": True}
    for name, figures in results["figures"].items():
        found[name] = card_figures(figures)
    if results.get("calibration"):
        pure = results["calibration"]["pure"]
        found["calibration"] = {k: pure[k] for k in ("ece", "ece_by_class", "brier_skill")}
    if results.get("calls"):
        found["calls"] = dict(results["calls"])
    return found
