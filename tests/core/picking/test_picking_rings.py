"""Picking in pictures: rings, nested rings, blobs, lobes, frames."""

from __future__ import annotations

import time

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picking import PickSettings, pick_peaks
from nmrcam_qt.core.simulate.raster import Spots, as_contours
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

F1 = Axis.from_edges("13C", 0.0, 200.0, 400)
F2 = Axis.from_edges("1H", 10.0, 0.0, 600)
Disc = tuple[float, float, float, float]


def drawn(*discs: Disc, hollow: float = 0.0, darkness: float = 0.7) -> np.ndarray:
    """Ink of ellipses: ¹H, ¹³C, half widths in ppm."""
    table = np.array(discs, float)
    n = len(table)
    none = np.full(n, -1, np.int64)
    spots = Spots(
        *(table[:, k] for k in range(4)),
        np.full(n, darkness),
        np.ones(n, np.int8),
        none.copy(),
        np.zeros(n, np.uint16),
        none.copy(),
    )
    return as_contours(spots, F1, F2, hollow).ink()


def picture(ink: np.ndarray) -> Spectrum:
    made = Provenance(path="made", kind=SourceKind.PICTURE, format="made")
    return Spectrum("made", ink, F1, F2, Experiment.HSQC, made)


def check(ink: np.ndarray, wanted: list[tuple[float, float]], within: float = 0.5) -> None:
    """As many peaks as wanted, within so many pixels of where they are wanted."""
    picked = pick_peaks(picture(ink))
    assert len(picked) == len(wanted)
    for h, c in wanted:
        away = [
            max(abs(p.h_ppm - h) / abs(F2.step), abs(p.c_ppm - c) / abs(F1.step))
            for p in picked.peaks
        ]
        assert min(away) <= within, (h, c, min(away))


ONE, OTHER = (7.2, 128.0, 0.09, 2.5), (3.4, 56.0, 0.08, 2.0)


def test_middles_of_rings() -> None:
    check(drawn(ONE, OTHER, hollow=0.6), [(7.2, 128.0), (3.4, 56.0)])


def test_middles_of_filled_blobs() -> None:
    check(drawn(ONE, OTHER), [(7.2, 128.0), (3.4, 56.0)])


def test_nested_rings_are_one_peak() -> None:
    outer = drawn((7.2, 128.0, 0.3, 8.0), hollow=0.85)
    middle = drawn((7.2, 128.0, 0.18, 5.0), hollow=0.75)
    inner = drawn((7.2, 128.0, 0.07, 1.8))
    check(np.maximum(outer, middle), [(7.2, 128.0)])
    check(np.maximum(np.maximum(outer, middle), inner), [(7.2, 128.0)])


def test_two_middles_in_one_outer_ring() -> None:
    outer = drawn((7.2, 128.0, 0.5, 10.0), hollow=0.9)
    inner = drawn((7.0, 128.0, 0.09, 2.5), (7.4, 128.0, 0.09, 2.5), hollow=0.5)
    check(np.maximum(outer, inner), [(7.0, 128.0), (7.4, 128.0)])


def test_rings_and_blobs_that_touch() -> None:
    pair = ((7.2, 128.0, 0.1, 2.5), (7.37, 128.0, 0.1, 2.5))
    wanted = [(7.2, 128.0), (7.37, 128.0)]
    check(drawn(*pair, hollow=0.6), wanted, within=1.5)
    check(drawn(*pair), wanted, within=1.5)


def test_soft_and_light_lines_and_noise_of_compression() -> None:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    ink = gaussian_filter(drawn(ONE, OTHER, hollow=0.6, darkness=0.5), 0.6)
    ink = np.clip(ink + rng.normal(0, 0.01, ink.shape), 0, 1)
    check(ink.astype(np.float32), [(7.2, 128.0), (3.4, 56.0)])


def test_frames_and_streaks_are_no_peaks_and_what_is_in_a_frame_is() -> None:
    ink = drawn(ONE, OTHER, hollow=0.6)
    ink[5:395, 5] = ink[5:395, 594] = ink[5, 5:595] = ink[394, 5:595] = 1.0
    ink[20:380, 300] = 0.6
    check(ink, [(7.2, 128.0), (3.4, 56.0)])


def test_peaks_at_the_border() -> None:
    check(drawn((9.94, 198.5, 0.09, 2.5), OTHER), [(9.94, 198.5), (3.4, 56.0)], within=2)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_plain_paper_has_no_peaks(value: float) -> None:
    assert len(pick_peaks(picture(np.full((400, 600), value, np.float32)))) == 0


def test_light_ink_can_be_left_out_and_the_largest_are_kept() -> None:
    light = drawn((5.0, 90.0, 0.08, 2.2), darkness=0.3)
    ink = np.maximum(drawn(ONE, OTHER), light)
    assert len(pick_peaks(picture(ink))) == 3
    assert len(pick_peaks(picture(ink), PickSettings(min_relative=0.6))) == 2
    kept = pick_peaks(picture(ink), PickSettings(max_peaks=1)).peaks
    assert [round(p.h_ppm, 1) for p in kept] == [7.2]
    assert kept[0].height == pytest.approx(0.7)


def test_a_grainy_scan_takes_no_minute() -> None:
    rng = np.random.default_rng(0)
    grain = rng.random((600, 600)).astype(np.float32)
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 600), Axis.from_edges("1H", 10.0, 0.0, 600)
    made = Provenance(path="made", kind=SourceKind.PICTURE, format="made")
    for level in (0.1, 0.5):
        ink = np.where(grain < level, np.float32(0.8), np.float32(0))
        spectrum = Spectrum("made", ink, f1, f2, None, made)
        start = time.process_time()
        assert len(pick_peaks(spectrum)) <= 2000
        assert time.process_time() - start < 30
