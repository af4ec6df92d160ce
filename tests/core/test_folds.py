"""Folds by compound and bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.folds import bootstrap_interval, bootstrap_intervals, grouped_folds


def made(seed: int = 0) -> tuple[list[str], list[int]]:
    rng = np.random.default_rng(seed)
    groups = [f"c{i}" for i in range(70)] + [f"c{i}" for i in rng.integers(0, 70, 15)]
    return groups, [int(g[1:]) % 3 for g in groups]


@pytest.mark.parametrize("seed", range(5))
def test_a_compound_lies_in_one_fold_and_classes_are_spread(seed):
    groups, classes = made(seed)
    folds = grouped_folds(groups, classes, 10, seed)
    for group in set(groups):
        assert len({folds[i] for i, g in enumerate(groups) if g == group}) == 1
    counts = np.array(
        [[np.sum((folds == f) & (np.array(classes) == c)) for c in range(3)] for f in range(10)]
    )
    assert counts.sum() == len(groups)
    assert (counts.max(axis=0) - counts.min(axis=0)).max() <= 2


def test_folds_depend_on_the_seed_only():
    groups, classes = made()
    assert (grouped_folds(groups, classes, 10, 3) == grouped_folds(groups, classes, 10, 3)).all()
    assert (grouped_folds(groups, classes, 10, 3) != grouped_folds(groups, classes, 10, 4)).any()


@pytest.mark.parametrize("n_folds", [1, 3])
def test_impossible_folds_are_refused(n_folds):
    with pytest.raises(ValueError, match="not possible"):
        grouped_folds(["a", "b", "a"], [0, 1, 0], n_folds, 0)


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation():
    values = np.random.default_rng(1).normal(5, 2, 400)
    low, high = bootstrap_interval(
        [str(i) for i in range(400)], lambda i: float(values[i].mean()), n_resamples=1000
    )
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def test_compounds_are_drawn_whole():
    """Ten copies of each of four values: the interval is as wide as that of four cases."""
    values = np.repeat([0.0, 0.0, 1.0, 1.0], 10)
    groups = [str(i // 10) for i in range(40)]
    low, high = bootstrap_interval(groups, lambda i: float(values[i].mean()))
    assert (low, high) == (0.0, 1.0)
    alone = bootstrap_interval([str(i) for i in range(40)], lambda i: float(values[i].mean()))
    assert alone[1] - alone[0] < 0.4


def test_nan_draws_are_left_out_and_nothing_gives_nan():
    values = np.array([1.0, np.nan])
    interval = bootstrap_interval(["a", "b"], lambda i: float(values[i].mean()), n_resamples=50)
    assert interval == (1.0, 1.0)
    assert np.isnan(bootstrap_interval(["a"], lambda i: float("nan"), n_resamples=5)).all()


def test_figures_of_the_same_draws_have_the_intervals_of_each_alone():
    rng = np.random.default_rng(3)
    groups = [f"c{i}" for i in rng.integers(0, 9, 30)]
    first, second = rng.random(30), rng.random(30)
    statistics = {
        "first": lambda i: float(first[i].mean()),
        "second": lambda i: float(second[i].max()),
        "never": lambda i: float("nan"),
    }
    both = bootstrap_intervals(groups, statistics, seed=4, n_resamples=60)
    for name, statistic in statistics.items():
        alone = bootstrap_interval(groups, statistic, seed=4, n_resamples=60)
        np.testing.assert_array_equal(both[name], alone)
    assert np.isnan(both["never"]).all()
    # Drawn by hand: the compounds in the order of their names.
    by_hand = np.random.default_rng(4)
    names = sorted(set(groups))
    means = []
    for _ in range(60):
        picked = [names[k] for k in by_hand.integers(0, len(names), len(names))]
        drawn = [i for name in picked for i, g in enumerate(groups) if g == name]
        means.append(first[drawn].mean())
    np.testing.assert_allclose(both["first"], np.quantile(means, [0.025, 0.975]), rtol=1e-12)
