"""Names that are cut to the same text are cut elsewhere: what tells them apart stays. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection

DOTS = "…"
MOST_WORD = 8
"""Characters by which what differs is extended to the word that it is in, on either side."""

Fits = Callable[[str], bool]


def told_apart(name: str, rivals: Collection[str], fits: Fits) -> str:
    """A name cut so that the part in which it differs from its rivals is seen.

    Parameters
    ----------
    name : str
        Too long for its place.
    rivals : collection of str
        At least one other name, which looks the same where both are cut as usual.
    fits : callable
        Whether a text fits into the place.

    Returns
    -------
    str
        ``beginning…difference…end``: the whole word that differs, then as much of beginning and
        end as fits; of a difference that is too long only its beginning.
    """
    first, last = _difference(name, rivals)
    start, end = _word(name, first, last)
    if not fits(_cut(name, 0, start, end, 0)):
        start, end = first, last
    ends = range(end, start - 1, -1)  # the longest that fits: names can be a thousand letters long
    end = ends[
        bisect_left(ends, True, key=lambda n: n == start or fits(_cut(name, 0, start, n, 0)))
    ]
    head = tail = 0
    growing = True
    while growing:
        growing = False
        if head < start and fits(_cut(name, head + 1, start, end, tail)):
            head, growing = head + 1, True
        if tail < len(name) - end and fits(_cut(name, head, start, end, tail + 1)):
            tail, growing = tail + 1, True
    return _cut(name, head, start, end, tail)


def _difference(name: str, rivals: Collection[str]) -> tuple[int, int]:
    """The part of a name outside of which all rivals are the same: first and one past last."""
    first, last = len(name), 0
    for rival in rivals:
        same = _alike(name, rival)
        room = min(len(name), len(rival)) - same
        tail = _alike(name[::-1], rival[::-1])
        first, last = min(first, same), max(last, len(name) - min(tail, room))
    return first, max(first, last)


def _alike(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _word(name: str, first: int, last: int) -> tuple[int, int]:
    """That part, extended to the words that it begins and ends in."""
    start, end = first, last
    while start > 0 and first - start < MOST_WORD and name[start - 1].isalnum():
        start -= 1
    while end < len(name) and end - last < MOST_WORD and name[end].isalnum():
        end += 1
    return start, end


def _cut(name: str, head: int, start: int, end: int, tail: int) -> str:
    """Beginning, a part, and end of a name, with dots where something is left out."""
    before = name[:start] if head >= start else name[:head] + DOTS
    behind = len(name) - tail
    after = name[end:] if behind <= end else DOTS + name[behind:]
    return before + name[start:end] + after
