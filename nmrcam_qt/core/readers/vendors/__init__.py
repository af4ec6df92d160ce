"""Formats of other makers and programs: NMRPipe, Sparky, JEOL, Varian/Agilent.

Files are recognised here without nmrglue, which is imported when one is read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum

SUFFIXES = (".ft2", ".ucsf", ".jdf")
_PIPE_ORDER = (b"\x7b\x14\x16\x40", b"\x40\x16\x14\x7b")
"""The float 2.345 at byte 8 of every NMRPipe file, in either byte order."""
_JEOL = (b"JEOL.NMR", b"RMN.LOEJ")


def vendor_reader(head: bytes) -> Callable[[Path, ReadOptions], Spectrum] | None:
    """The reader of a file that begins with these bytes; None if it is none of ours."""
    if head[8:12] in _PIPE_ORDER:
        from nmrcam_qt.core.readers.vendors.nmrpipe import read_nmrpipe

        return read_nmrpipe
    if head.startswith(b"UCSF NMR"):
        from nmrcam_qt.core.readers.vendors.sparky import read_sparky

        return read_sparky
    if head.startswith(_JEOL):
        from nmrcam_qt.core.readers.vendors.jeol import read_jeol

        return read_jeol
    return None


def varian_folder(path: Path) -> Path | None:
    """The folder of a Varian/Agilent measurement that a path names, else None.

    Parameters
    ----------
    path : Path
        The folder (``name.fid``), or ``fid`` or ``procpar`` in it.
    """
    folder = path.parent if path.name in ("fid", "procpar", "phasefile", "data") else path
    return folder if (folder / "procpar").is_file() else None
