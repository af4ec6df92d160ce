"""Varian/Agilent: raw 2D data (``fid`` with ``procpar``), through nmrglue and our processing.

Frequencies turn the other way in these files than `nmrcam_qt.core.processing` expects: the
data are conjugated and the second trace of each pair is negated, as the converters to NMRPipe
do (nmrglue's tests compare its own with var2pipe).
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.processing import Scheme, process_2d, spectral_axis
from nmrcam_qt.core.readers.instrument import (
    EXPECTED_2D,
    MAX_POINTS,
    Dim,
    Measured,
    build_measured,
    require_hc,
)
from nmrcam_qt.core.readers.options import ReadOptions, file_sha256
from nmrcam_qt.core.readers.pulse_programs import (
    C_PER_H,
    PulseProgram,
    in_words,
    plain_nucleus,
    pulse_program,
    written,
)
from nmrcam_qt.core.readers.vendors.common import broken_files
from nmrcam_qt.core.readers.vendors.procpar import Procpar, read_procpar
from nmrcam_qt.core.readers.vendors.settled import Known, settled
from nmrcam_qt.core.spectrum import Spectrum

BLOCK_HEADER = 28
HYPERCOMPLEX = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""Coefficients of ``wft2d`` for the method of States, VnmrJ's default."""
_HOMONUCLEAR = ("COSY", "NOESY", "TOCSY", "ROESY")
Complex = NDArray[np.complex64]


def read_varian(folder: Path, options: ReadOptions) -> Spectrum:
    """Read and process the raw 2D data of a folder.

    Parameters
    ----------
    folder : Path
        With ``procpar`` and ``fid``.
    options : ReadOptions
        The user's answers.

    Raises
    ------
    ReadError
        If it is anything else, which is named, or broken.
    """
    with broken_files(folder, "Varian data set"):
        measured = _measured(folder, read_procpar(folder))
    # The file with the points stands for the folder, so that its source can be checked.
    path = folder / "fid"
    spectrum = build_measured(path, measured, options, file_sha256(path))
    return replace(spectrum, name=folder.stem or folder.name)


def _measured(folder: Path, said: Procpar) -> Measured:
    program = said.text("seqfil") or said.text("pslabel")
    known = pulse_program(program)
    f2 = plain_nucleus(said.text("tn"))
    channel = _indirect_channel(said, homonuclear=known.kind in _HOMONUCLEAR)
    f1 = plain_nucleus(said.text({"sfrq": "tn", "dfrq": "dn"}.get(channel, "dn" + channel[4:])))
    _require_2d(folder, said, (f2, f1), known)
    fid, scheme = _in_our_order(_traces(folder), said)
    made = process_2d(fid, scheme)
    notes: list[str] = []
    columns = _dim(said, f2, ("sfrq", "sw", ""), made.intensity.shape[1], notes)
    rows = _dim(said, f1, (channel, "sw1", "1"), made.intensity.shape[0], notes)
    mult = said.number("mult", -1)
    edited = mult == 2 if known.kind == "HSQC" and mult >= 0 else known.edited
    done = settled(made, rows, columns, Known(known.kind == "HSQC", edited))
    return Measured(
        points=done.intensity,
        rows=rows,
        columns=columns,
        format="Varian raw data, processed by nmrcam",
        acquisition=Acquisition(
            solvent=said.text("solvent"),
            pulse_program=program,
            title=said.text("samplename") or said.text("comment"),
            edited=edited,
            magnitude=made.magnitude,
        ),
        notes=(*done.notes, *notes),
        assumed=done.assumed,
    )


def _require_2d(folder: Path, said: Procpar, nuclei: tuple[str, str], known: PulseProgram) -> None:
    f2, f1 = nuclei
    if said.number("ni", 0) <= 1:
        what = f"a 1D {written(f2)} measurement of Varian".replace("  ", " ")
        raise ReadError(folder, what, EXPECTED_2D)
    if said.number("ni2", 0) > 1:
        raise ReadError(folder, f"a 3D measurement of Varian (pulse program {known.name})")
    require_hc(folder, f2, f1, known.name)
    if not (folder / "fid").is_file():
        raise ReadError(
            folder,
            f"{in_words(f2, f1, known)} without raw data (fid); VnmrJ's phasefile is a cache",
            "a folder with fid and procpar",
        )


def _indirect_channel(said: Procpar, homonuclear: bool) -> str:
    """Name of the parameter with the frequency of F1."""
    source = said.text("refsource1")
    if source in ("sfrq", "dfrq", "dfrq2", "dfrq3"):
        return source
    return "sfrq" if homonuclear else "dfrq"


