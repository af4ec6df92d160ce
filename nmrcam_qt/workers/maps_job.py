"""Single maps of one spectrum, made on demand: they cost too much for every spectrum. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.errors import EngineLost, NmrCamError
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.analyse_job import ClientEngine, Work
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext

Bases = tuple[str | None, ...]
"""`Session.bases` of a result's spectra."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request to the inference process: a method, for some classes.

    Parameters
    ----------
    method : str
        Id of the method.
    classes : tuple of str or None
        None for all classes of the network.
    title : str
        For progress and errors.
    """

    method: str
    classes: tuple[str, ...] | None
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class MapsMade:
    """Part of the job's result: maps of one method.

    Parameters
    ----------
    key : AnalysisKey
        Whose.
    bases : tuple
        What the network saw; where the user has changed that since, nothing is kept.
    analysis : Analysis
        The maps, or why there are none.
    """

    key: AnalysisKey
    bases: Bases
    analysis: Analysis

    def keep(self, session: Session, _merge_key: str) -> None:
        """Put them beside those that are there."""
        if session.bases(self.key) == self.bases:
            session.store(self.key, self.analysis)


@dataclass(frozen=True, slots=True)
class NotMade:
    """Part of the job's result: a method that failed, with a sentence."""

    piece: str
    reason: str

    def keep(self, session: Session, _merge_key: str) -> None:
        """Say so."""
        session.add_problem(f"{self.piece}: {self.reason}")


class MapsJob:
    """Make maps of one spectrum (or pair); parts are `MapsMade` and `NotMade`.

    A request to the inference process cannot be interrupted, so there is one for each method,
    and for methods that work class by class one for each class: between them the user can
    cancel, and what was made is shown.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : Work
        Spectra, network, layer.
    bases : tuple
        What the session says the network sees of them now.
    wanted : sequence of Wanted
        In this order.
    """

    unit = "maps"

    def __init__(
        self, client: InferenceClient, work: Work, bases: Bases, wanted: Sequence[Wanted]
    ) -> None:
        self._client, self._work, self._bases = client, work, bases
        self._left = list(wanted)
        self._title = f"Computing maps of {work.name}"
        if len(self._left) == 1:
            self._title = f"Computing {self._left[0].title} of {work.name}"

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return self._title

    @property
    def left(self) -> tuple[Wanted, ...]:
        """What was not made yet."""
        return tuple(self._left)

    def remaining(self) -> MapsJob | None:
        """What failed or was not reached."""
        if not self._left:
            return None
        return MapsJob(self._client, self._work, self._bases, self._left)

    def run(self, context: JobContext) -> int:
        """Do it; returns how many requests succeeded."""
        wanted = tuple(self._left)
        context.step(0, len(wanted), wanted[0].title if wanted else "")
        card = self._work.card
        prepared = prepare_inputs(card, [packed.unpack() for packed in self._work.spectra])
        engine = ClientEngine(self._client, context)
        done = 0
        for number, each in enumerate(wanted):
            context.step(number, len(wanted), each.title)
            try:
                (analysis,) = engine.analyse(
                    card.id, [prepared], (each.method,), each.classes, self._work.key.layer
                )
            except EngineLost:
                raise
            except NmrCamError as error:
                if context.is_cancelled:
                    raise
                context.part(NotMade(f"{each.title} of {self._work.name}", str(error)))
                continue
            context.part(MapsMade(self._work.key, self._bases, analysis))
            self._left.remove(each)
            done += 1
        context.step(len(wanted), len(wanted))
        return done
