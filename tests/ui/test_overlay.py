"""Several spectra in one pane: who is there, in which colour, and what the legend does."""

from __future__ import annotations

import numpy as np
import pytest
from builders import list_spectrum
from overlay_builders import PEAKS, measured, packed_measured, wait_drawn
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window_builders import picture

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.overlaying import MAX_OVERLAID
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.overlay_colours import overlay_colour, signed_pair
from nmrcam_qt.ui.overlay_difference import DIFFERENCE
from nmrcam_qt.ui.overlay_display import NO_CURSOR
from nmrcam_qt.ui.overlay_layer import OVERLAY
from nmrcam_qt.ui.overlay_legend import NO_BASE, SUBTRACTED
from nmrcam_qt.ui.row_drag import rows_mime
from nmrcam_qt.ui.theme import colours, theme

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def full(window):
    """Two HSQC and an HMBC of instruments, a picture, a peak list."""
    shifted = [(h + 0.05, c + 1.0, z * 0.5) for h, c, z in PEAKS]
    window.session.add(
        [
            packed_measured("alpha"),
            packed_measured("beta", [*shifted, (5.0, 90.0, 100.0)], shape=(100, 300), seed=1),
            packed_measured("gamma", experiment=Experiment.HMBC, f1=(220.0, -5.0), seed=2),
            pack(picture("drawing")),
            pack(list_spectrum([(7.2, 120.0), (3.3, 55.0)], name="listed")),
        ]
    )
    window.session.select(1)
    window.page.refresh()
    return window


def overlay(window, *ids):
    window.session.set_view(overlays=ids)
    window.page.refresh()
    return window.page.panes.display


def names(entries):
    return [entry.name for entry in entries]


def contour_ids(view):
    return [source[1] for source in view.signals_.contours.sources if source[0] == OVERLAY]


def test_overlay_draws_every_kind_in_its_own_colour(full, qtbot):
    display = overlay(full, 1, 2, 3, 4, 5)
    view = full.view
    assert contour_ids(view) == [2, 3]
    assert names(display.entries) == ["alpha", "beta", "gamma", "drawing", "listed"]
    pairs = [entry.pair for entry in display.entries]
    assert len(set(pairs)) == 5
    assert pairs[1] == signed_pair(overlay_colour(1, colours()), colours().paper)
    wait_drawn(qtbot, view, (OVERLAY, 2))
    item = view.signals_.contours.item((OVERLAY, 2))
    assert item.drawing.surface.image.shape == (100, 300)
    layer = display._parts[view].overlay
    image, points = layer._items[4][1], layer._items[5][1]
    assert tuple(image.lut[-1][:3]) == tuple(bytes.fromhex(pairs[3][0][1:]))
    assert points.opts["pen"] is not None and len(points.data) == 2
    assert sorted(points.data["y"]) == [55.0, 120.0]


def test_the_keys_overlay_what_is_selected_and_take_it_away(full, qtbot):
    actions = full.actions_
    assert not actions["overlay"].isEnabled()
    assert (
        actions["overlay"].toolTip() == "Select two or more spectra in the list: they are overlaid."
    )
    full.sidebar.list.select_keys([1, 2, 3], 1)
    full.commands.update_actions()
    assert actions["overlay"].isEnabled()
    actions["overlay"].trigger()
    assert full.session.view.overlays == (1, 2, 3)
    assert full.page.undo_stack.index() == 1, "an overlay is no change of the project"
    qtbot.waitUntil(lambda: len(full.page.panes.display.entries) == 3)
    actions["overlay_clear"].trigger()
    qtbot.waitUntil(lambda: full.page.panes.display.entries == ())
    assert contour_ids(full.view) == []
    assert "Nothing is overlaid" in actions["overlay_clear"].toolTip()


def test_too_many_are_refused_with_the_number(full):
    full.session.add([packed_measured(f"more{n}", shape=(16, 16)) for n in range(6)])
    ids = [item.id for item in full.session.items]
    full.sidebar.list.select_keys(ids, 1)
    full.commands.update_actions()
    tip = full.actions_["overlay"].toolTip()
    assert tip == f"At most {MAX_OVERLAID} spectra can be overlaid, and these are {len(ids)}."


