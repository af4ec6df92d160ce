"""From files to spectra: one module per family of formats."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum

__all__ = ["SUPPORTED_SUFFIXES", "AmbiguousError", "ReadError", "find_spectra", "read_spectrum"]

SUPPORTED_SUFFIXES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".tif",
    ".tiff",
    ".bmp",
    ".csv",
    ".tsv",
    ".txt",
    ".xml",
    ".list",
    ".tab",
    ".str",
    ".star",
    ".sdf",
    ".xlsx",
    ".dx",
    ".jdx",
    ".jcamp",
)
"""What `find_spectra` picks from folders; a file named by the user is always tried."""

EXPECTED = "a picture (PNG, JPEG, TIFF, BMP) or a peak list"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PICTURE_SUFFIXES = SUPPORTED_SUFFIXES[:6]
_FOREIGN = (
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (save a workbook as .xlsx)"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"BZh", "a bzip2 archive (unpack it first)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (a network? import it instead)"),
    (b"SQLite format 3\0", "a database (a project? open it as one)"),
)
_BRUKER_RAW = ("acqus", "ser", "fid")
_BRUKER_LOGS = ("audita.txt", "auditp.txt", "thumb.png", "intrng.txt", "parm.txt", "cmcq.xml")
_BRUKER = ("acqus", "acqu2s", "ser", "fid", "2rr", "procs", "proc2s", "1r")


def read_spectrum(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read a picture or peak list; the content says what it is, not the suffix.

    Parameters
    ----------
    path : Path
        One file.
    options : ReadOptions, optional
        What the user has answered beforehand.

    Raises
    ------
    AmbiguousError
        If only the user can know how to read it; names the option that settles it.
    ReadError
        If it cannot be read; one sentence says what was found and expected.
    """
    path = Path(path)
    head = _head(path)
    for magic, what in _FOREIGN:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic) or head.startswith(magic):
            raise ReadError(path, what, EXPECTED)
    if path.name in _BRUKER:
        raise ReadError(path, "Bruker instrument data, which nmrcam cannot read yet", EXPECTED)
    instrument = _read_instrument_file(path, head, options or ReadOptions())
    if instrument is not None:
        return instrument
    if _is_picture(path, head):
        from nmrcam_qt.core.readers.pictures import read_picture

        return read_picture(path, options)
    from nmrcam_qt.core.readers.peaklists import read_peak_list

    return read_peak_list(path, options)


def _read_instrument_file(path: Path, head: bytes, options: ReadOptions) -> Spectrum | None:
    """A file that a spectrometer or a processing program wrote; None if it is none.

    One line for each family, which recognises its files by their first 4096 bytes and is
    imported only then; the order is that of the surest mark.
    """
    if b"##" in head:
        from nmrcam_qt.core.readers.jcamp import looks_like_jcamp, read_jcamp

        if looks_like_jcamp(head):
            return read_jcamp(path, options)
    # NMRPipe, Sparky, JEOL
    return None


def find_spectra(paths: Iterable[Path]) -> list[Path]:
    """Files to read: files as given, folders expanded with all below them.

    Inside folders only files with a supported suffix are taken, in alphabetical
    order; hidden files and folders are passed over, links to folders not followed.
    Of Bruker's folders only peak lists are taken, not logs and previews; one without
    is named itself, so that `read_spectrum` can say what it is.
    A file that is named twice is kept once.

    Raises
    ------
    ReadError
        If a folder cannot be listed.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        found += _below(path) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _below(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise ReadError(error.filename or folder, f"cannot be listed ({error.strerror})")

    found: list[Path] = []
    bruker: list[Path] = []
    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        measured = not set(_BRUKER).isdisjoint(files)
        if measured and not set(files).isdisjoint(_BRUKER_RAW):
            bruker.append(Path(root))
        found += [
            Path(root) / name
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in SUPPORTED_SUFFIXES
            if not (measured and name.lower() in _BRUKER_LOGS)
        ]
    alone = [path for path in bruker if not any(path in file.parents for file in found)]
    return sorted([*found, *alone])


def _head(path: Path) -> bytes:
    """First bytes of a file that can be read."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ReadError(path, _folder(path), "a file")
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(path, "no regular file", EXPECTED)
        if status.st_size == 0:
            raise ReadError(path, "the file is empty", EXPECTED)
        with path.open("rb") as handle:
            return handle.read(4096)
    except FileNotFoundError:
        raise ReadError(path, "no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReadError(path, f"cannot be read ({reason})") from None


def _folder(path: Path) -> str:
    if any((path / name).exists() for name in _BRUKER):
        return "a folder of Bruker instrument data, which nmrcam cannot read yet"
    return "a folder"


def _is_picture(path: Path, head: bytes) -> bool:
    """By its first bytes; binary rubbish with a picture's suffix is a broken picture."""
    if head.startswith(_PICTURES):
        return True
    if head.startswith(b"BM") and b"\0" in head[:64]:
        return True
    if path.suffix.lower() not in _PICTURE_SUFFIXES:
        return False
    from nmrcam_qt.core.readers.peaklists.text import looks_binary

    return looks_binary(head)
