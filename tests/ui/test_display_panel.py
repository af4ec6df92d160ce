"""The dock Display: shows the settings, changes them, and says why something cannot be."""

from __future__ import annotations

import pytest
from builders import list_spectrum
from overlay_builders import packed_measured, wait_drawn
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_builders import picture

from nmrcam_qt.qtmodels import undo
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.plot_values import MAX_GAIN, MIN_GAIN

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def full(window):
    window.session.add(
        [
            packed_measured("alpha"),
            packed_measured("beta", seed=1),
            pack(picture("drawing")),
            pack(list_spectrum([(7.2, 120.0)], name="listed")),
        ]
    )
    window.session.select(1)
    window.docks.display.show()
    window.docks.display.raise_()
    window.page.refresh()
    return window


def test_without_a_spectrum_everything_says_so(window):
    panel = window.page.display
    for widget in (
        panel.signals_.style_,
        panel.signals_.ratio,
        panel.beside.checks["projections"],
        panel.beside.gain,
        panel.overlay.overlay,
        panel.overlay.difference,
    ):
        assert not widget.isEnabled() and widget.toolTip() == "No spectrum is open."


def test_ratio_and_number_are_undone(full, qtbot):
    box = full.page.display.signals_
    assert (box.ratio.value(), box.levels.value()) == (1.4, 12)
    assert (box.ratio.minimum(), box.ratio.maximum()) == (1.1, 3.0)
    box.ratio.setValue(2.0)
    assert full.session.view.contour_ratio == 2.0
    box.levels.setValue(5)
    assert full.session.view.contour_levels == 5
    wait_drawn(qtbot, full.view)
    qtbot.waitUntil(lambda: full.view.signals_.prepared.levels.count == 5)
    assert full.view.signals_.prepared.levels.ratio == 2.0
    qtbot.waitUntil(lambda: box.note.text() == "5 contours from 3 × noise, × 2")
    full.page.undo_stack.undo()
    full.page.undo_stack.undo()
    qtbot.waitUntil(lambda: (box.ratio.value(), box.levels.value()) == (1.4, 12))


def test_base_up_down_and_back_to_the_noise(full, qtbot, monkeypatch):
    monkeypatch.setattr(undo, "MERGE_S", 600.0)  # drawing in between may take long
    box = full.page.display.signals_
    assert not box.reset.isEnabled()
    QTest.mouseClick(box.plus, LEFT)
    QTest.mouseClick(box.plus, LEFT)
    assert full.session.find(1).record.contour_base == pytest.approx(1.4**2)
    qtbot.waitUntil(lambda: box.note.text() == "12 contours from 5.88 × noise, × 1.4")
    QTest.mouseClick(box.minus, LEFT)
    assert full.session.find(1).record.contour_base == pytest.approx(1.4)
    qtbot.waitUntil(box.reset.isEnabled)
    QTest.mouseClick(box.reset, LEFT)
    assert full.session.find(1).record.contour_base == 1.0
    assert full.page.undo_stack.index() == 2, "what follows at once is one step"


def test_style_is_where_one_looks_and_no_change(full, qtbot):
    box = full.page.display.signals_
    box.style_.setCurrentIndex(box.style_.findData("image"))
    box.style_.activated.emit(box.style_.currentIndex())
    assert full.session.view.signal_style == "image" and full.page.undo_stack.index() == 1
    qtbot.waitUntil(full.actions_["image_style"].isChecked)
    qtbot.waitUntil(lambda: full.view.ink_item.image is not None)
    full.actions_["image_style"].trigger()
    assert full.session.view.signal_style == "contours"
    qtbot.waitUntil(lambda: box.style_.currentData() == "contours")


@pytest.mark.parametrize(
    "item, said", [(3, "A picture is shown as it is."), (4, "A peak list is drawn as points.")]
)
def test_pictures_and_lists_have_no_contours_and_say_so(full, item, said):
    full.session.select(item)
    full.page.refresh()
    box = full.page.display.signals_
    for widget in (box.style_, box.ratio, box.levels, box.minus, box.plus, box.reset):
        assert not widget.isEnabled() and widget.toolTip() == said
    assert box.note.text() == said
    assert full.actions_["image_style"].toolTip() == said
    assert full.actions_["projections"].isEnabled()


def test_checks_and_actions_are_one_thing(full, qtbot):
    checks = full.page.display.beside.checks
    for name in ("projections", "traces"):
        QTest.mouseClick(checks[name], LEFT, pos=checks[name].rect().center() * 0.2)
        assert getattr(full.session.view, name)
        qtbot.waitUntil(lambda name=name: full.actions_[name].isChecked())
        full.actions_[name].trigger()
        assert not getattr(full.session.view, name)
        qtbot.waitUntil(lambda name=name: not checks[name].isChecked())
    checks["show_peaks"].click()
    assert not full.session.view.show_peaks
    checks["show_masks"].click()
    assert not full.session.view.show_masks and not full.session.view.show_peaks


def test_the_slider_and_ctrl_wheel_make_traces_higher(full, qtbot):
    beside, display = full.page.display.beside, full.page.panes.display
    assert not beside.gain.isEnabled()
    assert beside.gain.toolTip() == "Switch projections or traces on first (J, L)."
    full.session.set_view(traces=True)
    full.page.refresh()
    assert beside.gain.isEnabled()
    beside.gain.setValue(beside.gain.maximum())
    assert display.gain == pytest.approx(MAX_GAIN)
    beside.gain.setValue(beside.gain.minimum())
    assert display.gain == pytest.approx(MIN_GAIN)
    display.set_gain(1.0)
    full.view.box.gain_wheeled.emit(2.0)
    assert display.gain == pytest.approx(1.25**2)
    assert beside.gain_text.text() == "× 1.56"


def test_overlay_from_the_panel(full, qtbot):
    box = full.page.display.overlay
    assert not box.overlay.isEnabled() and box.hint.isVisibleTo(box)
    full.sidebar.list.select_keys([1, 2], 1)
    full.commands.update_actions()
    QTest.mouseClick(box.overlay, LEFT)
    assert full.session.view.overlays == (1, 2)
    qtbot.waitUntil(lambda: not box.hint.isVisibleTo(box))
    assert [row.name.text() for row in box.rows.rows if row.isVisibleTo(box)] == ["alpha", "beta"]
    assert not box.factor.isEnabled()
    box.difference.click()
    assert full.session.view.difference
    qtbot.waitUntil(box.factor.isEnabled)
    box.factor.setCurrentIndex(1)
    box.factor.activated.emit(1)
    assert not full.session.view.difference_fitted
    qtbot.waitUntil(lambda: full.view.heading.text() == "alpha − beta  ·  HSQC", timeout=10_000)
    QTest.mouseClick(box.clear, LEFT)
    assert full.session.view.overlays == () and not full.session.view.difference


def test_ratio_and_number_hold_for_what_is_over_a_picture_too(full):
    full.session.select(3)
    full.session.set_view(overlays=(3, 4))
    full.page.refresh()
    box = full.page.display.signals_
    assert not box.ratio.isEnabled()
    full.session.set_view(overlays=(3, 1))
    full.page.refresh()
    assert box.ratio.isEnabled() and box.levels.isEnabled() and not box.plus.isEnabled()
