"""What every peak contributes, by the inference process. No Qt."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contributing import (
    Question,
    contributions,
    pair_drops,
    selection_scores,
)
from nmrcam_qt.core.contribution_pairs import PairDrops, PeakRef, strongest
from nmrcam_qt.core.contribution_repeats import RepeatSettings, repeated
from nmrcam_qt.core.contributions import (
    Contributions,
    MapStability,
    PeakPlaces,
    SelectionScores,
)
from nmrcam_qt.core.errors import EngineLost, NmrCamError
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.workers.analyse_job import ClientEngine, NotAnalysed, Work
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext, Within


@dataclass(frozen=True, slots=True)
class PeakWork(Work):
    """Contributions to be found: of which analysis, and where its peaks are.

    Parameters
    ----------
    key, card, spectra
        Of the analysis; the key's layer is that of the maps.
    peaks : tuple of PeakPlaces
        One for each spectrum, at the user's shifts; may be empty.
    """

    peaks: tuple[PeakPlaces, ...]

    def question(self) -> Question:
        """The same for the engine; unpacks the spectra.

        Raises
        ------
        NmrCamError
            If they cannot be read or do not fit the network.
        """
        prepared = prepare_inputs(self.card, [s.unpack() for s in self.spectra])
        return Question(self.card, prepared, self.peaks)


@dataclass(frozen=True, slots=True, eq=False)
class Contributed:
    """Part of the job's result: the contributions of one analysis.

    Parameters
    ----------
    key : AnalysisKey
        Of the analysis.
    contributions : Contributions
        What every peak contributes; with intervals after the repeats.
    stability : tuple of MapStability
        How far the maps move; empty before the repeats.
    """

    key: AnalysisKey
    contributions: Contributions
    stability: tuple[MapStability, ...] = ()


class PaintClient(ClientEngine):
    """The inference process as an engine of `nmrcam_qt.core.contributing`, for one network.

    Parameters
    ----------
    client : InferenceClient
        The way to it.
    context : JobContext
        Asked whether the user has cancelled.
    card : Card
        Of the network.
    """

    def __init__(self, client: InferenceClient, context: JobContext, card: Card) -> None:
        super().__init__(client, context)
        self._card = card

    def painted(
        self, _network: str, painting: Painting, rows: Sequence[Row]
    ) -> NDArray[np.float64]:
        """Logits of painted examples; see `nmrcam_qt.core.contributing.PaintEngine`."""
        return self._counted(
            lambda: self._client.painted(self._card, painting, rows, self._cancelled)
        )


class ContributionJob:
    """What every peak of some spectra contributes to every class.

    Parts are `Contributed` and `NotAnalysed`: a broken spectrum leaves the others working.
    With `repeats`, every spectrum has two `Contributed`: at once, and with intervals.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : sequence of PeakWork
        What to do, in this order.
    methods : sequence of str
        Ids of methods whose maps' heat is shared out among the peaks.
    repeats : RepeatSettings or None
        How contributions and maps are repeated on slightly different spectra; None for not.
    """

    unit = "spectra"

    def __init__(
        self,
        client: InferenceClient,
        work: Sequence[PeakWork],
        methods: Sequence[str] = (),
        repeats: RepeatSettings | None = None,
    ) -> None:
        self._repeats = repeats
        self._client = client
        self._work = tuple(work)
        self._methods = tuple(methods)
        self._left = list(self._work)

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        if len(self._work) == 1:
            return f"Contributions of the peaks of {self._work[0].name}"
        return f"Contributions of the peaks of {len(self._work)} spectra"

    @property
    def work(self) -> tuple[PeakWork, ...]:
        """What to do."""
        return self._work

    def remaining(self) -> ContributionJob | None:
        """What failed or was not reached."""
        if not self._left:
            return None
        return ContributionJob(self._client, self._left, self._methods, self._repeats)

    def run(self, context: JobContext) -> int:
        """Do it; returns the number of spectra that succeeded."""
        for number, work in enumerate(self._work):
            try:
                self._one(work, context, number)
            except (NmrCamError, MemoryError) as error:
                if context.is_cancelled or isinstance(error, EngineLost):
                    raise
                reason = str(error) or "not enough memory"
                context.part(NotAnalysed(work.key, work.name, reason))
                continue
            self._left.remove(work)
        context.step(len(self._work), len(self._work))
        return len(self._work) - len(self._left)

    def _one(self, work: PeakWork, context: JobContext, number: int) -> None:
        engine = PaintClient(self._client, context, work.card)
        progress = Within(context, number, len(self._work), work.name)
        progress.step(0, 1)
        engine.start()
        question, layer = work.question(), work.key.layer
        found = contributions(engine, question, self._methods, layer, progress)
        context.part(Contributed(work.key, found))
        if self._repeats is None:
            return
        again = repeated(engine, question, self._repeats, self._methods, layer, progress)
        context.part(Contributed(work.key, again.added_to(found), again.maps))


class SelectionJob:
    """What a network says with only the selected peaks, and without them.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : PeakWork
        Network, spectra and all their peaks.
    selected : sequence of sequence of int
        Ids of the selected peaks, for each input of the network.
    """

    def __init__(
        self, client: InferenceClient, work: PeakWork, selected: Sequence[Sequence[int]]
    ) -> None:
        self._client = client
        self._work = work
        self._selected = tuple(tuple(ids) for ids in selected)

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return f"Explaining the selected peaks of {self._work.name}"

    def run(self, context: JobContext) -> SelectionScores:
        """Do it.

        Raises
        ------
        JobError
            If it cannot be done.
        """
        with _asked(self._client, context, self._work) as (engine, question):
            return selection_scores(engine, question, self._selected)


class PairJob:
    """What some peaks contribute together and each alone; gives a `PairDrops`.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : PeakWork
        Network, spectra and all their peaks.
    chosen : sequence of PeakRef, optional
        Which peaks; by default the strongest.
    class_id : str, optional
        Strongest for which class; by default that of the highest logit.
    """

    unit = "spectra without some peaks"

    def __init__(
        self,
        client: InferenceClient,
        work: PeakWork,
        chosen: Sequence[PeakRef] | None = None,
        class_id: str | None = None,
    ) -> None:
        self._client, self._work, self._class_id = client, work, class_id
        self._chosen = None if chosen is None else tuple(chosen)

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        which = "strongest" if self._chosen is None else f"{len(self._chosen)} selected"
        return f"Pairs of the {which} peaks of {self._work.name}"

    def run(self, context: JobContext) -> PairDrops:
        """Do it.

        Raises
        ------
        JobError
            If it cannot be done.
        """
        with _asked(self._client, context, self._work) as (engine, question):
            chosen = self._chosen
            if chosen is None:
                found = contributions(engine, question, progress=context)
                class_id = self._class_id or found.classes[int(np.argmax(found.logits))]
                chosen = strongest(found, class_id)
            return pair_drops(engine, question, chosen, context)


@contextlib.contextmanager
def _asked(
    client: InferenceClient, context: JobContext, work: PeakWork
) -> Iterator[tuple[PaintClient, Question]]:
    """Whom to ask, and what about; an engine that is lost fails the job."""
    engine = PaintClient(client, context, work.card)
    try:
        engine.start()
        yield engine, work.question()
    except EngineLost as error:
        raise JobError(str(error)) from None
