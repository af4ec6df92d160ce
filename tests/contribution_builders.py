"""Contributions made up for the tests of the upper layers."""

from __future__ import annotations

import numpy as np
from window_builders import CLASSES

from nmrcam_qt.core.contributions import (
    Contributions,
    InputContributions,
    PeakIntervals,
    PeakPlaces,
)

DROPS = np.array([[0.5, 2.0, -0.1], [0.0, -1.0, 0.05], [1.5, 0.02, 0.0], [9.0, 9.0, 9.0]])
"""Three peaks for three classes, and what a fourth would do if it were seen."""
CELLS = np.array([4, 9, 1, 0])


def places_at(points, first=1) -> PeakPlaces:
    h, c = np.array(points, float).reshape(-1, 2).T
    return PeakPlaces(np.arange(len(h)) + first, h, c)


def made_up(
    points=((7.0, 120.0), (3.0, 50.0), (1.0, 20.0), (11.0, 30.0)), drops=None, repeats=0, heat=None
) -> Contributions:
    """Of one input; peaks without cells have no drop."""
    places = places_at(points)
    n = len(places)
    cells = CELLS[:n] if drops is None else np.full(n, 3)
    table = np.where(cells[:, None] > 0, DROPS[:n], 0.0) if drops is None else np.array(drops)
    shares = {"hirescam": np.full((n, len(CLASSES)), 0.25)} if heat is None else heat
    one = InputContributions("spectrum", places, table, cells, np.full(3, 0.1), shares)
    intervals = ()
    if repeats:
        rank = np.ones((n, 3), np.int64)
        intervals = (PeakIntervals("spectrum", table - 0.5, table + 1.0, rank, rank + 1),)
    logits, empty = np.array([0.0, 3.0, 1.0]), np.array([-1.0, -2.0, -1.0])
    return Contributions("net-hsqc", "f" * 64, CLASSES, logits, empty, (one,), intervals, repeats)
