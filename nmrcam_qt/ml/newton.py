"""Damped Newton steps: the lowest cost of a smooth function of few unknowns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHORTEST = 1e-6
"""Share of a step below which no lower cost is looked for."""
_CHANGE = 1e-10
"""Relative fall of the cost below which the search ends."""


def damped_newton(
    start: Floats,
    cost: Callable[[Floats], float],
    slopes: Callable[[Floats], tuple[Floats, Floats]],
    most: int,
) -> Floats:
    """The unknowns of the lowest cost, by Newton steps halved until the cost falls.

    Nocedal and Wright, Numerical Optimization, 2nd ed. 2006, section 3.3, with plain
    backtracking.

    Parameters
    ----------
    start : float64 ``(n,)``
        Where the search begins.
    cost : callable
        Of unknowns ``(n,)``.
    slopes : callable
        Gradient ``(n,)`` of the cost and a positive definite matrix ``(n, n)``, the Hessian
        or one close to it.
    most : int
        At most so many steps.

    Returns
    -------
    float64 ``(n,)``
    """
    x, best = start, cost(start)
    for _ in range(most):
        gradient, matrix = slopes(x)
        step = np.linalg.solve(matrix, gradient)
        size = 1.0
        while size > _SHORTEST:
            trial = x - size * step
            found = cost(trial)
            if found < best:
                break
            size /= 2
        else:
            break
        done = best - found < _CHANGE * max(abs(best), 1)
        x, best = trial, found
        if done:
            break
    return x
