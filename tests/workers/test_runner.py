"""Every job ends in exactly one way; threads end with the runner."""

from __future__ import annotations

import threading
import time

import pytest

from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.job_log import JobState
from nmrcam_qt.workers.jobs import FunctionJob
from nmrcam_qt.workers.mailbox import MAX_PARTS
from nmrcam_qt.workers.runner import (
    DELIVERY_BUDGET_S,
    DELIVERY_INTERVAL_MS,
    JobRunner,
    Lane,
)


@pytest.fixture
def runner(qapp, no_leaks):
    made = JobRunner()
    made.said = []
    made.succeeded.connect(lambda n, result: made.said.append(("succeeded", n, result)))
    made.failed.connect(lambda n, text: made.said.append(("failed", n, text)))
    made.cancelled.connect(lambda n: made.said.append(("cancelled", n)))
    yield made
    assert made.shutdown()


def wait(qtbot, runner):
    qtbot.waitUntil(lambda: not runner.running, timeout=10_000)
    qtbot.wait(30)


def _raise(error):
    def work(context):
        raise error

    return work


def test_one_end_for_each_job(runner, qtbot, caplog):
    ids = [
        runner.submit(FunctionJob("a", lambda context: 7)),
        runner.submit(FunctionJob("b", _raise(NmrCamError("x.csv: broken")))),
        runner.submit(FunctionJob("c", _raise(KeyError("bug")))),
        runner.submit(FunctionJob("d", _raise(Cancelled()))),
        runner.submit(FunctionJob("e", _raise(MemoryError()))),
    ]
    wait(qtbot, runner)
    assert runner.said == [
        ("succeeded", ids[0], 7),
        ("failed", ids[1], "x.csv: broken"),
        ("failed", ids[2], "c: unexpected failure (KeyError: 'bug')."),
        ("cancelled", ids[3]),
        ("failed", ids[4], "e: not enough memory."),
    ]
    assert "KeyError" in caplog.text, "a bug's traceback belongs into the log"


def test_jobs_run_outside_the_windows_thread_and_signals_arrive_in_it(runner, qtbot):
    places = []
    runner.succeeded.connect(lambda n, result: places.append(threading.get_ident()))
    number = runner.submit(FunctionJob("a", lambda context: threading.get_ident()))
    wait(qtbot, runner)
    assert runner.said[0][:2] == ("succeeded", number)
    assert runner.said[0][2] != threading.get_ident()
    assert places == [threading.get_ident()]


def test_cancel_before_and_during(runner, qtbot):
    ran = []

    def work(context):
        ran.append(1)
        while True:
            context.step(0, 10)
            time.sleep(0.005)

    first = runner.submit(FunctionJob("a", work))
    second = runner.submit(FunctionJob("b", work))
    runner.cancel(second)
    qtbot.waitUntil(lambda: bool(ran))
    runner.cancel(first)
    wait(qtbot, runner)
    # What only waits need not wait for its turn to be cancelled.
    assert runner.said == [("cancelled", second), ("cancelled", first)]
    assert ran == [1]


def test_what_had_begun_says_itself_how_it_ended(runner, qtbot):
    """A project that was opened all the same must reach whoever closes it."""
    begun, gate = threading.Event(), threading.Event()

    def work(context):
        begun.set()
        gate.wait(60)
        return "opened"

    number = runner.submit(FunctionJob("a", work))
    assert begun.wait(60)
    runner.cancel(number)  # before the window was told that it began
    gate.set()
    wait(qtbot, runner)
    assert runner.said == [("succeeded", number, "opened")]


def test_a_listener_that_breaks_holds_up_nothing(runner, qtbot):
    def broken(change, row):
        raise RuntimeError("a listener's bug")

    ids = [runner.submit(FunctionJob("a", lambda context: 1)) for _ in range(3)]
    with qtbot.captureExceptions() as caught:
        unsubscribe = runner.log.subscribe(broken)
        qtbot.waitUntil(lambda: bool(caught))
        unsubscribe()
        wait(qtbot, runner)
    assert [said[:2] for said in runner.said][-1] == ("succeeded", ids[-1])


def test_what_breaks_after_cancel_is_cancelled(runner, qtbot):
    def work(context):
        while not context.is_cancelled:
            time.sleep(0.005)
        raise NmrCamError("the pipe broke")

    number = runner.submit(FunctionJob("a", work))
    runner.cancel(number)
    wait(qtbot, runner)
    assert runner.said == [("cancelled", number)]


def test_lanes_run_side_by_side(runner, qtbot):
    gate = threading.Event()
    slow = runner.submit(FunctionJob("slow", lambda context: gate.wait(60)), Lane.INFERENCE)
    quick = runner.submit(FunctionJob("quick", lambda context: 1), Lane.FILES)
    qtbot.waitUntil(lambda: bool(runner.said))
    assert runner.said == [("succeeded", quick, 1)]
    gate.set()
    wait(qtbot, runner)
    assert runner.said[1] == ("succeeded", slow, True)


