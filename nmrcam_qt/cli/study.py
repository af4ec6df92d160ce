"""``nmrcam study --data DIR --out DIR``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nmrcam_qt.cli import OK
from nmrcam_qt.cli.options import positive
from nmrcam_qt.cli.progress import ConsoleProgress

SEED_NETWORKS, NETWORKS = ("kuhn-hsqc", "kuhn-hmbc"), ("hsqc-mix", "hmbc-mix")
"""As the defaults of `nmrcam_qt.ml.study.plan.StudySettings`."""
SAMPLE = 40
JOBS = 2


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "study",
        help="the thesis's heat map study again, measured, as HTML and PDF",
        description="Draw the 23 heat map figures of the thesis with its networks and ours, each "
        "with its figures of merit, then measure all methods on every held-out compound. A run "
        "that was stopped goes on where it was when it is called again with the same --out.",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="holds kuhn2021 and bmrb2d"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="gets report.html, report.pdf, pictures, results.json and the units that are done",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        metavar="DIR",
        help="holds the --out folder of 'nmrcam train' of each network, by the network's id: "
        "every compound is then scored by the network that never saw it",
    )
    _add_options(parser)
    parser.set_defaults(run=run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """How much is measured, of which networks."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--sample",
        type=positive,
        default=SAMPLE,
        metavar="N",
        help=f"spectra for the slow methods (default {SAMPLE})",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        default=JOBS,
        metavar="N",
        help=f"processes side by side, up to 3 GB each (default {JOBS})",
    )
    parser.add_argument("--quick", action="store_true", help="a few spectra: to see that it runs")
    for option, default, what in (
        ("--seed-networks", SEED_NETWORKS, "of the study"),
        ("--networks", NETWORKS, "beside them"),
    ):
        parser.add_argument(
            option,
            nargs=2,
            default=default,
            metavar=("HSQC", "HMBC"),
            help=f"networks {what} (default {' '.join(default)})",
        )


def run(args: argparse.Namespace) -> int:
    """Run the study; say where the report is.

    Raises
    ------
    NmrCamError
        If data or networks cannot be used or the report cannot be written.
    """
    from nmrcam_qt.ml.quiet import load_quietly

    load_quietly()
    from nmrcam_qt.ml.study.plan import StudySettings
    from nmrcam_qt.ml.study.run import HTML_NAME, PDF_NAME, Study
    from nmrcam_qt.ml.study.text import Spent

    asked = StudySettings(
        data=args.data,
        out=args.out,
        runs=args.runs,
        seed=args.seed,
        sample=args.sample,
        quick=args.quick,
        jobs=args.jobs,
        seed_networks=tuple(args.seed_networks),
        networks=tuple(args.networks),
    )
    progress = ConsoleProgress()
    try:
        finished = Study(asked, progress).run()
    finally:
        progress.close()
    spent = finished.results.spent
    lines = [f"  {stage:<28} {each}" for stage, each in spent.items()]
    sys.stdout.write(
        f"{finished.units} units of work, {finished.reused} of them done before\n"
        + "\n".join(lines)
        + f"\n  {'together':<28} {sum(spent.values(), Spent())}\n"
        f"{args.out / HTML_NAME}\n{args.out / PDF_NAME}\n"
    )
    return OK
