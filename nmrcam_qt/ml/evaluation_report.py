"""From rows to the figures of ``report.json``, with intervals over compounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.folds import Statistic, bootstrap_intervals
from nmrcam_qt.core.metrics.class_prior import gain
from nmrcam_qt.core.metrics.ranking import auroc, f1, recall, recall_at_fpr
from nmrcam_qt.ml.evaluation_settings import Located, Scored

MAX_FPR = 0.05
N_RESAMPLES = 1000
DIGITS = 4

Floats = NDArray[np.float64]

FAST = (
    *("heat_mass", "ink_share", "blank_mass", "empty"),
    *("pointing", "pointing_chance", "pointing_prior"),
    *("peak_ap", "peak_ap_chance", "peak_ap_prior", "model_check"),
)
"""Columns of `Located` of which the mean is given, besides ink AUC and prior."""
_DELETED = {
    "deletion": "deletion",
    "deletion_random": "random",
    "deletion_true": "deletion_true",
    "deletion_drop": "deletion_drop",
    "deletion_better": "deletion_better",
    "insertion": "insertion",
    "insertion_random": "random",
    "insertion_true": "insertion_true",
    "insertion_drop": "insertion_drop",
    "insertion_better": "insertion_better",
}
SLOW = (*_DELETED, "randomised", "cascade")
"""Figures of the slow sample; the last two are the random weights."""

DEFINITIONS = {
    "foreign": "compounds mixed in carry none of the classes under foreign.without; a mixture "
    "has every class that any of its compounds has, and no map is measured of a class that a "
    "foreign compound has too",
    "auroc": "ROC-AUC of the class's score, ties counting half",
    "f1": "of the classes said to be present by the card's rule and thresholds",
    "recall_at_fpr": f"highest recall at a false-positive rate of at most {MAX_FPR}",
    "ink_auc": "ROC-AUC of heat over pixels of the target against those of the foreign "
    "compounds (ink > 0.1 of one only), within the network's window; an empty map is 0.5",
    "prior": "the same with the mean ink of the class's training compounds as the map",
    "gain": "(mean ink_auc - mean prior) / (1 - mean prior), cases that have both",
    "heat_mass": "share of the heat on signals that is on the target's; empty is 0",
    "ink_share": "heat_mass of a map that is the same everywhere",
    "blank_mass": "share of the heat further than 6 px (600-px picture) from any ink; "
    "empty maps left out",
    "pointing": "share of the hottest pixels on signals that are the target's, all tied ones "
    "judged; an empty map is 0. chance: the target's share of the pixels",
    "peak_ap": "average precision of the peaks (maxima of the ink on the network's grid) ranked by "
    "heat, those that are mostly the target's positive, ties by expectation. chance: in random "
    "order",
    "model_check": "[f(x) - f(x without target)] - [f(x) - f(x without distractors)], logits; "
    "below 0 the network itself rests on the foreign signals",
    "deletion": "area under the class's logit as peaks are taken away by falling heat, 1 the whole "
    "spectrum and 0 without peaks; lower is better; where all peaks together add less than "
    "0.5 to the logit there is none; an empty map counts as random order",
    "insertion": "the same as peaks are added; higher is better",
    "deletion_random": "mean of 20 random orders",
    "deletion_true": "the target's peaks first (deletion, insertion), the distractors' last",
    "deletion_drop": "peaks by the drop of the logit when each goes alone",
    "deletion_better": "share of the random orders that the map's order beats; 0.5 is chance",
    "randomised": "absolute Spearman correlation, over the inked samples, with the map of the "
    "network with all learned weights shuffled; empty and constant maps left out, see "
    "slow_sample. cascade: with more and more layers shuffled, from the top down",
    "ci": f"95 %, {N_RESAMPLES} bootstrap draws of compounds; none for a single one",
}


def classification(
    rows: Sequence[Scored], classes: Sequence[str], published: bool, seed: int
) -> dict[str, Any]:
    """Figures of every class.

    Parameters
    ----------
    rows : sequence of Scored
        Of one number of foreign compounds.
    classes : sequence of str
        Class ids.
    published : bool
        True takes the study's labels, False those by structure.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        Class id to ``n, positives, unlabelled, auroc, f1, recall, recall_at_fpr, ci``.
    """
    return {c: _one_class(rows, c, published, seed) for c in classes}


def _one_class(rows: Sequence[Scored], class_id: str, published: bool, seed: int) -> dict[str, Any]:
    labelled = [(r, label) for r in rows if (label := _label(r, class_id, published)) is not None]
    truth = np.array([label for _, label in labelled], dtype=bool)
    scores = np.array([r.scores[class_id] for r, _ in labelled], dtype=np.float64)
    said = np.array([class_id in r.present for r, _ in labelled], dtype=bool)
    compounds = [r.compound for r, _ in labelled]
    figures: dict[str, Statistic] = {
        "auroc": lambda i: auroc(scores[i], truth[i]),
        "f1": lambda i: f1(said[i], truth[i]),
        "recall": lambda i: recall(said[i], truth[i]),
        "recall_at_fpr": lambda i: recall_at_fpr(scores[i], truth[i], MAX_FPR),
    }
    return {
        "n": len(labelled),
        "positives": int(truth.sum()),
        "positive_compounds": len({c for c, t in zip(compounds, truth, strict=True) if t}),
        "unlabelled": len(rows) - len(labelled),
        **_with_intervals(figures, compounds, seed),
    }


def _label(row: Scored, class_id: str, published: bool) -> bool | None:
    if published:
        return row.published == class_id
    return row.labels.get(class_id)


def localisation(rows: Sequence[Located], seed: int) -> dict[str, Any]:
    """Figures of every number of foreign compounds and method.

    Returns
    -------
    dict
        ``"+n"`` to method to figures; networks of two inputs have ``inputs`` besides.
    """
    found: dict[str, Any] = {}
    for n in sorted({r.foreign for r in rows}):
        methods: dict[str, Any] = {}
        for method in dict.fromkeys(r.method for r in rows):
            mine = [r for r in rows if (r.foreign, r.method) == (n, method)]
            inputs = list(dict.fromkeys(r.input_name for r in mine))
            methods[method] = _maps(mine, seed)
            if len(inputs) > 1:
                methods[method]["inputs"] = {
                    name: _maps([r for r in mine if r.input_name == name], seed) for name in inputs
                }
        found[f"+{n}"] = methods
    return found


def by_class(rows: Sequence[Located], seed: int) -> dict[str, Any]:
    """`localisation` for every class alone."""
    classes = dict.fromkeys(r.class_id for r in rows)
    return {c: localisation([r for r in rows if r.class_id == c], seed) for c in sorted(classes)}


def _maps(rows: Sequence[Located], seed: int) -> dict[str, Any]:
    compounds = [r.compound for r in rows]
    auc, prior = _column(rows, "ink_auc"), _column(rows, "prior")
    paired = np.isfinite(auc) & np.isfinite(prior)

    def mean_gain(i: NDArray[np.intp]) -> float:
        both = i[paired[i]]
        return gain(float(auc[both].mean()), float(prior[both].mean())) if len(both) else math.nan

    figures: dict[str, Statistic] = {"ink_auc": _mean(auc), "prior": _mean(prior)}
    figures["gain"] = mean_gain
    for name in FAST:
        figures["empty_rate" if name == "empty" else name] = _mean(_column(rows, name))
    found = _with_intervals(figures, compounds, seed)
    slow = _slow([r for r in rows if r.deleted is not None], seed)
    return {
        "n": len(rows),
        "cases_with_ink_auc": int(np.isfinite(auc).sum()),
        "compounds": len(set(compounds)),
        **found,
        **slow,
        "ci": found["ci"] | slow.get("ci", {}),
    }


def _slow(rows: Sequence[Located], seed: int) -> dict[str, Any]:
    """Figures of the slow sample, nothing without one."""
    if not rows:
        return {}
    compounds = [r.compound for r in rows]
    columns: dict[str, Floats] = {
        name: np.array([getattr(r.deleted, field) for r in rows], dtype=np.float64)
        for name, field in _DELETED.items()
    }
    stages = max(len(r.cascade) for r in rows)
    rho = np.array([r.cascade or (math.nan,) * stages for r in rows], dtype=np.float64)
    # A network without learned weights has no stage.
    columns["randomised"] = rho[:, -1] if stages else np.full(len(rows), math.nan)
    found = _with_intervals({n: _mean(c) for n, c in columns.items()}, compounds, seed)
    everything = np.arange(len(rows))
    return {
        "slow_sample": {
            "n": len(rows),
            "compounds": len(set(compounds)),
            "cases_with_deletion": int(np.isfinite(columns["deletion"]).sum()),
            "cases_with_randomised": int(np.isfinite(columns["randomised"]).sum()),
        },
        "cascade": [rounded(_mean(rho[:, i])(everything)) for i in range(stages)],
        **found,
    }


def _column(rows: Sequence[Located], name: str) -> Floats:
    return np.array([getattr(r, name) for r in rows], dtype=np.float64)


def _mean(values: Floats) -> Statistic:
    """Mean over the cases that have the figure."""
    there = np.isfinite(values)

    if there.all():
        return lambda i: float(values[i].mean()) if len(i) else math.nan

    def statistic(i: NDArray[np.intp]) -> float:
        kept = i[there[i]]
        return float(values[kept].mean()) if len(kept) else math.nan

    return statistic


def _with_intervals(
    figures: dict[str, Statistic], compounds: Sequence[str], seed: int
) -> dict[str, Any]:
    everything = np.arange(len(compounds))
    values = {name: figure(everything) for name, figure in figures.items()}
    known = {name: figure for name, figure in figures.items() if math.isfinite(values[name])}
    # Every draw from a single compound is that compound: [x, x] would look like certainty.
    several = len(set(compounds)) > 1
    intervals = bootstrap_intervals(compounds, known, seed, N_RESAMPLES) if several else {}
    return {
        **{name: rounded(value) for name, value in values.items()},
        "ci": {name: [rounded(low), rounded(high)] for name, (low, high) in intervals.items()},
    }


def rounded(value: float) -> float | None:
    """Four digits; None where the figure has no meaning."""
    return round(float(value), DIGITS) if math.isfinite(value) else None
