"""The rows of the sidebar: samples and spectra, filtered, sorted, collapsed. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from nmrcam_qt.session.events import (
    Event,
    ItemChanged,
    ItemsAdded,
    ItemsRemoved,
    SampleChanged,
)
from nmrcam_qt.session.filters import Filters, facet_counts
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.listing_events import (
    Header,
    Publisher,
    RelistDue,
    RowLooksDifferent,
    RowsAboutToChange,
    RowsHaveChanged,
)
from nmrcam_qt.session.ordering import Order, sorted_items
from nmrcam_qt.session.row_diff import Edit, edits, runs
from nmrcam_qt.session.row_text import search_text
from nmrcam_qt.session.session import Session

MOST_EDITS = 24
"""More insertions and removals than this cost a view more than starting anew."""


class Listing(Publisher):
    """Flat rows over a session: headers of samples and spectra.

    A row is known by its *key*: the id of its spectrum, or minus the id of its sample.

    Parameters
    ----------
    session : Session
        What it lists; it is followed until `close`.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._filters = Filters()
        self._order, self._descending, self._grouped = Order.OPENED, False, True
        self._collapsed: set[int] = set()
        self._texts: dict[int, str] = {}
        self._cold: list[int] = []
        self._sorted: list[int] | None = None
        self._moved: set[int] = set()
        self._listed: dict[int, list[int]] = {}
        self._matching: list[int] = []
        self._rows: list[int] = []
        self._places: dict[int, int] | None = None
        # Of ten thousand spectra only those are looked at that somebody sees or searches.
        self._sample_of = session.sample_of_each()
        self._rows = self._arrange()
        self._cold = list(session.ids)
        self.close = session.subscribe(self._on_event)

    # What there is

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def keys(self) -> Sequence[int]:
        """Keys of all rows; do not keep it."""
        return self._rows

    @property
    def session(self) -> Session:
        """What is listed."""
        return self._session

    @property
    def filters(self) -> Filters:
        """What is asked for."""
        return self._filters

    @property
    def order(self) -> Order:
        """By what rows are sorted."""
        return self._order

    @property
    def descending(self) -> bool:
        """Whether from last to first."""
        return self._descending

    @property
    def grouped(self) -> bool:
        """Whether samples are shown."""
        return self._grouped

    @property
    def matching(self) -> Sequence[int]:
        """Ids of the spectra that match, also those in collapsed samples, as they follow."""
        return self._matching

    def row(self, key: int) -> int | None:
        """Row of a key."""
        if self._places is None:
            self._places = {key: row for row, key in enumerate(self._rows)}
        return self._places.get(key)

    def item(self, row: int) -> SessionItem | None:
        """The spectrum of a row; None for headers and for one that has just gone."""
        key = self._rows[row]
        return self._session.find(key) if key > 0 else None

    def header(self, row: int) -> Header | None:
        """The header in a row; None for spectra."""
        key = self._rows[row]
        sample = self._session.samples.get(-key) if key < 0 else None
        if sample is None:
            return None
        listed = len(self._listed.get(sample.id, ()))
        total = len(self._session.members(sample.id))
        return Header(sample, listed, total, sample.id in self._collapsed)

    def ids_at(self, row: int) -> tuple[int, ...]:
        """The spectrum of a row; for a header the listed spectra of its sample."""
        key = self._rows[row]
        return (key,) if key > 0 else tuple(self._listed.get(-key, ()))

    def ids(self, rows: Iterable[int]) -> list[int]:
        """Spectra of several rows, each once, in the order of the list."""
        found = (item_id for row in sorted(rows) for item_id in self.ids_at(row))
        return list(dict.fromkeys(found))

    def header_row(self, item_id: int) -> int | None:
        """Row of the header above a spectrum."""
        sample = self._sample_of.get(item_id)
        return None if sample is None else self.row(-sample)

    def counts(self, facet: str) -> Counter[object]:
        """How many spectra have each value of a facet, of those that match all others."""
        others = self._filters.without(facet)
        kept = [item for item in self._session.items if others.accepts(item, self._text_of(item))]
        return facet_counts(kept, facet)

    # What the user asks for

    def set_filters(self, filters: Filters) -> None:
        """List what these filters accept."""
        if filters != self._filters:
            if filters.classes != self._filters.classes and self._order is Order.SCORE:
                self._sorted = None
            self._filters = filters
            self._relist(worth_comparing=False)

    def set_order(self, order: Order, descending: bool = False) -> None:
        """Sort."""
        if (order, descending) != (self._order, self._descending):
            self._order, self._descending, self._sorted = order, descending, None
            self.relist()

    def set_grouped(self, grouped: bool) -> None:
        """Show samples, or spectra alone."""
        if grouped != self._grouped:
            self._grouped, self._sorted = grouped, None
            self.relist()

    def set_collapsed(self, samples: Iterable[int], collapsed: bool) -> None:
        """Hide or show the spectra of samples."""
        asked = set(samples)
        after = self._collapsed | asked if collapsed else self._collapsed - asked
        if after != self._collapsed:
            self._collapsed = after
            self.relist()
            for sample in asked:
                self._repaint(-sample)

    def reveal(self, item_id: int) -> int | None:
        """Row of a spectrum, its sample opened where that hides it; None if filtered out."""
        sample = self._sample_of.get(item_id)
        if self.row(item_id) is None and sample is not None and sample in self._collapsed:
            self.set_collapsed((sample,), collapsed=False)
        return self.row(item_id)

    def warm(self, most: int = 200) -> bool:
        """Prepare the search of some spectra ahead of the first key; whether any are left."""
        for item_id in self._cold[-most:]:
            self._text_of_id(item_id)
        del self._cold[-most:]
        return bool(self._cold)

    # Following the session

    def _on_event(self, event: Event) -> None:
        match event:
            case ItemsAdded(first, last):
                self._on_added(first, last)
            case ItemsRemoved(_, _, ids):
                self._on_removed(ids)
            case ItemChanged(item_id):
                self._on_changed(item_id)
            case SampleChanged(sample):
                self._on_sample(sample)
            case _:
                pass

    def _on_added(self, first: int, last: int) -> None:
        self._sorted = None
        items = list(self._session.items[first : last + 1])
        ids = [item.id for item in items]
        self._cold += ids
        self._sample_of.update((item.id, item.sample) for item in items)
        plain = not self._filters.active and self._order is Order.OPENED and not self._descending
        if not plain:
            self._publish(RelistDue(soon=False))
        elif last < len(self._session) - 1 or not self._append(ids):
            # In the middle: a removal that is undone may come back in a thousand pieces.
            self._publish(RelistDue(soon=True))

    def _append(self, ids: Sequence[int]) -> bool:
        """Add rows at the end; whether that was enough."""
        if self._grouped and any(self._sample_of[i] in self._listed for i in ids):
            return False
        keys = self._rows_of(ids)
        start = len(self._rows)
        self._apply([Edit(start, start + len(keys) - 1, tuple(keys))] if keys else [])
        return True

    def _on_removed(self, ids: tuple[int, ...]) -> None:
        self._sorted = None
        gone, headers = set(ids), set()
        for item_id in ids:
            self._texts.pop(item_id, None)
            self._moved.discard(item_id)
            sample = self._sample_of.pop(item_id, None)
            if sample is not None and sample in self._listed:
                self._listed[sample] = [i for i in self._listed[sample] if i not in gone]
                headers.add(-sample)
        self._matching = [i for i in self._matching if i not in gone]
        empty = {key for key in headers if not self._listed[-key]}
        for key in empty:
            del self._listed[-key]
        rows = sorted(r for r in map(self._place, gone | empty) if r is not None)
        self._apply([Edit(a, b) for a, b in reversed(runs(rows))])
        for key in headers - empty:
            self._repaint(key)

    def _place(self, key: int) -> int | None:
        """Row of a key, without making a table of all for a single removal."""
        if self._places is not None:
            return self._places.get(key)
        try:
            return self._rows.index(key)
        except ValueError:
            return None

    def _on_changed(self, item_id: int) -> None:
        self._forget_text(item_id)
        self._repaint(item_id)
        if (sample := self._sample_of.get(item_id)) is not None:  # its header says what they are
            self._repaint(-sample)
        item = self._session.find(item_id)
        if item is not None and self._sample_of.get(item_id, item.sample) != item.sample:
            self._moved.add(item_id)
            self._sorted = None
            self._publish(RelistDue(soon=True))
        elif self._filters.active or self._order is not Order.OPENED:
            self._sorted = None
            self._publish(RelistDue(soon=False))

    def _on_sample(self, sample: int) -> None:
        for item_id in self._session.members(sample):
            self._forget_text(item_id)
        self._repaint(-sample)
        if self._filters.words or self._order is Order.NAME:
            self._sorted = None
            self._publish(RelistDue(soon=True))

    def _forget_text(self, item_id: int) -> None:
        """What it is found by has changed; made anew before somebody searches."""
        if self._texts.pop(item_id, None) is not None:
            self._cold.append(item_id)

    def _repaint(self, key: int) -> None:
        row = self.row(key)
        if row is not None:
            self._publish(RowLooksDifferent(row))

    # Rows

    def relist(self) -> None:
        """Arrange the rows anew, with as few changes as possible."""
        self._relist(worth_comparing=True)

    def _relist(self, worth_comparing: bool) -> None:
        """A letter of a search changes so many rows that comparing them is wasted time."""
        shown_before = {sample: len(ids) for sample, ids in self._listed.items()}
        new = self._arrange()
        found = edits(self._rows, new, MOST_EDITS if worth_comparing else 0)
        if found is None:
            self._publish(RowsAboutToChange(None))
            self._rows, self._places = new, None
            self._publish(RowsHaveChanged(None))
            return
        self._apply(found)
        for sample, ids in self._listed.items():
            if shown_before.get(sample, len(ids)) != len(ids):
                self._repaint(-sample)

    def _apply(self, found: Sequence[Edit]) -> None:
        for edit in found:
            self._publish(RowsAboutToChange(edit))
            first, keys = edit.first, edit.keys
            at_end = first == len(self._rows)
            self._rows[first : first if keys else edit.last + 1] = keys
            if at_end and self._places is not None:  # spectra that are being opened
                self._places.update(zip(keys, range(first, edit.last + 1), strict=True))
            else:
                self._places = None
            self._publish(RowsHaveChanged(edit))

    def _arrange(self) -> list[int]:
        texts, found = self._texts, self._in_order()
        for word in self._filters.words:
            found = [i for i in found if word in (texts.get(i) or self._text_of_id(i))]
        if self._filters.beyond_words:
            items = filter(None, map(self._session.find, found))
            found = [item.id for item in items if self._filters.accepts_facets(item)]
        self._listed, self._matching = {}, []
        for item_id in self._moved:
            item = self._session.find(item_id)
            if item is not None:
                self._sample_of[item_id] = item.sample
        self._moved.clear()
        return self._rows_of(found)

    def _in_order(self) -> Sequence[int]:
        """Ids of all items, sorted; sorted once for all letters of a search."""
        if self._order is Order.OPENED:
            return self._session.ids[::-1] if self._descending else self._session.ids
        if self._sorted is None:
            only = self._filters.classes if len(self._filters.classes) == 1 else ()
            items = sorted_items(
                self._session.items,
                self._order,
                self._descending,
                self._session.samples,
                next(iter(only), ""),
                self._grouped,
            )
            self._sorted = [item.id for item in items]
        return self._sorted

    def _rows_of(self, ids: Iterable[int]) -> list[int]:
        """Rows of spectra in order: the members of a sample follow its first one."""
        if not self._grouped:
            found = list(ids)
            self._matching += found
            return found
        rows: list[int] = []
        for key in self._blocks(ids):
            if key > 0:
                self._matching.append(key)
                rows.append(key)
                continue
            members = self._listed[-key]
            self._matching += members
            rows.append(key)
            if -key not in self._collapsed:
                rows += members
        return rows

    def _blocks(self, ids: Iterable[int]) -> list[int]:
        """Keys of samples and of spectra on their own; fills the lists of members."""
        listed, sample_of, blocks = self._listed, self._sample_of, []
        for item_id in ids:
            sample = sample_of.get(item_id)
            if sample is None:
                blocks.append(item_id)
                continue
            members = listed.get(sample)
            if members is None:
                listed[sample] = [item_id]
                blocks.append(-sample)
            else:
                members.append(item_id)
        return blocks

    def _text_of_id(self, item_id: int) -> str:
        item = self._session.find(item_id)
        return "" if item is None else self._text_of(item)

    def _text_of(self, item: SessionItem) -> str:
        text = self._texts.get(item.id)
        if text is None:
            sample = self._session.samples.get(item.sample) if item.sample is not None else None
            text = search_text(item, sample.name if sample is not None else "")
            self._texts[item.id] = text
        return text
