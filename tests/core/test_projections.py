"""Skylines and traces against the plain definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.projections import (
    Trace,
    cells_in,
    column_at,
    outline,
    row_at,
    skyline_along_f1,
    skyline_along_f2,
)


def noise(rows, columns, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def axes(rows, columns):
    return Axis("13C", 150.0, 10.0, rows), Axis("1H", 9.0, 0.5, columns)


def brute(image, rows, axis):
    part = image[rows] if axis == 0 else image[:, rows]
    if 0 in part.shape:
        return 0.0, 0.0
    return np.maximum(part.max(axis=axis), 0), np.minimum(part.min(axis=axis), 0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(2, 90),
    columns=st.integers(2, 90),
    ends=st.tuples(st.floats(-20, 200), st.floats(-20, 200)),
)
def test_skyline_of_any_window_is_that_of_the_plain_definition(rows, columns, ends):
    image = noise(rows, columns)
    f1, f2 = axes(rows, columns)
    found = skyline_along_f2(image, f1, f2, ends)
    high, low = brute(image, cells_in(f1, ends), 0)
    assert found.axis == f2
    assert np.array_equal(found.positive, np.broadcast_to(high, columns))
    assert np.array_equal(found.negative, np.broadcast_to(low, columns))
    h_ends = ends[0] / 20, ends[1] / 20
    found = skyline_along_f1(image, f1, f2, h_ends)
    high, low = brute(image, cells_in(f2, h_ends), 1)
    assert found.axis == f1
    assert np.array_equal(found.positive, np.broadcast_to(high, rows))
    assert np.array_equal(found.negative, np.broadcast_to(low, rows))


def test_skyline_keeps_both_signs_apart():
    image = np.zeros((5, 7), dtype=np.float32)
    image[1, 3], image[4, 3], image[2, 5] = 4.0, -2.0, 1.0
    skyline = skyline_along_f2(image, *axes(5, 7), (0.0, 200.0))
    assert skyline.positive.tolist() == [0, 0, 0, 4, 0, 1, 0]
    assert skyline.negative.tolist() == [0, 0, 0, -2, 0, 0, 0]


def test_window_takes_the_cells_it_touches_and_no_neighbours():
    axis = Axis("13C", 10.0, 0.0, 11)  # cells from 10.5 to -0.5, one ppm each
    assert cells_in(axis, (5.5, 4.5)) == slice(5, 6)
    assert cells_in(axis, (4.5, 5.5)) == slice(5, 6)
    assert cells_in(axis, (5.49, 4.51)) == slice(5, 6)
    assert cells_in(axis, (5.51, 4.49)) == slice(4, 7)
    assert cells_in(axis, (100.0, 50.0)) == slice(0, 0)
    assert cells_in(axis, (-100.0, -50.0)) == slice(11, 11)
    assert cells_in(Axis("1H", 3.0, 3.0, 1), (8.0, 7.0)) == slice(0, 1)


def test_traces_are_the_row_and_column_under_the_cursor():
    image = noise(41, 60)
    f1, f2 = axes(41, 60)
    row = row_at(image, f1, f2, f1.ppm(7) + 0.49 * abs(f1.step))
    column = column_at(image, f1, f2, f2.ppm(13) - 0.49 * abs(f2.step))
    assert np.array_equal(row.positive, image[7]) and row.axis == f2
    assert np.array_equal(column.positive, image[:, 13]) and column.axis == f1
    assert row.at_ppm == pytest.approx(f1.ppm(7), abs=1e-9)
    assert column.at_ppm == pytest.approx(f2.ppm(13), abs=1e-9)
    assert row_at(image, f1, f2, 155.0) is None
    assert column_at(image, f1, f2, -3.0) is None


def test_trace_wants_one_value_per_sample():
    axis = Axis("1H", 2.0, 0.0, 3)
    with pytest.raises(ValueError, match="one value per sample"):
        Trace(axis, np.zeros(2, np.float32), np.zeros(3, np.float32))


@pytest.mark.parametrize("pixels", [1, 7, 200, 1000])
@pytest.mark.parametrize("window", [(9.5, 0.0), (4.0, 2.0), (2.0, 4.0)])
def test_outline_loses_no_peak_and_puts_it_within_a_pixel(pixels, window):
    axis = Axis("1H", 9.0, 0.5, 2000)
    values = np.zeros(2000, dtype=np.float32)
    peaks = {1300: 5.0, 1400: -3.0}  # 3.47 and 3.05 ppm
    for place, height in peaks.items():
        values[place] = height
    made = outline(Trace(axis, values, values), window, pixels)
    assert len(made.places) <= max(2 * pixels, 1) + 2
    assert (np.diff(made.places) > 0).all()
    assert made.high.max() == 5 and made.low.min() == -3
    scale = pixels / (window[1] - window[0])
    for place, found in ((1300, made.high.argmax()), (1400, made.low.argmin())):
        exact = (axis.ppm(place) - window[0]) * scale
        assert abs(made.places[found] - exact) <= 0.5 + 1e-9


def test_outline_reaches_the_edges_of_the_drawing():
    axis = Axis("1H", 9.0, 0.5, 500)
    flat = np.ones(500, dtype=np.float32)
    made = outline(Trace(axis, flat, flat), (5.0, 4.9), 300)
    assert made.places[0] <= 0 and made.places[-1] >= 300


def test_outline_of_nothing_is_empty():
    axis = Axis("1H", 9.0, 0.5, 500)
    flat = np.ones(500, dtype=np.float32)
    made = outline(Trace(axis, flat, flat), (60.0, 50.0), 300)
    assert not ((made.places >= 0) & (made.places <= 300)).any()
