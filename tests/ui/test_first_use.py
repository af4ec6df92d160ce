"""What a chemist meets in the first minutes: axes of pictures, notes, keys, honest words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QSlider
from window_builders import make_card, packed, picture, write_picture

from nmrcam_qt.core.reliability import KEY, measure, sentence
from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.filters import Filters
from nmrcam_qt.session.items import ItemState, SessionItem
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.axes_dialog import AxesDialog
from nmrcam_qt.ui.class_panel import score_note
from nmrcam_qt.ui.docks import DRAGGED_MS
from nmrcam_qt.ui.warning_panel import AXES_GUESSED, warnings_of


def answer(window, f2, f1):
    dialog = window.commands.axes_dialog
    for box, value in zip(
        (dialog.left, dialog.right, dialog.top, dialog.bottom), (*f2, *f1), strict=True
    ):
        box.setValue(value)
    dialog.accept()


def test_the_axes_of_pictures_can_be_given(window, finish, tmp_path):
    for name in "ab":
        write_picture(tmp_path / f"{name}_HSQC.png")
    window.workbench.open([tmp_path])
    finish(window)
    window.session.add([packed("list")])
    window.commands.analyse()
    finish(window)
    assert AXES_GUESSED in window.panel.warnings.text.text()
    assert "assumed" in window.panel.spectrum.axes.text()
    window.sidebar.list.selectAll()
    assert window.panel.spectrum.axes_button.isEnabled()
    window.panel.spectrum.axes_button.click()
    answer(window, (12.0, -2.0), (-20.0, 230.0))
    finish(window)
    for row in (0, 1):
        item = window.session.at(row).packed
        assert item.f2.edges == pytest.approx((12.0, -2.0))
        assert item.f1.edges == pytest.approx((-20.0, 230.0))
        assert not item.provenance.axes_assumed
        assert item.provenance.assumed == ()
        assert item.provenance.notes == ("axes given by the user: 12 to -2 / -20 to 230 ppm",)
    assert window.session.at(2).packed.f2.edges == pytest.approx((10.0, 0.0))
    # What had been analysed on the guess was analysed anew, the rest was not.
    states = [item.state for item in window.session.items]
    assert states == [ItemState.ANALYSED, ItemState.NEW, ItemState.NEW]
    assert AXES_GUESSED not in window.panel.warnings.text.text()
    assert window.view.axes == (window.session.at(0).packed.f1, window.session.at(0).packed.f2)
    assert "assumed" not in window.panel.spectrum.axes.text()
    assert window.view.read_out(12 - 14 * 100.5 / 120, -20 + 250 * 40.5 / 82).intensity == 1


def test_axes_go_to_what_is_selected_not_to_what_a_filter_hides(window, finish):
    """The HMBC that is still shown must not get the axes of the selected HSQC."""
    spectra = [picture("a", experiment=Experiment.HMBC), picture("b"), picture("c")]
    window.session.add(list(map(pack, spectra)))
    window.session.select(1)
    finish(window)
    window.sidebar.filters.set_filters(Filters(experiments=frozenset({Experiment.HSQC})))
    window.sidebar.list.selectAll()
    assert window.session.current.id == 1
    window.actions_["axes"].trigger()
    answer(window, (12.0, -2.0), (-20.0, 230.0))
    finish(window)
    left = [window.session.at(row).packed.f2.edges[0] for row in range(3)]
    assert left == pytest.approx([10.0, 12.0, 12.0])


@pytest.mark.parametrize(
    ("experiments", "said"),
    [
        (("hsqc", "hsqc"), ""),
        (("hsqc", None), ""),
        (
            ("hmbc", "hsqc", "hsqc"),
            "These are 2 HSQC and 1 HMBC spectra: all get the same edges.",
        ),
        (
            ("hsqc", None, "hmbc"),
            "These are 1 HSQC and 1 HMBC spectra and 1 of unknown experiment: "
            "all get the same edges.",
        ),
    ],
)
def test_axes_for_spectra_of_both_experiments_say_so(qtbot, experiments, said):
    kinds = [Experiment(e) if e else None for e in experiments]
    dialog = AxesDialog([pack(picture(experiment=kind)) for kind in kinds])
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.mixed.text() == said
    assert dialog.mixed.isVisible() == bool(said)


def test_axes_given_during_an_analysis_drop_its_result(window, finish, trouble):
    window.workbench.client.start()
    window.session.add([pack(picture("one")), pack(picture("two"))])
    window.session.select(1)
    trouble.write_text("slow")
    window.commands.analyse_all()
    window.workbench.set_windows((1,), (12.0, -2.0), (-20.0, 230.0))
    assert window.session.at(0).state is ItemState.WAITING
    finish(window)
    assert [item.state for item in window.session.items] == [ItemState.ANALYSED] * 2
    assert AXES_GUESSED not in window.panel.warnings.text.text()


def test_axes_from_two_signals(window, finish):
    """A picture of 12 to -2 / -20 to 230 ppm, read on the assumed 10 to 0 / 0 to 200."""
    window.session.add([pack(picture())])
    window.session.select(1)
    finish(window)
    window.actions_["axes"].trigger()
    dialog = window.commands.axes_dialog
    assert not dialog.isModal()
    window.actions_["axes"].trigger()
    assert window.commands.axes_dialog is dialog
    dialog.signals.compute.click()
    assert "must differ" in dialog.signals.complaint.text()
    assert dialog.f2_window == (10.0, 0.0)
    for boxes, (h, c) in zip(dialog.signals.boxes, [(9.0, 20.0), (1.0, 180.0)], strict=True):
        for box, value in zip(boxes, (h, 14 * h / 10 - 2, c, 250 * c / 200 - 20), strict=True):
            box.setValue(value)
    dialog.signals.compute.click()
    assert dialog.signals.complaint.text() == ""
    assert dialog.f2_window == pytest.approx((12.0, -2.0))
    assert dialog.f1_window == pytest.approx((-20.0, 230.0))
    dialog.accept()
    finish(window)
    assert window.session.at(0).packed.f2.edges == pytest.approx((12.0, -2.0))


def test_axes_without_extent_are_refused_and_lists_need_none(window, finish):
    window.session.add([packed("list"), pack(picture())])
    window.session.select(1)
    finish(window)
    assert not window.actions_["axes"].isEnabled()
    assert "axes of their own" in window.actions_["axes"].toolTip()
    assert not window.panel.spectrum.axes_button.isEnabled()
    window.session.select(2)
    finish(window)
    window.actions_["axes"].trigger()
    dialog = window.commands.axes_dialog
    button = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert button.isEnabled()
    dialog.right.setValue(10.0)
    assert not button.isEnabled()
    assert "must differ" in dialog.remark.text()
    dialog.right.setValue(12.0)
    assert button.isEnabled()
    assert "usually" in dialog.remark.text()
    dialog.reject()
    assert window.session.at(1).packed.provenance.axes_assumed


def test_new_warnings_are_scrolled_to_but_no_slider_is_moved_away(qtbot, window, finish):
    window.session.add([packed("list"), packed("other"), pack(picture())])
    window.session.select(1)
    window.resize(900, 420)
    finish(window)
    scroll = window.docks.panel_scroll
    bar = scroll.verticalScrollBar()

    def down():
        qtbot.waitUntil(lambda: bar.maximum() > 100)
        bar.setValue(bar.maximum())

    down()
    window.session.select(2)
    finish(window)
    assert bar.value() > 0, "the same warnings are no reason to move"
    window.session.select(3)
    finish(window)
    assert AXES_GUESSED in window.panel.warnings.text.text()
    assert bar.value() == 0
    window.session.select(1)
    finish(window)
    down()
    slider = window.panel.look.findChild(QSlider)
    slider.setSliderDown(True)
    window.session.select(3)
    finish(window)
    qtbot.wait(2 * DRAGGED_MS)
    assert bar.value() > 0
    slider.setSliderDown(False)
    qtbot.waitUntil(lambda: bar.value() == 0)


def test_notes_are_no_warnings(window, finish):
    from dataclasses import replace

    made = packed("mixed")
    notes = ("mixture: of two", "peaks drawn as Gaussians of 1 × 1 ppm")
    window.session.add([replace(made, provenance=replace(made.provenance, notes=notes))])
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    assert "mixture: of two" not in window.panel.warnings.text.text()
    assert "Gaussians" not in window.panel.warnings.text.text()
    assert window.panel.spectrum.notes.text() == "Mixture: of two."
    assert "Gaussians" in window.panel.spectrum.toolTip()


def test_a_network_of_the_other_experiment_is_warned_of_before_the_analysis(window, finish):
    window.session.add([packed("x", Experiment.HMBC)])
    window.session.select(1)
    finish(window)
    assert "trained on" not in window.panel.warnings.text.text()
    window.session.set_view(network="net-hsqc")
    finish(window)
    assert "trained on HSQC, this is HMBC" in window.panel.warnings.text.text()


def test_the_heading_says_what_is_shown(window, finish):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    window.session.set_view(class_id="indole")
    finish(window)
    score = score_text(window.session.at(0).prediction.score("indole"))
    said = f"one  ·  HSQC  ·  Indole, score {score}  ·  HiResCAM at conv4"
    assert window.view.heading.text() == said
    window.session.set_view(class_id=None)
    finish(window)
    assert window.view.heading.text() == "one  ·  HSQC"


def test_the_map_of_a_class_that_is_not_said_is_called_so(window, finish):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    window.session.set_view(class_id="indole")
    finish(window)
    assert not window.view.message.isVisible()
    window.session.set_view(class_id="fatty_acid")
    finish(window)
    assert window.view.explanation is not None
    assert window.view.message.text().startswith("Not called present")
    assert window.view.message.isVisible()


def test_scores_are_not_called_probabilities(window, finish):
    assert "without “none”" in score_note(make_card())
    assert score_note(None) == ""
    window.session.add([packed("one")])
    window.session.select(1)
    finish(window)
    assert "no probability" in window.panel.classes.note.text()


def test_letters_are_shortcuts_from_the_first_moment(window, finish, qtbot):
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    assert QApplication.focusWidget() is window.sidebar.list
    window.session.add([packed("one")])
    window.session.select(1)
    finish(window)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_A)
    finish(window)
    assert window.session.at(0).state is ItemState.ANALYSED


def test_the_start_page_opens_the_samples(window, finish, tmp_path, monkeypatch):
    path = write_picture(tmp_path / "a_HSQC.png")
    monkeypatch.setattr("nmrcam_qt.ui.commands.files.sample_paths", lambda: [path])
    window.view.empty.samples.click()
    finish(window)
    assert window.session.at(0).state is ItemState.ANALYSED
    assert not window.view.empty.isVisible()


def test_the_saved_picture_is_as_smooth_as_the_view(window, finish, monkeypatch, tmp_path):
    from nmrcam_qt.workers import save_job

    seen = []

    def request(*args, **kwargs):
        made = picture_request(*args, **kwargs)
        seen.append(made.smooth)
        return made

    picture_request = save_job.picture_request
    monkeypatch.setattr(save_job, "picture_request", request)
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    window.session.set_view(class_id="indole")
    finish(window)
    for smooth in (True, False):
        window.session.set_view(smooth=smooth)
        window.workbench.save_picture(tmp_path / "x.png")
        finish(window)
    assert seen == [True, False]
    assert not window.session.problems


def test_a_small_window_leaves_the_spectrum_room(window, finish, qtbot):
    window.session.add([packed("one")])
    window.session.select(1)
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: window.view.width() > 440)
    window.resize(1600, 900)
    qtbot.waitUntil(lambda: window.side_dock.width() >= 285)


def test_what_a_score_was_worth_stands_beside_it_and_only_there():
    rows = measure([0.5, 0.95], [True, False], ["a", "b"])
    card = replace(make_card(), metrics={KEY: rows})
    prediction = Prediction(
        card.id, "0" * 64, card.class_ids, np.zeros(3), np.array([0.95, 0.05, 0]), (), ("Few.",)
    )
    assert score_note(card, prediction) == score_note(card) == score_note(make_card())
    prediction = replace(prediction, worth=sentence(card, 0.95))
    note = score_note(card, prediction)
    assert "0% (0%–0%)" in note and "no probability" in note
    shown = Shown(SessionItem(SpectrumRecord(1, 1, packed())), analysis=Analysis(prediction))
    assert warnings_of(shown) == ["Few."]
