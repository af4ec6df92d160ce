"""Grad-CAM++ (Chattopadhay et al. 2018, arXiv 1710.11063, eqs. 10 to 19)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.ml.explain.arrays import Array, spatial_sum, weighted_sum


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps weighted as in the paper, up to its constant factor ``exp(y)``.

    The paper scores with Y = exp(y) and assumes a network that is piecewise linear
    behind the layer, so ``∂ⁿY/∂Aⁿ = exp(y) gⁿ`` and its eq. 19 becomes
    ``α = 1 / (2 + S_k g)``, with which ``w_k = Σ α relu(g)`` and the evidence is
    ``Σ_k w_k A_k``. For A ≥ 0 the sum S_k is not negative and neither is the
    denominator where g > 0: no epsilon is needed.

    Parameters
    ----------
    maps : float ``(h, w, channels)``
        Feature maps A, nowhere negative.
    gradients : float ``(n_classes, h, w, channels)``
        g = ∂y/∂A for each class logit y.

    Returns
    -------
    float ``(n_classes, h, w)``
        In arbitrary units, of the dtype of the arguments: the paper's map has the factor
        ``exp(y)``, another one for every class.
    """
    positive = np.maximum(gradients, 0)
    # relu(g) in the denominator too: where g <= 0 the numerator is 0 and 2 + S g may be.
    denominator = positive * maps.sum(axis=(0, 1))
    denominator += 2
    positive /= denominator
    return weighted_sum(spatial_sum(positive), maps)
