"""The batch engine behind the window and the command line; importable without TensorFlow.

Jobs go in, outcomes come out one by one and in order. Spectra are read when their turn
comes and forgotten when their outcome has been taken, so that a thousand of them need no
more memory than a batch. They go to the network in batches; what is broken fails alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from nmrcam_qt.core.card_store import NetworkEntry, choose_card, find_network, installed_networks
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import Cancelled, NmrCamError, ReadError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.preprocessing import Prepared, prepare_inputs
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml.quiet import quiet_stderr

AUTO = "auto"
BATCH_SIZE = 32
BATCH_BYTES = 256 << 20
"""A batch is closed early when its spectra are larger than this."""


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
            At most `BATCH_SIZE`.
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
        """


class LocalEngine:
    """Computes in this process; TensorFlow is loaded at the first use."""

    def __init__(self) -> None:
        self._started = False

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Scores and maps; see `Engine.analyse`."""
        self.start()
        from nmrcam_qt.ml.inference import analyse_prepared
        from nmrcam_qt.ml.registry import load

        return analyse_prepared(
            load(network), prepared, methods=methods, classes=classes, layer=layer
        )

    def start(self) -> None:
        """Load TensorFlow and set it up, once."""
        if not self._started:
            self.set_up()
            self._started = True

    def set_up(self) -> None:
        """Let a GPU give memory as it is needed."""
        with quiet_stderr():
            grow_memory()


def grow_memory() -> list[Any]:
    """Let every GPU give memory as it is needed instead of all at once; the GPUs."""
    import tensorflow as tf

    gpus = list(tf.config.list_physical_devices("GPU"))
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return gpus


@dataclass(frozen=True, slots=True)
class Job:
    """One spectrum, or the HSQC and HMBC of one sample.

    Parameters
    ----------
    sources : tuple of Path or Spectrum
        Files to read or spectra that are open already; one, or two for a pair.
    options : ReadOptions
        What the user has said about the files. The experiment is ignored for pairs.
    is_pair : bool
        Whether the first file is the HSQC and the second the HMBC; a file that says
        otherwise fails. False leaves the experiments as they are found.
    problem : str
        One sentence about what is known to be wrong beforehand: the job fails with it.
    """

    sources: tuple[Path | Spectrum, ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    is_pair: bool = False
    problem: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """The files as the user named them."""
        return tuple(s.provenance.path if isinstance(s, Spectrum) else str(s) for s in self.sources)


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of every job.

    Parameters
    ----------
    network : str
        Network id, folder, or "auto": the network that fits the experiment.
    methods : tuple of str
        Ids of explanation methods; empty for scores only.
    classes : tuple of str or None
        Classes of the maps; None for all.
    top_only : bool
        Keep only the maps of each spectrum's top class.
    layer : str or None
        None for the card's default.
    """

    network: str = AUTO
    methods: tuple[str, ...] = ()
    classes: tuple[str, ...] | None = None
    top_only: bool = False
    layer: str | None = None


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


@dataclass(frozen=True, slots=True)
class _Ready:
    """A job that was read and prepared, or failed before the network saw it."""

    outcome: Outcome
    network: str = ""
    prepared: Prepared | None = None

    @property
    def nbytes(self) -> int:
        return sum(s.intensity.nbytes for s in self.outcome.spectra)


def run_batch(
    jobs: Sequence[Job], request: Request, engine: Engine, progress: Progress = SILENT
) -> Iterator[Outcome]:
    """Do all jobs; outcomes come in the order of the jobs as soon as they are ready.

    Parameters
    ----------
    jobs : sequence of Job
        What to do; files are read when their turn comes.
    request : Request
        What is wanted of each.
    engine : Engine
        Who computes.
    progress : Progress
        Told of every job that is read and done; cancels by raising.

    Yields
    ------
    Outcome

    Raises
    ------
    NetworkError, CardError
        Before any work, if the network that is asked for does not exist.
    Cancelled
        If the user cancelled; the outcomes given so far stand.
    """
    entries = _candidates(request.network)
    return _outcomes(jobs, request, engine, progress, entries)


def _candidates(network: str) -> list[NetworkEntry]:
    return installed_networks() if network == AUTO else [find_network(network)]


def _outcomes(
    jobs: Sequence[Job],
    request: Request,
    engine: Engine,
    progress: Progress,
    entries: Sequence[NetworkEntry],
) -> Iterator[Outcome]:
    """Fill batches and empty them."""
    waiting: list[_Ready] = []
    done = 0
    for number, job in enumerate(jobs, start=1):
        progress.step(done, len(jobs), " + ".join(Path(f).name for f in job.files))
        waiting.append(_read(job, request, entries))
        full = len(waiting) >= BATCH_SIZE or sum(r.nbytes for r in waiting) > BATCH_BYTES
        if not (full or number == len(jobs)):
            continue
        finished = deque(_analyse(waiting, request, engine))
        waiting = []
        while finished:  # taken out one by one, so that nothing holds what was given away
            yield finished.popleft()
            done += 1
            progress.step(done, len(jobs))


