"""A session that nobody looks at any more is let go piece by piece.

Its parts know each other, so that only a collection of garbage would find them: for ten thousand
spectra two hundred thousand objects in one go, a quarter of a second in which the window waits.
Without their rows the rest is small, and every row goes with the last list that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Holder = list[Any] | dict[Any, Any] | set[Any]
"""Something that holds one thing per spectrum or per result."""


def emptied(holders: Iterable[Holder], at_once: int = 100) -> Iterator[None]:
    """Empty lists, dictionaries and sets, a few entries between two yields.

    Parameters
    ----------
    holders : iterable of list, dict or set
        As `Session.holders` gives them; nobody may read them afterwards.
    at_once : int
        Entries that go in one piece.
    """
    for holder in holders:
        while holder:
            if isinstance(holder, list):
                del holder[-at_once:]
            else:
                take = holder.popitem if isinstance(holder, dict) else holder.pop
                for _ in range(min(at_once, len(holder))):
                    take()
            yield
