"""Logits that mean probabilities: a temperature and a shift per class, and how well they hold.

Temperature scaling (Guo et al. 2017, arXiv 1706.04599) with a shift besides (Platt 1999),
because the mixtures a network is trained on hold each class more often than spectra do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
            slope, shifts[i] = _newton(logits[:, i], truth.astype(np.float64), weight)
            temperatures[i] = 1 / slope
    return Calibration(temperatures, shifts)


def _newton(logit: Floats, truth: Floats, weight: Floats) -> tuple[float, float]:
    """Slope (as its logarithm) and shift by damped Newton steps with numeric safety."""
    log_slope, shift = 0.0, 0.0
    best = _cost(logit, truth, weight, log_slope, shift)
    for _ in range(_STEPS):
        slope = np.exp(log_slope)
        p = sigmoid(slope * logit + shift)
        error, spread = weight * (p - truth), weight * np.maximum(p * (1 - p), 1e-9)
        by_slope = slope * logit
        gradient = np.array(
            [
                error @ by_slope + log_slope / _PRIOR_WIDTH**2,
                error.sum() + shift / _SHIFT_WIDTH**2,
            ]
        )
        cross = spread @ by_slope
        hessian = np.array(
            [
                [spread @ by_slope**2 + 1 / _PRIOR_WIDTH**2, cross],
                [cross, spread.sum() + 1 / _SHIFT_WIDTH**2],
            ]
        )
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while size > 1e-6:
            trial = log_slope - size * step[0], shift - size * step[1]
            cost = _cost(logit, truth, weight, *trial)
            if cost < best:
                break
            size /= 2
        else:
            break
        done = best - cost < 1e-10 * max(abs(best), 1)
        (log_slope, shift), best = trial, cost
        if done:
            break
    return float(np.exp(log_slope)), float(shift)


def _cost(logit: Floats, truth: Floats, weight: Floats, log_slope: float, shift: float) -> float:
    raised = np.exp(np.clip(log_slope, -20, 20)) * logit + shift
    loss = np.logaddexp(0, raised) - truth * raised
    penalty = (log_slope / _PRIOR_WIDTH) ** 2 + (shift / _SHIFT_WIDTH) ** 2
    return float(weight @ loss + penalty / 2)


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
