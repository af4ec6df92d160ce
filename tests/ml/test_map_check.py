"""Checks of one map on a network whose answer for every peak is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from explain_toys import spec
from linear_toy import SHAPE, SPOTS, WEIGHTS, linear, spots
from test_painted_forward import chain, inked, near, tokens

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import Cancelled, NetworkError
from nmrcam_qt.core.map_check import (
    BETTER,
    EMPTY,
    FEW_PEAKS,
    NO_BETTER,
    NO_SUPPORT,
    NOT_RANDOMISED,
    MapsAsked,
)
from nmrcam_qt.core.metrics.peak_deletion import curve_area
from nmrcam_qt.ml.explain.engine import explain
from nmrcam_qt.ml.map_check import RandomOrders, check_maps, painting_of
from nmrcam_qt.ml.peak_curves import PeakCurves, evidence_at
from nmrcam_qt.ml.randomising import Shuffled, kept_shuffled, stages, trained_layers


@pytest.fixture(scope="module")
def toy():
    return linear()


def test_curves_by_hand(toy):
    curves = PeakCurves(toy, painting_of(toy, spots(), None), 0)
    assert len(curves) == 6 and curves.gone.tolist() == list(range(7))
    logits = curves.logits([np.arange(6), np.arange(6)[::-1]])
    assert logits.shape == (2, 7, 3)
    np.testing.assert_allclose(logits[0, :, 0], [12, 7, 3, 0, -2, -3, 0], atol=1e-5)
    np.testing.assert_allclose(logits[1, :, 0], [12, 15, 14, 12, 9, 5, 0], atol=1e-5)
    np.testing.assert_allclose(curves.single_drops()[:, 0], WEIGHTS, atol=1e-5)


def test_the_heat_of_a_peak_is_the_sum_over_its_samples(toy):
    curves = PeakCurves(toy, painting_of(toy, spots(), None), 0)
    (made,), _ = explain(toy, spots().examples, ["hirescam"], ["a"])
    np.testing.assert_allclose(curves.heat(made), np.maximum(WEIGHTS, 0), atol=1e-5)
    grid = evidence_at(made, spec(SHAPE).f1, spec(SHAPE).f2)
    assert [grid[at] for at in SPOTS] == pytest.approx(WEIGHTS)


def test_a_map_that_is_right_passes_both(toy):
    (found,) = check_maps(toy, spots(), None, MapsAsked(("hirescam",), ("a",)))
    assert (found.class_id, found.method, found.input_name) == ("a", "hirescam", "hsqc")
    assert found.network_sha256 == toy.sha256
    # 12 7 3 0 -2 -3 0 over 12, trapezoids: the ends count half.
    assert found.deletion == pytest.approx((7 + 3 + 0 - 2 - 3 + 6) / 12 / 6)
    mean, low, high = found.deletion_random
    assert found.deletion < low <= mean <= high and mean == pytest.approx(0.5, abs=0.15)
    assert found.passes_deletion and found.sentences[1] == BETTER
    # The shuffled weights nearly always miss the six spots: those maps are constant there.
    if math.isnan(found.randomised):
        assert found.passes_randomisation is None and found.sentences[0] == NOT_RANDOMISED
    else:
        assert 0 <= found.randomised <= 1


def test_an_order_upside_down_does_not_pass(toy):
    curves = PeakCurves(toy, painting_of(toy, spots(), None), 0)
    orders = RandomOrders.of(curves, 0)
    wrong = orders.area(-np.array(WEIGHTS), 0, 0)
    assert wrong == pytest.approx((15 + 14 + 12 + 9 + 5 + 6) / 12 / 6)
    assert all(area <= wrong for area in orders.areas(0))


def test_empty_maps_and_classes_without_support_are_no_pass(toy):
    b, c = check_maps(toy, spots(), None, MapsAsked(("hirescam",), ("b", "c")))
    # b has heat on one spot, but all spots together lower it: nothing to explain.
    assert b.passes_deletion is None and b.sentences[1] == NO_SUPPORT and math.isnan(b.deletion)
    assert c.sentences == (EMPTY,)
    assert c.passes_deletion is None and c.passes_randomisation is None
    assert not (b.passes or c.passes)


def test_a_map_that_says_nothing_of_the_order_fails():
    """With one feature map Grad-CAM weighs all spots alike: the order is random."""
    toy = linear()
    found = {
        seed: check_maps(toy, spots(), None, MapsAsked(("gradcam",), ("a",), None, seed))[0]
        for seed in range(4)
    }
    assert {f.passes_deletion for f in found.values()} == {False}
    assert all(f.sentences[1] == NO_BETTER for f in found.values())


def test_too_few_peaks_are_not_judged():
    (found,) = check_maps(linear(3), spots(3), None, MapsAsked(("hirescam",), ("a",)))
    assert found.passes_deletion is None and found.sentences[1] == FEW_PEAKS
    assert all(math.isnan(v) for v in (found.deletion, *found.deletion_random))


def test_peaks_of_the_user_part_the_ink(toy):
    axes = spec(SHAPE)
    places = PeakPlaces(
        np.arange(6),
        np.array([axes.f2.ppm(column) for _, column in SPOTS]),
        np.array([axes.f1.ppm(row) for row, _ in SPOTS]),
    )
    (mine,) = check_maps(toy, spots(), [places], MapsAsked(("hirescam",), ("a",)))
    (inks,) = check_maps(toy, spots(), None, MapsAsked(("hirescam",), ("a",)))
    assert mine.deletion == pytest.approx(inks.deletion)
    with pytest.raises(NetworkError, match="peaks of 2 given"):
        check_maps(toy, spots(), [places, places], MapsAsked(("hirescam",), ("a",)))


def test_it_can_be_cancelled(toy):
    class Now:
        def step(self, done, total, text=""):
            raise Cancelled

    with pytest.raises(Cancelled):
        check_maps(toy, spots(), None, MapsAsked(("hirescam",), ("a",)), Now())


def test_random_networks_hold_the_same_numbers_elsewhere(toy):
    other = Shuffled(toy).network(0)
    for layer in trained_layers(toy):
        own, new = (n.model.get_layer(layer).get_weights() for n in (toy, other))
        for a, b in zip(own, new, strict=True):
            assert sorted(a.ravel()) == sorted(b.ravel())
    assert (other.model.get_layer("logits").get_weights()[0] != _kernel(toy)).any()
    assert other.sha256 != toy.sha256
    assert (_kernel(Shuffled(toy).network(0)) == _kernel(other)).all()
    assert kept_shuffled(toy) is kept_shuffled(toy)


def test_the_cascade_goes_from_the_top_down(toy):
    assert trained_layers(toy) == ("logits", "c1")
    assert stages(("d", "c", "b", "a"), 2) == [("d", "c"), ("d", "c", "b", "a")]
    assert stages(("b", "a")) == [("b",), ("b", "a")]
    low = Shuffled(toy).network(0, ["c1"])
    assert (_kernel(low) == _kernel(toy)).all()


@pytest.mark.parametrize("build", [lambda: chain("seed"), tokens])
def test_exchanged_weights_are_those_of_a_network_of_its_own(build):
    """To the last bit, in maps, logits and painted spectra, in whatever order they come."""
    net = build()
    (spec,) = net.card.inputs
    base = inked(spec.shape, 3)
    examples = np.stack([base, np.where(np.arange(spec.shape[1])[:, None] < 9, 0, base)])
    top, *_ = layers = trained_layers(net)
    shuffled = Shuffled(net)
    for seed, chosen in ((0, [top]), (1, None), (0, layers), (0, []), (0, [top])):
        here = shuffled.network(seed, chosen)
        alone = Shuffled(net).network(seed, chosen)
        for ours, theirs in zip(explained(here, base), explained(alone, base), strict=True):
            assert ours.class_id == theirs.class_id
            np.testing.assert_array_equal(ours.evidence, theirs.evidence)
        np.testing.assert_array_equal(
            near(here, [examples], [base]), near(alone, [examples], [base])
        )
        if not chosen and chosen is not None:
            for ours, theirs in zip(explained(here, base), explained(net, base), strict=True):
                np.testing.assert_array_equal(ours.evidence, theirs.evidence)
    assert len({id(shuffled.network(seed)) for seed in range(3)}) == 1


def explained(net, base):
    return explain(net, [base], ("hirescam", "gradcam", "occlusion"), net.card.class_ids)[0]


def test_curves_of_a_line_have_half_the_area():
    assert curve_area(np.arange(5), np.arange(5)[::-1]) == 0.5


def _kernel(network):
    return network.model.get_layer("logits").get_weights()[0]
