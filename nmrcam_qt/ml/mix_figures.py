"""Figures of mixture networks over the folds: cases on disk, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from nmrcam_qt.ml.mixnet_evaluation import MAX_FPR, Cases, summary

CASES_NAME = "cases.npz"
RESAMPLES = 1000


def case_arrays(name: str, cases: Cases) -> dict[str, NDArray[Any]]:
    """Arrays of an ``.npz`` by ``NAME/field``."""
    arrays = {f"{name}/{f.name}": getattr(cases, f.name) for f in fields(Cases)}
    return arrays | {f"{name}/compounds": np.array(cases.compounds)}


def read_folds(run: Path) -> list[dict[str, Cases]]:
    """Cases of the folds of a run that were judged, in their order."""
    return [read_cases(p) for p in sorted(run.glob(f"fold*/{CASES_NAME}"))]


def read_cases(path: Path) -> dict[str, Cases]:
    """Cases of one fold by name, such as ``bmrb2d +1``."""
    with np.load(path, allow_pickle=False) as data:
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


def class_thresholds(p: Floats, labels: Flags) -> Floats:
    """Lowest probability per class, 0..1, that at most `MAX_FPR` of the cases without it reach.

    Parameters
    ----------
    p : float64 ``(n, 12)``
        Probabilities of compounds that were left out.
    labels : bool ``(n, 12)``
    """
    each = range(len(CLASS_IDS))
    return np.array([threshold_at(p[:, i], labels[:, i], MAX_FPR) for i in each])


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
