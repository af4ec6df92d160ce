"""What goes into the batch engine and what comes out; no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.class_words import ALL
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Spectrum

AUTO = "auto"


class Engine(Protocol):
    """Who computes: this process or the inference process."""

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Scores and maps, one analysis per prepared spectrum or pair.

        Parameters
        ----------
        network : str
            Network id or folder.
        prepared : sequence of Prepared
            At most `nmrcam_qt.ml.batch.BATCH_SIZE`.
        methods : sequence of str
            Methods of the maps; empty for scores only.
        classes : sequence of str or None
            Classes of the maps; None for all.
        layer : str or None
            None for the card's default.

        Raises
        ------
        NmrCamError
            If network, method or layer cannot do it.
        EngineLost
            If nothing more can be computed: the whole batch ends.
        Cancelled
            If the user cancelled meanwhile.
        """


class Answer(Protocol):
    """What a request that is under way will give."""

    def done(self) -> bool:
        """Whether `take` would give it, or raise, at once."""

    def take(self, timeout_s: float) -> list[Analysis] | None:
        """The analyses; None if they are not there in time.

        Raises
        ------
        NmrCamError, EngineLost, Cancelled
            As `Engine.analyse`.
        """

    def drop(self) -> None:
        """Nobody wants it any more."""


@runtime_checkable
class StreamEngine(Engine, Protocol):
    """An engine that works at several requests at once.

    Its `analyse` begins when nothing else of it is under way: what happens meanwhile is
    then the fault of what was asked.
    """

    def room(self) -> int:
        """How many requests may be under way at present, at least 1.

        Raises
        ------
        EngineLost
            If nothing more can be computed.
        """

    def submit(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> Answer:
        """Ask as `Engine.analyse`, and do not wait."""


@runtime_checkable
class Source(Protocol):
    """A spectrum that is opened when its turn comes, and forgotten after it."""

    @property
    def path(self) -> str:
        """The file as the user named it."""

    def open(self) -> Spectrum:
        """The spectrum; its experiment is settled.

        Raises
        ------
        NmrCamError
            If it cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of a job.

    Parameters
    ----------
    network : str
        Network id, folder, or "auto": the network that fits the experiment.
    methods : tuple of str
        Ids of explanation methods; empty for scores only.
    classes : tuple of str or None
        Classes of the maps; None for all.
    keep : str
        One of `CLASS_WORDS`: of which of these classes the maps are kept of each spectrum.
    layer : str or None
        None for the card's default.
    """

    network: str = AUTO
    methods: tuple[str, ...] = ()
    classes: tuple[str, ...] | None = None
    keep: str = ALL
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One spectrum, or the HSQC and HMBC of one sample.

    Parameters
    ----------
    sources : tuple of Path, Spectrum or Source
        Files to read, spectra that are open already, or what opens them when their turn
        comes; one, or two for a pair.
    options : ReadOptions
        What the user has said about the files. The experiment is ignored for pairs.
    is_pair : bool
        Whether the first file is the HSQC and the second the HMBC; a file that says
        otherwise fails. False leaves the experiments as they are found.
    problem : str
        One sentence about what is known to be wrong beforehand: the job fails with it.
    request : Request or None
        What is wanted of this job; None for what is wanted of all.
    """

    sources: tuple[Path | Spectrum | Source, ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    is_pair: bool = False
    problem: str = ""
    request: Request | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The files as the user named them."""
        return tuple(_path(source) for source in self.sources)


def _path(source: Path | Spectrum | Source) -> str:
    if isinstance(source, Spectrum):
        return source.provenance.path
    return str(source) if isinstance(source, Path) else source.path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: an analysis, or an error of one sentence.

    Parameters
    ----------
    job : Job
        What was asked.
    spectra : tuple of Spectrum
        As read, in the order of the job; empty where reading failed.
    card : Card or None
        Of the network that was used.
    analysis : Analysis or None
        What it says.
    error : str
        Empty when all went well.
    """

    job: Job
    spectra: tuple[Spectrum, ...] = ()
    card: Card | None = None
    analysis: Analysis | None = None
    error: str = ""

    def spectrum_of(self, input_name: str) -> Spectrum:
        """The spectrum that went into the input of this name.

        Raises
        ------
        ValueError
            If the job failed or the network has no such input.
        """
        inputs = {i.name: i.experiment for i in self.card.inputs} if self.card else {}
        if input_name not in inputs or not self.spectra:
            raise ValueError(f"no spectrum went into an input {input_name!r}")
        if len(self.spectra) == 1:
            return self.spectra[0]
        return next(s for s in self.spectra if s.experiment is inputs[input_name])
