"""Figures of merit in cards: free mappings of their makers, read without trusting their form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nmrcam_qt.core.cards import Card


def inside(metrics: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """A mapping within mappings; an empty one where the card has none."""
    found: Any = metrics
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """How well the maps of one method found a class's signals with one network.

    On held-out compounds, each mixed with one foreign compound; over the class's signals
    against the foreign ones.

    Parameters
    ----------
    ink_auc : float
        0..1, chance is 0.5 (`nmrcam_qt.core.metrics.ink_auc`).
    low, high : float
        Its 95 % interval by compounds; both `ink_auc` where the card has none.
    prior : float
        The same for the class prior: where such signals usually lie, whatever the spectrum.
    empty_rate : float
        Share of the maps that were empty.
    """

    ink_auc: float
    low: float
    high: float
    prior: float
    empty_rate: float

    @property
    def sentence(self) -> str:
        """For a chemist: does it say more than the average spectrum of the class?"""
        if self.low > self.prior:
            verdict = "more than"
        elif self.high < self.prior:
            verdict = "less than"
        else:
            verdict = "not measurably more than"
        text = (
            f"With this network, on held-out mixtures of two, its maps tell the class's signals "
            f"from foreign ones with an AUC of {self.ink_auc:.2f} ({self.low:.2f} to "
            f"{self.high:.2f}; 0.5 is chance): {verdict} where such signals usually lie "
            f"({self.prior:.2f})."
        )
        empty = f" {self.empty_rate:.0%} of them were empty." if self.empty_rate >= 0.005 else ""
        return text + empty


def method_record(card: Card, method: str) -> MethodRecord | None:
    """What the card says of a method; None where nobody measured it."""
    found = inside(card.metrics, "localisation_held_out", "+1", method)
    auc, prior = found.get("ink_auc"), found.get("prior")
    if not isinstance(auc, float) or not isinstance(prior, float):
        return None
    ci, empty = found.get("ink_auc_ci"), found.get("empty_rate")
    known = isinstance(ci, list) and len(ci) == 2 and all(isinstance(x, float) for x in ci)
    low, high = ci if known and isinstance(ci, list) else (auc, auc)
    return MethodRecord(auc, low, high, prior, empty if isinstance(empty, float) else 0.0)
