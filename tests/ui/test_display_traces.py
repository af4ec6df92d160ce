"""Skylines and traces stand exactly over and beside what they are of."""

from __future__ import annotations

import numpy as np
import pytest
from overlay_builders import measured
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.plot_values import LEAST_PLOT, MAX_GAIN, Signals
from nmrcam_qt.ui.projection_plots import COMPACT, ROOMY
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.theme import colours
from nmrcam_qt.ui.trace_layer import TraceLayer
from nmrcam_qt.ui.zoom_history import Window

HALF = 0.6
"""The bounding rectangle of a view box is half a pixel larger than the box."""


@pytest.fixture
def spectrum():
    return measured()


@pytest.fixture
def view(qtbot, spectrum):
    made = SpectrumView()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    made.show_spectrum(pack(spectrum))
    return made


@pytest.fixture
def traces(view, spectrum):
    made = TraceLayer(view.plot)
    made.show([Signals((spectrum.intensity, spectrum.f1, spectrum.f2))])
    return made


def settled(view):
    QApplication.processEvents()
    view.grab()


def test_small_panes_keep_their_room_for_the_spectrum(view, traces, qtbot):
    """As one of several: alone there is always room."""
    traces.set_modes(True, False)
    traces.set_compact(True)
    assert traces.top.isVisible() and not traces.given_up
    view.resize(330, 700)
    qtbot.waitUntil(lambda: view.plot.width() < LEAST_PLOT[0])
    settled(view)
    beside = view.box.sceneBoundingRect().width()
    traces.fit()
    settled(view)
    assert not traces.top.isVisible() and not traces.side.isVisible() and traces.given_up
    assert view.box.sceneBoundingRect().width() == pytest.approx(beside + COMPACT, abs=HALF)
    traces.set_compact(False)
    assert traces.top.isVisible() and not traces.given_up
    traces.set_compact(True)
    traces.set_modes(False, False)
    assert not traces.given_up  # nobody wants any
    traces.set_modes(False, True)
    assert traces.given_up and not traces.side.isVisible()
    view.resize(600, 700)
    qtbot.waitUntil(lambda: view.plot.width() >= LEAST_PLOT[0])
    traces.fit()
    assert traces.side.isVisible() and not traces.given_up


def test_nothing_is_there_until_it_is_asked_for(view, traces):
    before = view.box.sceneBoundingRect()
    settled(view)
    assert not traces.top.isVisible() and not traces.side.isVisible()
    traces.set_modes(True, False)
    settled(view)
    assert traces.top.isVisible() and traces.side.isVisible()
    assert traces.top.rect().height() == ROOMY and traces.side.rect().width() == ROOMY
    traces.set_compact(True)
    settled(view)
    assert traces.top.rect().height() == COMPACT
    traces.set_modes(False, False)
    settled(view)
    assert view.box.sceneBoundingRect() == before


@pytest.mark.parametrize("window", [None, ((2.9, 4.1), (30.0, 70.0)), ((3.7, 3.9), (50.0, 60.0))])
def test_the_plots_are_as_wide_and_high_as_the_spectrum(view, traces, window):
    traces.set_modes(True, False)
    if window is not None:
        view.box.show_window(Window(*window))
    settled(view)
    box = view.box.sceneBoundingRect()
    top, side = traces.top.sceneBoundingRect(), traces.side.sceneBoundingRect()
    assert (top.left(), top.right()) == pytest.approx((box.left(), box.right()), abs=HALF)
    assert (side.top(), side.bottom()) == pytest.approx((box.top(), box.bottom()), abs=HALF)
    assert top.bottom() <= box.top() and side.left() >= box.right()


@pytest.mark.parametrize("window", [None, ((2.9, 4.5), (30.0, 70.0)), ((3.6, 4.0), (50.0, 60.0))])
def test_a_peak_of_the_skyline_stands_over_its_peak(view, traces, spectrum, window):
    """To a pixel: an axis drawn the wrong way round, or half a cell off, would show."""
    traces.set_modes(True, False)
    if window is not None:
        view.box.show_window(Window(*window))
    settled(view)
    row, column = spectrum.f1.cell(55.2), spectrum.f2.cell(3.78)
    exact = view.box.mapViewToScene(QPointF(spectrum.f2.ppm(column), spectrum.f1.ppm(row)))
    box = view.box.sceneBoundingRect()
    sky = traces.skies()[0]
    along = traces.top.outline_of(sky.along_h)
    assert along.places[along.high.argmax()] + box.left() == pytest.approx(exact.x(), abs=1)
    down = traces.side.outline_of(sky.along_c)
    assert down.places[down.high.argmax()] + box.top() == pytest.approx(exact.y(), abs=1)


