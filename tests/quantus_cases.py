"""Maps, masks and a linear network that Quantus and our metrics are both given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_CASES = 6
SHAPE = (9, 14)


@dataclass(frozen=True)
class MapCase:
    """A map, another one, and where the target is.

    Parameters
    ----------
    heat, other : float32 ``(9, 14)``
        Not negative; of odd cases about half of it ties at 0.
    target : bool ``(9, 14)``
    """

    heat: NDArray[np.float32]
    other: NDArray[np.float32]
    target: NDArray[np.bool_]


@dataclass(frozen=True)
class LinearCase:
    """A network that sums its inputs with weights, at an input of ones.

    Parameters
    ----------
    weights, attribution : float64 ``(8,)``
        No two attributions are equal.
    """

    weights: NDArray[np.float64]
    attribution: NDArray[np.float64]


def map_case(seed: int) -> MapCase:
    """The same for both sides."""
    rng = np.random.default_rng(seed)
    heat, other = rng.normal(0.5, 1, (2, *SHAPE)).astype(np.float32)
    if seed % 2:
        heat, other = np.maximum(heat - 0.5, 0), np.maximum(other - 0.5, 0)
    else:
        heat, other = np.abs(heat), np.abs(other)
    target = rng.random(SHAPE) < 0.3
    heat[target] += 2 * (seed % 3 == 0)
    return MapCase(heat, other, target)


def linear_case(seed: int) -> LinearCase:
    """The same for both sides."""
    rng = np.random.default_rng(100 + seed)
    weights = rng.uniform(0.2, 2.0, 8)
    return LinearCase(weights, weights + rng.normal(0, 0.8, 8))
