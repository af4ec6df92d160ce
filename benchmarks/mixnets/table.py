"""Figures of the mixture networks beside the bars of issue 5, as a Markdown table.

    python benchmarks/mixnets/table.py benchmarks/mixnets/results-hsqc.json \\
        benchmarks/mixnets/results-hmbc.json

The files are ``results.json`` of runs of ``nmrcam train``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

BARS = {
    "hsqc": {"deepsat_hsqc": 0.985, "bmrb2d": 0.97, "recall": 0.85, "mixed": (0.97, 0.96, 0.92)},
    "hmbc": {"bmrb2d": 0.985, "recall": 0.80, "mixed": (0.97, 0.96, 0.93)},
}
INK = {"hsqc": (0.92, 0.90), "hmbc": (0.93, 0.91)}
NINE = {"hsqc": (0.95, 0.88), "hmbc": (0.93, 0.85)}
STUDY = ("fatty_acid", "indole", "steroid")


def number(value):
    return "–" if value is None else f"{value:.3f}".lstrip("0")


def interval(figures, key):
    low, high = figures.get("study_ci", {}).get(key, (None, None))
    return "" if low is None else f" [{number(low)}, {number(high)}]"


def rows(experiment, results):
    """Question, set, figure, bar."""
    figures, bars = results["figures"], BARS[experiment]
    sets = [name for name in ("deepsat_hsqc", "bmrb2d", "simulated") if f"{name} +0" in figures]
    for name in sets:
        pure = figures[f"{name} +0"]
        three = " / ".join(number(pure["classes"][c]["auroc"]) for c in STUDY)
        text = f"**{number(pure['study']['auroc'])}**{interval(pure, 'auroc')} ({three})"
        yield "AUROC, pure", name, pure["n"], text, number(bars.get(name))
    for n, bar in zip((1, 2, 4), bars["mixed"], strict=True):
        for name in sets:
            found = figures[f"{name} +{n}"]
            text = f"**{number(found['study']['auroc'])}**{interval(found, 'auroc')}"
            yield f"AUROC, +{n}", name, found["n"], text, number(bar)
    for name in sets:
        pure = figures[f"{name} +0"]["classes"]
        text = " / ".join(f"{number(pure[c]['recall_at_fpr'])} of {pure[c]['n']}" for c in STUDY)
        yield "recall at FPR ≤ .5 %", name, figures[f"{name} +0"]["n"], text, number(bars["recall"])
    for n, bar in zip((1, 2), INK[experiment], strict=True):
        for name in sets:
            study = figures[f"{name} +{n}"]["study"]
            gain = interval(figures[f"{name} +{n}"], "gain")
            text = (
                f"**{number(study['ink_auc'])}**, prior {number(study['prior'])}, "
                f"gain **{number(study['gain'])}**{gain}"
            )
            yield f"ink AUC, +{n}", name, figures[f"{name} +{n}"]["n"], text, f"{number(bar)}, .65"
    simulated = figures["simulated +1"]
    text = f"**{number(simulated['study']['atom_auc'])}**{interval(simulated, 'atom_auc')}"
    yield "atom truth, +1", "simulated", simulated["n"], text, ".900"
    for name in sets:
        median, least = figures[f"{name} +0"]["nine_median_min"]
        bar = "{}, {}".format(*(number(b) for b in NINE[experiment]))
        text = f"**{number(median)}**, {number(least)}"
        yield "nine others: median, least", name, figures[f"{name} +0"]["n"], text, bar


def calibration(results):
    """Expected calibration error and Brier skill of the left-out compounds."""
    for kind, found in results["calibration"].items():
        skill = found["brier_skill"]
        study = " / ".join(number(skill[c]) for c in STUDY)
        each = max(v for v in found["ece_by_class"].values() if v is not None)
        yield (
            f"calibration, {kind}",
            "measured",
            "",
            f"error **{number(found['ece'])}** (worst class {number(each)}); "
            f"Brier skill {study}, least {number(min(skill.values()))}",
            ".030, .500",
        )


def main() -> None:
    for path in map(Path, sys.argv[1:]):
        results = json.loads(path.read_text(encoding="utf-8"))
        experiment = results["recipe"].split("-")[0]
        print(f"\n| {experiment.upper()} | unseen compounds of | n | measured | bar |")
        print("|---|---|---|---|---|")
        for row in (*rows(experiment, results), *calibration(results)):
            print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    main()
