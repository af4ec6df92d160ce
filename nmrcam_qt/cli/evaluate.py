"""``nmrcam evaluate --network ID --data DIR --out report.json``."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.options import positive
from nmrcam_qt.cli.progress import ConsoleProgress
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS
from nmrcam_qt.core.writers.files import write_json

if TYPE_CHECKING:
    from nmrcam_qt.ml.evaluation_settings import Settings

FOREIGN_RULES = ("study", "none")
"""As `nmrcam_qt.ml.evaluation_settings.FOREIGN_RULES`."""
TRUTHS = ("compound", "atoms")
"""As `nmrcam_qt.ml.evaluation_settings.TRUTHS`."""
GRADIENT_METHODS = tuple(m for m in DEFAULT_METHODS if m != "cam")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure how well a network scores and where its maps lie",
        description="Evaluate a network on a folder of the layout of kuhn2021, bmrb2d or "
        "deepsat_hsqc, on its spectra and on seeded mixtures of them, and write a report.",
    )
    parser.add_argument("--network", required=True, metavar="ID|FILE")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--mixtures",
        type=_numbers,
        default=(0, 1, 2),
        metavar="N,N",
        help="numbers of foreign compounds, 0 is the pure case (default 0,1,2)",
    )
    parser.add_argument(
        "--methods",
        type=_methods,
        default=GRADIENT_METHODS,
        metavar="M,M|all|none",
        help=f"maps to measure: {', '.join(METHODS)}",
    )
    parser.add_argument("--layer", help="where the maps are taken; the card's default otherwise")
    parser.add_argument("--seed", type=int, default=0)
    _add_data_options(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="at most N spectra, by seed")
    _add_truth_options(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="report.json")
    parser.set_defaults(run=run)


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    """Who scores what, and what it is mixed with."""
    parser.add_argument(
        "--folds",
        type=Path,
        metavar="DIR",
        help="fold files of 'nmrcam train' (kuhn2021 only), or the folder of a run of 'nmrcam "
        "train hsqc-mix' or 'hmbc-mix': each compound is scored by the network that never saw it",
    )
    parser.add_argument("--repeat", type=int, default=0, help="which repeat of the folds")
    parser.add_argument(
        "--foreign",
        type=_foreign,
        action="append",
        default=[],
        metavar="study|none|DIR",
        help="foreign compounds carry none of the study's three classes (study; the default "
        "for networks that know more than these) or none of the network's classes (none); a "
        "folder (./study if it is called so): draw from this one too; may be repeated",
    )
    parser.add_argument(
        "--only-foreign", action="store_true", help="draw them from --foreign alone"
    )
    parser.add_argument(
        "--trained-on",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="leave out the compounds of this folder and make the class prior from it",
    )


def _add_truth_options(parser: argparse.ArgumentParser) -> None:
    """Where a map should lie, and what takes long."""
    parser.add_argument(
        "--slow-sample",
        type=positive,
        metavar="N",
        help="peak deletion, insertion and random weights for N targets, by seed (minutes)",
    )
    parser.add_argument(
        "--truth",
        choices=TRUTHS,
        default=TRUTHS[0],
        help="where a map should lie: on the compound of the class, or on the atoms of the "
        "substructure (--data is then the folder nmrshiftdb2, its spectra are simulated)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="simulated signals for --truth atoms, such as cache/ of a run of 'nmrcam train "
        "hsqc-mix'; made where it is missing (minutes; needs RDKit)",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate, write the report, print its main figures.

    Raises
    ------
    NmrCamError
        If network or data cannot be used or the report cannot be written.
    """
    from nmrcam_qt.ml.quiet import load_quietly

    load_quietly()
    from nmrcam_qt.ml.evaluation import evaluate
    from nmrcam_qt.ml.evaluation_atoms import evaluate_atoms

    _check_truth(args)
    if not args.out.parent.is_dir():
        raise NmrCamError(f"{args.out}: there is no such folder")
    settings = _settings(args)
    progress = ConsoleProgress()
    try:
        measure = evaluate_atoms if args.truth == TRUTHS[1] else evaluate
        report = measure(settings, progress)
    finally:
        progress.close()
    report = {"command": command_line(args), **report}
    write_json(args.out, report, allow_nan=False)
    sys.stdout.write(table(report))
    return SOME_FAILED if report["failed"] else OK


def _check_truth(args: argparse.Namespace) -> None:
    if args.truth != TRUTHS[1]:
        return
    if args.cache is None:
        raise NmrCamError("--truth atoms needs --cache DIR, where the simulated signals are kept")
    if args.slow_sample or args.folds:
        raise NmrCamError("--truth atoms goes without --slow-sample and --folds")


