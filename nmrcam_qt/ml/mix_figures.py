"""Figures of mixture networks over the folds: cases on disk, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.evaluation_report import rounded
from nmrcam_qt.ml.mixnet_calibration import (
    Calibration,
    Flags,
    Floats,
    brier_skill,
    calibration_error,
    fit_calibration,
    reliability,
    sigmoid,
    threshold_at,
)
from nmrcam_qt.ml.mixnet_evaluation import Cases, summary
from nmrcam_qt.ml.weights import load_arrays

CASES_NAME = "cases.npz"
RESAMPLES = 1000
PRESENT_FPR = 0.03
"""A class is called present where at most this share of left-out measured spectra without it,
pure and mixed, score as high. At .5 % half of what is there is missed; the mean F1 over the classes
is flat from 3 to 5 %, where false calls double (``benchmarks/mixnets/thresholds.json``)."""


def case_arrays(name: str, cases: Cases) -> dict[str, NDArray[Any]]:
    """Arrays of an ``.npz`` by ``NAME/field``."""
    arrays = {f"{name}/{f.name}": getattr(cases, f.name) for f in fields(Cases)}
    return arrays | {f"{name}/compounds": np.array(cases.compounds)}


def read_folds(run: Path) -> list[dict[str, Cases]]:
    """Cases of the folds of a run that were judged, in their order."""
    return [read_cases(p) for p in sorted(run.glob(f"fold*/{CASES_NAME}"))]


def read_cases(path: Path) -> dict[str, Cases]:
    """Cases of one fold by name, such as ``bmrb2d +1``.

    Raises
    ------
    NetworkError
        If the file cannot be read.
    """
    data = load_arrays(path, "cases of a fold")
    names = sorted({key.rsplit("/", 1)[0] for key in data})
    try:
        return {
            name: Cases(
                tuple(data[f"{name}/compounds"].tolist()),
                *(data[f"{name}/{f.name}"] for f in fields(Cases)[1:]),
            )
            for name in names
        }
    except (TypeError, ValueError, KeyError) as error:
        raise NetworkError(f"{path}: no cases of a fold ({error})") from None


def joined(parts: Sequence[Cases]) -> Cases:
    """Cases of several folds as one."""
    return Cases(
        tuple(c for p in parts for c in p.compounds),
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Cases)[1:]),
    )


def fold_figures(folds: Sequence[Mapping[str, Cases]]) -> dict[str, Any]:
    """Every set and number of foreign compounds, over all folds that hold it."""
    names = list(dict.fromkeys(name for fold in folds for name in fold))
    return {
        name: summary(joined([f[name] for f in folds if name in f]), resamples=RESAMPLES)
        for name in names
    }


def measured_names(folds: Sequence[Mapping[str, Cases]], *, pure: bool = False) -> list[str]:
    """Names of the sets that every fold holds, all or those without foreign compounds."""
    names = [n for n in folds[0] if all(n in f for f in folds)]
    return [n for n in names if n.endswith(" +0")] if pure else names


def calibrated(folds: Sequence[Mapping[str, Cases]], names: Sequence[str]) -> dict[str, Any]:
    """How well probabilities hold: each fold by a calibration on the other folds' compounds."""
    found, truth, raw = [], [], []
    for k, mine in enumerate(folds):
        other = joined([f[n] for i, f in enumerate(folds) if i != k for n in names])
        here = joined([mine[n] for n in names])
        found.append(fit_calibration(other.logits, other.labels)(here.logits))
        truth.append(here.labels)
        raw.append(here.logits)
    p, labels = np.concatenate(found), np.concatenate(truth)
    return {
        "cases": ", ".join(names),
        "ece_before": rounded(calibration_error(sigmoid(np.concatenate(raw)), labels)),
        **calibration_figures(p, labels),
        "reliability": [[rounded(x), rounded(y), n] for x, y, n in reliability(p, labels)],
    }


