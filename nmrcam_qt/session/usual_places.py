"""Where the class that is shown usually has its signals: what a map must know more than. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.class_priors import Priors, read_priors
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.session.shown import Shown

SHARES = (0.9, 0.5)
"""Of the ink of an average spectrum that lie inside the lines, the outer one first."""
BELOW = 0.99
"""A line exactly at the height of a plateau would not be drawn."""
NO_CLASS = "choose a class to see where it usually has signals"
NO_PRIOR = "no prior: {network} came without the usual places of {title}"
BRIEF = "lines: usual places"
LINES = (
    "blue lines: where {title} usually has signals (dashed: half of their ink inside, dotted: 90 %)"
)


class PriorShelf:
    """The priors of networks, each read once."""

    def __init__(self) -> None:
        # By the whole card: the digest alone, which a stranger's card can name too, would lend
        # one network's classes and windows to another.
        self._known: dict[str, tuple[Card, tuple[Priors, str]]] = {}

    def of(self, card: Card) -> tuple[Priors, str]:
        """The priors of an installed network, and why there are none.

        Returns
        -------
        priors : mapping
            Empty where it has none.
        problem : str
            One sentence where they cannot be read; empty otherwise.
        """
        known = self._known.get(card.id)
        if known is None or known[0] != card:
            known = self._known[card.id] = card, _read(card)
        return known[1]

    def by_class(self, shown: Shown) -> dict[str, Explanation]:
        """Those of the input that the spectrum of a pane belongs to, by id of the class."""
        seen = network_view(shown)
        if seen is None:
            return {}
        found, _ = self.of(seen.card)
        return {c: prior for (name, c), prior in found.items() if name == seen.spec.name}


def _read(card: Card) -> tuple[Priors, str]:
    """The priors of an installed network, and why there are none."""
    if not card.prior_sha256:
        return {}, ""
    try:
        return read_priors(find_network(card.id).folder, card), ""
    except NmrCamError as error:
        return {}, str(error)


@dataclass(frozen=True, slots=True, eq=False)
class UsualPlaces:
    """What is drawn over a pane.

    Parameters
    ----------
    prior : Explanation or None
        Of the class; None where nothing can be drawn.
    levels : tuple of float
        Mean ink at the lines, rising, one for each of `SHARES`.
    words : str
        What the lines are, or why there are none.
    """

    prior: Explanation | None
    levels: tuple[float, ...]
    words: str


def usual_places(shown: Shown, shelf: PriorShelf, brief: bool = False) -> UsualPlaces:
    """The usual places of the class that a pane shows; `brief` words for one of several panes."""
    class_id = shown.view.class_id
    if shown.plan is None or class_id is None:
        return UsualPlaces(None, (), "" if brief else NO_CLASS)
    card = shown.plan.card
    title = card.class_spec(class_id).title if class_id in card.class_ids else class_id
    prior = shelf.by_class(shown).get(class_id)
    if prior is None:
        missing = "no prior" if brief else NO_PRIOR.format(network=card.title, title=title)
        return UsualPlaces(None, (), shelf.of(card)[1] or missing)
    levels = tuple(BELOW * level_around(prior, share) for share in SHARES)
    return UsualPlaces(prior, levels, BRIEF if brief else LINES.format(title=title))


def level_around(prior: Explanation, share: float) -> float:
    """The highest level above which at least this share of a prior lies.

    Parameters
    ----------
    prior : Explanation
        Not empty.
    share : float
        0..1.
    """
    falling = np.sort(prior.heat, axis=None)[::-1].astype(np.float64)
    inside = np.cumsum(falling)
    at = min(int(np.searchsorted(inside, share * inside[-1])), falling.size - 1)
    return float(falling[at])


def reason_without_prior(shown: Shown) -> str:
    """Why there are no usual places to show; empty where there are."""
    if shown.item is None:
        return "No spectrum is open."
    if shown.plan is None:
        return shown.refusal or "No network can look at this spectrum."
    if not shown.plan.card.prior_sha256:
        return f"{shown.plan.card.title} came without the usual places of its classes."
    return ""
