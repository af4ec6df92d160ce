"""One spectrum on the grid of another, by ppm, and what is left."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.difference import common_scale, known_part, resampled, subtract
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum


def gaussians(f1, f2, peaks, width_h=0.05, width_c=1.2, noise=0.0, seed=0):
    h, c = f2.centres[np.newaxis, :], f1.centres[:, np.newaxis]
    image = np.zeros((f1.size, f2.size))
    for h_ppm, c_ppm, height in peaks:
        image += height * np.exp(
            -0.5 * ((h - h_ppm) / width_h) ** 2 - 0.5 * ((c - c_ppm) / width_c) ** 2
        )
    image += np.random.default_rng(seed).normal(scale=noise, size=image.shape) if noise else 0.0
    return image.astype(np.float32)


def spectrum(f1, f2, peaks, experiment=Experiment.HSQC, **other):
    return Spectrum(
        "made",
        gaussians(f1, f2, peaks, **other),
        f1,
        f2,
        experiment,
        Provenance("made", SourceKind.INSTRUMENT, "made"),
    )


F1, F2 = Axis("13C", 159.6, 0.0, 400), Axis("1H", 10.0, 0.0, 800)
PEAKS = ((7.2, 120.0, 10.0), (3.3, 55.0, 6.0), (1.2, 22.0, -8.0))


def test_a_spectrum_on_its_own_grid_stays_what_it_is():
    image = gaussians(F1, F2, PEAKS, noise=0.1)
    moved, rows, columns = resampled(image, F1, F2, F1, F2)
    assert np.array_equal(moved, image)
    assert (rows, columns) == (slice(0, 400), slice(0, 800))


def test_an_ascending_axis_is_turned_around():
    image = gaussians(F1, F2, PEAKS)
    up = Axis("13C", 0.0, 159.6, 400)
    moved, _, _ = resampled(image[::-1], up, F2, F1, F2)
    assert np.allclose(moved, image, atol=1e-5)


@pytest.mark.parametrize("size_1, size_2", [(173, 500), (911, 1700), (911, 500), (350, 1700)])
def test_peaks_keep_their_shifts_and_volumes(size_1, size_2):
    """Half a cell off would be 0.2 ppm in ¹³C: the centroid moves less than a hundredth."""
    to_f1, to_f2 = Axis("13C", 150.0, 5.0, size_1), Axis("1H", 9.5, 0.3, size_2)
    for h_ppm, c_ppm, height in PEAKS:
        image = gaussians(F1, F2, [(h_ppm, c_ppm, height)])
        moved, rows, columns = resampled(image, F1, F2, to_f1, to_f2)
        assert (rows, columns) == (slice(0, size_1), slice(0, size_2))
        total = moved.sum()
        assert (moved.sum(axis=0) * to_f2.centres).sum() / total == pytest.approx(h_ppm, abs=1e-3)
        assert (moved.sum(axis=1) * to_f1.centres).sum() / total == pytest.approx(c_ppm, abs=1e-2)
        volume = total * to_f1.step * to_f2.step
        assert volume == pytest.approx(image.sum() * F1.step * F2.step, rel=2e-3)


def test_both_ways_of_resampling_agree_where_the_steps_are_equal():
    image = gaussians(F1, F2, PEAKS, noise=0.2)
    shift = 0.3
    same = Axis("1H", 10.0 + shift * F2.step, shift * F2.step, 800)
    finer = Axis("1H", same.first_ppm, same.ppm(799) + 1e-9, 800)
    one, _, _ = resampled(image, F1, F2, F1, same)
    coarse_step = (same.last_ppm - same.first_ppm) * (1 + 1e-5)
    coarser = Axis("1H", same.first_ppm, same.first_ppm + coarse_step, 800)
    two, _, _ = resampled(image, F1, F2, F1, coarser)
    three, _, _ = resampled(image, F1, F2, F1, finer)
    inner = slice(1, 798)
    assert np.allclose(one[:, inner], two[:, inner], atol=0.02)
    assert np.allclose(one, three, atol=1e-4)


def test_means_are_weighted_by_what_lies_in_the_cell():
    source, target = Axis("13C", 0.0, 5.0, 6), Axis.from_edges("13C", -0.5, 5.5, 4)  # 1.5 wide
    values = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]], dtype=np.float32)
    one = Axis("1H", 1.0, 1.0, 1)
    made, _, _ = resampled(values, source, one, target, one)
    wanted = [(1 + 2 / 2) / 1.5, (2 / 2 + 4) / 1.5, (8 + 16 / 2) / 1.5, (16 / 2 + 32) / 1.5]
    assert made[:, 0] == pytest.approx(wanted)


def test_outside_the_other_spectrum_nothing_is_known():
    part = Axis.from_edges("13C", 100.0, 40.0, 150)
    assert known_part(part, F1) == slice(149, 300)  # centres 100.0 … 40.0, on its very edges
    image = gaussians(part, F2, PEAKS) + 1
    moved, rows, columns = resampled(image, part, F2, F1, F2)
    assert rows == known_part(part, F1)
    assert (moved[: rows.start] == 0).all() and (moved[rows.stop :] == 0).all()
    assert (moved[rows] != 0).all() and columns == slice(0, 800)
    assert known_part(Axis("13C", 300.0, 200.0, 50), F1) == slice(0, 0)


def test_difference_says_where_it_is_known():
    a = spectrum(F1, F2, PEAKS)
    b = spectrum(Axis("13C", 130.0, 40.0, 300), F2, PEAKS)
    made = subtract(a, b, 1.0)
    assert not made.complete and not made.fitted and made.scale == 1.0
    low, high = made.known_c
    assert 39.7 < low < 40.3 and 129.7 < high < 130.3
    assert abs(made.intensity[F1.cell(120.0), F2.cell(7.2)]) < 0.2  # in both
    assert made.intensity[F1.cell(22.0), F2.cell(1.2)] == 0  # there in A, but B is not known
    apart = subtract(a, spectrum(Axis("13C", 400.0, 300.0, 100), F2, ()), 1.0)
    assert apart.known_c is None and apart.known_h is None
    assert not apart.intensity.any()


def test_a_spectrum_minus_itself_is_nothing():
    a = spectrum(F1, F2, PEAKS, noise=0.1)
    made = subtract(a, a)
    assert made.complete and made.fitted
    assert made.scale == pytest.approx(1.0)
    assert np.abs(made.intensity).max() < 1e-5


def test_the_scale_is_that_of_the_common_signal():
    """A peak that only one has, however strong, does not change k; nor does another grid."""
    a = spectrum(F1, F2, [*PEAKS, (5.0, 90.0, 80.0)], noise=0.05)
    own = Axis("13C", 170.0, -3.0, 517), Axis("1H", 10.5, -0.2, 1234)
    b = spectrum(*own, [(h, c, z / 2.5) for h, c, z in (*PEAKS, (8.0, 30.0, 90.0))], noise=0.02)
    made = subtract(a, b)
    assert made.fitted and made.scale == pytest.approx(2.5, rel=0.02)
    assert made.intensity[F1.cell(90.0), F2.cell(5.0)] == pytest.approx(80, rel=0.02)
    assert made.intensity[F1.cell(30.0), F2.cell(8.0)] == pytest.approx(-90, rel=0.02)
    for h_ppm, c_ppm, height in PEAKS:
        assert abs(made.intensity[F1.cell(c_ppm), F2.cell(h_ppm)]) < 0.05 * abs(height)


def test_without_common_signal_the_scale_is_one():
    a, b = spectrum(F1, F2, PEAKS[:1]), spectrum(F1, F2, PEAKS[1:2])
    assert common_scale(a.intensity, b.intensity) is None
    made = subtract(a, b)
    assert made.scale == 1.0 and not made.fitted
    flipped = spectrum(F1, F2, [(h, c, -z) for h, c, z in PEAKS])
    assert common_scale(spectrum(F1, F2, PEAKS).intensity, flipped.intensity) is None


def test_other_experiments_have_no_difference():
    with pytest.raises(ValueError, match="HSQC and an HMBC"):
        subtract(spectrum(F1, F2, ()), spectrum(F1, F2, (), Experiment.HMBC))
