"""SmoothGrad (Smilkov et al. 2017, arXiv 1706.03825, section 3)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.subject import Subject

DRAWS = 32
NOISE = 0.15
"""Standard deviation of the noise as a share of the range of the input; the paper takes 10 to
20 %, and about 50 draws."""
SEED = 20170612


def evidence(subject: Subject) -> list[Array]:
    """Mean gradient under noise: ``1/n Σ_j ∂y/∂x (x + N(0, σ²))``, signed.

    As in the paper the gradient is not multiplied with the input: the map says where *more
    ink* would raise the logit, be there any or not. It is the gradient by ink, so that for
    networks fed with luminance (background 1) the sign is turned; channels are summed.
    σ is `NOISE` times the range of the input, and 0 for one that is all the same. The noise is
    that of `SEED` for every spectrum: the same spectrum has the same map, alone or in a batch.

    Cost: `DRAWS` forward passes, and as many passes backwards for every class.

    Parameters
    ----------
    subject : Subject
        Example, classes and network.

    Returns
    -------
    list of float64 ``(n_classes, H, W)``
        For each wanted input, on its samples; in units of the logit per unit of ink, *not* of
        the logit.
    """
    widths = [NOISE * float(np.ptp(x)) for x in subject.inputs]

    def noisy(part: slice) -> list[Image]:
        return [
            x + np.float32(width) * np.stack([_noise(j, k, x.shape) for j in range(DRAWS)[part]])
            for k, (x, width) in enumerate(zip(subject.inputs, widths, strict=True))
        ]

    gradients = subject.mean_gradients(DRAWS, noisy)
    signs = [1 - 2 * spec.background for spec in subject.specs]
    return [gradients[number].sum(axis=-1) * signs[number] for number in subject.wanted]


def _noise(draw: int, number: int, shape: tuple[int, ...]) -> Image:
    """Standard normal noise of one draw on one input, float32."""
    return np.random.default_rng([SEED, draw, number]).standard_normal(shape, np.float32)
