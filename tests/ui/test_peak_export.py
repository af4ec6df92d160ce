"""Peaks to files: one by the dialog of the system, several into a folder; none is lost unasked."""

from __future__ import annotations

import pytest
from instrument_builders import instrument, picks
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QMessageBox
from window_builders import packed

from nmrcam_qt.core.picking.settings import PickSettings, Signs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.peak_files import PeakFormat
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.commands.peaks import NONE_PICKED
from nmrcam_qt.ui.peak_export import FORMAT_KEY, NO_FOLDER, PeakExportDialog, ask_peak_file
from nmrcam_qt.ui.peak_settings import PeakSettings


@pytest.fixture
def opened(window, finish):
    window.ids = window.session.add(
        [pack(instrument(name="a")), pack(instrument(name="b")), packed(name="lone")]
    )
    for item_id in window.ids[:2]:
        window.session.set_picked(item_id, picks(20))
    window.session.select(window.ids[0])
    finish(window)
    return window


@pytest.fixture
def answer(monkeypatch):
    """What the dialog of the system answers."""

    def say(path, chosen=""):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), chosen))

    return say


def read(path):
    return read_spectrum(path, ReadOptions(experiment=Experiment.HSQC)).peaks


def test_the_peaks_of_one_spectrum_are_written_at_the_users_shifts(
    opened, finish, answer, tmp_path
):
    opened.session.set_reference(opened.ids[:1], h=Affine(offset=0.25))
    answer(tmp_path / "mine.csv")
    opened.actions_["export_peaks"].trigger()
    finish(opened)
    written = read(tmp_path / "mine.csv")
    wanted = opened.session.find(opened.ids[0]).picked.peaks
    assert sorted(written.h_ppm) == pytest.approx(sorted(p.h_ppm for p in wanted), abs=1e-3)
    assert opened.statusBar().currentMessage() == "1 file was written."


@pytest.mark.parametrize(
    ("name", "chosen", "wanted"),
    [
        ("x", "Sparky list (*.list)", ("x.list", PeakFormat.SPARKY)),
        ("x.xml", "CSV table (*.csv)", ("x.xml", PeakFormat.TOPSPIN_XML)),
        ("x.y", "Mnova table (*.tsv)", ("x.y.tsv", PeakFormat.MNOVA)),
        ("x.txt", "TopSpin text (*.txt)", ("x.txt", PeakFormat.TOPSPIN_TEXT)),
    ],
)
def test_the_suffix_that_was_typed_decides_else_the_filter(
    answer, settings, tmp_path, name, chosen, wanted
):
    answer(tmp_path / name, chosen)
    made, form = wanted
    assert ask_peak_file(None, settings, "a") == (tmp_path / made, form)
    assert settings.value(FORMAT_KEY) == form.value


def test_nothing_happens_where_the_user_thinks_better(opened, finish, answer):
    answer("")
    opened.actions_["export_peaks"].trigger()
    finish(opened)
    assert opened.statusBar().currentMessage() == ""


def export_all(opened, finish, folder, form=PeakFormat.CSV):
    opened.sidebar.list.selectAll()
    opened.actions_["export_peaks"].trigger()
    dialog = opened.commands.peak_export
    dialog.folder.setText(str(folder))
    dialog.form.setCurrentIndex(list(PeakFormat).index(form))
    dialog.accept()
    finish(opened)


def test_several_spectra_get_a_file_each(opened, finish, tmp_path):
    folder = tmp_path / "new" / "peaks"
    export_all(opened, finish, folder, PeakFormat.SPARKY)
    assert sorted(p.name for p in folder.iterdir()) == [
        "a_peaks.list",
        "b_peaks.list",
        "lone_peaks.list",
    ]
    assert read(folder / "lone_peaks.list").h_ppm == pytest.approx([7.2], abs=1e-3)


def test_spectra_of_one_name_get_different_files(opened, finish, tmp_path):
    (other,) = opened.session.add([pack(instrument(name="a"))])
    opened.session.set_picked(other, picks(3))
    opened.session.rename(other, "A")
    export_all(opened, finish, tmp_path)
    assert len([p for p in tmp_path.iterdir() if p.name.lower().startswith("a_peaks")]) == 2


def press(question, role):
    next(b for b in question.buttons() if question.buttonRole(b) == role).click()