def test_going_on_in_the_list_keeps_the_overlay_and_its_colours(full):
    display = overlay(full, 1, 2, 3)
    before = {entry.name: entry.pair for entry in display.entries[1:]}
    full.session.select(2)
    full.page.refresh()
    assert names(display.entries) == ["beta", "alpha", "gamma"]
    assert {e.name: e.pair for e in display.entries[1:]}["gamma"] == before["gamma"]
    full.session.select(3)
    full.page.refresh()
    pairs = {e.name: e.pair for e in display.entries}
    assert pairs["beta"] == before["beta"] and len(set(pairs.values())) == 3


def test_what_is_removed_from_the_project_vanishes_and_comes_back_by_undo(full, qtbot):
    display = overlay(full, 1, 2, 3)
    full.session.remove([2])
    qtbot.waitUntil(lambda: names(display.entries) == ["alpha", "gamma"])
    assert contour_ids(full.view) == [3]
    full.page.undo_stack.undo()
    qtbot.waitUntil(lambda: names(display.entries) == ["alpha", "beta", "gamma"])


def test_the_legend_hides_changes_the_base_and_removes(full, qtbot):
    display = overlay(full, 1, 2, 4)
    legend = display.legend_of(full.view)
    assert legend.isVisible()
    row = legend.rows.rows[1]
    assert not row.eye.isVisible()
    centre = QPointF(5, 5)
    QApplication.sendEvent(legend, QEnterEvent(centre, centre, centre))
    assert row.eye.isVisible()
    QTest.mouseClick(row.eye, LEFT)
    item = full.view.signals_.contours.item((OVERLAY, 2))
    assert not item.isVisible() and full.session.view.overlays == (1, 2, 4)
    QTest.mouseClick(row.eye, LEFT)
    assert item.isVisible()
    QTest.mouseClick(row.plus, LEFT)
    assert full.session.find(2).record.contour_base == pytest.approx(1.4)
    qtbot.waitUntil(lambda: full.view.signals_.contours._shown[OVERLAY, 2].scale.factor > 1.3)
    full.page.undo_stack.undo()
    assert full.session.find(2).record.contour_base == 1.0
    assert not legend.rows.rows[2].plus.isEnabled()
    assert legend.rows.rows[2].plus.toolTip() == NO_BASE
    assert not legend.rows.rows[0].eye.isEnabled() and not legend.rows.rows[0].remove.isEnabled()
    QTest.mouseClick(row.remove, LEFT)
    assert full.session.view.overlays == (1, 4)
    qtbot.waitUntil(lambda: names(display.entries) == ["alpha", "drawing"])
    QTest.mouseClick(legend.rows.rows[1].remove, LEFT)
    assert full.session.view.overlays == ()
    qtbot.waitUntil(lambda: not legend.isVisible())


def test_one_hue_per_spectrum_in_an_overlay_and_red_again_without(full, qtbot):
    named = colours()
    wait_drawn(qtbot, full.view)
    item = full.view.signals_.contours.item("own")
    assert item._colours[:2] == (named.ink, named.negative)
    overlay(full, 1, 2)
    assert item._colours[:2] == signed_pair(named.ink, named.paper)
    overlay(full)
    assert item._colours[:2] == (named.ink, named.negative)


def test_another_theme_gives_other_colours(full):
    display = overlay(full, 1, 2)
    before = display.entries[1].pair
    kept = theme().choice
    try:
        theme().choose("dark" if not colours().dark else "light")
        assert display.entries[1].pair != before
        item = full.view.signals_.contours.item((OVERLAY, 2))
        assert item._colours[:2] == display.entries[1].pair
    finally:
        theme().choose(kept)


