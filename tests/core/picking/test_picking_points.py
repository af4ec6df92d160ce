"""Picking in points: noise, ridges, shoulders, side lobes, edges, kinds."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.noise import line_levels, noise_level
from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.core.picking import PickSettings, Signs, pick_peaks
from nmrcam_qt.core.picking.found import Found
from nmrcam_qt.core.picking.smoothing import LineWidths
from nmrcam_qt.core.picking.wiggles import misshapen
from nmrcam_qt.core.simulate.instrument import Lines, Recording, folded, record, seen_widths
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum

F1 = Axis.from_edges("13C", 160.0, 0.0, 512)
F2 = Axis.from_edges("1H", 11.0, -1.0, 1024)
HOW = Recording(F1, F2, increments=256, points=512, noise=1.0)


def spectrum_of(image, f1=F1, f2=F2, **more) -> Spectrum:
    made = Provenance(path="made", kind=SourceKind.INSTRUMENT, format="made")
    return Spectrum("made", image, f1, f2, more.pop("experiment", Experiment.HSQC), made, **more)


def lines(*rows) -> Lines:
    """¹H ppm, ¹³C ppm, height; 15 and 10 Hz wide."""
    table = np.array(rows, float).reshape(-1, 3)
    n = len(table)
    return Lines(table[:, 0], table[:, 1], table[:, 2], np.full(n, 15.0), np.full(n, 10.0))


def places(picked) -> list[tuple[float, float]]:
    """Shifts to 0.1 and 1 ppm."""
    return sorted((round(p.h_ppm, 1), round(p.c_ppm)) for p in picked.peaks)


FOUR = lines((7.2, 128.0, 40), (3.4, 56.0, -20), (1.2, 22.0, 15), (5.1, 99.0, 10))


def test_all_lines_at_ten_times_the_noise_and_no_noise() -> None:
    for seed in range(5):
        image = record(np.random.default_rng(seed), FOUR, HOW)
        assert noise_level(image) == pytest.approx(1.0, rel=0.08)
        picked = pick_peaks(spectrum_of(image))
        assert places(picked) == [(1.2, 22), (3.4, 56), (5.1, 99), (7.2, 128)]
        heights = {round(p.h_ppm, 1): p.height for p in picked.peaks}
        for h, height in ((7.2, 40), (3.4, -20), (1.2, 15), (5.1, 10)):
            assert heights[h] == pytest.approx(height, rel=0.15, abs=3)


def test_positions_between_points_widths_and_volume() -> None:
    quiet = Recording(F1, F2, increments=256, points=512, noise=0.01)
    true = lines((7.2034, 128.051, 40), (3.4071, 55.92, -40))
    picked = pick_peaks(spectrum_of(record(np.random.default_rng(1), true, quiet)))
    h_width, c_width = seen_widths(true, quiet)
    for k, (h, c) in enumerate(((7.2034, 128.051), (3.4071, 55.92))):
        peak = min(picked.peaks, key=lambda p, h=h: abs(p.h_ppm - h))
        assert abs(peak.h_ppm - h) < 0.05 * abs(F2.step)
        assert abs(peak.c_ppm - c) < 0.05 * abs(F1.step)
        assert peak.h_width_ppm == pytest.approx(h_width[k], rel=0.2)
        assert peak.c_width_ppm == pytest.approx(c_width[k], rel=0.2)
        assert np.sign(peak.volume) == np.sign(peak.height)
        assert abs(peak.volume) > 5 * abs(peak.height)


def test_a_t1_ridge_and_a_water_streak_are_no_peaks_and_hide_none_elsewhere() -> None:
    strong = lines((2.1, 30.0, 2000), (7.2, 128.0, 20), (3.4, 56.0, -20))
    how = Recording(F1, F2, increments=256, points=512, t1_noise=0.01, streak=(4.7, 0.05, 25.0))
    spectrum = spectrum_of(record(np.random.default_rng(3), strong, how))
    assert places(pick_peaks(spectrum)) == [(2.1, 30), (3.4, 56), (7.2, 128)]
    kept = pick_peaks(spectrum, PickSettings(ridges=True, min_relative=0))
    doubtful = [p for p in kept.peaks if p.kind is PeakKind.DOUBTFUL]
    assert len(doubtful) > 5
    assert all(min(abs(p.h_ppm - 2.1), abs(p.h_ppm - 4.7)) < 0.4 for p in doubtful)


def test_two_lines_that_have_grown_together_are_two() -> None:
    pair = lines((3.40, 56.0, 60), (3.45, 56.0, 60), (7.2, 128.0, 40), (1.2, 20.0, 40))
    h_width, _ = seen_widths(pair, HOW)
    assert 1.0 < 0.05 / h_width[0] < 1.4
    for seed in range(3):
        picked = pick_peaks(spectrum_of(record(np.random.default_rng(seed), pair, HOW)))
        found = sorted(p.h_ppm for p in picked.peaks if abs(p.c_ppm - 56) < 1)
        assert np.allclose(found, [3.40, 3.45], atol=0.01)


def test_lines_closer_than_their_width_are_one() -> None:
    pair = lines((3.40, 56.0, 60), (3.415, 56.0, 50), (7.2, 128.0, 40), (1.2, 20.0, 40))
    picked = pick_peaks(spectrum_of(record(np.random.default_rng(0), pair, HOW)))
    assert len([p for p in picked.peaks if abs(p.c_ppm - 56) < 2]) == 1


def test_side_lobes_of_truncated_lines_are_no_peaks() -> None:
    how = Recording(F1, F2, increments=128, points=512, window="none", noise=0.3)
    image = record(np.random.default_rng(2), lines((3.4, 56.0, 60), (7.2, 128.0, 60)), how)
    column = image[:, round(F2.index(3.4))]
    assert np.sort(column)[:3].max() < -3  # there are lobes, ten times the noise
    picked = pick_peaks(spectrum_of(image))
    assert places(picked) == [(3.4, 56), (7.2, 128)]


def test_tails_of_a_strong_line_in_its_column_are_not_as_wide_as_lines() -> None:
    rows = (
        (100.0, 50.0, 1000.0, 8.0, 4.0),  # the line
        (118.0, 50.0, 30.0, 28.0, 4.0),  # its tail, and its trough
        (86.0, 50.4, -20.0, 1.2, 4.0),
        (82.0, 50.0, 30.0, 8.0, 4.0),  # as wide as lines are
        (118.0, 80.0, 30.0, 28.0, 4.0),  # in another column
        (180.0, 50.0, 30.0, 28.0, 4.0),  # far away
        (85.0, 50.0, 200.0, 28.0, 4.0),  # strong: two lines grown together, maybe
    )
    row, column, height, down, across = np.array(rows).T
    found = Found(row, column, height, down, across, height, np.zeros(len(rows), bool))
    tails = misshapen(found, LineWidths(8.0, 4.0))
    assert tails.tolist() == [False, True, True, False, False, False, False]


def test_a_folded_line_is_picked_where_it_is_seen() -> None:
    seen = folded(np.array([175.0]), F1)
    assert seen == pytest.approx([15.0])
    image = record(np.random.default_rng(2), lines((9.6, 175.0, 30)), HOW)
    assert places(pick_peaks(spectrum_of(image))) == [(9.6, 15)]


def test_magnitude_spectra_have_no_negative_peaks() -> None:
    how = Recording(F1, F2, increments=256, points=512, window="sine", magnitude=True)
    image = record(np.random.default_rng(5), FOUR, how)
    for shown in (image, image - 1.2):  # as it is, and with its baseline taken off
        spectrum = spectrum_of(shown, acquisition=Acquisition(magnitude=True))
        picked = pick_peaks(spectrum)
        assert places(picked) == [(1.2, 22), (3.4, 56), (5.1, 99), (7.2, 128)]
        assert all(p.height > 0 for p in picked.peaks)
        assert picked.noise == pytest.approx(1.0, rel=0.1)


def test_drawn_peaks_without_noise_are_all_picked() -> None:
    listed = PeakList(
        np.array([7.2, 3.4, 1.2]), np.array([128.0, 56.0, 22.0]), np.array([1, -1, 1])
    )
    picked = pick_peaks(spectrum_of(draw_peaks(listed, F1, F2)))
    assert places(picked) == [(1.2, 22), (3.4, 56), (7.2, 128)]
    assert picked.noise == 0
    assert all(p.snr == 0 for p in picked.peaks)


@pytest.mark.parametrize("value", [0.0, 3.0, -1e30])
def test_a_constant_has_no_peaks(value: float) -> None:
    assert len(pick_peaks(spectrum_of(np.full((512, 1024), value, np.float32)))) == 0


@pytest.mark.parametrize("shape", [(1, 1024), (512, 1), (1, 1), (2, 2), (3, 500), (40, 7)])
def test_any_shape_is_picked(shape: tuple[int, int]) -> None:
    f1 = Axis.from_edges("13C", 160.0, 0.0, shape[0])
    f2 = Axis.from_edges("1H", 11.0, -1.0, shape[1])
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    row, column = shape[0] // 2, shape[1] // 2
    image[row, column] += 50
    picked = pick_peaks(spectrum_of(image, f1, f2), PickSettings(min_relative=0.5))
    if min(shape) > 2 or shape[1] == 1024:
        assert abs(f2.index(picked.peaks[0].h_ppm) - column) <= 0.5 if shape[1] > 1 else True
        assert len(picked) == 1


def test_peaks_on_the_border_are_picked_there() -> None:
    image = np.random.default_rng(0).normal(0, 0.1, (512, 1024)).astype(np.float32)
    image[0, 0:3] += (30, 20, 8)
    image[1, 0:3] += (15, 10, 4)
    image[511, 1023] += 30
    picked = pick_peaks(spectrum_of(image))
    ends = {(round(p.c_ppm), round(p.h_ppm)) for p in picked.peaks}
    assert ends == {(160, 11), (0, -1)}
    assert max(p.h_ppm for p in picked.peaks) <= F2.edges[0]


def test_wanted_sign_height_and_number() -> None:
    spectrum = spectrum_of(record(np.random.default_rng(0), FOUR, HOW))
    assert places(pick_peaks(spectrum, PickSettings(signs=Signs.NEGATIVE))) == [(3.4, 56)]
    assert places(pick_peaks(spectrum, PickSettings(min_height=30))) == [(7.2, 128)]
    assert places(pick_peaks(spectrum, PickSettings(min_relative=0.45))) == [(3.4, 56), (7.2, 128)]
    assert places(pick_peaks(spectrum, PickSettings(max_peaks=1))) == [(7.2, 128)]
    sure = pick_peaks(spectrum, PickSettings(min_snr=30))
    assert places(sure) == [(7.2, 128)]
    assert sure.base == pytest.approx(30 * sure.noise)


def test_peaks_in_masks_are_of_the_solvent() -> None:
    masks = (Mask("CHCl3", (7.0, 7.4), (120.0, 135.0)),)
    spectrum = spectrum_of(record(np.random.default_rng(0), FOUR, HOW), masks=masks)
    kinds = {round(p.h_ppm, 1): p.kind for p in pick_peaks(spectrum).peaks}
    assert kinds.pop(7.2) is PeakKind.SOLVENT
    assert set(kinds.values()) == {PeakKind.SIGNAL}


def test_picking_can_be_cancelled_and_tells_where_it_is() -> None:
    spectrum = spectrum_of(record(np.random.default_rng(0), FOUR, HOW))
    told: list[tuple[int, int]] = []

    class Watch:
        def step(self, done: int, total: int, text: str = "") -> None:
            told.append((done, total))
            if done == 2 and stop:
                raise Cancelled

    stop = False
    pick_peaks(spectrum, progress=Watch())
    assert told == [(k, 4) for k in range(5)]
    stop = True
    with pytest.raises(Cancelled):
        pick_peaks(spectrum, progress=Watch())


def test_noise_of_lines_finds_the_ridge_and_not_the_peaks() -> None:
    rng = np.random.default_rng(0)
    image = rng.normal(size=(512, 200)).astype(np.float32)
    image[:, 50] *= 8
    image[:, 60] += 5
    image[100:160, 100] += 100  # a wide peak
    offset, noise = line_levels(image, 0)
    assert noise[50] == pytest.approx(8, rel=0.2)
    assert offset[60] == pytest.approx(5, abs=0.3)
    assert np.delete(noise, 50).max() < 1.4
    assert not line_levels(image[:20], 0)[1].any()


def test_noise_is_unknown_where_most_points_are_zero() -> None:
    image = np.zeros((100, 100), np.float32)
    image[:20] = np.random.default_rng(0).normal(size=(20, 100))
    assert noise_level(image) == 0
    image[:80] = np.random.default_rng(0).normal(size=(80, 100))
    assert noise_level(image) == pytest.approx(1, rel=0.05)
