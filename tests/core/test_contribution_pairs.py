"""Which peaks are paired, and what their drops mean; all by hand."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from contribution_builders import made_up, places_at

from nmrcam_qt.core.contribution_pairs import (
    AskedPeak,
    Meaning,
    PairDrops,
    PairLine,
    meaning_of,
    pair_lines,
    strongest,
)
from nmrcam_qt.core.contributions import Contributions, InputContributions
from nmrcam_qt.core.writers.contribution_table import (
    ContributionTable,
    PairTable,
    contribution_bytes,
    pair_bytes,
    peak_lines,
)

BIG = 9_007_199_254_740_993
"""The first whole number that a float64 cannot hold."""


@pytest.mark.parametrize(
    ("together", "alone", "meaning"),
    [
        (3.0, (1.0, 2.0), Meaning.INDEPENDENT),
        (3.25, (1.0, 2.0), Meaning.INDEPENDENT),  # a twelfth of what they do
        (0.05, (0.0, 0.0), Meaning.INDEPENDENT),  # hardly anything
        (1.0, (0.0, 0.0), Meaning.EITHER),  # left or right: only the loss of both is seen
        (1.0, (1.0, 1.0), Meaning.BOTH),  # left and right: the loss of one is the loss of all
        (-1.0, (-1.0, -1.0), Meaning.BOTH),  # the same against the class
        (-1.0, (0.0, 0.05), Meaning.EITHER),
        (2.0, (1.0, -1.0), Meaning.LINKED),
        (-2.0, (1.0, -1.0), Meaning.LINKED),
        (3.0, (1.0, 1.0, 1.0), Meaning.INDEPENDENT),
        (0.0, (), Meaning.INDEPENDENT),
    ],
)
def test_words(together, alone, meaning):
    assert meaning_of(together, alone) is meaning


def test_the_strongest_are_those_for_and_against_that_are_seen():
    found = made_up()
    assert strongest(found, "indole", 2) == ((0, 1), (0, 2))  # +2.0, -1.0; the unseen fourth never
    assert strongest(found, "fatty_acid") == ((0, 3), (0, 1), (0, 2))
    with pytest.raises(ValueError):
        strongest(found, "sugar")


def drops() -> PairDrops:
    peaks = tuple(AskedPeak(0, "hsqc", n, 1.0 + n, 10.0 * n, True) for n in (4, 7, BIG))
    alone = np.array([[1.0, 0.0], [2.0, 0.0], [0.5, 0.0]])
    together = np.array([[3.0, 1.0], [1.0, 0.0], [2.5, -2.0]])
    return PairDrops(
        "net", "f" * 64, ("a", "b"), peaks, alone, together, np.array([4.0, 0.0]), np.ones(2)
    )


def test_interactions_are_sorted_by_their_size():
    found = drops()
    assert found.pairs == [(0, 1), (0, 2), (1, 2)]
    np.testing.assert_allclose(found.interaction, [[0, 1], [-0.5, 0], [0, -2]])
    lines = pair_lines(found, "b")
    assert [line.interaction for line in lines] == [-2, 1, 0]
    assert [(line.first.id, line.second.id) for line in lines] == [(7, BIG), (4, 7), (4, BIG)]


def test_files_of_pairs_keep_every_digit_of_an_id():
    lines = tuple(("b", line) for line in pair_lines(drops(), "b"))
    table = PairTable(("=a.csv", "b.csv"), "net", lines)
    rows = list(csv.DictReader(io.StringIO(pair_bytes([table], ".csv").decode("utf-8-sig"))))
    assert [row["peak 2"] for row in rows] == [str(BIG), "7", str(BIG)]
    assert rows[0]["file"] == "'=a.csv + b.csv" and rows[0]["interaction"] == "-2"
    assert rows[0]["meaning"] == Meaning.EITHER.value  # -2 together, against the class
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(io.BytesIO(pair_bytes([table], ".xlsx"))).active
    assert [c.value for c in sheet[1]][:5] == ["file", "network", "class", "input 1", "peak 1"]
    assert sheet["E2"].value == 7 and sheet["I2"].value == str(BIG)


def test_files_of_peaks_keep_every_digit_of_an_id():
    one = made_up().inputs[0]
    places = places_at([(7.0, 120.0)], first=BIG)
    own = InputContributions("hsqc", places, one.drop[:1], one.cells[:1], one.rest)
    found = Contributions("net", "f" * 64, made_up().classes, *[np.zeros(3)] * 2, (own,))
    table = ContributionTable(("a.csv",), "net", tuple(peak_lines(found, ["indole"])))
    (row,) = csv.DictReader(io.StringIO(contribution_bytes([table], ".csv").decode("utf-8-sig")))
    assert row["peak"] == str(BIG) and row["rank"] == "1"


def test_a_line_knows_its_interaction():
    peak = AskedPeak(0, "hsqc", 1, 1.0, 10.0, True)
    line = PairLine(peak, peak, 1.0, 0.25, 0.25)
    assert line.interaction == 0.5 and line.meaning is Meaning.EITHER
