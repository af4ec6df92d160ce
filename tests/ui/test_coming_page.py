"""Another project's widgets are made in turns, and nothing that happens meanwhile is lost."""

from __future__ import annotations

import pytest
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


def test_what_is_asked_for_meanwhile_is_done_after_it(coming, finish, files):
    coming.desk.open(files[1])
    assert not coming.desk.is_switching, "shown at once"
    assert coming.desk.path == files[0]
    finish(coming)
    assert coming.desk.path == files[1]
    assert len(coming.session) == 2


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
