"""From what an instrument's file says to a spectrum: orientation, experiment, provenance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import (
    ReadOptions,
    against_the_file,
    experiment_from_name,
    experiment_in_text,
)
from nmrcam_qt.core.readers.pulse_programs import in_words, pulse_program
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.spectrum import Experiment, Image, Provenance, SourceKind, Spectrum

EXPECTED_2D = "a 2D ¹H–¹³C spectrum (HSQC or HMBC)"
MAX_POINTS = 1 << 26
"""Points of a spectrum that is read: 256 MiB of float32; 8192² is the largest one makes."""
UNKNOWN = Acquisition()
WEAKEST, STRONGEST = 1e-30, 1e30
"""Magnitudes that the highest point may have: noise, sums and curvatures of such spectra are
far from the ends of float32. Spectrometers write 1 to 1e12."""
MIN_SIDE = 8
"""Points of the shorter side; below that it is no 2D spectrum."""


@dataclass(frozen=True, slots=True)
class Dim:
    """One dimension of a file's matrix.

    Parameters
    ----------
    nucleus : str
        ``"1H"``, ``"13C"``, ...; empty where unknown.
    first_ppm, last_ppm : float
        Shifts of the first and last *sample centre*.
    mhz : float or None
        Spectrometer frequency.
    """

    nucleus: str
    first_ppm: float
    last_ppm: float
    mhz: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A 2D matrix of a file with what the file says about it.

    Parameters
    ----------
    points : real array ``(n_rows, n_columns)``
        Intensity; rows are the indirect dimension in most files.
    rows, columns : Dim
        What runs down and along.
    format : str
        The file format in words.
    acquisition : Acquisition
        Its frequencies are filled in from the dimensions.
    notes, assumed : tuple of str
        For the provenance.
    """

    points: NDArray[np.floating]
    rows: Dim
    columns: Dim
    format: str
    acquisition: Acquisition = UNKNOWN
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


def require_hc(path: Path, columns: str, rows: str, program: str) -> None:
    """Refuse what is no ¹H–¹³C experiment, with what it is.

    Parameters
    ----------
    path : Path
        The file, for the message.
    columns, rows : str
        Nuclei of the direct and the indirect dimension.
    program : str
        Name of the pulse program, empty where unknown.

    Raises
    ------
    ReadError
        For every other pair of nuclei, and for a DOSY or J-resolved spectrum.
    """
    known = pulse_program(program)
    pair = sorted((rows, columns)) == ["13C", "1H"]
    if not pair or known.kind in ("DOSY", "J-resolved spectrum"):
        raise ReadError(path, in_words(columns, rows, known), EXPECTED_2D)


def file_bytes(path: Path, most: int) -> bytes:
    """A whole file of at most `most` bytes.

    Raises
    ------
    ReadError
        If it cannot be read or is too large.
    """
    try:
        return read_regular(path, most)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReadError(path, f"cannot be read ({reason})") from None


def build_measured(path: Path, data: Measured, options: ReadOptions, sha256: str) -> Spectrum:
    """Make the spectrum: ¹³C down, ¹H along, both shifts descending with the index.

    Parameters
    ----------
    path : Path
        The file (or folder).
    data : Measured
        What it holds.
    options : ReadOptions
        The user's answers; only the experiment is used, since instrument data have axes.
    sha256 : str
        Digest of the file.

    Raises
    ------
    ReadError
        If it is no ¹H–¹³C spectrum, too small, has an impossible axis, or holds points
        that are not finite.
    """
    require_hc(path, data.columns.nucleus, data.rows.nucleus, data.acquisition.pulse_program)
    points, f1_dim, f2_dim = data.points, data.rows, data.columns
    notes = list(data.notes)
    if f1_dim.nucleus == "1H":
        points, f1_dim, f2_dim = points.T, f2_dim, f1_dim
        notes.append("¹³C was the direct dimension: turned, so that ¹³C runs down")
    if min(points.shape) < MIN_SIDE:
        raise ReadError(path, f"a matrix of {points.shape[0]} × {points.shape[1]}", EXPECTED_2D)
    points, f1 = _descending(points, _axis(path, f1_dim, points.shape[0]), 0)
    points, f2 = _descending(points, _axis(path, f2_dim, points.shape[1]), 1)
    experiment, assumed, said = _experiment(path, data, options)
    return Spectrum(
        name=path.stem,
        intensity=_intensity(path, points),
        f1=f1,
        f2=f2,
        experiment=experiment,
        provenance=Provenance(
            path=str(path),
            kind=SourceKind.INSTRUMENT,
            format=data.format,
            sha256=sha256,
            assumed=(*data.assumed, *assumed),
            notes=(*notes, *said),
        ),
        acquisition=replace(data.acquisition, h_mhz=f2_dim.mhz, c_mhz=f1_dim.mhz),
    )


def _intensity(path: Path, points: NDArray[np.floating]) -> Image:
    with np.errstate(over="ignore"):
        intensity = np.ascontiguousarray(points, np.float32)
    if not np.isfinite(intensity).all():
        raise ReadError(path, "points that are not finite numbers", "a whole spectrum")
    if not intensity.any():
        raise ReadError(path, "nothing but zeros", "a spectrum with signals")
    highest = max(float(intensity.max()), -float(intensity.min()))
    if not WEAKEST <= highest <= STRONGEST:
        expected = f"{WEAKEST:g} to {STRONGEST:g} (the header may be broken)"
        raise ReadError(path, f"a highest point of {highest:.2g}", expected)
    return intensity


def _experiment(
    path: Path, data: Measured, options: ReadOptions
) -> tuple[Experiment | None, list[str], list[str]]:
    """Experiment by the user, the pulse program, the names; what is assumed and noted."""
    known = pulse_program(data.acquisition.pulse_program)
    assumed = against_the_file(options.experiment, path, known.experiment)
    experiment = options.experiment or known.experiment
    if known.kind and known.experiment is None:
        return experiment, assumed, [f"measured as {known.kind} (pulse program {known.name})"]
    if experiment is None:
        experiment = experiment_in_text(data.acquisition.title)
        said = f"experiment {experiment.label} taken from the title" if experiment else ""
        if experiment is None:
            experiment, said = experiment_from_name(path)
        assumed += [said] if said else []
    return experiment, assumed, []


def _axis(path: Path, dim: Dim, size: int) -> Axis:
    first, last = dim.first_ppm, dim.last_ppm
    possible = np.isfinite([first, last]).all() and 1e-3 < abs(first - last) < 1e4
    if not possible or max(abs(first), abs(last)) > 1e4:
        raise ReadError(
            path,
            f"a {dim.nucleus} axis from {first:g} to {last:g} ppm",
            "chemical shifts (the frequencies in the header may be broken)",
        )
    return Axis(dim.nucleus, first, last, size)


def _descending(
    points: NDArray[np.floating], axis: Axis, along: int
) -> tuple[NDArray[np.floating], Axis]:
    """Turn an axis that ascends, with its points."""
    if axis.descending:
        return points, axis
    turned = Axis(axis.nucleus, axis.last_ppm, axis.first_ppm, axis.size)
    return np.flip(points, along), turned
