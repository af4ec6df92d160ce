"""Asks the inference process for contributions of peaks, and knows what is under way."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.core.contribution_pairs import PairDrops
from nmrcam_qt.core.contributions import PeakPlaces, SelectionScores
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.session.contributing import Basis
from nmrcam_qt.session.contribution_cache import ContributionCache, Kept, PeaksOf, PlaceBook
from nmrcam_qt.session.findings import Findings
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.ui.contribution_collecting import Collected, Found
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.jobs import Job
from nmrcam_qt.workers.runner import Lane


class Kind(enum.Enum):
    """What a job computes."""

    DROPS = "drops"
    SELECTION = "selection"
    PAIRS = "pairs"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class _Under:
    """A job under way."""

    kind: Kind
    basis: Basis
    selected: tuple[tuple[int, ...], ...] = ()
    class_id: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Something that was asked about some peaks.

    Parameters
    ----------
    basis : Basis
        What it was made from.
    selected : tuple of tuple of int
        Ids of the selected peaks, for each input; none for the strongest.
    scores, pairs : SelectionScores, PairDrops or None
        The answer; None while it is computed.
    class_id : str or None
        The class that was shown.
    """

    basis: Basis
    selected: tuple[tuple[int, ...], ...]
    scores: SelectionScores | None = None
    pairs: PairDrops | None = None
    class_id: str | None = None


