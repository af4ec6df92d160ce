"""The display worker: outside the window's thread, once per key, latest wish, no leaks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import pytest
from qt_guards import no_leaks, qt_messages  # noqa: F401

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.workers.display_worker import DisplayWorker, Failed, Shelf


@dataclass(frozen=True)
class Thing:
    name: str
    nbytes: int = 1


@pytest.fixture
def worker(qtbot):
    made = DisplayWorker()
    made.heard = []
    made.arrived.connect(lambda key, thing: made.heard.append((key, thing)))
    yield made
    qtbot.waitUntil(lambda: not made.busy)


def once(name, calls=None, gate=None):
    """Work that makes one thing, after a gate opens."""

    def work(progress):
        if calls is not None:
            calls.append((name, threading.current_thread() is threading.main_thread()))
        if gate is not None:
            while not gate.wait(0.005):
                progress.step(0, 1)
        yield Thing(name)

    return work


def test_work_is_done_outside_the_windows_thread_and_kept(worker, qtbot):
    calls = []
    assert worker.ask("pane", "a", once("a", calls)) is None
    qtbot.waitUntil(lambda: bool(worker.heard))
    assert worker.heard == [("a", Thing("a"))]
    qtbot.waitUntil(lambda: not worker.busy)
    assert worker.ask("pane", "a", once("a", calls)) == Thing("a")
    assert calls == [("a", False)]


def test_several_owners_share_one_piece_of_work(worker, qtbot):
    calls, gate = [], threading.Event()
    for owner in range(4):
        assert worker.ask(owner, "a", once("a", calls, gate)) is None
    worker.give_up(0)
    gate.set()
    qtbot.waitUntil(lambda: bool(worker.heard))
    assert len(calls) == 1


def test_the_latest_wish_counts(worker, qtbot):
    calls, gate = [], threading.Event()
    for number in range(50):
        worker.ask("pane", number, once(number, calls, gate))
        if number == 0:
            qtbot.waitUntil(lambda: bool(calls))
    gate.set()
    qtbot.waitUntil(lambda: (49, Thing(49)) in worker.heard)
    assert [name for name, _ in calls] == [0, 49], "what nobody wants any more was made"
    assert worker.heard == [(49, Thing(49))], "what was cancelled arrived"


def test_what_another_owner_wants_goes_on(worker, qtbot):
    gate = threading.Event()
    worker.ask("one", "a", once("a", gate=gate))
    worker.ask("other", "a", once("a", gate=gate))
    worker.ask("one", "b", once("b", gate=gate))
    gate.set()
    qtbot.waitUntil(lambda: len(worker.heard) == 2)
    assert [key for key, _ in worker.heard] == ["a", "b"]


def test_better_versions_follow(worker, qtbot):
    seen = threading.Event()

    def work(progress):
        yield Thing("rough")
        seen.wait(60)
        yield Thing("fine")

    worker.ask("pane", "a", work)
    qtbot.waitUntil(lambda: bool(worker.heard))
    assert worker.heard == [("a", Thing("rough"))]
    assert worker.shelf.get("a") is None, "only what is complete is kept"
    seen.set()
    qtbot.waitUntil(lambda: len(worker.heard) == 2)
    qtbot.waitUntil(lambda: not worker.busy)
    assert worker.shelf.get("a") == Thing("fine")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ReadError("a.ft2", "cut off"), "a.ft2: cut off"),
        (MemoryError(), "memory"),
        (ZeroDivisionError("bug"), "ZeroDivisionError: bug"),
    ],
)
def test_failures_become_sentences_and_the_next_work_is_done(worker, qtbot, caplog, error, said):
    def work(progress):
        raise error
        yield

    worker.ask("pane", "bad", work)
    worker.ask("other", "good", once("good"))
    qtbot.waitUntil(lambda: len(worker.heard) == 2)
    (_, failed), (_, good) = worker.heard
    assert isinstance(failed, Failed) and said in failed.reason
    assert good == Thing("good")
    assert worker.shelf.get("bad") is None


def test_the_thread_ends_when_there_is_nothing_to_do(worker, qtbot):
    for number in range(20):
        worker.ask("pane", number, once(number))
        time.sleep(0.002)
    qtbot.waitUntil(lambda: not worker.busy)
    qtbot.waitUntil(lambda: "display" not in {thread.name for thread in threading.enumerate()})


def test_a_shelf_forgets_the_longest_unused_first():
    shelf = Shelf(most=30)
    for name in "abc":
        shelf.put(name, Thing(name, 10))
    assert shelf.get("a") == Thing("a", 10)
    shelf.put("d", Thing("d", 10))
    assert shelf.get("b") is None and shelf.get("a") is not None
    shelf.put("huge", Thing("huge", 1000))
    assert shelf.get("huge") is not None, "the newest is kept, however large"
    assert shelf.get("a") is None
