"""From files to spectra: one module per family of formats."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum

if TYPE_CHECKING:  # imported when a folder is opened
    from nmrcam_qt.core.readers.folders import Survey

__all__ = [
    "SUPPORTED_SUFFIXES",
    "AmbiguousError",
    "ReadError",
    "find_spectra",
    "parts_of_archive",
    "read_spectrum",
    "survey_folders",
]

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
    ".ft2",
    ".ucsf",
    ".jdf",
)
"""What `find_spectra` picks from folders; a file named by the user is always tried."""

EXPECTED = "instrument data, a picture (PNG, JPEG, TIFF, BMP) or a peak list"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PICTURE_SUFFIXES = SUPPORTED_SUFFIXES[:6]
_FOREIGN = (
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (save a workbook as .xlsx)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (a network? import it instead)"),
    (b"SQLite format 3\0", "a database (a project? open it as one)"),
)


def read_spectrum(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read instrument data, a picture or a peak list; the content says what it is.

    Parameters
    ----------
    path : Path
        A file, or a folder that a spectrometer wrote.
    options : ReadOptions, optional
        What the user has answered beforehand.

    Raises
    ------
    AmbiguousError
        If only the user can know how to read it; names the option that settles it.
    ReadError
        If it cannot be read; one sentence says what was found and expected.
    """
    path, options = Path(path), options or ReadOptions()
    folder = _read_folder(path, options)
    if folder is not None:
        return folder
    head = _head(path)
    for magic, what in _FOREIGN:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic) or head.startswith(magic):
            raise ReadError(path, what, EXPECTED)
    if path.suffix.lower() == ".mol" and (b"V2000" in head or b"V3000" in head):
        raise ReadError(path, "a molecule (MDL molfile), no spectrum", EXPECTED)
    packed = _read_archive(path, head, options)
    if packed is not None:
        return packed
    instrument = _read_instrument_file(path, head, options)
    if instrument is not None:
        return instrument
    if _is_picture(path, head):
        from nmrcam_qt.core.readers.pictures import read_picture

        return read_picture(path, options)
    from nmrcam_qt.core.readers.peaklists import read_peak_list

    return read_peak_list(path, options)


def parts_of_archive(path: Path) -> tuple[str, ...]:
    """What to open of an archive of Bruker data with several ¹H–¹³C spectra.

    Returns
    -------
    tuple of str
        Values for `ReadOptions.part`; empty for any other file, also for a broken one.
    """
    from nmrcam_qt.core.readers.archives import bruker_parts, open_archive

    try:
        archive = open_archive(path, _head(path))
        return () if archive is None else bruker_parts(archive)
    except ReadError:
        return ()  # said when it is read


def _read_folder(path: Path, options: ReadOptions) -> Spectrum | None:
    """Data that are a folder, or a file whose folder says what it is; None if they are not."""
    try:
        from nmrcam_qt.core.readers.vendors import varian_folder

        varian = varian_folder(path)
        if varian is not None:
            from nmrcam_qt.core.readers.vendors.varian import read_varian

            return read_varian(varian, options)
        from nmrcam_qt.core.readers.bruker import is_bruker, read_bruker

        if is_bruker(path) and not _is_empty(path):
            return read_bruker(path, options)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReadError(path, f"cannot be read ({reason})") from None
    return None


def _is_empty(path: Path) -> bool:
    """Whether it is an empty file, which gets the sentence of all empty files."""
    return path.is_file() and path.stat().st_size == 0


def _read_archive(path: Path, head: bytes, options: ReadOptions) -> Spectrum | None:
    """A spectrum in a zip or tar archive; None if the file is none."""
    from nmrcam_qt.core.readers.archives import open_archive, read_archive

    archive = open_archive(path, head)
    return None if archive is None else read_archive(archive, options)


def _read_instrument_file(path: Path, head: bytes, options: ReadOptions) -> Spectrum | None:
    """A file that a spectrometer or a processing program wrote; None if it is none.

    One line for each family, which recognises its files by their first 4096 bytes and is
    imported only then; the order is that of the surest mark.
    """
    if b"##" in head:
        from nmrcam_qt.core.readers.jcamp import looks_like_jcamp, read_jcamp

        if looks_like_jcamp(head):
            return read_jcamp(path, options)
    from nmrcam_qt.core.readers.vendors import vendor_reader

    reader = vendor_reader(head)
    return None if reader is None else reader(path, options)


def find_spectra(paths: Iterable[Path]) -> list[Path]:
    """Files to read: files as given, folders expanded with all below them.

    Inside folders only files with a supported suffix are taken, in alphabetical
    order, and of instrument data the file with the points; hidden files and folders are
    passed over, links to folders not followed. Of Bruker's experiments those are taken
    that are ¹H–¹³C 2D spectra: the processed one of the lowest number, else the raw data;
    `survey_folders` says what was passed over. Where there is no spectrum at all, what
    there is is named itself, so that `read_spectrum` can say what it is.
    A file that is named twice is kept once.

    Raises
    ------
    ReadError
        If a folder cannot be listed.
    """
    return list(survey_folders(paths).paths)


def survey_folders(paths: Iterable[Path]) -> Survey:
    """As `find_spectra`, with one sentence about what was passed over in each data set.

    Raises
    ------
    ReadError
        If a folder cannot be listed.
    """
    from nmrcam_qt.core.readers.folders import survey

    return survey(paths, SUPPORTED_SUFFIXES)


def _head(path: Path) -> bytes:
    """First bytes of a file that can be read."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ReadError(path, "a folder", "a file, or a folder of instrument data")
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
