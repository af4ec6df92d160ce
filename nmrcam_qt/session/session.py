"""The open session: spectra, results, view settings. Publishes every change and stores it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nmrcam_qt import __version__
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Provenance
from nmrcam_qt.session import changing
from nmrcam_qt.session.changes import Change
from nmrcam_qt.session.editing import Editing
from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.events import (
    ChangeMade,
    CurrentChanged,
    ItemChanged,
    ProblemsChanged,
    ViewChanged,
)
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import (
    AnalysisKey,
    ItemState,
    Problem,
    SessionItem,
    SourceState,
    ViewSettings,
)
from nmrcam_qt.session.lazy import Label
from nmrcam_qt.session.merging import with_earlier_maps
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.present import MAP_BUDGET_BYTES, Observer, Present
from nmrcam_qt.session.records import ProjectOptions, ProjectState, ResultId, SampleRecord
from nmrcam_qt.session.results import ResultRecord
from nmrcam_qt.session.shifts import picked_in
from nmrcam_qt.session.store import ProjectContent, Store

MAX_PROBLEMS = 1000


class Session(Editing):
    """Spectra, their analyses and what the user chose to see.

    Every change is an operation of this class, and every operation publishes events
    (`nmrcam_qt.session.events`) to the observers, in the thread that called it. What can be
    undone is a `Change`: applied in memory, handed to the store, then published as
    `ChangeMade`. An operation that changes nothing publishes nothing.

    Parameters
    ----------
    content : ProjectContent, optional
        What the project holds; None for nothing.
    store : Store, optional
        The project file; None keeps everything in memory.
    map_budget_bytes : int
        Memory for maps.
    """

    def __init__(
        self,
        content: ProjectContent | None = None,
        store: Store | None = None,
        map_budget_bytes: int = MAP_BUDGET_BYTES,
    ) -> None:
        start = ProjectContent() if content is None else content
        super().__init__(Present(start, map_budget_bytes))
        self._problems: list[Problem] = []
        self._project = store
        self._present.shelf.in_file = store is not None
        known = self._present.rows.find(start.state.current) is not None
        self._current = start.state.current if known else None

    # What there is

    def __len__(self) -> int:
        return len(self._present.rows)

    @property
    def project(self) -> Store | None:
        """The project file."""
        return self._project

    @property
    def items(self) -> Sequence[SessionItem]:
        """All items in their order; do not keep it."""
        return self._present.rows.items

    @property
    def ids(self) -> Sequence[int]:
        """Ids of all items in their order, none of which is looked at for that."""
        return self._present.rows.ids()

    @property
    def all_made(self) -> bool:
        """Whether every item has been looked at; until then the first look makes it."""
        return self._present.rows.all_made

    @property
    def samples(self) -> Mapping[int, SampleRecord]:
        """Samples by id; do not keep it."""
        return self._contents.samples

    @property
    def view(self) -> ViewSettings:
        """What the user chose to see."""
        return self._contents.view

    @property
    def options(self) -> ProjectOptions:
        """Choices for the whole project."""
        return self._contents.options

    @property
    def current(self) -> SessionItem | None:
        """The item that is shown."""
        return self.find(self._current)

    @property
    def problems(self) -> Sequence[Problem]:
        """What went wrong, oldest first."""
        return self._problems

    @property
    def state(self) -> ProjectState:
        """Where the user is."""
        return ProjectState(self._current, self.view)

    def at(self, row: int) -> SessionItem:
        """The item in this row."""
        return self._present.rows.at(row)

    def find(self, item_id: int | None) -> SessionItem | None:
        """The item with this id, None where it is gone."""
        return self._present.rows.find(item_id)

    def row(self, item_id: int) -> int | None:
        """Row of an item."""
        return self._present.rows.row(item_id)

    def provenances(self) -> Iterator[tuple[int, Provenance]]:
        """Ids of all items and where they came from; none is looked at for that."""
        return ((i, self._contents.records.provenance(i)) for i in self.ids)

    def label(self, item_id: int) -> Label:
        """Name and experiment of an item, which is not looked at for that."""
        return self._contents.records.label(item_id)

    def sample_of_each(self) -> dict[int, int | None]:
        """Id of the sample, or None, of every item by id; none is looked at for that."""
        return dict.fromkeys(self.ids) | self._contents.sample_of_members()

    def members(self, sample_id: int) -> tuple[int, ...]:
        """Ids of the spectra of a sample, in their order."""
        return self._contents.members(sample_id)

    def content(self) -> ProjectContent:
        """All that is kept; results only of spectra that are there."""
        here = self._contents
        return ProjectContent(
            spectra=tuple(item.record for item in self.items),
            samples=tuple(here.samples[i] for i in sorted(here.samples)),
            results=tuple(
                r for r in self._present.shelf if all(i in here.records for i in r.id.key.items)
            ),
            options=here.options,
            state=self.state,
            next_id=here.next_id,
        )

    def attach(self, store: Store | None) -> None:
        """From now on keep everything in another project file, which holds it already."""
        self._project = store
        self._present.shelf.in_file = store is not None
        self._keep_state()

    def holders(self) -> tuple[Holder, ...]:
        """What holds its spectra and results; see `nmrcam_qt.session.ending`."""
        return self._present.holders

    # Observers

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every event; returns a function that ends this."""
        return self._present.subscribe(observer)

    # Changes that can be undone: see `Editing`

    def relink(self, item_id: int, packed: PackedSpectrum, merge_key: str = "") -> None:
        """The same spectrum from another file, read with the options of its record.

        Files that one search found have the same `merge_key`: they are one step of undo.
        """
        change = changing.relinked(self._contents, item_id, packed, merge_key)
        self._make(change)
        if change is not None:
            self.set_source_state(item_id, SourceState.PRESENT)

    def set_view(self, **changes: Any) -> None:
        """Change view settings by name; see `ViewSettings`.

        Those of `NAVIGATION` are kept, but not undone.

        Raises
        ------
        TypeError
            For an unknown name.
        """
        view, change = changing.looked_at(self._contents, changes)
        moved = view != self.view
        self._contents.view = view
        if change is not None:
            self._make(change)
        elif moved:
            self._present.publish(ViewChanged())
            self._keep_state()

    def apply(self, change: Change) -> None:
        """Undo or redo: as if made anew, but without `ChangeMade`.

        Raises
        ------
        ValueError
            If it does not follow from what there is.
        """
        self._apply(change)
        back = [r.after for r in change.spectra if r.before is None and r.after is not None]
        if self._current is None and back:
            self.select(min(back, key=lambda record: record.position).id)

    def _make(self, change: Change | None) -> None:
        if change is not None:
            self._present.publish(ChangeMade(self._apply(change)))

    def _apply(self, change: Change) -> Change:
        """In memory, to the observers, to the store; returns the change as it was applied."""
        row = self._present.rows.row(self._current)
        change = self._present.apply(change)
        if self._project is not None and _has_records(change):
            self._project.write(change)
        if change.view is not None:  # of many positions of a slider only the last is written
            self._keep_state()
        if row is not None and self.find(self._current) is None:
            self.select(self._neighbour(row, change))
        return change

    def _neighbour(self, row: int, change: Change) -> int | None:
        """What to show where the current item, in this row, was removed: the next that stays."""
        gone = next(r.before for r in change.spectra if r.before and r.before.id == self._current)
        row = min(self._present.rows.row_at(gone), len(self) - 1)
        return self.at(row).id if row >= 0 else None

    def _keep_state(self) -> None:
        if self._project is not None:
            self._project.write_state(self.state)

    # Where the user is, and how far the items are: not undone

    def select(self, item_id: int | None) -> None:
        """Show another item, or none."""
        if item_id is not None and self.find(item_id) is None:
            return
        if item_id != self._current:
            self._current = item_id
            self._present.publish(CurrentChanged(item_id))
            self._keep_state()

    def mark_waiting(self, item_ids: Iterable[int]) -> None:
        """An analysis of these items was queued."""
        for item_id in item_ids:
            self._set(item_id, state=ItemState.WAITING, error="")

    def mark_not_waiting(self, item_ids: Iterable[int]) -> None:
        """The analysis did not happen: back to what the items were."""
        for item_id in item_ids:
            item = self.find(item_id)
            if item is not None and item.state is ItemState.WAITING:
                done = ItemState.NEW if item.prediction is None else ItemState.ANALYSED
                self._set(item_id, state=done, error="")

    def mark_failed(self, item_ids: Iterable[int], error: str) -> None:
        """The analysis failed for one reason, a sentence."""
        for item_id in item_ids:
            self._set(item_id, state=ItemState.FAILED, error=error)

    def set_source_state(self, item_id: int, state: SourceState) -> None:
        """Whether the file of a spectrum is still what it was."""
        self._set(item_id, source=state)

    def _set(self, item_id: int, **fields: Any) -> None:
        item = self.find(item_id)
        if item is not None and any(getattr(item, n) != value for n, value in fields.items()):
            self._present.rows.replace(replace(item, **fields))
            self._present.publish(ItemChanged(item_id))

    # Results

    def store(self, key: AnalysisKey, analysis: Analysis) -> None:
        """Keep an analysis, with the maps that there were and that it was not asked for.

        Nothing happens where one of its items is gone.
        """
        basis = self.bases(key)
        known = tuple(b for b in basis if b is not None)
        if not known or len(known) < len(basis):
            return
        prediction = analysis.prediction
        before = self.result(key)
        made_of = ResultId(key, prediction.network_sha256, known)
        if before is not None and before.id == made_of:
            analysis = with_earlier_maps(analysis, self.analysis(key))
        record = ResultRecord(
            id=made_of,
            prediction=prediction,
            handle=Handle(analysis),
            made=datetime.now(UTC).isoformat(timespec="milliseconds"),
            version=__version__,
        )
        for item_id in key.items:
            self.find(item_id)  # as it was: what is first looked at now would not have changed
        self._present.shelf.put(record, analysis)
        if self._project is not None:
            self._project.write_result(record)
        self._present.judge(key.items, anew=True)

    def bases(self, key: AnalysisKey) -> tuple[str | None, ...]:
        """What a network sees of each spectrum of a key now; None for those that are gone."""
        return tuple(self._present.basis(item_id) for item_id in key.items)

    def result(self, key: AnalysisKey) -> ResultRecord | None:
        """The valid result of a key, its maps perhaps still in the file."""
        return self._present.shelf.result(key)

    def results_of(self, item_id: int) -> tuple[ResultRecord, ...]:
        """The valid results that a spectrum took part in, oldest first."""
        return self._present.shelf.all_of(item_id)

    def analysis(self, key: AnalysisKey) -> Analysis | None:
        """The valid result of a key with its maps.

        One that the file cannot give becomes a problem, and counts as not analysed.
        """
        record = self.result(key)
        if record is None:
            return None
        try:
            return self._present.shelf.load(record)
        except NmrCamError as error:
            self._present.shelf.drop(record.id)
            self._present.judge(key.items)
            self.add_problem(str(error))
            return None

    def is_stale(self, key: AnalysisKey) -> bool:
        """Whether the valid result of a key is of another version of the network."""
        record = self.result(key)
        return record is not None and self._present.shelf.is_stale(record)

    def set_networks(self, networks: Mapping[str, str]) -> None:
        """Say which networks are installed: sha256 of the weights by id."""
        self._present.shelf.set_networks(networks)
        self._present.judge(self._present.rows.made)

    def picked(self, item_id: int) -> PickedPeaks | None:
        """Picked peaks of a spectrum at the user's shifts, None where there are none.

        Peaks that the file cannot give become a problem, once.
        """
        item = self.find(item_id)
        if item is None or item.record.picked is None:
            return None
        try:
            return picked_in(item.record.picked, item.packed.reference)
        except NmrCamError as error:
            if all(problem.text != str(error) for problem in self._problems):
                self.add_problem(str(error), item.path)
            return None

    # Problems

    def add_problem(self, text: str, path: str = "") -> None:
        """Remember what went wrong, one sentence; the oldest of too many are dropped."""
        self._problems.append(Problem(text, path))
        del self._problems[:-MAX_PROBLEMS]
        self._present.publish(ProblemsChanged())

    def clear_problems(self) -> None:
        """Forget all problems."""
        self._problems.clear()
        self._present.publish(ProblemsChanged())


def _has_records(change: Change) -> bool:
    return bool(change.spectra or change.samples or change.options is not None)
