"""Area-maximum resampling against a brute-force twin; peaks never move or vanish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.resample import area_maximum


def brute(values, f1, f2, to_f1, to_f2):
    """Cell by cell, sample by sample: for sources at least as fine as the target."""
    out = np.zeros((to_f1.size, to_f2.size), dtype=np.float32)
    for i, c in enumerate(f1.centres):
        for j, h in enumerate(f2.centres):
            row, column = to_f1.cell(c), to_f2.cell(h)
            if row is not None and column is not None:
                out[row, column] = max(out[row, column], values[i, j])
    return out


def windows(low, high, turned):
    return (high, low) if turned else (low, high)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(12, 30),
    st.integers(2, 12),
    st.booleans(),
    st.booleans(),
    st.floats(-3.1, 3.1),
)
@example(0, 12, 3, True, False, 1.25)
@example(0, 12, 3, False, False, 1.25)
@example(0, 12, 3, True, True, -1.25)
def test_finer_sources_match_brute_force(seed, fine, coarse, turned, flipped, shift):
    rng = np.random.default_rng(seed)
    values = rng.random((fine, fine + 1)).astype(np.float32)
    f1 = Axis.from_edges("13C", *windows(0.0, 10.0, turned), fine)
    f2 = Axis.from_edges("1H", *windows(0.0, 10.0, flipped), fine + 1)
    to_f1 = Axis.from_edges("13C", shift, 10 + shift + 0.0137, coarse)
    to_f2 = Axis.from_edges("1H", 10 - shift, 0 - shift - 0.0173, coarse)
    found = area_maximum(values, f1, f2, to_f1, to_f2)
    expected = brute(values, f1, f2, to_f1, to_f2)
    filled = expected > 0  # where no source centre lies in a cell, the nearest is taken
    np.testing.assert_array_equal(found[filled], expected[filled])


@given(st.integers(0, 409), st.integers(0, 599))
def test_a_single_pixel_lands_in_the_cell_its_ppm_says(row, column):
    f1, f2 = Axis.from_edges("13C", 0, 200, 410), Axis.from_edges("1H", 10, 0, 600)
    to_f1, to_f2 = Axis.from_edges("13C", 0, 200, 205), Axis.from_edges("1H", 10, 0, 300)
    values = np.zeros((410, 600), dtype=np.float32)
    values[row, column] = 0.7
    found = area_maximum(values, f1, f2, to_f1, to_f2)
    cell = to_f1.cell(f1.ppm(float(row))), to_f2.cell(f2.ppm(float(column)))
    assert np.argwhere(found).tolist() == [list(cell)]
    assert found[cell] == np.float32(0.7)


@pytest.mark.parametrize("size", [(205, 300), (410, 600), (409, 611), (791, 1133), (100, 100)])
def test_no_pixel_is_lost_whatever_the_size(size):
    rng = np.random.default_rng(size[0])
    f1, f2 = Axis.from_edges("13C", 0, 200, size[0]), Axis.from_edges("1H", 10, 0, size[1])
    to_f1, to_f2 = Axis.from_edges("13C", 0, 200, 205), Axis.from_edges("1H", 10, 0, 300)
    for row, column in zip(rng.integers(0, size[0], 40), rng.integers(0, size[1], 40), strict=True):
        values = np.zeros(size, dtype=np.float32)
        values[row, column] = 1
        found = area_maximum(values, f1, f2, to_f1, to_f2)
        for r, c in np.argwhere(found):
            assert (
                abs(to_f1.centres[r] - f1.centres[row]) <= max(200 / size[0], 200 / 205) / 2 + 1e-9
            )
            assert (
                abs(to_f2.centres[c] - f2.centres[column]) <= max(10 / size[1], 10 / 300) / 2 + 1e-9
            )
        assert found.max() == 1


def test_coarse_sources_are_repeated_not_thinned():
    f1, f2 = Axis.from_edges("13C", 0, 200, 2), Axis.from_edges("1H", 10, 0, 2)
    to_f1, to_f2 = Axis.from_edges("13C", 0, 200, 10), Axis.from_edges("1H", 10, 0, 10)
    found = area_maximum(np.array([[1, 0], [0, 2]], np.float32), f1, f2, to_f1, to_f2)
    expected = np.kron(np.array([[1, 0], [0, 2]]), np.ones((5, 5)))
    np.testing.assert_array_equal(found, expected)


def test_outside_the_source_is_empty():
    f1, f2 = Axis.from_edges("13C", 50, 100, 50), Axis.from_edges("1H", 5, 0, 50)
    to_f1, to_f2 = Axis.from_edges("13C", 0, 200, 200), Axis.from_edges("1H", 10, 0, 100)
    found = area_maximum(np.ones((50, 50), np.float32), f1, f2, to_f1, to_f2)
    assert found[50:100, 50:].all()
    assert found.sum() == 50 * 50


def test_windows_apart_give_nothing():
    f1, f2 = Axis.from_edges("13C", 0, 10, 5), Axis.from_edges("1H", 5, 0, 5)
    found = area_maximum(
        np.ones((5, 5), np.float32),
        f1,
        f2,
        Axis.from_edges("13C", 20, 30, 4),
        Axis.from_edges("1H", 5, 0, 5),
    )
    assert not found.any()


def test_a_very_fine_axis_far_inside_a_target_cell():
    """Indices beyond the whole numbers of the machine were cut wrongly."""
    fine, f2 = Axis.from_edges("13C", 1e-30, 2e-30, 5), Axis.from_edges("1H", 10, 0, 2)
    coarse = Axis.from_edges("13C", -100, 100.5, 2)
    ink = np.ones((5, 2), dtype=np.float32)
    assert area_maximum(ink, fine, f2, coarse, f2).tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sizes", [(7, 31), (31, 7), (40, 3), (12, 12)])
def test_no_peak_inside_both_windows_is_lost(sizes, reverse):
    n, m = sizes
    window = (12.0, -1.0) if reverse else (-1.0, 12.0)
    source, target = Axis.from_edges("1H", 10.0, 0.3, n), Axis.from_edges("1H", *window, m)
    f1 = Axis.from_edges("13C", 0, 200, 2)
    for i in range(n):
        ink = np.zeros((2, n), dtype=np.float32)
        ink[0, i] = 1
        moved = area_maximum(ink, f1, source, f1, target)
        assert moved.max() == 1
        far = max(abs(source.step), abs(target.step)) / 2 + 1e-9
        assert (abs(target.centres[moved[0] > 0] - source.centres[i]) <= far).all()
