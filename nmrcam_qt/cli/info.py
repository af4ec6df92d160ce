"""``nmrcam info INPUT…``: what a spectrum is, without any network."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.options import (
    INPUT_HELP,
    add_reading_options,
    add_treatment_options,
    files_of,
    read_options,
    treatment_of,
)
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.axis import Axis
    from nmrcam_qt.core.spectrum import Spectrum

_PPM_DIGITS = 6
_YES = {True: "yes", False: "no"}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "info",
        help="say what spectra are: format, experiment, axes, solvent, noise",
        description="Say what spectra are: format, experiment, axes, how they were measured, "
        "noise, and what had to be assumed.",
    )
    parser.add_argument("inputs", metavar="INPUT", nargs="+", type=Path, help=INPUT_HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    add_reading_options(parser)
    add_treatment_options(parser)
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Describe all inputs."""
    from nmrcam_qt.core.readers import read_spectrum
    from nmrcam_qt.core.treatment import treated

    options, treatment = read_options(args), treatment_of(args)
    status, first = OK, True
    for path, problem in files_of(args.inputs):
        data: dict[str, Any] = {"file": str(path), "error": problem or None}
        if not problem:
            try:
                data = described(treated(read_spectrum(path, options), treatment), path)
            except NmrCamError as error:
                data["error"] = str(error)
        if data["error"]:
            status = SOME_FAILED
            print(one_line(f"nmrcam: {data['error']}"), file=sys.stderr, flush=True)
        if args.json:
            print(json.dumps(data), flush=True)
        elif not data["error"]:
            print("" if first else "\n", end="")
            print("\n".join(lines(data)), flush=True)
            first = False
    return status


def described(spectrum: Spectrum, path: Path) -> dict[str, Any]:
    """A spectrum as a JSON object.

    Parameters
    ----------
    spectrum : Spectrum
        As read and treated.
    path : Path
        As the user named it.

    Returns
    -------
    dict
        ``file, name, format, kind, experiment, axes {f2, f1}, acquisition, noise,
        signal_to_noise, peaks, masks, assumed, notes, sha256, error``; ppm of the axes are
        those of the first and last *point*.
    """
    import numpy as np

    from nmrcam_qt.core.noise import noise_level
    from nmrcam_qt.core.spectrum import SourceKind

    measured = spectrum.provenance.kind is SourceKind.INSTRUMENT
    noise = noise_level(spectrum.intensity) if measured else 0.0
    top = float(np.abs(spectrum.intensity).max(initial=0))
    source, how = spectrum.provenance, spectrum.acquisition
    return {
        "file": str(path),
        "name": spectrum.name,
        "format": source.format,
        "kind": source.kind.value,
        "experiment": spectrum.experiment.value if spectrum.experiment else None,
        "axes": {"f2": _axis(spectrum.f2), "f1": _axis(spectrum.f1)},
        "acquisition": None
        if how is None
        else {
            "solvent": how.solvent or None,
            "h_mhz": how.h_mhz,
            "c_mhz": how.c_mhz,
            "pulse_program": how.pulse_program or None,
            "title": how.title or None,
            "edited": how.edited,
            "magnitude": how.magnitude,
        },
        "noise": noise or None,
        "signal_to_noise": top / noise if noise else None,
        "peaks": None if spectrum.peaks is None else len(spectrum.peaks),
        "masks": [
            {"name": m.name, "h_ppm": list(m.h_ppm), "c_ppm": list(m.c_ppm), "excluded": m.excluded}
            for m in spectrum.masks
        ],
        "assumed": list(source.assumed),
        "notes": list(source.notes),
        "sha256": source.sha256 or None,
        "error": None,
    }


def lines(data: dict[str, Any]) -> list[str]:
    """The object of `described` for people: a heading and what is known."""
    known = [
        ("format", data["format"]),
        ("experiment", (data["experiment"] or "").upper() or "not known"),
        ("¹H axis (F2)", _axis_text(data["axes"]["f2"])),
        ("¹³C axis (F1)", _axis_text(data["axes"]["f1"])),
        *_acquired(data["acquisition"] or {}),
    ]
    if data["peaks"] is not None:
        known.append(("peaks", str(data["peaks"])))
    if data["noise"]:
        ratio = f"{data['noise']:.4g}, strongest signal {data['signal_to_noise']:.0f} times as high"
        known.append(("noise", ratio))
    if data["masks"]:
        known.append(("excluded", ", ".join(m["name"] for m in data["masks"])))
    known += [("assumed", text) for text in data["assumed"]]
    known += [("note", text) for text in data["notes"]]
    width = max(len(key) for key, _ in known)
    return [one_line(data["file"])] + [one_line(f"  {k:<{width}}  {v}") for k, v in known]


def _acquired(how: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known of the measurement."""
    found = []
    if how.get("h_mhz"):
        carbon = f", ¹³C {how['c_mhz']:.2f} MHz" if how.get("c_mhz") else ""
        found.append(("spectrometer", f"¹H {how['h_mhz']:.2f} MHz{carbon}"))
    for key, label in (("solvent", "solvent"), ("pulse_program", "sequence"), ("title", "title")):
        if how.get(key):
            found.append((label, str(how[key])))
    if how.get("edited") is not None:
        found.append(("edited (CH2 inverted)", _YES[how["edited"]]))
    if how.get("magnitude") is not None:
        found.append(("magnitude mode", _YES[how["magnitude"]]))
    return found


def _axis(axis: Axis) -> dict[str, Any]:
    """First and last point; adding 0.0 makes a zero of -0.0."""
    return {
        "nucleus": axis.nucleus,
        "first_ppm": round(axis.first_ppm, _PPM_DIGITS) + 0.0,
        "last_ppm": round(axis.last_ppm, _PPM_DIGITS) + 0.0,
        "points": axis.size,
    }


def _axis_text(axis: dict[str, Any]) -> str:
    return f"{axis['first_ppm']:.3f} to {axis['last_ppm']:.3f} ppm, {axis['points']} points"
