"""``nmrcam train RECIPE --data DIR --out DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nmrcam_qt.cli.progress import ConsoleProgress

STUDY_RECIPES = ("kuhn-hsqc", "kuhn-hmbc", "kuhn-combined")
MIX_RECIPES = ("hsqc-mix", "hmbc-mix")
PAIR_RECIPE = "paired-mix"
RECIPES = (*MIX_RECIPES, PAIR_RECIPE, *STUDY_RECIPES)
STUDY_FOLDS, MIX_FOLDS = 10, 5
SPLITS = ("picture", "compound")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "train",
        help="train and validate a network",
        description="Train a recipe with cross-validation: hsqc-mix and hmbc-mix on simulated and "
        "measured spectra and their mixtures, kuhn-* on the pictures of the study; paired-mix "
        "joins finished runs of hsqc-mix and hmbc-mix for samples with both. A run that was "
        "stopped goes on where it was when it is called again with the same --out.",
    )
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="kuhn-*: folder of the layout of kuhn2021; *-mix: the folder that holds "
        "nmrshiftdb2, deepsat_hsqc, bmrb2d and kuhn2021",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for folds and the network")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--folds",
        type=_at_least(2),
        metavar="N",
        help=f"default: {STUDY_FOLDS} of kuhn-*, {MIX_FOLDS} of *-mix",
    )
    parser.add_argument(
        "--repeats", type=_at_least(1), default=3, metavar="N", help="of kuhn-* only"
    )
    parser.add_argument("--split", choices=(*SPLITS, "both"), default="both", help="of kuhn-* only")
    parser.add_argument(
        "--from",
        dest="runs",
        nargs=2,
        type=Path,
        metavar=("HSQC_RUN", "HMBC_RUN"),
        help="of paired-mix only: the --out folders of finished runs of hsqc-mix and hmbc-mix",
    )
    parser.add_argument("--json", action="store_true", help="print the results as one JSON object")
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Train; print the figures."""
    from nmrcam_qt.ml.quiet import load_quietly

    if (args.recipe == PAIR_RECIPE) != (args.runs is not None):
        args.usage_error(f"{PAIR_RECIPE}, and nothing else, needs --from HSQC_RUN HMBC_RUN")
    load_quietly()
    progress = ConsoleProgress()
    train, table = (_mix, _mix_table) if args.recipe in MIX_RECIPES else (_study, _table)
    if args.recipe == PAIR_RECIPE:
        train, table = _pair, _pair_table
    try:
        results = train(args, progress)
    finally:
        progress.close()
    if args.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        sys.stdout.write(table(results, args.out))
    return 0


def _study(args: argparse.Namespace, progress: ConsoleProgress) -> dict[str, Any]:
    from nmrcam_qt.ml.kuhn_study import Plan
    from nmrcam_qt.ml.recipes import recipe
    from nmrcam_qt.ml.train_recipe import train_recipe

    plan = Plan(
        n_folds=args.folds or STUDY_FOLDS,
        repeats=args.repeats,
        splits=SPLITS if args.split == "both" else (args.split,),
        seed=args.seed,
    )
    return train_recipe(recipe(args.recipe), args.data, args.out, plan, progress)


def _mix(args: argparse.Namespace, progress: ConsoleProgress) -> dict[str, Any]:
    from nmrcam_qt.ml.mix_recipes import MixPlan, mix_recipe
    from nmrcam_qt.ml.mix_run import train_mix

    plan = MixPlan(seed=args.seed, n_folds=args.folds or MIX_FOLDS)
    return train_mix(mix_recipe(args.recipe), args.data, args.out, plan, progress)


def _pair(args: argparse.Namespace, progress: ConsoleProgress) -> dict[str, Any]:
    from nmrcam_qt.ml.mix_pair import train_pair

    return train_pair(tuple(args.runs), args.data, args.out, progress)


def _pair_table(results: dict[str, Any], out: Path) -> str:
    """The results for people: both spectra beside each alone, on the same samples."""
    lines = [
        f"{results['recipe']}: {results['compounds']} compounds with both spectra, "
        f"{results['folds done']} folds by compound",
        "  foreign  by           AUROC fatty/indole/steroid  mean (95 %)",
    ]
    for n, ways in results["figures"].items():
        for way, name in (("pair", "both"), ("hsqc", "HSQC alone"), ("hmbc", "HMBC alone")):
            found = ways[way]
            three = [found["classes"][c]["auroc"] for c in ("fatty_acid", "indole", "steroid")]
            mean, (low, high) = found["study"]["auroc"], found["study_ci"]["auroc"]
            texts = ["   – " if v is None else f"{v:5.3f}" for v in (*three, mean, low, high)]
            lines.append(
                f"  {n:<7}  {name:<11}  {' '.join(texts[:3]):<26}  {texts[3]} "
                f"({texts[4]} to {texts[5]})"
            )
    error = results["calibration"]["pair"]["pure"]["ece"]
    lines.append(f"  expected calibration error, pure: {error:.3f}")
    lines.append(f"network: {out / 'network'}")
    return "\n".join(lines) + "\n"


def _mix_table(results: dict[str, Any], out: Path) -> str:
    """The results for people: unseen compounds, pure and with foreign ones."""
    lines = [
        f"{results['recipe']}: {results['folds done']} folds by compound; foreign compounds carry "
        "none of the study's classes",
        "  spectra                n  AUROC fatty/indole/steroid  ink AUC  prior  gain",
    ]
    for name, found in results["figures"].items():
        three = [found["classes"][c]["auroc"] for c in ("fatty_acid", "indole", "steroid")]
        study = found["study"]
        shown = [*three, study["ink_auc"], study["prior"], study["gain"]]
        texts = ["   – " if v is None else f"{v:5.3f}" for v in shown]
        lines.append(
            f"  {name:<18} {found['n']:5d}  {' '.join(texts[:3]):<26}  {texts[3]:<7}  "
            f"{texts[4]:<5}  {texts[5]}"
        )
    if results.get("calibration"):
        error = results["calibration"]["pure"]["ece"]
        lines.append(f"  expected calibration error, pure: {error:.3f}")
    lines.append(f"network: {out / 'network'}")
    return "\n".join(lines) + "\n"


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
