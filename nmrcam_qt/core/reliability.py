"""How often answers of this score were right on compounds the network had not seen.

A softmax of .95 is no 95 %: small networks are too sure of themselves (Guo et al. 2017,
arXiv 1706.04599). The card therefore carries what cross-validation by compound measured
for each range of the top score (``metrics.held_out_reliability``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.folds import bootstrap_interval

KEY = "held_out_reliability"
EDGES = (0.0, 0.9, 0.99, 0.999, 1.0)
"""Limits of the ranges of the top score; the last one is closed."""


@dataclass(frozen=True, slots=True)
class Range:
    """One range of the top score.

    Parameters
    ----------
    low, high : float
        Limits, low included.
    right : float
        Share of right answers, 0..1.
    ci : (low, high)
        95 % interval, bootstrap over compounds.
    n : int
        Number of answers.
    """

    low: float
    high: float
    right: float
    ci: tuple[float, float]
    n: int


def measure(
    top_scores: Sequence[float], right: Sequence[bool], compounds: Sequence[str]
) -> list[dict[str, Any]]:
    """Ranges as they stand in a card; those without answers are left out.

    Parameters
    ----------
    top_scores, right, compounds : sequences of length n
        Top score, whether the answer was right, and the compound of every held-out answer.
    """
    scores, good = np.asarray(top_scores, dtype=float), np.asarray(right, dtype=float)
    found = []
    for low, high in pairwise(EDGES):
        inside = (scores >= low) & ((scores < high) | (high == EDGES[-1]))
        mine = good[inside]
        if not len(mine):
            continue
        groups = [c for c, is_in in zip(compounds, inside, strict=True) if is_in]
        interval = bootstrap_interval(groups, _mean_of(mine))
        found.append(
            {
                "from": low,
                "to": high,
                "right": round(float(mine.mean()), 3),
                "ci": [round(x, 3) for x in interval],
                "n": len(mine),
            }
        )
    return found


def _mean_of(values: NDArray[np.float64]) -> Callable[[NDArray[np.intp]], float]:
    return lambda drawn: float(values[drawn].mean())


def ranges(card: Card) -> tuple[Range, ...]:
    """Ranges of a card; none where it has no such figures or they are broken."""
    rows = card.metrics.get(KEY, [])
    try:
        return tuple(
            Range(
                float(row["from"]),
                float(row["to"]),
                float(row["right"]),
                (float(row["ci"][0]), float(row["ci"][1])),
                int(row["n"]),
            )
            for row in rows
        )
    except (TypeError, KeyError, IndexError, ValueError):
        return ()


def sentence(card: Card, top_score: float) -> str:
    """What the top score was worth on held-out compounds; empty where nobody measured it."""
    for found in ranges(card):
        if found.low <= top_score < found.high or found.high == EDGES[-1] == top_score:
            low, high = found.ci
            limits = f"of {found.low:g}–{found.high:g}" if found.low else f"below {found.high:g}"
            return (
                f"On held-out compounds of its own data {found.right:.0%} ({low:.0%}–{high:.0%}) "
                f"of the network's answers with a score {limits} were right (n = {found.n})."
            )
    return ""
