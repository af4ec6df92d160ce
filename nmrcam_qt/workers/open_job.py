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
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.workers.jobs import JobContext

PART_INTERVAL_S = 0.1

Reader = Callable[[Path, ReadOptions], Spectrum]
Finder = Callable[[Sequence[Path]], Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Opened:
    """Part of the job's result: spectra that were read, in order."""

    spectra: tuple[PackedSpectrum, ...]


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Part of the job's result: a file that could not be read, with a sentence."""

    path: str
    reason: str


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

    Parts are `Opened` and `NotOpened`; the result is a tuple of `Question`.

    Parameters
    ----------
    requests : sequence of OpenRequest
        What to read.
    search : bool
        Whether to look into folders; False for files that were found before.
    reader, finder : callable, optional
        `nmrcam_qt.core.readers.read_spectrum` and `find_spectra`; replaced in tests.
    """

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

    @property
    def title(self) -> str:
        """What the status bar shows."""
        if len(self._requests) == 1:
            return f"Opening {self._requests[0].path.name}"
        return f"Opening {len(self._requests)} files"

    def run(self, context: JobContext) -> tuple[Question, ...]:
        """Read everything; a broken file leaves the others working."""
        context.step(0, 0, "searching" if self._search else "")
        requests = self._expand(context) if self._search else self._requests
        read = self._reader or _default_reader()
        questions: list[Question] = []
        waiting: list[PackedSpectrum] = []
        last = time.monotonic()
        for number, request in enumerate(requests):
            context.step(number, len(requests), request.path.name)
            try:
                waiting.append(pack(read(request.path, request.options)))
            except AmbiguousError as error:
                questions.append(
                    Question(
                        request.path, error.question, error.choices, error.option, request.options
                    )
                )
            except MemoryError:
                context.part(
                    NotOpened(str(request.path), f"{request.path.name}: not enough memory")
                )
            except NmrCamError as error:
                context.part(NotOpened(str(request.path), str(error)))
            if waiting and time.monotonic() - last > PART_INTERVAL_S:
                context.part(Opened(tuple(waiting)))
                waiting.clear()
                last = time.monotonic()
        if waiting:
            context.part(Opened(tuple(waiting)))
        context.step(len(requests), len(requests))
        return tuple(questions)

    def _expand(self, context: JobContext) -> list[OpenRequest]:
        """Files instead of folders."""
        find = self._finder or _default_finder()
        expanded: list[OpenRequest] = []
        for request in self._requests:
            try:
                found = list(find([request.path]))
            except NmrCamError as error:
                context.part(NotOpened(str(request.path), str(error)))
                continue
            if not found:
                missing = ReadError(request.path, "no spectrum in it", "pictures or peak lists")
                context.part(NotOpened(str(request.path), str(missing)))
            expanded += [OpenRequest(path, request.options) for path in found]
        return expanded


def _default_reader() -> Reader:
    """Imported late: readers may load libraries that the window's start can do without."""
    from nmrcam_qt.core.readers import read_spectrum

    return read_spectrum


def _default_finder() -> Finder:
    from nmrcam_qt.core.readers import find_spectra

    return find_spectra
