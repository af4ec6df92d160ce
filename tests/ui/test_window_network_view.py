"""W: the spectrum gives way to what the network sees of it, and comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ink_builders import measured
from window_builders import make_analysis, make_map, packed, picture

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_on_ink import FAINT
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.theme import theme


@pytest.fixture
def opened(window, finish):
    def instrument():
        return pack(replace(measured([(7.1, 120.0, 300)]), experiment=Experiment.HSQC))

    session = window.session
    session.add([pack(picture("one_HSQC")), packed("two_HSQC"), instrument()])
    session.select(session.at(0).id)
    finish(window)
    return window


def layer(window):
    return window.page.panes.network.layer_of(window.view)


def wait_seen(qtbot, window):
    qtbot.waitUntil(lambda: layer(window) is not None and layer(window).seen is not None)
    return layer(window).seen


@pytest.mark.parametrize("row", [0, 1, 2])
def test_pictures_lists_and_instrument_data(opened, qtbot, finish, row):
    opened.session.select(opened.session.at(row).id)
    finish(opened)
    opened.actions_["network_view"].trigger()
    finish(opened)
    seen = wait_seen(qtbot, opened)
    assert seen.image.shape == (seen.f1.size, seen.f2.size)
    assert seen.image.max() > 0.5
    view = opened.view
    assert not view.ink_item.isVisible()
    assert not view.peak_item.isVisible()
    assert layer(opened).frame.rect().width() == pytest.approx(10)
    assert layer(opened).frame.rect().height() == pytest.approx(200)
    assert "What" in view.heading.text()
    assert "sees" in view.heading.text()
    assert opened.actions_["network_view"].isChecked()
    assert view.strip.note.text() == ""
    opened.actions_["network_view"].trigger()
    finish(opened)
    assert layer(opened).item.image is None
    assert view.ink_item.isVisible()
    assert "sees" not in view.heading.text()


def test_it_follows_spectrum_masks_and_difference(opened, qtbot, finish):
    session = opened.session
    session.set_view(network_view=True)
    finish(opened)
    first = wait_seen(qtbot, opened)
    session.select(session.at(1).id)
    finish(opened)
    second = wait_seen(qtbot, opened)
    assert not np.array_equal(first.image, second.image)
    session.set_view(overlays=(session.at(0).id,), difference=True)
    finish(opened)
    assert not opened.page.shown.overlays
    assert not opened.view.ink_item.isVisible()


def test_the_map_lies_over_it(opened, qtbot, finish):
    session = opened.session
    analysis = make_analysis([make_map("indole", evidence=np.ones((21, 33), np.float32))])
    session.store(AnalysisKey("net-hsqc", (session.at(0).id,), None), analysis)
    session.set_view(class_id="indole", network_view=True)
    finish(opened)
    wait_seen(qtbot, opened)
    assert opened.view.explanation is not None
    assert opened.view.heat_item.isVisible()


def test_without_a_network_it_says_why(opened, finish):
    opened.session.set_view(network="gone")
    finish(opened)
    assert "not installed" in opened.actions_["network_view"].toolTip()
    assert not opened.actions_["network_view"].isEnabled()
    opened.session.set_view(network_view=True)
    finish(opened)
    assert opened.view.ink_item.isVisible()
    assert "no network" in opened.view.heading.text()
    assert opened.actions_["network_view"].isEnabled()  # to go back


def test_it_takes_the_theme(opened, qtbot, finish):
    opened.session.set_view(network_view=True)
    finish(opened)
    wait_seen(qtbot, opened)
    before = layer(opened).frame.pen().color().name()
    theme().choose("dark")
    try:
        assert layer(opened).frame.pen().color().name() != before
    finally:
        theme().choose("light")


def test_heat_on_signals_shows_through_them(opened, qtbot, finish):
    """As through the ink of the spectrum itself."""
    session = opened.session
    evidence = np.zeros((205, 300), np.float32)
    evidence[0, 0] = 2.0  # a corner with ink
    axes = Axis.from_edges("13C", 0.0, 200.0, 205), Axis.from_edges("1H", 10.0, 0.0, 300)
    shown = make_map(evidence=evidence, f1=axes[0], f2=axes[1])
    session.store(AnalysisKey("net-hsqc", (1,), None), make_analysis([shown]))
    session.set_view(class_id="indole", network_view=True)
    finish(opened)
    seen = wait_seen(qtbot, opened)
    image = layer(opened).item.image
    assert image[0, 0] == pytest.approx(FAINT * seen.image[0, 0]) and seen.image[0, 0] > 0.9
    assert image[-1, -1] == seen.image[-1, -1]
    session.set_view(class_id=None)
    finish(opened)
    assert layer(opened).item.image[0, 0] == seen.image[0, 0]
