"""Contours: levels, vertices at sample centres, tiles without seams, bounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import (
    NOISELESS_SHARE,
    RIDGE_SHARE,
    Levels,
    bounded,
    contour_levels,
    crowned,
    default_base,
    first_level,
    vertex_counts,
)
from nmrcam_qt.core.contours import trace_contours
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.noise import BASE_FACTOR, noise_level

F1, F2 = Axis("13C", 150.0, 10.0, 281), Axis("1H", 9.0, 1.0, 321)


def gaussian(h, c, height=100.0, h_sigma=0.1, c_sigma=2.0, f1=F1, f2=F2):
    """One peak at a shift."""
    across = np.exp(-0.5 * ((f2.centres - h) / h_sigma) ** 2)
    down = np.exp(-0.5 * ((f1.centres - c) / c_sigma) ** 2)
    return (height * down[:, None] * across[None, :]).astype(np.float32)


def all_lines(found):
    return [lines for tile in found.tiles for lines in tile.lines]


def test_levels_are_geometric():
    assert contour_levels(2.0, 1.5, 3) == pytest.approx((2.0, 3.0, 4.5))
    assert Levels(2.0, 1.5, 3).top == pytest.approx(4.5)


def test_the_crown_goes_up_to_the_summit():
    levels = crowned(Levels(1.0, 2.0, 3), 70.0)
    assert levels.values == pytest.approx((1, 2, 4, 8, 16, 32, 64))
    assert (levels.count, levels.top, levels.crown) == (3, 4.0, 4)
    assert crowned(levels, 3.0).values == pytest.approx((1, 2, 4))
    strong = gaussian(4, 70, height=1e4)
    found = trace_contours(strong, F1, F2, crowned(Levels(1.0, 1.4, 12), 1e4))
    highest = max(lines.level for lines in all_lines(found))
    assert 0.25 < found.levels.values[highest] / 1e4 < 1, "the strongest peak is hollow"


@pytest.mark.parametrize(
    "numbers", [(0.0, 1.4, 12), (-1, 1.4, 12), (np.nan, 1.4, 12), (1, 1.0, 12), (1, 1.4, 0)]
)
def test_levels_that_cannot_be_are_refused(numbers):
    with pytest.raises(ValueError, match="contours"):
        Levels(*numbers)


def test_the_base_is_three_times_the_noise_and_found_for_spectra_without():
    rng = np.random.default_rng(3)
    noisy = rng.normal(0, 2.5, (400, 400)).astype(np.float32)
    assert default_base(noise_level(noisy), 1e6) == pytest.approx(BASE_FACTOR * 2.5, rel=0.02)
    assert default_base(0.0, 50.0) == pytest.approx(50 * NOISELESS_SHARE)
    assert default_base(0.0, 0.0) > 0


def test_the_first_contour_is_above_ridges_but_no_higher_than_signals_need():
    rng = np.random.default_rng(5)
    noisy = rng.normal(0, 1, (256, 512)).astype(np.float32)
    plain = first_level(noisy, noise_level(noisy), 1e4)
    assert plain == pytest.approx(BASE_FACTOR, rel=0.03), "noise that is the same everywhere"
    ridged = noisy.copy()
    ridged[:, 100:120] *= 20
    base = first_level(ridged, noise_level(ridged), 1e4)
    assert 40 < base < 80
    assert first_level(ridged, noise_level(ridged), 1000.0) == pytest.approx(1000 * RIDGE_SHARE)
    alone = noisy.copy()
    alone[:, 100:103] *= 20
    assert first_level(alone, noise_level(alone), 1e4) == pytest.approx(BASE_FACTOR, rel=0.1)


def test_the_first_contour_of_a_magnitude_spectrum_is_above_its_floor():
    rng = np.random.default_rng(6)
    floor = np.hypot(*rng.normal(0, 1, (2, 256, 512))).astype(np.float32)
    base = first_level(floor, noise_level(floor), 1e4)
    assert (floor > BASE_FACTOR * noise_level(floor)).mean() > 0.1, "3 x MAD alone floods it"
    assert (floor > base).mean() < 0.01


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("axes", [(F1, F2), (Axis("13C", 10, 150, 281), Axis("1H", 1, 9, 321))])
def test_a_contour_lies_around_its_peak_in_ppm(sign, axes):
    f1, f2 = axes
    h, c = 4.0312, 77.77
    found = trace_contours(sign * gaussian(h, c, f1=f1, f2=f2), f1, f2, Levels(20.0, 2.0, 3))
    assert {lines.negative for lines in all_lines(found)} == {sign < 0}
    assert {lines.level for lines in all_lines(found)} == {0, 1, 2}
    for level in range(3):
        points = np.concatenate([one.points for one in all_lines(found) if one.level == level])
        radius = np.sqrt(2 * np.log(100 / (20 * 2.0**level)))
        # Every vertex on the ellipse of its level; linear interpolation costs a little.
        shares = np.hypot((points[:, 0] - h) / 0.1, (points[:, 1] - c) / 2.0)
        np.testing.assert_allclose(shares, radius, atol=0.03)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        assert abs(middle[0] - h) < 0.3 * abs(f2.step), "half a cell off"
        assert abs(middle[1] - c) < 0.3 * abs(f1.step), "half a cell off"


@pytest.mark.parametrize("pooled", [2, 4])
def test_the_overview_lies_around_the_peak_and_loses_none(pooled):
    image = gaussian(4.03, 77.7) - gaussian(4.43, 77.7)
    spike = np.zeros_like(image)
    spike[100, 37] = 50
    found = trace_contours(image + spike, F1, F2, Levels(10.0, 2.0, 2), pooled)
    assert found.h_step == pytest.approx(pooled * abs(F2.step))
    for negative, h in ((False, 4.03), (True, 4.43)):
        points = np.concatenate(
            [one.points for one in all_lines(found) if one.negative == negative]
        )
        near = points[np.abs(points[:, 0] - h) < 0.6]
        near = near[np.abs(near[:, 1] - 77.7) < 12]
        middle = (near.min(axis=0) + near.max(axis=0)) / 2
        assert abs(middle[0] - h) <= abs(F2.step) * pooled / 2
        assert abs(middle[1] - 77.7) <= abs(F1.step) * pooled / 2
    at = F2.ppm(37), F1.ppm(100)
    points = np.concatenate([one.points for one in all_lines(found) if not one.negative])
    inside = np.abs(points - at) <= (abs(F2.step) * pooled, abs(F1.step) * pooled)
    assert inside.all(axis=1).sum() >= 4, "the spike is lost"


def pieces(found):
    """All line pieces as rounded pairs of vertices, whatever tile they are in."""
    made = set()
    for lines in all_lines(found):
        for begin, end in zip(lines.offsets[:-1], lines.offsets[1:], strict=True):
            places = [tuple(place) for place in np.round(lines.points[begin:end], 9)]
            made |= {(lines.level, lines.negative, *sorted(pair)) for pair in pairwise(places)}
    return made


def test_tiles_have_no_seams_and_none_overlaps():
    rng = np.random.default_rng(5)
    image = rng.normal(0, 1, (61, 75)).astype(np.float32)
    f1, f2 = Axis("13C", 150, 10, 61), Axis("1H", 9, 1, 75)
    levels = Levels(0.5, 1.5, 3)
    whole = trace_contours(image, f1, f2, levels, tile_px=1000)
    tiled = trace_contours(image, f1, f2, levels, tile_px=16)
    assert len(whole.tiles) == 1 and len(tiled.tiles) == 4 * 5
    assert pieces(whole) == pieces(tiled)
    for tile in tiled.tiles:
        for lines in tile.lines:
            low, high = lines.points.min(axis=0), lines.points.max(axis=0)
            assert tile.h_ppm[0] - 1e-9 <= low[0] and high[0] <= tile.h_ppm[1] + 1e-9
            assert tile.c_ppm[0] - 1e-9 <= low[1] and high[1] <= tile.c_ppm[1] + 1e-9


def test_results_are_read_only_and_sorted_from_low_to_high():
    found = trace_contours(gaussian(4, 70) - gaussian(5, 70), F1, F2, Levels(10.0, 2, 3))
    for tile in found.tiles:
        assert [one.level for one in tile.lines] == sorted(one.level for one in tile.lines)
    assert not all_lines(found)[0].points.flags.writeable
    assert found.n_vertices == sum(len(one.points) for one in all_lines(found))


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4), st.integers(2, 9))
def test_any_shape_is_traced(rows, columns, pooled, tile_px):
    f1 = Axis.from_edges("13C", 160, 0, rows)
    f2 = Axis.from_edges("1H", 10, 0, columns)
    image = np.linspace(-5, 5, rows * columns, dtype=np.float32).reshape(rows, columns)
    found = trace_contours(image, f1, f2, Levels(1.0, 1.4, 5), pooled, tile_px)
    for lines in all_lines(found):
        assert np.isfinite(lines.points).all()
        assert lines.offsets[0] == 0 and lines.offsets[-1] == len(lines.points)


def test_what_cannot_be_traced_is_refused():
    with pytest.raises(ValueError, match="does not match"):
        trace_contours(np.zeros((3, 3), np.float32), F1, F2, Levels(1.0))
    broken = np.full((F1.size, F2.size), np.nan, dtype=np.float32)
    with pytest.raises(ValueError, match="not finite"):
        trace_contours(broken, F1, F2, Levels(1.0))


def test_it_can_be_cancelled_between_tiles():
    class Impatient:
        steps = 0

        def step(self, done, total, text=""):
            self.steps += 1
            if done == 3:
                raise Cancelled

    watched = Impatient()
    with pytest.raises(Cancelled):
        trace_contours(gaussian(4, 70), F1, F2, Levels(1.0), tile_px=32, progress=watched)
    assert watched.steps == 4


def test_the_number_of_vertices_is_known_before():
    rng = np.random.default_rng(5)
    image = rng.normal(0, 1, (900, 1100)).astype(np.float32)
    f1, f2 = Axis("13C", 150, 10, 900), Axis("1H", 9, 1, 1100)
    levels = Levels(1.0, 1.4, 4)
    counted = vertex_counts(image, levels)
    found = trace_contours(image, f1, f2, levels)
    for index in range(4):
        real = sum(len(one.points) for one in all_lines(found) if one.level == index)
        # A closed line has its first vertex twice; lines cut by tiles, too.
        assert counted[index] * 0.95 <= real <= counted[index] * 1.6, index


def test_a_base_in_the_noise_is_raised_until_it_can_be_drawn():
    rng = np.random.default_rng(5)
    image = rng.normal(0, 1, (600, 600)).astype(np.float32)
    wanted = Levels(1e-12, 1.01, 12)
    held = bounded(image, wanted, most=50_000)
    assert held.base > 0.5 and (held.ratio, held.count) == (1.01, 12)
    assert vertex_counts(image, held).sum() <= 50_000
    assert bounded(image, Levels(4.0), most=50_000) == Levels(4.0), "what fits stays"
    assert bounded(np.zeros((5, 5), np.float32), Levels(1.0)) == Levels(1.0)


def test_regular_peaks_do_not_hide_between_the_rows_that_are_counted():
    """Peaks on every fourth row and column: even rows alone were looked at, and 78 million
    vertices were drawn of a spectrum of 4096 x 4096 points."""
    image = np.random.default_rng(0).normal(size=(2048, 2240)).astype(np.float32) * 1e-3
    image[1::4, 1::4] = 1 + np.random.default_rng(1).random((512, 560))
    levels = bounded(image, crowned(Levels(3e-3), 2.0), 200_000)
    axes = Axis("13C", 160.0, 0.0, 2048), Axis("1H", 10.0, 0.0, 2240)
    assert trace_contours(image, *axes, levels).n_vertices < 400_000