def calibration_figures(p: Floats, labels: Flags) -> dict[str, Any]:
    """How well probabilities ``(n, 12)`` hold, over all classes and for each."""
    each = list(enumerate(CLASS_IDS))
    return {
        "ece": rounded(calibration_error(p, labels)),
        "ece_by_class": {c: rounded(calibration_error(p[:, i], labels[:, i])) for i, c in each},
        "brier_skill": {c: rounded(brier_skill(p[:, i], labels[:, i])) for i, c in each},
    }


def class_thresholds(p: Floats, labels: Flags, max_fpr: float = PRESENT_FPR) -> Floats:
    """Lowest probability per class, 0..1, that at most `max_fpr` of the cases without it reach.

    Parameters
    ----------
    p : float64 ``(n, 12)``
        Probabilities of compounds that were left out.
    labels : bool ``(n, 12)``
    max_fpr : float
        0..1.
    """
    each = range(len(CLASS_IDS))
    return np.array([threshold_at(p[:, i], labels[:, i], max_fpr) for i in each])


def calls(
    folds: Sequence[Mapping[str, Cases]], names: Sequence[str], max_fpr: float = PRESENT_FPR
) -> dict[str, Any]:
    """What a call is worth: each fold by calibration and thresholds of the other folds.

    Parameters
    ----------
    folds : sequence of mapping of str to Cases
        Left-out compounds of each fold, from `read_folds`.
    names : sequence of str
        The cases to judge, such as ``bmrb2d +1``.
    max_fpr : float
        Of the thresholds, 0..1.

    Returns
    -------
    dict
        Mean ``precision``, ``recall`` and ``f1`` over the classes, ``false_calls`` per spectrum,
        ``sets_right`` (share of spectra of which all twelve are right), ``by_class``.
    """
    said, truth = [], []
    for k, mine in enumerate(folds):
        others = [f for i, f in enumerate(folds) if i != k]
        learned = joined([f[n] for f in others for n in measured_names(others)])
        calibration = fit_calibration(learned.logits, learned.labels)
        limits = class_thresholds(calibration(learned.logits), learned.labels, max_fpr)
        here = joined([mine[n] for n in names])
        said.append(calibration(here.logits) >= limits)
        truth.append(here.labels)
    return call_figures(np.concatenate(said), np.concatenate(truth))


def call_figures(said: Flags, labels: Flags) -> dict[str, Any]:
    """Figures of `calls` for what was said and what is true, both bool ``(n, 12)``."""
    hits, called, there = ((said & labels).sum(0), said.sum(0), labels.sum(0))
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = {
            "precision": hits / called,
            "recall": hits / there,
            "f1": 2 * hits / (called + there),
        }
    return {
        **{name: rounded(float(np.nanmean(values))) for name, values in figures.items()},
        "false_calls": rounded(float((said & ~labels).sum() / len(labels))),
        "sets_right": rounded(float((said == labels).all(axis=1).mean())),
        "by_class": {
            c: {name: rounded(float(values[i])) for name, values in figures.items()}
            for i, c in enumerate(CLASS_IDS)
        },
    }


def final_calibration(folds: Sequence[Mapping[str, Cases]]) -> tuple[Calibration, Floats]:
    """Calibration on all left-out compounds, and thresholds (`class_thresholds`)."""
    cases = joined([f[n] for f in folds for n in measured_names(folds)])
    fitted = fit_calibration(cases.logits, cases.labels)
    return fitted, class_thresholds(fitted(cases.logits), cases.labels)


def card_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """What a card carries of a `summary`."""
    return {
        "n": figures["n"],
        "study": figures["study"],
        "study_ci": figures.get("study_ci", {}),
        "nine_median_min": figures["nine_median_min"],
        "auroc": {c: f["auroc"] for c, f in figures["classes"].items()},
        "recall_at_fpr": {c: f["recall_at_fpr"] for c, f in figures["classes"].items()},
    }