class ContributionAsker(QObject):
    """One for each open project.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    peaks_of : callable
        Peaks of a spectrum, picked or listed.
    parent : QObject, optional
        Owner.
    """

    changed = Signal()
    """something has come, begun or failed"""

    def __init__(
        self, workbench: Workbench, peaks_of: PeaksOf, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bench, self._book = workbench, PlaceBook(workbench.session, peaks_of)
        self._cache = ContributionCache(Findings(workbench.session))
        self._jobs: dict[int, _Under] = {}
        self._failed: dict[tuple[Kind, tuple[str, tuple[int, ...]]], tuple[Basis, str]] = {}
        self.selection: Selection | None = None
        """what the user asked to explain last"""
        self.pairs: Selection | None = None
        """of which peaks the user asked for pairs last"""
        runner = workbench.runner
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_failed)
        runner.cancelled.connect(self._on_cancelled)

    # What there is

    def basis(self, plan: Plan) -> Basis | None:
        """What contributions would rest on now; None where no spectrum has peaks."""
        return self._book.basis(plan)

    def kept(self, basis: Basis) -> Kept | None:
        """The newest result of the network for the spectra; perhaps of another basis."""
        return self._cache.find(basis)

    def busy(self, kind: Kind, basis: Basis) -> bool:
        """Whether a job computes this."""
        return any(job.kind is kind and job.basis == basis for job in self._jobs.values())

    def failure(self, kind: Kind, basis: Basis) -> str:
        """Why there is no result for exactly this basis; empty where nothing failed."""
        known = self._failed.get((kind, basis.place))
        return known[1] if known is not None and known[0] == basis else ""

    # What is wanted

    def want(self, plan: Plan) -> None:
        """Compute drops unless they are there, under way, or failed for the same basis."""
        basis = self.basis(plan)
        if basis is None or self.busy(Kind.DROPS, basis) or self.busy(Kind.REPEATS, basis):
            return
        known = self._cache.find(basis)
        if (known is not None and known.basis == basis) or self.failure(Kind.DROPS, basis):
            return
        self._cancel(Kind.DROPS, basis)
        self._submit(plan, _Under(Kind.DROPS, basis))

    def try_again(self) -> None:
        """The user asks anew: what failed may be tried once more."""
        self._failed.clear()

    def repeat(self, plan: Plan) -> None:
        """Compute intervals by repeats; the user asked."""
        basis = self.basis(plan)
        if basis is not None and not self.busy(Kind.REPEATS, basis):
            self._failed.pop((Kind.REPEATS, basis.place), None)
            self._submit(plan, _Under(Kind.REPEATS, basis))

    def explain(self, plan: Plan, item_id: int, selected: Collection[int]) -> None:
        """Compute scores with only these peaks of a spectrum, and without them."""
        basis = self.basis(plan)
        if basis is None:
            return
        chosen = tuple(tuple(sorted(selected)) if item == item_id else () for item in plan.items)
        self._cancel(Kind.SELECTION, basis)
        self.selection = Selection(basis, chosen)
        self._submit(plan, _Under(Kind.SELECTION, basis, chosen))

    def forget_selection(self) -> None:
        """The user has selected something else."""
        if self.selection is not None:
            self._cancel(Kind.SELECTION, self.selection.basis)
            self.selection = None

    def pair(
        self, plan: Plan, item_id: int, selected: Collection[int], class_id: str | None
    ) -> None:
        """Compute what selected peaks of a spectrum do together and alone, else the strongest."""
        basis = self.basis(plan)
        if basis is None:
            return
        chosen = tuple(
            tuple(sorted(selected)) if item == item_id else () for item in plan.items if selected
        )
        self._cancel(Kind.PAIRS, basis)
        self._failed.pop((Kind.PAIRS, basis.place), None)
        self.pairs = Selection(basis, chosen, class_id=class_id)
        self._submit(plan, _Under(Kind.PAIRS, basis, chosen, class_id))

    def forget_pairs(self) -> None:
        """The user has seen them."""
        if self.pairs is not None:
            self._cancel(Kind.PAIRS, self.pairs.basis)
            self.pairs = None
            self.changed.emit()

    def _cancel(self, kind: Kind, basis: Basis) -> None:
        """Nobody waits any more for what an older basis gives."""
        for number, job in tuple(self._jobs.items()):
            if job.kind is kind and job.basis.place == basis.place:
                del self._jobs[number]
                self._bench.runner.cancel(number)

    def _submit(self, plan: Plan, under: _Under) -> None:
        work = Work.of(self._bench.session, plan)
        if work is None:
            return
        places = tuple(self._book.places(item)[0] for item in plan.items)
        job = self._job(under, work, places)
        self._jobs[self._bench.runner.submit(job, Lane.INFERENCE)] = under
        self.changed.emit()

    def _job(self, under: _Under, which: Work, places: tuple[PeakPlaces, ...]) -> Job:
        from nmrcam_qt.core.contribution_repeats import RepeatSettings  # not for the first paint
        from nmrcam_qt.workers import contribution_job as jobs

        work = jobs.PeakWork(which.key, which.card, which.spectra, places)
        client, method = self._bench.client, self._bench.session.view.method
        if under.kind is Kind.SELECTION:
            return jobs.SelectionJob(client, work, under.selected)
        if under.kind is Kind.PAIRS:
            chosen = [(n, peak) for n, ids in enumerate(under.selected) for peak in ids]
            return jobs.PairJob(client, work, chosen or None, under.class_id)
        if under.kind is Kind.DROPS:
            return Collected(jobs.ContributionJob(client, [work], DEFAULT_METHODS))
        methods = DEFAULT_METHODS if method not in DEFAULT_METHODS else (method,)
        return Collected(
            jobs.ContributionJob(client, [work], methods, RepeatSettings()), "How sure: "
        )

    # What the jobs say

    @Slot(int, object)
    def _on_succeeded(self, number: int, result: object) -> None:
        under = self._jobs.pop(number, None)
        if under is None:
            return
        match result:
            case SelectionScores():
                self.selection = Selection(under.basis, under.selected, result)
            case PairDrops():
                self.pairs = Selection(
                    under.basis, under.selected, pairs=result, class_id=under.class_id
                )
            case Found(contributions, stability):
                maps = {(s.input_name, s.class_id, s.method, s.layer): s for s in stability}
                self._cache.keep(Kept(under.basis, contributions, maps))
            case _:
                raise TypeError(f"unknown result {result!r}")
        self.changed.emit()

    @Slot(int, str)
    def _on_failed(self, number: int, message: str) -> None:
        self._end(number, message)

    @Slot(int)
    def _on_cancelled(self, number: int) -> None:
        self._end(number, "It was cancelled.")

    def _end(self, number: int, reason: str) -> None:
        under = self._jobs.pop(number, None)
        if under is None:
            return
        self._failed[under.kind, under.basis.place] = (under.basis, reason)
        if under.kind is Kind.SELECTION:
            self.selection = None
        if under.kind is Kind.PAIRS:
            self.pairs = None
        self.changed.emit()
