"""Collect the runs of the three recipes into data that is committed.

    nmrcam train kuhn-hsqc     --data ../shared/data/kuhn2021 --out ../runs/kuhn-hsqc
    nmrcam train kuhn-hmbc     --data ../shared/data/kuhn2021 --out ../runs/kuhn-hmbc
    nmrcam train kuhn-combined --data ../shared/data/kuhn2021 --out ../runs/kuhn-combined
    python benchmarks/kuhn2021/summary.py --runs ../runs --data ../shared/data/kuhn2021

writes ``benchmarks/kuhn2021/folds-<recipe>.json`` (every fold with its test scores),
``results.json`` and ``results.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nmrcam_qt.core.datasets import CLASSES, kuhn_entries
from nmrcam_qt.core.folds import bootstrap_interval

HERE = Path(__file__).parent
RECIPES = ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined")
SUMMED = "summed softmaxes"
PUBLISHED = {"kuhn-hsqc": 0.8256, "kuhn-hmbc": 0.9186, "kuhn-combined": 0.9084, SUMMED: 0.9084}
MIXTURES = {"kuhn-hsqc": 4, "kuhn-hmbc": 13, "kuhn-combined": 10, SUMMED: 10}
Scores = dict[tuple[str, int, str], tuple[str, str, np.ndarray[Any, Any]]]


def read_folds(folder: Path) -> list[dict[str, Any]]:
    """Fold files in order."""
    folds = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]
    return sorted(folds, key=lambda f: (f["split"], f["repeat"], f["fold"]))


def by_entry(folds: list[dict[str, Any]]) -> Scores:
    """(split, repeat, id) -> (compound, truth, scores)."""
    found: Scores = {}
    for fold in folds:
        for entry, compound, truth, scores in zip(
            fold["test"], fold["compounds"], fold["truth"], fold["scores"], strict=True
        ):
            found[fold["split"], fold["repeat"], entry] = (compound, truth, np.array(scores))
    return found


def accuracy(scores: Scores, split: str, keep: Callable[[str], bool]) -> dict[str, Any]:
    """Mean over all repeats with its interval over compounds, and the mean of each repeat."""
    rows = [
        (repeat, compound, CLASSES[int(np.argmax(p))] == truth)
        for (s, repeat, entry), (compound, truth, p) in scores.items()
        if s == split and keep(entry)
    ]
    right = np.array([r for *_, r in rows], dtype=float)
    low, high = bootstrap_interval([c for _, c, _ in rows], lambda i: float(right[i].mean()))
    repeats = sorted({r for r, *_ in rows})
    return {
        "mean": round(float(right.mean()), 4),
        "ci": [round(low, 4), round(high, 4)],
        "per_repeat": [
            round(float(np.mean([ok for k, _, ok in rows if k == repeat])), 4) for repeat in repeats
        ],
        "n": len(rows) // len(repeats),
    }


def mixtures(runs: Path) -> dict[str, Any]:
    """Right answers of 15 for every seed; the summed softmaxes from the same seeds."""
    found: dict[str, Any] = {}
    for kind in ("as_published", "unseen"):
        tables = {
            r: [json.loads(p.read_text()) for p in sorted(runs.glob(f"{r}/mixtures/{kind}-s*"))]
            for r in RECIPES
        }
        found[kind] = {r: [t["right"] for t in tables[r]] for r in RECIPES}
        found[kind][SUMMED] = [
            sum(
                CLASSES[int(np.argmax(np.add(a["scores"], b["scores"])))] == a["class"]
                for a, b in zip(hsqc["rows"], hmbc["rows"], strict=True)
            )
            for hsqc, hmbc in zip(tables["kuhn-hsqc"], tables["kuhn-hmbc"], strict=True)
        ]
    return found


def table(results: dict[str, Any]) -> str:
    """Markdown for people."""
    lines = [
        "# The networks of the study, reproduced",
        "",
        "Made by `benchmarks/kuhn2021/summary.py` (commands in its docstring). Ten-fold",
        "cross-validation, three repeats; 95 % intervals by bootstrap over compounds.",
        "*By picture* is the study's split: copies of a compound may stand on both sides.",
        "*By compound* keeps them together. *Corrected* leaves out the six entries whose",
        "published class their structure contradicts.",
        "",
        "| network | published | by picture | by compound | by compound, corrected |",
        "|---|---|---|---|---|",
    ]
    for name, found in results["accuracy"].items():
        cells = [
            f"{found[k]['mean']:.1%} ({found[k]['ci'][0]:.1%}–{found[k]['ci'][1]:.1%})"
            for k in ("picture", "compound", "compound_corrected")
        ]
        lines.append(f"| {name} | {PUBLISHED[name]:.2%} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Published mixtures (right of 15; one figure per seed). *Unseen*: trained without the",
        "mixtures' compounds 643, 364, 489, 502, 544.",
        "",
        "| network | published | as published | unseen |",
        "|---|---|---|---|",
    ]
    for name, published in MIXTURES.items():
        cells = [
            ", ".join(str(n) for n in results["mixtures"][k][name])
            for k in ("as_published", "unseen")
        ]
        lines.append(f"| {name} | {published} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    folds = {r: read_folds(args.runs / r / "folds") for r in RECIPES}
    scores = {r: by_entry(f) for r, f in folds.items()}
    hsqc, hmbc = scores["kuhn-hsqc"], scores["kuhn-hmbc"]
    assert hsqc.keys() == hmbc.keys(), "the folds of the two recipes differ"
    scores[SUMMED] = {k: (*hsqc[k][:2], hsqc[k][2] + hmbc[k][2]) for k in hsqc}
    entries = {e.id: e for e in kuhn_entries(args.data)}

    def agrees(entry: str) -> bool:
        labels = entries[entry].labels
        return labels.get(entries[entry].published_class, True)

    results = {
        "accuracy": {
            name: {
                "picture": accuracy(found, "picture", lambda _: True),
                "compound": accuracy(found, "compound", lambda _: True),
                "picture_corrected": accuracy(found, "picture", agrees),
                "compound_corrected": accuracy(found, "compound", agrees),
                "published": PUBLISHED[name],
            }
            for name, found in scores.items()
        },
        "mixtures": mixtures(args.runs),
        "published_mixtures": MIXTURES,
    }
    for name, found_folds in folds.items():
        lines = ",\n".join(json.dumps(f) for f in found_folds)
        (HERE / f"folds-{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (HERE / "results.md").write_text(table(results), encoding="utf-8")
    print(table(results))


if __name__ == "__main__":
    main()
