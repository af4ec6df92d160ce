"""How well scores rank cases that carry a class above those that do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def roc_auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Probability that a positive scores higher than a negative, ties counting half.

    This is the area under the ROC curve (Hanley & McNeil 1982), exact with ties.

    Parameters
    ----------
    positive, negative : float, any shape
        Scores of the two groups; finite.

    Returns
    -------
    float
        0..1; NaN where a group is empty.
    """
    high = np.asarray(positive, dtype=np.float64).ravel()
    low = np.sort(np.asarray(negative, dtype=np.float64).ravel())
    if not len(high) or not len(low):
        return float("nan")
    below = np.searchsorted(low, high, side="left")
    not_above = np.searchsorted(low, high, side="right")
    return float((below + not_above).sum() / (2 * len(high) * len(low)))


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """ROC-AUC of one class's scores.

    Parameters
    ----------
    scores : float ``(n,)``
    labels : bool ``(n,)``

    Returns
    -------
    float
        NaN where all labels are equal.
    """
    values, truth = _pair(scores, labels)
    return roc_auc(values[truth], values[~truth])


def f1(present: ArrayLike, labels: ArrayLike) -> float:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Parameters
    ----------
    present, labels : bool ``(n,)``
        What the network says and what is true.

    Returns
    -------
    float
        NaN where the class neither occurs nor is said to.
    """
    said, truth = np.asarray(present, dtype=bool), np.asarray(labels, dtype=bool)
    wrong = int((said != truth).sum())
    hits = int((said & truth).sum())
    return 2 * hits / (2 * hits + wrong) if hits + wrong else float("nan")


def recall(present: ArrayLike, labels: ArrayLike) -> float:
    """Share of the cases that carry the class and are said to; NaN without such cases."""
    said, truth = np.asarray(present, dtype=bool), np.asarray(labels, dtype=bool)
    return float(said[truth].mean()) if truth.any() else float("nan")


def recall_at_fpr(scores: ArrayLike, labels: ArrayLike, max_fpr: float = 0.05) -> float:
    """Highest recall of a threshold whose false-positive rate is at most `max_fpr`.

    A case is positive where its score is *at or above* the threshold, so that tied
    cases fall on the same side.

    Parameters
    ----------
    scores : float ``(n,)``
    labels : bool ``(n,)``
    max_fpr : float
        0..1.

    Returns
    -------
    float
        NaN where all labels are equal.
    """
    values, truth = _pair(scores, labels)
    positive, negative = values[truth], np.sort(values[~truth])
    if not len(positive) or not len(negative):
        return float("nan")
    # The allowed false positives are the highest negatives; the next one must stay below.
    allowed = int(np.floor(max_fpr * len(negative) + 1e-9))
    if allowed >= len(negative):
        return 1.0
    return float((positive > negative[len(negative) - 1 - allowed]).mean())


def _pair(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
