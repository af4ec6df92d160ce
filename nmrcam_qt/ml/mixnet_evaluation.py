"""Figures of mixture networks on drawn spectra: who is there, and whose signals are lit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.metrics.class_prior import gain
from nmrcam_qt.core.metrics.ranking import auroc, recall_at_fpr, roc_auc
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer, Example
from nmrcam_qt.core.simulate.raster import Ints
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.evaluation_report import rounded
from nmrcam_qt.ml.token_net import CAM_LAYER

STUDY = 3
"""The first three classes are those of the study: foreign compounds carry none of them."""
MAX_FPR = 0.005
_BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """What a network said of drawn spectra.

    Parameters
    ----------
    compounds : tuple of str, length n
        Of the target of each.
    logits : float64 ``(n, 12)``
    labels : bool ``(n, 12)``
        Classes of target and foreign compounds that can be seen.
    ink_auc, prior_auc : float64 ``(n, 12)``
        Does the map of a class the target carries rank the target's cells above foreign
        ones; the same of the class prior. NaN where there is nothing to rank.
    atom_auc : float64 ``(n, 12)``
        Cells of the substructure against all others; NaN for measured signals.
    """

    compounds: tuple[str, ...]
    logits: NDArray[np.float64]
    labels: NDArray[np.bool_]
    ink_auc: NDArray[np.float64]
    prior_auc: NDArray[np.float64]
    atom_auc: NDArray[np.float64]


class Explained:
    """Logits and evidence of a network in one pass."""

    def __init__(self, model: keras.Model) -> None:
        layer = model.get_layer(CAM_LAYER)
        self._model = keras.Model(model.inputs[0], [model.output, layer.output])

    def __call__(self, ink: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logits ``(n, 12)`` and evidence ``(n, H, W, 12)`` up to a positive factor."""
        logits, evidence = self._model.predict_on_batch(ink[..., np.newaxis])
        return np.asarray(logits, np.float64), np.asarray(evidence, np.float64)


def priors(cache: SignalCache, spec: InputSpec, most: int = 300, seed: int = 0) -> Image:
    """Mean ink of the compounds of each class, drawn plainly, float32 ``(12, H, W)``."""
    rng = np.random.default_rng(seed)
    drawer = Drawer(cache, spec.f1, spec.f2, PLAIN)
    out = np.zeros((len(CLASS_IDS), spec.f1.size, spec.f2.size), np.float32)
    for i, name in enumerate(CLASS_IDS):
        members = rng.permutation(cache.having(name))[:most]
        for index in members.tolist():
            out[i] += drawer.draw(rng, 1, [index]).ink / len(members)
    return out


