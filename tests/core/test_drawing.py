"""Peaks as Gaussians: width in ppm, sign, and never a lost peak."""

from __future__ import annotations

import numpy as np
import pytest
from builders import peak_list
from hypothesis import given
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.spectrum import PeakList

FINE_1 = Axis.from_edges("13C", 0, 200, 2001)
FINE_2 = Axis.from_edges("1H", 10, 0, 2001)


@pytest.mark.parametrize(("fwhm_h", "fwhm_c"), [(0.08, 3.2), (0.2, 1.0)])
def test_the_width_is_the_stated_one(fwhm_h, fwhm_c):
    image = draw_peaks(peak_list([(5.0, 100.0)]), FINE_1, FINE_2, fwhm_h, fwhm_c)
    row, column = FINE_1.cell(100.0), FINE_2.cell(5.0)
    for line, axis, width in ((image[row], FINE_2, fwhm_h), (image[:, column], FINE_1, fwhm_c)):
        above = np.flatnonzero(line >= 0.5)
        measured = (above[-1] - above[0] + 1) * abs(axis.step)
        assert measured == pytest.approx(width, abs=2 * abs(axis.step))


points = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 200)), min_size=1, max_size=20)


@given(points, st.integers(2, 60), st.integers(2, 60), st.booleans())
def test_every_peak_is_full_in_its_own_cell(found, rows, columns, turned):
    f1 = Axis.from_edges("13C", *((200, 0) if turned else (0, 200)), rows)
    f2 = Axis.from_edges("1H", *((0, 10) if turned else (10, 0)), columns)
    image = draw_peaks(peak_list(found), f1, f2)
    assert image.max() == 1
    for h, c in found:
        assert image[f1.cell(c), f2.cell(h)] == 1


def test_signs_are_kept_and_heights_equal():
    peaks = PeakList(np.array([2.0, 8.0]), np.array([50.0, 150.0]), np.array([-0.01, 1e6]))
    image = draw_peaks(peaks, FINE_1, FINE_2)
    assert image[FINE_1.cell(50.0), FINE_2.cell(2.0)] == -1
    assert image[FINE_1.cell(150.0), FINE_2.cell(8.0)] == 1
    assert image.min() == -1


def test_the_stronger_wins_where_peaks_overlap():
    near = Axis.from_edges("1H", 10, 0, 10001)
    peaks = PeakList(np.array([5.0, 5.05]), np.array([100.0, 100.0]), np.array([1.0, -1.0]))
    row = draw_peaks(peaks, FINE_1, near)[FINE_1.cell(100.0)]
    assert row[near.cell(5.02)] > 0 > row[near.cell(5.03)]


def test_peaks_outside_are_left_out():
    image = draw_peaks(peak_list([(11.0, 50.0), (5.0, 250.0), (-0.1, 10.0)]), FINE_1, FINE_2)
    assert not image.any()
    assert not draw_peaks(peak_list([]), FINE_1, FINE_2).any()
