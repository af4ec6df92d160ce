"""What the readers of other makers' formats share: bytes, broken files, nuclei."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.instrument import MAX_POINTS, Measured, build_measured, file_bytes
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pulse_programs import nucleus_by_frequency, plain_nucleus, written
from nmrcam_qt.core.spectrum import Spectrum

MAX_BYTES = 1 << 30
SENSIBLE_MHZ = (1.0, 3000.0)
"""Frequencies outside tell nothing about a nucleus."""
BROKEN = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    NotImplementedError,
    struct.error,
)
"""What nmrglue raises on broken headers (found by mutating files of every format)."""


def spectrum_of_file(
    path: Path, options: ReadOptions, what: str, measure: Callable[[Path, bytes], Measured]
) -> Spectrum:
    """Read a format that is one file.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        What the user said about it.
    what : str
        Its format, for example ``"NMRPipe file"``.
    measure : callable
        Makes a measurement of the file's bytes; may raise what is in `BROKEN`.

    Raises
    ------
    ReadError
        If the file is broken, or what `measure` refuses.
    """
    data = file_bytes(path, MAX_BYTES)
    with broken_files(path, what):
        measured = measure(path, data)
    return build_measured(path, measured, options, hashlib.sha256(data).hexdigest())


@contextmanager
def broken_files(path: Path, what: str) -> Iterator[None]:
    """Turn what nmrglue raises on a broken file into one sentence.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        Its format, for example ``"NMRPipe file"``.
    """
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused later
            yield
    except BROKEN as error:
        reason = str(error).strip() or type(error).__name__
        if isinstance(error, KeyError | UnicodeDecodeError):
            reason = f"its header makes no sense: {reason}"
        raise ReadError(path, f"a broken {what} ({reason[:200]})", f"a whole {what}") from None


def plain_texts(data: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    """Free text of a header as ASCII, since nmrglue takes nothing but UTF-8.

    Parameters
    ----------
    data : bytes
        The file.
    places : iterable of (start, stop)
        Where its texts stand; what lies beyond the end is passed over.
    """
    plain = bytearray(data)
    for start, stop in places:
        text = plain[start:stop]
        if not text.isascii():
            plain[start:stop] = bytes(code if code < 0x80 else 0x3F for code in text)
    return bytes(plain)


def require_points(path: Path, shape: tuple[int, int], needed: int, there: int) -> None:
    """Refuse a header that announces more than the file holds, or than is sensible.

    Parameters
    ----------
    path : Path
        The file.
    shape : (rows, columns)
        What the header announces.
    needed, there : int
        Bytes that the points need, and bytes that follow the header.
    """
    rows, columns = shape
    if rows < 1 or columns < 1 or rows * columns > MAX_POINTS:
        raise ReadError(path, f"a header that announces {rows} × {columns} points", "fewer")
    if there < needed:
        raise ReadError(
            path,
            f"{there} bytes of data, though {rows} × {columns} points are announced",
            f"{needed} bytes (the file may be cut short)",
        )


def name_nuclei(
    labels: tuple[str, str], mhz: tuple[float, float]
) -> tuple[tuple[str, str], list[str]]:
    """Nuclei by their frequencies, which do not lie, else by the labels, which may.

    Parameters
    ----------
    labels, mhz : (rows, columns)
        As the file writes them; NaN or 0 for a frequency that is unknown.

    Returns
    -------
    nuclei : (rows, columns)
        ``""`` where neither tells.
    notes : list of str
        Labels that are not believed.
    """
    said = [plain_nucleus(label) for label in labels]
    known = [nucleus if nucleus[:1].isdigit() else "" for nucleus in said]
    low, high = sorted(mhz)
    if not SENSIBLE_MHZ[0] <= low <= high <= SENSIBLE_MHZ[1] or "19F" in known:
        return (known[0], known[1]), []
    if high / low < 1.05:  # one nucleus in both: only the labels can say which
        alike = known[0] or known[1] or "1H"
        return (alike, alike), []
    nuclei, notes = [], []
    for name, label, frequency in zip(known, labels, mhz, strict=True):
        found = nucleus_by_frequency(frequency, high) or name
        if name and found != name:
            notes.append(f"axis {label!r} is {written(found)} by its frequency")
        nuclei.append(found)
    return (nuclei[0], nuclei[1]), notes


def scale_ends(scale: NDArray[np.floating]) -> tuple[float, float]:
    """First and last sample centre of nmrglue's ``ppm_scale``."""
    return float(scale[0]), float(scale[-1])
