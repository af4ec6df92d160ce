"""The dialog of the export, the clipboard, printing, and all three in the window."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMarginsF, QRect, QSettings
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPdfWriter
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from qt_guards import no_leaks, qt_messages  # noqa: F401
from window_builders import CARDS, make_analysis, make_map, packed

from nmrcam_qt.core.writers.export import ExportSummary
from nmrcam_qt.core.writers.export_folder import Existing
from nmrcam_qt.core.writers.png import png_bytes
from nmrcam_qt.session.items import AnalysisKey, ViewSettings
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.clipboard import SVG, picture_mime, table_mime, table_rows
from nmrcam_qt.ui.export_dialog import ExportDialog
from nmrcam_qt.ui.export_example import NAMED, Example
from nmrcam_qt.ui.printing import fitted, print_picture

EXAMPLE = Example("Probe 1", "hsqc", "", "indole", "conv4", "net-hsqc")
SCOPES = {"selected": (1,), "filtered": (1, 2), "flagged": (), "all": (1, 2, 3)}


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def dialog(qtbot, settings, tmp_path):
    made = ExportDialog(SCOPES, CARDS, ViewSettings(colour_map="viridis"), EXAMPLE, settings)
    qtbot.addWidget(made)
    made.folder.setText(str(tmp_path / "out"))
    made.show()
    return made


def choose(combo, data):
    combo.setCurrentIndex(combo.findData(data))


def test_it_begins_with_what_is_likely(dialog, tmp_path):
    assert dialog.scope.currentData() == "all"  # one selected spectrum is no selection
    assert dialog.ok.isEnabled() and dialog.reason.text() == ""
    assert dialog.example.text() == "for example Probe 1_indole_hirescam.png"
    request = dialog.request()
    assert request.items == (1, 2, 3) and request.folder == tmp_path / "out"
    assert request.settings.methods == ("hirescam",) and request.settings.classes == "present"
    assert request.settings.page.colormap == "viridis" and request.settings.page.smooth
    assert request.settings.contributions == ""
    assert "no picture" in dialog.classes.toolTip()  # of a spectrum that has none of them
    choose(dialog.classes, "top")
    assert dialog.classes.toolTip() == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.template.setText("{nam}"), "unknown field {nam}"),
        (lambda d: d.template.setText(""), "is empty"),
        (lambda d: d.folder.setText(""), "Choose a folder"),
        (lambda d: d.folder.setText("out"), "no full path"),
        (lambda d: d.method_list.check(()), "at least one method"),
        (lambda d: choose(d.classes, NAMED), "at least one class"),
        (lambda d: choose(d.scope, "flagged"), "no spectrum to export"),
        (lambda d: (d.dpi.setValue(1200), d.width_mm.setValue(1000), d.height_mm.setValue(1000)),
         "too large"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_once(dialog, change, said):
    change(dialog)
    assert not dialog.ok.isEnabled()
    assert said in dialog.reason.text()
    assert said in dialog.ok.toolTip()


def test_a_file_is_no_folder(dialog, tmp_path):
    (tmp_path / "file").write_text("x")
    dialog.folder.setText(str(tmp_path / "file"))
    assert dialog.reason.text() == "This is a file, no folder: file"


def test_the_choice_is_handed_over_and_remembered(qtbot, dialog, settings):
    choose(dialog.scope, "filtered")
    choose(dialog.classes, NAMED)
    assert dialog.class_list.isVisible()
    dialog.class_list.check(("indole",))
    dialog.method_list.check(("gradcam", "layercam"))
    choose(dialog.format, "svg")
    dialog.dpi.setValue(300)
    dialog.template.setText("{number:03}_{name}")
    dialog.report.setChecked(False)
    choose(dialog.contributions, "xlsx")
    assert dialog.example.text() == "for example 001_Probe 1.svg"
    with qtbot.waitSignal(dialog.chosen) as caught:
        dialog.ok.click()
    (request,) = caught.args
    assert request.items == (1, 2) and request.existing is Existing.ERROR
    assert request.settings.classes == ("indole",)
    assert request.settings.methods == ("gradcam", "layercam")
    assert (request.settings.page.format, request.settings.page.dpi) == ("svg", 300)
    assert not request.settings.report and request.settings.table
    assert request.settings.contributions == "xlsx"
    another = ExportDialog(SCOPES, CARDS, ViewSettings(), EXAMPLE, settings)
    qtbot.addWidget(another)
    assert another.request().settings == request.settings.__class__(
        **{f: getattr(request.settings, f) for f in ("methods", "classes", "template", "network",
                                                      "layer", "table", "report", "contributions")},
        page=another.request().settings.page,
    )  # fmt: skip
    assert another.request().settings.page.dpi == 300


def test_broken_settings_do_no_harm(qtbot, settings):
    for name in ("dpi", "width_mm", "scope", "classes", "methods", "format", "contributions"):
        settings.setValue(f"export/{name}", "\x00nonsense")
    made = ExportDialog(SCOPES, CARDS, ViewSettings(), EXAMPLE, settings)
    qtbot.addWidget(made)
    assert made.dpi.value() == 200 and not made.ok.isEnabled()
    assert made.contributions.currentData() == ""
    assert made.classes.currentData() == "present"


def test_cancelling_says_nothing(qtbot, dialog):
    said = []
    dialog.chosen.connect(said.append)
    dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel).click()
    assert not said and not dialog.isVisible()


# Clipboard


def item_of(name="made", analysed=True):
    session = Session()
    (item_id,) = session.add([packed(name)])
    if analysed:
        session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis([make_map()]))
    return session.find(item_id)


def test_the_table_of_the_clipboard():
    mime = table_mime([item_of("a"), item_of("b", analysed=False)])
    lines = mime.text().split("\r\n")
    assert lines[0].split("\t")[:4] == ["spectrum", "experiment", "state", "present"]
    assert lines[1].split("\t")[0] == "a" and "0.700" in lines[1]
    assert len({line.count("\t") for line in lines[:3]}) == 1 and lines[3] == ""
    assert "<th>spectrum</th>" in mime.html()


@pytest.mark.parametrize("name", ["=1+1", "@x", "a\tb\nc", "<b>&", "\udcff", "\u2028"])
def test_hostile_names_stay_text(name):
    mime = table_mime([item_of(name)])
    rows = mime.text().split("\r\n")
    assert len(rows) == 3
    assert not rows[1].startswith(("=", "@"))
    assert rows[1].count("\t") == rows[0].count("\t")
    assert "<b>" not in mime.html()
    mime.text().encode("utf-8")
    assert table_rows([])[0][0] == "spectrum"


def test_the_picture_of_the_clipboard():
    png = png_bytes(np.full((4, 6, 3), 7, dtype=np.uint8))
    mime = picture_mime(png, b"<svg/>")
    assert mime.hasImage() and mime.imageData().size().width() == 6
    assert bytes(mime.data(SVG)) == b"<svg/>" and bytes(mime.data("image/png")) == png


# Printing


def test_a_picture_fits_the_page():
    place = fitted(1800, 1300, QRect(0, 0, 1000, 2000))
    assert place.width() == pytest.approx(1000)
    assert place.height() == pytest.approx(1000 * 13 / 18)
    place = fitted(100, 400, QRect(0, 0, 1000, 800))
    assert (place.left(), place.width(), place.height()) == pytest.approx((400, 200, 800))


def test_printing_into_a_pdf(tmp_path, qapp):
    writer = QPdfWriter(str(tmp_path / "page.pdf"))
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait,
                    QMarginsF(10, 10, 10, 10))
    )  # fmt: skip
    png = png_bytes(np.full((130, 180, 3), 90, dtype=np.uint8))
    assert print_picture(writer, QRect(0, 0, writer.width(), writer.height()), png)
    assert (tmp_path / "page.pdf").stat().st_size > 500
    assert not print_picture(writer, QRect(0, 0, 10, 10), b"no picture")


# In the window


@pytest.fixture
def filled_window(window, finish):
    ids = window.session.add([packed(name) for name in ("one", "two", "three")])
    maps = [make_map(c) for c in ("fatty_acid", "indole", "steroid")]
    for item_id in ids:
        window.session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis(maps))
    window.session.set_flag(ids[:2], Flag.CHECK)
    window.session.select(ids[0])
    finish(window)
    return window


def test_the_window_exports(qtbot, filled_window, finish, tmp_path):
    window = filled_window
    window.actions_["export"].trigger()
    dialog = window.commands.export_dialog
    window.actions_["export"].trigger()
    assert window.commands.export_dialog is dialog and not dialog.isModal()
    assert "overlays" in dialog.pictured.text()
    choose(dialog.scope, "flagged")
    choose(dialog.classes, "all")
    dialog.method_list.check(("hirescam",))
    dialog.dpi.setValue(40)
    dialog.folder.setText(str(tmp_path / "figures"))
    with qtbot.waitSignal(window.workbench.exported, timeout=60_000) as caught:
        dialog.ok.click()
    (summary,) = caught.args
    assert isinstance(summary, ExportSummary) and summary.written == 6 and not summary.failed
    assert len(list((tmp_path / "figures").glob("*.png"))) == 6
    finish(window)
    assert "2 spectra, 6 pictures written" in window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: window.commands.export_dialog is None)


@pytest.mark.parametrize(
    ("button", "written", "skipped"),
    [("Overwrite it", 3, 0), ("Leave it, skip ours", 2, 1), ("Cancel", None, None)],
)
def test_files_in_the_way_are_asked_about_once(
    qtbot, filled_window, finish, tmp_path, button, written, skipped
):
    window = filled_window
    mine = tmp_path / "one_indole_hirescam.png"
    mine.write_bytes(b"mine")
    said = []
    window.workbench.exported.connect(said.append)
    window.actions_["export"].trigger()
    dialog = window.commands.export_dialog
    choose(dialog.scope, "all")
    dialog.method_list.check(("hirescam",))
    dialog.dpi.setValue(40)
    dialog.folder.setText(str(tmp_path))
    dialog.ok.click()
    qtbot.waitUntil(lambda: window.commands.existing_question is not None, timeout=20_000)
    question = window.commands.existing_question
    assert "a file" in question.text() and mine.name in question.text() and not said
    next(b for b in question.buttons() if b.text().replace("&", "") == button).click()
    if written is not None:
        qtbot.waitUntil(lambda: len(said) == 1, timeout=60_000)
        assert (said[0].written, said[0].skipped) == (written, skipped)
    finish(window)
    assert (mine.read_bytes() == b"mine") == (button != "Overwrite it")
    assert bool(said) == (written is not None)
    qtbot.waitUntil(lambda: window.commands.existing_question is None)


def test_the_example_has_the_class_that_the_choice_gives(filled_window, finish):
    window = filled_window
    window.session.set_view(class_id="steroid")
    finish(window)
    window.actions_["export"].trigger()
    dialog = window.commands.export_dialog
    dialog.template.setText("{class}")
    said = {}
    for word in ("top", "present", "all"):
        choose(dialog.classes, word)
        said[word] = dialog.example.text().removeprefix("for example ").removesuffix(".png")
    assert said == {"top": "indole", "present": "indole", "all": "steroid"}
    choose(dialog.classes, NAMED)
    dialog.class_list.check(("fatty_acid",))
    assert dialog.example.text() == "for example fatty_acid.png"
    dialog.class_list.check(("fatty_acid", "steroid"))
    assert dialog.example.text() == "for example steroid.png"
    dialog.close()


def test_the_window_copies(qtbot, filled_window, finish):
    window = filled_window
    clipboard = QApplication.clipboard()
    clipboard.setText("before")
    window.session.set_view(class_id="indole")
    window.actions_["copy_picture"].trigger()
    qtbot.waitUntil(lambda: clipboard.mimeData().hasImage(), timeout=60_000)
    assert b"Indole" in bytes(clipboard.mimeData().data(SVG))
    image = QImage(clipboard.image())
    assert image.width() == 1417
    window.actions_["copy_table"].trigger()
    assert clipboard.text().startswith("spectrum\t")
    assert "1 row is on the clipboard" in window.statusBar().currentMessage()
    finish(window)
    # Data that is still there when the interpreter ends crashes the offscreen platform.
    clipboard.clear()


def test_the_window_prints(qtbot, filled_window, finish, tmp_path, monkeypatch):
    window = filled_window
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "print.pdf"))
    window.commands._print_on(printer)
    qtbot.waitUntil((tmp_path / "print.pdf").exists, timeout=60_000)
    finish(window)
    assert (tmp_path / "print.pdf").read_bytes()[:5] == b"%PDF-"


def test_nothing_open_is_said(window):
    for name in ("export", "copy_picture", "copy_table", "print"):
        assert not window.actions_[name].isEnabled()
        assert "No spectrum is open" in window.actions_[name].toolTip()
