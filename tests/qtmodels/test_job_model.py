"""The list of jobs as an item model: a tree that follows the log."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from nmrcam_qt.core.job_log import JobLog, JobState
from nmrcam_qt.qtmodels.job_model import (
    NUMBER_ROLE,
    JobColumn,
    JobModel,
    duration_text,
)


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def log(clock):
    return JobLog(lambda: clock[0])


@pytest.fixture
def model(qapp, log, qtmodeltester):
    made = JobModel(log)
    # Looks at every change; what is wrong is a warning of Qt, and that fails the test.
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Warning)
    yield made
    qtmodeltester.check(made)
    del tester


def _row(model, row):
    return [model.index(row, c).data() for c in JobColumn]


def test_a_running_job(model, log, clock):
    log.add(1, "Analysing 300 spectra", "inference")
    log.start(1)
    log.progress(1, 0, 300)
    clock[0] = 10.0
    log.progress(1, 120, 300, "kuhn_120.png")
    assert _row(model, 0) == [
        "Analysing 300 spectra",
        "running",
        "120 of 300",
        "12.0 spectra/s",
        "0:15",
        "0:10",
        "kuhn_120.png",
    ]


def test_waiting_cancelling_failed_and_done_in_part(model, log):
    for number in (1, 2, 3):
        log.add(number, f"job {number}", "inference")
    log.start(1)
    log.cancelling(1)
    assert _row(model, 0)[1] == "cancelling …"
    assert _row(model, 1)[1:] == ["waiting", "", "", "", "", "after: job 1"]
    log.end(1, JobState.FAILED, "The process ended.")
    assert (_row(model, 0)[1], _row(model, 0)[6]) == ("failed", "The process ended.")
    log.piece_failed(2, "x", "broken")
    log.end(2, JobState.SUCCEEDED)
    assert (_row(model, 1)[1], _row(model, 1)[6]) == ("done in part", "1 failed")
    log.end(3, JobState.SUCCEEDED)
    assert _row(model, 2)[1] == "done"


def test_failures_lie_below_their_job(model, log):
    log.add(1, "a", "a")
    log.add(2, "b", "a")
    log.piece_failed(2, "x.png", "x.png: broken")
    log.piece_failed(2, "y.png", "found HMBC")
    top = model.index(1, 0)
    assert [model.rowCount(model.index(r, 0)) for r in (0, 1)] == [0, 2]
    assert [model.index(r, 0, top).data() for r in (0, 1)] == [
        "x.png: broken",
        "y.png: found HMBC",
    ]
    assert model.index(1, 0, top).parent() == top
    assert model.index(1, 0, top).data(NUMBER_ROLE) == 2
    log.end(1, JobState.SUCCEEDED)
    log.clear_ended()
    assert model.index(0, 0, model.index(0, 0)).parent() == model.index(0, 0)


def test_names_of_strangers_are_no_html_in_tips(model, log):
    log.add(1, "<img src='http://x'>.png", "a")
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img" in tip


def test_the_model_follows_any_sequence(model, log, clock):
    rng = random.Random(3)  # noqa: S311
    number = 0
    for _ in range(400):
        clock[0] += rng.random()
        open_ = [e.number for e in log.entries if not e.state.is_over]
        match rng.choice(["add", "fail", "progress", "end", "clear"]):
            case "add":
                number += 1
                log.add(number, f"job {number}", rng.choice("ab"))
            case "fail" if open_:
                log.piece_failed(rng.choice(open_), "x", "broken")
            case "progress" if open_:
                log.progress(rng.choice(open_), rng.randrange(10), 10)
            case "end" if open_:
                log.end(rng.choice(open_), rng.choice(list(JobState)[2:]))
            case "clear" if rng.random() < 0.1:
                log.clear_ended()
        assert model.rowCount() == len(log.entries)
    shown = [model.index(r, 0).data() for r in range(model.rowCount())]
    assert shown == [e.title for e in log.entries]
    assert [model.rowCount(model.index(r, 0)) for r in range(model.rowCount())] == [
        len(log.failures(e.number)) for e in log.entries
    ]


def test_the_clock_runs_only_while_something_does(model, log, clock, qtbot):
    assert not model._clock.isActive()
    log.add(1, "a", "a")
    log.start(1)
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.column(), last.column())))
    qtbot.waitUntil(lambda: bool(changed), timeout=3000)
    assert changed[0] == (JobColumn.RATE, JobColumn.DETAILS)
    log.end(1, JobState.SUCCEEDED)
    qtbot.waitUntil(lambda: not model._clock.isActive(), timeout=3000)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (3723, "1:02:03")]
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text


def test_an_index_out_of_the_list_is_none(model):
    assert model.data(QModelIndex()) is None
    assert not model.index(0, 0).isValid()
