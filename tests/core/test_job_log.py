"""The log of jobs: states, rates, history."""

from __future__ import annotations

import pytest

from nmrcam_qt.core import job_log
from nmrcam_qt.core.job_log import Failure, JobChange, JobLog, JobState


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_rate_and_time_left_over_a_window(clock: Clock) -> None:
    log = JobLog(clock)
    log.add(1, "a", "inference")
    log.start(1)
    log.progress(1, 0, 1000, "waiting for the inference process")
    clock.now += 30  # TensorFlow starts: that is no rate
    log.progress(1, 0, 1000)
    assert log.rate(1) is None and log.seconds_left(1) is None
    clock.now += 0.6
    log.progress(1, 2, 1000)
    assert log.rate(1) is not None and log.seconds_left(1) is None  # too early to tell
    clock.now -= 0.6
    for second in range(1, 21):
        clock.now += 1
        log.progress(1, 10 * second, 1000)
    assert log.rate(1) == pytest.approx(10)
    assert log.seconds_left(1) == pytest.approx(80)
    for second in range(1, 21):
        clock.now += 1
        log.progress(1, 200 + 2 * second, 1000)
    assert log.rate(1) == pytest.approx(2), "what was long ago is forgotten"
    clock.now += 16
    assert log.rate(1) is not None and log.rate(1) < 1, "a job that stalls gets slower"
    entry = log.find(1)
    assert entry is not None and entry.elapsed(log.now) == pytest.approx(86)


def test_an_end_stops_the_clock_and_keeps_the_reason(clock: Clock) -> None:
    log = JobLog(clock)
    log.add(1, "a", "files", "files")
    log.start(1)
    log.progress(1, 3, 10, "x.png")
    clock.now += 4
    log.cancelling(1)
    log.end(1, JobState.FAILED, "x.png: broken", can_retry=True)
    clock.now += 100
    entry = log.find(1)
    assert entry is not None
    assert (entry.state, entry.reason, entry.text) == (JobState.FAILED, "x.png: broken", "")
    assert entry.can_retry and not entry.cancelling
    assert entry.elapsed(log.now) == pytest.approx(4)
    assert log.seconds_left(1) is None
    log.retried(1)
    assert not log.entries[0].can_retry


def test_a_job_waits_for_those_of_its_lane(clock: Clock) -> None:
    log = JobLog(clock)
    for number, lane in ((1, "a"), (2, "b"), (3, "a"), (4, "a")):
        log.add(number, f"job {number}", lane)
    log.start(1)
    assert [getattr(log.waits_for(n), "number", None) for n in (1, 2, 3, 4)] == [None, None, 1, 3]
    log.end(1, JobState.SUCCEEDED)
    assert log.waits_for(3) is None


def test_the_history_is_bounded_and_can_be_cleared(clock: Clock) -> None:
    log = JobLog(clock)
    log.add(1, "runs for long", "a")
    log.start(1)
    for number in range(2, 202):
        log.add(number, "b", "b")
        log.piece_failed(number, "x", "broken")
        log.end(number, JobState.SUCCEEDED)
    assert len(log.entries) == 1 + job_log.MAX_ENDED
    assert log.entries[0].number == 1, "what runs is never forgotten"
    assert len(log._failures) == job_log.MAX_ENDED
    log.clear_ended()
    assert [e.number for e in log.entries] == [1]
    assert not log._failures


def test_failures_are_counted_and_the_first_are_kept(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_log, "MAX_FAILURES", 3)
    log = JobLog(clock)
    log.add(1, "a", "a")
    for n in range(5):
        log.piece_failed(1, f"s{n}", "broken")
    assert list(log.failures(1)) == [Failure(f"s{n}", "broken") for n in range(3)]
    assert log.entries[0].n_failures == 5


def test_unknown_jobs_are_passed_over(clock: Clock) -> None:
    log = JobLog(clock)
    log.progress(7, 1, 2)
    log.end(7, JobState.FAILED)
    log.piece_failed(7, "x", "y")
    assert not log.entries and log.rate(7) is None


def test_observers_are_told_before_and_after(clock: Clock) -> None:
    log, said = JobLog(clock), []
    end = log.subscribe(lambda change, row: said.append((change, row)))
    log.add(1, "a", "a")
    log.piece_failed(1, "x", "broken")
    log.end(1, JobState.SUCCEEDED)
    log.clear_ended()
    assert said == [
        (JobChange.ABOUT_TO_ADD, 0),
        (JobChange.ADDED, 0),
        (JobChange.ABOUT_TO_FAIL, 0),
        (JobChange.PIECE_FAILED, 0),
        (JobChange.CHANGED, 0),
        (JobChange.CHANGED, 0),
        (JobChange.ABOUT_TO_REMOVE, 0),
        (JobChange.REMOVED, 0),
    ]
    end()
    log.add(2, "b", "a")
    assert len(said) == 8
