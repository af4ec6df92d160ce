"""Another project's widgets are made in turns, and nothing that happens meanwhile is lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
from window_builders import packed

from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.session import Session


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))


@pytest.fixture
def files(tmp_path):
    """Two projects of one and two spectra."""
    paths = []
    for count in (1, 2):
        path = tmp_path / f"{count}.nmrcam"
        opened = create_project(path)
        Session(opened.content, opened.store).add([packed(f"{n}_HSQC") for n in range(count)])
        opened.store.close()
        paths.append(path)
    return paths


@pytest.fixture
def begun(make_window, finish):
    window = make_window()
    window.desk.begin(offer=False)
    finish(window)
    return window


@pytest.fixture
def closed_later(monkeypatch):
    """Nobody makes the panels of closed docks but the test."""
    monkeypatch.setattr("nmrcam_qt.ui.main_window.START_DELAY_MS", 600_000)


@pytest.fixture
def coming(begun, files, qtbot):
    """A window whose other project is read, its page not shown yet."""
    seen = []
    make = begun.desk._coming.make
    begun.desk._coming.make = lambda *given: (make(*given), seen.append(len(begun.session)))
    begun.desk.open(files[0])
    qtbot.waitUntil(lambda: bool(seen), timeout=10_000)
    assert begun.desk.is_switching
    assert seen == [0], "the page before is still there"
    return begun


def test_in_turns(coming, finish, qtbot, files):
    before = coming.page
    gone = []
    before.destroyed.connect(lambda: gone.append(1))
    session = coming.session
    finish(coming)
    assert coming.desk.path == files[0]
    assert len(coming.session) == 1
    assert coming.page is not before
    qtbot.waitUntil(lambda: bool(gone) and not coming.desk.letting_go.is_busy)
    assert session is not coming.session


def test_rows_of_the_one_that_was_closed_go(begun, files, finish, qtbot):
    for path in files:
        session = begun.session
        begun.desk.open(path)
        finish(begun)
        qtbot.waitUntil(lambda: not begun.desk.letting_go.is_busy)
        assert not session.holders()[0]
    assert len(session) == 0
    assert len(begun.session) == 2


def test_what_is_asked_for_last_is_shown(coming, finish, files):
    blank = coming.session
    coming.desk.open(files[1])
    assert not coming.desk.is_switching, "nobody wants it any more"
    assert coming.session is blank
    finish(coming)
    assert coming.desk.path == files[1]
    assert len(coming.session) == 2
    opened = open_project(files[0])
    assert not opened.notices, "nobody holds it"
    opened.store.close()


def test_asked_for_at_once_the_last_one_is_shown_and_can_be_written(begun, finish, files, tmp_path):
    link = tmp_path / "link.nmrcam"
    link.symlink_to(files[0])
    for path in (*files, link):
        begun.desk.open(path)
    finish(begun)
    assert [item.name for item in begun.session.items] == ["0_HSQC"]
    assert not begun.desk.is_read_only
    begun.desk.open(files[1])
    begun.desk.new()
    finish(begun)
    assert begun.desk.is_blank


def test_the_present_project_after_all(begun, finish, files):
    said = []
    begun.desk.failed.connect(said.append)
    for path in files:
        begun.desk.open(path)
        finish(begun)
    session = begun.session
    begun.desk.open(files[0])
    begun.desk.open(files[1])
    finish(begun)
    assert begun.session is session
    assert said == []
    begun.desk.open(files[1])
    assert said == ["2.nmrcam is open already."]


def test_saving_under_another_name_goes_before_what_is_coming(coming, finish, files, tmp_path):
    said = []
    coming.desk.failed.connect(said.append)
    coming.session.add([packed("mine_HSQC")])
    coming.desk.save_as(tmp_path / "mine.nmrcam")
    finish(coming)
    assert coming.desk.path == files[0]
    assert said == []
    opened = open_project(tmp_path / "mine.nmrcam")
    assert [record.name for record in opened.content.spectra] == ["mine_HSQC"]
    opened.store.close()


def test_nothing_goes_from_below_a_dialog_that_waits(coming, finish, qtbot, files):
    """Or its answer, a file to write to, would be for another project."""
    before, seen = coming.page, []
    dialog = QMessageBox(coming)

    def answer():
        seen.append(coming.page is before and coming.desk.is_switching)
        dialog.reject()

    QTimer.singleShot(0, dialog.exec)
    QTimer.singleShot(400, answer)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [True]
    finish(coming)
    assert coming.desk.path == files[0]


def test_the_same_file_is_not_opened_twice_meanwhile(coming, finish, files):
    said = []
    coming.desk.failed.connect(said.append)
    coming.desk.open(files[0])
    finish(coming)
    assert said == []
    assert len(coming.session) == 1


def test_a_window_that_is_closed_meanwhile_lets_go_of_both_files(coming, files):
    coming.close()
    assert coming.desk.store is None
    opened = open_project(files[0])
    assert not opened.notices
    opened.store.close()


def test_panels_of_closed_docks_come_in_turns_of_their_own(
    closed_later, begun, files, finish, qtbot
):
    begun.desk.open(files[0])
    finish(begun)
    page, told = begun.page, []
    page.closed_made.connect(lambda: told.append(page._closed))
    before = begun.docks.peaks.widget()
    page.make_closed_later()
    assert page._closed is None
    early = page._peak_panel
    page.make_closed_later()
    assert page._closed.peaks is early
    assert told == []
    assert begun.docks.peaks.widget() is before
    qtbot.waitUntil(lambda: bool(told), timeout=3000)
    assert begun.docks.peaks.widget() is early is page.peak_panel
    assert begun.docks.jobs.widget() is page.jobs


def test_a_panel_that_is_asked_for_amid_these_turns_is_the_same(closed_later, begun, files, finish):
    begun.desk.open(files[0])
    finish(begun)
    page, told = begun.page, []
    page.closed_made.connect(lambda: told.append(1))
    page.make_closed_later()
    early = page._peak_panel
    assert page.peak_panel is early
    assert begun.docks.peaks.widget() is early
    page.make_closed_later()
    assert told == [1]


def test_a_page_that_is_shown_no_more_fills_no_dock(closed_later, begun):
    page, told = begun.page, []
    page.closed_made.connect(lambda: told.append(1))
    page.make_closed_later()
    page.make_closed_later()
    begun.show_workbench(begun.workbench.another(Session()))
    page._tell_closed()  # its turn came too late
    page.make_closed_later()
    assert told == []
    assert begun.page._closed is None
