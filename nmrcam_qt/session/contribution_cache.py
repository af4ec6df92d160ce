"""Contributions of the spectra looked at last, in memory. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from nmrcam_qt.core.contributions import Contributions, MapStability, PeakPlaces
from nmrcam_qt.core.peak_places import digest_of, places_of
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.wire import Frame, WireError
from nmrcam_qt.core.wire_findings import (
    contributions_frame,
    read_contributions,
    read_stability,
    stability_frame,
)
from nmrcam_qt.session.contributing import Basis
from nmrcam_qt.session.findings import Findings, digest
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.recent import Recent
from nmrcam_qt.session.records import Finding, SpectrumRecord
from nmrcam_qt.session.session import Session

MOST_KEPT = 32
"""Results; one of two thousand peaks and twelve classes takes about half a megabyte."""
NOWHERE = places_of(None)
MapPlace = tuple[str, str, str, str]
"""Input, class, method, layer."""
PeaksOf = Callable[[SessionItem | None], PickedPeaks | None]


class StabilityOf(Protocol):
    """How far maps move, by input, class, method and layer."""

    def get(self, where: MapPlace, /) -> MapStability | None:
        """That of a map; None where there is none."""


def no_maps() -> StabilityOf:
    """Before repeats were made."""
    none: dict[MapPlace, MapStability] = {}
    return none


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """One result.

    Parameters
    ----------
    basis : Basis
        What it was made from.
    contributions : Contributions
        The result; with intervals where repeats were made.
    """

    basis: Basis
    contributions: Contributions
    stability: StabilityOf = field(default_factory=no_maps)
    """by input, class, method and layer"""


class ContributionCache:
    """The newest result of each network for each spectrum or pair, the last `MOST_KEPT` of them.

    Parameters
    ----------
    findings : Findings, optional
        Where they are kept besides, and looked for when they are not in memory.
    """

    def __init__(self, findings: Findings | None = None) -> None:
        self._kept: Recent[tuple[str, tuple[int, ...]], Kept] = Recent(MOST_KEPT)
        self._findings = findings

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, kept: Kept) -> None:
        """A new result takes the place of an older one of its network and spectra."""
        self._kept.keep(kept.basis.place, kept)
        if self._findings is not None:
            self._findings.keep(findings_of(kept))

    def find(self, basis: Basis) -> Kept | None:
        """The newest result for the network and spectra of a basis, which may rest on other peaks.

        None where the network was replaced since: its classes may be others. What lies in the
        file only is found where it rests on exactly this.
        """
        found = self._kept.find(basis.place)
        if found is not None and found.basis == basis:
            return found
        if self._findings is not None and (kept := kept_in(self._findings, basis)) is not None:
            self._kept.keep(basis.place, kept)
            return kept
        if found is None or found.basis.network_sha256 != basis.network_sha256:
            return None
        return found


def findings_of(kept: Kept) -> list[Finding]:
    """A result for the project file: contributions, and how far each map moves."""
    basis = kept.basis
    if any(each is None for each in basis.spectra) or not isinstance(kept.stability, dict):
        return []
    rests_on = _rests_on(basis)
    made = [Finding(_place(basis), rests_on, basis.items, contributions_frame(kept.contributions))]
    for where, moves in kept.stability.items():
        made.append(Finding(_place(basis, where), rests_on, basis.items, stability_frame(moves)))
    return made


def kept_in(findings: Findings, basis: Basis) -> Kept | None:
    """A result that rests on exactly this, from the project file."""

    def read(frame: Frame) -> Contributions:
        found = read_contributions(frame)
        peaks = tuple(digest_of(own.places) for own in found.inputs)
        mine = basis.network, basis.network_sha256, basis.classes, basis.peaks
        if (found.network, found.network_sha256, found.classes, peaks) != mine:
            raise WireError("contributions of something else")
        return found

    found = findings.find(_place(basis), _rests_on(basis), read)
    return None if found is None else Kept(basis, found, _StoredMaps(findings, basis))


class _StoredMaps:
    """How far maps move, each read when it is shown: those of all classes are large."""

    def __init__(self, findings: Findings, basis: Basis) -> None:
        self._findings, self._basis = findings, basis
        self._known: dict[MapPlace, MapStability | None] = {}

    def get(self, where: MapPlace) -> MapStability | None:
        """That of a map; None where repeats were not made with it."""
        if where not in self._known:

            def read(frame: Frame) -> MapStability:
                moves = read_stability(frame)
                if (moves.input_name, moves.class_id, moves.method, moves.layer) != where:
                    raise WireError("the repeats of another map")
                return moves

            place, rests_on = _place(self._basis, where), _rests_on(self._basis)
            self._known[where] = self._findings.find(place, rests_on, read)
        return self._known[where]


def _place(basis: Basis, where: MapPlace | None = None) -> str:
    return digest("contributions", *basis.place, *(() if where is None else where))


def _rests_on(basis: Basis) -> str:
    return digest(basis.network_sha256, basis.spectra, basis.peaks, basis.classes)


class PlaceBook:
    """Where the peaks of spectra are; told anew only where a spectrum or its peaks changed.

    Parameters
    ----------
    session : Session
        Of the spectra.
    peaks_of : callable
        Peaks of a spectrum at the user's shifts, picked or listed.
    """

    def __init__(self, session: Session, peaks_of: PeaksOf) -> None:
        self._session, self._peaks_of = session, peaks_of
        self._known: Recent[int, tuple[SpectrumRecord, PeakPlaces, str]] = Recent(MOST_KEPT)

    def places(self, item_id: int) -> tuple[PeakPlaces, str]:
        """Of a spectrum, with their digest; none where it is gone."""
        item = self._session.find(item_id)
        if item is None:
            return NOWHERE, digest_of(NOWHERE)
        known = self._known.find(item_id)
        if known is None or known[0] is not item.record:
            places = places_of(self._peaks_of(item))
            known = item.record, places, digest_of(places)
            self._known.keep(item_id, known)
        return known[1:]

    def basis(self, plan: Plan) -> Basis | None:
        """What contributions to a plan's classes rest on now; None where there are no peaks."""
        found = [self.places(item) for item in plan.items]
        if not any(len(places) for places, _ in found):
            return None
        return Basis(
            plan.card.id,
            plan.card.sha256,
            plan.items,
            self._session.bases(plan.key),
            tuple(said for _, said in found),
            plan.card.class_ids,
        )
