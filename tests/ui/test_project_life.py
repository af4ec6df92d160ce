"""Projects in the window: nothing is lost, whoever holds the file and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox
from window_builders import packed, write_picture

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.items import ItemState, SourceState
from nmrcam_qt.session.project import create_project
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.store import SaveState, SaveStatus
from nmrcam_qt.ui import leaving, project_dialogs
from nmrcam_qt.ui.notices import GONE, KILLED
from nmrcam_qt.ui.offers import Offers
from nmrcam_qt.ui.open_projects import KEY, OpenProjects
from nmrcam_qt.ui.project_desk import UNNAMED
from nmrcam_qt.ui.project_dialogs import Leave
from nmrcam_qt.workers.inference_client import ServerState, ServerStatus

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The user's data folder."""
    path = tmp_path / "home"
    monkeypatch.setenv("NMRCAM_HOME", str(path))
    monkeypatch.setattr("nmrcam_qt.ui.leaving.ask_leave", lambda *a: Leave.LEAVE)
    return path


@pytest.fixture
def unnamed(home):
    """Files of sessions without a name."""
    return lambda: sorted((home / "unsaved").glob("*.nmrcam"))


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "spectra"
    folder.mkdir()
    for name in ("a_HSQC", "a_HMBC", "b_HSQC"):
        write_picture(folder / f"{name}.png")
    return folder


@pytest.fixture
def begin(make_window, finish):
    """A window that has begun, as the application begins it."""

    def make(path=None, offer=True):
        window = make_window()
        window.desk.begin(path, offer=offer)
        finish(window)
        return window

    return make


@pytest.fixture
def settled(qtbot, finish):
    """Wait until no job runs and everything is saved."""

    def wait(window):
        finish(window)
        window.desk.store.flush(120)
        qtbot.waitUntil(lambda: window.desk.status.state is not SaveState.SAVING)

    return wait


def test_a_whole_life(begin, finish, settled, pictures, tmp_path, unnamed):  # noqa: PLR0915
    """New, add, analyse, change, undo, redo, save as, close, open: everything there."""
    window = begin()
    assert window.windowTitle() == f"{UNNAMED} (saved) – nmrcam"
    assert len(unnamed()) == 1
    window.open([pictures])
    finish(window)
    window.commands.analyse_all()
    finish(window)
    session = window.session
    assert len(session.samples) == 1
    session.rename(3, "mother liquor")
    session.set_tags((1, 3), ("batch 7",))
    window.commands.undo()
    assert session.find(1).tags == ()
    window.commands.redo()
    session.set_note(3, "look again")
    session.group((1, 3), name="two of them")
    session.set_flag((2,), Flag.CONFIRMED)
    session.remove((2,))
    assert window.actions_["undo"].text() == "Undo Remove a_HSQC"
    window.commands.undo()
    session.select(3)
    session.set_view(class_id="indole", opacity=0.4)
    window.desk.save_as(tmp_path / "mine.nmrcam")
    settled(window)
    assert window.windowTitle() == "mother liquor – HSQC – mine (saved) – nmrcam"
    assert window.desk.recent.entries[0].path == tmp_path / "mine.nmrcam"
    assert unnamed() == []
    window.commands.undo()  # also after the move to another file
    window.commands.redo()
    assert session.find(2).packed.unpack().intensity.max() == 1
    assert window.close()
    assert [p.name for p in tmp_path.glob("*.nmrcam*")] == ["mine.nmrcam"]

    window = begin(tmp_path / "mine.nmrcam")
    session = window.session
    assert [item.name for item in session.items] == ["a_HMBC", "a_HSQC", "mother liquor"]
    assert [item.state for item in session.items] == [ItemState.ANALYSED] * 3
    assert session.find(3).tags == ("batch 7",)
    assert session.find(3).note == "look again"
    assert session.find(2).flag is Flag.CONFIRMED
    assert session.samples[session.find(3).sample].name == "two of them"
    assert session.current.id == 3
    assert (session.view.class_id, session.view.opacity) == ("indole", 0.4)
    assert window.view.explanation.class_id == "indole"
    assert not window.actions_["undo"].isEnabled()
    assert "Nothing was changed" in window.actions_["undo"].toolTip()


