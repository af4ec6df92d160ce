"""NMRPipe's processed 2D files (``.ft2``), through nmrglue.

ORIG of an axis is the frequency of its *last* point in Hz (fdatap.h); nmrglue's unit
conversion gives the sample centres that follow: point i lies at
``(ORIG + SW · (N - 1 - i) / N) / OBS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.instrument import (
    EXPECTED_2D,
    Dim,
    Measured,
    require_hc,
)
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.vendors.common import (
    name_nuclei,
    plain_texts,
    require_points,
    scale_ends,
    spectrum_of_file,
)
from nmrcam_qt.core.spectrum import Spectrum

HEADER_BYTES = 2048
_TEXTS = ((64, 96), (1144, 1176), (1188, 1408), (1856, 1888))
"""Labels, names of source and user, title and comment, name of the operator (fdatap.h)."""
Header = dict[str, Any]


def read_nmrpipe(path: Path, options: ReadOptions) -> Spectrum:
    """Read a processed 2D spectrum of NMRPipe.

    Raises
    ------
    ReadError
        If it is anything else, which is named, or broken.
    """
    return spectrum_of_file(path, options, "NMRPipe file", _measured)


def _measured(path: Path, data: bytes) -> Measured:
    from nmrglue.fileio import pipe

    data = plain_texts(data, _TEXTS)
    header: Header = pipe.fdata2dic(pipe.get_fdata(data[:HEADER_BYTES]))
    rows, columns = _axes(header)
    labels = (str(header[rows + "LABEL"]), str(header[columns + "LABEL"]))
    mhz = (float(header[rows + "OBS"]), float(header[columns + "OBS"]))
    nuclei, notes = name_nuclei(labels, mhz)
    _require_processed(path, header, (rows, columns), nuclei)
    if not min(mhz) > 0:
        raise ValueError("an axis without its frequency, which turns Hz into ppm")
    shape = pipe.find_shape(header)
    if int(header["FDF3SIZE"]) > 1 and header["FDDIMCOUNT"] > 2:
        raise ReadError(path, "a 3D NMRPipe spectrum or a plane of one", EXPECTED_2D)
    points = shape[0] * shape[1]
    require_points(path, (shape[0], shape[1]), points * 4, len(data) - HEADER_BYTES)
    _, matrix = pipe.read_2D(data[: HEADER_BYTES + points * 4])
    row_ends = scale_ends(pipe.make_uc(header, matrix, 0).ppm_scale())
    column_ends = scale_ends(pipe.make_uc(header, matrix, 1).ppm_scale())
    if header[rows + "QUADFLAG"] != 1:  # real and imaginary rows alternate
        matrix = matrix[::2]
    require_hc(path, nuclei[1], nuclei[0], "")
    return Measured(
        points=_real(matrix),
        rows=Dim(nuclei[0], *row_ends, mhz[0]),
        columns=Dim(nuclei[1], *column_ends, mhz[1]),
        format="NMRPipe spectrum",
        acquisition=Acquisition(title=str(header["FDTITLE"]).strip()),
        notes=tuple(notes),
    )


def _real(matrix: NDArray[np.generic]) -> NDArray[np.floating]:
    return np.asarray(matrix.real, np.float32)


def _axes(header: Header) -> tuple[str, str]:
    """Prefixes of the header's entries for rows and columns."""
    order = [int(value) for value in header["FDDIMORDER"][:2]]
    if sorted(order) not in ([1, 2], [2, 3], [1, 3]):
        raise ValueError(f"dimensions in the order {order}")
    return f"FDF{order[1]}", f"FDF{order[0]}"


def _require_processed(
    path: Path, header: Header, axes: tuple[str, str], nuclei: tuple[str, str]
) -> None:
    count = int(header["FDDIMCOUNT"])
    if count == 1:
        raise ReadError(path, "a 1D NMRPipe file", EXPECTED_2D)
    if not 2 <= count <= 4:
        raise ValueError(f"{count} dimensions")
    require_hc(path, nuclei[1], nuclei[0], "")
    done = [int(header[axis + "FTFLAG"]) == 1 for axis in axes]
    if not all(done):
        what = "half processed" if any(done) else "raw"
        raise ReadError(path, f"{what} NMRPipe data (time signals)", EXPECTED_2D)
