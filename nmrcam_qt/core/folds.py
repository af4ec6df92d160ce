"""Stratified folds that keep the spectra of one compound together, and intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.intp]], float]
"""A figure of the cases with these indices."""


def grouped_folds(
    groups: Sequence[str], classes: Sequence[int], n_folds: int, seed: int
) -> NDArray[np.intp]:
    """Assign every entry to a fold; entries of one group share it.

    Groups are shuffled and dealt out, the largest first, each to the fold that has
    the fewest entries of the group's most common class (then the fewest entries).

    Parameters
    ----------
    groups : sequence of str, length n
        Compound of each entry; its own id to split by picture.
    classes : sequence of int, length n
        Class of each entry.
    n_folds : int
        At least 2, at most the number of groups.
    seed : int
        Of the shuffle.

    Returns
    -------
    int ``(n,)``
        Fold of each entry, 0 … n_folds - 1.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.
    """
    members: dict[str, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    if not 2 <= n_folds <= len(members):
        raise ValueError(f"{n_folds} folds of {len(members)} compounds are not possible")
    rng = np.random.default_rng(seed)
    order = sorted(rng.permutation(sorted(members)), key=lambda g: -len(members[g]))
    folds = np.zeros(len(groups), dtype=np.intp)
    per_class = np.zeros((n_folds, max(classes) + 1), dtype=np.intp)
    for group in order:
        indices = members[group]
        counts = np.bincount([classes[i] for i in indices], minlength=per_class.shape[1])
        common = int(np.argmax(counts))
        fold = int(np.lexsort((per_class.sum(axis=1), per_class[:, common]))[0])
        folds[indices] = fold
        per_class[fold] += counts
    return folds


def bootstrap_interval(
    groups: Sequence[str],
    statistic: Statistic,
    seed: int = 0,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap over compounds (Efron 1979) of one figure.

    Parameters
    ----------
    groups : sequence of str, length n
        Compound of each case; compounds are drawn with replacement, each with all
        its cases.
    statistic : callable
        Takes the indices of the drawn cases (with repeats), returns a figure; NaN
        draws are left out.
    seed, n_resamples, level
        Of the bootstrap.

    Returns
    -------
    low, high : float
        NaN where no draw gave a figure.
    """
    return bootstrap_intervals(groups, {"": statistic}, seed, n_resamples, level)[""]


def bootstrap_intervals(
    groups: Sequence[str],
    statistics: Mapping[str, Statistic],
    seed: int = 0,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """Intervals of several figures from the same draws: what `bootstrap_interval` gives each.

    Parameters
    ----------
    groups, seed, n_resamples, level
        As there.
    statistics : mapping of str to callable
        The figures by name.

    Returns
    -------
    dict of str to (low, high)
    """
    names = sorted(set(groups))
    members: dict[str, list[int]] = {name: [] for name in names}
    for index, group in enumerate(groups):
        members[group].append(index)
    blocks = [np.array(members[name], dtype=np.intp) for name in names]
    rng = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {name: [] for name in statistics}
    for _ in range(n_resamples if statistics else 0):
        drawn = np.concatenate([blocks[i] for i in rng.integers(0, len(blocks), len(blocks))])
        for name, statistic in statistics.items():
            if math.isfinite(value := statistic(drawn)):
                draws[name].append(value)
    tail = (1 - level) / 2
    return {name: _quantiles(found, tail) for name, found in draws.items()}


def _quantiles(values: Sequence[float], tail: float) -> tuple[float, float]:
    if not values:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
