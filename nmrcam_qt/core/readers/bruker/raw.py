"""Raw 2D Bruker data: ``ser`` with acqus and acqu2s becomes time signals for processing.

The sense of F1
---------------
A pulse of phase φ gives a signal of phase φ, so that advancing the first pulse by 90° (what
``ip`` does for States and TPPI) turns ``cos(2πν·t1)`` into ``-sin(2πν·t1)``: every second row
has the other sign than `Scheme` wants. The pairs ``row + i·next row`` then have the sense of
the echo, which is what QF programs select by gradients and what comes first in echo-antiecho
data: TopSpin needs one direction of the Fourier transform for all of them. Echo-antiecho is
proven by two real data sets; the rest follows from it and was never seen in real data here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.processing import Scheme
from nmrcam_qt.core.processing.types import Complex
from nmrcam_qt.core.readers.bruker.files import MAX_DATA_BYTES
from nmrcam_qt.core.readers.bruker.layout import Described

EXPECTED = "raw data of a 2D ¹H–¹³C spectrum"
_TYPES = {0: "i4", 2: "f8"}
"""DTYPA."""
_BLOCK_BYTES = 1024
"""Every row begins at a multiple of it."""
_FNMODE = {
    1: Scheme.QF,
    3: Scheme.TPPI,
    4: Scheme.STATES,
    5: Scheme.STATES_TPPI,
    6: Scheme.ECHO_ANTIECHO,
}
_MC2 = {
    0: Scheme.QF,
    2: Scheme.TPPI,
    3: Scheme.STATES,
    4: Scheme.STATES_TPPI,
    5: Scheme.ECHO_ANTIECHO,
}
_ADVANCED = (Scheme.TPPI, Scheme.STATES, Scheme.STATES_TPPI)
"""Schemes that advance the phase of a pulse."""
_COMPLEX_MODES = (1, 3)
"""AQ_mod: qsim and DQD, both points of a pair at the same time."""
_NUS = 2
"""FnTYPE: non-uniform sampling."""
_MAX_DELAY = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class RawData:
    """Time signals of a ser file.

    Parameters
    ----------
    fid : complex64 ``(n_t1, n_t2)``
        As `nmrcam_qt.core.processing` wants them.
    scheme : Scheme
        What the rows are.
    group_delay : float
        Of the digital filter, complex points.
    notes, assumed : tuple of str
        For the provenance.
    """

    fid: Complex
    scheme: Scheme
    group_delay: float
    notes: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


def read_ser(found: Described) -> RawData:
    """Read the points of a ser file.

    Parameters
    ----------
    found : Described
        A place whose `kind` is ``"ser"``.

    Raises
    ------
    ReadError
        If parameters are missing or impossible, the file has another length than they
        say, it was sampled non-uniformly, or in a way that nmrcam does not process.
    """
    _refuse(found)
    scheme, assumed = _scheme(found)
    stored = _rows(found)
    count = _recorded(stored)
    notes = []
    if count < len(stored):
        notes.append(f"stopped early: {count} of {len(stored)} rows hold data")
    fid = np.empty((count, stored.shape[1] // 2), dtype=np.complex64)
    with np.errstate(over="ignore", invalid="ignore"):
        fid.real = stored[:count, 0::2]
        fid.imag = stored[:count, 1::2]
    if scheme in _ADVANCED:
        fid[1::2] *= -1
    delay, said = _group_delay(found, fid.shape[1])
    return RawData(fid, scheme, delay, tuple(notes), (*assumed, *said))


def _refuse(found: Described) -> None:
    """What nmrcam does not process."""
    path = found.files.path(found.place.data)
    for name, parameters in (("acqus", found.acqus), ("acqu2s", found.acqu2s)):
        if not parameters:
            raise ReadError(path, f"no {name} beside it", EXPECTED)
    if found.acqus.integer("FnTYPE") == _NUS:
        raise ReadError(
            path,
            "non-uniformly sampled raw data, which nmrcam does not reconstruct",
            "data sampled on a full grid, or the spectrum that TopSpin made of them (2rr)",
        )
    mode = found.acqus.integer("AQ_mod")
    if mode is not None and mode not in _COMPLEX_MODES:
        raise ReadError(path, f"sequential sampling (AQ_mod {mode})", "simultaneous or DQD")


def _scheme(found: Described) -> tuple[Scheme, list[str]]:
    """How F1 was detected: FnMODE, where it is undefined MC2, else by the pulse program."""
    path = found.files.path(found.place.data)
    mode = found.acqu2s.integer("FnMODE") or 0
    if mode in _FNMODE:
        return _FNMODE[mode], []
    if mode:
        raise ReadError(path, f"FnMODE = {mode} in acqu2s", "QF, TPPI, States or echo-antiecho")
    mc2 = found.proc2s.integer("MC2")
    if mc2 in _MC2:
        scheme = _MC2[mc2]
        return scheme, [f"{scheme.value} in F1 taken from MC2: the data do not say"]
    name = found.program.name.lower()
    for token, scheme in (("qf", Scheme.QF), ("et", Scheme.ECHO_ANTIECHO)):
        if token in name:
            return scheme, [f"{scheme.value} in F1 assumed from the pulse program {name}"]
    raise ReadError(path, "no FnMODE that says how F1 was detected", EXPECTED)


def _rows(found: Described) -> NDArray[np.generic]:
    """Stored numbers ``(TD of F1, TD of F2)``, real and imaginary in turn."""
    path = found.files.path(found.place.data)
    count, length = found.acqu2s.integer("TD") or 0, found.acqus.integer("TD") or 0
    if not (2 <= count <= 1 << 16 and 4 <= length <= 1 << 22):
        raise ReadError(path, f"TD of {count} rows and {length} points", EXPECTED)
    code = found.acqus.integer("DTYPA") or 0
    if code not in _TYPES:
        raise ReadError(path, f"DTYPA = {code}", "0 (whole numbers) or 2 (double precision)")
    kind = np.dtype((">" if found.acqus.integer("BYTORDA") == 1 else "<") + _TYPES[code])
    data = found.files.read(found.place.data, MAX_DATA_BYTES)
    block = _BLOCK_BYTES // kind.itemsize
    padded = -(-length // block) * block
    for stride in dict.fromkeys((padded, length)):
        if count * stride * kind.itemsize == len(data):
            return np.frombuffer(data, kind).reshape(count, stride)[:, : length // 2 * 2]
    need = count * padded * kind.itemsize
    what = "cut short" if len(data) < need else "too long"
    raise ReadError(
        path,
        f"{len(data)} bytes, {what}",
        f"{count} rows of {length} points of {kind.itemsize} bytes ({need} bytes)",
    )


def _recorded(stored: NDArray[np.generic]) -> int:
    """Rows up to the last one with data; all of them where there are none."""
    used = np.flatnonzero((stored != 0).any(axis=1))
    return int(used[-1]) + 1 if len(used) else len(stored)


def _group_delay(found: Described, points: int) -> tuple[float, list[str]]:
    """GRPDLY, for older spectrometers by the table of DSPFVS and DECIM."""
    delay = found.acqus.number("GRPDLY")
    if delay is not None and 0 <= delay < min(_MAX_DELAY, points / 2):
        return delay, []
    decim, firmware = found.acqus.integer("DECIM") or 0, found.acqus.integer("DSPFVS") or 0
    if decim <= 1 or found.acqus.integer("DIGMOD") == 0:
        return 0.0, []  # no digital filter
    from nmrglue.fileio.bruker import bruker_dsp_table

    delay = bruker_dsp_table.get(firmware, {}).get(decim)
    if delay is None or not 0 <= delay < points / 2:
        said = f"group delay of the digital filter (DSPFVS {firmware}, DECIM {decim}) unknown"
        return 0.0, [f"{said}: none assumed"]
    return float(delay), []
