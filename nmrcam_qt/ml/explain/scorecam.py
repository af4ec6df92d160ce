"""Score-CAM (Wang et al. 2020, arXiv 1910.01279, definitions 2 and 3, algorithm 1)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import Ladder
from nmrcam_qt.ml.explain.arrays import Array, weighted_sum
from nmrcam_qt.ml.explain.subject import At, Subject


def evidence(subject: Subject) -> list[Array]:
    """Feature maps weighted with the score of what they let through: ``Σ_k α_k A_k``.

    ``α = softmax_k y(x₀ + H_k ⊙ (x - x₀))`` with ``H_k`` the feature map brought to the size of
    the input and scaled to 0..1. As in algorithm 1 the weights are made to sum to 1, so that
    the score of the empty spectrum, which definition 2 takes off, cancels; what is masked is
    ink, so that a masked sample becomes background and not 0. The maps are brought to size by
    the place of their cells (bilinear between the centres, clamped outside), not stretched.
    Channels that are the same everywhere mask nothing and are left out. Of two inputs the
    other one stays as it is.

    Cost: one masked spectrum (`explain.near`) for every channel that is not constant; all classes
    share them.

    Parameters
    ----------
    subject : Subject
        Example, classes, network and feature maps.

    Returns
    -------
    list of float ``(n_classes, h, w)``
        For each place; in units of the feature maps, *not* of the logit. Negative only where
        the feature maps are.
    """
    return [_at(subject, at) for at in subject.ats]


def _at(subject: Subject, at: At) -> Array:
    lows, highs = at.maps.min(axis=(0, 1)), at.maps.max(axis=(0, 1))
    live = np.flatnonzero(highs > lows)
    if not live.size:
        return np.zeros((len(subject.classes), *at.maps.shape[:2]), dtype=at.maps.dtype)
    down = upsampling(at.cells.rows, subject.inputs[at.number].shape[0])
    across = upsampling(at.cells.columns, subject.inputs[at.number].shape[1])
    blank, ink = subject.blank(at.number), subject.ink(at.number)
    scaled = ((at.maps - lows)[..., live] / (highs - lows)[live]).astype(np.float32)

    def masked(part: slice) -> list[Image]:
        chosen = np.moveaxis(scaled[..., part], -1, 0)
        seen = blank + ink * (down @ chosen @ across.T)[..., np.newaxis]
        return subject.beside(at.number, seen)

    scores = subject.logits(live.size, masked)
    raised = np.exp(scores - scores.max(axis=0))
    weights = np.zeros((len(subject.classes), at.maps.shape[-1]), dtype=at.maps.dtype)
    weights[:, live] = (raised / raised.sum(axis=0)).T
    return weighted_sum(weights, at.maps)


def upsampling(ladder: Ladder, size: int) -> Image:
    """Matrix ``(size, ladder.size)`` from values at the cells to values at the samples.

    Parameters
    ----------
    ladder : Ladder
        Centres of the cells along one dimension, in samples.
    size : int
        Samples of the input along it.

    Returns
    -------
    float32
        Rows sum to 1: linear between two centres, the nearest cell outside.
    """
    samples = np.arange(size, dtype=np.float64)
    columns = [np.interp(samples, ladder.centres, one) for one in np.eye(ladder.size)]
    return np.stack(columns, axis=1).astype(np.float32)
