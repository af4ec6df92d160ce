"""Spectra in archives: zip, tar, tar.gz, tar.bz2.

An archive is read where it lies. Bruker data are taken from it into memory; of any other
format one file of at most `MAX_OTHER_BYTES` is put into a private temporary folder under a
harmless name while its reader runs. Paths in archives are names for choices and nothing
else, links are not followed, and every size is checked while it is unpacked, not believed.
"""

from __future__ import annotations

import bz2
import gzip
import re
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, cast

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers.bruker import Described, choose, find_places, read_place
from nmrcam_qt.core.readers.bruker.layout import MARKS, PARAMETER_NAMES, Place, natural, preferred
from nmrcam_qt.core.readers.bruker.parameters import MAX_BYTES as MAX_PARAMETER_FILE
from nmrcam_qt.core.readers.folders import BRUKER_LOGS
from nmrcam_qt.core.readers.options import ReadOptions, file_sha256
from nmrcam_qt.core.readers.tar_index import Member, TarError, is_tar, members
from nmrcam_qt.core.readers.zip_index import ZipError, check_directory, regular_files
from nmrcam_qt.core.spectrum import Spectrum

EXPECTED = "an archive of spectra (zip, tar, tar.gz)"
MAX_FILES = 50_000
MAX_UNPACKED = 2_000_000_000
"""Bytes of a packed tar that are unpacked to look for a file."""
MAX_OTHER_BYTES = 300_000_000
MOST_PARTS = 12
"""Spectra of one archive that are opened without asking which."""
MAX_PARAMETERS = 200_000_000
"""Bytes of all parameter files of one archive; a thousand experiments have a quarter of it."""
_SMALL = (*PARAMETER_NAMES, "title")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ZipError,
    TarError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)
"""What the libraries raise on broken archives; RuntimeError for encrypted zip files."""


class Archive(ABC):
    """Files in an archive, by clean relative names; one of `bruker.Files`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parameters = 0
        """Bytes of parameter files so far."""

    @property
    def origin(self) -> Path:
        """The archive."""
        return self._path

    def path(self, name: str) -> Path:
        """The archive, whatever the file."""
        return self._path

    def called(self, name: str) -> PurePosixPath:
        """Name in the archive, below the archive's own."""
        stem = re.sub(r"\.(zip|tar|tgz|tbz2?|gz|bz2)$", "", self._path.name, flags=re.IGNORECASE)
        return PurePosixPath(re.sub(r"\.tar$", "", stem, flags=re.IGNORECASE)) / name

    @abstractmethod
    def names(self) -> Sequence[str]:
        """All regular files."""

    @abstractmethod
    def _size(self, name: str) -> int | None:
        """Bytes as declared; None where there is no such file."""

    @abstractmethod
    def _read(self, name: str, most: int) -> bytes:
        """At most so many bytes of a file."""

    def has(self, name: str) -> bool:
        """Whether there is such a regular file."""
        return self._size(name) is not None

    def read(self, name: str, most: int) -> bytes:
        """Content of a file of at most `most` bytes."""
        size = self._size(name)
        if size is None:
            raise ReadError(self._path, f"no file {one_line(name)} in it")
        if size > most:
            raise ReadError(self._path, f"{one_line(name)} has {size} bytes", f"at most {most}")
        try:
            if _is_small(name):
                self._parameters += size
                _check_parameters(self._parameters)
            content = self._read(name, size + 1)
        except _BROKEN as error:
            raise ReadError(self._path, f"{one_line(name)}: {_reason(error)}", EXPECTED) from None
        if len(content) != size:
            raise ReadError(self._path, f"{one_line(name)} has another size than declared")
        return content


