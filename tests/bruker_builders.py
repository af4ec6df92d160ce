"""Bruker data sets made for tests: parameter files, processed and raw points."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from nmrcam_qt.core.processing import Scheme

SF_H, SF_C = 500.13, 125.757789
FNMODE = {
    Scheme.QF: 1,
    Scheme.TPPI: 3,
    Scheme.STATES: 4,
    Scheme.STATES_TPPI: 5,
    Scheme.ECHO_ANTIECHO: 6,
}


def parameters(**values: object) -> str:
    """A parameter file."""
    lines = ["##TITLE= Parameter file, TopSpin 4.1.1", "##JCAMPDX= 5.0", "$$ 2026-01-01"]
    lines += [f"##${name}= {value}" for name, value in values.items()]
    return "\n".join([*lines, "##END="]) + "\n"


def write(folder: Path, name: str, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(parameters(**values), encoding="utf-8")


def write_acquisition(folder: Path, program: str, f1: str = "13C", **more: object) -> None:
    """acqus and acqu2s of a 2D experiment."""
    write(folder, "acqus", PULPROG=f"<{program}>", NUC1="<1H>", SOLVENT="<CDCl3>", **more)
    write(folder, "acqu2s", NUC1=f"<{f1}>")


def write_processed(
    folder: Path,
    image: np.ndarray,
    *,
    program: str = "hsqcedetgpsisp2.3",
    procno: int = 1,
    block: tuple[int, int] | None = None,
    dtype: str = "<i4",
    nc: int = 0,
    offsets: tuple[float, float] = (160.0, 10.0),
    widths: tuple[float, float] = (20000.0, 5000.0),
    f1: str = "13C",
    f2: str = "1H",
    procs: dict | None = None,
    proc2s: dict | None = None,
) -> Path:
    """An experiment with a 2rr; returns the path of the 2rr. Offsets and widths: F1, F2."""
    rows, columns = image.shape
    block = block or (rows, columns)
    write_acquisition(folder, program, f1)
    at = folder / "pdata" / str(procno)
    kind = np.dtype(dtype)
    common = {
        "BYTORDP": int(kind.byteorder == ">"),
        "DTYPP": 2 if kind.kind == "f" else 0,
        "NC_proc": nc,
    }
    mhz = {"1H": SF_H, "13C": SF_C, "15N": 50.68}
    for name, size, xdim, offset, width, nucleus, more in (
        ("procs", columns, block[1], offsets[1], widths[1], f2, procs),
        ("proc2s", rows, block[0], offsets[0], widths[0], f1, proc2s),
    ):
        values = {
            "AXNUC": f"<{nucleus}>",
            "SI": size,
            "XDIM": xdim,
            "OFFSET": offset,
            "SW_p": width,
            "SF": mhz[nucleus],
            **common,
            **(more or {}),
        }
        write(at, name, **values)
    stored = image.reshape(rows // block[0], block[0], columns // block[1], block[1])
    (at / "2rr").write_bytes(stored.swapaxes(1, 2).astype(kind).tobytes())
    (at / "title").write_text("strychnine\nsecond line\n", encoding="utf-8")
    return at / "2rr"


def time_signals(
    peaks: list[tuple[float, float, float]],
    scheme: Scheme,
    shape: tuple[int, int],
    widths: tuple[float, float],
    phases: tuple[float, float] = (0.0, 0.0),
    decay: float = 3.0,
) -> np.ndarray:
    """FIDs of resonances ``(ν1, ν2, amplitude)`` in Hz above the carriers, as `Scheme` says.

    `phases` are those of F1 and F2 in degrees; the signals decay to ``exp(-decay)``.
    """
    rows, columns = shape
    pairs = rows // 2 if scheme.paired else rows
    t1 = np.arange(pairs) / widths[0] / (2 if scheme is Scheme.TPPI else 1)
    t2 = np.arange(columns) / widths[1]
    phase1, phase2 = np.deg2rad(phases)
    made = np.zeros(shape, complex)
    for v1, v2, amplitude in peaks:
        along = amplitude * np.exp(2j * np.pi * v2 * t2 + 1j * phase2)
        along *= np.exp(-decay * np.arange(columns) / columns)
        angle = 2 * np.pi * v1 * t1 + phase1
        fall = np.exp(-decay * np.arange(pairs) / pairs)
        made += _modulated(scheme, angle, fall)[:, None] * along[None, :]
    return made.astype(np.complex64)


def _modulated(scheme: Scheme, angle: np.ndarray, fall: np.ndarray) -> np.ndarray:
    k = np.arange(len(angle))
    if scheme is Scheme.QF:
        return fall * np.exp(-1j * angle)
    if scheme is Scheme.TPPI:
        return fall * np.cos(angle - k * np.pi / 2)
    if scheme is Scheme.ECHO_ANTIECHO:
        first, second = np.exp(-1j * angle), np.exp(1j * angle)
    else:
        first, second = np.cos(angle), np.sin(angle)
    if scheme is Scheme.STATES_TPPI:
        first, second = first * (-1.0) ** k, second * (-1.0) ** k
    return np.stack([first * fall, second * fall], axis=1).reshape(-1)


def delayed(fid: np.ndarray, delay: float) -> np.ndarray:
    """FIDs as a digital filter gives them: later by so many samples, with a fraction."""
    size = 4 * fid.shape[1]
    turns = np.exp(-2j * np.pi * delay * np.fft.fftfreq(size))
    return np.fft.ifft(np.fft.fft(fid, size, axis=1) * turns, axis=1)[:, : fid.shape[1]]


def write_raw(
    folder: Path,
    fid: np.ndarray,
    scheme: Scheme,
    *,
    program: str = "hsqcetgp",
    widths: tuple[float, float] = (20000.0, 5000.0),
    carriers: tuple[float, float] = (70.0, 5.0),
    dtype: str = "<i4",
    acqus: dict | None = None,
    acqu2s: dict | None = None,
    procs: dict | None = None,
    proc2s: dict | None = None,
) -> Path:
    """An experiment with a ser; returns its path. Widths and carriers (ppm): F1, F2.

    `fid` is as `Scheme` says; Bruker's rows after a pulse advanced by 90° are -sin.
    """
    if scheme in (Scheme.TPPI, Scheme.STATES, Scheme.STATES_TPPI):
        fid = fid * np.where(np.arange(len(fid)) % 2, -1, 1)[:, None]
    kind = np.dtype(dtype)
    rows, points = fid.shape[0], 2 * fid.shape[1]
    block = 1024 // kind.itemsize
    stored = np.zeros((rows, -(-points // block) * block))
    stored[:, 0:points:2], stored[:, 1:points:2] = fid.real, fid.imag
    folder.mkdir(parents=True, exist_ok=True)
    sfo = [sf * (1 + 1e-6 * ppm) for sf, ppm in zip((SF_C, SF_H), carriers, strict=True)]
    acq = {
        "PULPROG": f"<{program}>",
        "NUC1": "<1H>",
        "SOLVENT": "<C6D6>",
        "TD": points,
        "SW": widths[1] / sfo[1],
        "SW_h": widths[1],
        "SFO1": sfo[1],
        "BF1": SF_H,
        "GRPDLY": 0,
        "DTYPA": 2 if kind.kind == "f" else 0,
        "BYTORDA": int(kind.byteorder == ">"),
        "AQ_mod": 3,
    }
    acq2 = {
        "NUC1": "<13C>",
        "TD": rows,
        "SW": widths[0] / sfo[0],
        "SFO1": sfo[0],
        "BF1": SF_C,
        "FnMODE": FNMODE[scheme],
    }
    write(folder, "acqus", **{**acq, **(acqus or {})})
    write(folder, "acqu2s", **{**acq2, **(acqu2s or {})})
    for name, values in (("procs", procs), ("proc2s", proc2s)):
        if values is not None:
            write(folder / "pdata" / "1", name, **values)
    (folder / "ser").write_bytes(stored.astype(kind).tobytes())
    return folder / "ser"


def write_1d(folder: Path, nucleus: str = "1H", program: str = "zg30") -> None:
    """A 1D experiment."""
    write(folder, "acqus", PULPROG=f"<{program}>", NUC1=f"<{nucleus}>")
    (folder / "fid").write_bytes(b"\0" * 1024)


def zipped(folder: Path, target: Path) -> Path:
    """A zip file of all files below a folder, with its name."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder.parent))
    return target


def tarred(folder: Path, target: Path, mode: str = "w:gz") -> Path:
    """A tar file of a folder."""
    with tarfile.open(target, mode) as archive:
        archive.add(folder, folder.name)
    return target


def tar_of(members: dict[str, bytes], target: Path, kind: bytes = tarfile.REGTYPE) -> Path:
    """A plain tar of some contents under any names."""
    with tarfile.open(target, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), kind
            archive.addfile(info, io.BytesIO(content))
    return target
