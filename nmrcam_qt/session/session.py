"""The open session: spectra, results, view settings. In memory; publishes every change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Experiment, SourceKind
from nmrcam_qt.session.events import (
    CurrentChanged,
    Event,
    ItemChanged,
    ItemsAboutToBeAdded,
    ItemsAboutToBeRemoved,
    ItemsAdded,
    ItemsRemoved,
    ProblemsChanged,
    ViewChanged,
)
from nmrcam_qt.session.items import AnalysisKey, ItemState, Problem, SessionItem, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum, with_windows

Observer = Callable[[Event], None]

MAP_BUDGET_BYTES = 256 << 20
"""Maps beyond this are dropped, oldest first; the scores stay."""
MAX_PROBLEMS = 1000


class Session:
    """Spectra, their analyses and what the user chose to see.

    Every change is an operation of this class, and every operation publishes events
    (`nmrcam_qt.session.events`) to the observers, in the thread that called it.

    Parameters
    ----------
    map_budget_bytes : int
        Memory for maps.
    """

    def __init__(self, map_budget_bytes: int = MAP_BUDGET_BYTES) -> None:
        self._items: list[SessionItem] = []
        self._rows: dict[int, int] = {}
        self._analyses: dict[AnalysisKey, Analysis] = {}
        self._map_bytes = 0
        self._budget = map_budget_bytes
        self._partners: dict[int, int] = {}
        self._observers: list[Observer] = []
        self._problems: list[Problem] = []
        self._view = ViewSettings()
        self._current: int | None = None
        self._next_id = 1

    # What there is

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> Sequence[SessionItem]:
        """All items in their order; do not keep it."""
        return self._items

    @property
    def view(self) -> ViewSettings:
        """What the user chose to see."""
        return self._view

    @property
    def current(self) -> SessionItem | None:
        """The item that is shown."""
        return self.find(self._current)

    @property
    def problems(self) -> Sequence[Problem]:
        """What went wrong, oldest first."""
        return self._problems

    def at(self, row: int) -> SessionItem:
        """The item in this row."""
        return self._items[row]

    def find(self, item_id: int | None) -> SessionItem | None:
        """The item with this id, None where it is gone."""
        row = self._rows.get(item_id) if item_id is not None else None
        return None if row is None else self._items[row]

    def row(self, item_id: int) -> int | None:
        """Row of an item."""
        return self._rows.get(item_id)

    def analysis(self, key: AnalysisKey) -> Analysis | None:
        """The result stored under a key."""
        return self._analyses.get(key)

    def chosen_partner(self, item_id: int) -> int | None:
        """The partner that the user chose for a pair, None where it is left to the names."""
        partner = self._partners.get(item_id)
        return partner if partner in self._rows else None

    # Observers

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every event; returns a function that ends this."""
        self._observers.append(observer)

        def unsubscribe() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return unsubscribe

    def _publish(self, event: Event) -> None:
        for observer in tuple(self._observers):
            observer(event)

    # Operations on items

    def add(self, spectra: Sequence[PackedSpectrum]) -> tuple[int, ...]:
        """Append spectra; returns their ids."""
        if not spectra:
            return ()
        first = len(self._items)
        last = first + len(spectra) - 1
        self._publish(ItemsAboutToBeAdded(first, last))
        ids = tuple(range(self._next_id, self._next_id + len(spectra)))
        self._next_id += len(spectra)
        for item_id, packed in zip(ids, spectra, strict=True):
            self._rows[item_id] = len(self._items)
            self._items.append(SessionItem(item_id, packed))
        self._publish(ItemsAdded(first, last))
        return ids

    def remove(self, item_ids: Iterable[int]) -> None:
        """Remove items with their analyses; unknown ids are passed over."""
        rows = sorted({self._rows[i] for i in item_ids if i in self._rows}, reverse=True)
        while rows:
            last = first = rows.pop(0)
            while rows and rows[0] == first - 1:
                first = rows.pop(0)
            self._remove_rows(first, last)

    def _remove_rows(self, first: int, last: int) -> None:
        self._publish(ItemsAboutToBeRemoved(first, last))
        gone = tuple(item.id for item in self._items[first : last + 1])
        del self._items[first : last + 1]
        self._rows = {item.id: row for row, item in enumerate(self._items)}
        self._forget(gone)
        for item_id in gone:
            self._partners.pop(item_id, None)
        self._publish(ItemsRemoved(first, last, gone))
        if self._current in gone:
            row = min(first, len(self._items) - 1)
            self.select(self._items[row].id if row >= 0 else None)

    def select(self, item_id: int | None) -> None:
        """Show another item, or none."""
        if item_id is not None and item_id not in self._rows:
            return
        if item_id != self._current:
            self._current = item_id
            self._publish(CurrentChanged(item_id))

    def set_experiment(self, item_ids: Iterable[int], experiment: Experiment) -> None:
        """The user says what a spectrum is; earlier results of it are dropped."""
        for item_id in item_ids:
            item = self.find(item_id)
            if item is None or item.experiment is experiment:
                continue
            self._forget((item_id,))
            packed = replace(item.packed, experiment=experiment)
            self._replace(SessionItem(item_id, packed))

    def set_windows(
        self,
        item_ids: Iterable[int],
        f2_window: tuple[float, float],
        f1_window: tuple[float, float],
    ) -> None:
        """The user says which ppm lie at the outer edges of pictures; results are dropped.

        Items that are no pictures are passed over: their axes are known.
        """
        for item_id in item_ids:
            item = self.find(item_id)
            if item is None or item.packed.provenance.kind is not SourceKind.PICTURE:
                continue
            self._forget((item_id,))
            packed = with_windows(item.packed, f2_window, f1_window)
            self._replace(SessionItem(item_id, packed))

    def set_partner(self, item_id: int, partner_id: int | None) -> None:
        """The user chooses the other spectrum of the same sample; None: by name again."""
        previous = self._partners.pop(item_id, None)
        if previous is not None and self._partners.get(previous) == item_id:
            del self._partners[previous]
        if partner_id is not None:
            self._partners[item_id] = partner_id
            self._partners[partner_id] = item_id
        self._publish(ViewChanged())

    # Operations on analyses

    def mark_waiting(self, item_ids: Iterable[int]) -> None:
        """An analysis of these items was queued."""
        for item_id in item_ids:
            self._set_state(item_id, ItemState.WAITING)

    def mark_not_waiting(self, item_ids: Iterable[int]) -> None:
        """The analysis did not happen: back to what the items were."""
        for item_id in item_ids:
            item = self.find(item_id)
            if item is not None and item.state is ItemState.WAITING:
                done = ItemState.NEW if item.prediction is None else ItemState.ANALYSED
                self._set_state(item_id, done)

    def mark_failed(self, item_ids: Iterable[int], error: str) -> None:
        """The analysis failed for one reason, a sentence."""
        for item_id in item_ids:
            self._set_state(item_id, ItemState.FAILED, error)

    def store(self, key: AnalysisKey, analysis: Analysis) -> None:
        """Keep an analysis; nothing happens where one of its items is gone."""
        if any(item_id not in self._rows for item_id in key.items):
            return
        self._drop_analysis(key)
        self._analyses[key] = analysis
        self._map_bytes += _map_bytes(analysis)
        self._keep_budget(key)
        for item_id in key.items:
            item = self._items[self._rows[item_id]]
            self._replace(
                replace(item, state=ItemState.ANALYSED, prediction=analysis.prediction, error="")
            )

    def _set_state(self, item_id: int, state: ItemState, error: str = "") -> None:
        item = self.find(item_id)
        if item is not None and (item.state, item.error) != (state, error):
            self._replace(replace(item, state=state, error=error))

    def _replace(self, item: SessionItem) -> None:
        self._items[self._rows[item.id]] = item
        self._publish(ItemChanged(item.id))

    def _forget(self, item_ids: tuple[int, ...]) -> None:
        """Drop the analyses that any of these items took part in."""
        gone = set(item_ids)
        for key in [k for k in self._analyses if gone.intersection(k.items)]:
            self._drop_analysis(key)

    def _drop_analysis(self, key: AnalysisKey) -> None:
        analysis = self._analyses.pop(key, None)
        if analysis is not None:
            self._map_bytes -= _map_bytes(analysis)

    def _keep_budget(self, newest: AnalysisKey) -> None:
        """Drop the maps, not the scores, of the oldest analyses."""
        for key, analysis in list(self._analyses.items()):
            if self._map_bytes <= self._budget:
                return
            if key != newest and analysis.explanations:
                self._map_bytes -= _map_bytes(analysis)
                self._analyses[key] = replace(analysis, explanations=())

    # View and problems

    def set_view(self, **changes: Any) -> None:
        """Change view settings by name; see `ViewSettings`.

        Raises
        ------
        TypeError
            For an unknown name.
        """
        view = replace(self._view, **changes)
        if view != self._view:
            self._view = view
            self._publish(ViewChanged())

    def add_problem(self, text: str, path: str = "") -> None:
        """Remember what went wrong, one sentence; the oldest of too many are dropped."""
        self._problems.append(Problem(text, path))
        del self._problems[:-MAX_PROBLEMS]
        self._publish(ProblemsChanged())

    def clear_problems(self) -> None:
        """Forget all problems."""
        self._problems.clear()
        self._publish(ProblemsChanged())


def _map_bytes(analysis: Analysis) -> int:
    return sum(e.evidence.nbytes for e in analysis.explanations)
