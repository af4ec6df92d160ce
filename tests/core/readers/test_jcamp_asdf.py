"""Tables of JCAMP-DX: every form, the checks, and what is broken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jcamp_builders import FORMS, encode

from nmrcam_qt.core.readers.jcamp.asdf import AsdfError, decode_tables

PUBLISHED = (  # one curve in all forms: McDonald & Wilks, Appl. Spectrosc. 42 (1988) 151
    b"99 98 97 96 98 93",
    b"99+98+97+96+98+93",
    b"99I8I7I6I8I3",
    b"99I8jjKn",
)


@pytest.mark.parametrize("line", PUBLISHED)
def test_one_line_in_every_form(line):
    table = decode_tables([line + b"\n"], 5)
    assert table.y.tolist() == [[98, 97, 96, 98, 93]]
    assert table.x.tolist() == [99]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(
    y=st.lists(
        st.integers(-(2**31), 2**31) | st.sampled_from([0, 1, -1, 10, -10]), min_size=2, max_size=70
    ),
    per_line=st.integers(1, 20),
)
def test_round_trips(form, y, per_line):
    text = encode(y, form, per_line).encode()
    table = decode_tables([text, text], len(y))
    assert table.y.tolist() == [y, y]
    assert np.array_equal(table.x, len(y) - 1 - table.position)


def test_repetitions_of_values_and_of_differences():
    assert decode_tables([b"0@T"], 2).y.tolist() == [[0, 0]]
    assert decode_tables([b"0B5U"], 3).y.tolist() == [[25, 25, 25]]
    assert decode_tables([b"0B5JT"], 3).y.tolist() == [[25, 26, 27]]
    assert decode_tables([b"0B5J2S2"], 13).y[0].tolist() == [25 + 12 * i for i in range(13)]


def test_decimals_and_exponents():
    table = decode_tables([b"1.5 -2.25, 3.5E+02;4e-01\n+2.5-0.125+7.\n"], 5)
    assert table.y.tolist() == [[-2.25, 350.0, 0.4, -0.125, 7.0]]
    assert table.x.tolist() == [1.5, 2.5]
    # E is a digit of SQZ where no sign follows.
    assert decode_tables([b"7E36E364"], 2).y.tolist() == [[536, 5364]]


def test_the_y_check_is_made_and_only_after_a_difference():
    assert decode_tables([b"5A0J\n3A1J\n"], 3).y.tolist() == [[10, 11, 12]]
    assert decode_tables([b"5A0J\n3A1J\n"], 3).checks == 1
    assert decode_tables([b"5A0A1\n3A1J\n"], 4).y.tolist() == [[10, 11, 11, 12]]
    with pytest.raises(AsdfError, match=r"y-check fails in trace 2: 11 at the end .* 12 at"):
        decode_tables([b"5A0J\n3A1J\n", b"5A0J\n3A2J\n"], 3)
    with pytest.raises(AsdfError, match="does not begin with its check value"):
        decode_tables([b"5A0J\n3JJ\n"], 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "without numbers"),
        (b"\n \n", "without numbers"),
        (b"5\n4\n", "without ordinates"),
        (b"5A0J", "has 2 points; 3 were announced"),
        (b"5A0JJJ", "has 4 points; 3 were announced"),
        (b"5 1 2 ?", r"character '\?'"),
        (b"5 1 2 \x80", "character"),
        (b"5 1 - 2", "without digits"),
        (b"5 1.2.3 4 5", "two decimal points"),
        (b"5 " + b"9" * 31 + b" 1 1", "31 digits"),
        (b"5 1E+999 1 1", "exponent that is too large"),
        (b"5J1J1J1", "begins with a difference"),
        (b"5A1Z99999999999999", "more than the 3 points"),
        (b"5A1@A1S0T", "without an ordinate"),
        (b"5SA1A1A1", "without an ordinate"),
        (b"SA1A1", "begins with a difference, not with its abscissa"),
        (b"5A1S.5A1", "repeated less than once"),
    ],
)
def test_broken_tables_are_named(text, said):
    with pytest.raises(AsdfError, match=said):
        decode_tables([text], 3)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_tables_decode_or_are_refused(data):
    text = bytearray(encode([5, -3, 1000, 1000, 1000, 7, 7, -2], "DIFDUP", 4).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"Z99999999", b"E+99", b".", b"\n", b"%"])
        )
    try:
        table = decode_tables([bytes(text)], 8)
    except AsdfError as error:
        assert str(error)
        return
    assert table.y.shape == (1, 8)
    assert np.isfinite(table.y).all()
