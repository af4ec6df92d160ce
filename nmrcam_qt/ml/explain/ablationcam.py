"""Ablation-CAM (Desai and Ramaswamy 2020, doi 10.1109/WACV45572.2020.9093360, eqs. 2 to 4)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.ml.explain.arrays import Array, weighted_sum
from nmrcam_qt.ml.explain.subject import At, Subject


def evidence(subject: Subject) -> list[Array]:
    """Feature maps weighted with the drop of the logit without them: ``Σ_k (y - y_k) A_k``.

    ``y_k`` is the logit when feature map k is 0 everywhere. The paper divides the drop by y,
    which for a class with positive y is one factor for the whole map; where the logit is
    negative, as it may be, the division would turn the map's sign, and it is left out.

    Cost: the part of the network behind the layer, once for every channel that is not 0
    everywhere; all classes share it.

    Parameters
    ----------
    subject : Subject
        Example, classes, network and feature maps.

    Returns
    -------
    list of float ``(n_classes, h, w)``
        For each place; signed, in units of the logit times those of the feature maps.
    """
    return [_at(subject, number, at) for number, at in enumerate(subject.ats)]


def _at(subject: Subject, number: int, at: At) -> Array:
    live = np.flatnonzero(at.maps.any(axis=(0, 1)))
    without = np.arange(-1, live.size)  # first the maps as they are

    def ablated(part: slice) -> list[Array]:
        copies = np.repeat(at.maps[np.newaxis], len(without[part]), axis=0)
        for row, k in enumerate(without[part]):
            if k >= 0:
                copies[row, ..., live[k]] = 0
        return [
            copies if n == number else np.broadcast_to(other.maps, (len(copies), *other.maps.shape))
            for n, other in enumerate(subject.ats)
        ]

    logits = subject.head_logits(len(without), ablated)
    weights = np.zeros((len(subject.classes), at.maps.shape[-1]), dtype=at.maps.dtype)
    weights[:, live] = (logits[0] - logits[1:]).T
    return weighted_sum(weights, at.maps)
