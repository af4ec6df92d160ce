"""Peaks edited by hand: nothing of the user's work is lost, ids are never used again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.peak_places import MAX_LABEL
from nmrcam_qt.core.picked import MAX_PEAKS, Peak, PeakKind, PickedPeaks
from nmrcam_qt.session.peak_editing import (
    Place,
    inside,
    labelled,
    moved,
    nearest,
    of_kind,
    repicked,
    with_peak,
    without,
)
from nmrcam_qt.session.peak_snapping import exact, ring_middle, snapped

F1 = Axis("13C", 150.0, 0.0, 301)
F2 = Axis("1H", 10.0, 0.0, 1001)


def picked(*places, noise=0.5):
    peaks = tuple(
        Peak(n, h, c, height=10.0 * n, h_width_ppm=0.02, volume=5.0, snr=20.0)
        for n, (h, c) in enumerate(places, start=1)
    )
    return PickedPeaks(peaks, noise, 1.5, len(peaks) + 1)


def hill(h_ppm, c_ppm, height=1.0, h_width=0.03, c_width=1.0):
    h = (F2.centres - h_ppm) / h_width
    c = (F1.centres - c_ppm) / c_width
    return (height * np.exp(-(c[:, None] ** 2) - h[None, :] ** 2)).astype(np.float32)


# One by one


def test_a_peak_added_by_hand_has_a_new_id_its_height_and_its_snr():
    before = picked((7.0, 120.0), (1.0, 20.0))
    after, made = with_peak(before, Place(3.5, 60.0, -4.0), "  a\tlabel\n")
    assert (made.id, made.by_hand, made.height, made.snr) == (3, True, -4.0, 8.0)
    assert made.label == "a?label?"
    assert after.peaks == (*before.peaks, made)
    assert after.next_id == 4
    assert len(before) == 2, "what was there does not change"


def test_the_id_of_a_deleted_peak_is_never_used_again():
    before = picked((7.0, 120.0), (1.0, 20.0))
    after, made = with_peak(without(before, {2}), Place(1.0, 20.0, 1.0))
    assert made.id == 3
    assert [peak.id for peak in after.peaks] == [1, 3]


def test_too_many_peaks_are_refused():
    full = PickedPeaks(
        tuple(Peak(n, 1.0, 1.0) for n in range(1, MAX_PEAKS + 1)), 0, 0, MAX_PEAKS + 1
    )
    with pytest.raises(ValueError, match=str(MAX_PEAKS)):
        with_peak(full, Place(1.0, 1.0, 1.0))


def test_a_moved_peak_is_the_users_and_forgets_what_was_measured_elsewhere():
    before = labelled(picked((7.0, 120.0), (1.0, 20.0)), {1}, "H-4")
    peak = moved(before, 1, Place(7.1, 121.0, 3.0)).peaks[0]
    assert (peak.h_ppm, peak.c_ppm, peak.height, peak.snr) == (7.1, 121.0, 3.0, 6.0)
    assert (peak.h_width_ppm, peak.volume) == (0.0, 0.0)
    assert peak.by_hand
    assert peak.label == "H-4"


def test_what_changes_nothing_gives_the_same_object():
    before = labelled(picked((7.0, 120.0)), {1}, "x")
    assert moved(before, 1, Place(7.0, 120.0, 99.0)) is before
    assert moved(before, 7, Place(1.0, 1.0, 1.0)) is before
    assert without(before, {7}) is before
    assert labelled(before, {1}, " x ") is before
    assert of_kind(before, {1}, PeakKind.SIGNAL) is before


def test_labels_are_short_single_lines_of_the_peaks_that_were_named():
    before = picked((7.0, 120.0), (1.0, 20.0), (2.0, 30.0))
    after = labelled(before, {1, 3}, "y" * 1000)
    assert [len(peak.label) for peak in after.peaks] == [MAX_LABEL, 0, MAX_LABEL]


def test_the_kind_that_the_user_says_is_an_edit():
    after = of_kind(picked((7.0, 120.0), (1.0, 20.0)), {2}, PeakKind.SOLVENT)
    assert [peak.kind for peak in after.peaks] == [PeakKind.SIGNAL, PeakKind.SOLVENT]
    assert [peak.by_hand for peak in after.peaks] == [False, True]


# Picking again


def test_picking_again_keeps_what_was_edited_by_hand_and_the_ids_of_what_is_found_again():
    before = picked((7.0, 120.0), (1.0, 20.0), (2.0, 30.0))
    before, added = with_peak(before, Place(5.0, 100.0, 1.0))
    before = labelled(moved(before, 2, Place(1.001, 20.05, 9.0)), {3}, "mine")
    found = picked((2.004, 30.1), (7.001, 120.1), (1.0, 20.0), (4.4, 70.0))
    made = repicked(before, found, keep_edited=True)
    by_id = {peak.id: peak for peak in made.peaks.peaks}
    assert by_id[1].h_ppm == 7.001, "found again: the id stays, the place is the new one"
    assert by_id[2] == before.peaks[1], "moved by hand: as the user left it"
    assert by_id[3] == before.peaks[2], "labelled: as the user left it"
    assert by_id[added.id] == added, "not found, but added by hand"
    assert by_id[5].h_ppm == 4.4, "found for the first time"
    assert (made.found, made.kept) == (4, 1)
    assert made.peaks.next_id == 6


def test_picking_again_without_keeping_has_only_what_was_found():
    before, _ = with_peak(picked((7.0, 120.0)), Place(5.0, 100.0, 1.0))
    made = repicked(before, picked((7.0, 120.0)), keep_edited=False)
    assert [(peak.id, peak.by_hand) for peak in made.peaks.peaks] == [(1, False)]
    assert made.kept == 0
    assert made.peaks.next_id == 3, "the id of what was thrown away is not used again"


def test_the_first_picking_is_what_was_found():
    found = picked((7.0, 120.0))
    assert repicked(None, found, keep_edited=True).peaks is found


def test_picking_again_never_has_too_many_peaks_and_drops_none_of_the_users():
    hand = tuple(Peak(n, 20.0 + n, 20.0, by_hand=True) for n in range(1, 6))
    before = PickedPeaks(hand, 0, 0, 6)
    found = PickedPeaks(
        tuple(Peak(n, n * 1e-4, 500.0) for n in range(1, MAX_PEAKS + 1)), 0, 0, MAX_PEAKS + 1
    )
    made = repicked(before, found, keep_edited=True).peaks
    assert len(made) == MAX_PEAKS
    assert set(hand) <= set(made.peaks)


_places = st.lists(
    st.tuples(st.floats(0, 1, width=16), st.floats(0, 10, width=16), st.booleans()), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(_places, _places)
def test_whatever_is_found_ids_are_unique_and_the_users_peaks_stay(old, new):
    peaks = tuple(Peak(n, h, c, by_hand=hand) for n, (h, c, hand) in enumerate(old, start=1))
    before = PickedPeaks(peaks, 0, 0, len(peaks) + 1)
    found = PickedPeaks(
        tuple(Peak(n, h, c) for n, (h, c, _) in enumerate(new, start=1)), 0, 0, len(new) + 1
    )
    made = repicked(before, found, keep_edited=True)  # PickedPeaks checks the ids itself
    assert {peak for peak in peaks if peak.by_hand} <= set(made.peaks.peaks)
    assert made.found == len(new)
    assert len(made.peaks) == len(new) + made.kept
    assert made.peaks.next_id >= before.next_id


# Where


def test_the_nearest_peak_within_reach():
    peaks = picked((7.0, 120.0), (7.05, 120.0))
    assert nearest(peaks, 7.02, 120.0, 0.1, 5.0).id == 1
    assert nearest(peaks, 7.03, 120.0, 0.1, 5.0).id == 2
    assert nearest(peaks, 7.03, 126.0, 0.1, 5.0) is None
    assert nearest(PickedPeaks(), 7.0, 120.0, 1.0, 1.0) is None


def test_the_peaks_in_a_box_drawn_in_any_direction():
    peaks = picked((7.0, 120.0), (1.0, 20.0), (2.0, 30.0))
    assert inside(peaks, (2.0, 0.5), (30.0, 10.0)) == (2, 3)


@pytest.mark.parametrize("height", [1.0, -1.0])
def test_a_click_beside_a_peak_finds_its_summit_between_the_points(height):
    wanted = 3.3042, 77.31
    image = hill(*wanted, height=height)
    place = snapped(image, F1, F2, 3.32, 78.0, 0.05, 1.5)
    assert place.h_ppm == pytest.approx(wanted[0], abs=abs(F2.step) / 10)
    assert place.c_ppm == pytest.approx(wanted[1], abs=abs(F1.step) / 10)
    assert place.height == pytest.approx(height, abs=0.1)


def test_a_click_on_a_small_peak_beside_a_large_one_means_the_small_one():
    image = hill(3.3, 77.0, 100.0) + hill(3.4, 77.0, 1.0)
    assert snapped(image, F1, F2, 3.4, 77.0, 0.05, 1.5).h_ppm == pytest.approx(3.4, abs=0.005)


def test_a_click_on_a_slope_climbs_to_the_top_beyond_reach():
    image = hill(3.3, 77.0, 100.0, h_width=0.1)
    assert snapped(image, F1, F2, 3.45, 77.0, 0.02, 1.0).h_ppm == pytest.approx(3.3, abs=0.005)


def test_a_click_on_nothing_or_outside_stays_where_it_is():
    image = hill(3.3, 77.0)
    image[np.abs(image) < 1e-6] = 0
    assert snapped(image, F1, F2, 8.0, 20.0, 0.05, 1.5) == Place(8.0, 20.0, 0.0)
    assert snapped(image, F1, F2, 12.0, 20.0, 0.05, 1.5) == Place(12.0, 20.0, 0.0)
    assert snapped(image, F1, F2, 3.3, -5.0, 0.05, 1.5).height == 0.0


def test_summits_at_the_edges_of_the_spectrum_are_found():
    image = np.zeros((F1.size, F2.size), np.float32)
    image[0, 0] = image[-1, -1] = 2.0
    assert snapped(image, F1, F2, 9.99, 149.6, 0.05, 1.5) == Place(10.0, 150.0, 2.0)
    assert snapped(image, F1, F2, 0.01, 0.3, 0.05, 1.5) == Place(0.0, 0.0, 2.0)


def rings(*places, radii=(14.0, 9.0, 4.0)):
    """Ink of contour rings around (row, column) places."""
    rows, columns = np.mgrid[: F1.size, : F2.size]
    ink = np.zeros((F1.size, F2.size), np.float32)
    for row, column in places:
        away = np.hypot(rows - row, columns - column)
        for radius in radii:
            ink = np.maximum(ink, np.clip(1.5 - abs(away - radius), 0, 1))
    return ink.astype(np.float32)


@pytest.mark.parametrize("off", [(0, 0), (2, -3), (-7, 5)])
def test_a_click_in_the_rings_of_a_picture_means_their_middle(off):
    ink = rings((150.0, 400.0), (150.0, 440.0))
    h, c = F2.ppm(400.0 + off[1]), F1.ppm(150.0 + off[0])
    place = ring_middle(ink, F1, F2, h, c, 12 * abs(F2.step), 12 * abs(F1.step))
    assert place.h_ppm == pytest.approx(F2.ppm(400.0), abs=0.6 * abs(F2.step))
    assert place.c_ppm == pytest.approx(F1.ppm(150.0), abs=0.6 * abs(F1.step))


def test_rings_at_the_edge_and_paper_without_any():
    ink = rings((3.0, 3.0), radii=(2.0,))
    reach = 12 * abs(F2.step), 12 * abs(F1.step)
    assert ring_middle(ink, F1, F2, F2.ppm(3.0), F1.ppm(3.0), *reach) is not None
    assert ring_middle(ink, F1, F2, 5.0, 75.0, *reach) is None
    assert ring_middle(ink, F1, F2, 50.0, 75.0, *reach) is None
    assert ring_middle(ink * 0, F1, F2, 5.0, 75.0, *reach) is None


def test_a_spectrum_of_one_point():
    one = np.ones((1, 1), np.float32)
    f1, f2 = Axis("13C", 50.0, 50.0, 1), Axis("1H", 5.0, 5.0, 1)
    assert snapped(one, f1, f2, 5.0, 50.0, 1.0, 1.0).height in (0.0, 1.0)


def test_the_exact_place_has_the_height_of_its_cell():
    image = hill(3.3, 77.0, 5.0)
    row, column = F1.cell(77.0), F2.cell(3.3)
    assert exact(image, F1, F2, 3.3, 77.0) == Place(3.3, 77.0, float(image[row, column]))
