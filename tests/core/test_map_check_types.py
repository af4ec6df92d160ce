"""What the checks of a map say."""

from __future__ import annotations

import math

import pytest

from nmrcam_qt.core.map_check import (
    BETTER,
    EMPTY,
    FEW_PEAKS,
    NO_BETTER,
    NO_SUPPORT,
    NOT_RANDOMISED,
    SHOWS_NETWORK,
    SHOWS_SPECTRUM,
    MapCheck,
    judge_deletion,
    judge_randomisation,
    sentences_of,
)


@pytest.mark.parametrize(
    ("similar", "expected"), [(0.0, True), (0.499, True), (0.5, False), (1.0, False)]
)
def test_a_map_like_that_of_a_random_network_fails(similar, expected):
    assert judge_randomisation(similar) is expected


@pytest.mark.parametrize(("better", "expected"), [(1.0, True), (0.95, True), (0.94, False)])
def test_an_order_must_beat_nineteen_of_twenty(better, expected):
    assert judge_deletion(better) is expected


def test_what_cannot_be_judged_is_no_pass():
    assert judge_randomisation(math.nan) is None
    assert judge_deletion(math.nan) is None
    for randomisation, deletion in [(None, True), (True, None), (None, None), (False, True)]:
        assert not _check(randomisation, deletion).passes
    assert _check(True, True).passes


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((True, None, None, 9), (EMPTY,)),
        ((False, True, True, 9), (SHOWS_NETWORK, BETTER)),
        ((False, False, False, 9), (SHOWS_SPECTRUM, NO_BETTER)),
        ((False, None, None, 3), (NOT_RANDOMISED, FEW_PEAKS)),
        ((False, True, None, 4), (SHOWS_NETWORK, NO_SUPPORT)),
    ],
)
def test_sentences(found, expected):
    empty, randomisation, deletion, n_peaks = found
    said = sentences_of(
        empty=empty, randomisation=randomisation, deletion=deletion, n_peaks=n_peaks
    )
    assert said == expected


def _check(randomisation: bool | None, deletion: bool | None) -> MapCheck:
    return MapCheck(
        "indole", "gradcam", "hsqc", "net", "0" * 64, 0.1, 0.2, (0.5, 0.4, 0.6),
        randomisation, deletion, (),
    )  # fmt: skip
