"""Contributions of the spectra looked at last, in memory. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nmrcam_qt.core.contributions import Contributions, MapStability, PeakPlaces
from nmrcam_qt.core.peak_places import digest_of, places_of
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.session.contributing import Basis
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.recent import Recent
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.session import Session

MOST_KEPT = 32
"""Results; one of two thousand peaks and twelve classes takes about half a megabyte."""
NOWHERE = places_of(None)
PeaksOf = Callable[[SessionItem | None], PickedPeaks | None]


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
    stability: Mapping[tuple[str, str, str, str], MapStability] = field(default_factory=dict)
    """by input, class, method and layer"""


class ContributionCache:
    """The newest result of each network for each spectrum or pair, the last `MOST_KEPT` of them."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[str, tuple[int, ...]], Kept] = Recent(MOST_KEPT)

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, kept: Kept) -> None:
        """A new result takes the place of an older one of its network and spectra."""
        self._kept.keep(kept.basis.place, kept)

    def find(self, basis: Basis) -> Kept | None:
        """The newest result for the network and spectra of a basis, which may rest on other peaks.

        None where the network was replaced since: its classes may be others.
        """
        found = self._kept.find(basis.place)
        if found is None or found.basis.network_sha256 != basis.network_sha256:
            return None
        return found


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
            tuple(digest for _, digest in found),
        )
