"""``nmrcam peaks INPUT -o FILE``: pick the peaks of a spectrum and write them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK
from nmrcam_qt.cli.options import (
    INPUT_HELP,
    add_reading_options,
    add_treatment_options,
    files_of,
    read_options,
    treatment_of,
)
from nmrcam_qt.cli.output import table
from nmrcam_qt.cli.predict import quiet_progress
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.picked import Peak, PickedPeaks
    from nmrcam_qt.core.picking import PickSettings
    from nmrcam_qt.core.spectrum import Spectrum
    from nmrcam_qt.core.writers.peak_files import PeakFormat

FORMATS = ("csv", "xlsx", "topspin-xml", "topspin-txt", "mnova", "sparky", "nmrpipe")
"""Values of `core.writers.peak_files.PeakFormat`, which is not loaded for ``--help``."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "peaks",
        help="pick the peaks of a spectrum and write them as a table or for other programs",
        description="Pick the peaks of a spectrum: position, height, width, signal to noise. "
        "Without -o they are printed.",
    )
    parser.add_argument("input", metavar="INPUT", type=Path, help=INPUT_HELP.split(", or")[0])
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        type=Path,
        help="csv, xlsx, xml or txt (TopSpin), tsv (Mnova), list (Sparky), tab (NMRPipe)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="where the suffix of FILE is none of them"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--hsqc",
        metavar="FILE",
        type=Path,
        help="HSQC of the same sample: marks the one-bond doublets of an HMBC",
    )
    _add_settings(parser)
    add_reading_options(parser)
    add_treatment_options(parser)
    parser.set_defaults(run=run, usage_error=parser.error)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """What is a peak; defaults are those of `core.picking.PickSettings`."""
    parser.add_argument(
        "--min-snr", type=float, metavar="X", help="lowest height over the noise (default: 4)"
    )
    parser.add_argument(
        "--min-relative",
        type=float,
        metavar="SHARE",
        help="lowest height over that of the strongest peak, 0 to 1 (default: 0.004)",
    )
    parser.add_argument("--signs", choices=("both", "positive", "negative"), help="(default: both)")
    parser.add_argument(
        "--ridges",
        action="store_true",
        default=None,
        help="keep peaks on t1 ridges and solvent streaks, marked as doubtful",
    )


def run(args: argparse.Namespace) -> int:
    """Pick, then write or print."""
    from nmrcam_qt.core.picking import pick_peaks

    settings, form = _settings(args), _format(args)
    spectrum = _read(args, args.input)
    progress = quiet_progress()
    try:
        hsqc = pick_peaks(_read(args, args.hsqc), settings) if args.hsqc else None
        picked = pick_peaks(spectrum, settings, hsqc, progress)
    finally:
        progress.close()
    if args.out is not None and form is not None:
        _write(args.out, spectrum, picked, form)
    if args.json:
        print(json.dumps(_record(args, spectrum, picked)))
    elif args.out is not None:
        print(one_line(f"{_count(picked)} of {args.input}: {args.out}"))
    else:
        print(table([_row(peak) for peak in picked.peaks]) if picked.peaks else _count(picked))
    return OK


def _settings(args: argparse.Namespace) -> PickSettings:
    """Those that the user named; usage error where they make no sense."""
    from nmrcam_qt.core.picking import PickSettings, Signs

    given = {name: getattr(args, name) for name in ("min_snr", "min_relative", "ridges")}
    given["signs"] = Signs(args.signs) if args.signs else None
    try:
        return PickSettings(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        return args.usage_error(str(error))  # type: ignore[no-any-return]  # it raises


def _format(args: argparse.Namespace) -> PeakFormat | None:
    """How the file is written; None where none is; usage error where nobody can tell."""
    from nmrcam_qt.core.writers.peak_files import PeakFormat, format_of

    if args.out is None:
        return None
    form = PeakFormat(args.format) if args.format else format_of(args.out)
    if form is None:
        args.usage_error(f"-o {args.out}: no format has this suffix; say --format")
    return form


def _read(args: argparse.Namespace, path: Path) -> Spectrum:
    """One spectrum; a folder must hold just one."""
    from nmrcam_qt.core.errors import ReadError
    from nmrcam_qt.core.readers import read_spectrum
    from nmrcam_qt.core.treatment import treated
    from nmrcam_qt.core.writers.files import is_same_file

    found = files_of([path])
    if len(found) > 1:
        raise ReadError(path, f"a folder of {len(found)} spectra", "one spectrum")
    file, problem = found[0]
    if problem:
        raise ReadError(path, "no spectrum in this folder", "one spectrum")
    spectrum = read_spectrum(file, read_options(args))
    if args.out is not None and is_same_file(args.out, spectrum.provenance.path):
        args.usage_error(f"-o {args.out}: that is the spectrum; it would be overwritten")
    return treated(spectrum, treatment_of(args))


def _write(path: Path, spectrum: Spectrum, picked: PickedPeaks, form: PeakFormat) -> None:
    from nmrcam_qt.core.writers.peak_files import PeaksAbout, write_peaks

    about = PeaksAbout.measured(
        spectrum.name, spectrum.experiment, spectrum.f1, spectrum.f2, spectrum.acquisition
    )
    write_peaks(path, picked, form, about)


def _record(args: argparse.Namespace, spectrum: Spectrum, picked: PickedPeaks) -> dict[str, Any]:
    return {
        "file": str(args.input),
        "experiment": spectrum.experiment.value if spectrum.experiment else None,
        "noise": picked.noise or None,
        "base": picked.base or None,
        "written": str(args.out) if args.out is not None else None,
        "peaks": [
            {
                "h_ppm": peak.h_ppm,
                "c_ppm": peak.c_ppm,
                "height": peak.height,
                "h_width_ppm": peak.h_width_ppm or None,
                "c_width_ppm": peak.c_width_ppm or None,
                "volume": peak.volume or None,
                "snr": peak.snr or None,
                "kind": peak.kind.value,
            }
            for peak in picked.peaks
        ],
    }


def _row(peak: Peak) -> dict[str, str]:
    return {
        "1H ppm": f"{peak.h_ppm:.3f}",
        "13C ppm": f"{peak.c_ppm:.2f}",
        "height": f"{peak.height:.4g}",
        "S/N": f"{peak.snr:.0f}" if peak.snr else "",
        "kind": peak.kind.value,
    }


def _count(picked: PickedPeaks) -> str:
    return f"{len(picked)} peak{'' if len(picked) == 1 else 's'}"
