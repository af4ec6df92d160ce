"""Views through the window: layouts, keys, panel, theme, two pixels for one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider
from window_builders import CLASSES, make_card, packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.class_panel import score_note
from nmrcam_qt.ui.network_summary import NetworkSummary, summary
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.theme import DARK, theme
from nmrcam_qt.ui.warning_panel import STALE, warnings_of


@pytest.fixture
def analysed(window, finish):
    window.session.add([packed("x_HSQC"), packed("x_HMBC", Experiment.HMBC), packed("alone")])
    window.session.select(window.session.at(0).id)
    window.workbench.analyse([item.id for item in window.session.items])
    finish(window)
    window.session.set_view(class_id="indole")
    finish(window)
    window.activateWindow()
    return window


def trigger(window, finish, name):
    window.actions_[name].trigger()
    finish(window)


def test_layouts_by_key_and_menu(analysed, finish, qtbot):
    window = analysed
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    finish(window)
    assert window.session.view.layout == "classes"
    assert len(window.page.panes.views) == 4
    assert window.actions_["layout_classes"].isChecked()
    assert window.shown.view.class_id == "indole"
    assert window.panel.pane_panel.layout_.currentData() == "classes"
    trigger(window, finish, "layout_sample")
    assert [view.packed.name for view in window.page.panes.views] == ["x_HSQC", "x_HMBC"]
    trigger(window, finish, "layout_methods")
    assert len(window.page.panes.views) > 2
    trigger(window, finish, "layout_single")
    assert len(window.page.panes.views) == 1


def test_a_click_in_a_pane_changes_the_class_for_the_whole_window(analysed, finish, qtbot):
    window = analysed
    trigger(window, finish, "layout_classes")
    views = window.page.panes.views
    qtbot.mouseClick(views[1].plot.viewport(), Qt.MouseButton.LeftButton)
    finish(window)
    assert window.session.view.class_id == CLASSES[0]
    assert window.view is views[1]
    qtbot.mouseClick(views[0].plot.viewport(), Qt.MouseButton.LeftButton)
    finish(window)
    assert window.session.view.class_id is None
    assert len(window.page.panes.views) == 4
    qtbot.mouseDClick(views[3].strip, Qt.MouseButton.LeftButton)
    finish(window)
    assert (window.session.view.layout, window.session.view.class_id) == ("single", CLASSES[2])
    assert window.view.explanation.class_id == CLASSES[2]


def test_a_click_in_the_other_spectrum_of_a_sample_selects_it(analysed, finish, qtbot):
    window = analysed
    trigger(window, finish, "layout_sample")
    qtbot.mouseClick(window.page.panes.views[1].plot.viewport(), Qt.MouseButton.LeftButton)
    finish(window)
    assert window.session.current.name == "x_HMBC"
    assert window.view is window.page.panes.views[1]
    assert len(window.page.panes.views) == 2


def test_layers_are_analysed_from_their_panes(analysed, finish):
    window = analysed
    trigger(window, finish, "layout_layers")
    first = window.page.panes.views[0]
    assert first.explanation is None
    first.strip.analyse.click()
    finish(window)
    assert first.explanation.layer == "conv1"
    assert window.session.view.layer is None, "the window stays at its layer"


def test_layouts_with_nothing_to_compare_are_disabled_and_say_why(analysed, finish):
    window = analysed
    window.session.select(window.session.at(2).id)
    window.session.set_view(class_id=None)
    finish(window)
    action = window.actions_["layout_sample"]
    assert not action.isEnabled() and "No other spectrum" in action.toolTip()
    action = window.actions_["layout_methods"]
    assert not action.isEnabled() and "Choose a class" in action.toolTip()
    assert "nothing to compare" in window.actions_["common_scale"].toolTip()
    combo = window.panel.pane_panel.layout_
    tip = combo.itemData(combo.findData("sample"), Qt.ItemDataRole.ToolTipRole)
    assert "No other spectrum" in tip


def test_zoom_goes_back_and_forward_by_keys(analysed, finish, qtbot):
    window = analysed
    assert not window.actions_["zoom_back"].isEnabled()
    assert "no earlier" in window.actions_["zoom_back"].toolTip()
    box = window.view.box
    home = box.viewRange()
    box.setRange(xRange=(2, 3), yRange=(50, 60), padding=0)
    box.zoomed.emit(box.ppm_window, box.new_gesture())
    assert window.actions_["zoom_back"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert box.viewRange() == [pytest.approx(side) for side in home]
    qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert box.viewRange()[0] == pytest.approx([2, 3])
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert box.viewRange() == [pytest.approx(side) for side in home]


def test_the_original_shows_while_h_is_held(analysed, finish, qtbot):
    window = analysed
    assert window.view.heat_item.isVisible()
    qtbot.keyPress(window, Qt.Key.Key_H)
    assert not window.view.heat_item.isVisible()
    assert window.session.view.class_id == "indole", "nothing was chosen"
    qtbot.keyRelease(window, Qt.Key.Key_A)
    assert not window.view.heat_item.isVisible()
    qtbot.keyRelease(window, Qt.Key.Key_H)
    assert window.view.heat_item.isVisible()


def test_leaving_the_window_lets_the_held_key_go(analysed, finish, qtbot):
    window = analysed
    qtbot.keyPress(window, Qt.Key.Key_H)
    assert window.commands.held.held
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowDeactivate))
    assert window.view.heat_item.isVisible()
    assert not window.commands.held.held
    qtbot.keyRelease(window, Qt.Key.Key_H)
    assert window.view.heat_item.isVisible()


def test_the_panel_sets_style_colours_and_scale(analysed, finish):
    window = analysed
    look, panes = window.panel.look, window.panel.pane_panel
    look.style_.setCurrentIndex(look.style_.findData("contours"))
    look.style_.activated.emit(1)
    finish(window)
    assert window.session.view.heat_style == "contours"
    assert not look.opacity.isEnabled() and "no opacity" in look.opacity.toolTip()
    look.class_colours.click()
    finish(window)
    assert window.session.view.class_colours
    assert not look.colours.isEnabled() and "colour of its class" in look.colours.toolTip()
    assert not panes.common.isEnabled() and "nothing to compare" in panes.common.toolTip()
    trigger(window, finish, "layout_classes")
    panes.common.click()
    assert window.page.panes.options.common_scale
    assert window.actions_["common_scale"].isChecked()


@pytest.mark.parametrize("opened", [False, True])
def test_every_control_of_the_panel_says_what_it_does_or_why_it_cannot(window, finish, opened):
    if opened:
        window.session.add([packed("one")])
        window.session.select(window.session.at(0).id)
        finish(window)
    kinds = (QComboBox, QSlider, QAbstractButton)
    controls = [one for kind in kinds for one in window.panel.findChildren(kind)]
    assert len(controls) > 12
    for one in controls:
        assert one.toolTip(), (one, getattr(one, "text", str)())
    if not opened:
        assert window.panel.layer.toolTip().startswith("No network can look")
        assert window.panel.experiment.toolTip() == "No spectrum is open."


def test_a_view_that_is_gone_does_not_follow_the_theme(qtbot):
    view = SpectrumView()
    view.deleteLater()
    del view
    qtbot.wait(5)
    theme().changed.emit()


def test_habits_are_remembered(make_window, settings):
    first = make_window()
    first.page.panes.set_options(crosshair=True, keep_zoom=True, arrangement="strip")
    assert first.actions_["crosshair"].isChecked()
    first.close()
    second = make_window()
    options = second.page.panes.options
    assert (options.crosshair, options.keep_zoom, options.arrangement) == (True, True, "strip")
    assert second.actions_["keep_zoom"].isChecked() and not options.common_scale
    assert second.panel.pane_panel.strip.isChecked()


@pytest.fixture
def dark(qapp):
    palette, sheet = qapp.palette(), qapp.styleSheet()
    yield
    theme().choose("light")
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)


def test_the_dark_theme_reaches_what_is_painted(analysed, finish, qtbot, dark):
    window = analysed
    theme().choose("dark")
    qtbot.wait(1)
    image = window.view.grab().toImage()
    colours = {image.pixelColor(x, 60).name() for x in range(5, image.width() - 5, 7)}
    assert DARK.paper in colours and "#ffffff" not in colours
    x = window.view.plot.width() // 2
    assert window.view.plot.grab().toImage().pixelColor(x, 3).name() == DARK.paper
    assert window.commands.theme_menu.actions()[2].isChecked()


def test_stale_scores_say_so(analysed):
    shown = analysed.shown
    assert STALE not in warnings_of(shown)
    card = replace(shown.plan.card, sha256="a" * 64)
    newer = replace(shown, plan=replace(shown.plan, card=card))
    assert warnings_of(newer)[0] == STALE
    assert warnings_of(Shown()) == []


def test_what_a_network_was_trained_on_is_said_in_short():
    card = replace(
        make_card(),
        training={"data": "82 pictures of compounds", "n": 82, "compounds": 72},
        metrics={
            "accuracy_10fold": {"compound": {"mean": 0.93, "ci": [0.88, 0.97]}},
            "localisation_held_out": {
                "+1": {"gradcam": {"ink_auc": 0.5, "prior": 0.7}, "hirescam": {"ink_auc": 0.77}}
            },
        },
        limits=("Not for mice.",),
    )
    text = " ".join(summary(card))
    assert "82 pictures of compounds (72 compounds)." in text
    assert "Not trained on mixtures." in text
    assert "93% of held-out compounds of its own data (88%–97%)" in text
    assert "HiResCAM" in text and "0.77" in text and "prior" not in text
    assert "Not for mice." in text


def test_what_a_network_for_mixtures_was_worth():
    figures = {"auroc": 0.987, "ink_auc": 0.921, "prior": 0.74, "gain": 0.7}
    card = replace(
        make_card(),
        head="sigmoid",
        thresholds=(0.3, 0.5, 0.7),
        trained_on_mixtures=True,
        metrics={
            "folds": 5,
            "deepsat +0": {"n": 3197, "study": figures},
            "deepsat +1": {"n": 3197, "study": {**figures, "auroc": 0.971}},
            "simulated +0": {"n": 9, "study": figures},
            "calibration": {"ece": 0.0123},
            "calls": {"fpr": 0.03, "pure": {"precision": 0.834, "recall": 0.692}},
        },
    )
    text = " ".join(summary(card))
    assert "Trained on mixtures." in text and "simulated" not in text
    assert "deepsat: mean AUROC of the study's three classes 0.987 pure, 0.971 with 1" in text
    assert "AUC of 0.92, where such signals usually lie alone gives 0.74" in text
    assert "off by 1.2% on average" in text
    assert "at most 3% of left-out spectra" in text
    assert "(pure spectra: 83% of the calls are right, 69% found; means" in text
    note = score_note(card)
    assert "calibrated probabilities" in note and "a threshold of its own" in note
    assert "No measured" in score_note(replace(card, metrics={}))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"deepsat +1": 3, "deepsat +x": {"study": {"auroc": 0.5}}, "calibration": []},
        {"calls": {"fpr": 0.03, "pure": {"precision": None}}},
        {"calls": {"fpr": "few", "pure": {"precision": 0.5, "recall": 0.5}}},
        {"deepsat +1": {"study": {"auroc": "high"}}, " +": {"study": {"auroc": 0.5}}},
        {"accuracy_10fold": 3, "localisation_held_out": [1]},
        {"accuracy_10fold": {"compound": {"mean": "much"}}, "localisation_held_out": {"+1": 0}},
        {"localisation_held_out": {"+1": {"cam": {"ink_auc": None}, "x": 3}}},
    ],
)
def test_a_card_of_any_form_has_a_summary(broken):
    lines = summary(replace(make_card(), metrics=broken, training={"data": 7}))
    assert lines[0] == "The card does not say what the network was trained on."


def test_the_summary_opens_and_closes(qtbot):
    made = NetworkSummary()
    qtbot.addWidget(made)
    made.set_card(make_card())
    made.show()
    assert not made.text.isVisible()
    made.button.click()
    assert made.text.isVisible() and "Not trained on mixtures" in made.text.text()
    made.set_card(None)
    assert not made.isVisible()


HIGH_DPI = """
from PySide6.QtWidgets import QApplication
application = QApplication([])
from window_builders import make_map, picture
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.actions import icon
from nmrcam_qt.ui.spectrum_view import SpectrumView
view = SpectrumView()
view.resize(500, 400)
view.show_spectrum(pack(picture()))
view.show_map(make_map())
view.show()
application.processEvents()
image = view.grab().toImage()
assert image.devicePixelRatio() == 2.0, image.devicePixelRatio()
assert (image.width(), image.height()) == (1000, 800)
sizes = [(s.width(), s.height()) for s in icon("open").availableSizes()]
assert (48, 48) in sizes
drawn = icon("open").pixmap(24).toImage()
assert drawn.width() == 48, "an icon of half the screen's sharpness"
for pen in (view.frame_item.opts["pen"], *(line.pen for line in view.crosshair.lines)):
    assert pen.isCosmetic()
print("fine")
"""


def test_a_screen_of_twice_the_density():
    tests = Path(__file__).resolve().parents[1]
    environment = {
        **os.environ,
        "QT_SCALE_FACTOR": "2",
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)]),
    }
    done = subprocess.run(
        [sys.executable, "-c", HIGH_DPI],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout.strip() == "fine", done.stderr
