"""Options that commands share, and how they become jobs."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nmrcam_qt.core.readers.options import ReadOptions
    from nmrcam_qt.ml.batch import Job


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """INPUT…, --pair, --network and what the user knows about the files."""
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        type=Path,
        help="picture, peak list, or a folder of them",
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
    _add_reading_options(parser)
    parser.set_defaults(usage_error=parser.error)


def _add_reading_options(parser: argparse.ArgumentParser) -> None:
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
        help="which sheet or spectrum of a file to read, where it holds several",
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


def jobs_from(args: argparse.Namespace) -> list[Job]:
    """Jobs for the inputs (folders expand) and the pairs; usage error when there are none."""
    from nmrcam_qt.core.readers.options import ReadOptions
    from nmrcam_qt.core.spectrum import Experiment
    from nmrcam_qt.ml.batch import jobs_for

    if not (args.inputs or args.pair):
        args.usage_error("give at least one INPUT or --pair HSQC HMBC")
    options = ReadOptions(
        experiment=Experiment(args.experiment) if args.experiment else None,
        f2_window=args.f2,
        f1_window=args.f1,
        columns=args.columns,
        part=args.part,
    )
    jobs = [job for path in args.inputs for job in _jobs_of(path, options)]
    jobs = list({job.files: job for job in jobs}.values())
    return jobs + jobs_for([], [(a, b) for a, b in args.pair], options)


def _jobs_of(path: Path, options: ReadOptions) -> list[Job]:
    """One job for a file, one per spectrum of a folder; a folder without any fails alone."""
    from nmrcam_qt.core.errors import ReadError
    from nmrcam_qt.core.readers import find_spectra
    from nmrcam_qt.ml.batch import Job, jobs_for

    if not path.is_dir():
        return jobs_for([path], options=options)
    try:
        files = find_spectra([path])
    except ReadError as error:
        return [Job((path,), problem=str(error))]
    if not files:
        return [Job((path,), problem=f"{path}: no spectrum in this folder")]
    return jobs_for(files, options=options)
