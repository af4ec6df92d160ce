"""Peak average precision: do the target's peaks come first when peaks are ranked by heat?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def average_precision(scores: ArrayLike, positive: ArrayLike) -> float:
    """Average precision of a ranking, its expectation where scores are equal.

    ``AP = 1/P Σ_i precision(i) [i is positive]`` over the ranks i. Among equal scores every
    order is as likely (McSherry & Najork 2008, "Computing information retrieval performance
    measures efficiently in the presence of tied scores", section 3.3): behind t items with r
    positive, the i-th place of a group of n with k positive adds
    ``k/n · (r + 1 + (i-1)(k-1)/(n-1)) / (t + i)``. Without ties this is
    ``sklearn.metrics.average_precision_score``.

    Parameters
    ----------
    scores : float ``(n,)``
        Heat of each peak.
    positive : bool ``(n,)``
        Whether the peak is the target's.

    Returns
    -------
    float
        0..1; NaN where no peak is positive, or all are: nothing is ranked then.

    Raises
    ------
    ValueError
        If the lengths differ or a score is not finite.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    truth = np.asarray(positive, dtype=bool).ravel()
    if values.size != truth.size or not np.isfinite(values).all():
        raise ValueError("one finite score for each peak expected")
    if not truth.any() or truth.all():
        return float("nan")
    total, before, hits = 0.0, 0, 0
    _, group = np.unique(-values, return_inverse=True)
    sizes = np.bincount(group)
    carried = np.bincount(group, weights=truth).astype(int)
    for n, k in zip(sizes.tolist(), carried.tolist(), strict=True):
        place = np.arange(1, n + 1)
        others = (place - 1) * ((k - 1) / (n - 1) if n > 1 else 0.0)
        total += k / n * float(((hits + 1 + others) / (before + place)).sum())
        before, hits = before + n, hits + k
    return total / hits


def chance_precision(positive: ArrayLike) -> float:
    """Average precision of a random order: what a map has that tells no peak from another."""
    return average_precision(np.zeros(np.size(positive)), positive)
