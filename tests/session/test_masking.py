"""Masks over the signals of solvents: proposed, merged, never excluded without being asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from instrument_builders import instrument
from window_builders import packed as listed
from window_builders import picture

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.solvents import solvent_named, solvent_of
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.masking import (
    mask_range,
    solvent_masks,
    with_masks,
    with_solvent_masks,
    without_masks,
)
from nmrcam_qt.session.packing import pack


def measured(solvent, experiment=Experiment.HSQC):
    made = replace(instrument(), acquisition=Acquisition(solvent, 500.0, 125.0))
    return pack(replace(made, experiment=experiment))


def covers(masks, h_ppm, c_ppm):
    return [
        m.name
        for m in masks
        if m.h_ppm[0] <= h_ppm <= m.h_ppm[1] and m.c_ppm[0] <= c_ppm <= m.c_ppm[1]
    ]


@pytest.mark.parametrize(
    ("text", "h_ppm", "c_ppm"),
    [("CDCl3", 7.26, 77.16), ("DMSO", 2.50, 39.52), ("MeOD", 3.31, 49.0)],
)
def test_the_residual_signal_of_the_solvent_lies_in_a_mask(text, h_ppm, c_ppm):
    opened = with_solvent_masks(measured(text))
    assert covers(opened.masks, h_ppm, c_ppm)
    assert covers(opened.masks, 0.0, 0.0), "TMS"
    assert not any(mask.excluded for mask in opened.masks)


def test_the_streak_of_water_runs_through_all_of_the_carbon_axis():
    masks = with_solvent_masks(measured("D2O")).masks
    assert covers(masks, 4.79, 10.0) == covers(masks, 4.79, 190.0) != []
    assert "all of ¹³C" in mask_range(next(m for m in masks if m.name == "HDO"))


def test_both_lines_of_the_doublet_are_masked_in_an_hmbc():
    masks = with_solvent_masks(measured("CDCl3", Experiment.HMBC)).masks
    half = 209 / 2 / 500.0
    assert covers(masks, 7.26 - half, 77.16)
    assert covers(masks, 7.26 + half, 77.16)
    narrow = with_solvent_masks(measured("CDCl3")).masks
    assert not covers(narrow, 7.26 - half, 77.16)


@pytest.mark.parametrize("text", ["", "unobtainium"])
def test_an_unknown_solvent_gives_no_masks_but_one_can_be_chosen(text):
    opened = measured(text)
    assert solvent_of(opened.acquisition) is None
    assert with_solvent_masks(opened) is opened
    assert covers(solvent_masks(opened, solvent_named("DMSO")), 2.5, 39.5)


def test_pictures_and_lists_and_what_has_masks_stay_as_they_are():
    for opened in (pack(picture()), listed()):
        assert with_solvent_masks(opened) is opened
    own = replace(measured("CDCl3"), masks=(Mask("mine", (1.0, 2.0), (3.0, 4.0)),))
    assert with_solvent_masks(own) is own


def test_more_masks_replace_those_of_the_same_name_and_leave_them_excluded():
    old = (Mask("a", (1.0, 2.0), (3.0, 4.0), True), Mask("b", (1.0, 2.0), (3.0, 4.0)))
    made = with_masks(old, (Mask("a", (1.5, 2.5), (3.0, 4.0)), Mask("c", (5.0, 6.0), (3.0, 4.0))))
    assert [(m.name, m.h_ppm[0], m.excluded) for m in made] == [
        ("a", 1.5, True),
        ("b", 1.0, False),
        ("c", 5.0, False),
    ]
    assert [m.name for m in without_masks(made, {"a", "c"})] == ["b"]


def test_a_range_is_written_with_proper_signs():
    said = mask_range(Mask("x", (-0.06, 0.06), (-1.0, 1.0)))
    assert said == "¹H −0.06–0.06 ppm, ¹³C −1.0–1.0 ppm"
