"""Changes of a project as values: what was before, what is after.

Everything that the user can undo is a `Change`. The session applies it, the store writes it
in one transaction, the undo stack keeps it and applies its inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.records import ProjectOptions, SampleRecord, SpectrumRecord

T = TypeVar("T")
TURN = "turn: "
"""Begins a `Change.merge_key` of what is turned or dragged: a pause begins a new step."""


@dataclass(frozen=True, slots=True, eq=False)
class Replaced(Generic[T]):
    """A record before and after; None where it did not or does not exist."""

    before: T | None
    after: T | None

    def inverse(self) -> Replaced[T]:
        """The way back."""
        return Replaced(self.after, self.before)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One step of the undo stack.

    Parameters
    ----------
    text : str
        For the menu, for example ``"Remove 3 spectra"``.
    spectra, samples : tuple of Replaced
        At most one entry per id.
    view : Replaced[ViewSettings] or None
        View settings that can be undone.
    options : Replaced[ProjectOptions] or None
        Options of the project.
    merge_key : str
        Changes with the same key that follow each other are one step: a slider that is
        dragged, the parts of one job; empty for never.
    """

    text: str
    spectra: tuple[Replaced[SpectrumRecord], ...] = ()
    samples: tuple[Replaced[SampleRecord], ...] = ()
    view: Replaced[ViewSettings] | None = None
    options: Replaced[ProjectOptions] | None = None
    merge_key: str = ""

    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(
            text=self.text,
            spectra=tuple(r.inverse() for r in reversed(self.spectra)),
            samples=tuple(r.inverse() for r in reversed(self.samples)),
            view=None if self.view is None else self.view.inverse(),
            options=None if self.options is None else self.options.inverse(),
            merge_key=self.merge_key,
        )


def merged(first: Change, second: Change) -> Change:
    """Two changes that follow each other as one step of the undo stack.

    Parameters
    ----------
    first, second : Change
        With the same `merge_key`; `second` was made right after `first`.

    Raises
    ------
    ValueError
        If their keys differ or are empty.
    """
    if not first.merge_key or first.merge_key != second.merge_key:
        raise ValueError(f"{first.text!r} and {second.text!r} are two steps")
    spectra = _joined(first.spectra, second.spectra)
    added = sum(r.before is None for r in spectra)
    return Change(
        text=_said(second.text, added or len(spectra)),
        spectra=spectra,
        samples=_joined(first.samples, second.samples),
        view=_followed(first.view, second.view),
        options=_followed(first.options, second.options),
        merge_key=second.merge_key,
    )


def _said(text: str, count: int) -> str:
    """The text of the last part with the number of spectra of all."""
    return f"{text.split(' ', 1)[0]} {count} spectra" if count > 1 else text


def _followed(first: Replaced[T] | None, second: Replaced[T] | None) -> Replaced[T] | None:
    if first is None or second is None:
        return first or second
    return Replaced(first.before, second.after)


R = TypeVar("R", bound=SpectrumRecord | SampleRecord)


def _joined(first: Sequence[Replaced[R]], second: Sequence[Replaced[R]]) -> tuple[Replaced[R], ...]:
    """One entry per id; what came and went again is left out."""
    found: dict[int, Replaced[R]] = {}
    for replaced in (*first, *second):
        number = id_of(replaced)
        if number in found:
            found[number] = Replaced(found[number].before, replaced.after)
        else:
            found[number] = replaced
    return tuple(r for r in found.values() if r.before is not None or r.after is not None)


def id_of(replaced: Replaced[R]) -> int:
    """Id of the record that a change replaces.

    Raises
    ------
    ValueError
        If there is none before and none after.
    """
    record = replaced.after if replaced.after is not None else replaced.before
    if record is None:
        raise ValueError("neither before nor after")
    return record.id
