"""Figures of mixture networks over the folds: cases on disk, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet_calibration import (
    Calibration,
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
    each = range(len(CLASS_IDS))
    return {
        "cases": ", ".join(names),
        "ece_before": _short(calibration_error(sigmoid(np.concatenate(raw)), labels)),
        "ece": _short(calibration_error(p, labels)),
        "ece_by_class": {
            CLASS_IDS[i]: _short(calibration_error(p[:, i], labels[:, i])) for i in each
        },
        "brier_skill": {CLASS_IDS[i]: _short(brier_skill(p[:, i], labels[:, i])) for i in each},
        "reliability": [[_short(x), _short(y), n] for x, y, n in reliability(p, labels)],
    }


def final_calibration(folds: Sequence[Mapping[str, Cases]]) -> tuple[Calibration, list[float]]:
    """Calibration on all left-out compounds, and thresholds per class.

    Returns
    -------
    Calibration
    list of float
        The lowest probability per class at which at most `MAX_FPR` of the left-out spectra
        without the class are called positive.
    """
    cases = joined([f[n] for f in folds for n in measured_names(folds)])
    fitted = fit_calibration(cases.logits, cases.labels)
    p = fitted(cases.logits)
    each = range(len(CLASS_IDS))
    return fitted, [threshold_at(p[:, i], cases.labels[:, i], MAX_FPR) for i in each]


def _short(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
