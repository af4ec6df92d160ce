"""From the user's choice to what is to be analysed: network, spectra, layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.card_store import choose_card
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.session.grouping import sample_key
from nmrcam_qt.session.items import AUTO, AnalysisKey, SessionItem
from nmrcam_qt.session.session import Session


@dataclass(frozen=True, slots=True)
class Plan:
    """One analysis that can be done.

    Parameters
    ----------
    card : Card
        Of the network.
    items : tuple of int
        Ids of the spectra, in the order of the network's inputs.
    layer : str or None
        Layer of the maps; None for the default layer of every input.
    """

    card: Card
    items: tuple[int, ...]
    layer: str | None

    @property
    def key(self) -> AnalysisKey:
        """Where the session keeps the result."""
        return AnalysisKey(self.card.id, self.items, self.layer)


def make_plan(session: Session, item: SessionItem, cards: Sequence[Card]) -> Plan:
    """What *Analyse* does for an item under the session's view settings.

    Parameters
    ----------
    session : Session
        For the view settings and the samples.
    item : SessionItem
        The spectrum.
    cards : sequence of Card
        The installed networks.

    Raises
    ------
    NetworkError
        Why it cannot be analysed; one sentence for the window.
    """
    card = choose_network(session.view.network, item, cards, partner_of(session, item))
    items: tuple[int, ...] = (item.id,)
    if len(card.inputs) > 1:
        items = _pair(session, item, card)
    layer = session.view.layer
    return Plan(card, items, layer if layer in card.layers else None)


def find_map(
    analysis: Analysis, card: Card, item: SessionItem, class_id: str, method: str
) -> Explanation | None:
    """The map of a class and method, of a pair the one that lies on this item's input."""
    named = [e for e in analysis.explanations if (e.class_id, e.method) == (class_id, method)]
    if len(card.inputs) == 1:
        return named[0] if named else None
    own = {spec.name for spec in card.inputs if spec.experiment is item.experiment}
    return next((e for e in named if e.input_name in own), None)


def choose_network(
    network: str, item: SessionItem, cards: Sequence[Card], partner: SessionItem | None = None
) -> Card:
    """The card of a network id, or of "auto" for this item.

    Parameters
    ----------
    network : str
        Network id or "auto".
    item : SessionItem
        The spectrum.
    cards : sequence of Card
        The installed networks.
    partner : SessionItem, optional
        The other spectrum of its sample: then a network for both that was trained on
        mixtures is the automatic one, because two spectra tell more than one.

    Raises
    ------
    NetworkError
        If it is not installed or no network fits.
    """
    if network == AUTO:
        if item.experiment is None:
            raise NetworkError(
                f"Say first whether {item.name} is HSQC or HMBC; then a network can be chosen."
            )
        if partner is not None and partner.experiment is not None:
            both = sorted((item.experiment, partner.experiment))
            paired = [c for c in cards if c.trained_on_mixtures and sorted(c.experiments) == both]
            if paired:
                return paired[0]
        return choose_card(cards, [item.experiment])
    for card in cards:
        if card.id == network:
            return card
    raise NetworkError(f"The network {network!r} is not installed.")


def possible_partners(
    session: Session, item: SessionItem, most: int | None = None
) -> list[SessionItem]:
    """Spectra of the other experiment, those of the same sample or name first.

    Parameters
    ----------
    session : Session
        What is open; of ten thousand spectra only those that are returned are looked at.
    item : SessionItem
        Whose partners.
    most : int, optional
        How many are wanted at most.
    """
    if item.experiment is None:
        return []
    wanted, sample_of = sample_key(item.name), session.sample_of_each()
    others: list[tuple[bool, bool, int]] = []
    for place, other in enumerate(session.ids):
        name, experiment = session.label(other)
        if experiment is not None and experiment is not item.experiment:
            apart = item.sample is None or sample_of[other] != item.sample
            others.append((apart, sample_key(name) != wanted, place))
    return [session.at(place) for _, _, place in sorted(others)[:most]]


def partner_of(session: Session, item: SessionItem) -> SessionItem | None:
    """The first spectrum of the other experiment in the same sample."""
    if item.sample is None or item.experiment is None:
        return None
    members = (session.find(i) for i in session.members(item.sample))
    return next(
        (
            other
            for other in members
            if other is not None and other.experiment not in (None, item.experiment)
        ),
        None,
    )


def _pair(session: Session, item: SessionItem, card: Card) -> tuple[int, ...]:
    """Ids of the pair in the order of the network's inputs."""
    wanted = " + ".join(e.label for e in card.experiments)
    if item.experiment is None:
        raise NetworkError(f"{card.title} needs {wanted}: say first which of them {item.name} is.")
    partner = partner_of(session, item)
    if partner is None:
        raise NetworkError(
            f"{card.title} needs {wanted} of one sample: no partner of {item.name} is in its "
            "sample; choose one below the network."
        )
    by_experiment = {item.experiment: item.id, partner.experiment: partner.id}
    if set(by_experiment) != set(card.experiments):
        raise NetworkError(f"{card.title} needs {wanted}.")
    return tuple(by_experiment[e] for e in card.experiments)
