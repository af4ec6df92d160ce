"""Writing the peaks of spectra to files. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.peak_places import listed_peaks
from nmrcam_qt.core.picked import PeakKind, PickedPeaks
from nmrcam_qt.core.writers.files import OutputNames, is_same_file, make_folder, safe_name
from nmrcam_qt.core.writers.peak_files import PeakFormat, PeaksAbout, write_peaks
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.jobs import JobContext
from nmrcam_qt.workers.pick_job import NotPicked


@dataclass(frozen=True, slots=True, eq=False)
class PeakFile:
    """One file to be written.

    Parameters
    ----------
    path : Path
        The file.
    item : SessionItem
        Whose peaks.
    """

    path: Path
    item: SessionItem


def peak_files(folder: Path, items: Sequence[SessionItem], form: PeakFormat) -> list[PeakFile]:
    """A name for each spectrum, safe on every system and never the same twice."""
    names = OutputNames()
    stems = [names.file(safe_name(f"{item.name}_peaks")) for item in items]
    return [
        PeakFile(folder / f"{stem}{form.suffix}", item)
        for stem, item in zip(stems, items, strict=True)
    ]


def existing(files: Sequence[PeakFile]) -> list[str]:
    """Names of files that are there already."""
    return [file.path.name for file in files if file.path.exists()]


class PeakFilesJob:
    """Write peaks; the result is the number of files, a spectrum that fails is a part.

    Parameters
    ----------
    files : sequence of PeakFile
        What to write, and where.
    form : PeakFormat
        The kind of file.
    signals_only : bool
        Whether one-bond doublets, solvents and doubtful peaks are left out.
    """

    unit = "files"

    def __init__(
        self, files: Sequence[PeakFile], form: PeakFormat, signals_only: bool = False
    ) -> None:
        self._files, self._form = tuple(files), form
        self._signals_only = signals_only

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        if len(self._files) == 1:
            return f"Writing {self._files[0].path.name}"
        return f"Writing the peaks of {len(self._files)} spectra"

    def run(self, context: JobContext) -> int:
        """Write everything; what cannot be written leaves the others working."""
        written = 0
        for number, file in enumerate(self._files):
            context.step(number, len(self._files), file.path.name)
            try:
                self._write(file)
                written += 1
            except NmrCamError as error:
                if len(self._files) == 1:
                    raise
                context.part(NotPicked(file.item.name, str(error)))
        context.step(len(self._files), len(self._files))
        return written

    def _write(self, file: PeakFile) -> None:
        picked = peaks_of(file.item)
        if self._signals_only:
            signals = tuple(p for p in picked.peaks if p.kind is PeakKind.SIGNAL)
            picked = replace(picked, peaks=signals)
        make_folder(file.path.parent)
        if is_same_file(file.path, file.item.path):
            raise JobError(
                f"{file.path.name} is the spectrum itself, which is never overwritten; "
                "choose another name or folder"
            )
        write_peaks(file.path, picked, self._form, about(file.item))


def peaks_of(item: SessionItem) -> PickedPeaks:
    """Peaks of a spectrum at the user's shifts: picked ones, else those of its list.

    Raises
    ------
    NmrCamError
        If there are none, or they cannot be read.
    """
    if item.packed.n_peaks is not None and item.record.picked is None:
        listed = item.packed.peaks
        if listed is not None:
            return listed_peaks(listed)
    picked = item.picked
    if picked is None:
        raise JobError("its peaks are not there, or cannot be read from the project")
    return picked


def about(item: SessionItem) -> PeaksAbout:
    """What a file says of a spectrum beside its peaks."""
    packed = item.packed
    return PeaksAbout.measured(
        item.name, packed.experiment, packed.f1, packed.f2, packed.acquisition
    )
