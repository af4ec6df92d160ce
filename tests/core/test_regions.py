"""Whose the ink is."""

from __future__ import annotations

import numpy as np
import pytest
from builders import list_spectrum

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.masks import Mask, blanked
from nmrcam_qt.core.preprocessing import ink_on_grid
from nmrcam_qt.core.regions import BLANK, REST, Regions, ink_regions, peak_regions
from nmrcam_qt.core.spectrum import Experiment

SPEC = InputSpec("hmbc", Experiment.HMBC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))


def places(*points):
    h, c = np.array(points, float).reshape(-1, 2).T
    return PeakPlaces(np.arange(len(h)), h, c)


def drawn(*points):
    return ink_on_grid(list_spectrum(list(points)), SPEC)


def circle(f1, f2, h, c, h_radius, c_radius, width=0.25):
    """A contour line around a peak."""
    away = np.hypot((f1.centres[:, None] - c) / c_radius, (f2.centres - h) / h_radius)
    return (np.abs(away - 1) < width).astype(np.float32)


def test_every_inked_sample_has_one_owner():
    points = [(7.1, 120.0), (7.3, 121.0), (2.0, 30.0), (2.1, 33.0), (5.0, 70.0)]
    grid = drawn(*points)
    found = peak_regions(grid, SPEC.f1, SPEC.f2, places(*points))
    assert found.count == 5
    np.testing.assert_array_equal(found.labels == BLANK, grid == 0)
    assert not (found.labels == REST).any()
    assert found.cells().sum() == (grid > 0).sum()
    assert (found.cells() > 0).all()
    np.testing.assert_allclose(found.sums(grid).sum(), grid.sum(), rtol=1e-6)
    for i, (h, c) in enumerate(points):
        assert found.labels[SPEC.f1.cell(c), SPEC.f2.cell(h)] == i


def test_a_peak_alone_has_all_its_ink_symmetrically_about_its_shift():
    """Half a cell off would show: the region's mean is the peak's shift."""
    f1, f2 = SPEC.f1, SPEC.f2
    h, c = f2.ppm(100.0), f1.ppm(50.0)
    found = peak_regions(drawn((h, c)), f1, f2, places((h, c)))
    rows, columns = np.nonzero(found.labels == 0)
    assert rows.mean() == 50 and columns.mean() == 100


