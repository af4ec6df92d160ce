"""Everything lies in ppm where its axes say; both axes descend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from window_builders import MAP_F1, MAP_F2, make_map, packed, picture

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import pack, with_windows
from nmrcam_qt.ui.heat import LEVELS, map_image, overlay_colours
from nmrcam_qt.ui.spectrum_view import SpectrumView


@pytest.fixture
def view(qtbot):
    made = SpectrumView()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def ppm_of(item, view, row, column):
    """ppm of the centre of an image's pixel, through the item's own transform."""
    point = item.mapToView(QPointF(column + 0.5, row + 0.5))
    return point.x(), point.y()


def test_every_pixel_of_the_ink_lies_at_its_ppm(view):
    spectrum = picture()
    view.show_spectrum(pack(spectrum))
    for row, column in [(0, 0), (0, 59), (40, 0), (40, 59), (10, 20)]:
        wanted = spectrum.f2.ppm(column), spectrum.f1.ppm(row)
        assert ppm_of(view.ink_item, view, row, column) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("smooth", [False, True])
def test_the_map_fills_its_cells_and_nothing_else(view, smooth):
    view.show_spectrum(pack(picture()))
    view.apply_settings(ViewSettings(smooth=smooth))
    view.show_map(make_map())
    item = view.heat_item
    rows, columns = item.image.shape
    corners = item.mapToView(QPointF(0, 0)), item.mapToView(QPointF(columns, rows))
    half_h, half_c = 10 / 300 * 4, 200 / 205 * 4
    assert corners[0].x() == pytest.approx(MAP_F2.first_ppm + half_h, abs=1e-9)
    assert corners[0].y() == pytest.approx(MAP_F1.first_ppm - half_c, abs=1e-9)
    assert corners[1].x() == pytest.approx(MAP_F2.last_ppm - half_h, abs=1e-9)
    assert corners[1].y() == pytest.approx(MAP_F1.last_ppm + half_c, abs=1e-9)
    assert corners[0].x() < 10 - 0.4, "stretched over the picture"
    assert corners[0].y() > 10, "stretched over the picture"
    if not smooth:
        for row, column in [(0, 0), (20, 32), (5, 7)]:
            wanted = MAP_F2.ppm(column), MAP_F1.ppm(row)
            assert ppm_of(item, view, row, column) == pytest.approx(wanted, abs=1e-9)


def test_the_smooth_map_has_its_maximum_at_the_cell_centre_and_its_heights(view):
    shown = make_map()
    image = map_image(shown, smooth=True)
    rows, columns = image.shape
    fine_f1 = Axis.from_edges("13C", *MAP_F1.edges, rows)
    fine_f2 = Axis.from_edges("1H", *MAP_F2.edges, columns)
    row, column = np.unravel_index(int(image.argmax()), image.shape)
    assert fine_f1.ppm(int(row)) == pytest.approx(MAP_F1.ppm(5), abs=abs(fine_f1.step))
    assert fine_f2.ppm(int(column)) == pytest.approx(MAP_F2.ppm(7), abs=abs(fine_f2.step))
    wanted = shown.heat_at(fine_f1.centres[:, None], fine_f2.centres[None, :])
    np.testing.assert_allclose(image, wanted, rtol=1e-6, atol=1e-7)
    assert image.max() <= 2.0


def test_a_map_of_one_cell_covers_the_spectrum(view):
    single = make_map(
        evidence=np.array([[1.5]], dtype=np.float32),
        f1=Axis("13C", 100.0, 100.0, 1),
        f2=Axis("1H", 5.0, 5.0, 1),
    )
    view.show_spectrum(pack(picture()))
    view.show_map(single)
    corner = view.heat_item.mapToView(QPointF(0, 0))
    assert (corner.x(), corner.y()) == pytest.approx((10, 0), abs=1e-9)
    assert view.read_out(5.0, 100.0).heat == 1.5
    assert view.read_out(1.0, 10.0).heat == 1.5


def test_ascending_sources_are_drawn_at_the_same_ppm(view):
    shown = make_map(f1=Axis("13C", 178.0, 18.0, 21), f2=Axis("1H", 1.0, 9.0, 33))
    view.show_spectrum(pack(picture()))
    view.apply_settings(ViewSettings(smooth=False))
    view.show_map(shown)
    assert ppm_of(view.heat_item, view, 5, 7) == pytest.approx((1 + 7 * 0.25, 138.0), abs=1e-9)


def test_both_axes_descend_and_are_labelled(view):
    view.show_spectrum(pack(picture()))
    box = view.box
    nine, one = (box.mapViewToScene(QPointF(h, 100)).x() for h in (9, 1))
    ten, high = (box.mapViewToScene(QPointF(5, c)).y() for c in (10, 190))
    assert nine < one, "¹H must fall from left to right"
    assert ten < high, "¹³C must begin at the top"
    assert "¹H (ppm)" in view.plot.plotItem.getAxis("bottom").label.toPlainText()
    assert "¹³C (ppm)" in view.plot.plotItem.getAxis("left").label.toPlainText()
    (x0, x1), (y0, y1) = box.viewRange()
    assert -0.2 < x0 <= 0 and 10 <= x1 < 10.2
    assert -3 < y0 <= 0 and 200 <= y1 < 203


def test_a_peak_is_drawn_at_its_shift(view):
    view.show_spectrum(packed(points=((7.21, 121.3), (1.05, 14.2))))
    x, y = view.peak_item.getData()
    assert list(x) == [7.21, 1.05]
    assert list(y) == [121.3, 14.2]
    assert view.ink_item.image is None


def test_read_out_takes_the_sample_whose_extent_holds_the_place(view):
    spectrum = picture()
    view.show_spectrum(pack(spectrum))
    h, c = spectrum.f2.ppm(20), spectrum.f1.ppm(10)
    inside = 0.49 * spectrum.f2.step
    assert view.read_out(h + inside, c).intensity == pytest.approx(0.5, abs=1e-6)
    assert view.read_out(h + 0.51 * spectrum.f2.step, c).intensity == 0
    assert view.read_out(-1, 50).intensity is None
    assert view.read_out(h, c).heat is None
    view.show_map(make_map())
    cell = float(MAP_F2.ppm(7)), float(MAP_F1.ppm(5))
    assert view.read_out(*cell).heat == pytest.approx(2.0, rel=1e-6)
    assert view.read_out(9.99, 0.1).heat is None, "the edge of the picture is not known"
    assert str(view.read_out(7.2, 120.0)).startswith("¹H 7.200 ppm     ¹³C 120.00 ppm")


def wheel(view, target, place, steps=1):
    viewport = view.plot.viewport()
    where = QPointF(view.plot.mapFromScene(target.mapToScene(place)))
    event = QWheelEvent(
        where,
        QPointF(viewport.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_at_the_cursor_and_f_resets(view):
    view.show_spectrum(pack(picture()))
    before = np.array(view.box.viewRange())
    place = view.box.mapFromView(QPointF(7.0, 50.0))
    where = view.plot.mapFromScene(view.box.mapToScene(place))
    kept = view.box.mapSceneToView(view.plot.mapToScene(where))
    wheel(view, view.box, place, 3)
    after = np.array(view.box.viewRange())
    assert (np.ptp(after, axis=1) < 0.9 * np.ptp(before, axis=1)).all()
    now = view.box.mapSceneToView(view.plot.mapToScene(where))
    assert (now.x(), now.y()) == pytest.approx((kept.x(), kept.y()), abs=0.05)
    view.reset()
    np.testing.assert_allclose(view.box.viewRange(), before)


def test_the_wheel_over_an_axis_zooms_only_that_axis(view):
    view.show_spectrum(pack(picture()))
    before = np.array(view.box.viewRange())
    axis = view.plot.plotItem.getAxis("bottom")
    wheel(view, axis, axis.boundingRect().center(), 3)
    after = np.array(view.box.viewRange())
    assert np.ptp(after[0]) < 0.9 * np.ptp(before[0])
    np.testing.assert_allclose(after[1], before[1])


def test_double_click_resets(view, qtbot):
    view.show_spectrum(pack(picture()))
    before = np.array(view.box.viewRange())
    view.box.setRange(xRange=(2, 3), yRange=(50, 60), padding=0)
    place = view.plot.mapFromScene(view.box.mapViewToScene(QPointF(2.5, 55)))
    viewport = view.plot.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: np.allclose(view.box.viewRange(), before))


def test_colours_hide_what_is_below_the_threshold():
    table = overlay_colours("plasma", 0.5, 0.25)
    below = int(0.25 * (LEVELS - 1))
    assert (table[: below + 1, 3] == 0).all()
    assert table[below + 2, 3] > 0
    assert table[-1, 3] == round(255 * 0.5)
    assert overlay_colours("plasma", 1.0, 0.0)[0, 3] == 0, "no heat is no colour"


def test_no_spectrum_no_axes(view):
    view.show_spectrum(pack(picture()))
    view.show_spectrum(None)
    assert view.empty.isVisible()
    assert "drop" in view.empty.text.text()
    assert not view.plot.isVisible()
    assert view.ink_item.image is None
    assert view.read_out(5, 5).intensity is None


def test_instrument_scale_and_sign(view, qtbot):
    from dataclasses import replace

    from nmrcam_qt.core.spectrum import SourceKind

    spectrum = picture()
    signed = spectrum.intensity.copy() * 1e6
    signed[10, 20] = -3e6
    provenance = replace(spectrum.provenance, kind=SourceKind.INSTRUMENT)
    view.set_signals(ViewSettings(signal_style="image"), 1.0)
    view.show_spectrum(pack(replace(spectrum, intensity=signed, provenance=provenance)))
    qtbot.waitUntil(lambda: view.ink is not None)
    codes = view.ink_item.image
    assert codes[10, 20] == 1, "full strength, negative"
    assert sorted(set(np.unique(codes))) == [1, 128, codes.max()]
    wanted = spectrum.f2.ppm(20), spectrum.f1.ppm(10)
    assert ppm_of(view.ink_item, view, 10, 20) == pytest.approx(wanted, abs=1e-9)
    h, c = spectrum.f2.ppm(20), spectrum.f1.ppm(10)
    assert view.read_out(h, c).intensity == pytest.approx(-3e6)


def test_the_frame_says_where_the_map_ends(view):
    """Beyond the outermost cells nothing is known; that must not look like "no heat"."""
    view.show_spectrum(pack(picture()))
    assert not view.read_out(9.9, 5).mapped
    view.show_map(make_map())
    x, y = view.frame_item.getData()
    half_h, half_c = 10 / 300 * 4, 200 / 205 * 4
    assert max(x) == pytest.approx(MAP_F2.first_ppm + half_h, abs=1e-9)
    assert min(y) == pytest.approx(MAP_F1.first_ppm - half_c, abs=1e-9)
    assert "outside the map" in str(view.read_out(9.9, 5))
    assert "heat" in str(view.read_out(5, 100))
    assert "outside" not in str(view.read_out(5, 100))
    view.show_map(None)
    assert view.frame_item.getData()[0] is None


def test_a_message_hides_no_peak_and_moves_no_plot(view, qtbot):
    view.show_spectrum(pack(picture()))
    view.show_map(None, "Not analysed.")
    qtbot.wait(1)
    place = view.plot.geometry()
    assert not view.message.visibleRegion().isEmpty()
    assert view.strip.geometry().bottom() < place.top()
    view.show_map(None)
    qtbot.wait(1)
    assert view.plot.geometry() == place


def test_other_axes_move_the_ink(view):
    made = pack(picture())
    view.show_spectrum(made)
    moved = with_windows(made, (12.0, -2.0), (-20.0, 230.0))
    view.show_spectrum(moved)
    for row, column in [(0, 0), (40, 59), (10, 20)]:
        wanted = moved.f2.ppm(column), moved.f1.ppm(row)
        assert ppm_of(view.ink_item, view, row, column) == pytest.approx(wanted, abs=1e-9)
    assert view.read_out(moved.f2.ppm(20), moved.f1.ppm(10)).intensity == 0.5