def test_an_empty_unnamed_session_leaves_nothing(begin, unnamed):
    window = begin()
    assert window.close()
    assert unnamed() == []


def test_an_unnamed_session_is_offered_and_continued(begin, finish, pictures, unnamed):
    window = begin()
    window.open([pictures])
    finish(window)
    assert window.close()
    assert len(unnamed()) == 1
    window = begin()
    bar = window.middle.offer_bar
    assert bar.isVisible()
    assert bar.text.text().startswith("Your last session has no name yet")
    assert [b.text() for b in bar.buttons] == ["Continue last session", "Discard …", "Not now"]
    bar.buttons[0].click()
    finish(window)
    assert len(window.session) == 3
    assert not bar.isVisible()
    assert len(unnamed()) == 1
    assert window.windowTitle().endswith(f"{UNNAMED} (saved) – nmrcam")


def test_offers_wait_in_the_menu_and_can_be_discarded(begin, finish, unnamed, qtbot):
    for name in "ab":
        window = begin(offer=False)
        window.session.add([packed(name)])
        window.close()
    window = begin()
    bar = window.middle.offer_bar
    assert "An older one is in the menu" in bar.text.text()
    window.recent_menu.fill()
    titles = [a.text() for a in window.recent_menu.actions() if a.text().startswith("Session of")]
    assert len(titles) == 2
    window.session.add([packed("c")])
    finish(window)
    assert not bar.isVisible()  # the user went on without
    window.session.remove((1,))
    finish(window)
    bar.buttons[1].click()
    box = next(w for w in window.middle.children() if isinstance(w, QMessageBox))
    assert "all 2 sessions" in box.text()
    next(button for button in box.buttons() if button.text() == "Delete").click()
    assert len(unnamed()) == 1  # ours
    assert not bar.isVisible()


def test_a_second_window_is_read_only_and_says_who_holds_it(begin, finish, settled, tmp_path):
    create_project(tmp_path / "mine.nmrcam").store.close()
    first = begin(tmp_path / "mine.nmrcam")
    first.session.add([packed("a")])
    settled(first)
    second = begin(tmp_path / "mine.nmrcam")
    assert "(read-only)" in second.windowTitle()
    assert second.save_label.text() == "Read-only"
    bar = second.middle.save_bar
    assert bar.isVisible()
    assert f"process {os.getpid()}" in bar.text.text()
    assert [item.name for item in second.session.items] == ["a"]
    second.session.select(1)
    assert first.close()
    bar.buttons[1].click()  # try again
    finish(second)
    assert not bar.isVisible()
    assert "(saved)" in second.windowTitle()


def test_what_a_read_only_window_changed_is_asked_about(
    begin, settled, tmp_path, monkeypatch, finish
):
    create_project(tmp_path / "mine.nmrcam").store.close()
    first, second = begin(tmp_path / "mine.nmrcam"), begin(tmp_path / "mine.nmrcam")
    asked = []

    def answer(parent, reason):
        asked.append(reason)
        return [Leave.STAY, Leave.SAVE_AS][len(asked) - 1]

    monkeypatch.setattr("nmrcam_qt.ui.leaving.ask_leave", answer)
    monkeypatch.setattr("nmrcam_qt.ui.leaving.ask_new_place", lambda *a: tmp_path / "copy.nmrcam")
    second.session.add([packed("a")])
    assert not second.close()
    assert second.isVisible()
    assert second.close()
    assert len(asked) == 2
    assert "open in another window" in asked[0]
    assert first.close()
    again = begin(tmp_path / "copy.nmrcam")
    assert [item.name for item in again.session.items] == ["a"]


