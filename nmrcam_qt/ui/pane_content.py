"""What a pane needs to know about what it shows: plain functions for `PaneGrid`."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.shown import COMPUTE_KEY, Shown
from nmrcam_qt.ui.plot_values import Ink


def unpacked(packed: PackedSpectrum) -> tuple[Ink, str]:
    """The image for the screen; a blank one and the reason where it cannot be read."""
    try:
        return packed.display(), ""
    except NmrCamError as error:
        blank = np.zeros((1, 1), dtype=np.float32)
        f1 = Axis.from_edges("13C", *packed.f1.edges, 1)
        f2 = Axis.from_edges("1H", *packed.f2.edges, 1)
        return (blank, f1, f2), f"The spectrum cannot be shown: {error}"


def offer_of(pane: Shown, several: bool) -> tuple[str, str]:
    """Text and tip of the button that makes what a pane lacks; empty where it lacks nothing.

    One pane alone is analysed by the button of the tool bar.
    """
    if pane.computable and not pane.busy:
        info = METHODS.get(pane.view.method)
        cost = f"\nCosts: {info.cost}" if info is not None else ""
        return "Compute", f"Make just this map ({COMPUTE_KEY}){cost}"
    return ("Analyse", "Make the map of this pane") if several and pane.analysable else ("", "")


def class_colour(pane: Shown) -> str:
    """Colour that the network's card gives to the class of a pane; empty where it has none."""
    card: Card | None = pane.plan.card if pane.plan is not None else None
    class_id = pane.view.class_id
    if card is None or class_id is None or class_id not in card.class_ids:
        return ""
    return card.class_spec(class_id).colour
