"""What a listing tells its observers. Plain values, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nmrcam_qt.session.records import SampleRecord
from nmrcam_qt.session.row_diff import Edit


@dataclass(frozen=True, slots=True)
class RowsAboutToChange:
    """Rows are about to vanish (`keys` is empty) or to appear; or all of them change.

    Parameters
    ----------
    edit : Edit or None
        None where everything changes.
    """

    edit: Edit | None


@dataclass(frozen=True, slots=True)
class RowsHaveChanged:
    """What was announced has happened."""

    edit: Edit | None


@dataclass(frozen=True, slots=True)
class RowLooksDifferent:
    """The row in this place is painted anew."""

    row: int


@dataclass(frozen=True, slots=True)
class RelistDue:
    """Rows may be in the wrong place or missing: call `Listing.relist`.

    Parameters
    ----------
    soon : bool
        The user did it and waits for it; otherwise results that stream in did, and one
        relist for many of them is enough.
    """

    soon: bool


ListingEvent = RowsAboutToChange | RowsHaveChanged | RowLooksDifferent | RelistDue


@dataclass(frozen=True, slots=True)
class Header:
    """A row that stands above the spectra of a sample.

    Parameters
    ----------
    sample : SampleRecord
        Which.
    listed, total : int
        Its spectra that are listed, and all.
    collapsed : bool
        Whether its spectra are hidden.
    """

    sample: SampleRecord
    listed: int
    total: int
    collapsed: bool


class Publisher:
    """Keeps observers and calls them."""

    def __init__(self) -> None:
        self._observers: list[Callable[[ListingEvent], None]] = []

    def subscribe(self, observer: Callable[[ListingEvent], None]) -> Callable[[], None]:
        """Call `observer` with every event; returns a function that ends this."""
        self._observers.append(observer)

        def unsubscribe() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return unsubscribe

    def _publish(self, event: ListingEvent) -> None:
        for observer in tuple(self._observers):
            observer(event)
