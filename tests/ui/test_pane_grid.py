"""Linked panes: one zoom, one crosshair, one history; pooled views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from window_builders import CARDS, CLASSES, make_analysis, make_map, packed, picture

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack, with_windows
from nmrcam_qt.session.panes import active_pane, resolve_panes
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.pane_layout import common_scale_reason, grid_shape, scales_of

LEFT = Qt.MouseButton.LeftButton
METHODS_THERE, NOT_THERE = ("gradcam", "hirescam", "layercam"), ("gradcam++", "xgradcam", "cam")


def evidence(top):
    made = np.zeros((21, 33), dtype=np.float32)
    made[5, 7] = top
    return made


def maps(layer="conv4"):
    return [
        make_map(c, m, evidence((i + 1) * (2.0 if m == "layercam" else 1.0)), layer=layer)
        for i, c in enumerate(CLASSES)
        for m in METHODS_THERE
    ]


@pytest.fixture
def session():
    made = Session()
    wide = with_windows(pack(picture("x_HMBC", experiment=Experiment.HMBC)), (12, -1), (0, 240))
    made.add([pack(picture("x_HSQC")), wide, packed("other")])
    made.select(made.at(0).id)
    analysis = make_analysis(maps(), unavailable=[(m, "no") for m in NOT_THERE])
    made.store(AnalysisKey("net-hsqc", (made.at(0).id,), None), analysis)
    made.set_view(class_id="indole")
    return made


@pytest.fixture
def grid(qtbot, session):
    made = PaneGrid()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def show(grid, session, qtbot):
    def follow(**changes):
        session.set_view(**changes)
        panes = resolve_panes(session, CARDS)
        grid.show_panes(panes, active_pane(session, panes), session.view)
        qtbot.wait(1)
        return panes

    return follow


def wheel(view, steps=3, modifiers=Qt.KeyboardModifier.NoModifier, place=(7.0, 50.0)):
    viewport = view.plot.viewport()
    where = QPointF(view.plot.mapFromScene(view.box.mapViewToScene(QPointF(*place))))
    event = QWheelEvent(
        where,
        QPointF(viewport.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def drag(qtbot, view, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    """A real press, move and release; places in ppm."""
    viewport = view.plot.viewport()
    first, last = (
        view.plot.mapFromScene(view.box.mapViewToScene(QPointF(*place))) for place in (start, end)
    )
    middle = (first + last) / 2
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, first)
    for place in (first + (last - first) / 4, middle, last):
        move(viewport, place, modifier)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, last)


def move(viewport, place, modifier=Qt.KeyboardModifier.NoModifier, held=LEFT):
    """A mouse move of which Qt's own test functions cannot say that a button is down."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(viewport.mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        held,
        modifier,
    )
    QApplication.sendEvent(viewport, event)


def ranges(grid):
    return [np.array(view.box.viewRange()) for view in grid.views]


def test_every_pane_has_its_map_heading_and_frame(grid, show):
    show(layout="classes")
    assert len(grid.views) == 4
    assert [view.heading.text() for view in grid.views] == [
        "Original",
        "Fatty Acid 0.100",
        "Indole 0.700",
        "Steroid 0.200",
    ]
    assert [view.explanation and view.explanation.class_id for view in grid.views] == [
        None,
        *CLASSES,
    ]
    assert grid.view is grid.views[2]
    assert grid.heading.isVisible() and "x_HSQC" in grid.heading.text()
    sizes = {(view.width(), view.height()) for view in grid.views}
    assert max(w for w, _ in sizes) - min(w for w, _ in sizes) <= 1
    assert max(h for _, h in sizes) - min(h for _, h in sizes) <= 1
    plots = {view.plot.height() for view in grid.views}
    assert max(plots) - min(plots) <= 1, "a message in one pane moves its plot only"


def test_a_long_message_is_cut_in_a_small_pane_and_told_in_its_tip(grid, show, qtbot):
    grid.resize(560, 560)
    show(layout="classes")
    message = grid.views[1].message
    assert message.text().startswith("Not called present")
    assert message.toolTip() == message.text()
    assert message.height() < 2 * message.fontMetrics().lineSpacing()
    assert message.fontMetrics().horizontalAdvance(message.text()) > message.width()
    plots = {view.plot.height() for view in grid.views}
    assert max(plots) - min(plots) <= 1
    show(layout="single", class_id="fatty_acid")
    assert grid.view.message.wordWrap() and grid.view.message.toolTip() == ""