def _read(job: Job, request: Request, entries: Sequence[NetworkEntry]) -> _Ready:
    """Read the spectra of a job, choose the network, prepare its input."""
    if job.problem:
        return _Ready(Outcome(job, error=job.problem))
    spectra: tuple[Spectrum, ...] = ()
    card: Card | None = None
    try:
        spectra = _spectra(job)
        entry = _entry(entries, request.network, spectra)
        card = entry.card
        prepared = prepare_inputs(card, spectra)
    except Cancelled:
        raise
    except NmrCamError as error:
        return _Ready(Outcome(job, spectra, card, error=_sentence(job, error)))
    except MemoryError:
        return _Ready(Outcome(job, error=f"{job.files[0]}: needs more memory than there is"))
    return _Ready(Outcome(job, spectra, card), str(entry.folder), prepared)


def _spectra(job: Job) -> tuple[Spectrum, ...]:
    if not job.is_pair:
        return tuple(_open(source, job.options) for source in job.sources)
    return tuple(
        _partner(source, job.options, experiment)
        for source, experiment in zip(job.sources, Experiment, strict=True)
    )


def _open(source: Path | Spectrum, options: ReadOptions) -> Spectrum:
    return source if isinstance(source, Spectrum) else read_spectrum(source, options)


def _partner(source: Path | Spectrum, options: ReadOptions, expected: Experiment) -> Spectrum:
    """One of a pair. Its place says what it is, unless the file itself says otherwise."""
    found = _open(source, replace(options, experiment=None))
    guessed = any(clause.startswith("experiment") for clause in found.provenance.assumed)
    if found.experiment is expected and not guessed:
        return found
    if found.experiment is not None and not guessed:
        given = f"this is {found.experiment.label}, but it is given as the {expected.label} of"
        raise ReadError(found.provenance.path, f"{given} a pair", "first the HSQC, then the HMBC")
    return _open(source, replace(options, experiment=expected)).with_experiment(expected)


def _entry(
    entries: Sequence[NetworkEntry], network: str, spectra: Sequence[Spectrum]
) -> NetworkEntry:
    """The network of a job."""
    if network != AUTO:
        return entries[0]
    card = choose_card([e.card for e in entries], [s.experiment for s in spectra])
    return next(e for e in entries if e.card is card)


def _sentence(job: Job, error: NmrCamError) -> str:
    """The error's sentence, with the file where it does not name it."""
    names = " + ".join(Path(f).name for f in job.files)
    said = str(error)
    known = any(one_line(Path(f).name) in said for f in job.files)
    return said if known else one_line(f"{names}: {said}")


def _analyse(ready: Sequence[_Ready], request: Request, engine: Engine) -> list[Outcome]:
    """Outcomes of a batch, in order; each network gets its spectra at once."""
    outcomes = [r.outcome for r in ready]
    for network in dict.fromkeys(r.network for r in ready if r.prepared is not None):
        members = [i for i, r in enumerate(ready) if r.network == network]
        for i, result in zip(members, _ask(network, ready, members, request, engine), strict=True):
            old = outcomes[i]
            if isinstance(result, Analysis):
                kept = _top_only(result) if request.top_only else result
                outcomes[i] = Outcome(old.job, old.spectra, old.card, kept)
            else:
                said = _sentence(old.job, result)
                outcomes[i] = Outcome(old.job, old.spectra, old.card, error=said)
    return outcomes


def _ask(
    network: str, ready: Sequence[_Ready], members: Sequence[int], request: Request, engine: Engine
) -> list[Analysis | NmrCamError]:
    """Ask for all members at once; if that fails, one by one, so that one fails alone."""
    prepared = [p for i in members if (p := ready[i].prepared) is not None]
    wanted = (request.methods, request.classes, request.layer)
    try:
        return list(engine.analyse(network, prepared, *wanted))
    except Cancelled:
        raise
    except NmrCamError as error:
        if len(members) == 1:
            return [error]
    return [result for i in members for result in _ask(network, ready, [i], request, engine)]


def _top_only(analysis: Analysis) -> Analysis:
    top = analysis.prediction.top
    kept = tuple(e for e in analysis.explanations if e.class_id == top)
    return Analysis(analysis.prediction, kept, analysis.unavailable)


def jobs_for(
    files: Iterable[Path],
    pairs: Iterable[tuple[Path, Path]] = (),
    options: ReadOptions | None = None,
) -> list[Job]:
    """Jobs for single files and HSQC + HMBC pairs, in this order."""
    options = options or ReadOptions()
    jobs = [Job((path,), options) for path in files]
    return jobs + [Job(pair, options, is_pair=True) for pair in pairs]
