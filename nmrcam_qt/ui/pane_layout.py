"""How panes are arranged and scaled: plain functions for `PaneGrid`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.common_scale import WORDS, common_tops, kind_of
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.plot_values import Scale

ARRANGEMENTS = {"grid": "Grid", "strip": "One row or column"}
"""What the arrangements of several panes are called."""
PANE_ASPECT = 1.4
"""Width by height of a pane in which a spectrum is easily read."""
COMPARABLE = ("classes", "layers", "sample")
"""Layouts whose panes may share one scale: they have one method."""
MOST_MOVED = 0.25
"""Share of an axis by which it can be referenced and still be looked at in the same place."""
Edges = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PaneOptions:
    """How the user likes panes; belongs to the user, not to the project.

    Parameters
    ----------
    crosshair : bool
        Whether a crosshair follows the cursor in all panes.
    common_scale : bool
        Whether panes of one method and network share one colour scale.
    arrangement : str
        One of `ARRANGEMENTS`.
    keep_zoom : bool
        Whether the next spectrum is shown in the window of this one.
    columns : int
        A fixed number of columns; 0 for what suits the room.
    """

    crosshair: bool = False
    common_scale: bool = False
    arrangement: str = "grid"
    keep_zoom: bool = False
    columns: int = 0


def moved_by(before: tuple[Axis, Axis], now: tuple[Axis, Axis]) -> tuple[float, float] | None:
    """How far referencing moved a spectrum.

    Parameters
    ----------
    before, now : (F1, F2)
        Its axes.

    Returns
    -------
    (float, float) or None
        ¹H and ¹³C, ppm; None where the axes became others altogether, or by more than a
        quarter of their width.
    """
    moves = []
    for old, new in zip(reversed(before), reversed(now), strict=True):
        width = abs(old.edges[1] - old.edges[0])
        first, last = (b - a for a, b in zip(old.edges, new.edges, strict=True))
        if abs(last - first) > 1e-6 * width or abs(first) > MOST_MOVED * width:
            return None
        moves.append(first)
    return moves[0], moves[1]


def grid_shape(
    count: int, width: int, height: int, arrangement: str, columns: int = 0
) -> tuple[int, int]:
    """Rows and columns for `count` panes in an area of pixels.

    Parameters
    ----------
    count : int
        >= 1.
    width, height : int
        Of the area.
    arrangement : str
        "grid": whatever leaves panes that are easily read; "strip": one row where the area
        is wide enough for it, else one column.
    columns : int
        A fixed number of them; 0 for what suits.
    """
    if columns:
        return math.ceil(count / columns), columns
    possible = range(1, count + 1) if arrangement == "grid" else sorted({1, count})
    best = min(possible, key=lambda columns: _cost(count, columns, width, height))
    return math.ceil(count / best), best


def _cost(count: int, columns: int, width: int, height: int) -> float:
    """How far panes are from `PANE_ASPECT`, and how much room stays empty."""
    rows = math.ceil(count / columns)
    aspect = (max(width, 1) / columns) / (max(height, 1) / rows)
    empty = rows * columns - count
    return abs(math.log(aspect / PANE_ASPECT)) + 0.6 * empty / count


def union_edges(axes: Sequence[Axis]) -> Edges:
    """The window that holds all axes, ppm at the outer edges, lower limit first."""
    edges = [edge for axis in axes for edge in axis.edges]
    return min(edges), max(edges)


def scales_of(panes: Sequence[Shown], layout: str, common: bool) -> tuple[Scale, ...]:
    """Colour scale of every pane.

    Heat of different methods or networks does not compare; panes share a scale only with
    those of the same method and network.
    """
    if not common or len(panes) < 2 or layout not in COMPARABLE:
        return tuple(Scale() for _ in panes)
    tops = common_tops(pane.explanation for pane in panes)
    kinds = (None if p.explanation is None else kind_of(p.explanation) for p in panes)
    found = (None if kind is None else tops.get(kind) for kind in kinds)
    return tuple(Scale() if top is None else Scale(top, WORDS) for top in found)


def common_scale_reason(layout: str, count: int) -> str:
    """Why panes cannot share a scale; empty where they can."""
    if count < 2:
        return "There is one pane: nothing to compare."
    if layout == "methods":
        return "Heat of different methods does not compare: every pane has its own maximum."
    return ""
