"""Finding moved files again: by their digest, those of the same name first. No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.file_digest import file_digest
from nmrcam_qt.workers.jobs import JobContext

MAX_FILES = 50_000
"""A folder with more is too large to be meant."""

Reader = Callable[[Path, ReadOptions], Spectrum]


@dataclass(frozen=True, slots=True, eq=False)
class LostSource:
    """A spectrum whose file is looked for.

    Parameters
    ----------
    item_id : int
        The spectrum.
    packed : PackedSpectrum
        What is known of it; it need not be in memory.
    options : ReadOptions
        How its file was read.
    """

    item_id: int
    packed: PackedSpectrum
    options: ReadOptions

    @property
    def file_name(self) -> str:
        """Name of the file without its folder."""
        return Path(self.packed.provenance.path).name


@dataclass(frozen=True, slots=True, eq=False)
class Relinked:
    """Part of the job's result: the file was found and read; for `Session.relink`."""

    item_id: int
    packed: PackedSpectrum

    def keep(self, session: Session, merge_key: str) -> None:
        """Its spectrum is from that file now."""
        session.relink(self.item_id, self.packed, merge_key=merge_key)


@dataclass(frozen=True, slots=True)
class NotRelinked:
    """Part of the job's result: the file was not found, or is another one."""

    item_id: int
    name: str
    reason: str

    @property
    def piece(self) -> str:
        """What failed, for the list of jobs."""
        return self.name

    def keep(self, session: Session, _merge_key: str) -> None:
        """Say so."""
        session.add_problem(f"{self.name}: {self.reason}")


class RelinkJob:
    """Look through a folder for files that moved.

    A file is the one that is looked for when its digest is the same, whatever its name. Parts
    are `Relinked` and `NotRelinked`; the result is the number of files found.

    Parameters
    ----------
    folder : Path
        Where to look, with all folders below; links to folders are not followed.
    lost : sequence of LostSource
        What to look for.
    reader : callable, optional
        `nmrcam_qt.core.readers.read_spectrum`; replaced in tests.
    """

    unit = "files"

    def __init__(
        self, folder: Path, lost: Sequence[LostSource], reader: Reader | None = None
    ) -> None:
        self._folder = folder
        self._lost = tuple(lost)
        self._reader = reader

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        count = len(self._lost)
        files = "1 file" if count == 1 else f"{count} files"
        return f"Looking for {files} in {self._folder.name or self._folder}"

    def run(self, context: JobContext) -> int:
        """Compare digests; names only say where to begin.

        Raises
        ------
        JobError
            If the folder cannot be listed or holds too many files.
        """
        context.step(0, len(self._lost), "listing the folder")
        files = self._files(context)
        wanted: dict[str, list[LostSource]] = {}
        for lost in self._lost:
            wanted.setdefault(lost.packed.provenance.sha256, []).append(lost)
        unknown = wanted.pop("", [])
        done = found = 0
        for path, digest in self._digests(files, wanted, context):
            for lost in wanted.pop(digest):
                found += self._relink(lost, path, context)
                done += 1
                context.step(done, len(self._lost), path.name)
        named = {path.name for path in files}
        for lost in [*unknown, *(lost for rest in wanted.values() for lost in rest)]:
            context.part(NotRelinked(lost.item_id, lost.packed.name, _why(lost, named)))
        context.step(len(self._lost), len(self._lost))
        return found

    def _files(self, context: JobContext) -> list[Path]:
        """Files with the suffixes that are looked for, those with a wanted name first."""
        suffixes = {Path(lost.file_name).suffix.lower() for lost in self._lost}
        names = {lost.file_name for lost in self._lost}
        files: list[Path] = []
        n_seen = 0
        for root, folders, inside in os.walk(self._folder, onerror=self._refuse):
            context.step(0, len(self._lost), Path(root).name)
            folders.sort()
            n_seen += len(inside)
            if n_seen > MAX_FILES:
                raise JobError(f"{self._folder}: more than {MAX_FILES} files; choose a folder less")
            files += [Path(root) / n for n in sorted(inside) if Path(n).suffix.lower() in suffixes]
        return sorted(files, key=lambda path: path.name not in names)

    def _refuse(self, error: OSError) -> None:
        """A folder inside that cannot be listed is passed over, the chosen one is not."""
        if Path(error.filename or self._folder) == self._folder:
            raise JobError(f"{self._folder}: cannot be listed ({error.strerror})")

    def _digests(
        self, files: Iterable[Path], wanted: dict[str, list[LostSource]], context: JobContext
    ) -> Iterator[tuple[Path, str]]:
        """Files whose digest is wanted, until none is."""
        for path in files:
            if not wanted:
                return
            done = len(self._lost) - sum(map(len, wanted.values()))

            def look(done: int = done, name: str = path.name) -> None:
                context.step(done, len(self._lost), name)

            look()
            try:
                digest = file_digest(path, look)
            except (OSError, ValueError):
                continue
            if digest in wanted:
                yield path, digest

    def _relink(self, lost: LostSource, path: Path, context: JobContext) -> int:
        """Read the file again; 1 if that worked."""
        read = self._reader or _default_reader()
        try:
            packed = pack(read(path, lost.options))
        except NmrCamError as error:
            context.part(NotRelinked(lost.item_id, lost.packed.name, str(error)))
            return 0
        context.part(Relinked(lost.item_id, _joined(lost.packed, packed)))
        return 1


def _joined(old: PackedSpectrum, new: PackedSpectrum) -> PackedSpectrum:
    """The arrays of the file that was found; name, axes and experiment as the user has them."""
    if (old.f1.size, old.f2.size) != (new.f1.size, new.f2.size):
        return new
    return replace(
        old,
        provenance=replace(old.provenance, path=new.provenance.path),
        payload=new.payload,
        picture=new.picture,
        n_peaks=new.n_peaks,
    )


def _why(lost: LostSource, named: set[str]) -> str:
    if not lost.packed.provenance.sha256:
        return "its digest is not known, so no file can be recognised as the one"
    if lost.file_name in named:
        return f"{lost.file_name} is there, but it is another file (its content differs)"
    return f"no file with the content of {lost.file_name} was found"


def _default_reader() -> Reader:
    from nmrcam_qt.core.readers import read_spectrum

    return read_spectrum
