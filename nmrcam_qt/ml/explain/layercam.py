"""LayerCAM (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943, eqs. 4 to 6)."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.ml.explain.arrays import Array, channel_sum


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps times the positive part of their gradient: ``Σ_k relu(g_k) ⊙ A_k``.

    Never negative where the feature maps are not.

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
    return channel_sum(np.maximum(gradients, 0), maps)


def even_weights(_cells: Array, slopes: Array) -> Array:
    """Weights of the maps where all cells have the gradient `slopes`; see `even`."""
    return np.maximum(slopes, 0)
