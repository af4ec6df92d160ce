"""The window as a user meets it: open, analyse, switch, fail, close."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from window_builders import packed, picture, write_picture

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import ItemState
from nmrcam_qt.session.packing import pack
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import FunctionJob


def drop(window, paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def press(qtbot, window, text):
    qtbot.keyClicks(window, text)


def test_dropped_files_and_folders_open_and_the_first_is_shown(window, finish, tmp_path):
    folder = tmp_path / "spectra"
    folder.mkdir()
    write_picture(folder / "a_HSQC.png")
    write_picture(folder / "b_HMBC.png")
    (folder / "broken_HSQC.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    drop(window, [folder, tmp_path / "missing.png"])
    finish(window)
    assert [item.name for item in window.session.items] == ["a_HSQC", "b_HMBC"]
    assert window.session.current.name == "a_HSQC"
    assert window.windowTitle() == "a_HSQC – HSQC – nmrcam"
    problems = [problem.text for problem in window.session.problems]
    assert len(problems) == 2
    assert any("broken_HSQC.png" in text for text in problems)
    assert any("missing.png" in text for text in problems)
    assert window.problem_button.isVisible()
    assert window.problem_button.text() == "2 problems"
    assert window.problems.rowCount() == 2


def test_analyse_then_switch_classes_and_methods_without_a_job(window, finish, qtbot):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    assert window.session.at(0).state is ItemState.WAITING
    finish(window)
    item = window.session.at(0)
    assert item.state is ItemState.ANALYSED
    assert [row.present for row in window.panel.classes.rows] == [False, True, False]
    assert window.panel.classes.verdict.text() == "The network says: Indole"
    assert "Made up." in window.panel.warnings.text.text()
    assert window.panel.warnings.isVisible()
    jobs = []
    window.workbench.runner.submitted.connect(lambda number, title: jobs.append(title))
    press(qtbot, window, "2")
    finish(window)
    assert window.view.explanation.class_id == "indole"
    assert window.view.heat_item.image is not None
    press(qtbot, window, "]")
    finish(window)
    assert window.view.explanation.method == "layercam"
    press(qtbot, window, "1")
    finish(window)
    assert window.view.explanation.class_id == "fatty_acid"
    press(qtbot, window, "o")
    finish(window)
    assert window.view.explanation is None
    assert window.view.heat_item.image is None
    assert jobs == []


def test_an_empty_map_is_called_empty_in_words(window, finish, qtbot):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    press(qtbot, window, "3")
    finish(window)
    assert window.view.message.isVisible()
    assert "Empty map" in window.view.message.text()
    assert window.view.heat_item.image is None
    assert window.view.bar.opacity() == 0


def test_a_method_that_the_network_lacks_says_why(window, finish):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    window.session.set_view(class_id="indole", method="cam")
    finish(window)
    assert window.view.message.text() == "CAM is not available here: no pooling head"
    row = window.panel.method.findData("cam")
    tip = window.panel.method.itemData(row, Qt.ItemDataRole.ToolTipRole)
    assert tip == "Not available: no pooling head"
    for _ in range(6):
        window.commands.next_method()
        assert window.session.view.method != "cam"


def test_after_a_crash_the_spectra_are_tried_one_by_one(window, finish, trouble):
    window.session.add([packed("one"), packed("two")])
    window.session.select(1)
    trouble.write_text("crash")
    window.commands.analyse_all()
    finish(window)
    assert [item.state for item in window.session.items] == [ItemState.ANALYSED] * 2
    assert window.server_label.text() == "Networks: ready · CPU"


def test_a_spectrum_that_crashes_the_process_fails_alone(window, finish, trouble):
    window.session.add([packed("one")])
    window.session.select(1)
    trouble.write_text("crash")
    window.commands.analyse()
    finish(window)
    assert window.session.at(0).state is ItemState.FAILED
    assert len(window.session.problems) == 1
    assert "ended unexpectedly" in window.session.problems[0].text
    assert "stopped" in window.server_label.text()
    window.commands.analyse()
    finish(window)
    assert window.session.at(0).state is ItemState.ANALYSED
    assert window.server_label.text() == "Networks: ready · CPU"


def test_a_hang_times_out_and_the_next_request_works(window, finish, trouble):
    client = window.workbench.client
    client.start()
    client._request_timeout_s = 0.5
    window.session.add([packed("one")])
    window.session.select(1)
    trouble.write_text("hang")
    window.commands.analyse()
    finish(window)
    assert window.session.at(0).state is ItemState.FAILED
    assert "no answer" in window.session.problems[0].text
    client._request_timeout_s = 30
    window.commands.analyse()
    finish(window)
    assert window.session.at(0).state is ItemState.ANALYSED


def test_cancelled_items_are_what_they_were(window, finish, qtbot, trouble):
    window.workbench.client.start()
    window.session.add([packed("one")])
    window.session.select(1)
    trouble.write_text("held")
    window.commands.analyse()
    qtbot.waitUntil(window.job_bar.isVisible)
    window.job_bar.cancel_button.click()
    finish(window)
    trouble.with_suffix(".go").touch()
    assert window.session.at(0).state is ItemState.NEW
    assert not window.session.problems
    assert not window.job_bar.isVisible()


def test_a_result_for_what_the_spectrum_no_longer_is_is_dropped(window, finish, trouble):
    window.workbench.client.start()
    window.session.add([packed("one"), packed("two")])
    window.session.select(1)
    trouble.write_text("slow")
    window.commands.analyse_all()
    window.session.set_experiment((1,), Experiment.HMBC)
    finish(window)
    assert window.session.at(0).state is ItemState.NEW
    assert window.session.at(0).prediction is None
    assert window.session.at(1).state is ItemState.ANALYSED


def test_another_layer_is_analysed_again_and_remembered(window, finish):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    window.session.set_view(class_id="indole")
    window.panel.layer.setCurrentIndex(window.panel.layer.findData("conv1"))
    window.panel.layer.activated.emit(window.panel.layer.currentIndex())
    finish(window)
    assert window.view.explanation.layer == "conv1"
    jobs = []
    window.workbench.runner.submitted.connect(lambda number, title: jobs.append(title))
    window.session.set_view(layer=None)
    window.panel.recalculation_needed.emit()
    finish(window)
    assert window.view.explanation.layer == "conv4"
    assert jobs == []


def test_the_pair_network_takes_the_partner_of_the_same_sample(window, finish):
    window.session.add(
        [packed("x_HSQC"), packed("y_HMBC", Experiment.HMBC), packed("x_HMBC", Experiment.HMBC)]
    )
    window.session.select(1)
    window.session.set_view(network="net-pair")
    finish(window)
    assert window.shown.plan.items == (1, 3)
    assert window.panel.partner.isVisible()
    assert window.panel.partner.currentText() == "x_HMBC"
    window.panel.partner.fill()  # as it opens
    window.panel.partner.setCurrentIndex(window.panel.partner.findText("y_HMBC"))
    window.panel.partner.activated.emit(0)
    finish(window)
    assert window.shown.plan.items == (1, 2)
    window.session.set_view(network="auto")
    finish(window)
    assert not window.panel.partner.isVisible()


def test_disabled_actions_say_why(window, finish):
    actions = window.actions_
    for name in ("analyse", "save", "remove", "next"):
        assert not actions[name].isEnabled()
        assert actions[name].toolTip() == "No spectrum is open."
    window.session.add([packed("one", experiment=None)])
    window.session.select(1)
    finish(window)
    assert not actions["analyse"].isEnabled()
    assert "HSQC or HMBC" in actions["analyse"].toolTip()
    assert actions["save"].isEnabled()
    assert "HSQC or HMBC" in window.panel.warnings.text.text()
    window.session.set_experiment((1,), Experiment.HSQC)
    finish(window)
    assert actions["analyse"].isEnabled()
    assert actions["analyse"].toolTip() == "Analyse the selected spectra (A)"


@pytest.fixture
def ambiguous(monkeypatch):
    def read(path, options):
        if path.suffix == ".txt":
            raise ReadError(path, "no spectrum")
        if options.columns is None:
            raise AmbiguousError(path, "Which column is ¹H?", ("hc", "ch"), "columns")
        return picture(f"{path.stem}-{options.columns}", experiment=None)

    monkeypatch.setattr("nmrcam_qt.core.readers.read_spectrum", read)
    monkeypatch.setattr("nmrcam_qt.core.readers.find_spectra", list)


def test_questions_are_asked_once_for_all_files(window, finish, qtbot, ambiguous, tmp_path):
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.txt")]
    window.workbench.open(files)
    qtbot.waitUntil(lambda: window.asker.dialog is not None)
    dialog = window.asker.dialog
    assert dialog.for_all.text() == "The same for all 2 files with this question"
    assert not dialog.buttons.buttons()[0].isEnabled() or dialog.choice is None
    dialog.group.buttons()[1].click()
    dialog.accept()
    qtbot.waitUntil(lambda: window.asker.dialog not in (None, dialog))
    assert [item.name for item in window.session.items] == ["a-ch", "b-ch"]
    experiments = window.asker.dialog
    experiments.for_all.setChecked(False)
    experiments.group.buttons()[0].click()
    experiments.accept()
    qtbot.waitUntil(lambda: window.asker.dialog not in (None, experiments))
    window.asker.dialog.reject()
    finish(window)
    assert [item.experiment for item in window.session.items] == [Experiment.HSQC, None]
    assert {item.record.options.columns for item in window.session.items} == {"ch"}
    assert [problem.text for problem in window.session.problems] == ["c.txt: no spectrum"]


def test_skipped_questions_are_problems_not_silence(window, finish, qtbot, ambiguous, tmp_path):
    window.workbench.open([tmp_path / "a.csv"])
    qtbot.waitUntil(lambda: window.asker.dialog is not None)
    window.asker.dialog.reject()
    finish(window)
    assert len(window.session) == 0
    assert "a.csv: not opened" in window.session.problems[0].text


def test_closing_while_jobs_run_is_safe(make_window, qtbot, trouble):
    window = make_window()
    window.workbench.client.start()
    pid = window.workbench.client.pid
    window.session.add([packed("one")])
    window.session.select(1)
    trouble.write_text("hang")
    window.commands.analyse()

    def busy(context):
        while True:
            context.step(0, 1)

    window.workbench.runner.submit(FunctionJob("busy", busy))
    qtbot.wait(300)
    assert window.close()
    assert pid is not None
    assert window.workbench.runner.running == ()
    assert window.workbench.client.pid is None


def test_closing_at_the_very_end_of_opening_asks_nothing(make_window, ambiguous, tmp_path):
    window = make_window()
    window.workbench.open([tmp_path / "a.csv"], analyse=True)
    time.sleep(0.5)  # the job ends; its last signals wait in this thread
    assert window.close()
    assert window.asker.dialog is None
    assert window.ended_cleanly


def test_samples_show_a_map_without_a_click(window, finish, tmp_path):
    write_picture(tmp_path / "a_HSQC.png")
    window.workbench.open([tmp_path], analyse=True)
    finish(window)
    assert window.session.view.class_id == "indole"
    assert window.view.explanation is not None


def test_the_list_of_problems_can_be_cleared(window, qtbot):
    window.session.add_problem("x.png: broken")
    window.problem_button.click()
    assert window.problem_dock.isVisible()
    window.commands.clear_problems()
    assert not window.problem_dock.isVisible()
    assert not window.problem_button.isVisible()


def test_import_and_about_only_tell(window, qtbot, monkeypatch):
    window.commands.explain_import()
    assert "nmrcam networks import" in window.commands.message.text()
    window.commands.message.close()
    versions = {"python": "3.0", "tensorflow": "2.99", "keras": "9.8"}
    status = replace(window.workbench.server_status, versions=versions)
    monkeypatch.setattr(InferenceClient, "status", status)
    window.commands.about()
    said = window.commands.message.text()
    assert "PySide6" in said and "TensorFlow 2.99, Keras 9.8" in said
    assert said.lower().count("python") == 1
    window.commands.message.close()


def test_save_proposes_the_name_of_the_command_line_and_saves(
    window, finish, tmp_path, monkeypatch
):
    window.session.add([packed("one")])
    window.session.select(1)
    window.commands.analyse()
    window.session.set_view(class_id="indole")
    finish(window)
    assert window.commands.proposed_name() == "one_indole_hirescam.png"
    target = tmp_path / "out"
    monkeypatch.setattr(
        "nmrcam_qt.ui.file_dialogs.QFileDialog.getSaveFileName",
        lambda *a: (str(target), "SVG drawing (*.svg)"),
    )
    window.commands.save_picture()
    finish(window)
    assert "Saved" in window.statusBar().currentMessage()
    assert b"hirescam" in target.with_suffix(".svg").read_bytes()


def test_geometry_and_folder_are_remembered(make_window, settings, tmp_path, monkeypatch):
    first = make_window()
    first.side_dock.hide()
    first.close()
    second = make_window()
    assert not second.side_dock.isVisible()
    chosen = str(tmp_path / "x.png")
    monkeypatch.setattr(
        "nmrcam_qt.ui.file_dialogs.QFileDialog.getOpenFileNames", lambda *a: ([chosen], "")
    )
    second.commands.open_files()
    assert settings.value("folders/open") == str(tmp_path)


def test_remove_takes_the_analyses_along_and_shows_the_neighbour(window, finish, qtbot):
    window.session.add([packed(name) for name in "abc"])
    window.session.select(2)
    finish(window)
    assert window.sidebar.selected_ids() == [2]
    window.commands.remove()
    finish(window)
    assert [item.id for item in window.session.items] == [1, 3]
    assert window.sidebar.count.text() == "2 spectra"
    assert window.session.current.id == 3
    window.sidebar.list.selectAll()
    assert window.sidebar.count.text() == "2 spectra, 2 selected"
    window.commands.remove()
    assert window.sidebar.count.text() == "0 spectra"
    finish(window)
    assert window.session.current is None
    assert window.view.empty.isVisible()


def test_keys_go_through_the_list_as_it_is_sorted(window, finish, qtbot):
    window.session.add([packed(name) for name in ("b", "c", "a")])
    window.session.select(3)
    window.sidebar.order.setCurrentText("Name")
    window.sidebar.order.activated.emit(1)
    names = []
    for key in "nnnp":
        press(qtbot, window, key)
        names.append(window.session.current.name)
    assert names == ["b", "c", "c", "b"]


def test_letters_typed_into_the_search_box_are_no_shortcuts(window, qtbot, finish):
    window.session.add([packed("alpha"), packed("beta")])
    window.session.select(1)
    window.activateWindow()
    window.commands.find()
    qtbot.waitUntil(window.sidebar.search.hasFocus)
    qtbot.keyClicks(window.sidebar.search, "beta")
    finish(window)
    assert window.sidebar.search.text() == "beta"
    assert window.sidebar.count.text() == "1 of 2 spectra"
    assert window.session.at(0).state is ItemState.NEW


def test_the_read_out_follows_the_cursor(window, qtbot, finish):
    window.session.add([pack(picture())])
    window.session.select(1)
    finish(window)
    box = window.view.box
    place = window.view.plot.mapFromScene(box.mapViewToScene(QPointF(5.0, 100.0)))
    qtbot.mouseMove(window.view.plot.viewport(), place)
    qtbot.waitUntil(lambda: "¹H" in window.read_out.text())
    h_ppm = float(window.read_out.text().split()[1])
    c_ppm = float(window.read_out.text().split()[4])
    assert np.allclose([h_ppm, c_ppm], [5.0, 100.0], atol=[0.02, 0.5])
