"""What leads from one content of a project to another: a change, and results."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields
from typing import Any, TypeVar

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
        spectra=_replaced(before.spectra, after.spectra, lambda r: r.id, said_of),
        samples=_replaced(before.samples, after.samples, lambda r: r.id, lambda r: r),
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
    """All that a record says, without the arrays; equal for equal records."""
    return repr(tuple(_plain(record, "packed")) + tuple(_plain(record.packed)))


def _plain(value: SpectrumRecord | PackedSpectrum, *without: str) -> Iterable[Any]:
    for field in fields(value):
        found = getattr(value, field.name)
        if field.name not in without and not isinstance(found, Handle):
            yield found


def _replaced(
    before: Iterable[T],
    after: Iterable[T],
    id_of: Callable[[T], int],
    said: Callable[[T], Any],
) -> tuple[Replaced[T], ...]:
    old = {id_of(record): record for record in before}
    new = {id_of(record): record for record in after}
    replaced: list[Replaced[T]] = [
        Replaced(record, None) for key, record in old.items() if key not in new
    ]
    replaced += [
        Replaced(old.get(key), record)
        for key, record in new.items()
        if key not in old or said(old[key]) != said(record)
    ]
    return tuple(replaced)
