"""What a score was worth on held-out compounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nmrcam_qt.core.card_store import find_network, installed_networks
from nmrcam_qt.core.reliability import EDGES, KEY, measure, ranges, sentence


@pytest.fixture
def card():
    return replace(find_network("kuhn-hsqc").card, metrics={})


def test_by_hand(card):
    rows = measure(
        [0.5, 0.89, 0.9, 0.95, 0.9995, 1.0],
        [False, True, True, False, True, True],
        ["a", "b", "c", "d", "e", "f"],
    )
    assert [(r["from"], r["to"], r["right"], r["n"]) for r in rows] == [
        (0.0, 0.9, 0.5, 2),
        (0.9, 0.99, 0.5, 2),
        (0.999, 1.0, 1.0, 2),
    ]
    assert rows[2]["ci"] == [1.0, 1.0]
    assert rows[0]["ci"] == [0.0, 1.0]
    measured = replace(card, metrics={KEY: rows})
    assert len(ranges(measured)) == 3
    assert "a score below 0.9 were right (n = 2)" in sentence(measured, 0.3)
    assert "50% (0%–100%)" in sentence(measured, 0.9)
    assert "0.999–1 " in sentence(measured, 1.0)
    assert sentence(measured, 0.995) == ""  # nobody measured that range


def test_answers_of_one_compound_are_no_independent_cases():
    rows = measure([0.5] * 40, [True, False] * 20, ["a"] * 20 + ["b"] * 20)
    assert rows[0]["ci"] == [0.5, 0.5]
    rows = measure([0.5] * 40, [True] * 20 + [False] * 20, ["a"] * 20 + ["b"] * 20)
    assert rows[0]["ci"] == [0.0, 1.0]


@pytest.mark.parametrize(
    "broken", [None, 3, "x", [{}], [{"from": 0}], [[1]], [{"from": 0, "ci": []}], {"a": 1}]
)
def test_broken_figures_of_a_foreign_card_say_nothing(card, broken):
    foreign = replace(card, metrics={KEY: broken})
    assert ranges(foreign) == ()
    assert sentence(foreign, 0.7) == ""


def test_the_networks_of_the_study_say_it_for_every_score():
    for name in ("kuhn-combined", "kuhn-hmbc", "kuhn-hsqc"):
        entry = find_network(name)
        found = ranges(entry.card)
        assert [r.low for r in found] == list(EDGES[:-1])
        for one in found:
            assert one.ci[0] <= one.right <= one.ci[1]
        for score in (0.34, 0.9, 0.995, 0.9999, 1.0):
            assert "were right" in sentence(entry.card, score)


def test_every_shipped_network_says_what_its_scores_are_worth():
    """By ranges where the classes exclude each other, by calibration where they do not."""
    for entry in installed_networks():
        if not entry.shipped:
            continue
        if entry.card.head == "softmax":
            assert ranges(entry.card), entry.card.id
        else:
            assert 0 <= entry.card.metrics["calibration"]["ece"] <= 1, entry.card.id