def test_all_panes_obey(full, qtbot):
    full.resize(1400, 900)
    full.session.group([1, 3], name="one sample")
    full.session.set_view(layout="sample", projections=True, overlays=(1, 2, 3))
    full.page.refresh()
    views = full.page.panes.views
    assert len(views) == 2
    assert [contour_ids(view) for view in views] == [[2, 3], [1, 2]]
    display = full.page.panes.display
    qtbot.waitUntil(lambda: all(display.traces_of(v).top.isVisible() for v in views))
    assert [display.legend_of(view).isVisible() for view in views] == [True, False]
    remark = full.page.panes._strip.remark
    assert remark.isHidden()
    full.resize(1000, 520)  # two rows of panes get low
    qtbot.waitUntil(remark.isVisible)
    assert "360 × 220" in remark.toolTip()
    assert not any(display.traces_of(view).top.isVisible() for view in views)
    full.resize(1400, 900)
    qtbot.waitUntil(remark.isHidden)
    assert all(display.traces_of(view).top.isVisible() for view in views)


# Difference


def test_the_difference_takes_the_place_of_the_spectrum(full, qtbot):
    display = overlay(full, 1, 2)
    full.actions_["difference"].trigger()
    full.page.refresh()
    view = full.view
    wait_drawn(qtbot, view, DIFFERENCE)
    wait_drawn(qtbot, view)
    contours = view.signals_.contours
    assert contours.item(DIFFERENCE).isVisible() and not contours.item("own").isVisible()
    assert contour_ids(view) == []
    made, a = contours.surface(DIFFERENCE), measured("alpha")
    assert made.image.shape == a.intensity.shape
    row, column = a.f1.cell(90.0), a.f2.cell(5.0)
    assert made.image[row, column] < -50, "a peak of the second alone is negative"
    qtbot.waitUntil(lambda: view.heading.text().startswith("alpha − "))
    qtbot.waitUntil(lambda: "k·" not in view.heading.text())
    factor = float(view.heading.text().split("− ")[1].split("·")[0])
    assert factor == pytest.approx(2.0, rel=0.2)
    assert view.heading.text().endswith("·beta  ·  HSQC")
    subtracted = display.entries[1]
    assert subtracted.subtracted and subtracted.name == "beta"
    row_widget = display.legend_of(view).rows.rows[1]
    assert row_widget.eye.toolTip() == SUBTRACTED and row_widget.remove.isEnabled()
    full.session.set_view(difference_fitted=False)
    full.page.refresh()
    qtbot.waitUntil(lambda: view.heading.text() == "alpha − beta  ·  HSQC")
    full.actions_["difference"].trigger()
    full.page.refresh()
    assert view.heading.text() == "alpha  ·  HSQC" and contours.item("own").isVisible()
    assert DIFFERENCE not in contours.sources


@pytest.mark.parametrize(
    "other, said",
    [
        (3, "One is an HSQC, the other an HMBC: their difference means nothing."),
        (4, "Only instrument data have intensities that can be subtracted."),
        (5, "Only instrument data have intensities that can be subtracted."),
    ],
)
def test_what_has_no_difference_says_why(full, other, said):
    overlay(full, 1, other)
    full.session.set_view(difference=True)
    full.page.refresh()
    assert full.actions_["difference"].toolTip() == said
    assert said in full.view.message.text()
    assert DIFFERENCE not in full.view.signals_.contours.sources
    assert len(full.page.panes.display.entries) == 2, "it is drawn over it instead"


def test_a_difference_says_where_it_is_not_known(full):
    (part,) = full.session.add([packed_measured("part", f2=(8.0, 2.0), shape=(64, 64))])
    overlay(full, 1, part)
    full.session.set_view(difference=True)
    full.page.refresh()
    text = full.view.message.text()
    assert (
        text.startswith("part covers only ¹H 8.0") and "beyond it the difference is blank" in text
    )


def test_difference_needs_something_overlaid(full):
    assert "Overlay a second spectrum first" in full.actions_["difference"].toolTip()


# Traces


