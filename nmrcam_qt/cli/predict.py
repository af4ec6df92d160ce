"""``nmrcam predict INPUT…``: scores of spectra."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.options import add_input_options, jobs_from
from nmrcam_qt.cli.output import (
    MAX_SCORE_COLUMNS,
    Printer,
    experiment_text,
    files_text,
    record,
    thresholds_of,
    warnings_of,
)
from nmrcam_qt.cli.progress import ConsoleProgress

if TYPE_CHECKING:
    from nmrcam_qt.core.results import Prediction
    from nmrcam_qt.ml.batch import Outcome


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "predict",
        help="say which classes a network sees in spectra",
        description="Score spectra: pictures, peak lists, folders of them, HSQC + HMBC pairs.",
    )
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Score all inputs; print a table or JSON lines."""
    from nmrcam_qt.ml.batch import LocalEngine, Request, run_batch

    jobs = jobs_from(args)
    progress = quiet_progress()
    printer = Printer(args.json, progress)
    status = OK
    try:
        for outcome in run_batch(jobs, Request(args.network), LocalEngine(args.device), progress):
            printer.result(record(outcome), [row(outcome, printer)])
            status = SOME_FAILED if outcome.error else status
    finally:
        printer.close()
    return status


def quiet_progress() -> ConsoleProgress:
    """Progress for a terminal only: logs and pipes want results."""
    return ConsoleProgress(quiet=not sys.stderr.isatty())


def row(outcome: Outcome, printer: Printer) -> dict[str, str]:
    """The outcome as a line of the table."""
    line = {
        "file": files_text(outcome.job.files),
        "experiment": experiment_text(outcome),
        "network": outcome.card.id if outcome.card else "",
    }
    if outcome.analysis is None:
        return line | {"present": "failed"}
    prediction = outcome.analysis.prediction
    line["present"] = ", ".join(prediction.present) or "none"
    line |= _scores(prediction, thresholds_of(outcome))
    return line | {"notes": printer.note(warnings_of(outcome))}


def _scores(prediction: Prediction, thresholds: Mapping[str, float]) -> dict[str, str]:
    """One column per class; of many classes only the best, with its threshold."""
    from nmrcam_qt.core.writers.request import score_text

    classes: Sequence[str] = prediction.classes
    if len(classes) > MAX_SCORE_COLUMNS:
        top = prediction.top
        known = f" (present from {thresholds[top]:.3g})" if top in thresholds else ""
        return {"best": f"{top} {score_text(prediction.score(top))}{known}"}
    return {c: score_text(prediction.score(c)) for c in classes}
