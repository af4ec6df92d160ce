"""Bring trained networks into ``models/`` and put the measured localisation into their cards.

    python benchmarks/kuhn2021/cards.py --runs ../runs

copies ``RUNS/<recipe>/network`` to ``models/<recipe>`` and adds, from the committed
``folds-*.json`` and ``localisation-*.json``: how often answers of each range of scores were
right on held-out compounds, and the held-out ink AUC of every method beside the class prior.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from nmrcam_qt.core import reliability
from nmrcam_qt.core.cards import read_card, write_card
from nmrcam_qt.core.datasets import CLASSES

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "models"
REPORTS = {
    "kuhn-hsqc": ("localisation-hsqc.json", "BMRB and study compounds of no class"),
    "kuhn-hmbc": ("localisation-hmbc.json", "BMRB and study compounds of no class"),
    "kuhn-combined": ("localisation-combined-none.json", "four study compounds of no class"),
}
"""Report of each network, and which foreign compounds its mixtures hold."""
KEYS = ("ink_auc", "prior", "gain", "empty_rate")


def held_out(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of mixtures, three digits, without the pure case, which has no truth."""
    return {
        kind: {
            method: {
                **{key: round(found[key], 3) for key in KEYS},
                "ink_auc_ci": [round(x, 3) for x in found["ci"]["ink_auc"]],
            }
            for method, found in methods.items()
        }
        for kind, methods in report["localisation"].items()
        if kind != "+0"
    }


def held_out_answers(recipe: str) -> list[dict[str, Any]]:
    """Reliability of the folds by compound, all repeats."""
    folds = json.loads((HERE / f"folds-{recipe}.json").read_text(encoding="utf-8"))
    rows = [
        (max(scores), CLASSES[scores.index(max(scores))] == truth, compound)
        for fold in folds
        if fold["split"] == "compound"
        for scores, truth, compound in zip(
            fold["scores"], fold["truth"], fold["compounds"], strict=True
        )
    ]
    top, right, compounds = zip(*rows, strict=True)
    return reliability.measure(top, right, compounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    args = parser.parse_args()
    for recipe in ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined"):
        source, target = args.runs / recipe / "network", MODELS / recipe
        target.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            shutil.copy(path, target / path.name)
        card = read_card(target)
        card = replace(card, metrics={**card.metrics, reliability.KEY: held_out_answers(recipe)})
        file, foreign = REPORTS[recipe]
        report = json.loads((HERE / file).read_text(encoding="utf-8"))
        figures = {"localisation_held_out": {"foreign": foreign, **held_out(report)}}
        card = replace(card, metrics={**card.metrics, **figures})
        write_card(target, card)
        print(recipe, card.sha256)


if __name__ == "__main__":
    main()
