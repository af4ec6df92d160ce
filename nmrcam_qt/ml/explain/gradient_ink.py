"""Gradient × input (Shrikumar et al. 2016, arXiv 1605.01713, section 3), the input being ink."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.subject import Subject


def evidence(subject: Subject) -> list[Array]:
    """Gradient times ink, signed: ``(x - x₀) ⊙ ∂y/∂x``, summed over channels.

    x₀ is the background of the card, so that blank paper holds exactly 0 for networks fed
    with luminance, too. To first order this is what y would lose if a sample were blank.

    Cost: one forward pass, and one pass backwards through the whole network for every class.

    Parameters
    ----------
    subject : Subject
        Example, classes and network.

    Returns
    -------
    list of float64 ``(n_classes, H, W)``
        For each wanted input, on its samples; signed, in units of the logit.
    """

    def as_it_is(_: slice) -> list[Image]:
        return [x[np.newaxis] for x in subject.inputs]

    gradients = subject.mean_gradients(1, as_it_is)
    return [(gradients[number] * subject.ink(number)).sum(axis=-1) for number in subject.wanted]