def test_files_that_are_there_are_asked_about_once(opened, finish, tmp_path):
    (tmp_path / "a_peaks.csv").write_text("precious")
    export_all(opened, finish, tmp_path)
    question = opened.commands.peak_question
    assert "a_peaks.csv" in question.text()
    assert not (tmp_path / "b_peaks.csv").exists(), "nothing is written before the answer"
    press(question, QMessageBox.ButtonRole.AcceptRole)
    finish(opened)
    assert (tmp_path / "a_peaks.csv").read_text() == "precious"
    assert (tmp_path / "b_peaks.csv").exists()
    export_all(opened, finish, tmp_path)
    press(opened.commands.peak_question, QMessageBox.ButtonRole.DestructiveRole)
    finish(opened)
    assert len(read(tmp_path / "a_peaks.csv")) == 20


def test_cancelling_the_question_writes_nothing(opened, finish, tmp_path):
    (tmp_path / "a_peaks.csv").write_text("precious")
    export_all(opened, finish, tmp_path)
    press(opened.commands.peak_question, QMessageBox.ButtonRole.RejectRole)
    finish(opened)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".csv"] == ["a_peaks.csv"]


def test_what_cannot_be_written_is_said_and_the_rest_is_written(opened, finish, tmp_path):
    (tmp_path / "a_peaks.csv").mkdir()
    export_all(opened, finish, tmp_path)
    press(opened.commands.peak_question, QMessageBox.ButtonRole.DestructiveRole)
    finish(opened)
    assert (tmp_path / "b_peaks.csv").exists()
    assert "a_peaks.csv" in opened.session.problems[-1].text


def test_signals_only_leaves_the_others_out(opened, finish, tmp_path):
    opened.sidebar.list.selectAll()
    opened.actions_["export_peaks"].trigger()
    opened.commands.peak_export.signals_only.setChecked(True)
    opened.commands.peak_export.folder.setText(str(tmp_path))
    opened.commands.peak_export.accept()
    finish(opened)
    kinds = [p.kind.value for p in picks(20).peaks]
    assert len(read(tmp_path / "a_peaks.csv")) == kinds.count("signal")


def test_without_a_folder_the_dialog_says_so(qtbot, settings):
    dialog = PeakExportDialog(["a", "b"], settings)
    qtbot.addWidget(dialog)
    dialog.folder.setText("  ")
    ok = dialog.buttons.button(dialog.buttons.StandardButton.Ok)
    assert not ok.isEnabled()
    assert ok.toolTip() == NO_FOLDER
    dialog.folder.setText("/somewhere")
    assert ok.isEnabled()


def test_without_peaks_there_is_nothing_to_export(window, finish):
    (item_id,) = window.session.add([pack(instrument())])
    window.session.select(item_id)
    finish(window)
    assert not window.actions_["export_peaks"].isEnabled()
    assert window.actions_["export_peaks"].statusTip() == NONE_PICKED


# How peaks are picked


def test_the_form_makes_settings_and_remembers_them(qtbot, settings):
    form = PeakSettings()
    qtbot.addWidget(form)
    form.restore(settings)
    assert form.pick_settings == PickSettings(min_snr=round(PickSettings().min_snr, 1))
    form.snr.setValue(7.5)
    form.relative.setValue(2.0)
    form.signs.setCurrentIndex(2)
    form.most.setValue(50)
    form.clean.setChecked(False)
    form.one_bond.setChecked(False)
    form.keep.setChecked(False)
    form.keep_in(settings)
    again = PeakSettings()
    qtbot.addWidget(again)
    again.restore(QSettings(settings.fileName(), QSettings.Format.IniFormat))
    assert again.pick_settings == PickSettings(
        7.5, 0.02, None, Signs.NEGATIVE, ridges=True, one_bond=False, max_peaks=50
    )
    assert not again.keep_edited


@pytest.mark.parametrize("rubbish", ["nan", "inf", "x", "", "-1e400", "None"])
def test_rubbish_in_the_settings_file_is_passed_over(qtbot, settings, rubbish):
    for name in ("snr", "relative", "most", "signs", "clean"):
        settings.setValue(f"peaks/{name}", rubbish)
    form = PeakSettings()
    qtbot.addWidget(form)
    form.restore(settings)
    assert form.pick_settings.min_snr == pytest.approx(PickSettings().min_snr, abs=0.06)
    assert form.pick_settings.signs is Signs.BOTH
