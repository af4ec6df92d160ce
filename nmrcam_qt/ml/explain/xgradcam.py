"""XGrad-CAM (Fu et al. 2020, arXiv 2008.02312, eq. 8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.explain.arrays import Array, weighted_sum

_ROUNDINGS = 16
"""How many roundings of their own size the values of a map may be off."""


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps weighted with the activation-weighted mean of their gradient.

    ``Σ_k w_k A_k`` with ``w_k = Σ g_k A_k / S_k`` and ``S_k = Σ A_k`` over space; the
    weight is 0 where S_k is 0, also where positive and negative values cancel to
    rounding (of the maps: S_k itself is summed in double precision, so that maps of either
    sign keep their weight). The map that is shown is the positive part.

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
    total, counts = _sums(maps.reshape(-1, maps.shape[2]))
    product = np.einsum("shwc,hwc->sc", gradients, maps, dtype=np.float64)
    weights = np.where(counts, product / np.where(counts, total, 1), 0)
    return weighted_sum(weights.astype(maps.dtype), maps)


def even_weights(cells: Array, slopes: Array) -> Array:
    """Weights of the maps where all cells have the gradient `slopes`; see `even`."""
    _, counts = _sums(cells)
    return slopes if counts.all() else np.where(counts, slopes, np.zeros_like(slopes))


def _sums(cells: Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Sum of every channel over ``(n, channels)``, and whether it is more than rounding."""
    total = cells.sum(axis=0, dtype=np.float64)
    rounding = _ROUNDINGS * np.finfo(cells.dtype).eps
    return total, np.abs(total) > rounding * np.abs(cells).sum(axis=0, dtype=np.float64)
