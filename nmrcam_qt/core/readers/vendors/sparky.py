"""Sparky's ``.ucsf`` spectra, through nmrglue.

The header gives the shift of point N/2 of each axis and the width of all N points, so that
point i lies at ``centre + (N/2 - i) · width / (N · frequency)``, as nmrglue reads it, too.
"""

from __future__ import annotations

import io
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

HEADER_BYTES = 180 + 2 * 128
_TEXTS = ((14, 129), (136, 176), (180, 186), (308, 314))
"""Owner, date, comment; scratch; the nuclei (ucsffile.cc)."""


def read_sparky(path: Path, options: ReadOptions) -> Spectrum:
    """Read a 2D spectrum of Sparky.

    Raises
    ------
    ReadError
        If it is anything else, which is named, or broken.
    """
    return spectrum_of_file(path, options, "Sparky spectrum", _measured)


def _measured(path: Path, data: bytes) -> Measured:
    from nmrglue.fileio import sparky

    stream = io.BytesIO(plain_texts(data[:HEADER_BYTES], _TEXTS))
    header: dict[str, Any] = sparky.fileheader2dic(sparky.get_fileheader(stream))
    if header["naxis"] != 2:
        raise ReadError(path, f"a {header['naxis']}D Sparky spectrum", EXPECTED_2D)
    if header["ncomponents"] != 1:
        raise ReadError(path, "a Sparky spectrum of complex numbers", "real ones")
    for name in ("w1", "w2"):
        header[name] = sparky.axisheader2dic(sparky.get_axisheader(stream))
    w1, w2 = header["w1"], header["w2"]
    nuclei, notes = name_nuclei(
        (w1["nucleus"], w2["nucleus"]), (w1["spectrometer_freq"], w2["spectrometer_freq"])
    )
    shape, tile = (w1["npoints"], w2["npoints"]), (w1["bsize"], w2["bsize"])
    if min(tile) < 1:
        raise ValueError(f"tiles of {tile[0]} × {tile[1]} points")
    padded = (-(-shape[0] // tile[0]) * tile[0], -(-shape[1] // tile[1]) * tile[1])
    points = padded[0] * padded[1]
    require_points(path, shape, points * 4, len(data) - HEADER_BYTES)
    require_hc(path, nuclei[1], nuclei[0], "")
    flat = np.frombuffer(data, ">f4", points, HEADER_BYTES)
    matrix = _untiled(flat, tile, padded)[: shape[0], : shape[1]]
    ends = [scale_ends(sparky.make_uc(header, matrix, at).ppm_scale()) for at in (0, 1)]
    return Measured(
        points=matrix,
        rows=Dim(nuclei[0], *ends[0], w1["spectrometer_freq"]),
        columns=Dim(nuclei[1], *ends[1], w2["spectrometer_freq"]),
        format="Sparky spectrum",
        acquisition=Acquisition(title=header["comment"].strip()),
        notes=tuple(notes),
    )


def _untiled(
    flat: NDArray[np.floating], tile: tuple[int, int], padded: tuple[int, int]
) -> NDArray[np.floating]:
    """Rows and columns from tiles; nmrglue's loop takes a minute for tiles of one point."""
    down, right = padded[0] // tile[0], padded[1] // tile[1]
    return flat.reshape(down, right, *tile).swapaxes(1, 2).reshape(padded)
