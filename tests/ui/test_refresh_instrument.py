"""What the window makes anew when peaks, masks, referencing or the contours' base change."""

from __future__ import annotations

import pytest
from instrument_builders import instrument, picks, some_masks
from window_builders import packed

from nmrcam_qt.core.reference import Affine
from nmrcam_qt.session.items import ItemState
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.workers.display_worker import display_worker


@pytest.fixture
def shown(window, qtbot, monkeypatch):
    """A window with measured data; counts how often their points are unpacked."""
    counts = []
    display = PackedSpectrum.display

    def counted(packed):
        counts.append(packed.name)
        return display(packed)

    monkeypatch.setattr(PackedSpectrum, "display", counted)
    window.session.add([pack(instrument(rows=128, columns=256, name="inst"))])
    window.session.select(1)
    view = window.page.panes.views[0]
    qtbot.waitUntil(lambda: view.ink is not None, timeout=20_000)
    settled(window, qtbot)
    window.counts, window.refreshes = counts, []
    window.page.refreshed.connect(lambda: window.refreshes.append(1))
    assert counts, "it was unpacked once"
    counts.clear()
    return window


def settled(window, qtbot):
    qtbot.waitUntil(lambda: not window.page.refresh_timer.isActive(), timeout=5000)
    qtbot.waitUntil(lambda: not display_worker().busy, timeout=20_000)


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.set_picked(1, picks(20)),
        lambda session: session.set_masks([1], some_masks()),
        lambda session: session.set_contour_base(1, 2.0),
    ],
    ids=["peaks", "masks", "base"],
)
def test_points_are_not_unpacked_for_what_does_not_touch_them(shown, qtbot, change):
    change(shown.session)
    settled(shown, qtbot)
    assert len(shown.refreshes) == 1
    assert shown.counts == []
    view = shown.page.panes.views[0]
    assert view.packed is shown.session.current.packed
    assert view.ink is not None


def test_many_changes_in_one_turn_are_shown_once(shown, qtbot):
    shown.session.set_picked(1, picks(20))
    shown.session.set_masks([1], some_masks())
    for n in range(10):
        shown.session.set_contour_base(1, 1.0 + n)
    settled(shown, qtbot)
    assert len(shown.refreshes) == 1


def test_referencing_moves_axes_and_peaks(shown, qtbot):
    view = shown.page.panes.views[0]
    shown.session.set_picked(1, picks(5))
    shown.session.set_reference([1], h=Affine(offset=0.5))
    settled(shown, qtbot)
    qtbot.waitUntil(lambda: view.ink is not None, timeout=20_000)
    assert view.axes[1].first_ppm == 11.5
    assert view.ink[2] == view.axes[1]
    drawn = shown.page.peaks.picked.peaks
    assert [p.h_ppm for p in drawn] == [p.h_ppm + 0.5 for p in picks(5).peaks]


@pytest.fixture
def slow(window, trouble):
    """Two spectra that are being analysed, slowly."""
    window.workbench.client.start()
    window.session.add([packed("one"), packed("two")])
    window.session.select(1)
    trouble.write_text("slow")
    window.commands.analyse_all()
    assert window.session.at(0).state is ItemState.WAITING
    return window


def test_a_result_stays_valid_where_a_mask_was_only_drawn_meanwhile(slow, finish):
    slow.session.set_masks((1,), some_masks())
    assert slow.session.at(0).state is ItemState.WAITING
    finish(slow)
    assert slow.session.at(0).state is ItemState.ANALYSED
    slow.session.set_masks((1,), ())
    assert slow.session.at(0).state is ItemState.ANALYSED


def test_a_result_of_regions_that_were_excluded_meanwhile_is_dropped(slow, finish):
    slow.session.set_masks((1,), some_masks())
    slow.session.set_excluded((1,), "HDO", True)
    finish(slow)
    assert slow.session.at(0).state is ItemState.NEW
    assert slow.session.at(1).state is ItemState.ANALYSED
