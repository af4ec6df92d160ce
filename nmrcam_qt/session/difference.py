"""What leads from one content of a project to another: a change, and results."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields
from typing import Any, TypeVar

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.results import ResultRecord
from nmrcam_qt.session.store import ProjectContent

T = TypeVar("T")


def difference(before: ProjectContent, after: ProjectContent, text: str = "") -> Change:
    """The change that makes the records of `after` of those of `before`.

    Spectra are compared by everything that is not an array: the arrays of a source never
    change, a spectrum that is relinked has another sha256.

    Parameters
    ----------
    before, after : ProjectContent
        Two contents of one project, or of a project and its copy.
    text : str
        Of the change.
    """
    view = (before.state.view, after.state.view)
    options = (before.options, after.options)
    return Change(
        text=text,
        spectra=_replaced(before.spectra, after.spectra, lambda r: r.id, _alike),
        samples=_replaced(before.samples, after.samples, lambda r: r.id, operator.eq),
        view=None if view[0] == view[1] else Replaced(*view),
        options=None if options[0] == options[1] else Replaced(*options),
    )


def is_empty(change: Change) -> bool:
    """Whether a change changes nothing."""
    return not (change.spectra or change.samples or change.view or change.options)


def missing_results(before: ProjectContent, after: ProjectContent) -> tuple[ResultRecord, ...]:
    """Results of `after` that `before` has not."""
    known = {result.id for result in before.results}
    return tuple(result for result in after.results if result.id not in known)


def said_of(record: SpectrumRecord) -> Hashable:
    """All that a record says, without arrays and picked peaks; equal for equal records."""
    return repr(tuple(_plain(record, "packed")) + tuple(_plain(record.packed)))


def _plain(value: SpectrumRecord | PackedSpectrum, *without: str) -> Iterable[Any]:
    for field in fields(value):
        found = getattr(value, field.name)
        if field.name not in without and not isinstance(found, Handle):
            yield found


def _alike(one: SpectrumRecord, other: SpectrumRecord) -> bool:
    """Whether two records say the same, picked peaks included."""
    if one is other:
        return True
    if said_of(one) != said_of(other):
        return False
    if one.picked is other.picked:
        return True
    try:
        return _peaks(one) == _peaks(other)
    except NmrCamError:  # those that can be read are written
        return False


def _peaks(record: SpectrumRecord) -> PickedPeaks | None:
    return None if record.picked is None else record.picked.get()


def _replaced(
    before: Iterable[T],
    after: Iterable[T],
    id_of: Callable[[T], int],
    alike: Callable[[T, T], bool],
) -> tuple[Replaced[T], ...]:
    old = {id_of(record): record for record in before}
    new = {id_of(record): record for record in after}
    replaced: list[Replaced[T]] = [
        Replaced(record, None) for key, record in old.items() if key not in new
    ]
    replaced += [
        Replaced(old.get(key), record)
        for key, record in new.items()
        if key not in old or not alike(old[key], record)
    ]
    return tuple(replaced)
