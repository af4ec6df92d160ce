"""The results of a session: which are valid, and a bounded memory for their maps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.lazy import lazy_results
from nmrcam_qt.session.records import ResultId
from nmrcam_qt.session.results import ResultRecord

MAX_LOADED = 1000
"""Analyses that are kept loaded where they can be loaded again, whatever their size."""


@dataclass(slots=True)
class _Kept:
    """A result with its age: larger numbers are newer."""

    number: int
    record: ResultRecord


class Shelf:
    """Results by what they were made of.

    A result is valid while its basis is that of its items now. Nothing here looks through
    all results: each item knows its keys, each key its few results. Those that were there at
    first are looked at with the first of their items.

    Parameters
    ----------
    results : sequence of ResultRecord
        What there is at first.
    basis : callable
        Present basis of an item; None where the item is gone.
    budget_bytes : int
        For maps that were loaded. Without a file to load them from again (see `in_file`),
        maps beyond it are lost and the scores stay.
    """

    def __init__(
        self,
        results: Sequence[ResultRecord],
        basis: Callable[[int], str | None],
        budget_bytes: int,
    ) -> None:
        self.in_file = False
        """Whether there is a project file that keeps the results."""
        self._basis = basis
        self._budget = budget_bytes
        self._networks: Mapping[str, str] = {}
        self._of_key: dict[AnalysisKey, list[_Kept]] = {}
        self._keys_of: dict[int, list[AnalysisKey]] = {}
        self._loaded: OrderedDict[ResultId, Analysis] = OrderedDict()
        self._bytes = 0
        self._unread: dict[int, list[int]] = {}
        """Of items that nobody asked about: places of their results."""
        self._at_first = lazy_results(results)
        self._begin()

    def _begin(self) -> None:
        found = self._at_first
        self._count = len(found)
        self._ages = [0] * self._count
        for number, place in enumerate(sorted(range(self._count), key=found.dates.__getitem__)):
            self._ages[place] = number
        unread = self._unread
        for place, ids in enumerate(found.items):
            for item_id in ids:
                if item_id in unread:
                    unread[item_id].append(place)
                else:
                    unread[item_id] = [place]
        self._left = set(range(self._count))
        """Places of the results that are not kept yet."""

    def _look_at(self, item_ids: Iterable[int]) -> None:
        """Keep what there was of these items at first, all results of a key together."""
        if not self._left:
            return
        for item_id in item_ids:
            for place in sorted(self._unread.pop(item_id, ()), key=self._ages.__getitem__):
                if place in self._left:  # not where a result names an item twice
                    self._left.discard(place)
                    self._keep(self._at_first[place], self._ages[place])

    def __iter__(self) -> Iterator[ResultRecord]:
        """All results, oldest first, those too that are not valid now."""
        self._look_at(list(self._unread))
        kept = [k for same in self._of_key.values() for k in same]
        return iter([k.record for k in sorted(kept, key=lambda k: k.number)])

    @property
    def holders(self) -> tuple[Holder, ...]:
        """What holds the results, to be emptied at the end."""
        return self._of_key, self._keys_of, self._unread, self._loaded, self._at_first.holder

    def set_networks(self, networks: Mapping[str, str]) -> None:
        """Digests of the installed networks by id."""
        self._networks = dict(networks)

    def is_stale(self, record: ResultRecord) -> bool:
        """Whether another version of the network is installed than the one it is of.

        Of a network that is not installed at all, nobody can say.
        """
        installed = self._networks.get(record.id.key.network)
        return installed is not None and installed != record.id.network_sha256

    def result(self, key: AnalysisKey) -> ResultRecord | None:
        """The valid result of a key; that of the installed network before newer ones."""
        kept = self._valid(key)
        return None if kept is None else kept.record

    def newest(self, item_id: int) -> ResultRecord | None:
        """The newest valid result that an item took part in."""
        self._look_at((item_id,))
        found = (self._valid(key) for key in self._keys_of.get(item_id, ()))
        kept = max((k for k in found if k is not None), key=lambda k: k.number, default=None)
        return None if kept is None else kept.record

    def all_of(self, item_id: int) -> tuple[ResultRecord, ...]:
        """The valid results that an item took part in, oldest first."""
        self._look_at((item_id,))
        found = (self._valid(key) for key in self._keys_of.get(item_id, ()))
        kept = sorted((k for k in found if k is not None), key=lambda k: k.number)
        return tuple(k.record for k in kept)

    def partners(self, item_ids: Iterable[int]) -> set[int]:
        """All items that share a result with one of these, and these."""
        ids = set(item_ids)
        self._look_at(ids)
        return ids.union(*(key.items for i in ids for key in self._keys_of.get(i, ())))

    def _valid(self, key: AnalysisKey) -> _Kept | None:
        self._look_at(key.items)
        same = self._of_key.get(key)
        if not same:
            return None
        basis = tuple(map(self._basis, key.items))
        valid = [k for k in same if k.record.id.basis == basis]
        fresh = [k for k in valid if not self.is_stale(k.record)]
        best = fresh or valid
        return best[-1] if best else None

    # Keeping

    def put(self, record: ResultRecord, analysis: Analysis) -> None:
        """Keep a new result in the place of one with the same id."""
        self.drop(record.id)
        self._keep(record, self._count)
        self._count += 1
        self._remember(record, analysis)

    def drop(self, result_id: ResultId) -> None:
        """Forget a result, if it is there."""
        self._look_at(result_id.key.items)
        same = self._of_key.get(result_id.key, [])
        same[:] = [k for k in same if k.record.id != result_id]
        self._forget(result_id)

    def _keep(self, record: ResultRecord, number: int) -> None:
        key = record.id.key
        if key not in self._of_key:
            self._of_key[key] = []
            for item_id in dict.fromkeys(key.items):
                self._keys_of.setdefault(item_id, []).append(key)
        self._of_key[key].append(_Kept(number, record))

    # Maps

    def load(self, record: ResultRecord) -> Analysis:
        """Scores and maps of a result.

        Raises
        ------
        NmrCamError
            If they cannot be read from the file.
        """
        analysis = self._loaded.get(record.id)
        if analysis is not None:
            self._loaded.move_to_end(record.id)
            return analysis
        analysis = record.handle.get()
        self._remember(record, analysis)
        return analysis

    def _remember(self, record: ResultRecord, analysis: Analysis) -> None:
        self._forget(record.id)
        self._loaded[record.id] = analysis
        self._bytes += _map_bytes(analysis)
        while len(self._loaded) > 1 and self._too_much:
            oldest = next(iter(self._loaded))
            self._let_go(oldest, self._loaded[oldest])

    @property
    def _too_much(self) -> bool:
        return self._bytes > self._budget or (self.in_file and len(self._loaded) > MAX_LOADED)

    def _let_go(self, result_id: ResultId, analysis: Analysis) -> None:
        """Forget maps that can be loaded again; without a file they are lost."""
        self._forget(result_id)
        if self.in_file:
            return
        for kept in self._of_key.get(result_id.key, ()):
            held = kept.record.handle.in_memory is not None
            if kept.record.id == result_id and held:
                kept.record = replace(
                    kept.record, handle=Handle(replace(analysis, explanations=()))
                )

    def _forget(self, result_id: ResultId) -> None:
        analysis = self._loaded.pop(result_id, None)
        if analysis is not None:
            self._bytes -= _map_bytes(analysis)


def _map_bytes(analysis: Analysis) -> int:
    return sum(e.evidence.nbytes for e in analysis.explanations)
