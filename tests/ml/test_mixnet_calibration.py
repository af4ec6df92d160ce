"""Calibrated probabilities: fits that recover what was put in, figures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.metrics.ranking import recall_at_fpr
from nmrcam_qt.ml.mixnet_calibration import (
    Calibration,
    brier_skill,
    calibration_error,
    fit_calibration,
    reliability,
    sigmoid,
    threshold_at,
)


def cases(n=20000, temperature=2.5, shift=-1.0, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.normal(-1, 2, (n, 1))
    labels = rng.random((n, 1)) < sigmoid(true)
    return (true - shift) * temperature, labels


def test_the_fit_finds_temperature_and_shift():
    logits, labels = cases()
    found = fit_calibration(logits, labels)
    assert found.temperatures[0] == pytest.approx(2.5, rel=0.05)
    assert found.shifts[0] == pytest.approx(-1.0, abs=0.08)
    before, after = sigmoid(logits), found(logits)
    assert calibration_error(after, labels) < 0.02 < calibration_error(before, labels)
    assert brier_skill(after[:, 0], labels[:, 0]) > brier_skill(before[:, 0], labels[:, 0])


def test_few_cases_keep_the_temperature_near_one():
    # Perfectly separated: without a penalty the slope would run away.
    logits = np.array([[-3.0], [-2.0], [2.0], [3.0]])
    found = fit_calibration(logits, logits > 0)
    assert 0.3 < found.temperatures[0] < 1
    rare = fit_calibration(
        np.linspace(-9, -1, 50)[:, np.newaxis], np.arange(50)[:, np.newaxis] > 48
    )
    assert np.isfinite([*rare.temperatures, *rare.shifts]).all()


def test_a_class_without_cases_stays_as_it_is():
    logits = np.array([[1e3, -1e3], [-1e3, 2.0]])
    found = fit_calibration(logits, np.array([[False, True], [False, True]]))
    np.testing.assert_array_equal(found.temperatures, 1)
    np.testing.assert_array_equal(found.shifts, 0)
    assert np.isfinite(found(logits)).all()


def test_weights_count_cases():
    logits, labels = cases(300)
    twice = fit_calibration(np.repeat(logits, 2, axis=0), np.repeat(labels, 2, axis=0))
    weighed = fit_calibration(logits, labels, np.full(300, 2.0))
    np.testing.assert_allclose(weighed.temperatures, twice.temperatures, rtol=1e-5)


def test_error_and_diagram_by_hand():
    p = np.array([0.05, 0.15, 0.15, 0.95])
    truth = np.array([False, True, False, True])
    # Bins: .05 vs 0 of 1, .15 vs .5 of 2, .95 vs 1 of 1.
    assert calibration_error(p, truth) == pytest.approx((0.05 + 2 * 0.35 + 0.05) / 4)
    points = reliability(p, truth)
    assert [n for *_, n in points] == [1, 2, 1]
    np.testing.assert_allclose([x for x, *_ in points], [0.05, 0.15, 0.95])
    np.testing.assert_allclose([y for _, y, _ in points], [0, 0.5, 1])
    assert calibration_error(np.array([1.0]), np.array([True])) == 0


def test_brier_skill_of_the_base_rate_is_zero_and_of_the_truth_one():
    truth = np.array([True, False, False, False])
    assert brier_skill(np.full(4, 0.25), truth) == pytest.approx(0)
    assert brier_skill(truth.astype(float), truth) == 1
    assert np.isnan(brier_skill(np.zeros(4), np.zeros(4, bool)))


@pytest.mark.parametrize("max_fpr", [0.0, 0.005, 0.1, 0.5])
def test_thresholds_keep_to_the_rate_and_lose_no_recall(max_fpr):
    rng = np.random.default_rng(1)
    labels = rng.random(2000) < 0.1
    scores = np.round(sigmoid(rng.normal(0, 1, 2000) + 2 * labels), 3)  # with ties
    threshold = threshold_at(scores, labels, max_fpr)
    said = scores >= threshold
    assert said[~labels].mean() <= max_fpr
    assert said[labels].mean() == pytest.approx(recall_at_fpr(scores, labels, max_fpr))


def test_thresholds_at_the_ends():
    assert threshold_at(np.array([1.0, 1.0]), np.array([True, False]), 0.0) == 1.0
    assert threshold_at(np.array([0.4]), np.array([False]), 1.0) == 0.0
    with pytest.raises(ValueError, match="no negative"):
        threshold_at(np.array([0.4]), np.array([True]), 0.1)


def test_probabilities_of_extreme_logits_are_finite():
    p = Calibration(np.array([0.5]), np.array([0.0]))(np.array([[1e6], [-1e6]]))
    np.testing.assert_array_equal(p, [[1.0], [0.0]])