@pytest.mark.parametrize("flip", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_the_sense_of_the_axes_does_not_matter(flip):
    points = [(7.1, 120.0), (7.2, 123.0), (3.0, 60.0)]
    grid = drawn(*points)
    f1, f2 = SPEC.f1, SPEC.f2
    down = f1 if flip[0] > 0 else Axis("13C", f1.last_ppm, f1.first_ppm, f1.size)
    across = f2 if flip[1] > 0 else Axis("1H", f2.last_ppm, f2.first_ppm, f2.size)
    turned = grid[:: flip[0], :: flip[1]]
    found = peak_regions(turned, down, across, places(*points))
    plain = peak_regions(grid, f1, f2, places(*points))
    np.testing.assert_array_equal(found.labels[:: flip[0], :: flip[1]], plain.labels)


def test_overlapping_peaks_share_by_line_width_not_by_sample():
    f1, f2 = SPEC.f1, SPEC.f2
    left, right = (5.00, 100.0), (4.91, 100.0)
    found = peak_regions(drawn(left, right), f1, f2, places(left, right))
    rows, columns = np.nonzero(found.labels >= 0)
    h = f2.centres[columns]
    owner = found.labels[rows, columns]
    np.testing.assert_array_equal(owner == 0, h > 4.955)
    # 2 ppm of carbon are less than a line width, 0.1 ppm of proton are more.
    near, far = (5.0, 102.0), (4.9, 100.0)
    found = peak_regions(drawn(near, far), f1, f2, places(near, far))
    assert found.labels[f1.cell(99.4), f2.cell(5.0)] == 0


def test_rings_and_what_is_in_them_belong_to_the_peak_in_their_middle():
    f1, f2 = SPEC.f1, SPEC.f2
    big, small = (5.0, 100.0), (4.45, 100.0)
    grid = sum(circle(f1, f2, *big, 0.45 * k, 12 * k, 0.25 / k) for k in (1, 0.5))
    grid = np.clip(grid + circle(f1, f2, *small, 0.06, 2.0, 0.4), 0, 1)
    grid[f1.cell(100), f2.cell(5.2)] = 0.6  # a speck between the rings
    found = peak_regions(grid, f1, f2, places(big, small))
    outermost = f2.cell(5.0 - 0.40)
    assert grid[f1.cell(100), f2.cell(5.0)] == 0  # hollow
    assert found.labels[f1.cell(100), f2.cell(5.2)] == 0
    assert not (found.labels == REST).any()
    # The right edge of the big ring is nearer to the small peak and yet is not its own,
    # unless both rings touch: then that ink is shared.
    apart = (4.2, 100.0)
    grid = np.clip(circle(f1, f2, *big, 0.45, 12) + circle(f1, f2, *apart, 0.06, 2.0, 0.4), 0, 1)
    found = peak_regions(grid, f1, f2, places(big, apart))
    assert found.labels[f1.cell(100), outermost] == 0
    assert found.labels[f1.cell(100), f2.cell(4.2 - 0.06)] == 1


def test_a_ring_cut_by_the_window_still_has_its_middle():
    f1, f2 = SPEC.f1, SPEC.f2
    at = (0.1, 100.0)
    grid = circle(f1, f2, *at, 0.4, 12)
    found = peak_regions(grid, f1, f2, places(at))
    assert found.cells()[0] == (grid > 0).sum()


def test_peaks_that_are_not_seen_have_no_samples():
    f1, f2 = SPEC.f1, SPEC.f2
    here, outside, masked = (5.0, 100.0), (11.0, 100.0), (7.26, 77.0)
    grid = drawn(here, outside, masked)
    grid = blanked(grid, f1, f2, [Mask("CHCl3", (7.0, 7.5), (67.0, 87.0), excluded=True)])
    found = peak_regions(grid, f1, f2, places(here, outside, masked))
    assert found.cells().tolist()[1:] == [0, 0] and found.cells()[0] == (grid > 0).sum()
    none = peak_regions(grid, f1, f2, places())
    assert none.count == 0 and ((none.labels == REST) == (grid > 0)).all()


def test_ink_far_from_all_peaks_and_frames_belong_to_nobody():
    f1, f2 = SPEC.f1, SPEC.f2
    grid = drawn((5.0, 100.0), (2.0, 30.0))
    grid[0, :] = grid[-1, :] = 1
    grid[:, 0] = grid[:, -1] = 1
    found = peak_regions(grid, f1, f2, places((5.0, 100.0)))
    assert found.labels[f1.cell(30), f2.cell(2.0)] == REST
    assert (found.labels[0] == REST).all() and (found.labels[:, -1] == REST).all()
    assert found.labels[f1.cell(100), f2.cell(5.0)] == 0


def test_a_list_may_be_a_sample_off_its_ink():
    grid = np.zeros((205, 300), np.float32)
    grid[50, 100] = 1
    f1, f2 = SPEC.f1, SPEC.f2
    found = peak_regions(grid, f1, f2, places((f2.ppm(101.0), f1.ppm(49.0))))
    assert found.labels[50, 100] == 0


def test_ink_regions_part_the_ink_at_its_valleys():
    points = [(5.0, 100.0), (4.8, 100.0), (2.0, 30.0)]
    grid = drawn(*points)
    found = ink_regions(grid)
    assert found.count == 3
    np.testing.assert_array_equal(found.labels == BLANK, grid == 0)
    owners = {int(found.labels[SPEC.f1.cell(c), SPEC.f2.cell(h)]) for h, c in points}
    assert owners == {0, 1, 2}
    both = found.labels[SPEC.f1.cell(100.0)]
    row = SPEC.f2.centres
    inked = both >= 0
    assert ((both == both[SPEC.f2.cell(5.0)]) == (row > 4.9))[
        inked & (np.abs(row - 4.9) > 0.04)
    ].all()


def test_faint_grain_is_no_region_and_blank_has_none():
    grid = np.full((20, 30), 0.02, np.float32)
    assert ink_regions(grid).count == 0
    assert (ink_regions(grid).labels == REST).all()
    assert ink_regions(np.zeros((20, 30), np.float32)).count == 0


def test_a_long_slope_is_climbed_to_its_end():
    grid = np.linspace(0.2, 1, 300, dtype=np.float32)[np.newaxis, :].repeat(3, axis=0)
    assert ink_regions(grid).count == 1


def test_broken_partitions_are_refused():
    with pytest.raises(ValueError):
        Regions(np.zeros((2, 2), np.int32), 0)
    with pytest.raises(ValueError):
        Regions(np.full((2, 2), -3, np.int32), 1)
    with pytest.raises(ValueError):
        peak_regions(np.zeros((2, 2), np.float32), SPEC.f1, SPEC.f2, places())


def test_specks_are_shared_out_together(monkeypatch):
    """A dithered picture has thousands of parts: one search tree for each took minutes."""
    import scipy.spatial

    made = []
    tree = scipy.spatial.cKDTree
    monkeypatch.setattr(scipy.spatial, "cKDTree", lambda at: made.append(len(at)) or tree(at))
    grid = np.zeros((205, 300), np.float32)
    grid[3::6, 3::6] = 1.0
    grid[100:103, 150:153] = 1.0
    here = SPEC.f2.ppm(151.0), SPEC.f1.ppm(101.0)
    found = peak_regions(grid, SPEC.f1, SPEC.f2, places(here, (0.5, 10.0)))
    assert (found.labels[100:103, 150:153] == 0).all()
    assert ((found.labels == BLANK) == (grid == 0)).all()
    assert (found.labels == REST).sum() > 1000
    assert len(made) <= 3
