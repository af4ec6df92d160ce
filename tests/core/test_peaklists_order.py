"""Which column is ¹H: ranges first, then headers, else a question."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.peaklists.headers import read_header
from nmrcam_qt.core.readers.peaklists.order import plausible


def read(tmp_path, text, columns=None):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return read_spectrum(path, ReadOptions(columns=columns))


def first(spectrum):
    return float(spectrum.peaks.h_ppm[0]), float(spectrum.peaks.c_ppm[0])


@pytest.mark.parametrize("header", ["1H,13C", "13C,1H", "F2,F1", "F1,F2", "a,b", "x,y", "w1,w2"])
@pytest.mark.parametrize("row", ["4.7,95.9", "95.9,4.7", "0.9,14.1", "14.1,0.9"])
def test_ranges_settle_it_whatever_the_header_says(tmp_path, header, row):
    h, c = sorted(map(float, row.split(",")))
    assert first(read(tmp_path, f"{header}\n{row}\n")) == (h, c)


def test_a_header_that_lies_is_noted(tmp_path):
    lied = read(tmp_path, "1H,13C\n95.9,4.7\n29.7,1.25\n")
    assert any("the other way round" in note for note in lied.provenance.notes)
    true = read(tmp_path, "13C,1H\n95.9,4.7\n29.7,1.25\n")
    assert not any("the other way round" in note for note in true.provenance.notes)
    named = read(tmp_path, "F1 (ppm),F2 (ppm)\n4.7,95.9\n")
    assert any("'F1 (ppm)' is ¹H" in note for note in named.provenance.notes)


@pytest.mark.parametrize("header", ["", "a,b\n", "Shift 1,Shift 2\n"])
def test_what_neither_says_is_asked(tmp_path, header):
    text = header + "4.7,3.9\n1.2,1.3\n"
    with pytest.raises(AmbiguousError, match="which column is ¹H") as caught:
        read(tmp_path, text)
    assert (caught.value.option, caught.value.choices) == ("columns", ("hc", "ch"))
    assert "--columns" in str(caught.value)
    assert first(read(tmp_path, text, "hc")) == (4.7, 3.9)
    assert first(read(tmp_path, text, "ch")) == (3.9, 4.7)


@pytest.mark.parametrize(
    ("header", "expected", "assumed"),
    [
        ("1H,13C", (4.7, 3.9), False),
        ("13C,1H", (3.9, 4.7), False),
        ("F2 (ppm),F1 (ppm)", (4.7, 3.9), True),
        ("F1 (ppm),F2 (ppm)", (3.9, 4.7), True),
        ("Pos F1,Pos F2", (4.7, 3.9), True),
        ("w1,w2", (3.9, 4.7), True),
        ("X_PPM,Y_PPM", (4.7, 3.9), True),
    ],
)
def test_the_header_settles_what_the_ranges_do_not(tmp_path, header, expected, assumed):
    spectrum = read(tmp_path, f"{header}\n4.7,3.9\n1.2,1.3\n")
    assert first(spectrum) == expected
    assert bool(spectrum.provenance.assumed) == assumed


def test_an_answer_that_cannot_be_is_refused(tmp_path):
    with pytest.raises(ReadError, match="1H shifts would be 95"):
        read(tmp_path, "4.7,95.9\n1.2,95\n", "ch")
    assert first(read(tmp_path, "4.7,95.9\n", "hc")) == (4.7, 95.9)
    with pytest.raises(ReadError, match="column order"):
        read(tmp_path, "4.7,95.9\n", "both")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1H,13C\n4.7,95.9\n1.2,20\n30,1.3\n", "peak 3 (30 / 1.3 ppm) does not fit"),
        ("120,130\n110,140\n", "no 1H and 13C shifts in either order"),
        ("1H,13C\n4.7,950\n", "no 1H and 13C shifts in either order"),
        ("1H,15N\n8.1,120\n", "a list with a 15N dimension"),
    ],
)
def test_shifts_that_fit_no_order_are_refused(tmp_path, text, sentence):
    with pytest.raises(ReadError) as caught:
        read(tmp_path, text)
    assert sentence in str(caught.value)
    assert not isinstance(caught.value, AmbiguousError)


@given(
    st.lists(
        st.tuples(st.floats(-1, 12), st.floats(21, 220)),
        min_size=1,
        max_size=10,
    )
)
def test_with_a_carbon_above_20_ppm_only_one_order_is_possible(pairs):
    h, c = np.array(pairs).T
    assert plausible(h, c)
    assert not plausible(c, h)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["#", "F2#", "F1#", "F2[ppm]", "F1[ppm]", "Intensity", "Annotation"], (3, 4)),
        (["", "f2 (ppm)", "f1 (ppm)", "Intensity", "Width f2", "Width f1"], (1, 2)),
        (["Position F1", "Position F2", "Assign F1", "Assign F2", "Height"], (0, 1)),
        (["INDEX", "X_AXIS", "Y_AXIS", "X_PPM", "Y_PPM", "HEIGHT"], (3, 4)),
        (["F1 (Hz)", "F2 (Hz)", "F1 (ppm)", "F2 (ppm)"], (2, 3)),
        (["f1", "f2", "13C", "1H"], (2, 3)),
        (["peak", "1H", "13C", "1H multiplicity"], (1, 2)),
    ],
)
def test_column_names(names, expected):
    header = read_header(names)
    assert (header.first, header.second) == expected


@pytest.mark.parametrize(
    "names", [["a", "b"], ["F1 (Hz)", "F2 (Hz)"], ["1H"], ["Width f1", "Width f2"], [], ["C", "x2"]]
)
def test_names_of_no_shifts(names):
    assert read_header(names) is None
