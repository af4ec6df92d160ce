"""Reading files into packed spectra. No Qt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nmrcam_qt.core.errors import AmbiguousError, NmrCamError, ReadError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.session.masking import with_solvent_masks
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.jobs import JobContext

PART_INTERVAL_S = 0.1
PAUSE_SHARE, MAX_PAUSE_S = 0.5, 0.05
"""After each file the thread rests for this share of the time that the file took. Reading is
short pieces of Python, for which the window's thread has to wait; on a busy machine its
longest waits were a third shorter with the rests, and opening took no longer."""
EXPECTED = "instrument data, pictures or peak lists"
MAX_PER_PART = 32
"""So that the window's thread has little to do for each."""

Reader = Callable[[Path, ReadOptions], Spectrum]
Finder = Callable[[Sequence[Path]], Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Opened:
    """Part of the job's result: spectra that were read, in order, and how each was read."""

    spectra: tuple[PackedSpectrum, ...]
    options: tuple[ReadOptions, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Part of the job's result: a file that could not be read, with a sentence."""

    path: str
    reason: str

    @property
    def piece(self) -> str:
        """What failed, for the list of jobs."""
        return Path(self.path).name or self.path


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Part of the job's result: what lies in a folder and is nothing to open, in a sentence.

    It is no failure: nobody asked for each experiment of a data set.
    """

    path: str
    text: str

    def keep(self, session: Session, _merge_key: str) -> None:
        """Tell the user."""
        session.add_problem(self.text, self.path)


@dataclass(frozen=True, slots=True)
class Question:
    """What only the user knows about a file.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        The question.
    choices : tuple of str
        Possible answers.
    option : str
        Field of `ReadOptions` that the answer sets.
    options : ReadOptions
        What is known already.
    """

    path: Path
    text: str
    choices: tuple[str, ...]
    option: str
    options: ReadOptions

    def answered(self, choice: str) -> OpenRequest:
        """The request to read the file again with the answer."""
        value: Any = Experiment(choice) if self.option == "experiment" else choice
        return OpenRequest(self.path, replace(self.options, **{self.option: value}))


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A file, or in a first attempt a folder, and what is known about it."""

    path: Path
    options: ReadOptions = field(default_factory=ReadOptions)


class OpenJob:
    """Read files; folders are searched for spectra.

    Parts are `Opened`, `NotOpened` and `PassedOver`; the result is a tuple of `Question`.

    Parameters
    ----------
    requests : sequence of OpenRequest
        What to read.
    search : bool
        Whether to look into folders; False for files that were found before.
    reader, finder : callable, optional
        In place of `nmrcam_qt.core.readers.read_spectrum` and `survey_folders`, in tests.
    """

    unit = "files"

    def __init__(
        self,
        requests: Sequence[OpenRequest],
        search: bool = True,
        reader: Reader | None = None,
        finder: Finder | None = None,
    ) -> None:
        self._requests = tuple(requests)
        self._search = search
        self._reader = reader
        self._finder = finder
        self._left = list(self._requests)
        self._broken: list[OpenRequest] = []

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        if len(self._requests) == 1:
            return f"Opening {self._requests[0].path.name}"
        return f"Opening {len(self._requests)} files"

    def run(self, context: JobContext) -> tuple[Question, ...]:
        """Read everything; a broken file leaves the others working."""
        context.step(0, 0, "searching" if self._search else "")
        requests = self._expand(context) if self._search else list(self._requests)
        self._left = list(requests)
        read = self._reader or _default_reader()
        questions: list[Question] = []
        batch = _Waiting(context)
        for number, request in enumerate(requests):
            context.step(number, len(requests), request.path.name)
            began = time.monotonic()
            try:
                packed = with_solvent_masks(pack(read(request.path, request.options)))
                batch.add(packed, request.options)
            except AmbiguousError as error:
                questions.append(
                    Question(
                        request.path, error.question, error.choices, error.option, request.options
                    )
                )
            except MemoryError:
                self._failed(context, request, f"{request.path.name}: not enough memory")
            except NmrCamError as error:
                self._failed(context, request, str(error))
            self._left.remove(request)
            batch.hand_over(PART_INTERVAL_S)
            time.sleep(min(MAX_PAUSE_S, PAUSE_SHARE * (time.monotonic() - began)))
        batch.hand_over()
        context.step(len(requests), len(requests))
        return tuple(questions)

    def remaining(self) -> OpenJob | None:
        """The files that could not be read, and those that were not reached."""
        left = [*self._broken, *self._left]
        if not left:
            return None
        return OpenJob(left, self._search, self._reader, self._finder)

    def _failed(self, context: JobContext, request: OpenRequest, reason: str) -> None:
        self._broken.append(request)
        context.part(NotOpened(str(request.path), reason))

    def _expand(self, context: JobContext) -> list[OpenRequest]:
        """Files instead of folders."""
        expanded: list[OpenRequest] = []
        for request in self._requests:
            try:
                found, remarks = self._find(request.path)
            except NmrCamError as error:
                self._failed(context, request, str(error))
                continue
            if not found:
                missing = ReadError(request.path, "no spectrum in it", EXPECTED)
                self._failed(context, request, str(missing))
            for path, text in remarks:
                context.part(PassedOver(str(path), text))
            for path in found:
                parts = () if request.options.part or self._finder else _parts(path)
                told = [replace(request.options, part=part) for part in parts]
                expanded += [OpenRequest(path, options) for options in told or [request.options]]
        return expanded

    def _find(self, path: Path) -> tuple[Sequence[Path], Sequence[tuple[Path, str]]]:
        """Files of a folder and remarks on it."""
        if self._finder is not None:
            return list(self._finder([path])), ()
        from nmrcam_qt.core.readers import survey_folders

        survey = survey_folders([path])
        return survey.paths, survey.remarks


class _Waiting:
    """Spectra that were read and not handed over yet."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._spectra: list[PackedSpectrum] = []
        self._options: list[ReadOptions] = []
        self._last = time.monotonic()

    def add(self, packed: PackedSpectrum, options: ReadOptions) -> None:
        self._spectra.append(packed)
        self._options.append(options)

    def hand_over(self, interval_s: float = 0.0) -> None:
        """As one part, unless the last one was just now."""
        full = len(self._spectra) >= MAX_PER_PART
        if not self._spectra or (not full and time.monotonic() - self._last <= interval_s):
            return
        self._context.part(Opened(tuple(self._spectra), tuple(self._options)))
        self._spectra.clear()
        self._options.clear()
        self._last = time.monotonic()


def _parts(path: Path) -> tuple[str, ...]:
    """What to open of an archive that holds a whole data set."""
    from nmrcam_qt.core.readers import parts_of_archive

    return parts_of_archive(path)


def _default_reader() -> Reader:
    """Imported late: readers may load libraries that the window's start can do without."""
    from nmrcam_qt.core.readers import read_spectrum

    return read_spectrum