class FullDisk:
    """A store whose disk is full until told otherwise."""

    def __init__(self, path):
        self.path = path
        self.status = SaveStatus(SaveState.SAVED)
        self.on_status = lambda status: None
        self.waiting = 0
        self.full = True

    def write(self, change):
        self.waiting += 1
        self.retry()

    write_result = write_state = write_finding = write

    def finding(self, _place, _basis):
        return None

    def retry(self):
        if self.full:
            said = "mine.nmrcam: changes cannot be saved (the disk is full)"
            self.status = SaveStatus(SaveState.FAILED, said, self.waiting)
        else:
            self.waiting = 0
            self.status = SaveStatus(SaveState.SAVED)
        self.on_status(self.status)

    def flush(self, timeout_s=None):
        return not self.waiting

    def save_copy(self, path, progress=None):
        raise ProjectError(f"{path.name}: cannot be written (the disk is full)")

    save_as = save_copy

    def close(self):
        return not self.waiting


def test_a_full_disk_is_seen_and_recovers(begin, finish, tmp_path, qtbot):
    window = begin()
    window.desk.end()
    store = FullDisk(tmp_path / "mine.nmrcam")
    window.session.attach(store)
    window.desk._take(store, False, ())
    window.session.add([packed("a")])
    finish(window)
    bar = window.middle.save_bar
    qtbot.waitUntil(bar.isVisible)
    assert "the disk is full" in bar.text.text()
    assert bar.property("tone") == "alarm"
    assert window.save_label.text() == "Not saved"
    assert "(not saved)" in window.windowTitle()
    window.commands.flag_check()  # the session goes on
    assert window.session.at(0).flag is Flag.NONE  # nothing is selected yet
    window.session.select(1)
    window.commands.flag_check()
    assert window.session.at(0).flag is Flag.CHECK
    window.desk.save_as(tmp_path / "other.nmrcam")
    finish(window)
    assert "other.nmrcam: cannot be written" in window.commands.message.text()
    window.commands.message.close()
    store.full = False
    bar.buttons[0].click()
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert window.save_label.text() == "Saved"


def test_closing_asks_when_the_disk_is_full(begin, tmp_path, monkeypatch, finish):
    window = begin()
    window.desk.end()
    store = FullDisk(tmp_path / "mine.nmrcam")
    window.session.attach(store)
    window.desk._take(store, False, ())
    window.session.add([packed("a")])
    answers = [Leave.STAY, Leave.LEAVE]
    monkeypatch.setattr("nmrcam_qt.ui.leaving.ask_leave", lambda *a: answers.pop(0))
    assert not window.close()
    window.desk.new()  # leaves it
    finish(window)
    assert len(window.session) == 0
    assert answers == []
    assert any("not saved" in problem.text for problem in window.session.problems)


def test_no_file_at_all_is_said_and_save_as_makes_one(
    begin, settled, tmp_path, finish, monkeypatch
):
    def nowhere():
        raise ProjectError("nowhere to keep an unsaved project")

    monkeypatch.setattr("nmrcam_qt.session.project.scratch_project", nowhere)
    window = begin()
    assert "nowhere to keep" in window.middle.save_bar.text.text()
    window.session.add([packed("a")])
    window.desk.save_as(tmp_path / "mine.nmrcam")
    finish(window)
    settled(window)
    assert not window.middle.save_bar.isVisible()
    assert window.desk.path == tmp_path / "mine.nmrcam"
    assert window.close()
    again = begin(tmp_path / "mine.nmrcam")
    assert [item.name for item in again.session.items] == ["a"]


def test_a_broken_project_leaves_the_present_one_alone(begin, finish, tmp_path):
    window = begin()
    window.session.add([packed("a")])
    bad = tmp_path / "bad.nmrcam"
    bad.write_bytes(b"rubbish" * 100)
    window.desk.open(bad)
    finish(window)
    assert window.commands.message.text() == "bad.nmrcam: no nmrcam project"
    window.commands.message.close()
    assert [item.name for item in window.session.items] == ["a"]
    window.desk.open(tmp_path / "missing.nmrcam")
    finish(window)
    assert "missing.nmrcam" in window.commands.message.text()
    window.commands.message.close()


