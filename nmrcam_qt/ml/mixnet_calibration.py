"""Logits that mean probabilities: a temperature and a shift per class, and how well they hold.

Temperature scaling (Guo et al. 2017, arXiv 1706.04599) with a shift besides (Platt 1999),
because the mixtures a network is trained on hold each class more often than spectra do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.newton import damped_newton

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEPS = 100
_PRIOR_WIDTH = 0.5
"""Standard deviation of ln T about 0: with a handful of positive compounds a class keeps
nearly its own temperature."""
_SHIFT_WIDTH = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """``p = sigmoid(logit / T + b)``, class by class.

    Parameters
    ----------
    temperatures, shifts : float64 ``(n_classes,)``
    """

    temperatures: Floats
    shifts: Floats

    def __call__(self, logits: Floats) -> Floats:
        """Probabilities ``(n, n_classes)`` of logits ``(n, n_classes)``."""
        return sigmoid(logits / self.temperatures + self.shifts)


def sigmoid(logits: Floats) -> Floats:
    """Logistic function, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(logits / 2)))


def fit_calibration(logits: Floats, labels: Flags, weights: Floats | None = None) -> Calibration:
    """Fit temperature and shift of every class by penalised maximum likelihood.

    Parameters
    ----------
    logits : float64 ``(n, n_classes)``
        Of compounds that the network did not see.
    labels : bool ``(n, n_classes)``
    weights : float64 ``(n,)``, optional
        Of the cases, such as 1 / number of spectra of the compound; 1 without it.

    Returns
    -------
    Calibration
        Temperature 1 and shift 0 for a class of which there is no case, or only cases.
    """
    weight = np.ones(len(logits)) if weights is None else np.asarray(weights, np.float64)
    n_classes = logits.shape[1]
    temperatures, shifts = np.ones(n_classes), np.zeros(n_classes)
    for i in range(n_classes):
        truth = labels[:, i]
        if truth.any() and not truth.all():
            task = _Task(logits[:, i], truth.astype(np.float64), weight)
            log_slope, shifts[i] = damped_newton(np.zeros(2), task.cost, task.slopes, _STEPS)
            temperatures[i] = 1 / np.exp(log_slope)
    return Calibration(temperatures, shifts)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Cases of one class; the unknowns are the logarithm of the slope 1 / T, and the shift."""

    logit: Floats
    truth: Floats
    weight: Floats

    def cost(self, x: Floats) -> float:
        log_slope, shift = x
        raised = np.exp(np.clip(log_slope, -20, 20)) * self.logit + shift
        loss = np.logaddexp(0, raised) - self.truth * raised
        penalty = (log_slope / _PRIOR_WIDTH) ** 2 + (shift / _SHIFT_WIDTH) ** 2
        return float(self.weight @ loss + penalty / 2)

    def slopes(self, x: Floats) -> tuple[Floats, Floats]:
        """Gradient, and the Gauss-Newton matrix, which is positive definite."""
        log_slope, shift = x
        by_slope = np.exp(log_slope) * self.logit
        p = sigmoid(by_slope + shift)
        error = self.weight * (p - self.truth)
        spread = self.weight * np.maximum(p * (1 - p), 1e-9)
        gradient = np.array(
            [
                error @ by_slope + log_slope / _PRIOR_WIDTH**2,
                error.sum() + shift / _SHIFT_WIDTH**2,
            ]
        )
        cross = spread @ by_slope
        matrix = np.array(
            [
                [spread @ by_slope**2 + 1 / _PRIOR_WIDTH**2, cross],
                [cross, spread.sum() + 1 / _SHIFT_WIDTH**2],
            ]
        )
        return gradient, matrix


def calibration_error(probabilities: Floats, labels: Flags, n_bins: int = 10) -> float:
    """Expected calibration error over bins of equal width.

    Parameters
    ----------
    probabilities : float64, any shape
    labels : bool, same shape
    n_bins : int
        Over 0..1.

    Returns
    -------
    float
        Σ over bins of (share of cases) × |mean probability − share that is true|.
    """
    p, truth = probabilities.ravel(), labels.ravel().astype(np.float64)
    place = np.minimum((p * n_bins).astype(int), n_bins - 1)
    gaps = np.bincount(place, p - truth, n_bins)
    return float(np.abs(gaps).sum() / len(p))


def reliability(
    probabilities: Floats, labels: Flags, n_bins: int = 10
) -> list[tuple[float, float, int]]:
    """Points of a reliability diagram: mean probability, share true, number of cases."""
    p, truth = probabilities.ravel(), labels.ravel().astype(np.float64)
    place = np.minimum((p * n_bins).astype(int), n_bins - 1)
    count = np.bincount(place, minlength=n_bins)
    sums = np.bincount(place, p, n_bins), np.bincount(place, truth, n_bins)
    return [
        (float(sums[0][i] / count[i]), float(sums[1][i] / count[i]), int(count[i]))
        for i in np.flatnonzero(count)
    ]


def brier_skill(probabilities: Floats, labels: Flags) -> float:
    """1 − Brier score / Brier score of always saying the base rate; one class.

    Parameters
    ----------
    probabilities : float64 ``(n,)``
    labels : bool ``(n,)``

    Returns
    -------
    float
        NaN where all labels are equal.
    """
    truth = labels.astype(np.float64)
    base = float(((truth - truth.mean()) ** 2).mean())
    return 1 - float(((probabilities - truth) ** 2).mean()) / base if base else float("nan")


def threshold_at(probabilities: Floats, labels: Flags, max_fpr: float) -> float:
    """Lowest threshold whose false-positive rate is at most `max_fpr`; one class.

    A case is positive at or above the threshold.

    Parameters
    ----------
    probabilities : float64 ``(n,)``
    labels : bool ``(n,)``
        At least one False.
    max_fpr : float
        0..1.

    Returns
    -------
    float
        0..1, just above the highest negative that must stay below; 1 where even that
        one scores 1.

    Raises
    ------
    ValueError
        If there is no negative case.
    """
    negative = np.sort(probabilities[~labels])
    if not len(negative):
        raise ValueError("no negative case to set a threshold by")
    allowed = int(np.floor(max_fpr * len(negative) + 1e-9))
    if allowed >= len(negative):
        return 0.0
    return float(min(np.nextafter(negative[len(negative) - 1 - allowed], 2), 1.0))
