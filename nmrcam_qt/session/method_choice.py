"""Which methods an analysis asks for, and which are made on demand; what each costs. No Qt."""

from __future__ import annotations

from nmrcam_qt.core.card_figures import method_record
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS, Kind

CHEAP, SLOW = "With every analysis", "On demand (slow)"
"""Headings of the two groups of methods."""


def is_slow(method: str) -> bool:
    """Whether a method costs too much to be part of every analysis."""
    info = METHODS.get(method)
    return info is not None and info.slow


def gives_all_classes(method: str) -> bool:
    """Whether one run of a method gives the maps of all classes for the price of one.

    What paints signals or masks sees all logits of each forward pass; gradients at the input
    are those of one class.
    """
    info = METHODS.get(method)
    return info is not None and info.kind is not Kind.INPUT


def groups_of_methods() -> dict[str, tuple[str, ...]]:
    """Ids of all methods under the headings of their groups."""
    return {CHEAP: DEFAULT_METHODS, SLOW: tuple(m for m in METHODS if m not in DEFAULT_METHODS)}


def method_title(method: str) -> str:
    """What a method is called; a foreign one by its id."""
    info = METHODS.get(method)
    return info.title if info is not None else method


def caveat_of(method: str, card: Card | None = None) -> str:
    """When a method is wrong, and what its maps were worth with a network where that is known."""
    info = METHODS.get(method)
    record = None if card is None else method_record(card, method)
    said = [info.caveat if info is not None else "", record.sentence if record is not None else ""]
    return " ".join(text for text in said if text)


def method_tip(method: str, card: Card | None = None) -> str:
    """What a method costs and when it is wrong, in a few lines.

    Parameters
    ----------
    method : str
        Id of the method.
    card : Card, optional
        Of the network, for what was measured of the method on it.
    """
    info = METHODS.get(method)
    if info is None:
        return ""
    lines = [
        f"{info.title}: {info.source}",
        f"Costs: {info.cost}",
        f"When it is wrong: {caveat_of(method, card)}",
    ]
    return "\n".join(lines)
