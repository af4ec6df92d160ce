"""Which usual places belong to a pane (`nmrcam_qt.core.usual_places`). No Qt."""

from __future__ import annotations

from dataclasses import replace

from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.usual_places import PriorShelf, UsualPlaces, usual_places_of
from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.session.shown import Shown

NO_CLASS = "choose a class to see where it usually has signals"
BRIEF = "lines: usual places"
BRIEF_NONE = "no prior"


def input_of(shown: Shown) -> str:
    """Name of the network's input that the spectrum of a pane belongs to; empty for none."""
    seen = network_view(shown)
    return seen.spec.name if seen is not None else ""


def priors_by_class(shelf: PriorShelf, shown: Shown) -> dict[str, Explanation]:
    """Those of the input that the spectrum of a pane belongs to, by id of the class."""
    seen = network_view(shown)
    if seen is None:
        return {}
    found, _ = shelf.of(seen.card)
    return {c: prior for (name, c), prior in found.items() if name == seen.spec.name}


def usual_places(shown: Shown, shelf: PriorShelf, brief: bool = False) -> UsualPlaces:
    """The usual places of the class that a pane shows; `brief` words for one of several panes."""
    class_id = shown.view.class_id
    if shown.plan is None or class_id is None:
        return UsualPlaces(None, (), "" if brief else NO_CLASS)
    card = shown.plan.card
    found = usual_places_of(shelf, card, input_of(shown), class_id)
    if not brief:
        return found
    none = shelf.of(card)[1] or BRIEF_NONE
    return replace(found, words=none if found.prior is None else BRIEF)


def reason_without_prior(shown: Shown) -> str:
    """Why there are no usual places to show; empty where there are."""
    if shown.item is None:
        return "No spectrum is open."
    if shown.plan is None:
        return shown.refusal or "No network can look at this spectrum."
    if not shown.plan.card.prior_sha256:
        return f"{shown.plan.card.title} came without the usual places of its classes."
    return ""
