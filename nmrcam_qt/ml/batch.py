"""The batch engine behind the window and the command line; importable without TensorFlow.

Jobs go in, outcomes come out one by one and in order. Spectra are read when their turn
comes, by threads that are at most a batch ahead, and forgotten when their outcome has been
taken, so that a thousand of them need no more memory than two batches, and those that an
engine which works at several requests at once (`StreamEngine`) has under way. They go to
the network in batches; what is broken fails alone.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nmrcam_qt.core.card_store import NetworkEntry, choose_card, find_network, installed_networks
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import Cancelled, EngineLost, NmrCamError, ReadError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.preprocessing import Prepared, prepare_inputs
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml.batch_types import (
    AUTO,
    Answer,
    Engine,
    Job,
    Outcome,
    Request,
    Source,
    StreamEngine,
)
from nmrcam_qt.ml.local_engine import LocalEngine
from nmrcam_qt.ml.pace import Pace
from nmrcam_qt.ml.read_ahead import ReadAhead

__all__ = [
    "AUTO",
    "BATCH_SIZE",
    "Engine",
    "Job",
    "LocalEngine",
    "Outcome",
    "Pace",
    "Request",
    "Source",
    "jobs_for",
    "run_batch",
]

BATCH_SIZE = 32
BATCH_BYTES = 256 << 20
"""A batch is closed early when its spectra are larger than this."""
BYTES_UNDER_WAY = 512 << 20
"""No further batch is begun while the spectra of those under way are larger than this."""
READERS = 4
"""Threads that read files side by side, at most one for each processor."""
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class _Ready:
    """A job that was read and prepared, or failed before the network saw it."""

    outcome: Outcome
    wanted: Request
    network: str = ""
    prepared: Prepared | None = None

    @property
    def nbytes(self) -> int:
        return sum(s.intensity.nbytes for s in self.outcome.spectra)


@dataclass(frozen=True, slots=True)
class _Group:
    """Those of a batch that go to one network; the answer where they were asked already."""

    network: str
    wanted: Request
    members: list[int]
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A batch that was read and, by an engine that streams, asked."""

    ready: list[_Ready]
    groups: list[_Group]

    @property
    def nbytes(self) -> int:
        return sum(r.nbytes for r in self.ready)

    @property
    def done(self) -> bool:
        return all(g.answer is None or g.answer.done() for g in self.groups)

    def drop(self) -> None:
        for group in self.groups:
            if group.answer is not None:
                group.answer.drop()


