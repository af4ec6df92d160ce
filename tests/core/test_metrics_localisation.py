"""Where a map lies: every figure by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.metrics.class_prior import class_prior, gain
from nmrcam_qt.core.metrics.heat_mass import blank_mass, far_from_ink, heat_mass, ink_share
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.spectrum import Experiment

HEAT = np.array([[3, 1, 0], [0, 1, 2]], np.float32)
TARGET = np.array([[1, 1, 0], [0, 0, 0]], bool)
DISTRACTOR = np.array([[0, 0, 0], [0, 1, 1]], bool)


def test_ink_auc_by_hand():
    # target 3, 1 against distractor 1, 2: 3>1, 3>2, 1=1 half, 1<2 -> 2.5 of 4.
    assert ink_auc(HEAT, TARGET, DISTRACTOR) == 0.625
    assert ink_auc(np.zeros_like(HEAT), TARGET, DISTRACTOR) == 0.5
    assert np.isnan(ink_auc(HEAT, TARGET, np.zeros_like(TARGET)))


@pytest.mark.parametrize("seed", range(4))
def test_ink_auc_is_scikit_learns(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    heat = np.maximum(rng.normal(0, 1, (40, 60)), 0).astype(np.float32)  # half of it ties at 0
    whose = rng.integers(0, 3, (40, 60))
    expected = metrics.roc_auc_score(whose[whose < 2] == 1, heat[whose < 2])
    assert ink_auc(heat, whose == 1, whose == 0) == pytest.approx(expected, abs=1e-12)


def test_heat_mass_by_hand():
    assert heat_mass(HEAT, TARGET, DISTRACTOR) == pytest.approx(4 / 7)
    assert heat_mass(np.zeros_like(HEAT), TARGET, DISTRACTOR) == 0
    assert ink_share(TARGET, DISTRACTOR) == 0.5
    assert np.isnan(ink_share(~TARGET & False, DISTRACTOR & False))


def test_far_from_ink_is_an_ellipse_of_six_picture_pixels():
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 410), Axis.from_edges("1H", 10.0, 0.0, 600)
    inked = np.zeros((410, 600), bool)
    inked[100, 200] = inked[0, 0] = inked[409, 599] = True
    rows, columns = np.indices(inked.shape)
    expected = np.ones_like(inked)
    for y, x in np.argwhere(inked):
        expected &= (rows - y) ** 2 + (columns - x) ** 2 > 36
    assert (far_from_ink(inked, f1, f2) == expected).all()


def test_far_from_ink_scales_by_ppm():
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 820), Axis.from_edges("1H", 10.0, 0.0, 150)
    inked = np.zeros((820, 150), bool)
    inked[400, 70] = True
    near = np.argwhere(~far_from_ink(inked, f1, f2))
    assert (near.min(axis=0).tolist(), near.max(axis=0).tolist()) == ([388, 69], [412, 71])
    assert far_from_ink(np.zeros_like(inked), f1, f2).all()


def test_a_grid_smaller_than_the_reach_is_all_near():
    f1, f2 = Axis.from_edges("13C", 0.0, 1.0, 2), Axis.from_edges("1H", 0.02, 0.0, 2)
    assert not far_from_ink(np.array([[True, False], [False, False]]), f1, f2).any()


def test_blank_mass_by_hand():
    blank = np.array([[0, 0, 1], [0, 0, 1]], bool)
    assert blank_mass(HEAT, blank) == pytest.approx(2 / 7)
    assert np.isnan(blank_mass(np.zeros_like(HEAT), blank))


def test_the_prior_is_the_mean_over_compounds():
    axes = (Axis.from_edges("13C", 0.0, 4.0, 2), Axis.from_edges("1H", 2.0, 0.0, 2))
    inks = [np.full((2, 2), v, np.float32) for v in (0.2, 0.4, 0.9)]
    prior = class_prior(inks, ["a", "a", "b"], axes, "indole", Experiment.HSQC)
    assert prior.heat == pytest.approx((0.3 + 0.9) / 2)
    assert (prior.f1, prior.f2, prior.input_name) == (*axes, "hsqc")
    with pytest.raises(ValueError, match="no spectra of indole"):
        class_prior([], [], axes, "indole", Experiment.HSQC)


def test_gain_by_hand():
    assert gain(0.9, 0.6) == pytest.approx(0.75)
    assert gain(0.5, 0.6) == pytest.approx(-0.25)
    assert np.isnan(gain(1.0, 1.0))
