"""Makes the next items in threads while the present ones are worked on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")

JOIN_S = 5.0
"""How long a closed reader may take with its present items; its threads are daemons."""


class ReadAhead(Generic[S, T]):
    """What `make` makes of each source, in order, made ahead within bounds.

    Parameters
    ----------
    sources : sequence
        What to make items of.
    make : callable
        Called in threads of its own. What it raises is raised by `take`.
    weigh : callable
        Bytes of an item.
    max_items, max_bytes : int
        No further item is begun while as many are under way or wait to be taken, or more bytes
        wait or are to be expected: each item under way counts as much as the largest so far.
    threads : int
        How many items are made side by side, once the first has been made. Where it is 1 they
        are also made one after the other; items are taken in the order of their sources in any
        case.
    """

    def __init__(
        self,
        sources: Sequence[S],
        make: Callable[[S], T],
        weigh: Callable[[T], int],
        max_items: int,
        max_bytes: int,
        threads: int = 1,
    ) -> None:
        self._sources = sources
        self._make = make
        self._weigh = weigh
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._ready: dict[int, tuple[T, int]] = {}
        self._begun = self._taken = 0
        self._bytes = 0
        self._largest: int | None = None
        self._errors: dict[int, Exception] = {}
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name="read-ahead", daemon=True)
            for _ in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def take(self, timeout_s: float) -> T | None:
        """The next item; None if it is not ready in time.

        Raises
        ------
        Exception
            What `make` raised, after all items before it were taken.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._taken in self._ready or self._taken in self._errors, timeout_s
            )
            if self._taken in self._errors:
                raise self._errors[self._taken]
            if self._taken not in self._ready:
                return None
            item, nbytes = self._ready.pop(self._taken)
            self._taken += 1
            self._bytes -= nbytes
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Make nothing more, and wait for the threads."""
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()
        until = time.monotonic() + JOIN_S
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))

    def _run(self) -> None:
        while (number := self._next()) is not None:
            try:
                item = self._make(self._sources[number])
            except Exception as error:  # a bug, carried over to whoever takes
                with self._changed:
                    self._errors[number] = error
                    self._changed.notify_all()
                return
            nbytes = self._weigh(item)
            with self._changed:
                self._largest = max(self._largest or 0, nbytes)
                if not self._closed:
                    self._ready[number] = item, nbytes
                    self._bytes += nbytes
                self._changed.notify_all()
            del item

    def _next(self) -> int | None:
        """Number of the next source, when there is room; None when nothing is left to do."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed
                    or bool(self._errors)
                    or self._begun == len(self._sources)
                    or (self._begun - self._taken < self._max_items and self._has_room())
                )
            )
            if self._closed or self._errors or self._begun == len(self._sources):
                return None
            self._begun += 1
            return self._begun - 1

    def _has_room(self) -> bool:
        """Whether there is room for the bytes of those under way; `_changed` is held."""
        under_way = self._begun - self._taken - len(self._ready)
        if self._largest is None:
            return under_way == 0
        return self._bytes + under_way * self._largest <= self._max_bytes
