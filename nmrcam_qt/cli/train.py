"""``nmrcam train RECIPE --data DIR --out DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nmrcam_qt.cli.progress import ConsoleProgress

RECIPES = ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined")
SPLITS = ("picture", "compound")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "train",
        help="train and validate a network of the study",
        description="Train a recipe with cross-validation. A run that was stopped goes on "
        "where it was when it is called again with the same --out.",
    )
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="folder of the layout of kuhn2021")
    parser.add_argument("--out", type=Path, required=True, help="folder for folds and the network")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folds", type=_at_least(2), default=10, metavar="N")
    parser.add_argument("--repeats", type=_at_least(1), default=3, metavar="N")
    parser.add_argument("--split", choices=(*SPLITS, "both"), default="both")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train; print the accuracy and the mixtures table."""
    from nmrcam_qt.ml.quiet import load_quietly

    load_quietly()
    from nmrcam_qt.ml.kuhn_study import Plan
    from nmrcam_qt.ml.recipes import recipe
    from nmrcam_qt.ml.train_recipe import train_recipe

    plan = Plan(
        n_folds=args.folds,
        repeats=args.repeats,
        splits=SPLITS if args.split == "both" else (args.split,),
        seed=args.seed,
    )
    progress = ConsoleProgress()
    try:
        results = train_recipe(recipe(args.recipe), args.data, args.out, plan, progress)
    finally:
        progress.close()
    if args.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        sys.stdout.write(_table(results, args.out))
    return 0


def _table(results: dict[str, Any], out: Path) -> str:
    """The results for people."""
    lines = [f"{results['recipe']}: {results['n']} pictures, {results['compounds']} compounds"]
    for split, found in results["accuracy"].items():
        low, high = found["ci"]
        lines.append(
            f"  accuracy by {split:<9} {found['mean']:.1%}  (95 % {low:.1%} to {high:.1%})"
        )
    lines.append(f"  published           {results['published_accuracy']:.1%}")
    for kind, found in results["mixtures"].items():
        right = ", ".join(str(n) for n in found["right"])
        lines.append(f"  mixtures {kind:<13} {right} of {found['of']} right (one figure per seed)")
    lines.append(f"  published           {results['published_mixtures']} of 15")
    lines.append(f"network: {out / 'network'}")
    return "\n".join(lines) + "\n"


def _at_least(low: int) -> Any:
    def number(text: str) -> int:
        value = int(text)
        if value < low:
            raise argparse.ArgumentTypeError(f"must be at least {low}")
        return value

    return number
