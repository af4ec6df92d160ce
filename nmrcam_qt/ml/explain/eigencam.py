"""Eigen-CAM (Muhammad and Yeasin 2020, arXiv 2008.00299, eqs. 3 and 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.explain.arrays import Array

_ROUNDING = 64 * np.finfo(np.float64).eps


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps projected on their first right singular vector: ``A v₁``, for every class.

    A is taken as a matrix, cells × channels, *not* centred (as in the paper; with feature maps
    that are never negative v₁ is not either, and so is the map). A singular vector has no sign
    of its own: here the map's sum over the cells is positive, and where that is 0 to rounding,
    its value of largest size (the first of equals). The first two singular values may be
    equal; then the map is one of many. Where A is 0 everywhere the map is, too.

    Cost: an eigenproblem of the size of the channels or of the cells, whichever are fewer.

    Parameters
    ----------
    maps : float ``(h, w, channels)``
        Feature maps A.
    gradients : float ``(n_classes, h, w, channels)``
        Not used but for the number of classes: the map knows nothing of them.

    Returns
    -------
    float ``(n_classes, h, w)``
        The same map for every class, in units of the feature maps, *not* of the logit.
    """
    height, width, channels = maps.shape
    flat = maps.reshape(-1, channels).astype(np.float64)
    # Scaled, so that squares of small or large numbers stay within range.
    size = float(np.abs(flat).max(initial=0.0))
    if not 0 < size < np.inf:
        return np.zeros((len(gradients), height, width), dtype=maps.dtype)
    flat = flat / size
    projected = _projected(flat)
    total, spread = projected.sum(), np.abs(projected).sum()
    decides = total if abs(total) > _ROUNDING * spread else projected[np.abs(projected).argmax()]
    signed = np.where(decides < 0, -size, size) * projected
    one = signed.reshape(height, width).astype(maps.dtype)
    return np.broadcast_to(one, (len(gradients), height, width))


def _projected(flat: NDArray[np.float64]) -> NDArray[np.float64]:
    """``A v₁`` of a matrix ``(cells, channels)``, of either sign.

    With fewer cells than channels as ``s₁ u₁``, from the smaller of the two products.
    """
    cells, channels = flat.shape
    if channels <= cells:
        _, vectors = np.linalg.eigh(flat.T @ flat)
        return np.asarray(flat @ vectors[:, -1])
    values, vectors = np.linalg.eigh(flat @ flat.T)
    return np.asarray(vectors[:, -1] * np.sqrt(max(values[-1], 0.0)))