def test_a_broken_project_on_the_command_line_begins_a_new_one(begin, tmp_path, unnamed):
    window = begin(tmp_path / "missing.nmrcam")
    assert "missing.nmrcam" in window.commands.message.text()
    window.commands.message.close()
    assert window.desk.unnamed
    assert len(unnamed()) == 1


def test_switching_while_jobs_run_is_safe(begin, finish, settled, trouble, tmp_path, unnamed):
    create_project(tmp_path / "mine.nmrcam").store.close()
    window = begin()
    window.session.add([packed(name) for name in "abc"])
    window.workbench.client.start()
    trouble.write_text("slow")
    window.commands.analyse_all()
    before = window.session
    window.desk.open(tmp_path / "mine.nmrcam")
    finish(window)
    assert window.session is not before
    assert window.desk.title == "mine"
    window.session.add([packed("d")])
    window.commands.analyse_all()
    finish(window)
    assert [item.state for item in window.session.items] == [ItemState.ANALYSED]
    assert len(unnamed()) == 1  # what had no name is kept
    assert [action.text() for action in window.class_actions[:3]]
    window.commands.close_project()
    finish(window)
    assert window.desk.unnamed
    assert not window.actions_["close_project"].isEnabled()
    assert "empty" in window.actions_["close_project"].toolTip()


def test_a_project_can_be_dropped(begin, finish, tmp_path, pictures):
    create_project(tmp_path / "mine.nmrcam").store.close()
    window = begin()
    mime = QMimeData()
    paths = [tmp_path / "mine.nmrcam", tmp_path / "other.nmrcam"]
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drop = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(drop)
    assert "one project at a time" in window.session.problems[0].text
    finish(window)
    assert window.desk.title == "mine"


def test_recent_projects_are_kept_pinned_and_missing_ones_say_so(begin, finish, tmp_path):
    for name in ("one", "two"):
        create_project(tmp_path / f"{name}.nmrcam").store.close()
    window = begin(tmp_path / "one.nmrcam")
    window.recent_menu.fill()
    assert window.recent_menu.pin.isEnabled()
    window.recent_menu.pin.trigger()
    assert window.desk.recent.is_pinned(tmp_path / "one.nmrcam")
    window.desk.open(tmp_path / "two.nmrcam")
    finish(window)
    menu = window.recent_menu
    menu.fill()
    assert [action.text() for action in menu.actions()[:2]] == ["★ one", "two"]
    (tmp_path / "one.nmrcam").unlink()
    menu.fill()
    gone = menu.actions()[0]
    assert not gone.isEnabled()
    assert "not there any more" in gone.toolTip()
    menu.clear_list.trigger()
    menu.fill()
    assert [action.text() for action in menu.actions()[:2]] == ["★ one (not there)", ""]
    assert not menu.clear_list.isEnabled()
    window.settings.setValue("projects/recent", "[[3, null], {rubbish")
    assert window.desk.recent.entries == ()


def test_what_is_open_is_not_opened_again(begin, finish, tmp_path):
    create_project(tmp_path / "mine.nmrcam").store.close()
    (tmp_path / "link.nmrcam").symlink_to(tmp_path / "mine.nmrcam")
    window = begin(tmp_path / "mine.nmrcam")
    session = window.session
    window.desk.open(tmp_path / "link.nmrcam")
    finish(window)
    assert window.session is session
    assert window.commands.message.text() == "link.nmrcam is open already."
    window.commands.message.close()
    window.desk.save_as(tmp_path / "link.nmrcam")
    assert "is the present project" in window.commands.message.text()
    window.commands.message.close()


