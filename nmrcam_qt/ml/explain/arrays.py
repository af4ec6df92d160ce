"""Sums that several methods share."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating]

_COLUMNS = 4096  # of a few dozen rows fit into a processor's second cache


def weighted_sum(weights: Array, maps: Array) -> Array:
    """``Σ_k w_k A_k``: ``(n_classes, channels)``, ``(h, w, channels)`` → ``(n_classes, h, w)``."""
    height, width, channels = maps.shape
    flat = weights @ maps.reshape(-1, channels).T
    return np.asarray(flat.reshape(-1, height, width))


def channel_sum(gradients: Array, maps: Array) -> Array:
    """``Σ_k g_k ⊙ A_k``: ``(n_classes, h, w, channels)`` and ``(h, w, channels)``."""
    return np.asarray(np.einsum("shwc,hwc->shw", gradients, maps))


def spatial_sum(values: Array) -> Array:
    """Sum over the cells: ``(n_classes, h, w, channels)`` → ``(n_classes, channels)``."""
    number, height, width, channels = values.shape
    ones = np.ones(height * width, dtype=values.dtype)
    return np.asarray(ones @ values.reshape(number, -1, channels))


def sparse_product(left: Array, right: Array) -> Array:
    """Matrix product that reads only the rows of `right` that some row of `left` needs.

    Behind a relu about half of the hidden units are off; a large `right` costs what
    reading it costs.

    Parameters
    ----------
    left : float ``(m, units)``
        Zero in the columns of units that are off.
    right : float ``(units, n)``
        In C order.

    Returns
    -------
    float ``(m, n)``
    """
    needed = np.flatnonzero(left.any(axis=0))
    left = np.ascontiguousarray(left[:, needed])
    product = np.empty((len(left), right.shape[1]), dtype=right.dtype)
    for start in range(0, right.shape[1], _COLUMNS):
        part = slice(start, start + _COLUMNS)
        np.matmul(left, right[needed, part], out=product[:, part])
    return product
