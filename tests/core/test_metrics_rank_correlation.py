"""Spearman with ties, agreement of maps, randomised weights: every figure by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.metrics.agreement import ink_agreement, top_overlap
from nmrcam_qt.core.metrics.randomised import similarity_to_random
from nmrcam_qt.core.metrics.rank_correlation import mean_ranks, spearman

INKED = np.array([[1, 1, 0], [1, 1, 0]], bool)


def _map(*values: float) -> np.ndarray:
    """A map with these values on the inked samples and something else elsewhere."""
    found = np.full(INKED.shape, 99, np.float32)
    found[INKED] = values
    return found


def test_equal_values_share_their_mean_rank():
    assert mean_ranks([3, 1, 3, 2, 3]).tolist() == [4, 1, 4, 2, 4]
    assert mean_ranks([[5, 5], [5, 5]]).tolist() == [2.5] * 4


def test_spearman_by_hand():
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40]) == 1
    assert spearman([1, 2, 3, 4], [8, 4, 2, 1]) == -1
    # ranks 1 2 3 4 and 2 1 4 3: 1 - 6 Σd² / n(n²-1) = 1 - 6 · 4 / 60.
    assert spearman([1, 2, 3, 4], [2, 1, 4, 3]) == pytest.approx(0.6)
    # ranks 1.5 1.5 3 against 1 2 3: centred -.5 -.5 1 · -1 0 1 = 1.5 / √(1.5 · 2).
    assert spearman([0, 0, 7], [1, 2, 3]) == pytest.approx(1.5 / np.sqrt(3))


def test_what_is_constant_agrees_with_nothing():
    assert np.isnan(spearman([0, 0, 0], [0, 0, 0]))
    assert np.isnan(spearman([0, 0, 0], [1, 2, 3]))
    assert np.isnan(spearman([1, 2, np.nan], [1, 2, 3]))
    assert np.isnan(spearman([1], [1]))
    with pytest.raises(ValueError, match="pairs expected"):
        spearman([1, 2], [1, 2, 3])


@pytest.mark.parametrize("seed", range(4))
def test_spearman_is_scipys(seed):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 9, 200), rng.normal(0, 1, 200).round(1)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-12)


def test_agreement_is_over_the_ink():
    assert ink_agreement(_map(1, 2, 3, 4), _map(2, 1, 4, 3), INKED) == pytest.approx(0.6)
    assert np.isnan(ink_agreement(_map(1, 2, 3, 4), _map(0, 0, 0, 0), INKED))


def test_top_overlap_by_hand():
    heat = [9, 5, 3, 1]
    assert top_overlap(heat, heat, 2) == 1
    assert top_overlap(heat, [1, 3, 5, 9], 2) == 0
    assert top_overlap(heat, [9, 1, 5, 3], 2) == 0.5
    assert top_overlap(heat, [1, 2, 3, 4], 7) == 1  # all four
    # peak 1 surely, one of the two next: peak 2 with chance 1/2.
    assert top_overlap(heat, [9, 4, 4, 0], 2) == pytest.approx((1 + 0.5) / 2)


def test_maps_that_tell_no_peak_from_another_overlap_by_chance():
    assert top_overlap([0, 0, 0, 0], [0, 0, 0, 0], 1) == pytest.approx(1 / 4)
    assert top_overlap([9, 5, 3, 1], [0, 0, 0, 0], 2) == pytest.approx(2 / 4)
    assert np.isnan(top_overlap([], [], 3))
    for wrong in ([1.0], 0), ([1.0, 2.0], 1):
        with pytest.raises(ValueError, match="at least 1"):
            top_overlap([1.0], *wrong)


def test_similarity_to_random_networks_by_hand():
    own = _map(1, 2, 3, 4)
    upside_down, other = _map(4, 3, 2, 1), _map(2, 1, 4, 3)
    assert similarity_to_random(own, [upside_down], INKED) == 1
    assert similarity_to_random(own, [upside_down, other], INKED) == pytest.approx(0.8)
    # A constant draw says nothing and is left out; nothing at all is NaN, not 0.
    assert similarity_to_random(own, [_map(0, 0, 0, 0), other], INKED) == pytest.approx(0.6)
    assert np.isnan(similarity_to_random(own, [_map(0, 0, 0, 0)], INKED))
    assert np.isnan(similarity_to_random(_map(0, 0, 0, 0), [own], INKED))
    assert np.isnan(similarity_to_random(own, [], INKED))


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_heat_that_is_not_finite_never_agrees(odd):
    assert np.isnan(top_overlap([odd, 1, 2], [1, 2, 3], 2))
    assert np.isnan(top_overlap([1, 2, 3], [1, odd, 3], 1))
