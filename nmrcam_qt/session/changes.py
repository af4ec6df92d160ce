"""Changes of a project as values: what was before, what is after.

Everything that the user can undo is a `Change`. The session applies it, the store writes it
in one transaction, the undo stack keeps it and applies its inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.records import ProjectOptions, SampleRecord, SpectrumRecord

T = TypeVar("T")


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
        Changes with the same key that follow each other are one step (a slider that is
        dragged); empty for never.
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
