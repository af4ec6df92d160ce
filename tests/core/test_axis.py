"""Half-cell errors are the classic bug of this field: round trips to 1e-9."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis

ppm = st.floats(-300, 300, allow_nan=False)
sizes = st.integers(2, 5000)


@st.composite
def axes(draw):
    first, last = draw(ppm), draw(ppm)
    if abs(first - last) < 1e-3:
        last = first + 1
    return Axis("1H", first, last, draw(sizes))


@given(axes(), st.floats(-10, 6000, allow_nan=False))
def test_index_and_ppm_are_inverse(axis, index):
    assert axis.index(axis.ppm(index)) == pytest.approx(index, abs=1e-6 * axis.size)
    shift = axis.ppm(index)
    assert axis.ppm(axis.index(shift)) == pytest.approx(shift, abs=1e-9)


@given(axes())
def test_centres_are_ppm_of_whole_indices(axis):
    np.testing.assert_allclose(
        axis.centres, axis.ppm(np.arange(axis.size, dtype=float)), atol=1e-9, rtol=0
    )
    assert axis.centres[0] == axis.first_ppm
    assert axis.centres[-1] == axis.last_ppm


@given(ppm, st.floats(0.1, 300), st.booleans(), sizes)
def test_edges_come_back(low, width, descending, size):
    first, last = (low + width, low) if descending else (low, low + width)
    axis = Axis.from_edges("13C", first, last, size)
    assert axis.edges == pytest.approx((first, last), abs=1e-9)
    assert axis.descending == descending
    assert abs(axis.step) == pytest.approx(width / size, abs=1e-9)


@given(ppm, st.floats(0.1, 300), st.booleans(), sizes, st.floats(0.01, 0.99), st.data())
def test_cell_holds_the_shifts_between_its_edges(low, width, descending, size, inside, data):
    first, last = (low + width, low) if descending else (low, low + width)
    axis = Axis.from_edges("13C", first, last, size)
    number = data.draw(st.integers(0, size - 1))
    shift = first + (number + inside) * (last - first) / size
    assert axis.cell(shift) == number


@given(ppm, st.floats(0.1, 300), sizes)
def test_outer_edges_belong_to_the_outer_cells(low, width, size):
    axis = Axis.from_edges("13C", low, low + width, size)
    assert axis.cell(low) == 0
    assert axis.cell(low + width) == size - 1
    assert axis.cell(low - width / size / 100) is None
    assert axis.cell(low + width + width / size / 100) is None


def test_the_network_grid_of_the_study():
    f2 = Axis.from_edges("1H", 10.0, 0.0, 300)
    assert f2.first_ppm == pytest.approx(10 - 1 / 60)
    assert f2.last_ppm == pytest.approx(1 / 60)
    assert f2.cell(10.0) == 0
    assert f2.cell(0.0) == 299
    assert f2.cell(10 - 1 / 30 - 1e-6) == 1


@given(st.integers(1, 299))
def test_inner_edges_belong_to_the_later_cell(number):
    axis = Axis.from_edges("1H", 10.0, 0.0, 300)
    assert axis.cell(10 - number / 30) == number


def test_one_sample():
    axis = Axis.from_edges("1H", 10, 0, 1)
    assert (axis.first_ppm, axis.step, axis.cell(5.0), axis.cell(4.0)) == (5.0, 0.0, 0, None)
    with pytest.raises(ValueError, match="no step"):
        axis.index(5.0)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((4.0, 6.0), slice(4, 6)),
        ((6.0, 4.0), slice(4, 6)),
        ((4.1, 5.9), slice(4, 6)),
        ((3.9, 6.1), slice(3, 7)),
        ((-5.0, 50.0), slice(0, 10)),
        ((4.0, 4.0), slice(6, 6)),
        ((11.0, 12.0), slice(0, 0)),
        ((-2.0, -1.0), slice(10, 10)),
    ],
)
def test_a_window_takes_the_cells_that_share_more_than_an_edge_with_it(window, expected):
    axis = Axis.from_edges("1H", 10, 0, 10)
    turned = axis.cells(window)
    assert turned == expected
    rising = Axis.from_edges("1H", 0, 10, 10).cells(window)
    assert (rising.start, rising.stop) == (10 - turned.stop, 10 - turned.start)


@given(axes(), ppm, ppm)
def test_the_cells_of_a_window_are_those_whose_middle_is_near_it(axis, one, other):
    low, high = sorted((one, other))
    half = abs(axis.step) / 2
    shares = np.minimum(axis.centres + half, high) - np.maximum(axis.centres - half, low)
    room = 1e-6 * max(half, 1e-3)
    taken = np.zeros(axis.size, bool)
    taken[axis.cells((one, other))] = True
    assert taken[shares > room].all()
    assert not taken[shares < -room].any()


def test_a_single_sample_is_in_a_window_where_its_shift_is():
    axis = Axis("1H", 5.0, 5.0, 1)
    inside = [axis.cells(w) == slice(0, 1) for w in [(4, 6), (6, 4), (5, 5), (5.1, 6), (0, 4.9)]]
    assert inside == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("nucleus", "first", "last", "size"),
    [
        ("15N", 1, 2, 3),
        ("1H", 1, 2, 0),
        ("1H", 1, 1, 2),
        ("1H", 1, 2, 1),
        ("1H", float("nan"), 2, 3),
        ("1H", 1, float("inf"), 3),
    ],
)
def test_impossible_axes_are_refused(nucleus, first, last, size):
    with pytest.raises(ValueError, match=r"nucleus|sample|finite|only then"):
        Axis(nucleus, first, last, size)


@pytest.mark.parametrize("window", [(1, 1), (0, float("inf")), (float("nan"), 1)])
def test_windows_without_extent_are_refused(window):
    with pytest.raises(ValueError, match="no extent"):
        Axis.from_edges("1H", *window, 10)