def test_the_skyline_is_that_of_the_window(view, traces, spectrum):
    traces.set_modes(True, False)
    settled(view)
    whole = traces.skies()[0]
    assert whole.along_h.positive.max() == spectrum.intensity.max()
    assert whole.per_unit == pytest.approx(1 / spectrum.intensity.max())
    assert whole.below == pytest.approx(-spectrum.intensity.min() / spectrum.intensity.max())
    view.box.show_window(Window((6.8, 7.6), (120.0, 135.0)))
    settled(view)
    part = traces.skies()[0]
    rows = part.along_c.within((120.0, 135.0))
    columns = part.along_h.within((6.8, 7.6))
    assert part.per_unit == pytest.approx(1 / spectrum.intensity[rows, columns].max())
    assert part.along_h.positive.max() < whole.along_h.positive.max()


def drawn(plot):
    """Lines of a side plot, as they would be painted."""
    return plot._content().lines


def test_traces_are_the_row_and_column_under_the_cursor(view, traces, spectrum):
    traces.set_modes(False, True)
    assert drawn(traces.top) == ()
    traces.move_to(3.78, 55.2)
    (line,), (other,) = drawn(traces.top), drawn(traces.side)
    assert np.array_equal(line.trace.positive, spectrum.intensity[spectrum.f1.cell(55.2)])
    assert np.array_equal(other.trace.positive, spectrum.intensity[:, spectrum.f2.cell(3.78)])
    assert not line.skyline and line.positive == colours().crosshair
    traces.leave()
    assert drawn(traces.top) == drawn(traces.side) == ()


def test_a_pinned_pair_stays_and_has_another_colour(view, traces, spectrum):
    traces.set_modes(True, True)
    traces.move_to(3.78, 55.2)
    traces.pin(traces.place)
    traces.move_to(7.2, 128.5)
    sky, pinned, live = drawn(traces.top)
    assert sky.skyline and pinned.trace.at_ppm == spectrum.f1.ppm(spectrum.f1.cell(55.2))
    assert live.trace.at_ppm == spectrum.f1.ppm(spectrum.f1.cell(128.5))
    assert pinned.positive != live.positive
    labels = traces.top._content().labels
    assert [text for text, _ in labels] == [
        f"¹³C {live.trace.at_ppm:.2f}",
        f"¹³C {pinned.trace.at_ppm:.2f}",
    ]
    traces.leave()
    assert len(drawn(traces.top)) == 2
    traces.pin(None)
    assert len(drawn(traces.top)) == 1


def test_gain_makes_everything_higher(view, traces):
    traces.set_modes(True, True)
    traces.move_to(7.2, 128.5)
    sky, line = drawn(traces.top)
    traces.set_gain(4.0)
    sky_after, line_after = drawn(traces.top)
    assert line_after.per_unit == pytest.approx(4 * line.per_unit)
    assert sky_after.per_unit == pytest.approx(4 * sky.per_unit)
    traces.set_gain(1e9)
    assert traces.gain == MAX_GAIN


def test_outside_the_spectrum_there_is_no_trace(view, traces):
    traces.set_modes(False, True)
    traces.move_to(3.78, 400.0)
    assert drawn(traces.top) == () and len(drawn(traces.side)) == 1


def test_the_wheel_over_a_plot_zooms_that_axis_alone(view, traces):
    traces.set_modes(True, False)
    settled(view)
    before = view.ppm_window
    for plot, changed in ((traces.top, "h_ppm"), (traces.side, "c_ppm")):
        centre = plot.sceneBoundingRect().center()
        place = view.plot.mapFromScene(centre)
        event = QWheelEvent(
            QPointF(place),
            QPointF(view.plot.viewport().mapToGlobal(place)),
            place,
            place * 0 + type(place)(0, 240),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.plot.viewport(), event)
        after = view.ppm_window
        kept = "c_ppm" if changed == "h_ppm" else "h_ppm"
        low, high = getattr(after, changed)
        assert high - low < 0.9 * (getattr(before, changed)[1] - getattr(before, changed)[0])
        assert getattr(after, kept) == pytest.approx(getattr(before, kept))
        before = after


def test_it_is_painted_where_the_signals_are(view, traces):
    """Pixels of ink above a peak, none where there is no signal; negative signals in red."""
    traces.set_modes(True, False)
    settled(view)
    shot = view.plot.grab().toImage()
    scale = shot.devicePixelRatio()
    box, top = view.box.sceneBoundingRect(), traces.top.sceneBoundingRect()

    def dark(h_ppm, upper):
        x = view.box.mapViewToScene(QPointF(h_ppm, 50.0)).x()
        rows = range(round(top.top()) + 2, round(top.top() + top.height() * 0.5))
        if not upper:
            rows = range(round(top.bottom() - 20), round(top.bottom()) - 2)
        places = [(round((x + d) * scale), round(y * scale)) for y in rows for d in (-1, 0, 1)]
        return [
            shot.pixelColor(*place) for place in places if shot.pixelColor(*place).value() < 215
        ]

    assert box.width() > 300
    assert dark(3.78, True) and not dark(5.5, True)
    reds = [c for c in dark(3.33, False) if c.red() > c.green() + 40]
    assert reds and not dark(5.5, False)