def _settings(args: argparse.Namespace) -> Settings:
    from nmrcam_qt.ml.evaluation_settings import Settings

    return Settings(
        network=args.network,
        data=args.data,
        mixtures=args.mixtures,
        methods=args.methods,
        layer=args.layer,
        seed=args.seed,
        folds=args.folds,
        repeat=args.repeat,
        foreign=tuple(f for f in args.foreign if isinstance(f, Path)),
        foreign_rule=_rule(args.foreign),
        only_foreign=args.only_foreign,
        trained_on=tuple(args.trained_on),
        limit=args.limit,
        slow_sample=args.slow_sample or 0,
        truth=args.truth,
        cache=args.cache,
    )


def command_line(args: argparse.Namespace) -> str:
    """The command that gives the same report."""
    words = ["nmrcam", "evaluate", "--network", args.network, "--data", str(args.data)]
    words += ["--mixtures", ",".join(str(n) for n in args.mixtures)]
    words += ["--methods", ",".join(args.methods) or "none", "--seed", str(args.seed)]
    if args.layer:
        words += ["--layer", args.layer]
    if args.folds:
        words += ["--folds", str(args.folds), "--repeat", str(args.repeat)]
    for folder in args.foreign:
        named = isinstance(folder, Path) and str(folder) in FOREIGN_RULES
        words += ["--foreign", f"./{folder}" if named else str(folder)]
    words += ["--only-foreign"] if args.only_foreign else []
    for folder in args.trained_on:
        words += ["--trained-on", str(folder)]
    if args.limit:
        words += ["--limit", str(args.limit)]
    if args.slow_sample:
        words += ["--slow-sample", str(args.slow_sample)]
    if args.cache:
        words += ["--truth", args.truth, "--cache", str(args.cache)]
    return shlex.join([*words, "--out", str(args.out)])


def table(report: dict[str, Any]) -> str:
    """The main figures for people."""
    lines = [
        f"{report['network']} on {report['data']}: {report['n']} spectra, "
        f"{report['compounds']} compounds"
    ]
    if report["compounds"] == 1:
        lines.append("  one compound: no interval")
    kinds = [("pure", report["classes"])]
    kinds += [(n, classes) for n, classes in report["classes_in_mixtures"].items()]
    for kind, classes in kinds:
        for class_id, found in classes.items():
            lines.append(
                f"  {kind:<5} {class_id:<14} AUROC {_with_ci(found, 'auroc')}  "
                f"F1 {_figure(found['f1'])}  recall at 5 % FPR {_figure(found['recall_at_fpr'])}"
                f"  ({found['positives']} of {found['n']})"
            )
    for n, methods in report["localisation"].items():
        for method, found in methods.items():
            lines.append(
                f"  {n:<5} {method:<14} ink AUC {_with_ci(found, 'ink_auc')}  prior "
                f"{_figure(found['prior'])}  blank {_figure(found['blank_mass'])}  "
                f"empty {_figure(found['empty_rate'])}  pointing {_figure(found['pointing'])}  "
                f"peak AP {_figure(found['peak_ap'])}  (n = {found['n']})"
            )
            if "slow_sample" in found:
                lines.append(_slow_line(found))
    foreign = report["foreign"]
    lines.append(
        f"  foreign compounds: {foreign['compounds']}, without {', '.join(foreign['without'])}"
    )
    lines += [f"  left out, {reason}: {count}" for reason, count in report["left_out"].items()]
    lines += [f"  note: {note}" for note in report["notes"]]
    lines += [f"  failed: {sentence}" for sentence in report["failed"]]
    return "\n".join(lines) + "\n"


def _slow_line(slow: dict[str, Any]) -> str:
    return (
        f"  {'':<20} deletion {_with_ci(slow, 'deletion')}  random "
        f"{_figure(slow['deletion_random'])}  randomised weights {_with_ci(slow, 'randomised')}"
        f"  (sample of {slow['slow_sample']['n']})"
    )


def _with_ci(found: dict[str, Any], name: str) -> str:
    interval = found["ci"].get(name)
    if interval is None:
        return _figure(found[name])
    return f"{_figure(found[name])} [{_figure(interval[0])}, {_figure(interval[1])}]"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        numbers = [-1]
    if min(numbers) < 0:
        raise argparse.ArgumentTypeError(f"{text!r}: expected for example 0,1,2")
    return tuple(dict.fromkeys(numbers))


def _methods(text: str) -> tuple[str, ...]:
    if text == "none":
        return ()
    wanted: Iterable[str] = DEFAULT_METHODS if text == "all" else text.split(",")
    unknown = [m for m in wanted if m not in METHODS]
    if unknown:
        known = ", ".join(METHODS)
        raise argparse.ArgumentTypeError(f"no method {unknown[0]!r}; expected {known}")
    return tuple(dict.fromkeys(wanted))


def _foreign(text: str) -> str | Path:
    """A rule by its name, or a folder."""
    return text if text in FOREIGN_RULES else Path(text)


def _rule(words: Iterable[str | Path]) -> str | None:
    """The rule among what was given after ``--foreign``.

    Raises
    ------
    NmrCamError
        If there are two.
    """
    rules = {word for word in words if isinstance(word, str)}
    if len(rules) > 1:
        raise NmrCamError("--foreign study and --foreign none exclude each other")
    return next(iter(rules), None)