def test_views_are_used_again(grid, show, session):
    show(layout="classes")
    before = grid.views
    show(layout="single")
    assert grid.views == before[:1]
    assert [view.isVisible() for view in before] == [True, False, False, False]
    assert not grid.heading.isVisible()
    show(layout="methods")
    assert grid.views == before[:3]
    session.select(session.at(2).id)
    show()
    assert grid.views == before[:1]


def test_the_wheel_in_one_pane_zooms_all_at_the_same_ppm(grid, show):
    show(layout="classes")
    before = ranges(grid)
    wheel(grid.views[1])
    after = ranges(grid)
    assert np.ptp(after[0][0]) < 0.9 * np.ptp(before[0][0])
    for other in after[1:]:
        np.testing.assert_allclose(other, after[0], atol=1e-9)
    grid.reset()
    for now, then in zip(ranges(grid), before, strict=True):
        np.testing.assert_allclose(now, then, atol=1e-9)


def test_the_wheel_over_an_axis_zooms_that_axis_in_all_panes(grid, show):
    show(layout="methods")
    before = ranges(grid)[0]
    view = grid.views[1]
    area = view.box.sceneBoundingRect()
    place = view.box.mapSceneToView(QPointF(area.left() - 15, area.center().y()))
    wheel(view, place=(place.x(), place.y()))
    for now in ranges(grid):
        assert np.ptp(now[1]) < 0.9 * np.ptp(before[1])
        np.testing.assert_allclose(now[0], before[0], atol=1e-9)


def test_nobody_gets_lost(grid, show, qtbot):
    show(layout="single")
    for _ in range(30):
        wheel(grid.view, -5, place=(5.0, 100.0))
    (x0, x1), (y0, y1) = grid.view.box.viewRange()
    assert x1 - x0 == pytest.approx(30, rel=0.01) and y1 - y0 == pytest.approx(600, rel=0.01)
    grid.reset()
    for _ in range(5):
        drag(qtbot, grid.view, (9.0, 10.0), (1.0, 190.0))
    (x0, x1), (y0, y1) = grid.view.box.viewRange()
    assert x0 >= -10 - 1e-6 and x1 <= 20 + 1e-6 and y0 >= -200 - 1e-6 and y1 <= 400 + 1e-6
    for _ in range(60):
        (x0, x1), (y0, y1) = grid.view.box.viewRange()
        wheel(grid.view, 5, place=((x0 + x1) / 2, (y0 + y1) / 2))
    assert np.ptp(grid.view.box.viewRange()[0]) >= 1e-3 * 0.999
    grid.reset()
    assert np.ptp(grid.view.box.viewRange()[0]) < 10.2


def test_a_drag_pans_all_panes_and_is_one_step_back(grid, show, qtbot):
    show(layout="methods")
    grid.views[0].box.setRange(xRange=(4, 8), yRange=(50, 150), padding=0)
    grid._on_zoomed(grid.views[0].ppm_window, 10**6)
    before = ranges(grid)
    drag(qtbot, grid.views[1], (6.0, 100.0), (7.0, 120.0))
    after = ranges(grid)
    assert after[1][0, 0] == pytest.approx(before[1][0, 0] - 1.0, abs=0.15)
    assert after[1][1, 0] == pytest.approx(before[1][1, 0] - 20.0, abs=3)
    for other in after:
        np.testing.assert_allclose(other, after[1], atol=1e-9)
    grid.go(-1)
    np.testing.assert_allclose(ranges(grid)[2], before[2], atol=1e-9)
    grid.go(1)
    np.testing.assert_allclose(ranges(grid)[0], after[0], atol=1e-9)


