"""What cards say of methods, however they were written."""

from __future__ import annotations

from dataclasses import replace

import pytest
from window_builders import make_card

from nmrcam_qt.core.card_figures import inside, method_record


def card(figures):
    return replace(make_card(), metrics={"localisation_held_out": {"+1": {"hirescam": figures}}})


@pytest.mark.parametrize(
    ("ci", "words"),
    [
        ([0.64, 0.70], ": more than where"),
        ([0.50, 0.60], ": less than where"),
        ([0.59, 0.71], ": not measurably more than where"),
    ],
)
def test_a_map_must_know_more_than_the_average_spectrum(ci, words):
    auc = sum(ci) / 2
    found = method_record(card({"ink_auc": auc, "prior": 0.63, "ink_auc_ci": ci}), "hirescam")
    assert words in found.sentence
    assert "empty" not in found.sentence


def test_empty_maps_are_told():
    figures = {"ink_auc": 0.464, "prior": 0.63, "empty_rate": 0.183}
    found = method_record(card(figures), "hirescam")
    assert "18% of them were empty" in found.sentence
    assert (found.low, found.high) == (0.464, 0.464)


@pytest.mark.parametrize("figures", [None, 3, {}, {"ink_auc": "0.9", "prior": 0.6}, {"ink_auc": 1}])
def test_what_is_not_there_or_broken_is_not_known(figures):
    assert method_record(card(figures), "hirescam") is None
    assert method_record(card({"ink_auc": 0.9, "prior": 0.5}), "gradcam") is None


def test_mappings_within_mappings():
    assert inside({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert inside({"a": [1]}, "a", "b") == {}
