"""Contours in the window: at their ppm, shared by panes, made once, old ones stay."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTransform, QWheelEvent
from PySide6.QtWidgets import QApplication
from window_builders import CARDS, CLASSES, make_analysis, make_map, packed, picture

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.noise import BASE_FACTOR, noise_level
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.items import AnalysisKey, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.session.panes import active_pane, resolve_panes
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.contour_canvas import Canvas
from nmrcam_qt.ui.contour_layer import OWN
from nmrcam_qt.ui.contour_work import ContourScale, Source, shade
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.theme import colours, theme
from nmrcam_qt.ui.view_tool import Phase
from nmrcam_qt.workers.display_worker import display_worker

PEAK = (4.031, 77.72, 200.0)
NEGATIVE = (6.5, 40.0, -200.0)


def measured(peaks=(PEAK, NEGATIVE), size=(256, 300), seed=1, name="measured"):
    """Gaussian peaks with noise of 1, as instrument data."""
    f1, f2 = Axis("13C", 0.0, 160.0, size[0]), Axis("1H", 10.0, 0.0, size[1])
    image = np.random.default_rng(seed).normal(0, 1, size)
    for h, c, height in peaks:
        down = np.exp(-0.5 * ((f1.centres - c) / 2.0) ** 2)
        across = np.exp(-0.5 * ((f2.centres - h) / 0.1) ** 2)
        image += height * np.outer(down, across)
    provenance = Provenance(name, SourceKind.INSTRUMENT, "made")
    return Spectrum(name, image.astype(np.float32), f1, f2, Experiment.HSQC, provenance)


@pytest.fixture
def view(qtbot, no_leaks):
    display_worker().shelf.clear()
    made = SpectrumView()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.signals_.stop()
    qtbot.waitUntil(lambda: not display_worker().busy)


def drawn(view):
    return view.signals_.contours.drawing(OWN)


def wait_for_drawing(qtbot, view):
    qtbot.waitUntil(lambda: drawn(view) is not None and not display_worker().busy)


def near(view, h_ppm, c_ppm, colour, radius=9):
    """Whether a pixel near a shift has about a colour."""
    image = view.plot.viewport().grab().toImage()
    place = view.plot.mapFromScene(view.box.mapViewToScene(QPointF(h_ppm, c_ppm)))
    wanted = QColor(colour)
    for dx in range(-radius, radius + 1):
        for dy in range(-radius, radius + 1):
            seen = image.pixelColor(place.x() + dx, place.y() + dy)
            channels = ((seen.red(), wanted.red()), (seen.green(), wanted.green()))
            if all(abs(a - b) < 60 for a, b in (*channels, (seen.blue(), wanted.blue()))):
                return True
    return False


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_contours_of_both_signs_lie_at_their_ppm_in_the_colours_of_the_theme(view, qtbot, choice):
    theme().choose(choice)
    try:
        view.show_spectrum(pack(measured()))
        assert drawn(view) is None, "drawn in the window's thread"
        wait_for_drawing(qtbot, view)
        assert near(view, PEAK[0], PEAK[1], colours().ink)
        assert near(view, NEGATIVE[0], NEGATIVE[1], colours().negative)
        assert not near(view, PEAK[0], PEAK[1], colours().negative)
        assert not near(view, 1.0, 140.0, colours().ink, radius=2)
    finally:
        theme().choose("light")


def test_the_base_is_three_times_the_noise_times_the_factor(view, qtbot):
    spectrum = measured()
    view.set_signals(ViewSettings(contour_ratio=1.5, contour_levels=7), 2.0)
    view.show_spectrum(pack(spectrum))
    wait_for_drawing(qtbot, view)
    levels = drawn(view).levels
    wanted = 2 * BASE_FACTOR * noise_level(spectrum.intensity)
    assert levels.base == pytest.approx(wanted, rel=1e-6)
    assert (levels.ratio, levels.count) == (1.5, 7)
    assert view.strip.note.text() == "7 contours from 6 × noise, × 1.5"


def test_the_image_for_read_out_and_traces_arrives_with_them(view, qtbot):
    spectrum = measured()
    told = []
    view.ink_changed.connect(lambda: told.append(view.ink))
    view.show_spectrum(pack(spectrum))
    assert view.ink is None and view.read_out(*PEAK[:2]).intensity is None
    wait_for_drawing(qtbot, view)
    row, column = spectrum.f1.cell(PEAK[1]), spectrum.f2.cell(PEAK[0])
    assert view.read_out(*PEAK[:2]).intensity == spectrum.intensity[row, column]
    assert len(told) == 1 and told[0] is not None


def test_a_placeholder_stands_in_and_goes(view, qtbot):
    view.show_spectrum(pack(measured()))
    assert view.signals_.placeholder_item.image is not None
    wait_for_drawing(qtbot, view)
    assert view.signals_.placeholder_item.image is None


def test_old_contours_stay_until_the_new_ones_are_there_and_the_second_visit_is_instant(
    view, qtbot
):
    first, second = pack(measured(seed=1)), pack(measured(seed=2))
    view.show_spectrum(first)
    wait_for_drawing(qtbot, view)
    before = drawn(view)
    view.set_signals(ViewSettings(), 3.0)
    assert drawn(view) is before
    qtbot.waitUntil(lambda: drawn(view) is not before)
    assert drawn(view).levels.base == pytest.approx(3 * before.levels.base)
    view.show_spectrum(second)
    assert drawn(view) is None, "contours of another spectrum"
    wait_for_drawing(qtbot, view)
    view.show_spectrum(first)
    assert drawn(view) is not None, "was made before"
    assert view.ink is not None


def test_many_turns_of_the_wheel_make_only_the_last_contours(view, qtbot):
    view.show_spectrum(pack(measured()))
    wait_for_drawing(qtbot, view)
    seen = []
    display_worker().arrived.connect(lambda key, made: seen.append(key))
    for turn in range(1, 60):
        view.set_signals(ViewSettings(), 1.0 + turn / 10)
    qtbot.waitUntil(lambda: not display_worker().busy)
    assert drawn(view).wanted.base == pytest.approx(
        6.9 * BASE_FACTOR * noise_level(measured().intensity)
    )
    assert len(seen) < 10


def test_a_base_in_the_noise_is_held_and_said(view, qtbot, monkeypatch):
    monkeypatch.setattr("nmrcam_qt.core.contour_levels.bounded.__defaults__", (20_000,))
    view.set_signals(ViewSettings(), 0.01)
    view.show_spectrum(pack(measured()))
    wait_for_drawing(qtbot, view)
    assert drawn(view).levels.base > drawn(view).wanted.base
    assert drawn(view).grids[-1].n_vertices < 60_000
    assert view.strip.note.text().startswith("held at")
    assert "too many to draw" in view.strip.note.toolTip()


def test_a_spectrum_that_cannot_be_read_says_why_and_leaves_the_rest_working(view, qtbot):
    broken = pack(measured())

    class Gone:
        in_memory = None

        def get(self):
            raise ReadError("a.nmrcam", "the project is gone")

    view.show_spectrum(replace(broken, payload=Gone()))
    qtbot.waitUntil(lambda: "the project is gone" in view.message.text())
    assert drawn(view) is None
    view.show_spectrum(broken)
    wait_for_drawing(qtbot, view)
    assert view.message.text() == ""


def test_image_mode_shows_what_lies_above_the_base(view, qtbot):
    spectrum = measured()
    view.show_spectrum(pack(spectrum))
    wait_for_drawing(qtbot, view)
    view.set_signals(ViewSettings(signal_style="image"), 1.0)
    assert drawn(view) is not None, "the old look stays until the new one is there"
    qtbot.waitUntil(lambda: view.ink_item.image is not None)
    assert drawn(view) is None
    codes = view.ink_item.image
    base = BASE_FACTOR * noise_level(spectrum.intensity)
    assert (codes[np.abs(spectrum.intensity) < base] == 128).all()
    assert (codes[spectrum.intensity > 1.1 * base] > 128).all()
    assert (codes[spectrum.intensity < -1.1 * base] < 128).all()
    view.set_signals(ViewSettings(), 1.0)
    qtbot.waitUntil(lambda: drawn(view) is not None)
    assert view.ink_item.image is None


def test_the_image_of_the_overview_loses_no_line(view, qtbot):
    spectrum = measured(size=(900, 2048))
    image = spectrum.intensity.copy()
    image[:, 1001] = -1000
    view.set_signals(ViewSettings(signal_style="image"), 1.0)
    view.show_spectrum(pack(replace(spectrum, intensity=image)))
    qtbot.waitUntil(lambda: view.ink_item.image is not None)
    assert view.ink_item.image.shape[1] < 2048
    h = spectrum.f2.ppm(1001)
    assert near(view, h, 100.0, colours().negative, radius=2)
    corner = view.ink_item.mapToView(QPointF(0, 0))
    assert (corner.x(), corner.y()) == pytest.approx(
        (spectrum.f2.edges[0], spectrum.f1.edges[0]), abs=1e-9
    )
    pixel = view.ink_item.image.shape[1] * 1001 / 2048
    assert view.ink_item.mapToView(QPointF(pixel, 0)).x() == pytest.approx(
        h, abs=abs(spectrum.f2.step)
    )
    view.box.setRange(xRange=(5.0, 5.4), yRange=(80, 100), padding=0)
    assert view.ink_item.image.shape == (900, 2048)


def test_shades_saturate_at_the_top_level():
    from nmrcam_qt.core.contour_levels import Levels

    image = np.array([[0, 5, 10, 20, 1000, -1000, -10, -5]], dtype=np.float32)
    codes = shade(image, Levels(10.0, 2.0, 3))
    assert codes[0, 0] == codes[0, 1] == codes[0, 7] == 128
    assert 128 < codes[0, 2] < codes[0, 3] < codes[0, 4] == 255
    assert codes[0, 5] == 1 < codes[0, 6] < 128


def test_pictures_and_lists_are_drawn_as_before(view):
    view.show_spectrum(pack(picture()))
    assert view.ink_item.image is not None and view.ink is not None
    assert view.signals_.contours.sources == () and view.strip.note.text() == ""
    view.show_spectrum(packed())
    assert len(view.peak_item.getData()[0]) == 1 and view.ink_item.image is None


def test_several_spectra_lie_over_each_other(view, qtbot):
    view.show_spectrum(pack(measured()))
    layer = view.signals_.contours
    other = measured(peaks=((2.0, 120.0, 300.0),), seed=9)
    source = Source("other", lambda: (other.intensity, other.f1, other.f2))
    layer.show("other", source, ContourScale(factor=2.0), ("#00aa00", "#aa00aa"))
    qtbot.waitUntil(lambda: None not in (layer.drawing("other"), drawn(view)))
    qtbot.waitUntil(lambda: not display_worker().busy)
    assert layer.sources == (OWN, "other")
    assert near(view, 2.0, 120.0, "#00aa00")
    assert near(view, PEAK[0], PEAK[1], colours().ink)
    layer.clear("other")
    assert not near(view, 2.0, 120.0, "#00aa00")
    assert near(view, PEAK[0], PEAK[1], colours().ink)


# Panning


def test_panning_paints_only_what_comes_into_view_and_the_same_pixels(view, qtbot):
    view.show_spectrum(pack(measured()))
    wait_for_drawing(qtbot, view)
    item = view.signals_.contours.item(OWN)
    item.canvas.forget()
    view.plot.viewport().grab()
    whole = item.canvas.painted
    across, down = view.box.viewPixelSize()
    for steps in ((7, 0), (0, -5), (-4, 3)):
        view.box.translateBy(x=steps[0] * across, y=steps[1] * down)
        scrolled = view.plot.viewport().grab().toImage()
        assert 0 < item.canvas.painted < 0.05 * whole
        item.canvas.forget()
        anew = view.plot.viewport().grab().toImage()
        assert item.canvas.painted == pytest.approx(whole, rel=0.01)
        assert _difference(scrolled, anew) < 0.002
    view.plot.viewport().grab()
    assert item.canvas.painted == 0, "nothing moved"


def _difference(one, other):
    """Share of pixels that are not alike."""
    arrays = []
    for image in (one, other):
        plain = image.convertToFormat(QImage.Format.Format_RGB32)
        bits = np.frombuffer(plain.constBits(), np.uint8)
        arrays.append(bits.reshape(plain.height(), plain.width(), 4)[:, :, :3].astype(int))
    return float((np.abs(arrays[0] - arrays[1]).max(axis=2) > 8).mean())


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_canvas_shows_what_direct_painting_shows(ratio):
    def draw(painter, area):
        painter.setPen(Qt.GlobalColor.black)
        for place in range(0, 100, 7):
            painter.drawLine(QPointF(place, 0), QPointF(100 - place, 100))

    canvas = Canvas()
    for shift in (0, 13, -4):
        images = []
        for direct in (True, False):
            image = QImage(int(120 * ratio), int(90 * ratio), QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(ratio)
            image.fill(Qt.GlobalColor.white)
            painter = QPainter(image)
            painter.setTransform(QTransform.fromTranslate(shift, 2))
            seen = QRectF(-shift, -2, 120, 90)
            if direct:
                draw(painter, seen)
            else:
                canvas.paint(painter, seen, "lines", draw)
            painter.end()
            images.append(image)
        assert _difference(*images) < 0.001  # a line at the edge of a strip may round


def test_the_overview_draws_the_coarse_grid_and_the_zoom_the_full_one(view, qtbot):
    view.show_spectrum(pack(measured(size=(1024, 2048))))
    wait_for_drawing(qtbot, view)
    item = view.signals_.contours.item(OWN)
    assert [grid.pooled for grid in drawn(view).grids] == [4, 2, 1]
    width, height = view.box.width(), view.box.height()
    assert item.grid_for(10 / width, 160 / height).pooled > 1
    assert item.grid_for(1 / width, 16 / height).pooled == 1


# The window


def test_panes_of_one_spectrum_share_one_drawing(qtbot, no_leaks):
    display_worker().shelf.clear()
    session = Session()
    item_id = session.add([pack(measured())])[0]
    session.select(item_id)
    maps = [make_map(class_id) for class_id in CLASSES]
    session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis(maps))
    session.set_view(class_id="indole", layout="classes")
    grid = PaneGrid()
    qtbot.addWidget(grid)
    grid.resize(900, 700)
    grid.show()
    told, original = [], display_worker()._make
    display_worker()._make = lambda task: (told.append(task.key), original(task))
    try:
        panes = resolve_panes(session, CARDS)
        grid.show_panes(panes, active_pane(session, panes), session.view)
        qtbot.waitUntil(lambda: all(drawn(view) is not None for view in grid.views))
    finally:
        display_worker()._make = original
    assert len(grid.views) > 2 and len(told) == 1
    assert len({id(drawn(view)) for view in grid.views}) == 1
    grid.stop_drawing()
    qtbot.waitUntil(lambda: not display_worker().busy)


def test_measured_spectra_are_unpacked_outside_the_windows_thread(
    window, qtbot, finish, monkeypatch
):
    where, plain = [], PackedSpectrum.display

    def watched(packed):
        where.append(threading.current_thread() is threading.main_thread())
        return plain(packed)

    monkeypatch.setattr(PackedSpectrum, "display", watched)
    ids = window.session.add([pack(measured(seed=n, name=f"m{n}")) for n in range(4)])
    for item_id in (*ids, *ids):
        window.session.select(item_id)
        finish(window)
        wait_for_drawing(qtbot, window.view)
        assert window.view.packed is window.session.find(item_id).packed
    assert where == [False] * 4, "unpacked again, or in the window's thread"


def test_a_closed_project_waits_for_no_drawing(view, qtbot):
    began, go_on = threading.Event(), threading.Event()

    def load():
        began.set()
        go_on.wait(60)
        raise AssertionError("went on") if not go_on.is_set() else ReadError("a", "late")

    view.signals_.contours.show("slow", Source("slow", load))
    qtbot.waitUntil(began.is_set)
    view.signals_.stop()
    go_on.set()
    qtbot.waitUntil(lambda: not display_worker().busy)
    assert view.signals_.contours.drawing("slow") is None


def shift_wheel(view, notches):
    viewport = view.plot.viewport()
    place = QPointF(view.plot.mapFromScene(view.box.mapViewToScene(QPointF(5, 80))))
    event = QWheelEvent(
        place,
        QPointF(viewport.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, int(120 * notches)),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_shift_and_wheel_change_the_base_of_the_session_and_zoom_nothing(window, qtbot, finish):
    window.session.select(window.session.add([pack(measured())])[0])
    finish(window)
    view = window.view
    wait_for_drawing(qtbot, view)
    before, item = view.ppm_window, window.session.current
    shift_wheel(view, 2)
    assert window.session.find(item.id).record.contour_base == pytest.approx(1.4**-2)
    shift_wheel(view, -1)
    assert window.session.find(item.id).record.contour_base == pytest.approx(1 / 1.4)
    assert view.ppm_window == before
    finish(window)
    qtbot.waitUntil(lambda: not display_worker().busy)
    noise = drawn(view).surface.noise
    assert drawn(view).levels.base == pytest.approx(BASE_FACTOR * noise / 1.4)


def test_keys_change_the_base_and_undo_brings_it_back(window, qtbot, finish):
    window.session.select(window.session.add([pack(measured())])[0])
    finish(window)
    actions = window.actions_
    assert not actions["contours_reset"].isEnabled()
    assert "noise" in actions["contours_reset"].toolTip()
    actions["contours_lower"].trigger()
    actions["contours_lower"].trigger()
    base = window.session.current.record.contour_base
    assert base == pytest.approx(1.4**-2)
    actions["contours_higher"].trigger()
    assert window.session.current.record.contour_base == pytest.approx(1 / 1.4)
    finish(window)
    assert actions["contours_reset"].isEnabled()
    actions["contours_reset"].trigger()
    assert window.session.current.record.contour_base == 1.0
    keys = {key.toString() for key in actions["contours_lower"].shortcuts()}
    assert keys == {"+", "="}
    qtbot.waitUntil(lambda: not display_worker().busy)


def test_pictures_have_no_contours_and_say_so(window, finish):
    window.session.select(window.session.add([pack(picture())])[0])
    finish(window)
    action = window.actions_["contours_lower"]
    assert not action.isEnabled() and "instrument data" in action.toolTip()


# Tools


def test_a_tool_gets_clicks_and_drags_before_pan_and_zoom(view, qtbot):
    view.show_spectrum(pack(picture()))
    heard = []

    class Taking:
        cursor = Qt.CursorShape.PointingHandCursor
        takes = True

        def handle(self, event):
            heard.append(event)
            return self.takes

    tool = Taking()
    view.set_tool(tool)
    assert view.plot.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    viewport, before = view.plot.viewport(), view.ppm_window
    start, end = (
        view.plot.mapFromScene(view.box.mapViewToScene(QPointF(h, c)))
        for h, c in ((6.0, 60.0), (4.0, 100.0))
    )
    middle = QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.wait(1)
    assert [event.phase for event in heard] == [Phase.CLICK]
    across, down = heard[0].ppm_per_px
    assert heard[0].h_ppm == pytest.approx(6.0, abs=across)
    assert heard[0].c_ppm == pytest.approx(60.0, abs=down)

    def drag():
        heard.clear()
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
        for place in (middle, end):
            qtbot.mouseMove(viewport, place)
            qtbot.wait(30)
        qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)

    drag()
    phases = [event.phase for event in heard]
    assert phases[0] is Phase.DRAG_START and phases[-1] is Phase.DRAG_END
    assert heard[-1].h_ppm == pytest.approx(4.0, abs=across)
    assert heard[-1].start == pytest.approx((6.0, 60.0), abs=down)
    assert view.ppm_window == before, "the window moved under the tool"
    tool.takes = False
    drag()
    assert [event.phase for event in heard] == [Phase.DRAG_START]
    assert view.ppm_window != before, "what the tool does not take pans"
    view.set_tool(None)
    assert view.plot.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor
