"""What the pictures of a page show beside spectrum and map: found once for many of them."""

from __future__ import annotations

from collections.abc import Iterable

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.common_scale import common_tops, kind_of
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.usual_places import PriorShelf, usual_places_of
from nmrcam_qt.core.writers.request import Added, PageOptions


class Additions:
    """Makes `Added` for pictures of one kind of page.

    Parameters
    ----------
    page : PageOptions
        Whether usual places and a common scale are wanted.
    shelf : PriorShelf, optional
        Where priors are kept; a new one by default.
    """

    def __init__(self, page: PageOptions, shelf: PriorShelf | None = None) -> None:
        self._page, self._shelf = page, shelf or PriorShelf()

    def of(
        self,
        card: Card,
        explanation: Explanation,
        beside: Iterable[Explanation] = (),
        name: str = "",
    ) -> Added:
        """What is added to the picture of a map.

        Parameters
        ----------
        card : Card
            Of the network.
        explanation : Explanation
            The map.
        beside : iterable of Explanation
            All maps of the spectrum that are drawn, this one among them; they may share a scale.
        name : str
            The user's name for the spectrum.
        """
        page, top, usual = self._page, 0.0, None
        if page.common_scale:
            top = common_tops(beside).get(kind_of(explanation), 0.0)
        if page.usual_places:
            usual = usual_places_of(self._shelf, card, explanation.input_name, explanation.class_id)
        return Added(name, usual, top)