class ZipArchive(Archive):
    """A zip file."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        check_directory(path)
        # Stays open: the directory of a large archive is not to be read for every file.
        self._zip = zipfile.ZipFile(path)
        files = regular_files(self._zip)
        self._files = {clean: info for name, info in files.items() if (clean := clean_name(name))}

    def names(self) -> Sequence[str]:
        """All regular files."""
        return list(self._files)

    def _size(self, name: str) -> int | None:
        info = self._files.get(name)
        return None if info is None else info.file_size

    def _read(self, name: str, most: int) -> bytes:
        info = self._files[name]
        if info.flag_bits & 1:
            raise ZipError("it is encrypted")
        with self._zip.open(info) as stream:
            return stream.read(most)


class TarArchive(Archive):
    """A tar file, plain or packed.

    Parameters
    ----------
    path : Path
        The archive.
    packed : {"", "gz", "bz2"}
        How.
    """

    def __init__(self, path: Path, packed: str) -> None:
        super().__init__(path)
        self._packed = packed
        self._members: dict[str, Member] = {}
        self._kept: dict[str, bytes] = {}
        count = kept = 0
        with self._open() as stream:
            for member, content in members(stream, self._is_kept):
                count += 1
                if count > MAX_FILES:
                    raise TarError(f"more than {MAX_FILES} files in it")
                name = clean_name(member.name)
                if not name:
                    continue
                self._members[name] = member
                if content:
                    kept += len(content)
                    _check_parameters(kept)
                    self._kept[name] = content

    def names(self) -> Sequence[str]:
        """All regular files."""
        return list(self._members)

    def _size(self, name: str) -> int | None:
        member = self._members.get(name)
        return None if member is None else member.size

    def _read(self, name: str, most: int) -> bytes:
        if name in self._kept:
            return self._kept[name]
        member = self._members[name]
        with self._open() as stream:
            stream.seek(member.offset)
            return stream.read(min(most, member.size))

    def _open(self) -> IO[bytes]:
        """The unpacked archive; seeking forward in a packed one unpacks what lies between."""
        if self._packed == "gz":
            return cast("IO[bytes]", _Limited(cast("IO[bytes]", gzip.open(self._path, "rb"))))
        if self._packed == "bz2":
            return cast("IO[bytes]", _Limited(cast("IO[bytes]", bz2.open(self._path, "rb"))))
        return self._path.open("rb")

    def _is_kept(self, member: Member) -> bool:
        """Parameter files of packed archives: each would be unpacked from the begin."""
        small = member.size <= MAX_PARAMETER_FILE and _is_small(member.name)
        return bool(self._packed) and small


def _is_small(name: str) -> bool:
    return name.rpartition("/")[2] in _SMALL


def _check_parameters(total: int) -> None:
    """Tens of thousands of large ones would be read for hours, or fill the memory."""
    if total > MAX_PARAMETERS:
        raise ValueError(f"more than {MAX_PARAMETERS // 10**6} MB of parameter files; unpack it")


class _Limited:
    """A stream that ends with an error after `MAX_UNPACKED` bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, count: int) -> bytes:
        """The next bytes."""
        if self._stream.tell() + count > MAX_UNPACKED + (1 << 20):
            raise TarError(f"more than {MAX_UNPACKED // 10**9} GB unpacked")
        return self._stream.read(count)

    def seek(self, offset: int) -> int:
        """Go to an offset in the unpacked stream."""
        return self._stream.seek(min(offset, MAX_UNPACKED))

    def __enter__(self) -> _Limited:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def clean_name(name: str) -> str:
    """A relative name with ``/``; empty for what is hidden, absolute or leads outside."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    bad = name.startswith(("/", "\\")) or ":" in name.split("/", 1)[0]
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    if bad or hidden or len(name) > 1000 or not name.isprintable():
        return ""
    return "/".join(parts)


def open_archive(path: Path, head: bytes) -> Archive | None:
    """Look into an archive; None for a file that is none (workbooks are zip files, too).

    Parameters
    ----------
    path : Path
        The file.
    head : bytes
        Its first 4096 bytes.

    Raises
    ------
    ReadError
        If it is a broken or too large archive.
    """
    try:
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            if path.suffix.lower() == ".xlsx":
                return None  # also a broken one, which gets the sentence of workbooks
            archive = ZipArchive(path)
            return None if archive.has("[Content_Types].xml") else archive
        for magic, packed in ((b"\x1f\x8b", "gz"), (b"BZh", "bz2")):
            if head.startswith(magic):
                return TarArchive(path, packed)
        return TarArchive(path, "") if is_tar(head) else None
    except _BROKEN as error:
        kind = "zip" if head.startswith(b"PK") else "gzip" if head[:2] == b"\x1f\x8b" else "tar"
        said = f"a {kind} archive that cannot be read ({_reason(error)})"
        raise ReadError(path, said, EXPECTED) from None


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(said[:200])  # zipfile quotes file names of any length


def read_archive(archive: Archive, options: ReadOptions) -> Spectrum:
    """Read the spectrum in an archive.

    Parameters
    ----------
    archive : Archive
        From `open_archive`.
    options : ReadOptions
        `part` chooses where there are several.

    Raises
    ------
    AmbiguousError
        If there are several spectra.
    ReadError
        If there is none, or it cannot be read.
    """
    path = archive.origin
    names = archive.names()
    places = [p for p in find_places(names) if not archive.has(f"{p.folder}/procpar")]
    others = _others(names, places)
    chosen = _chosen_other(archive, places, others, options.part)
    if chosen:
        return _through_a_file(archive, chosen, options)
    if not places:
        varian = any(PurePosixPath(name).name == "procpar" for name in names)
        what = "Varian data in an archive (unpack it first)" if varian else "no spectrum in it"
        raise ReadError(path, what, EXPECTED)
    place, notes = choose(path, archive, places, options.part)
    told = (f"{place.part} in the archive", *notes)
    spectrum = read_place(archive, place, options, told)
    return replace(spectrum, provenance=replace(spectrum.provenance, sha256=file_sha256(path)))


def bruker_parts(archive: Archive) -> tuple[str, ...]:
    """Parts of an archive that holds nothing but Bruker data with several ¹H–¹³C spectra.

    Who drops an archive of a data set wants its HSQC and its HMBC, as from the folder; any
    other archive is left to `read_archive`.

    Returns
    -------
    tuple of str
        Values for `ReadOptions.part`; empty for one or none.
    """
    names = archive.names()
    places = [p for p in find_places(names) if not archive.has(f"{p.folder}/procpar")]
    if _others(names, places):
        return ()
    wanted = [d for p in preferred(places) if (d := Described(archive, p)).is_hc]
    return tuple(d.place.part for d in wanted) if 1 < len(wanted) <= MOST_PARTS else ()


def _others(names: Sequence[str], places: Sequence[Place]) -> list[str]:
    """Files of formats that are one file, outside the folders of Bruker's experiments."""
    from nmrcam_qt.core.readers import SUPPORTED_SUFFIXES

    experiments = {place.experiment for place in places}
    bruker = {name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in MARKS}
    return sorted(
        (
            name
            for name in names
            if PurePosixPath(name).suffix.lower() in SUPPORTED_SUFFIXES
            if not any(str(p) in experiments for p in PurePosixPath(name).parents if str(p) != ".")
            if not (name.rpartition("/")[0] in bruker and _is_log(name))
        ),
        key=natural,
    )


