"""From items of a session to what an export needs: spectra, names, results that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.peak_places import places_of
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey, SessionItem
from nmrcam_qt.session.packing import PackedSource, PackedSpectrum
from nmrcam_qt.session.plan import choose_network, partner_of
from nmrcam_qt.session.results import basis_of
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shifts import to_user


@dataclass(frozen=True, slots=True, eq=False)
class ExportPart:
    """One spectrum or pair to export.

    Parameters
    ----------
    packed : tuple of PackedSpectrum
        In the order of the network's inputs.
    names : tuple of str
        The user's names for them; empty for those of the files.
    sample : str
        Of their sample; empty for none.
    basis : tuple of str
        What the network sees of each (`nmrcam_qt.session.results.basis_of`).
    card : Card or None
        Of the network; None where none fits.
    stored : Handle[Analysis] or None
        A result of the installed network; it may lack maps.
    problem : str
        Why it cannot be exported; one sentence.
    bases : tuple of float
        Base of the contours of each over its default.
    picked : tuple of Handle[PickedPeaks] or None
        Picked peaks of each at the file's shifts; None where nobody picked any.
    """

    packed: tuple[PackedSpectrum, ...]
    names: tuple[str, ...]
    sample: str
    basis: tuple[str, ...]
    card: Card | None = None
    stored: Handle[Analysis] | None = None
    problem: str = ""
    bases: tuple[float, ...] = ()
    picked: tuple[Handle[PickedPeaks] | None, ...] = ()

    def places(self) -> tuple[PeakPlaces | None, ...]:
        """Where somebody has picked peaks in each, at the user's shifts; None for nobody.

        Raises
        ------
        NmrCamError
            If they cannot be read from the project.
        """
        return tuple(
            None if handle is None else places_of(to_user(handle.get(), packed.reference))
            for packed, handle in zip(self.packed, self.picked, strict=True)
        )

    @property
    def sources(self) -> tuple[PackedSource, ...]:
        """The spectra for the batch engine, unpacked when their turn comes."""
        return tuple(PackedSource(packed) for packed in self.packed)

    @property
    def load(self) -> Callable[[], Analysis] | None:
        """Loads the stored result."""
        return self.stored.get if self.stored is not None else None


def parts_of(
    session: Session,
    item_ids: Iterable[int],
    cards: Sequence[Card],
    network: str = "auto",
    layer: str | None = None,
) -> list[ExportPart]:
    """What is to be exported of some items, each spectrum or pair once.

    Parameters
    ----------
    session : Session
        Spectra and results.
    item_ids : iterable of int
        The chosen spectra; unknown ids are passed over.
    cards : sequence of Card
        The installed networks.
    network : str
        Network id or "auto".
    layer : str or None
        None for the card's default.

    Returns
    -------
    list of ExportPart
        In the order of the items.
    """
    parts: list[ExportPart] = []
    seen: set[AnalysisKey] = set()
    for item in map(session.find, item_ids):
        if item is None:
            continue
        try:
            card = choose_network(network, item, cards, partner_of(session, item))
            members = _members(session, item, card)
        except NetworkError as error:
            parts.append(_part(session, [item], problem=str(error)))
            continue
        known_layer = layer if layer in card.layers else None
        key = AnalysisKey(card.id, tuple(m.id for m in members), known_layer)
        if key not in seen:
            seen.add(key)
            result = None if session.is_stale(key) else session.result(key)
            stored = result.handle if result is not None else None
            parts.append(_part(session, members, card, stored))
    return parts


def _members(session: Session, item: SessionItem, card: Card) -> list[SessionItem]:
    """The item, or the pair in the order of the network's inputs."""
    if len(card.inputs) == 1:
        return [item]
    partner = partner_of(session, item)
    by_experiment = {m.experiment: m for m in (item, partner) if m is not None}
    if not set(card.experiments) <= set(by_experiment):
        wanted = " + ".join(e.label for e in card.experiments)
        raise NetworkError(f"{item.name}: {card.title} needs {wanted} of one sample.")
    return [by_experiment[e] for e in card.experiments]


def _part(
    session: Session,
    members: Sequence[SessionItem],
    card: Card | None = None,
    stored: Handle[Analysis] | None = None,
    problem: str = "",
) -> ExportPart:
    packed = tuple(member.packed for member in members)
    sample = session.samples.get(members[0].sample) if members[0].sample is not None else None
    return ExportPart(
        packed=packed,
        names=tuple(member.record.title for member in members),
        bases=tuple(member.record.contour_base for member in members),
        picked=tuple(member.record.picked for member in members),
        sample=sample.name if sample is not None else "",
        basis=tuple(basis_of(p) for p in packed),
        card=card,
        stored=stored,
        problem=problem,
    )
