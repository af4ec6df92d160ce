"""Repeats: what moves, by how much, and what the intervals say of it."""

from __future__ import annotations

import numpy as np
import pytest
from builders import list_spectrum
from explain_toys import spec
from peak_questions import contributions, question_of
from test_peak_contributions import POINTS, linear, places, two_inputs, weights_of

from nmrcam_qt.core.contribution_repeats import (
    RepeatSettings,
    map_agreement,
    repeated,
    variants,
)
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.painting import Painting
from nmrcam_qt.core.preprocessing import ink_on_grid, prepare_inputs
from nmrcam_qt.core.regions import BLANK, REST
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.contributions import NetworkEngine

WHERE = spec((205, 300, 1))
STILL = RepeatSettings(repeats=3, h_ppm=0.0, c_ppm=0.0, lost=0.0, noise=0.0)


def net(where=WHERE):
    return linear(where, weights_of(np.zeros(where.shape)))


def painting_of(points, where=WHERE):
    card = net(where).card
    prepared = prepare_inputs(card, [list_spectrum(points)])
    return Painting.of_peaks(card, prepared, [places(points)])


def question(points=POINTS, where=WHERE):
    made = net(where)
    prepared = prepare_inputs(made.card, [list_spectrum(points)])
    return NetworkEngine(made), question_of(made, prepared, [places(points)]), made, prepared


def test_without_differences_nothing_moves():
    painting = painting_of(POINTS)
    for other in variants(painting, [places(POINTS)], STILL):
        np.testing.assert_array_equal(other.painting.examples[0], painting.examples[0])
        np.testing.assert_array_equal(other.painting.regions[0].labels, painting.regions[0].labels)
    engine, asked, made, prepared = question()
    again = repeated(engine, asked, STILL, ("hirescam",))
    found = contributions(made, prepared, [places(POINTS)], ("hirescam",))
    (own,) = again.intervals
    np.testing.assert_allclose(own.drop_low, found.inputs[0].drop, atol=1e-4)
    np.testing.assert_allclose(own.drop_high, found.inputs[0].drop, atol=1e-4)
    np.testing.assert_array_equal(own.rank_low, found.ranks()[0])
    np.testing.assert_array_equal(own.rank_high, found.ranks()[0])
    assert all(m.agreement == pytest.approx(1) for m in again.maps)
    assert all((m.low == m.mean).all() or np.allclose(m.low, m.mean) for m in again.maps)
    with_them = again.added_to(found)
    assert with_them.repeats == 3 and with_them.intervals == again.intervals


def test_a_peak_moves_by_the_samples_that_its_shift_crosses():
    """As the list drawn at the shifted place: the darkest sample is the one that holds it."""
    f1, f2 = WHERE.f1, WHERE.f2
    # In the middle of its sample, just before the next one, and just behind the edge.
    points = [
        (f2.ppm(50.0), f1.ppm(20.0)),
        (f2.ppm(120.45), f1.ppm(90.0)),
        (f2.ppm(200.55), f1.ppm(150.0)),
    ]
    settings = RepeatSettings(
        repeats=30, seed=4, h_ppm=0.4 * abs(f2.step), c_ppm=0.0, lost=0, noise=0
    )
    painting = painting_of(points)
    moved = []
    for other in variants(painting, [places(points)], settings):
        labels = other.painting.regions[0].labels
        starts = [np.nonzero(labels == i)[1].min() for i in range(3)]
        was = [np.nonzero(painting.regions[0].labels == i)[1].min() for i in range(3)]
        moved.append(np.subtract(starts, was))
    moved = np.array(moved)
    assert not moved[:, 0].any()
    assert set(moved[:, 1]) == {0, 1} and set(moved[:, 2]) == {0, -1}


def test_shifts_have_the_right_sense_and_mean():
    """Whole samples a peak, and yet the mean shift over many peaks is the shift."""
    rng = np.random.default_rng(0)
    points = [(5.0 + float(x), 20.0 + 9 * i) for i, x in enumerate(rng.uniform(-0.3, 0.3, 18))]
    settings = RepeatSettings(repeats=40, seed=1, h_ppm=0.1, c_ppm=0.0, lost=0, noise=0)
    painting = painting_of(points)
    draws = np.random.default_rng(1)
    draws.random((40, 18))
    f2 = WHERE.f2
    for other in variants(painting, [places(points)], settings):
        shift = draws.uniform(-0.1, 0.1)
        draws.uniform(0, 0)
        draws.random(2)  # two axes of the rest
        labels, old = other.painting.regions[0].labels, painting.regions[0].labels
        mean = [
            f2.centres[np.nonzero(labels == i)[1]].mean()
            - f2.centres[np.nonzero(old == i)[1]].mean()
            for i in range(18)
        ]
        assert np.mean(mean) == pytest.approx(shift, abs=0.02)


def test_lost_peaks_are_blank_and_noise_peaks_belong_to_nobody():
    settings = RepeatSettings(repeats=8, seed=2, h_ppm=0, c_ppm=0, lost=0.5, noise=0.5)
    painting = painting_of(POINTS)
    lost_ever = np.zeros(len(POINTS), int)
    for other in variants(painting, [places(POINTS)], settings):
        labels = other.painting.regions[0].labels
        (lost,) = other.lost
        lost_ever += lost
        kept = np.isin(np.arange(len(POINTS)), labels)
        assert not kept[lost].any()
        assert (labels == REST).any() or lost.all()
        np.testing.assert_array_equal(labels == BLANK, other.painting.examples[0][:, :, 0] == 0)
    assert (lost_ever > 0).all() and (lost_ever < 8).all()