def test_an_unnamed_session_opened_from_the_menu_stays_unnamed(begin, finish):
    window = begin(offer=False)
    window.session.add([packed("a")])
    window.close()
    window = begin()
    window.recent_menu.fill()
    entry = next(a for a in window.recent_menu.actions() if a.text().startswith("Session of"))
    entry.trigger()
    finish(window)
    assert [item.name for item in window.session.items] == ["a"]
    assert window.desk.unnamed
    assert window.desk.recent.entries == ()


class SlowDisk(FullDisk):
    """A store that needs a moment."""

    def __init__(self, path):
        super().__init__(path)
        self.flushes = 0

    def retry(self):
        self.status = SaveStatus(SaveState.SAVING, "", self.waiting)
        self.on_status(self.status)

    def flush(self, timeout_s=None):
        time.sleep(0.05)
        self.flushes += 1
        if self.flushes == 12:
            self.waiting = 0
            self.status = SaveStatus(SaveState.SAVED)
        return not self.waiting


def test_closing_waits_visibly_for_a_slow_disk(begin, tmp_path, monkeypatch):
    window = begin()
    window.desk.end()
    store = SlowDisk(tmp_path / "mine.nmrcam")
    window.session.attach(store)
    window.desk._take(store, False, ())
    window.session.add([packed("a")])
    steps = []
    real = leaving.ShownProgress.step
    monkeypatch.setattr(
        leaving.ShownProgress, "step", lambda self, *a: (steps.append(a), real(self, *a))
    )
    assert window.close()
    assert store.flushes >= 12
    assert steps


def test_a_copy_is_a_copy(begin, settled, finish, tmp_path):
    window = begin()
    window.session.add([packed("a")])
    window.desk.save_copy(tmp_path / "copy.nmrcam")
    finish(window)
    assert window.desk.unnamed
    window.session.add([packed("b")])
    window.desk.open(tmp_path / "copy.nmrcam")
    finish(window)
    assert [item.name for item in window.session.items] == ["a"]


def test_the_suffix_is_added_and_replacing_is_asked_about(tmp_path, qtbot, settings, monkeypatch):
    from PySide6.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(
        "nmrcam_qt.ui.project_dialogs.QFileDialog.getSaveFileName",
        lambda *a: (str(tmp_path / "mine"), ""),
    )
    ask = lambda: project_dialogs.ask_new_place(parent, settings, "t", "x/y")  # noqa: E731
    assert ask() == tmp_path / "mine.nmrcam"
    (tmp_path / "mine.nmrcam").touch()
    monkeypatch.setattr(
        "nmrcam_qt.ui.project_dialogs.QMessageBox.question",
        lambda *a: QMessageBox.StandardButton.No,
    )
    assert ask() is None


PROGRAM = """
import sys
import time
from pathlib import Path
sys.path.insert(0, "tests")
from PySide6.QtCore import QSettings, QTimer
from nmrcam_qt.app import begin, make_application, make_window
from window_builders import packed

application = make_application()
window = make_window(QSettings(sys.argv[1], QSettings.Format.IniFormat), start_server=False)
window.show()
begin(window, [], fresh=True, samples=False)
name = sys.argv[2] if len(sys.argv) > 2 else ""

def work():
    if window.desk.store is None or window.workbench.runner.running:
        return
    if name and window.desk.unnamed:
        if not len(window.session):
            window.session.add([packed("kept")])
        window.desk.save_as(Path(name))
        return
    timer.stop()
    if not len(window.session):
        window.session.add([packed("kept")])
    window.session.rename(1, "renamed")
    if window.desk.store.flush(120):
        print("saved", flush=True)

timer = QTimer()
timer.timeout.connect(work)
timer.start(20)
sys.exit(application.exec())
"""


