"""Records that are made when somebody looks at them.

A project of ten thousand spectra is opened to look at a few of them. Its rows are read and
checked at once, and stay as they are; of each a record is made once, in the thread that asks
first. What must be known of all (ids, places, samples, which results belong to which spectrum)
stands in lists beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

from nmrcam_qt.core.spectrum import Experiment, Provenance
from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.results import ResultRecord

T = TypeVar("T")
Label = tuple[str, Experiment | None]


class Lazy(Sequence[T], Generic[T]):
    """A sequence whose members are made when they are first looked at, each of them once.

    Parameters
    ----------
    size : int
        How many there are.
    make : callable
        Makes the one in a place; must not fail.
    """

    def __init__(self, size: int, make: Callable[[int], T]) -> None:
        self._made: list[T | None] = [None] * size
        self._make = make

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...

    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        if isinstance(place, slice):
            return tuple(map(self._at, range(*place.indices(len(self)))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._at(place % len(self))

    def __iter__(self) -> Iterator[T]:
        return map(self._at, range(len(self)))

    @property
    def holder(self) -> Holder:
        """What holds the members that are made, to be emptied at the end."""
        return self._made

    def _at(self, place: int) -> T:
        made = self._made[place]
        if made is None:
            made = self._made[place] = self._make(place)
        return made


class LazySpectra(Lazy[SpectrumRecord]):
    """Spectra, with what a session must know of all of them.

    Parameters
    ----------
    ids, positions : sequence of int
        Of every spectrum.
    samples : sequence of int or None
        Ids of their samples.
    make : callable
        Makes the record in a place; must not fail.
    provenance, label : callable
        Tell of one that is not made where it came from; its name and experiment.
    """

    def __init__(
        self,
        ids: Sequence[int],
        positions: Sequence[int],
        samples: Sequence[int | None],
        make: Callable[[int], SpectrumRecord],
        provenance: Callable[[int], Provenance],
        label: Callable[[int], Label],
    ) -> None:
        super().__init__(len(ids), make)
        self.ids, self.positions, self.samples = ids, positions, samples
        self._provenance, self._label = provenance, label

    def provenance(self, place: int) -> Provenance:
        """Where the spectrum in a place came from."""
        made = self._made[place]
        return self._provenance(place) if made is None else made.packed.provenance

    def label(self, place: int) -> Label:
        """Name and experiment of the spectrum in a place."""
        made = self._made[place]
        return self._label(place) if made is None else _label(made)


class LazyResults(Lazy[ResultRecord]):
    """Results, with what a session must know of all of them.

    Parameters
    ----------
    items : sequence of tuple of int
        Ids of the spectra that each took part in.
    dates : sequence of str
        When each was made.
    make : callable
        Makes the record in a place; must not fail.
    """

    def __init__(
        self,
        items: Sequence[tuple[int, ...]],
        dates: Sequence[str],
        make: Callable[[int], ResultRecord],
    ) -> None:
        super().__init__(len(items), make)
        self.items, self.dates = items, dates


def lazy_spectra(spectra: Sequence[SpectrumRecord]) -> LazySpectra:
    """The same spectra with their lists; those that have them stay as they are."""
    if isinstance(spectra, LazySpectra):
        return spectra
    return LazySpectra(
        [record.id for record in spectra],
        [record.position for record in spectra],
        [record.sample for record in spectra],
        spectra.__getitem__,
        lambda place: spectra[place].packed.provenance,
        lambda place: _label(spectra[place]),
    )


def _label(record: SpectrumRecord) -> Label:
    return record.name, record.packed.experiment


def lazy_results(results: Sequence[ResultRecord]) -> LazyResults:
    """The same results with their lists; those that have them stay as they are."""
    if isinstance(results, LazyResults):
        return results
    return LazyResults(
        [record.id.key.items for record in results],
        [record.made for record in results],
        results.__getitem__,
    )


class Records(Mapping[int, SpectrumRecord]):
    """Spectra by id, made when they are looked at.

    Parameters
    ----------
    spectra : LazySpectra
        What there is at first.
    """

    def __init__(self, spectra: LazySpectra) -> None:
        self._spectra = spectra
        # A number stands for a place among those that were there at first.
        self._known: dict[int, SpectrumRecord | int] = dict(
            zip(spectra.ids, range(len(spectra)), strict=True)
        )

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[int]:
        return iter(self._known)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._known

    def __getitem__(self, record_id: int) -> SpectrumRecord:
        found = self._known[record_id]
        if isinstance(found, int):
            found = self._known[record_id] = self._spectra[found]
        return found

    def provenance(self, record_id: int) -> Provenance:
        """Where a spectrum came from; its record is not made for that."""
        found = self._known[record_id]
        if isinstance(found, int):
            return self._spectra.provenance(found)
        return found.packed.provenance

    def label(self, record_id: int) -> Label:
        """Name and experiment of a spectrum; its record is not made for that."""
        found = self._known[record_id]
        return self._spectra.label(found) if isinstance(found, int) else _label(found)

    @property
    def holders(self) -> tuple[Holder, ...]:
        """What holds the records, to be emptied at the end."""
        return self._known, self._spectra.holder

    def put(self, record: SpectrumRecord) -> None:
        """Add one, or replace that of the same id."""
        self._known[record.id] = record

    def drop(self, record_id: int) -> None:
        """Take one out, if it is there."""
        self._known.pop(record_id, None)