@pytest.mark.parametrize("tool", [True, False], ids=["tool", "alt"])
def test_a_box_is_zoomed_to(grid, show, qtbot, tool):
    show(layout="single")
    grid.set_box_tool(tool)
    alt = Qt.KeyboardModifier.NoModifier if tool else Qt.KeyboardModifier.AltModifier
    drag(qtbot, grid.view, (8.0, 40.0), (6.0, 90.0), alt)
    (x0, x1), (y0, y1) = grid.view.box.viewRange()
    assert (x0, x1) == pytest.approx((6.0, 8.0), abs=0.05)
    assert (y0, y1) == pytest.approx((40.0, 90.0), abs=1.0)
    drag(qtbot, grid.view, (7.0, 60.0), (7.0, 60.0), alt)
    assert grid.view.box.viewRange()[0] == pytest.approx([x0, x1]), "a click is no box"
    assert grid.history.can_go_back
    grid.go(-1)
    assert np.ptp(grid.view.box.viewRange()[0]) > 9.9


def test_turns_of_the_wheel_are_one_step_until_a_pause(grid, show, monkeypatch):
    from nmrcam_qt.ui import view_box

    clock = [100.0]
    monkeypatch.setattr(view_box.time, "monotonic", lambda: clock[0])
    show(layout="single")
    home = ranges(grid)[0]
    for _ in range(4):
        wheel(grid.view, 1)
        clock[0] += 0.1
    first = ranges(grid)[0]
    clock[0] += 5
    wheel(grid.view, 1)
    grid.go(-1)
    np.testing.assert_allclose(ranges(grid)[0], first)
    grid.go(-1)
    np.testing.assert_allclose(ranges(grid)[0], home)


def test_the_mouse_goes_back_and_forward(grid, show, qtbot):
    show(layout="classes")
    home = ranges(grid)[0]
    wheel(grid.views[0])
    zoomed = ranges(grid)[0]
    viewport = grid.views[2].plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.BackButton)
    np.testing.assert_allclose(ranges(grid)[0], home)
    qtbot.mousePress(viewport, Qt.MouseButton.ForwardButton)
    np.testing.assert_allclose(ranges(grid)[1], zoomed)


def test_another_layout_keeps_the_window_another_spectrum_does_not(grid, show, session):
    show(layout="single")
    wheel(grid.view)
    zoomed = ranges(grid)[0]
    show(layout="classes")
    for now in ranges(grid):
        np.testing.assert_allclose(now, zoomed, atol=1e-9)
    session.select(session.at(2).id)
    show(layout="single")
    assert np.ptp(ranges(grid)[0][0]) > 9.9
    assert not grid.history.can_go_back


def test_what_is_referenced_stays_in_its_place_on_the_screen(grid, show, session):
    show()
    view = grid.views[0]
    view.box.setRange(xRange=(3.0, 4.0), yRange=(50.0, 60.0), padding=0)
    session.set_reference([session.current.id], h=Affine(1.0, -0.25), c=Affine(1.0, 2.0))
    show()
    (h0, h1), (c0, c1) = view.box.viewRange()
    assert [h0, h1, c0, c1] == pytest.approx([2.75, 3.75, 52.0, 62.0])
    session.set_reference([session.current.id], h=Affine(2.0, 0.0))
    show()
    (h0, h1), _ = view.box.viewRange()
    assert h1 - h0 > 10, "another axis altogether"


def test_the_zoom_can_be_kept_for_the_next_spectra(grid, show, session):
    grid.set_options(keep_zoom=True)
    show(layout="single")
    assert np.ptp(ranges(grid)[0][0]) > 9.9, "the first one is shown as a whole"
    wheel(grid.view)
    zoomed = ranges(grid)[0]
    session.select(session.at(2).id)
    show()
    np.testing.assert_allclose(ranges(grid)[0], zoomed, atol=1e-9)
    assert grid.history.can_go_back


def test_hsqc_and_hmbc_of_a_sample_are_linked_by_ppm(grid, show, session):
    show(layout="sample")
    assert len(grid.views) == 2
    for (x0, x1), (y0, y1) in ranges(grid):
        assert x0 < -1 + 0.1 and x1 > 11.9 and y0 < 0.1 and y1 > 239.9, "the window of both"
    wheel(grid.views[1])
    first, second = ranges(grid)
    np.testing.assert_allclose(first, second, atol=1e-9)
    session.select(session.at(1).id)
    show()
    np.testing.assert_allclose(ranges(grid)[0], first, atol=1e-9)
    assert grid.view is grid.views[1]


