"""JEOL Delta's ``.jdf``, processed or raw 2D; the header and the order of points by nmrglue.

Axis start and stop of the header are the first and last *sample centre* between the data
offsets: in a raw file of 32,768 points the stop is 32,767 dwell times (3.27145728 s of
3.27155712 s), and in a processed one start and stop lie evenly about the carrier, which is
point N/2 (13.4980 and -1.4980 ppm about 6 ppm for points 26,215 to 235,929 of 262,144; both
are figures of published test files of the program jeolconverter).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.processing import Processed, Scheme, process_2d, spectral_axis
from nmrcam_qt.core.readers.instrument import (
    EXPECTED_2D,
    Dim,
    Measured,
    require_hc,
)
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pulse_programs import in_words, pulse_program, written
from nmrcam_qt.core.readers.vendors.common import (
    name_nuclei,
    plain_texts,
    require_points,
    spectrum_of_file,
)
from nmrcam_qt.core.readers.vendors.onset import onset_delay
from nmrcam_qt.core.readers.vendors.settled import Known, Settled, settled
from nmrcam_qt.core.spectrum import Spectrum

HEADER_BYTES = 1360
MAX_PARAMETERS = 20_000
_TEXTS = ((48, 172), (408, 1064))
"""Where the header holds free text, which may be in any encoding."""
_KNOWN_TYPES = (
    ("real", "real"),
    ("real_complex", "real_complex"),
    ("complex", "real"),
    ("complex", "complex"),
)
Header = dict[str, Any]


def read_jeol(path: Path, options: ReadOptions) -> Spectrum:
    """Read a 2D spectrum, or 2D time signals, of JEOL's Delta.

    Raises
    ------
    ReadError
        If it is anything else, which is named, or broken.
    """
    return spectrum_of_file(path, options, "JEOL file", _measured)


def _measured(path: Path, data: bytes) -> Measured:
    from nmrglue.fileio import jeol

    _check_header(data)
    everything: Header = jeol.parse_jeol(_harmless(data))
    header, said = everything["header"], everything["parameters"]
    _require_2d(path, everything)
    mhz = (_float(said, "y_freq") / 1e6, _float(said, "x_freq") / 1e6)
    nuclei, notes = name_nuclei((_text(said, "y_domain"), _text(said, "x_domain")), mhz)
    known = pulse_program(_text(said, "experiment"))
    require_hc(path, nuclei[1], nuclei[0], known.name)
    matrix = _matrix(path, everything, data)
    units = [header["units"][at][2] for at in (1, 0)]
    raw = units == ["second", "second"]
    if "second" in units and not raw:
        what = f"half processed JEOL data of {in_words(nuclei[1], nuclei[0], known)}"
        raise ReadError(path, what, EXPECTED_2D)
    made, told = _transformed(header, matrix) if raw else (None, ())
    ends = _carrier_ends(said, made, mhz) if made else _filed_ends(header, units, mhz)
    rows, columns = (Dim(nuclei[at], *ends[at], mhz[at]) for at in (0, 1))
    if made:
        done = settled(made, rows, columns, Known(known.kind == "HSQC", known.edited))
    else:
        done = Settled((matrix[::2] if _hypercomplex(header) else matrix).real, (), ())
    return Measured(
        points=done.intensity,
        rows=rows,
        columns=columns,
        format="JEOL raw data, processed by nmrcam" if raw else "JEOL spectrum",
        acquisition=Acquisition(
            solvent=_text(said, "solvent"),
            pulse_program=known.name,
            title=str(header["title"]).strip(),
            edited=known.edited,
            magnitude=not _hypercomplex(header) if raw else None,
        ),
        notes=(*notes, *done.notes, *told),
        assumed=done.assumed,
    )


def _require_2d(path: Path, everything: Header) -> None:
    from nmrglue.fileio import jeol

    said = everything["parameters"]
    if jeol.ndims(everything) != 2:
        nucleus = name_nuclei(("", _text(said, "x_domain")), (0.0, 0.0))[0][1]
        what = f"a {jeol.ndims(everything)}D {written(nucleus)} JEOL file".replace("  ", " ")
        raise ReadError(path, what, EXPECTED_2D)


def _check_header(data: bytes) -> None:
    """What must hold before nmrglue may follow the header's numbers."""
    if len(data) < HEADER_BYTES:
        raise ValueError(f"a header of {len(data)} bytes, {HEADER_BYTES} are needed")
    at, count, _ = _parameters(data)
    if count > MAX_PARAMETERS or at < HEADER_BYTES or at + 16 + 64 * count > len(data):
        raise ValueError(f"{count} parameters announced")


def _parameters(data: bytes) -> tuple[int, int, str]:
    """Where the parameters begin, how many there are, and their byte order."""
    order = "<" if data[8] == 1 else ">"
    at = int(struct.unpack_from(">I", data, 1212)[0])
    return at, int(struct.unpack_from(order + "4I", data, at)[2]), order