@pytest.fixture
def kill_one(settings):
    """A program of its own with one spectrum, killed once everything is saved."""

    def kill(*names):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, settings.fileName(), *map(str, names)],
            cwd=ROOT,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout.readline() == "saved\n"
        finally:
            process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            process.wait(120)
            process.stdout.close()
        settings.sync()  # as if it was read by a new process

    return kill


def test_after_a_kill_the_session_is_offered_and_restored(begin, finish, kill_one, unnamed):
    kill_one()
    assert len(unnamed()) == 1
    window = begin()
    bar = window.middle.offer_bar
    assert bar.text.text().startswith("nmrcam did not end properly. Your session is kept")
    bar.buttons[0].click()
    finish(window)
    assert [item.name for item in window.session.items] == ["renamed"]
    assert window.session.at(0).packed.unpack().peaks is not None


def test_after_a_kill_the_named_project_is_offered_and_opened(
    begin, finish, kill_one, tmp_path, unnamed
):
    kill_one(tmp_path / "mine.nmrcam")
    assert unnamed() == []
    window = begin()
    bar = window.middle.offer_bar
    assert bar.isVisible()
    assert bar.text.text() == KILLED.format(title="mine")
    assert [button.text() for button in bar.buttons] == ["Open it again", "Not now"]
    bar.buttons[0].click()
    finish(window)
    assert window.desk.path == tmp_path / "mine.nmrcam"
    assert [item.name for item in window.session.items] == ["renamed"]
    assert not bar.isVisible()
    assert window.close()
    assert not begin().middle.offer_bar.isVisible()  # this time it was closed


def test_a_project_that_went_after_the_kill_is_said_once(begin, kill_one, tmp_path):
    gone = tmp_path / "mine.nmrcam"
    kill_one(gone)
    gone.unlink()
    bar = begin().middle.offer_bar
    assert bar.text.text() == GONE.format(title="mine", path=gone)
    assert bar.property("tone") == "warning"
    bar.buttons[0].click()
    assert not bar.isVisible()
    assert not begin().middle.offer_bar.isVisible()


