"""Scores and maps of many spectra, in small batches. No Qt, no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.preprocessing import Prepared, prepare_inputs
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext

BATCH = 4
"""Spectra per request: short enough to cancel soon, long enough to keep the pipe out of it."""


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


class AnalyseJob:
    """Analyse spectra with the inference process.

    Parts are `Analysed` and `NotAnalysed`; a crash or a hang of the process fails the job.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : sequence of Work
        What to do, in this order.
    methods : sequence of str
        Ids of explanation methods; all classes are asked for.
    """

    def __init__(
        self, client: InferenceClient, work: Sequence[Work], methods: Sequence[str]
    ) -> None:
        self._client = client
        self._work = tuple(work)
        self._methods = tuple(methods)

    @property
    def title(self) -> str:
        """What the status bar shows."""
        if len(self._work) == 1:
            return f"Analysing {self._work[0].name}"
        return f"Analysing {len(self._work)} spectra"

    @property
    def keys(self) -> tuple[AnalysisKey, ...]:
        """Keys of the analyses."""
        return tuple(w.key for w in self._work)

    def run(self, context: JobContext) -> int:
        """Do it; returns the number of analyses that succeeded."""
        done = succeeded = 0
        if not self._client.status.device:
            context.step(0, len(self._work), "waiting for the inference process")
        for group in self._groups():
            context.step(done, len(self._work), group[0].name)
            succeeded += self._analyse(group, context)
            done += len(group)
        context.step(done, len(self._work))
        return succeeded

    def _groups(self) -> Iterator[list[Work]]:
        """Neighbours with the same network and layer, at most `BATCH`."""
        group: list[Work] = []
        for work in self._work:
            same = group and (work.key.network, work.key.layer) == (
                group[0].key.network,
                group[0].key.layer,
            )
            if group and (not same or len(group) == BATCH):
                yield group
                group = []
            group.append(work)
        if group:
            yield group

    def _analyse(self, group: Sequence[Work], context: JobContext) -> int:
        ready: list[tuple[Work, Prepared]] = []
        for work in group:
            try:
                spectra = [packed.unpack() for packed in work.spectra]
                ready.append((work, prepare_inputs(work.card, spectra)))
            except NmrCamError as error:
                context.part(NotAnalysed(work.key, work.name, str(error)))
        if not ready:
            return 0
        try:
            analyses = self._ask(ready, context)
        except JobError:
            raise
        except NmrCamError as error:
            if context.is_cancelled:
                raise
            for work, _ in ready:
                context.part(NotAnalysed(work.key, work.name, str(error)))
            return 0
        for (work, _), analysis in zip(ready, analyses, strict=True):
            context.part(Analysed(work.key, analysis))
        return len(analyses)

    def _ask(self, ready: Sequence[tuple[Work, Prepared]], context: JobContext) -> list[Analysis]:
        key = ready[0][0].key
        return self._client.analyse(
            key.network,
            [prepared for _, prepared in ready],
            self._methods,
            layer=key.layer,
            cancelled=lambda: context.is_cancelled,
        )


class StartJob:
    """Start the inference process, so that the first analysis need not wait."""

    title = "Starting the inference process"

    def __init__(self, client: InferenceClient) -> None:
        self._client = client

    def run(self, context: JobContext) -> None:
        """Start it and wait for its device."""
        self._client.start(lambda: context.is_cancelled)