def _traces(folder: Path) -> Complex:
    """All traces of the fid file in order, complex64 ``(n, points)``."""
    from nmrglue.fileio import varian

    path = folder / "fid"
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(32)
    if len(start) < 32:
        raise ReadError(folder, "the fid is cut short or empty", "a header of 32 bytes")
    blocks, traces, points, width = struct.unpack(">4i", start[:16])
    headers = struct.unpack(">i", start[28:])[0]
    if min(blocks, traces, points) < 1 or width not in (2, 4) or not 0 <= headers <= 9:
        raise ValueError(f"{blocks} blocks of {traces} traces of {points} points")
    if blocks * traces * points > 2 * MAX_POINTS:
        raise ReadError(folder, f"a fid that announces {blocks * traces} × {points} points")
    needed = 32 + blocks * (headers * BLOCK_HEADER + traces * points * width)
    if size < needed:
        raise ReadError(
            folder, f"a fid of {size} bytes, though its header announces {needed}", "a whole one"
        )
    _, data = varian.read_fid(path, as_2d=True)
    return np.asarray(data, np.complex64)


def _in_our_order(traces: Complex, said: Procpar) -> tuple[Complex, Scheme]:
    """Traces in the order and with the signs of `Scheme`."""
    phases = [p for p in said.values("phase") if p not in ("", "0")]
    arrays = [name for name in said.text("array").strip("()").split(",") if name]
    if any(name.strip() != "phase" for name in arrays):
        raise ValueError(f"an arrayed measurement (array = {said.text('array')})")
    increments = int(said.number("ni", 0))
    paired = len(phases) == 2
    wanted = increments * (2 if paired else 1)
    if len(traces) < wanted:
        raise ValueError(f"{len(traces)} traces, though {wanted} are announced")
    traces = traces[:wanted].conj()
    if not paired:
        return traces, Scheme.TPPI if phases == ["3"] else Scheme.QF
    cosine, sine = _combined(traces.conj(), said)
    ordered = np.empty_like(traces)
    ordered[0::2], ordered[1::2] = cosine.conj(), -sine.conj()
    return ordered, Scheme.STATES


def _combined(traces: Complex, said: Procpar) -> tuple[Complex, Complex]:
    """Cosine and sine by the coefficients of ``wft2d`` (f1coef).

    They multiply the real and imaginary part of each trace's spectrum, added to the real,
    then to the imaginary part of the F1 interferogram (VnmrJ Command and Parameter
    Reference, wft2d). The imaginary part of a spectrum is the real part of -i times it.
    """
    numbers = [float(word) for word in said.text("f1coef").split()]
    a, b, c, d, e, f, g, h = numbers if len(numbers) == 8 else HYPERCOMPLEX
    first, second = traces[0::2], traces[1::2]
    cosine = (a - 1j * b) * first + (c - 1j * d) * second
    sine = (e - 1j * f) * first + (g - 1j * h) * second
    return cosine.astype(np.complex64), sine.astype(np.complex64)


def _dim(
    said: Procpar, nucleus: str, names: tuple[str, str, str], size: int, notes: list[str]
) -> Dim:
    """Sample centres: the carrier is point N/2, its shift comes from the referencing."""
    channel, width_name, tail = names
    mhz, width = said.number(channel, 0.0), said.number(width_name, 0.0)
    if not (mhz > 0 and width > 0):
        raise ValueError(f"{channel} = {mhz:g} MHz, {width_name} = {width:g} Hz")
    carrier = _carrier_ppm(said, channel, width, tail, notes)
    axis = spectral_axis(nucleus, carrier, width / mhz, size)
    return Dim(nucleus, axis.first_ppm, axis.last_ppm, mhz)


def _carrier_ppm(said: Procpar, channel: str, width: float, tail: str, notes: list[str]) -> float:
    """Shift of the transmitter, by reffrq, else rfl and rfp, else the ratio to ¹H."""
    mhz = said.number(channel, 0.0)
    zero = said.number(f"reffrq{tail}", 0.0)
    if zero > 0 and abs(mhz / zero - 1) < 1e-3:
        return (mhz - zero) / zero * 1e6
    line, at = said.number(f"rfl{tail}", 0.0), said.number(f"rfp{tail}", 0.0)
    if line != 0.0:
        return (at - line + width / 2) / mhz
    proton_zero = said.number("reffrq", 0.0)
    zero = proton_zero * (C_PER_H if tail else 1.0)
    if zero > 0 and abs(mhz / zero - 1) < 1e-3:
        notes.append("¹³C shifts by the frequency of ¹H (IUPAC), not by the file's referencing")
        return (mhz - zero) / zero * 1e6
    raise ValueError(f"no referencing of {channel} (reffrq{tail}, rfl{tail})")