def test_traces_follow_the_cursor_in_all_panes_with_their_crosshair(full, qtbot):
    full.session.group([1, 3], name="one sample")
    full.session.set_view(layout="sample", traces=True)
    full.page.refresh()
    display, views = full.page.panes.display, full.page.panes.views
    views[0].cursor_moved.emit(3.78, 55.2)
    assert [display.traces_of(view).place for view in views] == [(3.78, 55.2)] * 2
    assert all(view.crosshair.place == (3.78, 55.2) for view in views)
    views[0].cursor_left.emit()
    assert all(display.traces_of(view).place is None for view in views)


def test_pinning_needs_a_cursor_and_ends_with_the_traces(full):
    display = full.page.panes.display
    assert full.actions_["pin_traces"].toolTip() == "Switch the traces on first (L)."
    full.actions_["traces"].trigger()
    full.page.refresh()
    assert display.toggle_pin() == NO_CURSOR
    full.view.cursor_moved.emit(3.78, 55.2)
    full.actions_["pin_traces"].trigger()
    assert display.pinned and full.actions_["pin_traces"].isChecked()
    full.view.cursor_left.emit()
    assert display.pinned
    full.actions_["traces"].trigger()
    full.page.refresh()
    assert not display.pinned and full.view.crosshair.place is None


def test_skylines_of_all_that_is_shown(full, qtbot):
    full.session.set_view(projections=True)
    display = overlay(full, 1, 2)
    view = full.view
    wait_drawn(qtbot, view)
    wait_drawn(qtbot, view, (OVERLAY, 2))
    traces = display.traces_of(view)
    qtbot.waitUntil(lambda: len(traces.skies()) == 2)
    display.set_hidden(2, True)
    assert len(traces.skies()) == 1
    display.set_hidden(2, False)
    full.session.set_view(difference=True)
    full.page.refresh()
    wait_drawn(qtbot, view, DIFFERENCE)
    qtbot.waitUntil(lambda: len(traces.skies()) == 1)
    assert np.array_equal(
        traces._signals[0].ink[0], view.signals_.contours.surface(DIFFERENCE).image
    )


# Rows dropped on the spectrum


def drop(window, mime):
    """A drop of rows over the middle of the spectrum, as Qt delivers it."""
    target = window.page.panes
    place = QPointF(target.rect().center())
    actions, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place.toPoint(), actions, mime, LEFT, none)
    QApplication.sendEvent(target, enter)
    if enter.isAccepted():
        QApplication.sendEvent(target, QDropEvent(place, actions, mime, LEFT, none))
    return enter.isAccepted()


def test_rows_dropped_on_the_spectrum_are_overlaid(full):
    identity = full.sidebar.list.identity
    assert drop(full, rows_mime(identity, [full.session.find(2)]))
    assert full.session.view.overlays == (1, 2)
    assert drop(full, rows_mime(identity, [full.session.find(3), full.session.find(4)]))
    assert full.session.view.overlays == (1, 2, 3, 4)


def test_files_and_rows_of_other_windows_are_not_for_the_spectrum(full, tmp_path):
    assert not drop(full, rows_mime("another", [full.session.find(2)]))
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    opened = []
    full.open = opened.append
    assert drop(full, files)
    assert opened == [[tmp_path / "a.png"]], "files go on to the window"
    assert full.session.view.overlays == ()


def test_the_read_out_is_that_of_the_difference(full, qtbot):
    overlay(full, 1, 2)
    full.session.set_view(difference=True)
    full.page.refresh()
    view = full.view
    wait_drawn(qtbot, view)
    wait_drawn(qtbot, view, DIFFERENCE)
    assert view.read_out(5.0, 90.0).intensity < -50
    full.session.set_view(difference=False)
    full.page.refresh()
    assert abs(view.read_out(5.0, 90.0).intensity) < 10