def _is_log(name: str) -> bool:
    return PurePosixPath(name).name.lower() in BRUKER_LOGS


def _chosen_other(
    archive: Archive, places: Sequence[Place], others: Sequence[str], part: str | None
) -> str:
    """The file that is meant; empty where it is Bruker's."""
    if part is not None:
        return part if part in others else ""
    if not others:
        return ""
    wanted = [d for p in preferred(places) if (d := Described(archive, p)).is_hc]
    if not wanted and len(others) == 1:
        return others[0]
    labels = [*sorted((d.label for d in wanted), key=natural), *others]
    raise AmbiguousError(archive.origin, "several spectra; which is meant?", labels, "part")


def _through_a_file(archive: Archive, name: str, options: ReadOptions) -> Spectrum:
    """Read a member by the reader of its format, from a temporary file."""
    from nmrcam_qt.core.readers import read_spectrum

    content = archive.read(name, MAX_OTHER_BYTES)
    bare = re.sub(r"[^\w.-]", "_", PurePosixPath(name).name)[-100:].lstrip(".") or "spectrum"
    with tempfile.TemporaryDirectory(prefix="nmrcam-") as folder:
        file = Path(folder) / bare
        file.write_bytes(content)
        # A hundred archives, each in the next, would exhaust the stack.
        if open_archive(file, content[:4096]) is not None:
            raise ReadError(archive.origin, f"{bare} is an archive in the archive", EXPECTED)
        try:
            spectrum = read_spectrum(file, replace(options, part=None))
        except AmbiguousError as error:
            raise AmbiguousError(
                archive.origin, f"{bare}: {error.question}", error.choices, error.option
            ) from None
        except ReadError as error:
            raise ReadError(archive.origin, f"{bare}: {error.found}", error.expected) from None
    told = replace(
        spectrum.provenance,
        path=str(archive.origin),
        sha256=file_sha256(archive.origin),
        notes=(f"{one_line(name)} in the archive", *spectrum.provenance.notes),
    )
    return replace(spectrum, provenance=told)
