"""Our metrics against Quantus 0.6 where it has the same, and where it is wrong.

Its figures were written by ``benchmarks/quantus_parity.py``.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from quantus_cases import N_CASES, SHAPE, linear_case, map_case

from nmrcam_qt.core.metrics.heat_mass import heat_mass
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.metrics.peak_deletion import curve_area, kept_after, order_by, steps_of
from nmrcam_qt.core.metrics.pointing_game import pointing_game
from nmrcam_qt.core.metrics.rank_correlation import spearman

PATH = Path(__file__).parents[1] / "data" / "quantus" / "parity.json"
CASES = range(N_CASES)


@pytest.fixture(scope="module")
def theirs():
    found = json.loads(PATH.read_text(encoding="utf-8"))
    assert found["quantus"].startswith("0.6.") and len(found["maps"]) == N_CASES
    return found


@pytest.mark.parametrize("seed", CASES)
def test_pointing_game(theirs, seed):
    case = map_case(seed)
    assert pointing_game(case.heat, case.target) == theirs["maps"][seed]["pointing_game"]


def test_the_cases_hold_hits_and_misses(theirs):
    assert {case["pointing_game"] for case in theirs["maps"]} == {0.0, 1.0}


@pytest.mark.parametrize("seed", CASES)
def test_heat_mass_is_relevance_mass_accuracy(theirs, seed):
    case = map_case(seed)
    found = heat_mass(case.heat, case.target, ~case.target)
    assert found == pytest.approx(theirs["maps"][seed]["relevance_mass"], abs=1e-6)


@pytest.mark.parametrize("seed", CASES)
def test_ink_auc_is_their_auc(theirs, seed):
    case = map_case(seed)
    found = ink_auc(case.heat, case.target, ~case.target)
    assert found == pytest.approx(theirs["maps"][seed]["auc"], abs=1e-9)


@pytest.mark.parametrize("seed", CASES)
def test_spearman(theirs, seed):
    case = map_case(seed)
    expected = theirs["maps"][seed]["spearman"]
    assert spearman(case.heat, case.other) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", CASES)
def test_deletion_is_pixel_flipping(theirs, seed):
    """The same inputs go in the same order; we add the whole at the start, and normalise."""
    case = linear_case(seed)
    order, gone = order_by(case.attribution, np.random.default_rng(0)), steps_of(8)
    logits = kept_after(order, gone) @ case.weights
    flipped = theirs["linear"][seed]["logits"]
    np.testing.assert_allclose(logits[1:], flipped, atol=1e-12)
    whole = case.weights.sum()
    points = [whole, *flipped]
    area = sum((a + b) / 2 for a, b in pairwise(points)) / 8 / whole
    assert curve_area(gone, logits) == pytest.approx(area)


def test_an_empty_map_is_a_hit_for_them_and_a_miss_here(theirs):
    assert theirs["empty map"]["pointing_game"] == 1.0
    assert pointing_game(np.zeros(SHAPE, np.float32), map_case(0).target) == 0.0


def test_their_pointing_game_takes_not_known_for_true(theirs):
    """Without target pixels their NaN becomes True in an array of bool."""
    assert theirs["no target"]["pointing_game"] == 1.0
    assert np.isnan(pointing_game(map_case(0).heat, np.zeros(SHAPE, bool)))


def test_other_empty_maps(theirs):
    """The same chance level of the AUC; no heat mass for them, 0 here: nothing on the target."""
    empty, target = np.zeros(SHAPE, np.float32), map_case(0).target
    assert theirs["empty map"]["auc"] == ink_auc(empty, target, ~target) == 0.5
    assert theirs["empty map"]["relevance_mass"] is None
    assert heat_mass(empty, target, ~target) == 0
    assert theirs["empty map"]["spearman"] is None
    assert np.isnan(spearman(np.zeros(9), np.arange(9.0)))
