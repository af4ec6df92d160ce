"""What a session tells its observers. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.session.changes import Change


@dataclass(frozen=True, slots=True)
class ItemsAboutToBeAdded:
    """Rows `first`..`last` will appear (both included)."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ItemsAdded:
    """Rows `first`..`last` have appeared."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ItemsAboutToBeRemoved:
    """Rows `first`..`last` will vanish."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ItemsRemoved:
    """Rows `first`..`last` have vanished; `ids` were there."""

    first: int
    last: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """The item with this id looks different."""

    id: int


@dataclass(frozen=True, slots=True)
class CurrentChanged:
    """Another item (or none) is shown."""

    id: int | None


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """Network, method, layer, class or the look of the map changed."""


@dataclass(frozen=True, slots=True)
class ProblemsChanged:
    """The list of problems changed."""


@dataclass(frozen=True, slots=True)
class SampleChanged:
    """A sample appeared, vanished, got another name, or other spectra."""

    id: int


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """The user changed the project; published last, and not by undo and redo."""

    change: Change


Event = (
    ItemsAboutToBeAdded
    | ItemsAdded
    | ItemsAboutToBeRemoved
    | ItemsRemoved
    | ItemChanged
    | CurrentChanged
    | ViewChanged
    | ProblemsChanged
    | SampleChanged
    | ChangeMade
)
