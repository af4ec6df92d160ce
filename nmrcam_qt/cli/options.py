"""Options that commands share, and how they become jobs."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.core.device_words import AUTO, CHOICES
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.readers.options import ReadOptions
    from nmrcam_qt.core.treatment import Treatment
    from nmrcam_qt.ml.batch import Job

INPUT_HELP = "picture, peak list, instrument data (file, folder, archive), or a folder of them"
OWN_SOLVENT = "auto"


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """INPUT…, --pair, --network and what the user knows about the files."""
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        type=Path,
        help=INPUT_HELP,
    )
    parser.add_argument(
        "--pair",
        metavar=("HSQC", "HMBC"),
        nargs=2,
        action="append",
        default=[],
        type=Path,
        help="the two spectra of one sample; may be repeated",
    )
    parser.add_argument(
        "--network",
        metavar="ID|FILE|auto",
        default="auto",
        help="auto takes the network that fits the experiment (default)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    parser.add_argument(
        "--device",
        choices=CHOICES,
        default=AUTO,
        help="auto computes on a GPU where there is one, else on the CPU (default)",
    )
    add_reading_options(parser)
    add_treatment_options(parser)
    parser.set_defaults(usage_error=parser.error)


def add_treatment_options(parser: argparse.ArgumentParser) -> None:
    """What is done to spectra before a network sees them."""
    parser.add_argument(
        "--exclude-solvent",
        metavar="NAME",
        nargs="?",
        const=OWN_SOLVENT,
        default="",
        help="hide the signals of this solvent, its water and its reference (TMS, DSS) from the "
        "network; without NAME those of the solvent that each file names",
    )
    for nucleus, letter in (("1H", "h"), ("13C", "c")):
        parser.add_argument(
            f"--reference-{letter}",
            metavar="PPM|WAS=IS",
            default="0",
            help=f"shift the {nucleus} axis by so many ppm, or so that WAS becomes IS",
        )


def treatment_of(args: argparse.Namespace) -> Treatment:
    """The options of `add_treatment_options`; usage error where they make no sense."""
    from nmrcam_qt.core.reference import Reference
    from nmrcam_qt.core.treatment import Treatment, TreatmentError, known_solvent, shift

    try:
        wanted = args.exclude_solvent
        exclude = wanted if wanted in ("", OWN_SOLVENT) else known_solvent(wanted).id
        reference = Reference(shift(args.reference_h), shift(args.reference_c))
    except TreatmentError as error:
        return args.usage_error(str(error))  # type: ignore[no-any-return]  # it raises
    return Treatment(reference, exclude)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """What the user knows about the files."""
    parser.add_argument(
        "--experiment",
        choices=("hsqc", "hmbc"),
        help="what the inputs are, where their names do not say it",
    )
    window = "ppm at the {} outer edges of pictures, for example {} (default, assumed)"
    parser.add_argument(
        "--f2", type=window_ppm, metavar="FIRST:LAST", help=window.format("left and right", "10:0")
    )
    parser.add_argument(
        "--f1", type=window_ppm, metavar="FIRST:LAST", help=window.format("top and bottom", "0:200")
    )
    parser.add_argument(
        "--columns",
        choices=("hc", "ch"),
        help="order of the 1H and 13C columns of peak lists, where it cannot be told",
    )
    parser.add_argument(
        "--part",
        metavar="NAME",
        help="which sheet, experiment or spectrum to read, where a file, folder or archive "
        "holds several",
    )


def window_ppm(text: str) -> tuple[float, float]:
    """``first:last`` in ppm.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no such window or has no extent.
    """
    first, colon, last = text.partition(":")
    try:
        window = float(first), float(last)
    except ValueError:
        window = math.nan, math.nan
    if not colon or not all(math.isfinite(p) for p in window):
        raise argparse.ArgumentTypeError(f"{text!r} is no window; expected for example 10:0")
    if window[0] == window[1]:
        raise argparse.ArgumentTypeError(f"the window {text} has no extent")
    return window


def positive(text: str) -> int:
    """A number of things, at least one.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0")
    return number


def jobs_from(args: argparse.Namespace) -> list[Job]:
    """Jobs for the inputs (folders expand) and the pairs; usage error when there are none."""
    from nmrcam_qt.ml.batch import Job, jobs_for

    if not (args.inputs or args.pair):
        args.usage_error("give at least one INPUT or --pair HSQC HMBC")
    options = read_options(args)
    treatment = treatment_of(args)
    jobs = [Job((path,), options, problem=said) for path, said in files_of(args.inputs)]
    jobs += jobs_for([], [(a, b) for a, b in args.pair], options)
    return jobs if treatment.nothing else [_with_treatment(job, treatment) for job in jobs]


def read_options(args: argparse.Namespace) -> ReadOptions:
    """The options of `add_reading_options`."""
    from nmrcam_qt.core.readers.options import ReadOptions
    from nmrcam_qt.core.spectrum import Experiment

    return ReadOptions(
        experiment=Experiment(args.experiment) if args.experiment else None,
        f2_window=args.f2,
        f1_window=args.f1,
        columns=args.columns,
        part=args.part,
    )


def _with_treatment(job: Job, treatment: Treatment) -> Job:
    """The same job; its files are treated when they are read."""
    from dataclasses import replace

    from nmrcam_qt.cli.treated_file import TreatedFile

    options = replace(job.options, experiment=None) if job.is_pair else job.options
    sources = [
        TreatedFile(source, options, treatment) if isinstance(source, Path) else source
        for source in job.sources
    ]
    return replace(job, sources=tuple(sources))


def files_of(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Files to read, each with what is known to be wrong; folders expand, an empty one fails.

    What was passed over in folders (experiments that are no ¹H-¹³C spectra) is said on stderr.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        found += _below(path) if path.is_dir() else [(path, "")]
    return list(dict.fromkeys(found))


def _below(folder: Path) -> list[tuple[Path, str]]:
    from nmrcam_qt.core.errors import ReadError
    from nmrcam_qt.core.readers import survey_folders
    from nmrcam_qt.core.readers.bruker import is_bruker

    try:
        survey = survey_folders([folder])
        for _, remark in survey.remarks:
            print(one_line(f"nmrcam: {remark}"), file=sys.stderr)
        if survey.paths or is_bruker(folder):  # one processed data set lies below its experiment
            return [(file, "") for file in survey.paths or (folder,)]
    except ReadError as error:
        return [(folder, str(error))]
    return [(folder, f"{folder}: no spectrum in this folder")]