@dataclass(slots=True)
class _Networks:
    """Which networks a name stands for; every name is looked up once."""

    given: Sequence[NetworkEntry] | None
    _known: dict[str, list[NetworkEntry]] = field(default_factory=dict)

    def candidates(self, name: str) -> list[NetworkEntry]:
        """For "auto" all, else the one of this name; raises where there is none."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def choose(self, name: str, spectra: Sequence[Spectrum]) -> NetworkEntry:
        """The network of a job."""
        entries = self.candidates(name)
        if name != AUTO:
            return entries[0]
        card = choose_card([e.card for e in entries], [s.experiment for s in spectra])
        return next(e for e in entries if e.card is card)

    def _find(self, name: str) -> list[NetworkEntry]:
        if name == AUTO:
            return installed_networks() if self.given is None else list(self.given)
        named = [e for e in self.given or () if e.card.id == name]
        return named or [find_network(name)]


def run_batch(
    jobs: Sequence[Job],
    request: Request,
    engine: Engine,
    progress: Progress = SILENT,
    *,
    networks: Sequence[NetworkEntry] | None = None,
    pace: Pace | None = None,
) -> Generator[Outcome, None, None]:
    """Do all jobs; outcomes come in the order of the jobs as soon as they are ready.

    Parameters
    ----------
    jobs : sequence of Job
        What to do; files are read when their turn comes.
    request : Request
        What is wanted of each that does not say so itself.
    engine : Engine
        Who computes.
    progress : Progress
        Told of every job that is read and done, in the caller's thread; cancels by raising.
    networks : sequence of NetworkEntry, optional
        What there is to choose from; the installed networks by default.
    pace : Pace, optional
        How many spectra are asked for at once; always `BATCH_SIZE` by default.

    Yields
    ------
    Outcome

    Raises
    ------
    NetworkError, CardError
        Before any work, if the network that is asked for does not exist.
    EngineLost
        If the engine cannot go on; the outcomes given so far stand.
    Cancelled
        If the user cancelled; the outcomes given so far stand.
    """
    known = _Networks(networks)
    if not jobs or any(job.request is None for job in jobs):
        known.candidates(request.network)
    run = _Run(jobs, request, engine, progress, known, pace or Pace(BATCH_SIZE, None))
    return run.outcomes()


@dataclass(slots=True)
class _Run:
    """One call of `run_batch`."""

    jobs: Sequence[Job]
    request: Request
    engine: Engine
    progress: Progress
    networks: _Networks
    pace: Pace
    done: int = 0

    def outcomes(self) -> Generator[Outcome, None, None]:
        """Fill batches and empty them."""
        if not self.jobs:
            return
        ahead = ReadAhead(
            self.jobs, self._read, lambda r: r.nbytes, BATCH_SIZE, BATCH_BYTES, _readers(self.jobs)
        )
        under_way: deque[_Begun] = deque()
        try:
            waiting: list[_Ready] = []
            for number, job in enumerate(self.jobs, start=1):
                waiting.append(self._take(ahead, job))
                last = number == len(self.jobs)
                full = len(waiting) >= self.pace.size
                full = full or sum(r.nbytes for r in waiting) > BATCH_BYTES
                if not (full or last):
                    continue
                under_way.append(self._begin(waiting))
                waiting = []
                while under_way and (last or self._must_settle(under_way)):
                    finished = deque(self._settle(under_way[0]))
                    under_way.popleft()
                    while finished:  # one by one, so that nothing holds what was given away
                        yield finished.popleft()
                        self.done += 1
                        self.progress.step(self.done, len(self.jobs))
        finally:
            ahead.close()
            for begun in under_way:
                begun.drop()

    def _must_settle(self, under_way: Sequence[_Begun]) -> bool:
        """Whether the first batch is there, or there is no room for another one."""
        if not isinstance(self.engine, StreamEngine) or under_way[0].done:
            return True
        too_many = len(under_way) >= self.engine.room()
        return too_many or sum(b.nbytes for b in under_way) > BYTES_UNDER_WAY

    def _take(self, ahead: ReadAhead[Job, _Ready], job: Job) -> _Ready:
        """The next job that was read; the user may cancel while it is not."""
        name = " + ".join(Path(f).name for f in job.files)
        while True:
            self.progress.step(self.done, len(self.jobs), name)
            ready = ahead.take(POLL_S)
            if ready is not None:
                return ready

    def _read(self, job: Job) -> _Ready:
        """Read the spectra of a job, choose the network, prepare its input."""
        wanted = job.request or self.request
        if job.problem:
            return _Ready(Outcome(job, error=job.problem), wanted)
        spectra: tuple[Spectrum, ...] = ()
        card: Card | None = None
        try:
            spectra = _spectra(job)
            entry = self.networks.choose(wanted.network, spectra)
            card = entry.card
            prepared = prepare_inputs(card, spectra)
        except Cancelled:
            raise
        except NmrCamError as error:
            return _Ready(Outcome(job, spectra, card, error=_sentence(job, error)), wanted)
        except MemoryError:
            said = f"{job.files[0]}: needs more memory than there is"
            return _Ready(Outcome(job, error=said), wanted)
        return _Ready(Outcome(job, spectra, card), wanted, str(entry.folder), prepared)

    def _begin(self, ready: list[_Ready]) -> _Begun:
        """Each network gets its spectra of a batch at once."""
        groups: dict[tuple[str, Request], list[int]] = {}
        for i, item in enumerate(ready):
            if item.prepared is not None:
                groups.setdefault((item.network, item.wanted), []).append(i)
        begun = []
        for (network, wanted), members in groups.items():
            answer = None
            if isinstance(self.engine, StreamEngine):
                prepared = _prepared(ready, members)
                answer = self.engine.submit(
                    network, prepared, wanted.methods, wanted.classes, wanted.layer
                )
            begun.append(_Group(network, wanted, members, answer))
        return _Begun(ready, begun)

    def _settle(self, begun: _Begun) -> list[Outcome]:
        """Outcomes of a batch, in order."""
        outcomes = [r.outcome for r in begun.ready]
        for group in begun.groups:
            results = self._results(group, begun.ready)
            for i, result in zip(group.members, results, strict=True):
                old = outcomes[i]
                if isinstance(result, Analysis):
                    kept = _kept(result, group.wanted.keep)
                    outcomes[i] = Outcome(old.job, old.spectra, old.card, kept)
                else:
                    said = _sentence(old.job, result)
                    outcomes[i] = Outcome(old.job, old.spectra, old.card, error=said)
        return outcomes

    def _results(self, group: _Group, ready: Sequence[_Ready]) -> list[Analysis | NmrCamError]:
        """Of a group: what was asked already, or else now."""
        network, wanted, members = group.network, group.wanted, group.members
        if group.answer is None:
            return self._ask(network, wanted, ready, members)
        try:
            while (made := group.answer.take(POLL_S)) is None:
                self.progress.step(self.done, len(self.jobs))
        except (Cancelled, EngineLost):
            raise
        except NmrCamError:
            # It failed among others, maybe by their fault: what fails alone has failed.
            return [r for i in members for r in self._ask(network, wanted, ready, [i])]
        return list(made)

    def _ask(
        self, network: str, wanted: Request, ready: Sequence[_Ready], members: Sequence[int]
    ) -> list[Analysis | NmrCamError]:
        """Ask for all members at once; if that fails, one by one, so that one fails alone."""
        prepared = _prepared(ready, members)
        began = time.monotonic()
        try:
            made = self.engine.analyse(
                network, prepared, wanted.methods, wanted.classes, wanted.layer
            )
        except (Cancelled, EngineLost):
            raise
        except NmrCamError as error:
            if len(members) == 1:
                return [error]
            return [r for i in members for r in self._ask(network, wanted, ready, [i])]
        self.pace.took(len(members), time.monotonic() - began)
        return list(made)


def _readers(jobs: Sequence[Job]) -> int:
    """Threads that read: several only for files, because other sources may share a store."""
    files = all(isinstance(source, Path) for job in jobs for source in job.sources)
    return min(READERS, os.cpu_count() or 1, len(jobs)) if files else 1


def _prepared(ready: Sequence[_Ready], members: Sequence[int]) -> list[Prepared]:
    return [p for i in members if (p := ready[i].prepared) is not None]


def _spectra(job: Job) -> tuple[Spectrum, ...]:
    if not job.is_pair:
        return tuple(_open(source, job.options) for source in job.sources)
    return tuple(
        _partner(source, job.options, experiment)
        for source, experiment in zip(job.sources, Experiment, strict=True)
    )


def _open(source: Path | Spectrum | Source, options: ReadOptions) -> Spectrum:
    if isinstance(source, Spectrum):
        return source
    return read_spectrum(source, options) if isinstance(source, Path) else source.open()


def _partner(
    source: Path | Spectrum | Source, options: ReadOptions, expected: Experiment
) -> Spectrum:
    """One of a pair. Its place says what it is, unless the file itself says otherwise."""
    found = _open(source, replace(options, experiment=None))
    guessed = any(clause.startswith("experiment") for clause in found.provenance.assumed)
    if found.experiment is expected and not guessed:
        return found
    if found.experiment is not None and not guessed:
        given = f"this is {found.experiment.label}, but it is given as the {expected.label} of"
        raise ReadError(found.provenance.path, f"{given} a pair", "first the HSQC, then the HMBC")
    return _open(source, replace(options, experiment=expected)).with_experiment(expected)


def _sentence(job: Job, error: NmrCamError) -> str:
    """The error's sentence, with the file where it does not name it."""
    names = " + ".join(Path(f).name for f in job.files)
    said = str(error)
    known = any(one_line(Path(f).name) in said for f in job.files)
    return said if known else one_line(f"{names}: {said}")


def _kept(analysis: Analysis, word: str) -> Analysis:
    classes = analysis.prediction.chosen(word)
    kept = tuple(e for e in analysis.explanations if e.class_id in classes)
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