def test_the_crosshair_follows_in_all_panes_at_the_same_ppm(grid, show, qtbot):
    show(layout="classes")
    view = grid.views[1]
    view.cursor_moved.emit(7.25, 120.5)
    assert all(other.crosshair.place is None for other in grid.views)
    grid.set_options(crosshair=True)
    place = view.plot.mapFromScene(view.box.mapViewToScene(QPointF(7.25, 120.5)))
    move(view.plot.viewport(), place, held=Qt.MouseButton.NoButton)
    assert grid.views[3].crosshair.place is not None
    for other in grid.views:
        h, c = other.crosshair.place
        assert (h, c) == pytest.approx((7.25, 120.5), abs=1.5)
        assert [line.value() for line in other.crosshair.lines] == [h, c]
        assert [tag.text for tag in other.crosshair.tags] == [f"{h:.3f}", f"{c:.2f}"]
        assert all(tag.isVisible() for tag in other.crosshair.tags)
        where = other.box.mapViewToScene(QPointF(h, c))
        assert other.crosshair.tags[0].pos().x() == pytest.approx(where.x())
        assert other.crosshair.tags[1].pos().y() == pytest.approx(where.y())
    view.cursor_left.emit()
    assert all(other.crosshair.place is None for other in grid.views)
    assert not any(line.isVisible() for line in grid.views[2].crosshair.lines)


def test_a_press_in_a_pane_chooses_it_and_its_heading_makes_it_single(grid, show, qtbot):
    panes = show(layout="classes")
    with qtbot.waitSignal(grid.pane_chosen) as caught:
        qtbot.mouseClick(grid.views[3].plot.viewport(), Qt.MouseButton.LeftButton)
    assert caught.args == [panes[3]]
    chosen = []
    grid.pane_chosen.connect(chosen.append)
    qtbot.mouseClick(grid.view.plot.viewport(), Qt.MouseButton.LeftButton)
    assert chosen == [], "it is the active one"
    with qtbot.waitSignal(grid.single_asked) as caught:
        qtbot.mouseDClick(grid.views[1].strip, Qt.MouseButton.LeftButton)
    assert caught.args == [panes[1]]


def test_peaks_hide_no_heat(grid, show, session):
    """At early layers heat lies on the peaks only: a filled circle would cover all of it."""
    session.select(session.at(2).id)
    show(layout="single")
    for item in (grid.view.peak_item, grid.view.signals_.halo_item):
        assert len(item.getData()[0]) == 1
        assert item.opts["brush"].style() == Qt.BrushStyle.NoBrush


def test_layers_offer_their_analysis(grid, show, qtbot):
    panes = show(layout="layers")
    first, default = grid.views
    assert first.strip.analyse.isVisible() and not default.strip.analyse.isVisible()
    assert "Not analysed" in first.message.text() and "(A)" not in first.message.text()
    with qtbot.waitSignal(grid.analyse_asked) as caught:
        first.strip.analyse.click()
    assert caught.args == [(panes[0],)]


def test_one_scale_for_one_method_and_network(session, show):
    panes = show(layout="classes")
    assert [s.top for s in scales_of(panes, "classes", False)] == [None] * 4
    assert [s.top for s in scales_of(panes, "classes", True)] == [None, 3.0, 3.0, 3.0]
    panes = show(layout="methods")
    assert [s.top for s in scales_of(panes, "methods", True)] == [None] * 3
    assert "different methods" in common_scale_reason("methods", 3)
    assert common_scale_reason("single", 1) and not common_scale_reason("classes", 4)


def test_the_common_scale_is_drawn_and_said(grid, show):
    show(layout="classes")
    assert grid.views[1].bar.top == 1.0
    grid.set_options(common_scale=True)
    assert [view.bar.top for view in grid.views[1:]] == [3.0] * 3
    assert tuple(grid.views[1].heat_item.levels) == (0.0, 3.0)
    assert "common scale" in grid.heading.text()
    grid.set_options(common_scale=False)
    assert tuple(grid.views[1].heat_item.levels) == (0.0, 1.0)
    assert "common scale" not in grid.heading.text()


