"""Instrument data become the ink that a contour picture of them would be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from ink_builders import measured, plotted

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec, card_from_json, card_to_json
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.ink import contour_ink, filled_ink, over_base
from nmrcam_qt.core.ink_style import InkStyle, style_from_json, style_to_json
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.preprocessing import coverage_warnings, ink_on_grid, is_fit
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import Experiment

STYLE = InkStyle(picture=(410, 600))
SPEC = InputSpec("hmbc", Experiment.HMBC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0), ink=STYLE)
F1, F2 = Axis.from_edges("13C", 0, 200, 410), Axis.from_edges("1H", 10, 0, 600)
PEAKS = [(7.1, 120.0, 300), (6.8, 112.5, 120), (3.3, 40.2, -200), (1.25, 22.0, 350), (1.0, 15, 60)]


def make(**changes):
    values = {
        "id": "net-1",
        "title": "A network",
        "inputs": (InputSpec("hsqc", Experiment.HSQC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0)),),
        "classes": (ClassSpec("a", "A", "rule", "#e69f00"),),
        "head": "sigmoid",
        "thresholds": (0.5,),
        "layers": ("conv1",),
        "default_layer": "conv1",
        "trained_on_mixtures": True,
    }
    return Card(**{**values, **changes})


def middle(image, f1, f2):
    """Where the ink is, ppm (¹H, ¹³C)."""
    total = image.sum()
    return (image.sum(0) @ f2.centres) / total, (image.sum(1) @ f1.centres) / total


def test_as_matplotlib_draws_it(tmp_path):
    """An independent programme draws the contours; the picture is read as any other."""
    spectrum = measured(PEAKS)
    plotted(spectrum, tmp_path / "a_hmbc.png", STYLE.base * noise_level(spectrum.intensity))
    picture = ink_on_grid(read_spectrum(tmp_path / "a_hmbc.png"), SPEC)
    ours = ink_on_grid(spectrum, SPEC)
    assert ours.max() == 1
    assert abs((ours > 0.3).sum() / (picture > 0.3).sum() - 1) < 0.12
    assert ((ours > 0.6) & (picture < 0.1)).sum() == 0
    assert ((picture > 0.6) & (ours < 0.1)).sum() == 0
    for h, c, _ in PEAKS[2:]:  # those that stand alone
        row, column = SPEC.f1.cell(c), SPEC.f2.cell(h)
        around = np.s_[row - 5 : row + 6, column - 5 : column + 6]
        np.testing.assert_allclose(centre(ours[around]), centre(picture[around]), atol=0.25)
    assert np.corrcoef(ours.ravel(), picture.ravel())[0, 1] > 0.97


def centre(ink):
    """Row and column of the ink's middle."""
    rows, columns = np.indices(ink.shape)
    return (ink * rows).sum() / ink.sum(), (ink * columns).sum() / ink.sum()


@pytest.mark.parametrize("place", [(7.0, 100.0), (0.613, 5.3), (9.2, 151.7), (4.4444, 33.33)])
def test_a_peak_keeps_its_place(place):
    spectrum = measured([(*place, 300)])
    h, c = middle(contour_ink(spectrum, STYLE, F1, F2), F1, F2)
    assert h == pytest.approx(place[0], abs=0.1 * abs(F2.step))
    assert c == pytest.approx(place[1], abs=0.1 * abs(F1.step))


def test_ascending_axes_give_the_same():
    spectrum = measured(PEAKS)
    f1, f2 = spectrum.f1, spectrum.f2
    turned = replace(
        spectrum,
        intensity=spectrum.intensity[::-1, ::-1],
        f1=Axis("13C", f1.last_ppm, f1.first_ppm, f1.size),
        f2=Axis("1H", f2.last_ppm, f2.first_ppm, f2.size),
    )
    np.testing.assert_allclose(ink_on_grid(turned, SPEC), ink_on_grid(spectrum, SPEC), atol=0.5)
    ours, theirs = ink_on_grid(turned, SPEC), ink_on_grid(spectrum, SPEC)
    assert np.abs(ours - theirs).mean() < 1e-3