def targets(cache: SignalCache, per_class: int, others: int, seed: int = 0) -> Ints:
    """Spectra to evaluate: up to so many of each class, and some of any sort."""
    rng = np.random.default_rng(seed)
    picked = [rng.permutation(cache.having(c))[:per_class] for c in CLASS_IDS]
    picked.append(rng.permutation(len(cache))[:others])
    return np.unique(np.concatenate(picked)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What cases are drawn from.

    Parameters
    ----------
    cache : SignalCache
        Unseen spectra; foreign compounds are drawn from it too.
    spec : InputSpec
        Grid.
    prior : float32 ``(12, H, W)``
        From `priors`.
    settings : DrawSettings
        `PLAIN` for measured spectra.
    seed : int
        Of the mixtures.
    """

    cache: SignalCache
    spec: InputSpec
    prior: Image
    settings: DrawSettings = PLAIN
    seed: int = 0


def measure_cases(network: Explained, bench: Bench, chosen: Ints, n_foreign: int) -> Cases:
    """Draw every target with foreign compounds and ask the network.

    Parameters
    ----------
    network : Explained
        The network.
    bench : Bench
        What is drawn, and how.
    chosen : int64
        Targets.
    n_foreign : int
        Compounds of no study class that are mixed in.
    """
    cache = bench.cache
    drawer = Drawer(cache, bench.spec.f1, bench.spec.f2, bench.settings)
    pool = np.flatnonzero(cache.labels & ((1 << STUDY) - 1) == 0)
    parts: list[tuple[Any, ...]] = []
    for batch in batches(len(chosen)):
        drawn = [draw_case(drawer, pool, int(i), n_foreign, bench.seed) for i in chosen[batch]]
        logits, evidence = network(np.stack([e.ink for e in drawn]))
        for example, mine, heat in zip(drawn, logits, np.maximum(evidence, 0), strict=True):
            parts.append((mine, example.labels, *_aucs(example, heat, bench.prior)))
    columns = [np.array(c) for c in zip(*parts, strict=True)]
    names = tuple(bytes(cache.compounds[i]).decode() for i in chosen)
    return Cases(names, *columns)


def batches(number: int) -> list[slice]:
    """Slices of so many cases, as many each as a network is asked about at once."""
    return [slice(start, start + _BATCH) for start in range(0, number, _BATCH)]


def draw_case(drawer: Drawer, pool: Ints, target: int, n_foreign: int, seed: int) -> Example:
    """A target with foreign compounds of a pool, the same for the same seed."""
    rng = np.random.default_rng([seed, n_foreign, target])
    names = {bytes(drawer.cache.compounds[target])}
    mixed = [target]
    for index in rng.permutation(len(pool))[: 50 + n_foreign].tolist() if n_foreign else ():
        if len(mixed) > n_foreign:
            break
        name = bytes(drawer.cache.compounds[pool[index]])
        if name not in names:
            names.add(name)
            mixed.append(int(pool[index]))
    return drawer.draw(rng, len(mixed), mixed)


def _aucs(example: Example, heat: NDArray[np.float64], prior: Image) -> tuple[Any, Any, Any]:
    """Ink AUC of map and prior, and atom AUC, for each class."""
    out = np.full((3, len(CLASS_IDS)), np.nan)
    if not example.labels.any():
        return out[0], out[1], out[2]
    mine, other, inner = (
        example.compound_masks(),
        example.other_masks(),
        example.substructure_masks(),
    )
    for i in np.flatnonzero(example.labels):
        target, foreign = mine[i] & ~other[i], other[i] & ~mine[i]
        out[0, i] = roc_auc(heat[..., i][target], heat[..., i][foreign])
        out[1, i] = roc_auc(prior[i][target], prior[i][foreign])
        if inner[i].any():
            rest = (mine[i] | other[i]) & ~inner[i]
            out[2, i] = roc_auc(heat[..., i][inner[i]], heat[..., i][rest])
    return out[0], out[1], out[2]


def summary(cases: Cases, seed: int = 0, resamples: int = 0) -> dict[str, Any]:
    """Figures of each class and of the study's classes together.

    Parameters
    ----------
    cases : Cases
        Of one number of foreign compounds.
    seed, resamples : int
        Of the bootstrap over compounds; no intervals without resamples.
    """
    by_class: dict[str, Any] = {}
    for i, name in enumerate(CLASS_IDS):
        by_class[name] = {
            "n": int(cases.labels[:, i].sum()),
            "auroc": rounded(auroc(cases.logits[:, i], cases.labels[:, i])),
            "recall_at_fpr": rounded(
                recall_at_fpr(cases.logits[:, i], cases.labels[:, i], MAX_FPR)
            ),
            "ink_auc": rounded(_mean(cases.ink_auc[:, i])),
            "prior": rounded(_mean(cases.prior_auc[:, i])),
            "atom_auc": rounded(_mean(cases.atom_auc[:, i])),
        }
    out: dict[str, Any] = {"n": len(cases.compounds), "classes": by_class}
    out["study"] = {name: rounded(f(cases, slice(None))) for name, f in _STUDY.items()}
    if resamples:
        out["study_ci"] = {
            name: _interval(cases, figure, seed, resamples) for name, figure in _STUDY.items()
        }
    nine = [by_class[c]["auroc"] for c in CLASS_IDS[STUDY:] if by_class[c]["n"]]
    nine = [v for v in nine if v is not None]
    out["nine_median_min"] = [rounded(float(np.median(nine))), min(nine)] if nine else []
    return out


def _interval(
    cases: Cases, figure: Callable[[Cases, Any], float], seed: int, resamples: int
) -> list[float | None]:
    low, high = bootstrap_interval(
        cases.compounds, lambda rows: figure(cases, rows), seed, resamples
    )
    return [rounded(low), rounded(high)]


def study_auroc(logits: NDArray[np.float64], labels: NDArray[np.bool_], rows: Any) -> float:
    """Mean AUROC of the study's classes over some rows; NaN where one has no case."""
    return float(np.mean([auroc(logits[rows, i], labels[rows, i]) for i in range(STUDY)]))


def _study_auroc(cases: Cases, rows: Any) -> float:
    return study_auroc(cases.logits, cases.labels, rows)


def _study_mean(column: str) -> Any:
    def mean(cases: Cases, rows: Any) -> float:
        return _mean(getattr(cases, column)[rows, :STUDY])

    return mean


def _study_gain(cases: Cases, rows: Any) -> float:
    auc, prior = (_mean(getattr(cases, c)[rows, :STUDY]) for c in ("ink_auc", "prior_auc"))
    return gain(auc, prior)


_STUDY: dict[str, Callable[[Cases, Any], float]] = {
    "auroc": _study_auroc,
    "ink_auc": _study_mean("ink_auc"),
    "prior": _study_mean("prior_auc"),
    "gain": _study_gain,
    "atom_auc": _study_mean("atom_auc"),
}


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
