"""Scores and maps of many spectra: the batch engine with the inference process. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nmrcam_qt.core.card_store import NetworkEntry
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import EngineLost
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import PackedSource, PackedSpectrum
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext

T = TypeVar("T")
MAX_LOST = 3
"""Answers in a row that the process may fail to give: one of a batch, one of the spectrum
that broke it, and one more says that it is not the spectrum."""


@dataclass(frozen=True, slots=True)
class Work:
    """One analysis to do: its key, the network's card, the spectra in the card's order."""

    key: AnalysisKey
    card: Card
    spectra: tuple[PackedSpectrum, ...]

    @property
    def name(self) -> str:
        """For progress and errors."""
        return " + ".join(s.name for s in self.spectra)

    @classmethod
    def of(cls, session: Session, plan: Plan) -> Work | None:
        """What a plan asks for; None where one of its spectra is gone."""
        items = [session.find(item_id) for item_id in plan.items]
        spectra = tuple(item.packed for item in items if item is not None)
        return cls(plan.key, plan.card, spectra) if len(spectra) == len(items) else None


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """Part of the job's result: one analysis is done."""

    key: AnalysisKey
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """Part of the job's result: one analysis failed, with a sentence."""

    key: AnalysisKey
    name: str
    reason: str

    @property
    def piece(self) -> str:
        """What failed, for the list of jobs."""
        return self.name


class ClientEngine:
    """The inference process as an engine of `nmrcam_qt.ml.batch`.

    Parameters
    ----------
    client : InferenceClient
        The way to it.
    context : JobContext
        Asked whether the user has cancelled.
    """

    def __init__(self, client: InferenceClient, context: JobContext) -> None:
        self._client = client
        self._context = context
        self._lost = 0

    def start(self) -> None:
        """Start the process unless it runs.

        Raises
        ------
        EngineLost
            If it cannot be started.
        """
        try:
            self._client.start(self._cancelled)
        except JobError as error:
            raise EngineLost(str(error)) from None

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Scores and maps; see `nmrcam_qt.ml.batch.Engine`.

        A crash or a hang is first taken for the fault of these spectra, so that they are
        tried one by one; after `MAX_LOST` in a row the engine counts as lost.
        """
        return self._counted(
            lambda: self._client.analyse(
                network, prepared, methods, classes, layer, cancelled=self._cancelled
            )
        )

    def _counted(self, ask: Callable[[], T]) -> T:
        """An answer of the process, started where it is not; lost ones in a row are the end."""
        self.start()
        try:
            made = ask()
        except JobError as error:
            self._lost += 1
            if self._lost >= MAX_LOST:
                raise EngineLost(str(error)) from None
            raise
        self._lost = 0
        return made

    def _cancelled(self) -> bool:
        return self._context.is_cancelled


class AnalyseJob:
    """Analyse spectra with the inference process.

    Parts are `Analysed` and `NotAnalysed`. A crash or a hang fails the spectrum that causes
    it, and the job where it goes on.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : sequence of Work
        What to do, in this order.
    methods : sequence of str
        Ids of explanation methods; all classes are asked for.
    """

    unit = "spectra"

    def __init__(
        self, client: InferenceClient, work: Sequence[Work], methods: Sequence[str]
    ) -> None:
        self._client = client
        self._work = tuple(work)
        self._methods = tuple(methods)
        self._succeeded: set[AnalysisKey] = set()

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        if len(self._work) == 1:
            return f"Analysing {self._work[0].name}"
        return f"Analysing {len(self._work)} spectra"

    @property
    def work(self) -> tuple[Work, ...]:
        """What to do."""
        return self._work

    @property
    def keys(self) -> tuple[AnalysisKey, ...]:
        """Keys of the analyses."""
        return tuple(w.key for w in self._work)

    def with_work(self, work: Iterable[Work]) -> AnalyseJob:
        """The same with other spectra."""
        return AnalyseJob(self._client, tuple(work), self._methods)

    def remaining(self) -> AnalyseJob | None:
        """What failed or was not reached."""
        left = [w for w in self._work if w.key not in self._succeeded]
        return self.with_work(left) if left else None

    def run(self, context: JobContext) -> int:
        """Do it; returns the number of analyses that succeeded."""
        from nmrcam_qt.ml.batch import BATCH_SIZE, Job, Pace, Request, run_batch

        engine = ClientEngine(self._client, context)
        if not self._client.status.device:
            context.step(0, len(self._work), "waiting for the inference process")
        engine.start()
        jobs = [
            Job(
                tuple(PackedSource(s) for s in work.spectra),
                request=Request(work.key.network, self._methods, layer=work.key.layer),
            )
            for work in self._work
        ]
        networks = {w.card.id: NetworkEntry(w.card, Path(w.card.id), True) for w in self._work}
        outcomes = run_batch(
            jobs,
            Request(),
            engine,
            context,
            networks=tuple(networks.values()),
            pace=Pace(BATCH_SIZE),
        )
        with closing(outcomes):
            for work, outcome in zip(self._work, outcomes, strict=True):
                if outcome.analysis is None:
                    context.part(
                        NotAnalysed(work.key, work.name, _reason(outcome.job.files, outcome.error))
                    )
                else:
                    self._succeeded.add(work.key)
                    context.part(Analysed(work.key, outcome.analysis))
        return len(self._succeeded)


def _reason(files: Sequence[str], error: str) -> str:
    """The error without the files' names before it: the window says which spectrum it was."""
    names = " + ".join(Path(f).name for f in files)
    return error.removeprefix(f"{names}: ")


class StartJob:
    """Start the inference process, so that the first analysis need not wait."""

    title = "Starting the networks"

    def __init__(self, client: InferenceClient) -> None:
        self._client = client

    def run(self, context: JobContext) -> None:
        """Start it and wait for its device."""
        self._client.start(lambda: context.is_cancelled)
