"""Orders of the sidebar: keys to sort spectra by, and samples that stay together."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from nmrcam_qt.session.items import ItemState, SessionItem
from nmrcam_qt.session.records import Flag, SampleRecord
from nmrcam_qt.session.row_text import class_title, is_scored

Key = tuple[Any, ...]

_DIGITS = re.compile("([0-9]{1,18})")
_STATES = (ItemState.FAILED, ItemState.WAITING, ItemState.NEW, ItemState.ANALYSED)
_FLAGS = (Flag.CHECK, Flag.CONFIRMED, Flag.REJECTED)


class Order(enum.StrEnum):
    """By what the sidebar is sorted."""

    OPENED = "As opened"
    NAME = "Name"
    CLASS = "Class"
    SCORE = "Score"
    STATE = "State"
    FLAG = "Flag"


@lru_cache(maxsize=1 << 15)
def natural_key(name: str) -> tuple[str | int, ...]:
    """Key that puts ``x 2`` before ``x 10``: text and numbers take turns, text first."""
    parts = _DIGITS.split(name.casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def _by_class(item: SessionItem) -> Key | None:
    if item.prediction is None or not is_scored(item):
        return None
    present = item.prediction.present
    best = max(present, key=item.prediction.score) if present else item.prediction.top
    return (not present, class_title(best), -item.prediction.score(best))


def _by_state(item: SessionItem) -> Key:
    return (_STATES.index(item.state), not item.stale)


def _by_flag(item: SessionItem) -> Key | None:
    return (_FLAGS.index(item.flag),) if item.flag in _FLAGS else None


def score_of(item: SessionItem, class_id: str) -> float | None:
    """Score of a class, or of the top class where none is given or it is not known."""
    prediction = item.prediction
    if prediction is None or not is_scored(item):
        return None
    return prediction.score(class_id if class_id in prediction.classes else prediction.top)


def _key_function(
    order: Order, class_id: str, samples: Mapping[int, SampleRecord], grouped: bool
) -> Callable[[SessionItem], Key | None]:
    def by_name(item: SessionItem) -> Key:
        own = natural_key(item.name)
        sample = samples.get(item.sample) if grouped and item.sample is not None else None
        return (natural_key(sample.name), own) if sample is not None else (own, ())

    def by_score(item: SessionItem) -> Key | None:
        score = score_of(item, class_id)
        return None if score is None else (score,)

    return {
        Order.NAME: by_name,
        Order.CLASS: _by_class,
        Order.SCORE: by_score,
        Order.STATE: _by_state,
        Order.FLAG: _by_flag,
    }[order]


def sorted_items(
    items: Iterable[SessionItem],
    order: Order,
    descending: bool,
    samples: Mapping[int, SampleRecord],
    class_id: str = "",
    grouped: bool = True,
) -> list[SessionItem]:
    """Items in order; equal ones as opened, those without a value last in both directions.

    Parameters
    ----------
    items : iterable of SessionItem
        As opened.
    order, descending
        What the user chose.
    samples : mapping
        Samples by id; grouped names are sorted by the sample's name first.
    class_id : str
        Whose score counts; empty for the top class of each.
    grouped : bool
        Whether samples are shown.
    """
    if order is Order.OPENED:
        found = list(items)
        return found[::-1] if descending else found
    key_of = _key_function(order, class_id, samples, grouped)
    known: list[tuple[Key, SessionItem]] = []
    unknown: list[SessionItem] = []
    for item in items:
        key = key_of(item)
        if key is None:
            unknown.append(item)
        else:
            known.append((key, item))
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [item for _, item in known] + unknown