def test_a_solvent_does_not_hide_the_sample():
    """Scaled to its maximum the sample would have 0.1 % of ink."""
    alone = ink_on_grid(measured(PEAKS), SPEC)
    beside = ink_on_grid(measured([*PEAKS, (2.5, 145.0, 300_000)]), SPEC)
    rows, columns = np.nonzero(alone > 0.5)
    assert (beside[rows, columns] > 0.5).mean() > 0.97


def test_a_strong_peak_does_not_swell():
    weak = ink_on_grid(measured([(5.0, 80.0, 400)]), SPEC)
    strong = ink_on_grid(measured([(5.0, 80.0, 400_000)]), SPEC)
    assert (strong > 0.5).sum() < 2 * (weak > 0.5).sum()


def test_noise_and_ridges_are_no_ink():
    spectrum = measured(PEAKS, seed=3)
    assert not ink_on_grid(measured([], seed=4), SPEC).any()
    ridge = np.random.default_rng(1).normal(0, 40, spectrum.f1.size)
    across = np.exp(-(((spectrum.f2.centres - 5.0) / 0.03) ** 2))
    streak = replace(
        spectrum, intensity=spectrum.intensity + np.float32(ridge[:, np.newaxis] * across)
    )
    clean, ridged = ink_on_grid(spectrum, SPEC), ink_on_grid(streak, SPEC)
    assert (ridged > 0.1).sum() <= 1.05 * (clean > 0.1).sum()


def test_an_offset_of_a_column_is_no_ink():
    spectrum = measured(PEAKS)
    raised = spectrum.intensity.copy()
    raised[:, 500:510] += 60  # 4.8 to 4.9 ppm
    np.testing.assert_array_equal(
        ink_on_grid(replace(spectrum, intensity=raised), SPEC)[:, :100] > 0.1,
        ink_on_grid(spectrum, SPEC)[:, :100] > 0.1,
    )


def test_both_signs_are_ink():
    spectrum = measured(PEAKS)
    other = replace(spectrum, intensity=-spectrum.intensity)
    np.testing.assert_allclose(ink_on_grid(other, SPEC), ink_on_grid(spectrum, SPEC), atol=0.21)


def test_excluded_regions_are_blank():
    mask = Mask("x", (3.0, 3.6), (35.0, 45.0), excluded=True)
    seen = ink_on_grid(measured(PEAKS), SPEC)
    blank = ink_on_grid(measured(PEAKS, masks=(mask,)), SPEC)
    row, column = SPEC.f1.cell(40.2), SPEC.f2.cell(3.3)
    around = np.s_[row - 4 : row + 5, column - 4 : column + 5]
    assert seen[around].max() == 1
    assert blank[around].max() == 0
    blank[around] = seen[around]
    np.testing.assert_array_equal(blank, seen)
    assert filled_ink(measured(PEAKS, masks=(mask,))).sum() < filled_ink(measured(PEAKS)).sum()


def test_without_noise_there_is_a_base():
    ink = ink_on_grid(measured(PEAKS, noise=0.0), SPEC)
    assert 0 < (ink > 0.1).mean() < 0.02


@pytest.mark.parametrize("size", [(2, 2), (1, 5), (5, 1), (40, 40)])
def test_small_and_strange_arrays(size):
    base = measured([])
    f1 = Axis.from_edges("13C", 165.0, -5.0, size[0])
    f2 = Axis.from_edges("1H", 9.8, -0.2, size[1])
    values = np.zeros(size, np.float32)
    for fill in (0.0, np.nan, np.inf, 3e38):
        values[0, 0] = fill
        spectrum = replace(base, intensity=values, f1=f1, f2=f2)
        assert np.isfinite(over_base(spectrum, STYLE)).all()
        made = ink_on_grid(spectrum, SPEC)
        assert made.shape == (205, 300)
        assert (made >= 0).all()
        assert (made <= 1).all()


