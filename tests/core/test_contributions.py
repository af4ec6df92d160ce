"""Ranks and signed shares of peaks, over all inputs together."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.contributions import Contributions, InputContributions, PeakPlaces


def one_input(name: str, drops: list[float]) -> InputContributions:
    n = len(drops)
    places = PeakPlaces(np.arange(n) + 1, np.full(n, 3.0), np.full(n, 50.0))
    drop = np.array(drops)[:, np.newaxis]
    return InputContributions(name, places, drop, np.full(n, 4), np.zeros(1))


def test_ranks_and_shares_run_over_both_inputs() -> None:
    made = Contributions(
        "net",
        "0" * 64,
        ("indole",),
        np.array([1.0]),
        np.array([-2.0]),
        (one_input("hsqc", [3.0, -1.0]), one_input("hmbc", [3.0, 1.0])),
    )
    assert [r[:, 0].tolist() for r in made.ranks()] == [[1, 4], [1, 3]]
    assert [s[:, 0].tolist() for s in made.shares()] == [[0.375, -0.125], [0.375, 0.125]]


def test_no_difference_has_no_share() -> None:
    made = Contributions(
        "net", "", ("a",), np.zeros(1), np.zeros(1), (one_input("hsqc", [0.0, 0.0]),)
    )
    assert made.shares()[0].tolist() == [[0.0], [0.0]]
    assert made.ranks()[0].tolist() == [[1], [1]]


def test_arrays_are_checked_and_read_only() -> None:
    with pytest.raises(ValueError, match="twice"):
        PeakPlaces(np.array([1, 1]), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="drop"):
        one_input("hsqc", [np.nan])
    with pytest.raises(ValueError, match="read-only"):
        one_input("hsqc", [1.0]).drop[0, 0] = 2.0
