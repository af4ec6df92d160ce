"""Sums that several methods share."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating]


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
