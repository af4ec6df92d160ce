"""Details of the selected spectra, and what the window's actions do with rows."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from window_builders import make_analysis, packed, picture, write_picture

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey, SourceState
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.actions import SPECS
from nmrcam_qt.ui.details_panel import DetailsPanel

SMALL = packed("small")


@pytest.fixture
def session(qapp):
    made = Session()
    made.add([packed("a hsqc"), packed("a hmbc", Experiment.HMBC), pack(picture("c"))])
    return made


@pytest.fixture
def chosen():
    return [1]


@pytest.fixture
def panel(qtbot, session, chosen):
    made = DetailsPanel(session, lambda: chosen)
    made.resize(320, 700)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.hide()
    made.deleteLater()
    qtbot.wait(1)


def changes_of(session):
    made = []
    session.subscribe(lambda e: made.append(e.change) if hasattr(e, "change") else None)
    return made


def test_what_is_kept_of_one_spectrum(session, panel, qtbot):
    session.store(AnalysisKey("net-hsqc", (1,), None), make_analysis())
    session.set_networks({"net-hsqc": "e" * 64})
    session.set_source_state(1, SourceState.MISSING)
    qtbot.waitUntil(lambda: "stale" in panel.results.text())
    assert panel.title.text() == "a hsqc"
    assert panel.sample.text() == "a"
    assert "net-hsqc" in panel.results.text() and "UTC" in panel.results.text()
    assert "weights ffffffff" in panel.results.text()
    assert "The file is not there any more." in panel.source.text()
    assert "The project holds a copy." in panel.source.text()
    assert "¹H 10 to 0 ppm, ¹³C 0 to 200 ppm" in panel.axes.text()
    assert "1 peak" in panel.axes.text()


def test_the_axes_that_the_user_gave_are_said_once(session, panel, chosen):
    chosen[:] = [3]
    panel.refresh()
    assert panel.axes.text().count("assumed") == 1
    session.set_windows((3,), (12.0, -2.0), (-20.0, 230.0))
    panel.refresh()
    assert "¹H 12 to -2 ppm, ¹³C -20 to 230 ppm, as you gave them" in panel.axes.text()
    assert panel.axes.text().count("230") == 1
    assert "assumed" not in panel.axes.text()


def test_a_note_is_one_step_of_undo(session, panel, qtbot):
    made = changes_of(session)
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "first line")
    QTest.keyClick(panel.note, Qt.Key.Key_Return)
    session.store(AnalysisKey("net-hsqc", (1,), None), make_analysis())
    qtbot.wait(100)
    QTest.keyClicks(panel.note, "second")
    assert made == [], "not one change per letter"
    QTest.keyClick(panel.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    panel.title.setFocus()
    assert session.find(1).note == "first line\nsecond"
    assert len(made) == 1
    session.apply(made[0].inverse())
    qtbot.waitUntil(lambda: panel.note.toPlainText() == "")
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "no")
    QTest.keyClick(panel.note, Qt.Key.Key_Escape)
    panel.title.setFocus()
    assert session.find(1).note == ""


def test_what_was_typed_belongs_to_what_was_shown(session, panel, chosen):
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "of the first")
    chosen[:] = [3]
    panel.refresh()
    assert session.find(1).note == "of the first"
    assert session.find(3).note == ""
    assert panel.note.toPlainText() == ""


def test_several_are_edited_together_in_one_step(session, panel, chosen):
    chosen[:] = [1, 2, 3]
    session.set_note(2, "its own")
    session.set_flag([1], Flag.CHECK)
    panel.refresh()
    made = changes_of(session)
    assert panel.heading.text() == "3 spectra"
    assert not panel.title.isEnabled() and panel.title.toolTip()
    assert panel.sample.text() == "(several)" and not panel.sample.isEnabled()
    assert not any(button.isChecked() for button in panel.flags.buttons())
    assert "replaces all 3" in panel.note.placeholderText()
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "same")
    panel.title.setFocus()
    panel.note.commit()
    panel.flags.button(2).click()
    QTest.keyClicks(panel.tags.line, "t")
    QTest.keyClick(panel.tags.line, Qt.Key.Key_Return)
    assert [item.note for item in session.items] == ["same"] * 3
    assert {item.flag for item in session.items} == {Flag.CONFIRMED}
    assert all(item.tags == ("t",) for item in session.items)
    assert len(made) == 3


def test_title_and_sample_are_renamed(session, panel, qtbot):
    panel.title.setFocus()
    panel.title.selectAll()
    QTest.keyClicks(panel.title, "Mine")
    QTest.keyClick(panel.title, Qt.Key.Key_Return)
    panel.sample.setFocus()
    panel.sample.selectAll()
    QTest.keyClicks(panel.sample, "Gramine")
    QTest.keyClick(panel.sample, Qt.Key.Key_Return)
    assert session.find(1).name == "Mine"
    assert next(iter(session.samples.values())).name == "Gramine"
    made = changes_of(session)
    panel.note.setFocus()
    assert made == [], "leaving a field that was not touched changes nothing"


# In the window


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    window.sidebar.list.setFocus()
    QTest.keyClick(window, key, modifier)


def test_keys_of_rows(window, finish, qtbot):
    window.session.add([packed("a"), packed("b")])
    window.session.select(1)
    finish(window)
    press(qtbot, window, Qt.Key.Key_Q)
    assert window.session.find(1).flag is Flag.CHECK
    press(qtbot, window, Qt.Key.Key_T)
    assert window.sidebar.tag_frame.isVisible()
    QTest.keyClicks(window.sidebar.tags.line, "kt")
    QTest.keyClick(window.sidebar.tags.line, Qt.Key.Key_Return)
    assert window.session.find(1).tags == ("kt",), "letters are no shortcuts here"
    QTest.keyClick(window.sidebar.tags.line, Qt.Key.Key_Escape)
    assert not window.sidebar.tag_frame.isVisible()
    window.sidebar.list.selectAll()
    window.commands.group()
    assert len(window.session.samples) == 1
    window.commands.collapse_all()
    finish(window)
    qtbot.waitUntil(lambda: len(window.sidebar.listing) == 1)
    window.commands.edit_note()
    assert window.docks.details.isVisible()
    window.commands.show_row_menu(window.mapToGlobal(QPoint(50, 200)))
    names = {action.objectName() for action in window.commands.row_menu.actions()}
    assert {"rename", "tags", "note", "group", "remove", "show_folder"} <= names
    assert all(a.isSeparator() or a.toolTip() for a in window.commands.row_menu.actions())
    window.commands.row_menu.close()


def test_no_two_actions_have_the_same_key():
    keys = [key for spec in SPECS for key in spec.keys]
    assert sorted(set(keys)) == sorted(keys)


def test_disabled_row_actions_say_why(window, finish):
    finish(window)
    for name in ("rename", "tags", "note", "collapse_all", "show_folder"):
        action = window.actions_[name]
        assert not action.isEnabled() and action.toolTip() == "No spectrum is open."


def test_the_folder_of_a_spectrum(window, finish, qtbot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "nmrcam_qt.ui.commands.rows.QDesktopServices.openUrl",
        lambda url: opened.append(url.toLocalFile()) or True,
    )
    lost = dataclasses.replace(SMALL.provenance, path=str(tmp_path / "gone" / "x.csv"))
    here = dataclasses.replace(SMALL.provenance, path=str(tmp_path / "y.csv"))
    (tmp_path / "y.csv").write_text("")
    window.session.add([dataclasses.replace(SMALL, provenance=p) for p in (lost, here)])
    window.session.select(1)
    finish(window)
    window.commands.show_folder()
    assert opened == [] and "not there any more" in window.statusBar().currentMessage()
    assert window.session.find(1).source is SourceState.MISSING
    window.session.select(2)
    window.commands.show_folder()
    assert opened == [str(tmp_path)]


def test_files_folders_and_remote_addresses_are_dropped_on_the_window(
    window, finish, qtbot, tmp_path
):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(3):
        write_picture(folder / f"hsqc {n} #ä%20.png")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder)), QUrl("https://x.org/y.png")])
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    finish(window)
    qtbot.waitUntil(lambda: len(window.session) == 3, timeout=10_000)
    assert window.session.problems[0].text.startswith("Only files of this computer")
