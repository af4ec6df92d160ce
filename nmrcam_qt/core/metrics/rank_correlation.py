"""Spearman's rank correlation, ties sharing their mean rank."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def mean_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks 1..n in ascending order; equal values share the mean of their ranks.

    Parameters
    ----------
    values : float, any shape
        Finite.

    Returns
    -------
    float64 ``(n,)``
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    _, group, counts = np.unique(flat, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[group], dtype=np.float64)


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's ρ: Pearson's correlation of the mean ranks (Spearman 1904; ties: Kendall 1948).

    Parameters
    ----------
    one, other : float, the same size
        Paired values.

    Returns
    -------
    float
        -1..1; NaN where one of them is constant (an empty map is), holds a value that is not
        finite, or has fewer than two values: nothing can be said then, which is never
        agreement.

    Raises
    ------
    ValueError
        If the sizes differ.
    """
    a = np.asarray(one, dtype=np.float64).ravel()
    b = np.asarray(other, dtype=np.float64).ravel()
    if a.size != b.size:
        raise ValueError(f"{a.size} values against {b.size}: pairs expected")
    if a.size < 2 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    first, second = mean_ranks(a) - (a.size + 1) / 2, mean_ranks(b) - (b.size + 1) / 2
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(np.clip(first @ second / scale, -1.0, 1.0)) if scale > 0 else float("nan")
