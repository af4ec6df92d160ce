"""At which false-positive rate should a class be called present?

    cd benchmarks/mixnets; python thresholds.py --runs ../../../runs/mixnets --out thresholds.json

For the finished runs ``final-hsqc`` and ``final-hmbc``: calibration and thresholds are made on
four folds' left-out compounds and judged on the fifth's, measured spectra only. For each rate:
precision, recall and F1 (mean over the twelve classes), false calls and right sets (all twelve)
per spectrum; and how many of the published mixtures are right by the rows of
``published-mix.json`` (not used to choose).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mix_figures import calls, class_thresholds, joined, measured_names, read_folds
from nmrcam_qt.ml.mixnet_calibration import fit_calibration

RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
HERE = Path(__file__).parent


def published(experiment: str, folds: list[Any], rate: float) -> dict[str, str]:
    """Published mixtures whose three classes are right, by axes."""
    reports = json.loads((HERE / "published-mix.json").read_text(encoding="utf-8"))
    rows = next(r["rows"] for r in reports if r["experiment"] == experiment)
    cases = joined([f[n] for f in folds for n in measured_names(folds)])
    calibration = fit_calibration(cases.logits, cases.labels)
    thresholds = class_thresholds(calibration(cases.logits), cases.labels, rate)
    limits = dict(zip(CLASS_IDS, thresholds, strict=True))
    found = {}
    for axes in ("assumed", "referenced"):
        mine = [r for r in rows if r["axes"] == axes and r["counted"]]
        right = sum(
            {c for c, s in r["scores"].items() if s >= limits[c]} == set(r["truth"]) for r in mine
        )
        found[axes] = f"{right} of {len(mine)}"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found: dict[str, Any] = {}
    for experiment in ("hsqc", "hmbc"):
        folds = list(read_folds(args.runs / f"final-{experiment}"))
        found[experiment] = {
            f"{rate:g}": {
                "pure": calls(folds, measured_names(folds, pure=True), rate),
                "pure and mixed": calls(folds, measured_names(folds), rate),
                "published": published(experiment, folds, rate),
            }
            for rate in RATES
        }
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for experiment, rates in found.items():
        for rate, f in rates.items():
            a, b = f["pure"], f["pure and mixed"]
            print(experiment, rate, *(f"{k} {a[k]}/{b[k]}" for k in list(a)[:5]), f["published"])


if __name__ == "__main__":
    main()
