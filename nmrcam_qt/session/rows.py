"""The items of a session in their order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import cast, overload

from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.records import SpectrumRecord

_Place = tuple[int, int]


class Rows:
    """Items by row and by id, ordered by position; each is made when it is looked at.

    Parameters
    ----------
    places : iterable of (position, id)
        Of the items that there are at first, in any order.
    make : callable
        Makes the item of an id, as it is now.
    """

    def __init__(self, places: Iterable[_Place], make: Callable[[int], SessionItem]) -> None:
        self._places = sorted(places)
        self._make = make
        self._items: list[SessionItem | None] = [None] * len(self._places)
        self._by_id: dict[int, SessionItem] = {}
        self._unmade = {item_id: position for position, item_id in self._places}

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> Sequence[SessionItem]:
        """All items in their order."""
        # A list where all are made: a search looks through it with every letter.
        return _Items(self) if self._unmade else cast(list[SessionItem], self._items)

    @property
    def made(self) -> Sequence[int]:
        """Ids of the items that somebody has looked at."""
        return list(self._by_id)

    @property
    def all_made(self) -> bool:
        """Whether somebody has looked at every item."""
        return not self._unmade

    @property
    def holders(self) -> tuple[Holder, ...]:
        """What holds the items, to be emptied at the end."""
        return self._items, self._by_id, self._places, self._unmade

    def ids(self, first: int = 0, last: int | None = None) -> list[int]:
        """Ids of rows `first`..`last`, both included."""
        end = None if last is None else last + 1
        return [item_id for _, item_id in self._places[first:end]]

    def find(self, item_id: int | None) -> SessionItem | None:
        """The item with this id."""
        found = self._by_id.get(item_id) if item_id is not None else None
        if found is None and item_id in self._unmade:
            found = self._by_id[item_id] = self._make(item_id)
            place = (self._unmade.pop(item_id), item_id)
            self._items[bisect_left(self._places, place)] = found
        return found

    def at(self, row: int) -> SessionItem:
        """The item in a row."""
        found = self._items[row]
        return cast(SessionItem, self.find(self._places[row][1])) if found is None else found

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
        for item_id in self.ids(first, last):
            self._by_id.pop(item_id, None)
            self._unmade.pop(item_id, None)
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


class _Items(Sequence[SessionItem]):
    """The items of all rows while some are not made yet."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> SessionItem: ...

    @overload
    def __getitem__(self, row: slice) -> list[SessionItem]: ...

    def __getitem__(self, row: int | slice) -> SessionItem | list[SessionItem]:
        if isinstance(row, slice):
            return [self._rows.at(n) for n in range(*row.indices(len(self)))]
        return self._rows.at(row)

    def __iter__(self) -> Iterator[SessionItem]:
        return map(self._rows.at, range(len(self)))


def _place(record: SpectrumRecord) -> _Place:
    return (record.position, record.id)