def test_the_original_shows_while_asked_for(grid, show):
    show(layout="classes")
    view = grid.views[2]
    grid.set_original(True)
    assert not view.heat_item.isVisible() and view.bar.opacity() == 0
    assert view.read_out(5, 100).heat is None
    show(method="layercam")
    assert not view.heat_item.isVisible(), "a refresh meanwhile does not bring it back"
    grid.set_original(False)
    assert view.heat_item.isVisible() and view.bar.opacity() == 1


def test_contours_and_both(grid, show):
    show(layout="single", heat_style="contours")
    view = grid.view
    assert view.heat_item.image is None
    drawn = [item for item in view.maps.line_items if item.getData()[0] is not None]
    assert len(drawn) == 4
    assert all(item.isVisible() for item in drawn)
    show(heat_style="both", threshold=0.5)
    assert view.heat_item.image is not None
    drawn = [item for item in view.maps.line_items if item.getData()[0] is not None]
    assert len(drawn) == 2, "none below the threshold"
    show(heat_style="image")
    assert all(item.getData()[0] is None for item in view.maps.line_items)


def test_other_colours_need_no_other_contours(grid, show, monkeypatch):
    from nmrcam_qt.ui import map_layer

    computed = []
    whole = map_layer.heat_contours

    def counted(*given):
        computed.append(given)
        return whole(*given)

    monkeypatch.setattr(map_layer, "heat_contours", counted)
    show(layout="single", heat_style="both")
    assert len(computed) == 1
    show(colour_map="viridis", opacity=0.5)
    assert len(computed) == 1
    show(method="layercam")
    assert len(computed) == 2


def test_a_class_has_its_colour(grid, show):
    show(layout="single", class_colours=True, opacity=1.0)
    table = grid.view.heat_item.lut
    assert {tuple(row[:3]) for row in table} == {tuple(table[-1][:3])}, "one colour"
    assert table[-1][3] == 255 and table[30][3] < 64
    show(class_colours=False)
    assert len({tuple(row[:3]) for row in grid.view.heat_item.lut}) > 100


def test_a_spectrum_that_cannot_be_read_says_so(grid, show, session, monkeypatch):
    def broken(self):
        raise NmrCamError("x.nmrcam: the drive is gone")

    monkeypatch.setattr(type(session.at(0).packed), "display", broken)
    show(layout="single")
    assert grid.view.message.text().startswith("The spectrum cannot be shown: x.nmrcam")
    assert grid.view.read_out(5, 5).intensity is None


@pytest.mark.parametrize(
    ("count", "size", "wanted"),
    [
        (1, (500, 700), (1, 1)),
        (2, (1200, 700), (1, 2)),
        (2, (600, 900), (2, 1)),
        (4, (1000, 800), (2, 2)),
        (6, (1400, 800), (2, 3)),
        (12, (1600, 900), (3, 4)),
    ],
)
def test_shapes_of_the_grid(count, size, wanted):
    assert grid_shape(count, *size, "grid") == wanted


def test_one_row_where_it_is_wide_else_one_column():
    assert grid_shape(4, 2400, 500, "strip") == (1, 4)
    assert grid_shape(4, 500, 1200, "strip") == (4, 1)
    assert grid_shape(3, 0, 0, "grid")[0] >= 1


def test_a_narrow_grid_is_arranged_anew(grid, show, qtbot):
    show(layout="sample")
    grid.resize(1400, 500)
    qtbot.waitUntil(lambda: grid.views[0].y() == grid.views[1].y())
    grid.resize(500, 1000)
    qtbot.waitUntil(lambda: grid.views[0].x() == grid.views[1].x())
    grid.set_options(arrangement="strip")
    assert grid.views[0].x() == grid.views[1].x()


def test_maps_that_do_not_change_are_not_painted_again(grid, show, session, monkeypatch):
    show(layout="classes")
    painted = []
    layer = type(grid.view.maps)
    whole = layer._paint
    monkeypatch.setattr(layer, "_paint", lambda self: (painted.append(self), whole(self)))
    show(class_id="steroid")
    assert painted == [], "only the active pane is another"
    session.store(
        AnalysisKey("net-hsqc", (session.at(0).id,), None),
        replace(make_analysis(maps()[:3])),
    )
    show()
    assert painted