def test_measured_data_are_not_what_networks_were_validated_on():
    spectrum = measured(PEAKS)
    said = coverage_warnings(spectrum, SPEC, grid := ink_on_grid(spectrum, SPEC), "pictures")
    assert "trained on pictures" in said[0]
    assert "contours from 20 × noise" in said[0]
    assert "Measured were 9.8 to -0.2 ppm (¹H) and 165 to -5 ppm (¹³C)" in said[1]
    assert not is_fit(spectrum, SPEC, grid)
    wide = replace(
        spectrum,
        f1=Axis.from_edges("13C", 200, 0, spectrum.f1.size),
        f2=Axis.from_edges("1H", 10, 0, spectrum.f2.size),
    )
    assert len(coverage_warnings(wide, SPEC, grid)) == 1


@pytest.mark.parametrize("network", ["hsqc-mix", "hmbc-mix", "paired-mix", "kuhn-hsqc"])
def test_what_a_network_was_trained_on_is_what_its_card_says(network):
    card = find_network(network).card
    spectrum = measured(PEAKS)
    spec = card.inputs[0]
    spectrum = replace(spectrum, experiment=spec.experiment)
    said = coverage_warnings(spectrum, spec, ink_on_grid(spectrum, spec), card.examples)
    mixtures = "simulated spectra and measured peak lists"
    wanted = mixtures if card.trained_on_mixtures else "pictures"
    assert said[0].startswith(f"The network was trained on {wanted}: this measured spectrum")
    (unsaid, *_) = coverage_warnings(spectrum, spec, ink_on_grid(spectrum, spec))
    assert unsaid.startswith("What the network was trained on is not said: this measured")


def test_filled_style_inks_what_lies_above_the_base():
    spec = replace(SPEC, ink=InkStyle(kind="filled"))
    ink = ink_on_grid(measured(PEAKS), spec)
    for h, c, _ in PEAKS:
        assert ink[spec.f1.cell(c), spec.f2.cell(h)] == 1
    assert (ink > 0.1).mean() < 0.01


def test_style_on_cards():
    card = make(inputs=(replace(SPEC, ink=InkStyle("filled", (100, 200), 6.0, 0.1, 1.3, 5, 2.0)),))
    assert card_from_json(card_to_json(card)) == card
    plain = make()
    assert "ink" not in json.loads(card_to_json(plain))["inputs"][0]
    assert card_from_json(card_to_json(plain)).inputs[0].ink == InkStyle()
    assert style_from_json(style_to_json(STYLE)) == STYLE


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ([], "must be an object, found list"),
        ({"kind": "dots"}, "expected one of contours, filled"),
        ({"kind": 3}, "must be text"),
        ({"base": "6"}, "must be a number"),
        ({"base": True}, "must be a number"),
        ({"base": 0}, "ink base 0"),
        ({"base": float("nan")}, "not a card"),
        ({"levels": 2.5}, "whole number"),
        ({"levels": 1000}, "ink levels 1000"),
        ({"picture": [410]}, "two whole numbers"),
        ({"picture": [410, 10**9]}, "sides of 2 to"),
        ({"colour": "red"}, "no field 'colour'"),
    ],
)
def test_broken_styles_are_refused(field, part):
    data = json.loads(card_to_json(make()))
    data["inputs"][0]["ink"] = field
    with pytest.raises(CardError, match=part):
        card_from_json(json.dumps(data))


def test_cards_of_the_study_say_how_their_pictures_look():
    from nmrcam_qt.core.card_store import find_network

    cards = [find_network(f"kuhn-{kind}").card for kind in ("hsqc", "hmbc", "combined")]
    assert {one.ink.picture for card in cards for one in card.inputs} == {(410, 600)}


def test_no_shipped_network_sees_coarser_contours_than_its_cells():
    """What a card does not say is twice its grid; a picture below that would merge lines."""
    from nmrcam_qt.core.card_store import installed_networks

    for card in (entry.card for entry in installed_networks() if entry.shipped):
        for one in card.inputs:
            rows, columns = one.ink.picture or (2 * one.f1.size, 2 * one.f2.size)
            assert rows >= 2 * one.f1.size and columns >= 2 * one.f2.size, card.id
