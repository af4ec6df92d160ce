"""Makes the next items in a thread while the present ones are worked on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")

JOIN_S = 5.0
"""How long a closed reader may take with its present item; its thread is a daemon."""


class ReadAhead(Generic[S, T]):
    """What `make` makes of each source, in order, made ahead within bounds.

    Parameters
    ----------
    sources : sequence
        What to make items of.
    make : callable
        Called in a thread of its own. What it raises is raised by `take`.
    weigh : callable
        Bytes of an item.
    max_items, max_bytes : int
        No further item is begun while as many, or more bytes, wait to be taken.
    """

    def __init__(
        self,
        sources: Sequence[S],
        make: Callable[[S], T],
        weigh: Callable[[T], int],
        max_items: int,
        max_bytes: int,
    ) -> None:
        self._sources = sources
        self._make = make
        self._weigh = weigh
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._ready: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._error: Exception | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> T | None:
        """The next item; None if it is not ready in time.

        Raises
        ------
        Exception
            What `make` raised, after all items before it were taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._error is not None, timeout_s)
            if self._ready:
                item, nbytes = self._ready.popleft()
                self._bytes -= nbytes
                self._changed.notify_all()
                return item
            if self._error is not None:
                raise self._error
            return None

    def close(self) -> None:
        """Make nothing more, and wait for the thread."""
        with self._changed:
            self._closed = True
            self._ready.clear()
            self._changed.notify_all()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        for source in self._sources:
            if not self._wait_for_room():
                return
            try:
                item = self._make(source)
            except Exception as error:  # a bug, carried over to whoever takes
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return
            nbytes = self._weigh(item)
            with self._changed:
                if not self._closed:
                    self._ready.append((item, nbytes))
                    self._bytes += nbytes
                self._changed.notify_all()
            del item

    def _wait_for_room(self) -> bool:
        """Whether there is any; not once it is closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._closed
                    or (len(self._ready) < self._max_items and self._bytes <= self._max_bytes)
                )
            )
            return not self._closed
