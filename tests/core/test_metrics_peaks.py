"""Pointing game, peak precision, deletion and insertion, model check: every figure by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from nmrcam_qt.core.metrics.model_check import model_check
from nmrcam_qt.core.metrics.peak_deletion import (
    better_than_random,
    curve_area,
    kept_after,
    order_by,
    random_area,
    steps_of,
)
from nmrcam_qt.core.metrics.peak_precision import average_precision, chance_precision
from nmrcam_qt.core.metrics.pointing_game import pointing_game

TARGET = np.array([[1, 1, 0], [0, 0, 0]], bool)
DISTRACTOR = np.array([[0, 0, 0], [0, 1, 1]], bool)


def _heat(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_pointing_game_by_hand():
    assert pointing_game(_heat([[3, 1, 9], [9, 1, 2]]), TARGET, DISTRACTOR) == 1
    assert pointing_game(_heat([[1, 1, 0], [0, 1, 2]]), TARGET, DISTRACTOR) == 0
    # Without distractors every pixel competes.
    assert pointing_game(_heat([[3, 1, 9], [0, 1, 2]]), TARGET) == 0
    assert pointing_game(_heat([[3, 1, 0], [0, 1, 2]]), TARGET) == 1


def test_all_hottest_pixels_are_judged():
    assert pointing_game(_heat([[2, 2, 0], [0, 2, 1]]), TARGET, DISTRACTOR) == pytest.approx(2 / 3)
    assert pointing_game(_heat([[2, 0, 0], [2, 0, 2]]), TARGET) == pytest.approx(1 / 3)


def test_an_empty_map_points_nowhere():
    assert pointing_game(np.zeros((2, 3), np.float32), TARGET, DISTRACTOR) == 0
    assert pointing_game(np.zeros((2, 3), np.float32), TARGET) == 0
    # Empty where it is judged: on the signals.
    assert pointing_game(_heat([[0, 0, 5], [5, 0, 0]]), TARGET, DISTRACTOR) == 0


def test_pointing_game_without_truth():
    heat = _heat([[3, 1, 9], [9, 1, 2]])
    assert np.isnan(pointing_game(heat, TARGET & False, DISTRACTOR))
    assert np.isnan(pointing_game(heat, TARGET, DISTRACTOR & False))
    heat[0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        pointing_game(heat, TARGET, DISTRACTOR)


def test_average_precision_by_hand():
    # positives at ranks 1 and 3: (1/1 + 2/3) / 2.
    assert average_precision([9, 5, 3, 1], [1, 0, 1, 0]) == pytest.approx(5 / 6)
    assert average_precision([9, 5, 3, 1], [1, 1, 0, 0]) == 1
    assert average_precision([9, 5, 3, 1], [0, 0, 0, 1]) == pytest.approx(1 / 4)
    # one positive tied with one negative at the top: 1 or 1/2, equally likely.
    assert average_precision([9, 9, 1], [1, 0, 0]) == pytest.approx(3 / 4)
    assert chance_precision([1, 0, 0]) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_average_precision_needs_both_kinds():
    assert np.isnan(average_precision([1, 2], [0, 0]))
    assert np.isnan(average_precision([1, 2], [1, 1]))
    assert np.isnan(average_precision([], []))
    for scores in [[1.0], [1.0, np.nan]]:
        with pytest.raises(ValueError, match="finite score"):
            average_precision(scores, [1, 0])


@pytest.mark.parametrize("scores", [[1, 1, 1, 0, 0], [2, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
def test_ties_are_the_mean_over_all_orders(scores):
    truth = np.array([1, 0, 1, 0, 1])
    every = []
    for order in permutations(range(5)):
        broken = np.array(scores) * 10.0
        broken[list(order)] += np.arange(5)
        every.append(average_precision(broken, truth))
    assert average_precision(scores, truth) == pytest.approx(np.mean(every))


@pytest.mark.parametrize("seed", range(4))
def test_average_precision_is_scikit_learns(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    scores, truth = rng.permutation(60), rng.random(60) < 0.3
    expected = metrics.average_precision_score(truth, scores)
    assert average_precision(scores, truth) == pytest.approx(expected, abs=1e-12)


def test_peaks_go_by_heat_and_ties_by_chance():
    rng = np.random.default_rng(0)
    assert order_by([1, 7, 3], rng).tolist() == [1, 2, 0]
    firsts = {int(order_by([5, 5, 5, 1], rng)[0]) for _ in range(50)}
    assert firsts == {0, 1, 2}


def test_steps_and_what_is_left():
    assert steps_of(3).tolist() == [0, 1, 2, 3]
    assert steps_of(50, most=4).tolist() == [0, 12, 25, 38, 50]
    assert steps_of(0).tolist() == [0]
    left = kept_after(np.array([2, 0, 1]), [0, 1, 3])
    assert left.tolist() == [[True] * 3, [True, True, False], [False] * 3]


def test_curve_area_by_hand():
    # logits 5 3 1 1 over 0..3 peaks: shares 1 .5 0 0, trapezoids (.75 + .25 + 0) / 3.
    assert curve_area([0, 1, 2, 3], [5, 3, 1, 1]) == pytest.approx(1 / 3)
    assert curve_area([0, 2], [5, 1]) == 0.5
    # Points are as far apart as peaks that went: .5 · 1/4 · ... + 0.
    assert curve_area([0, 1, 4], [2, 0, 0]) == pytest.approx(0.5 / 4)


def test_curves_without_meaning():
    assert np.isnan(curve_area([0, 1], [1.0, 1.0]))
    assert np.isnan(curve_area([0, 1], [1.0, 3.0]))
    assert np.isnan(curve_area([0, 1], [1.0, 0.6]))  # less than MIN_RISE
    assert np.isnan(curve_area([0], [1.0]))
    assert np.isnan(curve_area([0, 1], [np.nan, 0.0]))


def test_insertion_is_the_deletion_of_the_reverse():
    # f = 4 for peak 0, 1 for peak 1. Deletion of 0 first: 5 1 0; of 1 first: 5 4 0.
    assert curve_area([0, 1, 2], [5, 1, 0]) == pytest.approx((0.6 + 0.1) / 2)
    # Insertion of 0 first passes 0 4 5: shares 0 .8 1.
    assert curve_area([0, 1, 2], [5, 4, 0]) == pytest.approx((0.4 + 0.9) / 2)


def test_beside_random_orders():
    mean, low, high = random_area([0.2, 0.4, 0.6])
    assert (mean, low, high) == pytest.approx((0.4, 0.21, 0.59))
    assert better_than_random(0.3, [0.2, 0.4, 0.6, 0.3]) == pytest.approx((2 + 0.5) / 4)
    assert better_than_random(0.3, [0.2, 0.4, 0.6, 0.3], lower=False) == pytest.approx(1.5 / 4)
    for area, areas in [(np.nan, [0.1]), (0.1, []), (0.1, [np.nan])]:
        assert np.isnan(better_than_random(area, areas))
    assert np.isnan(random_area([np.nan])).all()


def test_model_check_by_hand():
    # Without the target the logit falls by 4, without the distractors by 1.
    assert model_check(5.0, 1.0, 4.0) == 3.0
    assert model_check(5.0, 5.0, 2.0) == -3.0
