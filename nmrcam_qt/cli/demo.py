"""``nmrcam demo``: the sample spectra without a screen, as pictures and a table."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.explain import DEFAULT_METHOD, Work, write_outcome
from nmrcam_qt.cli.output import Printer, record, score_row
from nmrcam_qt.cli.predict import quiet_progress, row
from nmrcam_qt.core.class_words import TOP

if TYPE_CHECKING:
    from nmrcam_qt.core.progress import Progress
    from nmrcam_qt.ml.batch import Engine, Job

DEFAULT_OUT = Path("nmrcam-demo")
TABLE_NAME = "scores.csv"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "demo",
        help="analyse the sample spectra and write pictures and a table",
        description="Analyse the sample spectra, write an annotated picture of each "
        f"({DEFAULT_METHOD}, top class) and {TABLE_NAME}.",
    )
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="default: ./nmrcam-demo"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Analyse the samples and say where the files are."""
    from nmrcam_qt.core.writers.additions import Additions
    from nmrcam_qt.core.writers.files import make_folder
    from nmrcam_qt.core.writers.request import PageOptions
    from nmrcam_qt.ml.batch import LocalEngine, Request

    make_folder(args.out)
    progress = quiet_progress()
    printer = Printer(args.json, progress)
    request = Request(methods=(DEFAULT_METHOD,), keep=TOP)
    work = Work(sample_jobs(), request, args.out, PageOptions(), Additions(PageOptions()))
    try:
        status, written = demonstrate(work, LocalEngine(), printer, progress)
    finally:
        printer.close()
    if not args.json:
        print(f"\n{written} pictures with their maps (.npz) and {TABLE_NAME}: {args.out}/")
    return status


def sample_jobs() -> list[Job]:
    """The sample spectra, each on its own, then the HSQC + HMBC pairs of one compound.

    Raises
    ------
    ReadError
        If there are none.
    """
    from nmrcam_qt.core.errors import ReadError
    from nmrcam_qt.core.paths import resources_dir
    from nmrcam_qt.core.readers import find_spectra
    from nmrcam_qt.ml.batch import jobs_for

    folder = resources_dir() / "samples"
    found = find_spectra([folder]) if folder.is_dir() else []
    if not found:
        raise ReadError(folder, "no sample spectra", "those that nmrcam brings")
    partners = [(path, path.with_name(path.name.replace("_hsqc.", "_hmbc."))) for path in found]
    pairs = [(a, b) for a, b in partners if a != b and b in found]
    return jobs_for(found, pairs)


def demonstrate(
    work: Work, engine: Engine, printer: Printer, progress: Progress
) -> tuple[int, int]:
    """Write pictures and table.

    Returns
    -------
    status : int
        Exit status.
    written : int
        Number of pictures.
    """
    from nmrcam_qt.core.writers.files import OutputNames
    from nmrcam_qt.core.writers.table import write_score_table
    from nmrcam_qt.ml.batch import run_batch

    names, rows, count, status = OutputNames(), [], 0, OK
    for found in run_batch(work.jobs, work.request, engine, progress):
        outcome, written = write_outcome(found, work, names)
        rows.append(score_row(outcome))
        printer.result(record(outcome), [row(outcome, printer) | {"file": _name(outcome.job)}])
        count += len(written)
        status = SOME_FAILED if outcome.error else status
    write_score_table(work.out / TABLE_NAME, rows)
    return status, count


def _name(job: Job) -> str:
    """Files without their folders, which are nmrcam's own."""
    return " + ".join(Path(file).name for file in job.files)
