"""What a session shows now: a change is applied to it in steps that views can follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from nmrcam_qt.session.changes import Change, id_of
from nmrcam_qt.session.contents import Contents
from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.events import (
    Event,
    ItemChanged,
    ItemsAboutToBeAdded,
    ItemsAboutToBeRemoved,
    ItemsAdded,
    ItemsRemoved,
    SampleChanged,
    ViewChanged,
)
from nmrcam_qt.session.items import ItemState, SessionItem, SourceState
from nmrcam_qt.session.lazy import lazy_spectra
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.results import basis_of
from nmrcam_qt.session.rows import Rows
from nmrcam_qt.session.shelf import Shelf
from nmrcam_qt.session.store import ProjectContent

Observer = Callable[[Event], None]

MAP_BUDGET_BYTES = 256 << 20
"""Maps beyond this are dropped from memory, least recently used first."""
_JUDGED = (ItemState.NEW, ItemState.ANALYSED)
"""States that follow from the results; the others from jobs."""


class Present:
    """Contents, rows and results that agree with each other, and their observers.

    Parameters
    ----------
    content : ProjectContent
        What there is at first.
    budget_bytes : int
        Memory for maps.
    """

    def __init__(self, content: ProjectContent, budget_bytes: int) -> None:
        self._observers: list[Observer] = []
        self._bases: dict[int, tuple[PackedSpectrum, str]] = {}
        self.contents = Contents(content)
        self.shelf = Shelf(content.results, self.basis, budget_bytes)
        spectra = lazy_spectra(content.spectra)
        self.rows = Rows(zip(spectra.positions, spectra.ids, strict=True), self._made)

    def basis(self, item_id: int) -> str | None:
        """What a network sees of an item now; None where it is gone."""
        record = self.contents.records.get(item_id)
        if record is None:
            return None
        packed, basis = self._bases.get(item_id, (None, ""))
        if packed is not record.packed:
            basis = basis_of(record.packed)
            self._bases[item_id] = (record.packed, basis)
        return basis

    @property
    def holders(self) -> tuple[Holder, ...]:
        """What holds spectra and results, to be emptied at the end."""
        records, results = self.contents.holders, self.shelf.holders
        return *self.rows.holders, *records, self._bases, *results

    # Observers

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` with every event; returns a function that ends this."""
        self._observers.append(observer)

        def unsubscribe() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell all observers."""
        for observer in tuple(self._observers):
            observer(event)

    # A change

    def apply(self, change: Change) -> Change:
        """Apply a change and publish it; returns it as it was applied.

        The order makes every event true when it is published: a sample is there before its
        first spectrum and until its last one is gone.

        Raises
        ------
        ValueError
            If it does not follow from what there is.
        """
        change = self.contents.fitted(change)
        for replaced in change.spectra:
            self.rows.find(id_of(replaced))  # as it was before the change
        samples = _samples_of(change)
        for sample in change.samples:
            if sample.after is not None:
                self.contents.put_sample(sample.after)
        self._remove([id_of(r) for r in change.spectra if r.after is None])
        self._add([r.after for r in change.spectra if r.before is None and r.after is not None])
        changed = self._replace(change)
        for sample in change.samples:
            if sample.after is None:
                self.contents.drop_sample(id_of(sample))
        self._settle(change)
        judged = self._judge_after(change)
        for item_id in dict.fromkeys((*changed, *judged)):
            self.publish(ItemChanged(item_id))
        for sample_id in samples:
            self.publish(SampleChanged(sample_id))
        if change.view is not None:
            self.publish(ViewChanged())
        return change

    def _remove(self, item_ids: Iterable[int]) -> None:
        for first, last in self.rows.blocks(item_ids):
            self.publish(ItemsAboutToBeRemoved(first, last))
            gone = tuple(self.rows.ids(first, last))
            self.rows.remove(first, last)
            for item_id in gone:
                self.contents.drop_record(item_id)
                self._bases.pop(item_id, None)
            self.publish(ItemsRemoved(first, last, gone))

    def _add(self, records: Iterable[SpectrumRecord]) -> None:
        for block in self.rows.gaps(records):
            first = self.rows.row_at(block[0])
            last = first + len(block) - 1
            self.publish(ItemsAboutToBeAdded(first, last))
            for record in block:
                self.contents.put_record(record)
            self.rows.insert(first, [self._item(record) for record in block])
            self.publish(ItemsAdded(first, last))

    def _replace(self, change: Change) -> list[int]:
        """Spectra that stay; returns the ids."""
        changed = []
        for replaced in change.spectra:
            record = replaced.after
            if record is None or replaced.before is None:
                continue
            self.contents.put_record(record)
            item = self.rows.find(record.id)
            if item is not None:
                self.rows.replace(_with_record(item, record))
                changed.append(record.id)
        return changed

    def _settle(self, change: Change) -> None:
        """View and options."""
        if change.view is not None and change.view.after is not None:
            self.contents.view = change.view.after
        if change.options is not None and change.options.after is not None:
            self.contents.options = change.options.after

    # Results

    def judge(self, item_ids: Iterable[int], anew: bool = False) -> None:
        """Let items follow from their results, and publish those that look different.

        Parameters
        ----------
        item_ids : iterable of int
            The items.
        anew : bool
            Also those that wait or failed.
        """
        for item_id in self._judge(item_ids, anew):
            self.publish(ItemChanged(item_id))

    def _judge_after(self, change: Change) -> list[int]:
        """Results that became valid or are valid no longer, also of partners."""
        seen = [id_of(r) for r in change.spectra if _seen_anew(r.before, r.after)]
        partners = self.shelf.partners(seen).difference(seen)
        return self._judge(seen, anew=True) + self._judge(sorted(partners))

    def _judge(self, item_ids: Iterable[int], anew: bool = False) -> list[int]:
        """Ids of the items that look different."""
        changed = []
        for item_id in dict.fromkeys(item_ids):
            item = self.rows.find(item_id)
            if item is None:
                continue
            judged = self._judged(item, anew)
            if judged is not item:
                self.rows.replace(judged)
                changed.append(item_id)
        return changed

    def _judged(self, item: SessionItem, anew: bool = False) -> SessionItem:
        newest = self.shelf.newest(item.id)
        prediction = None if newest is None else newest.prediction
        stale = newest is not None and self.shelf.is_stale(newest)
        several = len({r.id.key.network for r in self.shelf.all_of(item.id)}) > 1
        state, error = item.state, item.error
        if anew or state in _JUDGED:
            state, error = ItemState.NEW if newest is None else ItemState.ANALYSED, ""
        same = prediction is item.prediction
        same = same and (stale, several) == (item.stale, item.several)
        if same and (state, error) == (item.state, item.error):
            return item
        return replace(
            item,
            state=state,
            prediction=prediction,
            error=error,
            stale=stale,
            several=several,
        )

    def _made(self, item_id: int) -> SessionItem:
        return self._item(self.contents.records[item_id])

    def _item(self, record: SpectrumRecord) -> SessionItem:
        return self._judged(SessionItem(record))


def _seen_anew(before: SpectrumRecord | None, after: SpectrumRecord | None) -> bool:
    """Whether networks see something else, or the points come from elsewhere."""
    if before is None or after is None:
        return before is not after
    old, new = before.packed, after.packed
    if old is new:
        return False
    # A mask that is only drawn leaves alone what waits, failed or was found.
    return old.payload is not new.payload or basis_of(old) != basis_of(new)


def _with_record(item: SessionItem, record: SpectrumRecord) -> SessionItem:
    """The item with another record; whether another source is there nobody knows yet."""
    old, new = item.packed.provenance, record.packed.provenance
    same = (old.path, old.sha256) == (new.path, new.sha256)
    return replace(item, record=record, source=item.source if same else SourceState.UNCHECKED)


def _samples_of(change: Change) -> dict[int, None]:
    """Ids of the samples that a change touches, in its order."""
    touched = {id_of(sample): None for sample in change.samples}
    for replaced in change.spectra:
        ids = {r.sample for r in (replaced.before, replaced.after) if r is not None}
        if len(ids) > 1 or replaced.before is None or replaced.after is None:
            touched.update((i, None) for i in ids if i is not None)
    return touched
