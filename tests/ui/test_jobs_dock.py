"""The list of jobs in the window, and what may happen while jobs run."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from window_builders import packed, write_picture

from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.job_log import JobState
from nmrcam_qt.session.items import AnalysisKey, ItemState, SourceState
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.job_dock import JobPanel
from nmrcam_qt.workers.analyse_job import NotAnalysed, StartJob
from nmrcam_qt.workers.runner import Lane

GONE = AnalysisKey("net-hsqc", (99,), None)


class Gate:
    """A job that waits at its gate and then does as it is told."""

    unit = "spectra"

    def __init__(self, title="Gate", end=None, failures=0):
        self.title, self.end, self.failures = title, end, failures
        self.gate = threading.Event()

    def run(self, context):
        for number in range(self.failures):
            context.part(NotAnalysed(GONE, f"s{number}", "found HMBC; expected HSQC"))
        while not self.gate.wait(0.01):
            context.step(3, 10, "s3.png")
        if self.end is not None:
            raise self.end


@pytest.fixture
def panel(window):
    window.docks.jobs.show()
    return window.page.jobs


@pytest.fixture
def run(window):
    made = []

    def start(job, lane=Lane.FILES):
        made.append(job)
        return window.workbench.runner.submit(job, lane)

    yield start
    for job in made:
        job.gate.set()


def _entry(window, number):
    return window.workbench.runner.log.find(number)


def _add(window, n, first=0):
    return window.session.add([packed(f"s{i}") for i in range(first, first + n)])


def _ends(runner):
    said = []
    for kind in ("succeeded", "failed", "cancelled"):
        getattr(runner, kind).connect(lambda n, *rest, kind=kind: said.append((n, kind)))
    return said


def test_without_jobs_it_says_so_and_every_button_says_why_not(panel):
    assert panel.empty.isVisible() and "No jobs yet" in panel.empty.text()
    for button in (panel.cancel_button, panel.retry_button, panel.clear_button):
        assert not button.isEnabled() and button.toolTip()


def test_cancel_by_button_and_by_key(window, panel, run, qtbot, finish):
    first, second = run(Gate("first")), run(Gate("second"), Lane.EXPORT)
    qtbot.waitUntil(lambda: _entry(window, first).done == 3)
    panel.select(first)
    assert panel.cancel_button.isEnabled()
    assert panel.retry_button.toolTip() == "This job has not ended yet."
    qtbot.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    panel.select(second)
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    finish(window)
    states = [_entry(window, n).state for n in (first, second)]
    assert states == [JobState.CANCELLED] * 2
    assert panel.cancel_button.toolTip() == "This job has ended."


def test_a_failed_job_shows_its_reason_and_what_failed(window, panel, run, qtbot, finish):
    job = Gate("Analysing", NmrCamError("The inference process ended."), failures=3)
    number = run(job)
    job.gate.set()
    finish(window)
    panel.select(number)
    assert panel.reason.isVisible() and panel.reason.text() == "The inference process ended."
    top = panel.model.index(0, 0)
    panel.tree.expand(top)
    assert panel.model.rowCount(top) == 3
    assert panel.tree.isFirstColumnSpanned(2, top)
    panel.tree.selectAll()
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 4 and lines[1] == "s0: found HMBC; expected HSQC"
    assert "The inference process ended." in lines[0]
    assert "Nothing is left" in panel.retry_button.toolTip()
    qtbot.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)
    assert panel.model.rowCount() == 0 and panel.empty.isVisible()


def test_a_new_job_is_selected_unless_the_user_looks_at_one_that_runs(
    window, panel, run, qtbot, finish
):
    first = run(Gate("first"))
    second = run(Gate("second"))
    assert panel.current.number == first
    panel.select(second)
    run(Gate("third"))
    assert panel.current.number == second
    texts = [panel.model.job_index(second, c).data() for c in (1, 6)]
    assert texts == ["waiting", "after: first"]


def test_jobs_that_were_begun_before_the_panel_was_made(window, run, qtbot):
    """The panel of a closed dock is made after the first paint (`--samples` begins before)."""
    ended = Gate("first", NmrCamError("The inference process ended."), failures=3)
    number = run(ended)
    ended.gate.set()
    qtbot.waitUntil(lambda: _entry(window, number).state is JobState.FAILED)
    running = run(Gate("second"))
    panel = JobPanel(window.workbench.runner)
    assert panel.current.number == running
    assert all(panel.tree.isFirstColumnSpanned(k, panel.model.index(0, 0)) for k in range(3))
    assert panel.cancel_button.isEnabled() and panel.clear_button.isEnabled()
    panel.deleteLater()


def test_the_status_bar_leads_to_the_list(window, run, qtbot):
    number = run(Gate("Opening 40 files"))
    qtbot.waitUntil(lambda: "4 of 10" in window.job_bar.title.text())
    assert window.docks.jobs.isHidden()
    qtbot.mouseClick(window.job_bar.title, Qt.MouseButton.LeftButton)
    assert window.docks.jobs.isVisible()
    assert window.page.jobs.current.number == number
    window.job_bar.cancel_button.click()
    assert "Cancelling" in window.job_bar.title.text()
    assert not window.job_bar.cancel_button.isEnabled()


def test_what_could_not_be_analysed_is_analysed_on_retry(window, panel, finish, monkeypatch, qtbot):
    monkeypatch.setenv("FAKE_NO_TENSORFLOW", "1")
    ids = _add(window, 5)
    window.workbench.analyse(ids)
    finish(window)
    assert {i.state for i in window.session.items} == {ItemState.FAILED}
    assert "No module named 'tensorflow'" in panel.reason.text()
    monkeypatch.delenv("FAKE_NO_TENSORFLOW")
    window.session.remove(ids[:1])
    qtbot.mouseClick(panel.retry_button, Qt.MouseButton.LeftButton)
    assert {i.state for i in window.session.items} == {ItemState.WAITING}
    finish(window)
    assert {i.state for i in window.session.items} == {ItemState.ANALYSED}
    assert panel.current.title == "Analysing 4 spectra", "what is gone is not analysed"


def test_a_cancelled_analysis_goes_on_where_it_was(window, panel, trouble, finish, qtbot):
    window.workbench.start_server()
    finish(window)
    ids = _add(window, 6)
    trouble.write_text("held")
    window.workbench.analyse(ids)
    qtbot.waitUntil(lambda: panel.current.state is JobState.RUNNING)
    qtbot.waitUntil(lambda: not trouble.exists())
    panel.cancel_button.click()
    finish(window)
    trouble.with_suffix(".go").touch()
    assert {i.state for i in window.session.items} == {ItemState.NEW}
    panel.retry_button.click()
    finish(window)
    assert {i.state for i in window.session.items} == {ItemState.ANALYSED}
    assert not window.session.problems


def test_selecting_and_removing_while_an_analysis_runs(window, finish, qtbot):
    ids = _add(window, 80)
    said = _ends(window.workbench.runner)
    window.workbench.analyse(ids)
    session = window.session

    def n_done():
        return sum(item.state is ItemState.ANALYSED for item in session.items)

    qtbot.waitUntil(lambda: n_done() > 0, timeout=20_000)
    for step, item_id in enumerate(ids[::-1][:40]):
        session.select(ids[(7 * step) % 40])
        session.remove((item_id,))
        if step % 10 == 0:
            qtbot.wait(1)
    finish(window)
    assert len(session.items) == 40
    assert {i.state for i in session.items} == {ItemState.ANALYSED}
    assert [kind for _, kind in said] == ["succeeded"]
    assert not session.problems


def test_another_project_while_jobs_run(window, run, finish, qtbot):
    before = window.workbench
    said = _ends(before.runner)
    window.workbench.analyse(_add(window, 40))
    waiting = run(Gate())
    qtbot.waitUntil(lambda: len(before.runner.log.entries) == 2)
    old = window.session
    window.show_workbench(before.another(Session()))
    assert window.ended_cleanly
    assert len({number for number, _ in said}) == len(said) == 2
    assert dict(said)[waiting] == "cancelled"
    assert not any(i.state is ItemState.WAITING for i in old.items)
    # Nothing of the old project; the networks are waited for where they are still starting.
    assert {e.title for e in window.workbench.runner.log.entries} <= {StartJob.title}
    window.workbench.analyse(_add(window, 3))
    finish(window)
    assert {i.state for i in window.session.items} == {ItemState.ANALYSED}


def test_closing_the_window_while_many_jobs_run_and_wait(window, run, qtbot):
    said = _ends(window.workbench.runner)
    window.workbench.analyse(_add(window, 40))
    numbers = [run(Gate(), lane) for lane in (Lane.FILES, Lane.FILES, Lane.EXPORT, Lane.SOURCES)]
    qtbot.waitUntil(lambda: _entry(window, numbers[0]).done == 3)
    window.close()
    assert window.ended_cleanly
    assert sorted(n for n, _ in said) == [1, *numbers], "every job ended once"


def test_a_job_that_raises_cancelled_by_itself_is_cancelled(window, run, finish):
    job = Gate(end=Cancelled())
    number = run(job)
    job.gate.set()
    finish(window)
    assert _entry(window, number).state is JobState.CANCELLED


def test_moved_files_are_noticed_and_found_again(window, tmp_path, finish):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    paths = [write_picture(old / f"{n}_hsqc.png", (10 + n, 50)) for n in range(3)]
    window.workbench.open(paths)
    finish(window)
    paths[0].rename(new / "another_name.png")
    write_picture(paths[1], (70, 70))
    window.workbench.check_sources()
    finish(window)
    states = [item.source for item in window.session.items]
    assert states == [SourceState.MISSING, SourceState.CHANGED, SourceState.PRESENT]
    ids = [item.id for item in window.session.items][:2]
    window.workbench.relink(new, ids)
    finish(window)
    first, second, _ = window.session.items
    assert first.source is SourceState.PRESENT and first.path == str(new / "another_name.png")
    assert first.name == "0_hsqc"
    assert second.source is SourceState.CHANGED
    assert [p.text for p in window.session.problems] == [
        "1_hsqc: no file with the content of 1_hsqc.png was found"
    ]


def test_moved_files_that_were_found_together_are_one_step(window, tmp_path, finish):
    old, new = tmp_path / "old", tmp_path / "new"
    new.mkdir()
    old.mkdir()
    paths = [write_picture(old / f"{n}_hsqc.png", (10 + n, 50)) for n in range(3)]
    window.workbench.open(paths)
    finish(window)
    for path in paths:
        path.rename(new / path.name)
    steps = window.page.undo_stack.count()
    window.workbench.relink(new, [item.id for item in window.session.items])
    finish(window)
    assert {Path(item.path).parent for item in window.session.items} == {new}
    assert window.page.undo_stack.count() == steps + 1
    assert window.page.undo_stack.undoText() == "Relink 3 spectra"
    window.page.undo_stack.undo()
    assert {Path(item.path).parent for item in window.session.items} == {old}