def test_no_peak_is_lost_in_all_repeats():
    always = RepeatSettings(repeats=2, lost=1.0, noise=0.0)
    engine, asked, *_ = question()
    (own,) = repeated(engine, asked, always).intervals
    assert np.isfinite(own.drop_low).all()


def test_a_peak_that_speaks_against_stays_last_where_others_are_lost():
    engine, asked, made, prepared = question()
    settings = RepeatSettings(repeats=20, seed=5, h_ppm=0, c_ppm=0, lost=0.4, noise=0)
    (own,) = repeated(engine, asked, settings).intervals
    found = contributions(made, prepared, [places(POINTS)])
    drop = found.inputs[0].drop
    last = (found.ranks()[0] == len(POINTS)) & (drop < -1e-3)
    assert last.any()
    # Among the peaks that are left alone it would be better than it is.
    assert (own.rank_low[last] == len(POINTS)).all()


def test_intervals_hold_what_moves_and_ranks_stay_in_bounds():
    engine, asked, made, prepared = question()
    again = repeated(engine, asked, RepeatSettings(repeats=12, seed=3), ("hirescam",))
    (own,) = again.intervals
    found = contributions(made, prepared, [places(POINTS)])
    assert (own.drop_low <= own.drop_high).all() and (own.drop_high > own.drop_low).any()
    assert (own.rank_low >= 1).all() and (own.rank_high <= len(POINTS)).all()
    assert (own.rank_low <= own.rank_high).all()
    assert again.repeats == 12 and len(again.maps) == 2
    assert {m.class_id for m in again.maps} == set(found.classes)
    for stable in again.maps:
        assert (stable.low <= stable.mean + 1e-5).all() or stable.low.max() <= stable.mean.max() * 2
        assert 0 < stable.agreement < 1  # one sample wide cells: they move
    same = repeated(engine, asked, RepeatSettings(repeats=12, seed=3))
    np.testing.assert_array_equal(same.intervals[0].drop_low, own.drop_low)


def test_pairs_move_together():
    made = two_inputs()
    spectra = [list_spectrum(POINTS, e) for e in (Experiment.HSQC, Experiment.HMBC)]
    prepared = prepare_inputs(made.card, spectra)
    asked = question_of(made, prepared, [places(POINTS)] * 2)
    settings = RepeatSettings(repeats=6, h_ppm=0.3, c_ppm=9.0, lost=0, noise=0)
    for other in variants(asked.painting(), asked.peaks, settings):
        np.testing.assert_array_equal(
            other.painting.regions[0].labels, other.painting.regions[1].labels
        )
    again = repeated(NetworkEngine(made), asked, settings, ("hirescam",))
    assert [i.input_name for i in again.intervals] == ["hsqc", "hmbc"]
    assert {m.input_name for m in again.maps} == {"hsqc", "hmbc"}


def test_turned_and_white_inputs_are_fed_as_the_card_says():
    from dataclasses import replace

    turned = replace(spec((60, 41, 1), rows="f2"), background=1)
    painting = painting_of(POINTS, turned)
    (other,) = variants(painting, [places(POINTS)], RepeatSettings(1, 0, 0.0, 0.0, 0.0, 0.0))
    np.testing.assert_allclose(other.painting.examples[0], painting.examples[0], atol=1e-6)


def test_agreement_of_maps():
    one = np.array([[0, 1], [2, 3]], np.float32)
    other = np.array([[3, 2], [1, 0]], np.float32)
    nothing = np.zeros((2, 2), np.float32)
    assert map_agreement(np.stack([one, 2 * one])) == pytest.approx(1)
    assert map_agreement(np.stack([one, other])) == pytest.approx(-1)
    assert map_agreement(np.stack([one, one, nothing])) == pytest.approx(1 / 3)
    assert map_agreement(np.stack([one, one, nothing, nothing])) == pytest.approx(1 / 5)
    assert map_agreement(np.stack([nothing, nothing])) == 0
    assert map_agreement(one[np.newaxis]) == 1


def test_repeats_can_be_cancelled():
    engine, asked, *_ = question()
    told = []

    class Impatient:
        def step(self, done, total, text=""):
            told.append(done)
            if done == 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        repeated(engine, asked, RepeatSettings(repeats=5), progress=Impatient())
    assert max(told) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"repeats": 0}, {"h_ppm": np.nan}, {"c_ppm": -1}, {"lost": 2}, {"noise": -1}, {"seed": -1}],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        RepeatSettings(**wrong)


def test_ink_of_a_moved_spectrum_is_that_of_the_moved_list():
    """Against the drawing itself: the darkest samples agree to the last one."""
    f2 = WHERE.f2
    points = [(f2.ppm(50.3), 40.0), (f2.ppm(120.45), 100.0)]
    settings = RepeatSettings(repeats=5, seed=9, h_ppm=0.03, c_ppm=0.0, lost=0, noise=0)
    draws = np.random.default_rng(9)
    draws.random((5, 2))
    for other in variants(painting_of(points), [places(points)], settings):
        shift = draws.uniform(-0.03, 0.03)
        draws.uniform(0, 0)
        draws.random(2)
        drawn = ink_on_grid(list_spectrum([(h + shift, c) for h, c in points]), WHERE)
        moved = other.painting.examples[0][:, :, 0]
        np.testing.assert_array_equal(moved == 1, drawn == 1)


def test_a_spectrum_without_peaks_has_empty_intervals():
    engine, asked, _, _ = question([])
    (own,) = repeated(engine, asked, RepeatSettings(repeats=3)).intervals
    assert own.drop_low.shape == own.drop_high.shape == (0, len(asked.card.classes))
    assert own.rank_low.shape == own.rank_high.shape == (0, len(asked.card.classes))
