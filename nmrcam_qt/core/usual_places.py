"""Where a class usually has its signals, as lines: the same in the window and in pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.class_priors import Priors, read_priors
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.results import Explanation

if TYPE_CHECKING:
    from nmrcam_qt.core.heat_contours import Contour

SHARES = (0.9, 0.5)
"""Of the ink of an average spectrum that lie inside the lines, the outer one first."""
BELOW = 0.99
"""A line exactly at the height of a plateau would not be drawn."""
NO_PRIOR = "no prior: {network} came without the usual places of {title}"
LINES = (
    "blue lines: where {title} usually has signals (dashed: half of their ink inside, dotted: 90 %)"
)


def _installed(card: Card) -> Path:
    return find_network(card.id).folder


class PriorShelf:
    """The priors of networks, each read once.

    Parameters
    ----------
    folder_of : callable, optional
        The folder of a card's network; that of the installed one of its id by default.
    """

    def __init__(self, folder_of: Callable[[Card], Path] = _installed) -> None:
        self._folder_of = folder_of
        # By the whole card: the digest alone, which a stranger's card can name too, would lend
        # one network's classes and windows to another.
        self._known: dict[str, tuple[Card, tuple[Priors, str]]] = {}

    def of(self, card: Card) -> tuple[Priors, str]:
        """The priors of a network, and why there are none.

        Returns
        -------
        priors : mapping
            Empty where it has none.
        problem : str
            One sentence where they cannot be read; empty otherwise.
        """
        known = self._known.get(card.id)
        if known is None or known[0] != card:
            known = self._known[card.id] = card, self._read(card)
        return known[1]

    def _read(self, card: Card) -> tuple[Priors, str]:
        if not card.prior_sha256:
            return {}, ""
        try:
            return read_priors(self._folder_of(card), card), ""
        except NmrCamError as error:
            return {}, str(error)


@dataclass(frozen=True, slots=True, eq=False)
class UsualPlaces:
    """What is drawn over a spectrum.

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

    @property
    def lines(self) -> tuple[Contour, ...]:
        """One for each of `SHARES`, in ppm; none where nothing can be drawn."""
        from nmrcam_qt.core.heat_contours import contours_of  # contourpy: not for the first paint

        if self.prior is None:
            return ()
        return contours_of(self.prior.heat, self.prior.f1, self.prior.f2, 1.0, self.levels)


def usual_places_of(shelf: PriorShelf, card: Card, input_name: str, class_id: str) -> UsualPlaces:
    """Where a class usually has its signals on one input of a network.

    Parameters
    ----------
    shelf : PriorShelf
        What is known of networks.
    card : Card
        Of the network.
    input_name, class_id : str
        Which input, which class.
    """
    title = card.class_spec(class_id).title if class_id in card.class_ids else class_id
    priors, problem = shelf.of(card)
    prior = priors.get((input_name, class_id))
    if prior is None:
        return UsualPlaces(None, (), problem or NO_PRIOR.format(network=card.title, title=title))
    levels = tuple(BELOW * level_around(prior, share) for share in SHARES)
    return UsualPlaces(prior, levels, LINES.format(title=title))


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