def test_the_legend_is_dragged_and_does_not_pan_the_spectrum(full, qtbot):
    display = overlay(full, 1, 2)
    legend, before = display.legend_of(full.view), full.view.ppm_window
    area = full.view.box.sceneBoundingRect()
    assert area.contains(QPointF(legend.geometry().topLeft()))
    start = legend.pos()
    QTest.mousePress(legend, LEFT, pos=QPoint(2, 2))
    QTest.mouseMove(legend, QPoint(122, 52))
    QTest.mouseRelease(legend, LEFT, pos=QPoint(2, 2))
    assert legend.pos() == start + QPoint(120, 50)
    assert full.view.ppm_window == before
    full.session.set_view(projections=True)
    full.page.refresh()
    qtbot.waitUntil(lambda: legend.pos().y() > start.y() + 100, timeout=3000)
    QTest.mousePress(legend, LEFT, pos=QPoint(2, 2))
    QTest.mouseMove(legend, QPoint(9000, 9000))
    QTest.mouseRelease(legend, LEFT, pos=QPoint(2, 2))
    assert full.view.plot.rect().contains(legend.geometry())


def test_long_names_do_not_widen_the_panel(full):
    before = full.page.display.minimumSizeHint().width()
    full.session.rename(2, "a name that nobody would give to a spectrum " * 4)
    overlay(full, 1, 2)
    assert full.page.display.minimumSizeHint().width() <= max(before, 260)
    legend = full.page.panes.display.legend_of(full.view)
    assert legend.sizeHint().width() < 400


def test_the_explanation_is_in_front_at_the_first_start(window):
    assert window.docks.panel.widget().visibleRegion().isEmpty() is False
    assert window.docks.display.isVisibleTo(window)


def test_image_and_points_below_an_overlay_have_its_colours_too(full, qtbot):
    named = colours()
    pale = signed_pair(named.ink, named.paper)[1]
    full.session.set_view(signal_style="image")
    full.page.refresh()
    view = full.view
    qtbot.waitUntil(lambda: view.ink_item.image is not None)
    assert tuple(view.ink_item.lut[10][:3]) == tuple(bytes.fromhex(named.negative[1:]))
    overlay(full, 1, 2)
    assert tuple(view.ink_item.lut[10][:3]) == tuple(bytes.fromhex(pale[1:]))
    overlay(full)
    assert tuple(view.ink_item.lut[10][:3]) == tuple(bytes.fromhex(named.negative[1:]))


def test_taking_out_what_is_subtracted_subtracts_nothing_else(full, qtbot):
    display = overlay(full, 1, 2, 4)
    full.session.set_view(difference=True)
    full.page.refresh()
    display.removal_asked.emit(2)
    assert full.session.view.overlays == (1, 4) and not full.session.view.difference
    full.session.set_view(overlays=(1, 2, 4), difference=True)
    full.page.refresh()
    display.removal_asked.emit(4)
    assert full.session.view.overlays == (1, 2) and full.session.view.difference


def test_what_is_overlaid_anew_is_seen(full):
    display = overlay(full, 1, 2)
    display.set_hidden(2, True)
    assert display.entries[1].hidden
    overlay(full)
    overlay(full, 1, 2)
    assert not display.entries[1].hidden


def test_the_whole_of_an_overlay_is_all_of_its_spectra(full):
    view = full.page.panes.views[0]
    alone = view.ppm_window
    overlay(full, 3)
    both = view.ppm_window
    assert both.c_ppm[1] > 219 > alone.c_ppm[1], "the carbonyl region of the HMBC is out of sight"
    view.box.set_window((7.0, 8.0), (100.0, 120.0))
    overlay(full, 3, 2)
    assert view.ppm_window.h_ppm == pytest.approx((7.0, 8.0), abs=0.02), "a zoom is kept"
    view.reset()
    assert view.ppm_window.c_ppm[1] > 219


def test_what_a_picture_leaves_out_is_said_when_it_is_saved(full, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "nmrcam_qt.ui.file_dialogs.QFileDialog.getSaveFileName",
        lambda _parent, title, *_: (asked.append(title), ("", ""))[1],
    )
    full.actions_["save"].trigger()
    overlay(full, 3)
    full.session.set_view(projections=True, traces=True)
    full.page.refresh()
    full.actions_["save"].trigger()
    assert asked == [
        "Save picture",
        "Save picture without the overlay, the projections and the traces",
    ]
