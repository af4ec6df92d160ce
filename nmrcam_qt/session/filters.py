"""Which spectra the sidebar lists. Plain values and functions, no Qt."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import ItemState, SessionItem, SourceState
from nmrcam_qt.session.records import Flag

UNTAGGED = ""
"""Stands in `Filters.tags` for spectra without any tag."""
NONE_PRESENT = ""
"""Stands in `Filters.classes` for analysed spectra in which no class is present."""


class Condition(enum.StrEnum):
    """What can be wrong or done with a spectrum; one may be in several at once."""

    NEW = "not analysed"
    WAITING = "waiting"
    ANALYSED = "analysed"
    FAILED = "failed"
    STALE = "stale"
    MISSING = "source missing"
    CHANGED = "source changed"
    PICKED = "peaks picked"
    EXCLUDED = "regions excluded"
    REFERENCED = "referenced"


_OF_STATE = {state: Condition(state.value) for state in ItemState}
_OF_SOURCE = {SourceState.MISSING: Condition.MISSING, SourceState.CHANGED: Condition.CHANGED}


def conditions(item: SessionItem) -> frozenset[Condition]:
    """All conditions of an item."""
    found = {_OF_STATE[item.state]}
    if item.stale:
        found.add(Condition.STALE)
    if item.source in _OF_SOURCE:
        found.add(_OF_SOURCE[item.source])
    if item.record.picked is not None:
        found.add(Condition.PICKED)
    if any(mask.excluded for mask in item.packed.masks):
        found.add(Condition.EXCLUDED)
    if not item.packed.reference.identity:
        found.add(Condition.REFERENCED)
    return frozenset(found)


def classes_of(item: SessionItem) -> frozenset[str]:
    """Classes that are present; `NONE_PRESENT` where it was analysed and none is."""
    if item.prediction is None:
        return frozenset()
    return frozenset(item.prediction.present or (NONE_PRESENT,))


def tags_of(item: SessionItem) -> frozenset[str]:
    """Tags; `UNTAGGED` where it has none."""
    return frozenset(item.tags or (UNTAGGED,))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a spectrum must be to be listed: any of the chosen values of every field.

    An empty field asks for nothing.

    Parameters
    ----------
    words : tuple of str
        Case-folded; *every* one must occur in name, title, path, tags, note, sample,
        experiment, class, state or flag.
    experiments : frozenset of Experiment or None
        None for spectra of which nobody knows it.
    classes : frozenset of str
        Class ids that are present, or `NONE_PRESENT`.
    every_class : bool
        Whether all of `classes` must be present rather than any.
    conditions : frozenset of Condition
        States of analysis and source, and what the user did with peaks, regions and axes.
    flags : frozenset of Flag
        The user's marks.
    tags : frozenset of str
        Tags, or `UNTAGGED`.
    """

    words: tuple[str, ...] = ()
    experiments: frozenset[Experiment | None] = frozenset()
    classes: frozenset[str] = frozenset()
    every_class: bool = False
    conditions: frozenset[Condition] = frozenset()
    flags: frozenset[Flag] = frozenset()
    tags: frozenset[str] = frozenset()

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.words) or self.beyond_words

    @property
    def beyond_words(self) -> bool:
        """Whether anything but words is asked for."""
        return any(getattr(self, name) for name in FACETS)

    def searching(self, text: str) -> Filters:
        """The same filters with other words."""
        return replace(self, words=tuple(text.casefold().split()))

    def without(self, facet: str) -> Filters:
        """The same filters with one field asking for nothing."""
        nothing: dict[str, Any] = {facet: frozenset()}
        return replace(self, **nothing)

    def accepts(self, item: SessionItem, text: str) -> bool:
        """Whether an item is listed; `text` is its search text."""
        return all(word in text for word in self.words) and self.accepts_facets(item)

    def accepts_facets(self, item: SessionItem) -> bool:
        """Whether an item is what the fields other than `words` ask for."""
        return (
            (not self.experiments or item.experiment in self.experiments)
            and (not self.flags or item.flag in self.flags)
            and (not self.tags or not self.tags.isdisjoint(tags_of(item)))
            and (not self.conditions or not self.conditions.isdisjoint(conditions(item)))
            and (not self.classes or self._accepts_classes(item))
        )

    def _accepts_classes(self, item: SessionItem) -> bool:
        present = classes_of(item)
        if self.every_class:
            return self.classes <= present
        return not self.classes.isdisjoint(present)


FACETS = tuple(
    field.name for field in fields(Filters) if field.name not in ("words", "every_class")
)
"""Fields of `Filters` that are sets."""

_VALUES = {
    "experiments": lambda item: (item.experiment,),
    "classes": classes_of,
    "conditions": conditions,
    "flags": lambda item: (item.flag,),
    "tags": tags_of,
}


def facet_counts(items: Iterable[SessionItem], facet: str) -> Counter[object]:
    """How many items have each value of a field of `Filters`.

    Raises
    ------
    KeyError
        If `facet` is not one of `FACETS`.
    """
    values = _VALUES[facet]
    counts: Counter[object] = Counter()
    for item in items:
        counts.update(values(item))
    return counts
