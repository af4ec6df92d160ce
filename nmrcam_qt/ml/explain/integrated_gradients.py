"""Integrated gradients (Sundararajan, Taly and Yan 2017, arXiv 1703.01365, eqs. 1 and 3)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.subject import Subject

STEPS = 64
"""Points on the path. On `kuhn-hmbc` the sum of a map misses the difference of the logits by
0.005 (median) and at most 0.015, below 0.2 % of the summed size of the map
(`benchmarks/method_cost.py`)."""


def evidence(subject: Subject) -> list[Array]:
    """What every sample of ink gave on the way from the empty spectrum to this one.

    ``(x - x₀) ⊙ ∫₀¹ ∂y/∂x (x₀ + α (x - x₀)) dα``, x₀ the background of the card on every
    input, the integral by midpoints (the paper's eq. 3 takes right ends, whose error is of
    first order). The maps of all inputs together sum to ``y(x) - y(x₀)`` (completeness,
    Proposition 1), as exactly as the integral is; that holds only for networks whose logits
    have no jumps on the path.

    Cost: `STEPS` forward passes, and as many passes backwards for every class.

    Parameters
    ----------
    subject : Subject
        Example, classes and network.

    Returns
    -------
    list of float64 ``(n_classes, H, W)``
        For each wanted input, on its samples; signed, in units of the logit.
    """
    blanks = [subject.blank(number) for number in range(len(subject.inputs))]
    ways = [subject.ink(number) for number in range(len(subject.inputs))]
    points = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32)

    def on_path(part: slice) -> list[Image]:
        alpha = points[part, np.newaxis, np.newaxis, np.newaxis]
        return [blank + alpha * way for blank, way in zip(blanks, ways, strict=True)]

    gradients = subject.mean_gradients(STEPS, on_path)
    return [(gradients[number] * ways[number]).sum(axis=-1) for number in subject.wanted]
