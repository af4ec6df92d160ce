"""Processed Bruker spectra: ``pdata/N/2rr`` with procs and proc2s.

Where the points lie
--------------------
Point ``i`` of a dimension of SI points lies at ``OFFSET - i·SW_p/(SF·SI)`` ppm: OFFSET is the
*centre of the first point*, and the last one is one step short of ``OFFSET - SW_p/SF``. That
is what TopSpin writes itself: its JCAMP export of estragole (OFFSET 181.7047 ppm, SF
125.757789 MHz, SW_p 20449.898 Hz, SI 512) says ``FIRST = 22850.7809 Hz = OFFSET·SF``,
``FACTOR = 39.9412 Hz = SW_p/SI`` and ``LAST = FIRST - 511·FACTOR``; nmrglue's unit conversion
of processed Bruker data is the same. OFFSET has six or seven digits, so that the axis is
good to 1e-5 ppm.

With a strip transform (STSI below SI) the file holds STSI points from point STSR on; whether
it does is told by its length. Where SI counts the stored points but SW_p is still the acquired
width, the step is SW_p/FTSIZE (nmrglue's `strip_fake` reckons so). No real strip was at hand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.bruker.files import MAX_DATA_BYTES
from nmrcam_qt.core.readers.bruker.layout import Described
from nmrcam_qt.core.readers.bruker.parameters import Parameters
from nmrcam_qt.core.readers.instrument import MAX_POINTS, Dim, Measured
from nmrcam_qt.core.spectrum import Image

FORMAT = "Bruker processed data (2rr)"
_TYPES = {0: "i4", 1: "f4", 2: "f8"}
"""DTYPP; TopSpin writes 0 and, since version 4, 2."""
_SAME_WIDTH = 0.01
_MAX_SCALE = 80
"""Of NC_proc; 2**NC_proc times an int32 must fit a float32."""
_MAGNITUDE, _POWER = 2, 3
"""PH_mod: mc and ps."""


def read_processed(found: Described) -> Measured:
    """Points and axes of a 2rr.

    Parameters
    ----------
    found : Described
        A place whose `kind` is ``"2rr"``.

    Raises
    ------
    ReadError
        If a parameter is missing or impossible, or the file has another length than
        they say.
    """
    sizes = (_size(found, found.proc2s, "proc2s"), _size(found, found.procs, "procs"))
    data = found.files.read(found.place.data, MAX_DATA_BYTES)
    points, strips = _points(found, data, sizes)
    notes = []
    if strips != ((0, sizes[0]), (0, sizes[1])):
        notes.append("strip transform: part of the spectral width is stored")
    mode = _phase_mode(found, points)
    if mode == _POWER:
        notes.append("power spectrum: intensities are squared magnitudes")
    f2, f1 = found.nuclei
    return Measured(
        points=points,
        rows=_dim(found, "proc2s", f1, sizes[0], strips[0]),
        columns=_dim(found, "procs", f2, sizes[1], strips[1]),
        format=FORMAT,
        acquisition=acquisition_of(found, magnitude=mode in (_MAGNITUDE, _POWER)),
        notes=tuple(notes),
    )


def acquisition_of(found: Described, magnitude: bool) -> Acquisition:
    """How it was measured; the frequencies are filled in with the axes."""
    edited = found.program.edited
    if edited is None and found.program.kind == "HSQC" and found.acqus.text("PULPROG"):
        edited = False  # Bruker's names say it where it is so
    return Acquisition(
        solvent=found.acqus.text("SOLVENT"),
        pulse_program=found.program.name,
        title=found.title,
        edited=None if magnitude else edited,
        magnitude=magnitude,
    )


def _size(found: Described, parameters: Parameters, name: str) -> int:
    size = parameters.integer("SI")
    if size is None or not 1 <= size <= MAX_POINTS:
        path = found.files.path(found.place.data)
        raise ReadError(path, f"SI = {parameters.text('SI') or 'nothing'} in {name}", "points")
    return size


Strip = tuple[int, int]
"""First stored point and number of stored points."""


def _points(
    found: Described, data: bytes, sizes: tuple[int, int]
) -> tuple[Image, tuple[Strip, Strip]]:
    """Intensity ``(n_rows, n_columns)`` and which part of the dimensions it is."""
    path = found.files.path(found.place.data)
    code = found.procs.integer("DTYPP") or 0
    if code not in _TYPES:
        raise ReadError(path, f"DTYPP = {code}", "0 (whole numbers) or 2 (double precision)")
    big = found.procs.integer("BYTORDP") or 0
    kind = np.dtype((">" if big == 1 else "<") + _TYPES[code])
    whole = ((0, sizes[0]), (0, sizes[1]))
    strips = (_strip(found.proc2s, sizes[0]), _strip(found.procs, sizes[1]))
    for candidate in (whole, strips):
        rows, columns = candidate[0][1], candidate[1][1]
        if rows * columns * kind.itemsize == len(data):
            blocks = (_block(found.proc2s, rows), _block(found.procs, columns))
            stored = np.frombuffer(data, kind).reshape(-1)
            return _scaled(found, _unfolded(stored, (rows, columns), blocks)), candidate
    need = sizes[0] * sizes[1] * kind.itemsize
    what = "cut short" if len(data) < need else "too long"
    raise ReadError(
        path,
        f"{len(data)} bytes, {what}",
        f"{sizes[0]} × {sizes[1]} points of {kind.itemsize} bytes ({need} bytes)",
    )


def _strip(parameters: Parameters, size: int) -> Strip:
    count, start = parameters.integer("STSI") or 0, parameters.integer("STSR") or 0
    if 0 < count <= size and 0 <= start <= size - count:
        return start, count
    return 0, size


def _block(parameters: Parameters, size: int) -> int:
    """Points of a submatrix; those that do not divide the size are not in use."""
    block = parameters.integer("XDIM") or 0
    return block if 0 < block <= size and size % block == 0 else size


def _unfolded(
    stored: NDArray[np.generic], shape: tuple[int, int], block: tuple[int, int]
) -> NDArray[np.generic]:
    """Rows and columns from submatrices that are stored one after the other, row by row."""
    if block[1] == shape[1]:
        return stored.reshape(shape)
    down, right = shape[0] // block[0], shape[1] // block[1]
    return stored.reshape(down, right, *block).swapaxes(1, 2).reshape(shape)


def _scaled(found: Described, points: NDArray[np.generic]) -> Image:
    """Times 2**NC_proc, so that spectra of one sample can be compared."""
    power = found.procs.integer("NC_proc") or 0
    if abs(power) > _MAX_SCALE:
        path = found.files.path(found.place.data)
        raise ReadError(path, f"NC_proc = {power} in procs", f"at most {_MAX_SCALE}")
    with np.errstate(over="ignore", invalid="ignore"):
        image = points.astype(np.float32)
        image *= np.float32(2.0**power)
    return image


def _dim(found: Described, name: str, nucleus: str, size: int, strip: Strip) -> Dim:
    """Sample centres of the stored points of one dimension."""
    processed, acquired = (
        (found.procs, found.acqus) if name == "procs" else (found.proc2s, found.acqu2s)
    )
    offset = _needed(found, name, "OFFSET", processed.number("OFFSET"))
    width = _needed(found, name, "SW_p", processed.positive("SW_p"))
    mhz = _needed(found, name, "SF", processed.positive("SF"))
    whole, start = size, strip[0]
    stripped = _stripped_size(processed, acquired, size, width)
    if stripped:
        whole, start = stripped, processed.integer("STSR") or 0
        sfo = acquired.positive("SFO1") or mhz
        edge = (sfo - mhz) / mhz * 1e6 + width / mhz / 2
        if abs(offset - edge) > abs(offset - edge + start * width / mhz / whole):
            start = 0  # OFFSET is that of the strip already
    step = width / mhz / whole
    first = offset - start * step
    return Dim(nucleus, first, first - (strip[1] - 1) * step, mhz)


def _stripped_size(processed: Parameters, acquired: Parameters, size: int, width: float) -> int:
    """FTSIZE where SI counts the points of a strip and SW_p is the whole width, else 0."""
    full, start = processed.integer("FTSIZE") or 0, processed.integer("STSR") or 0
    ppm, sfo = acquired.positive("SW"), acquired.positive("SFO1")
    if not (start > 0 and start + size <= full and processed.integer("STSI") == size):
        return 0
    return full if ppm and sfo and abs(ppm * sfo / width - 1) < _SAME_WIDTH else 0


def _needed(found: Described, name: str, key: str, value: float | None) -> float:
    if value is None:
        path = found.files.path(found.place.data)
        raise ReadError(path, f"no usable {key} in {name}", "a processed 2D spectrum")
    return value


def _phase_mode(found: Described, points: Image) -> int:
    """PH_mod of the dimension that lost its phase last; by the signs where it is unset."""
    modes = [p.integer("PH_mod") or 0 for p in (found.proc2s, found.procs)]
    lost = max((m for m in modes if m in (_MAGNITUDE, _POWER)), default=0)
    if lost:
        return lost
    return _MAGNITUDE if points.size and float(points.min()) >= 0 else 0
