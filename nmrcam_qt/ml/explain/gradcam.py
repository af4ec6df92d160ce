"""Grad-CAM (Selvaraju et al. 2016, arXiv 1610.02391, eqs. 1 and 2)."""

from __future__ import annotations

from nmrcam_qt.ml.explain.arrays import Array, spatial_sum, weighted_sum


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps weighted with the mean of their gradient: ``Σ_k mean(g_k) A_k``.

    The paper's map is the positive part of this.

    Parameters
    ----------
    maps : float ``(h, w, channels)``
        Feature maps A.
    gradients : float ``(n_classes, h, w, channels)``
        g = ∂y/∂A for each class logit y.

    Returns
    -------
    float ``(n_classes, h, w)``
        In units of the logit, of the dtype of the arguments.
    """
    return weighted_sum(spatial_sum(gradients) / (maps.shape[0] * maps.shape[1]), maps)
