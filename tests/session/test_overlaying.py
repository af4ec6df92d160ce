"""What is overlaid, by selection and by settings."""

from __future__ import annotations

import pytest
from overlay_builders import packed_measured

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.overlaying import (
    MAX_OVERLAID,
    NO_SECOND,
    SELECT_MORE,
    coverage,
    difference_heading,
    difference_reason,
    overlaid,
    overlay_choice,
    without,
)
from nmrcam_qt.session.session import Session


@pytest.fixture
def session():
    made = Session()
    made.add([packed_measured(f"s{n}", shape=(16, 16)) for n in range(10)])
    made.select(1)
    return made


@pytest.mark.parametrize(
    "current, selected, before, ids",
    [
        (1, [1, 2, 3], (), (1, 2, 3)),
        (3, [1, 2, 3], (), (3, 1, 2)),  # the present one stays below
        (3, [1, 2, 3], (7, 8), (3, 1, 2)),  # several selected: another overlay
        (5, [5], (1, 2), (1, 2, 5)),  # one selected: it joins
        (1, [2], (), (1, 2)),
        (1, [2, 2, 2], (), (1, 2)),
    ],
)
def test_a_selection_becomes_an_overlay(current, selected, before, ids):
    assert overlay_choice(current, selected, before) == (ids, "")


@pytest.mark.parametrize(
    "current, selected, before, reason",
    [
        (None, [], (), "No spectrum is open."),
        (1, [1], (), SELECT_MORE),
        (1, [], (), SELECT_MORE),
        (2, [2], (1, 2, 3), SELECT_MORE),
        (1, list(range(1, 10)), (), "At most 7 spectra can be overlaid, and these are 9."),
        (9, [9], tuple(range(1, 8)), "At most 7 spectra can be overlaid, and these are 8."),
    ],
)
def test_what_cannot_be_overlaid_says_why(current, selected, before, reason):
    assert overlay_choice(current, selected, before) == ((), reason)


def test_the_present_one_and_those_that_are_gone_are_left_out(session):
    session.set_view(overlays=(1, 2, 3, 2, 77))
    view = session.view
    assert [item.id for item in overlaid(session, session.find(1), view)] == [2, 3]
    assert [item.id for item in overlaid(session, session.find(2), view)] == [1, 3]
    session.remove([3])
    assert [item.id for item in overlaid(session, session.find(1), view)] == [2]
    assert overlaid(session, None, view)[0].id == 1
    session.set_view(overlays=tuple(range(1, 11)))
    assert len(overlaid(session, session.find(1), session.view)) == MAX_OVERLAID - 1


def test_an_overlay_of_one_is_none():
    assert without((1, 2, 3), 2) == (1, 3)
    assert without((1, 2), 2) == ()
    assert without((), 5) == ()


def test_difference_reasons_and_headings(session):
    one, two = session.find(1), session.find(2)
    assert difference_reason(None, []) == "No spectrum is open."
    assert difference_reason(one, []) == NO_SECOND
    assert difference_reason(one, [two]) == ""
    session.set_experiment([2], Experiment.HMBC)
    assert "One is an HSQC, the other an HMBC" in difference_reason(one, [session.find(2)])
    assert difference_heading(one, two, None) == "s0 − k·s1"
    assert difference_heading(one, two, 1.0) == "s0 − s1"
    assert difference_heading(one, two, 0.01294) == "s0 − 0.0129·s1"


def test_coverage_names_what_is_covered_or_nothing():
    session = Session()
    session.add(
        [
            packed_measured("whole", shape=(100, 100), f1=(150.0, 0.0), f2=(10.0, 0.0)),
            packed_measured("wider", shape=(64, 64), f1=(160.0, -5.0), f2=(11.0, -1.0)),
            packed_measured("part", shape=(64, 64), f1=(160.0, -5.0), f2=(8.0, 2.0)),
            packed_measured("elsewhere", shape=(64, 64), f1=(400.0, 300.0), f2=(11.0, -1.0)),
        ]
    )
    whole, wider, part, elsewhere = session.items
    assert coverage(whole, wider) == ""
    text = coverage(whole, part)
    assert text.startswith("part covers only ¹H 8.0") and "¹³C" not in text
    assert "nothing of the difference is known" in coverage(whole, elsewhere)