def test_not_now_is_kept_and_what_comes_next_is_offered(begin, settings, tmp_path):
    """Two projects of one name in two folders, and a session without a name."""
    window = begin(offer=False)
    window.session.add([packed("a")])
    assert window.close()
    paths = [tmp_path / folder / "mine.nmrcam" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        create_project(path).store.close()
    for path in reversed(paths):  # the latest is offered first
        OpenProjects(settings).take(path)
    window = begin()
    bar = window.middle.offer_bar
    for path in paths:
        assert bar.text.text() == KILLED.format(title="mine")
        assert str(path) in bar.text.toolTip()
        bar.buttons[1].click()
    assert bar.text.text().startswith("Your last session has no name yet")
    assert OpenProjects(settings).paths == ()


def test_what_is_opened_at_the_start_is_not_offered_meanwhile(settings, tmp_path, monkeypatch):
    """Both are looked at side by side: a drive that does not answer must not hold up the other."""
    path, other = tmp_path / "mine.nmrcam", tmp_path / "other.nmrcam"
    for each in (path, other):
        OpenProjects(settings).take(each)
    parent = QObject()
    offers = Offers(settings, parent)
    monkeypatch.chdir(tmp_path)
    for opening, left in ((None, [other, path]), (path, [other]), (Path("mine.nmrcam"), [other])):
        assert [killed.path for killed in offers.job(opening).run(None).killed] == left


def test_what_another_window_has_open_was_not_killed(begin, tmp_path):
    path = tmp_path / "mine.nmrcam"
    create_project(path).store.close()
    first = begin(path)
    second = begin()
    assert not second.middle.offer_bar.isVisible()
    assert second.close()
    third = begin(path)  # read-only: it is not this window's
    assert third.close()
    assert OpenProjects(first.settings).paths == (path,)
    assert first.close()
    assert OpenProjects(first.settings).paths == ()


@pytest.mark.parametrize("damaged", [7, ["", 3], {"a": 1}, "7", "a.nmrcam", "/" + "x" * 10**6])
def test_a_damaged_entry_is_no_open_project(settings, damaged, tmp_path):
    settings.setValue(KEY, damaged)
    settings.setValue(f"{KEY}/9", damaged)
    assert OpenProjects(settings).paths == ()
    mine = OpenProjects(settings)
    mine.take(tmp_path / "mine.nmrcam")
    assert OpenProjects(settings).paths == (tmp_path / "mine.nmrcam",)
    mine.take(None)
    assert OpenProjects(settings).paths == ()


def test_a_long_list_of_open_projects_is_cut(settings, tmp_path):
    """Each would have been a question to the user."""
    for n in range(5000):
        settings.setValue(f"{KEY}/{n:05}", str(tmp_path / f"{n // 2}.nmrcam"))
    assert OpenProjects(settings).paths == tuple(tmp_path / f"{2499 - n}.nmrcam" for n in range(20))
    OpenProjects(settings).forget(tmp_path / "2499.nmrcam")
    assert OpenProjects(settings).paths[0] == tmp_path / "2498.nmrcam"


def test_windows_that_begin_and_end_at_the_same_moment_lose_nothing(settings, tmp_path):
    """Each has read the settings before the other one writes."""
    both = [QSettings(settings.fileName(), QSettings.Format.IniFormat) for _ in range(2)]
    windows = [OpenProjects(each) for each in both]
    paths = [tmp_path / "a.nmrcam", tmp_path / "b.nmrcam"]
    for each in both:
        each.sync = lambda: None
    for window, path in zip(windows, paths, strict=True):
        window.take(path)
    for each in both:
        del each.sync
        each.sync()
    settings.sync()
    assert set(OpenProjects(settings).paths) == set(paths)
    for each in both:
        each.sync = lambda: None
    for window in windows:
        window.take(None)
    for each in both:
        del each.sync
        each.sync()
    settings.sync()
    assert OpenProjects(settings).paths == ()


def test_a_moved_file_is_found_again_by_its_content(begin, finish, pictures, monkeypatch):
    """The button and the action look in the folder that the user names, whatever the name."""
    window = begin()
    window.workbench.open([pictures])
    finish(window)
    row = next(i for i in window.session.items if i.name == "b_HSQC").id
    window.session.select(row)
    window.session.set_source_state(row, SourceState.PRESENT)
    window.commands.update_actions()
    assert not window.actions_["relink"].isEnabled()
    assert "missing" in window.actions_["relink"].toolTip()
    window.page.details.refresh()
    assert not window.page.details.relink.isEnabled()
    moved = pictures.parent / "archive" / "2026"
    moved.mkdir(parents=True)
    (pictures / "b_HSQC.png").rename(moved / "renamed.png")
    window.session.set_source_state(row, SourceState.MISSING)
    finish(window)
    window.commands.update_actions()
    window.page.details.refresh()
    asked = []
    monkeypatch.setattr(
        QFileDialog,
        "getExistingDirectory",
        lambda parent, title, start: asked.append(title) or str(moved.parent),
    )
    window.page.details.relink.click()
    finish(window)
    assert asked == ["Folder in which to look for the moved file"]
    item = window.session.find(row)
    assert (item.source, Path(item.path).name) == (SourceState.PRESENT, "renamed.png")
    window.actions_["undo"].trigger()
    assert Path(window.session.find(row).path).name == "b_HSQC.png"


def test_who_waits_for_the_networks_goes_on_waiting_in_another_project(begin, finish, tmp_path):
    """Else "starting" would stand there until the first analysis."""
    create_project(tmp_path / "mine.nmrcam").store.close()
    window = begin()
    started = []
    window.workbench.client.start = lambda *a: started.append(a)
    window.workbench.client._status = ServerStatus(ServerState.STARTING)
    window.desk.open(tmp_path / "mine.nmrcam")
    finish(window)
    assert window.desk.title == "mine"
    assert len(started) == 1
