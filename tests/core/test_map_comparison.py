"""Maps beside each other: hand-made ones on a grid of 4 × 10 samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.map_comparison import MapComparison, Pure, compare_maps
from nmrcam_qt.core.regions import Regions
from nmrcam_qt.core.results import Explanation

F1 = Axis.from_edges("13C", 0.0, 200.0, 4)
F2 = Axis.from_edges("1H", 10.0, 0.0, 10)
PLACES = [(0, 0), (0, 9), (3, 0)]
"""Three peaks of one sample each."""


def ink():
    grid = np.zeros((4, 10), np.float32)
    for place in PLACES:
        grid[place] = 1
    return grid


def regions():
    labels = np.full((4, 10), -1, np.int32)
    for number, place in enumerate(PLACES):
        labels[place] = number
    return Regions(labels, len(PLACES))


def a_map(class_id, method, heats, blank=0.0):
    evidence = np.zeros((4, 10), np.float32)
    for place, heat in zip(PLACES, heats, strict=True):
        evidence[place] = heat
    evidence[2, 5] = blank
    return Explanation(evidence, F1, F2, "hsqc", class_id, method, "conv", "net", "0" * 64)


def compare(*maps):
    return compare_maps(maps, ink(), F1, F2, regions())


def test_where_the_heat_lies_by_hand():
    found = compare(a_map("indole", "a", (3, 2, 1), blank=2))
    (one,) = found.maps
    assert one.on_signals == pytest.approx(6 / 8)
    assert one.blank == pytest.approx(2 / 8)  # 1 ppm and 50 ppm from any ink: far
    assert one.half == 1  # the first of 3, 2, 1 is half of six
    assert found.peaks == 3
    assert found.ink_share == pytest.approx(3 / 40)
    assert found.blank_share == pytest.approx(37 / 40)
    assert compare(a_map("indole", "a", (2, 2, 2))).maps[0].half == 2


def test_an_empty_map_is_called_empty_and_agrees_with_nothing():
    found = compare(a_map("indole", "a", (0, 0, 0)), a_map("indole", "b", (3, 2, 1)))
    empty = found.maps[0]
    assert empty.empty
    assert math.isnan(empty.on_signals)
    assert math.isnan(empty.blank)
    assert empty.half == 0
    assert math.isnan(empty.agrees)
    assert np.isnan(found.rank_agreement[0]).all()
    assert np.isnan(found.top_agreement[0]).all()
    assert math.isnan(found.maps[1].agrees)


def test_agreement_is_that_of_the_ranks_over_the_ink():
    found = compare(
        a_map("indole", "a", (3, 2, 1), blank=9),
        a_map("indole", "b", (30, 20, 10)),
        a_map("indole", "c", (1, 2, 3)),
    )
    assert found.rank_agreement[0, 1] == pytest.approx(1)
    assert found.rank_agreement[0, 2] == pytest.approx(-1)
    assert np.array_equal(found.rank_agreement, found.rank_agreement.T)
    assert found.maps[0].agrees == pytest.approx(0)  # +1 and -1
    assert math.isnan(found.maps[0].other_classes)
    assert found.top_agreement[0, 2] == pytest.approx(1)  # three peaks are all among five


def test_a_method_that_knows_no_class_is_found_out():
    found = compare(
        a_map("indole", "eigencam", (3, 2, 1)),
        a_map("steroid", "eigencam", (3, 2, 1)),
        a_map("indole", "other", (3, 2, 1)),
        a_map("steroid", "other", (1, 3, 2)),
    )
    assert found.maps[0].other_classes == pytest.approx(1)
    assert found.maps[2].other_classes == pytest.approx(-0.5)
    # Neither class nor method in common: nobody asks.
    assert math.isnan(found.rank_agreement[0, 3])
    assert found.find("steroid", "other") == 3
    assert found.find("steroid", "gone") is None


def test_with_the_pure_compound_the_heat_is_judged():
    maps = (a_map("indole", "a", (3, 2, 1), blank=9), a_map("indole", "b", (1, 3, 2)))
    maps += (a_map("indole", "c", (0, 0, 0)),)
    pure = np.zeros((4, 10), np.float32)
    pure[PLACES[0]] = pure[2, 5] = 1  # the second is no ink of the mixture: it counts for nothing
    found = compare_maps(maps, ink(), F1, F2, regions(), pure=Pure(pure))
    assert [each.ink_auc for each in found.maps] == [1.0, 0.0, 0.5]
    assert math.isnan(compare(*maps).maps[0].ink_auc)
    with pytest.raises(ValueError, match="not on the grid"):
        compare_maps(maps, ink(), F1, F2, regions(), pure=Pure(pure[:2]))


def test_the_class_prior_is_the_bar_for_a_map():
    """Target: one sample; distractors: two. The prior has the target second: 0.5 by hand."""
    maps = (a_map("indole", "a", (3, 2, 1)), a_map("indole", "b", (1, 3, 2)))
    maps += (a_map("steroid", "a", (3, 2, 1)),)
    pure = np.zeros((4, 10), np.float32)
    pure[PLACES[0]] = 1
    # On cells of its own: 2 x 5, each over 2 x 2 samples.
    prior = np.zeros((2, 5), np.float32)
    prior[0, 0], prior[0, 4], prior[1, 0] = 0.2, 0.4, 0.1
    coarse = Axis.from_edges("13C", 0.0, 200.0, 2), Axis.from_edges("1H", 10.0, 0.0, 5)
    bar = Explanation(prior, *coarse, "hsqc", "indole", "class prior", "", "net", "0" * 64)
    found = compare_maps(maps, ink(), F1, F2, regions(), pure=Pure(pure, {"indole": bar}))
    right, wrong, other = found.maps
    assert (right.ink_auc, right.prior_auc, right.gain) == (1.0, 0.5, 1.0)
    assert (wrong.ink_auc, wrong.prior_auc, wrong.gain) == (0.0, 0.5, -1.0)
    assert other.ink_auc == 1.0 and math.isnan(other.prior_auc) and math.isnan(other.gain)


def test_matrices_fit_the_maps():
    with pytest.raises(ValueError, match="rank_agreement"):
        MapComparison((), np.zeros((1, 1)), np.zeros((0, 0)), 0, 0.0, 0.0)


def test_a_comparison_of_many_maps_can_be_cancelled_among_its_pairs():
    class Told:
        def step(self, _done, _total, text=""):
            if text == "agreement":
                raise Cancelled

    with pytest.raises(Cancelled):
        compare_maps([a_map("indole", "a", (3, 2, 1))], ink(), F1, F2, regions(), Told())
