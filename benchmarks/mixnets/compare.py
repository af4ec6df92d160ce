"""Two runs of ``nmrcam train *-mix`` on the same cases: is one better, and how sure is that?

    python benchmarks/mixnets/compare.py --before ../runs/mixnets/final-hsqc \\
        --after ../runs/mixnets/long-hsqc --out benchmarks/mixnets/compare-long-hsqc.json

Every compound is judged by the folds that never saw it, in the same drawn mixtures. Of every set
and number of foreign compounds: both figures (mean of the three study classes) and their difference
with an interval over compounds, 95 %; the median over the nine other classes; fold by fold how
often the later run is higher. Folds that only one run has are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.metrics.ranking import auroc
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mix_figures import CASES_NAME, joined, read_cases
from nmrcam_qt.ml.mixnet_evaluation import STUDY, Cases, study_auroc

RESAMPLES = 500


def mean_auroc(cases: Cases, rows: Any) -> float:
    """Of the three study classes."""
    return study_auroc(cases.logits, cases.labels, rows)


def mean_nine(cases: Cases, rows: Any) -> float:
    """Of the nine other classes, of those that have a case."""
    columns = range(STUDY, len(CLASS_IDS))
    each = [auroc(cases.logits[rows, i], cases.labels[rows, i]) for i in columns]
    return float(np.nanmean(each))


def mean_of(column: str) -> Callable[[Cases, Any], float]:
    """Mean of an AUC over the three study classes."""

    def mean(cases: Cases, rows: Any) -> float:
        found = getattr(cases, column)[rows, :STUDY]
        return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")

    return mean


FIGURES = {
    "auroc of three": mean_auroc,
    "auroc of nine": mean_nine,
    "ink auc": mean_of("ink_auc"),
    "atom auc": mean_of("atom_auc"),
}


def compared(before: list[Cases], after: list[Cases]) -> dict[str, Any]:
    """Figures of one set over its folds.

    Raises
    ------
    ValueError
        If the cases are not the same.
    """
    one, two = joined(before), joined(after)
    if one.compounds != two.compounds or not np.array_equal(one.labels, two.labels):
        raise ValueError("the runs were judged on other cases")
    every, found = slice(None), {"n": len(one.compounds)}
    for name, figure in FIGURES.items():
        values = figure(one, every), figure(two, every)
        if not np.isfinite(values).all():
            continue
        low, high = bootstrap_interval(
            one.compounds, lambda rows, f=figure: f(two, rows) - f(one, rows), 0, RESAMPLES
        )
        better = [figure(b, every) > figure(a, every) for a, b in zip(before, after, strict=True)]
        found[name] = {
            "before": round(values[0], 4),
            "after": round(values[1], 4),
            "difference": round(values[1] - values[0], 4),
            "interval": [round(low, 4), round(high, 4)],
            "folds higher": f"{sum(better)} of {len(better)}",
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--after", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found = [
        {path.parent.name: read_cases(path) for path in sorted(run.glob(f"fold*/{CASES_NAME}"))}
        for run in (args.before, args.after)
    ]
    folds = sorted(set(found[0]) & set(found[1]))
    names = sorted({name for fold in folds for name in found[0][fold]})
    rows: dict[str, Any] = {"folds": folds, "sets": {}}
    for name in names:
        parts = [[run[fold][name] for fold in folds if name in run[fold]] for run in found]
        rows["sets"][name] = compared(*parts)
        print(name, json.dumps(rows["sets"][name]), flush=True)
    args.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
