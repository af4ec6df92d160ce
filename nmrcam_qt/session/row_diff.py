"""From one list of rows to another with few insertions and removals."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Rows `first`..`last` (both included) vanish, or appear as `keys`.

    Parameters
    ----------
    first, last : int
        At the time of the edit, that is after the edits before it.
    keys : tuple of int
        What appears; empty where rows vanish.
    """

    first: int
    last: int
    keys: tuple[int, ...] = ()


def edits(old: Sequence[int], new: Sequence[int], most: int) -> list[Edit] | None:
    """Removals from the end to the start, then insertions from the start to the end.

    Parameters
    ----------
    old, new : sequence of int
        Without repeats.
    most : int
        More edits than this are not worth it.

    Returns
    -------
    list of Edit or None
        None where rows that stay change their order, or where there are too many.
    """
    if old == new:
        return []
    if not most:
        return None
    before, after = set(old), set(new)
    if [key for key in old if key in after] != [key for key in new if key in before]:
        return None
    gone = [Edit(a, b) for a, b in reversed(_runs(old, after))]
    come = [Edit(a, b, tuple(new[a : b + 1])) for a, b in _runs(new, before)]
    return gone + come if len(gone) + len(come) <= most else None


def runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of ascending neighbours."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def _runs(keys: Sequence[int], others: Container[int]) -> list[tuple[int, int]]:
    """Stretches of rows whose keys are not among the others."""
    return runs([row for row, key in enumerate(keys) if key not in others])