def test_progress_is_throttled_and_parts_come_in_order(runner, qtbot):
    steps, parts = [], []
    runner.progressed.connect(lambda n, done, total, text: steps.append(done))
    runner.part.connect(lambda n, part: parts.append(part))

    def work(context):
        for i in range(5000):
            context.step(i, 5000)
        for i in range(100):
            context.part(i)
        context.step(5000, 5000)

    runner.submit(FunctionJob("a", work))
    wait(qtbot, runner)
    assert parts == list(range(100))
    assert steps[-1] == 5000
    assert len(steps) < 500


def test_shutdown_while_jobs_run_and_wait(qapp, no_leaks):
    runner = JobRunner()
    said = []
    runner.cancelled.connect(lambda n: said.append(n))  # noqa: PLW0108

    def work(context):
        while True:
            context.step(0, 1)
            time.sleep(0.005)

    first = runner.submit(FunctionJob("a", work))
    runner.submit(FunctionJob("b", work), Lane.INFERENCE)
    time.sleep(0.1)
    assert runner.shutdown()
    assert first in said
    with pytest.raises(RuntimeError, match="closed"):
        runner.submit(FunctionJob("c", work))


def test_shutdown_without_jobs(qapp, no_leaks):
    assert JobRunner().shutdown()


def test_many_parts_reach_the_window_in_slices(runner, qtbot, monkeypatch):
    """The window's thread has the time between; the job waits; the end comes last."""
    slices, lengths, got = [], [], []
    deliver = JobRunner._deliver

    def timed():
        began = time.perf_counter()
        deliver(runner)
        slices.append(time.perf_counter() - began)

    runner._timer.timeout.disconnect()
    runner._timer.timeout.connect(timed)

    def take(number, part):
        lengths.append(len(runner._mailbox))
        deadline = time.perf_counter() + 0.001
        while time.perf_counter() < deadline:
            pass
        got.append(part)

    runner.part.connect(take)
    runner.succeeded.connect(lambda n, result: got.append("end"))

    def work(context):
        for i in range(400):
            context.part(i)

    began = time.monotonic()
    runner.submit(FunctionJob("a", work))
    wait(qtbot, runner)
    took = time.monotonic() - began
    assert got == [*range(400), "end"]
    assert max(lengths) <= MAX_PARTS + 2
    busy = sorted(slices)[len(slices) // 2]
    assert busy < 3 * DELIVERY_BUDGET_S, "half of the slices are short, whatever else runs here"
    assert len(slices) <= took / (DELIVERY_INTERVAL_MS / 1e3) + 5


def test_a_job_that_waits_for_the_window_can_be_cancelled(qapp):
    runner = JobRunner()
    sent = []

    def work(context):
        for i in range(10 * MAX_PARTS):
            context.part(i)
            sent.append(i)

    number = runner.submit(FunctionJob("a", work))
    deadline = time.monotonic() + 60
    while len(sent) < MAX_PARTS and time.monotonic() < deadline:
        time.sleep(0.01)
    said, got = [], []
    runner.cancelled.connect(said.append)
    runner.part.connect(lambda n, part: got.append(part))
    assert runner.shutdown(), "the thread ended although nobody read what it said"
    assert said == [number]
    assert got == list(range(len(sent))), "results that are there are not thrown away"


class Repeats:
    """Fails until it may succeed."""

    title, unit = "Repeats", "files"

    def __init__(self, may):
        self.may = may

    def run(self, context):
        if not self.may:
            raise NmrCamError("not yet")

    def remaining(self):
        return None if self.may else self


def test_what_failed_can_be_done_again_once(runner, qtbot):
    may = []
    number = runner.submit(Repeats(may), Lane.SOURCES)
    wait(qtbot, runner)
    assert runner.log.find(number).can_retry
    job, lane = runner.take_remaining(number)
    assert lane is Lane.SOURCES
    assert runner.take_remaining(number) is None
    may.append(1)
    again = runner.submit(job, lane)
    wait(qtbot, runner)
    assert runner.said[-1] == ("succeeded", again, None)
    assert not runner.log.find(again).can_retry
    assert runner.take_remaining(again) is None


def test_the_log_follows(runner, qtbot):
    gate = threading.Event()

    def work(context):
        context.step(1, 4, "one")
        context.part(Piece())
        gate.wait(60)
        raise NmrCamError("broken")

    class Piece:
        piece, reason = "x.png", "no ink"

    first = runner.submit(FunctionJob("first", work))
    second = runner.submit(FunctionJob("second", lambda context: 1))
    qtbot.waitUntil(lambda: runner.log.find(first).n_failures == 1)
    qtbot.waitUntil(lambda: runner.log.find(first).done == 1)
    assert runner.log.find(first).state is JobState.RUNNING
    assert runner.log.waits_for(second).number == first
    gate.set()
    wait(qtbot, runner)
    ends = [(e.state, e.reason) for e in runner.log.entries]
    assert ends == [(JobState.FAILED, "broken"), (JobState.SUCCEEDED, "")]
    assert [f.name for f in runner.log.failures(first)] == ["x.png"]


def test_jobs_that_are_forgotten_are_let_go(runner, qtbot):
    number = runner.submit(Repeats([]))
    wait(qtbot, runner)
    assert number in runner._jobs
    runner.log.clear_ended()
    assert not runner._jobs
    assert runner.take_remaining(number) is None
