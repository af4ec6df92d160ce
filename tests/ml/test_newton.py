"""Damped Newton steps on functions whose lowest point is known."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.ml.newton import damped_newton

MATRIX = np.array([[3.0, 1.0], [1.0, 2.0]])
LOWEST = np.array([1.0, -2.0])


def parabola(x):
    return float((x - LOWEST) @ MATRIX @ (x - LOWEST) / 2)


def slopes(x):
    return MATRIX @ (x - LOWEST), MATRIX


def test_one_step_ends_a_parabola():
    np.testing.assert_allclose(damped_newton(np.zeros(2), parabola, slopes, 1), LOWEST, atol=1e-12)


def test_no_step_is_made_from_the_lowest_point_or_where_none_is_allowed():
    assert damped_newton(LOWEST, parabola, slopes, 50) is LOWEST
    np.testing.assert_array_equal(damped_newton(np.zeros(2), parabola, slopes, 0), 0)


@pytest.mark.parametrize("start", [-30.0, 4.0, 30.0])
def test_steps_that_overshoot_are_halved(start):
    # Newton's own steps on this cost run away from beyond about ±1.
    costs = []

    def cost(x):
        return float(np.logaddexp(x[0], -x[0]))

    def slope(x):
        costs.append(cost(x))
        return np.tanh(x), np.array([[max(1 / np.cosh(x[0]) ** 2, 1e-3)]])

    found = damped_newton(np.array([start]), cost, slope, 200)
    assert abs(found[0]) < 1e-4
    assert costs == sorted(costs, reverse=True) and len(costs) < 200
