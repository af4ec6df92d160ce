"""The items of a session in their order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.records import SpectrumRecord

_Place = tuple[int, int]


class Rows:
    """Items by row and by id, ordered by position.

    Parameters
    ----------
    items : iterable of SessionItem
        In any order.
    """

    def __init__(self, items: Iterable[SessionItem] = ()) -> None:
        self._items = sorted(items, key=lambda item: _place(item.record))
        self._places = [_place(item.record) for item in self._items]
        self._by_id = {item.id: item for item in self._items}

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> Sequence[SessionItem]:
        """All items in their order."""
        return self._items

    def find(self, item_id: int | None) -> SessionItem | None:
        """The item with this id."""
        return self._by_id.get(item_id) if item_id is not None else None

    def row(self, item_id: int | None) -> int | None:
        """Row of an item."""
        item = self.find(item_id)
        return None if item is None else bisect_left(self._places, _place(item.record))

    def row_at(self, record: SpectrumRecord) -> int:
        """Row that a spectrum has or would have."""
        return bisect_left(self._places, _place(record))

    def replace(self, item: SessionItem) -> None:
        """Put an item in the place of that of the same id and position."""
        self._items[self.row_at(item.record)] = item
        self._by_id[item.id] = item

    def insert(self, row: int, items: Sequence[SessionItem]) -> None:
        """Add items that follow each other, the first of them in this row."""
        self._items[row:row] = items
        self._places[row:row] = [_place(item.record) for item in items]
        self._by_id.update((item.id, item) for item in items)

    def remove(self, first: int, last: int) -> None:
        """Take out rows `first`..`last`, both included."""
        for item in self._items[first : last + 1]:
            del self._by_id[item.id]
        del self._items[first : last + 1]
        del self._places[first : last + 1]

    def blocks(self, item_ids: Iterable[int]) -> list[tuple[int, int]]:
        """First and last rows of the blocks that items make, from the bottom up."""
        rows = sorted({row for row in map(self.row, item_ids) if row is not None})
        ends = [a for a, b in pairwise(rows) if b != a + 1] + rows[-1:]
        starts = rows[:1] + [b for a, b in pairwise(rows) if b != a + 1]
        return list(zip(starts, ends, strict=True))[::-1]

    def gaps(self, records: Iterable[SpectrumRecord]) -> Iterator[list[SpectrumRecord]]:
        """New spectra in their order, those together that come between the same two rows."""
        block: list[SpectrumRecord] = []
        gap = -1
        for record in sorted(records, key=_place):
            # A block is added before the next one is asked for: rows count what is there.
            row = self.row_at(record)
            if block and row != gap:
                yield block
                block, row = [], self.row_at(record)
            block.append(record)
            gap = row
        if block:
            yield block


def _place(record: SpectrumRecord) -> _Place:
    return (record.position, record.id)