def _harmless(data: bytes) -> bytes:
    """Header and parameters as nmrglue may read them: ASCII, and no texts to be multiplied.

    It multiplies every value by ten to the power of its scaler, texts as well, and a text
    times 10^9 fills the memory.
    """
    at, count, order = _parameters(data)
    plain = bytearray(plain_texts(data[: at + 16 + 64 * count], _texts(data)))
    for start in range(at + 16, at + 16 + 64 * count, 64):
        if struct.unpack_from(order + "i", plain, start + 32)[0] == 0:
            plain[start + 4 : start + 6] = bytes(2)
    return bytes(plain)


def _texts(data: bytes) -> Iterator[tuple[int, int]]:
    """Where texts stand: in the header, and in each parameter of 64 bytes (value, name)."""
    yield from _TEXTS
    at, count, order = _parameters(data)
    for start in range(at + 16, at + 16 + 64 * count, 64):
        yield start + 36, start + 64
        if struct.unpack_from(order + "i", data, start + 32)[0] == 0:
            yield start + 16, start + 32


def _matrix(path: Path, everything: Header, data: bytes) -> NDArray[np.generic]:
    """Points in order, cut to the part that the header calls data."""
    from nmrglue.fileio import jeol

    header = everything["header"]
    types = tuple(header["data_axis_type"][:2])
    if types not in _KNOWN_TYPES:
        raise ValueError(f"axes of the types {types}")
    if header["data_type"] not in ("float64", "float32"):
        raise ValueError(f"points of the type {header['data_type']}")
    columns, rows = header["data_points"][:2]
    sections, edge = jeol.nsections(everything), header["submatrix_edge"]
    if rows % edge or columns % edge:
        raise ValueError(f"{rows} × {columns} points in tiles of {edge}")
    order = "<" if header["endian"] == "little_endian" else ">"
    kind = np.dtype(f"{order}f{int(header['data_type'][-2:]) // 8}")
    start, count = header["data_start"], rows * columns * sections
    require_points(path, (rows, columns), count * kind.itemsize, len(data) - start)
    flat = np.frombuffer(data, kind, count, start)
    matrix: NDArray[np.generic] = _in_order(everything, flat)
    (x0, y0), (x1, y1) = header["data_offset_start"][:2], header["data_offset_stop"][:2]
    if not (x0 < x1 < columns and y0 < y1 < rows):
        raise ValueError(f"data from ({y0}, {x0}) to ({y1}, {x1}) of {rows} × {columns} points")
    twice = 2 if _hypercomplex(header) else 1
    return matrix[y0 * twice : (y1 + 1) * twice, x0 : x1 + 1]


def _in_order(everything: Header, flat: NDArray[np.generic]) -> NDArray[np.generic]:
    from nmrglue.fileio import jeol

    matrix: NDArray[np.generic] = jeol.reorganize_2d(everything, flat)
    return matrix


def _hypercomplex(header: Header) -> bool:
    return tuple(header["data_axis_type"][:2]) == ("complex", "complex")


Ends = list[tuple[float, float]]
"""Shifts of the first and last sample centre of rows and columns."""


def _filed_ends(header: Header, units: list[str], mhz: tuple[float, float]) -> Ends:
    """Of a processed file, by the header."""
    made: Ends = []
    for at, unit in enumerate(units):
        first = float(header["data_axis_start"][1 - at])
        last = float(header["data_axis_stop"][1 - at])
        if unit == "ppm":
            made.append((first, last))
        elif unit == "hertz" and mhz[at] > 0:
            made.append((first / mhz[at], last / mhz[at]))
        else:
            raise ValueError(f"an axis in {unit}")
    return made


def _carrier_ends(said: Header, made: Processed, mhz: tuple[float, float]) -> Ends:
    """Of raw data, by carrier and width."""
    ends: Ends = []
    for at, axis in enumerate("yx"):
        carrier, width = _float(said, f"{axis}_offset"), _float(said, f"{axis}_sweep") / mhz[at]
        found = spectral_axis("1H", carrier, width, made.intensity.shape[at])
        ends.append((found.first_ppm, found.last_ppm))
    return ends


def _transformed(header: Header, matrix: NDArray[np.generic]) -> tuple[Processed, tuple[str, ...]]:
    """Raw data through our own processing; and what is said of the filter.

    nmrglue's order and signs are those of the program that converts to NMRPipe (its tests
    compare them): higher shifts turn positively, rows 2k and 2k + 1 are cosine and sine.
    """
    scheme = Scheme.STATES if _hypercomplex(header) else Scheme.QF
    delay = onset_delay(matrix)
    made = process_2d(matrix.astype(np.complex64), scheme, group_delay=delay)
    told = f"digital filter: {delay:.1f} points, read off the onset of the signal"
    return made, (told,) if delay else ()


def _float(parameters: Header, name: str) -> float:
    value = float(parameters[name])
    if not np.isfinite(value):
        raise ValueError(f"{name} is {value}")
    return value


def _text(parameters: Header, name: str) -> str:
    value = parameters.get(name, "")
    return value.strip() if isinstance(value, str) else ""
