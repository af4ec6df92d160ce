"""Picked peaks against true ones, one to one."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

FAR = 1e6


def matched(
    picked: np.ndarray, members: list[np.ndarray], tolerance: tuple[float, float]
) -> list[tuple[int, int]]:
    """Pairs (picked, true) within a box of +-`tolerance` (¹H, ¹³C ppm), as many as possible.

    A true peak is met at any of its `members` ``(m, 2)``.
    """
    if not len(picked) or not members:
        return []
    cost = np.full((len(picked), len(members)), FAR)
    for j, places in enumerate(members):
        away = np.abs(picked[:, np.newaxis, :2] - places[np.newaxis]) / tolerance
        inside = (away <= 1).all(axis=2)
        distance = np.where(inside, away.sum(axis=2), FAR).min(axis=1)
        cost[:, j] = distance
    pairs = []
    n = len(picked)
    near = np.argwhere(cost < FAR)
    if not len(near):
        return []
    graph = csr_matrix((np.ones(len(near)), (near[:, 0], n + near[:, 1])), (n + len(members),) * 2)
    _, group = connected_components(graph, directed=False)
    for g in np.unique(group[near[:, 0]]):
        rows = np.flatnonzero(group[:n] == g)
        columns = np.flatnonzero(group[n:] == g)
        part = cost[np.ix_(rows, columns)]
        for i, j in zip(*linear_sum_assignment(part), strict=True):
            if part[i, j] < FAR:
                pairs.append((int(rows[i]), int(columns[j])))
    return pairs


def bootstrap(
    counts: np.ndarray, ratio: tuple[int, int], groups: np.ndarray, seed: int = 0, n: int = 2000
) -> tuple[float, float, float]:
    """A ratio of summed columns with its 95 % interval over groups (compounds)."""
    names, place = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(place, counts[:, k], len(names)) for k in ratio], axis=1)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(names), size=(n, len(names)))
    total = sums[drawn].sum(axis=1)
    value = sums[:, 0].sum() / sums[:, 1].sum()
    low, high = np.quantile(total[:, 0] / total[:, 1], [0.025, 0.975])
    return round(float(value), 4), round(float(low), 4), round(float(high), 4)
