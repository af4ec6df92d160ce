"""Late fusion of the logits of two networks that saw the same sample in two experiments.

``logit_c = a_c · l_hsqc,c + b_c · l_hmbc,c + g_c``: linear, so that the maps of both networks,
times their factor, go on summing to the logit. Few compounds carry a class, so that the
factors are shared by the classes, or kept near what is shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.mixnet_calibration import sigmoid
from nmrcam_qt.ml.newton import damped_newton

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEPS = 200
_CENTRE = float(np.log(0.7))
"""Logarithm of both factors before anything is seen: between 1, right for experiments that
err independently, and 1/2, right for two that say the same."""
_FACTOR_WIDTH = 0.5
_SHIFT_WIDTH = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Fusion:
    """What two logits make together.

    Parameters
    ----------
    hsqc, hmbc : float64 ``(n_classes,)``
        Factors, above 0: more evidence in one experiment is never evidence against.
    shifts : float64 ``(n_classes,)``
    """

    hsqc: Floats
    hmbc: Floats
    shifts: Floats

    def __call__(self, hsqc: Floats, hmbc: Floats) -> Floats:
        """Logits ``(n, n_classes)`` of the sample."""
        return np.asarray(self.hsqc * hsqc + self.hmbc * hmbc + self.shifts)


def fit_fusion(
    hsqc: Floats,
    hmbc: Floats,
    labels: Flags,
    weights: Floats | None = None,
    spread: float = 0.0,
) -> Fusion:
    """Fit factors and shifts by penalised maximum likelihood.

    Parameters
    ----------
    hsqc, hmbc : float64 ``(n, n_classes)``
        Logits of compounds that neither network saw.
    labels : bool ``(n, n_classes)``
    weights : float64 ``(n,)``, optional
        Of the cases, such as 1 / number of cases of the compound; 1 without it.
    spread : float
        Standard deviation of the logarithm of a class's factors about the shared ones;
        0 for factors that all classes share.

    Returns
    -------
    Fusion
        A class of which there is no case, or only cases, has the shared factors and shift 0.
    """
    weight = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    known = np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0))
    task = _Task(hsqc[:, known], hmbc[:, known], labels[:, known].astype(float), weight, spread)
    found = damped_newton(task.start, task.cost, task.slopes, _STEPS)
    n_classes = labels.shape[1]
    a, b, shifts = np.full(n_classes, found[0]), np.full(n_classes, found[1]), np.zeros(n_classes)
    a[known], b[known], shifts[known] = task.parts(found)
    return Fusion(np.exp(a), np.exp(b), shifts)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Cases, and how the unknowns lie in one vector.

    The vector holds the logarithms of the two shared factors, a shift for each class and,
    with a spread, what each class's logarithms differ by.
    """

    hsqc: Floats
    hmbc: Floats
    truth: Floats
    weight: Floats
    spread: float

    @property
    def start(self) -> Floats:
        n_classes = self.truth.shape[1]
        rest = np.zeros((3 if self.spread else 1) * n_classes)
        return np.concatenate([[_CENTRE, _CENTRE], rest])

    @property
    def precision(self) -> Floats:
        """Of the penalty: 1 / variance of every unknown."""
        n_classes = self.truth.shape[1]
        widths = [np.full(2, _FACTOR_WIDTH), np.full(n_classes, _SHIFT_WIDTH)]
        widths += [np.full(2 * n_classes, self.spread)] if self.spread else []
        return np.concatenate(widths) ** -2.0

    def parts(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Logarithms of both factors, and the shift, of each class."""
        n_classes = self.truth.shape[1]
        own = x[2 + n_classes :].reshape(-1, n_classes) if self.spread else np.zeros((2, n_classes))
        return x[0] + own[0], x[1] + own[1], x[2 : 2 + n_classes]

    def cost(self, x: Floats) -> float:
        a, b, shift = self.parts(np.clip(x, -20, 20))
        raised = np.exp(a) * self.hsqc + np.exp(b) * self.hmbc + shift
        loss = np.logaddexp(0, raised) - self.truth * raised
        return float(self.weight @ loss.sum(axis=1) + self.precision @ (x - self.start) ** 2 / 2)

    def slopes(self, x: Floats) -> tuple[Floats, Floats]:
        """Gradient, and the Gauss-Newton matrix, which is positive definite."""
        a, b, shift = self.parts(x)
        by_a, by_b = np.exp(a) * self.hsqc, np.exp(b) * self.hmbc
        p = sigmoid(by_a + by_b + shift)
        gradient, matrix = self.precision * (x - self.start), np.diag(self.precision)
        n_classes = self.truth.shape[1]
        for i in range(n_classes):
            columns, at = [by_a[:, i], by_b[:, i], np.ones(len(p))], [0, 1, 2 + i]
            if self.spread:
                columns += columns[:2]
                at += [2 + n_classes + i, 2 + 2 * n_classes + i]
            design = np.stack(columns, axis=1)
            gradient[at] += design.T @ (self.weight * (p[:, i] - self.truth[:, i]))
            spread = self.weight * np.maximum(p[:, i] * (1 - p[:, i]), 1e-9)
            matrix[np.ix_(at, at)] += design.T @ (spread[:, np.newaxis] * design)
        return gradient, matrix
