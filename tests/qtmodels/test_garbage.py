"""Cycles of garbage go between events, in the thread of the window, and nowhere else."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from typing import ClassVar

import pytest
import shiboken6
from PySide6.QtCore import QObject
from window_builders import list_spectrum, make_analysis

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.garbage import (
    EVERY_MS,
    GarbageTimer,
    LettingGo,
    _Lives,
    collect_due,
    set_aside,
)
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.session.results import ResultRecord
from nmrcam_qt.session.session import Session


class Cycle:
    """Garbage that says in which thread it went."""

    went: ClassVar[list[threading.Thread]] = []

    def __init__(self):
        self.itself = self

    def __del__(self):
        Cycle.went.append(threading.current_thread())


@pytest.fixture(autouse=True)
def as_before():
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    Cycle.went = []
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    (gc.enable if enabled else gc.disable)()


def _many():
    """More objects than Python makes between two collections of its own."""
    return [[] for _ in range(gc.get_threshold()[0] * 3)]


def test_no_collection_while_a_call_or_a_worker_runs(qtbot):
    window = QObject()
    GarbageTimer(window)
    Cycle()
    _many()
    worker = threading.Thread(target=_many)
    worker.start()
    worker.join()
    assert Cycle.went == []
    assert not gc.isenabled()


def test_the_event_loop_collects(qtbot):
    window = QObject()
    timer = GarbageTimer(window)
    timer.begin()
    Cycle()
    kept = _many()
    qtbot.waitUntil(lambda: bool(Cycle.went), timeout=20 * EVERY_MS)
    assert Cycle.went == [threading.main_thread()]
    assert len(kept) > gc.get_threshold()[0]


def test_begin_sets_aside_only_once(qtbot):
    window = QObject()
    timer = GarbageTimer(window)
    timer.begin()
    kept = Cycle()
    gone = weakref.ref(kept)
    timer.begin()
    del kept
    gc.collect()  # what was made after the first time is still looked through
    assert gone() is None


def test_older_generations_follow_the_younger():
    gc.disable()
    gc.collect()
    collected = []

    def note(phase, info):
        if phase == "start":
            collected.append(info["generation"])

    gc.callbacks.append(note)
    try:
        collect_due()
        assert collected == []  # nothing was made: nothing is due
        rounds = gc.get_threshold()[1] + 2
        kept = []
        for _ in range(rounds):
            kept.append(_many())
            collect_due()
    finally:
        gc.callbacks.remove(note)
    assert len(kept) == rounds
    assert collected.count(0) == rounds
    assert collected.count(1) == 1


def test_the_oldest_generation_only_where_it_has_grown_by_a_quarter(monkeypatch):
    gc.disable()
    gc.collect()
    frozen = sys.getallocatedblocks()
    thresholds = gc.get_threshold()
    kept, collected = [[] for _ in range(200_000)], []

    def note(phase, info):
        if phase == "start":
            collected.append(info["generation"])

    def full_ones(rounds: int) -> int:
        """How often the oldest was collected, each generation due every other time."""
        collected.clear()
        for _ in range(rounds):
            some = [set() for _ in range(20)]  # no free list keeps any of these
            collect_due()
            del some
        return collected.count(2)

    gc.callbacks.append(note)
    gc.set_threshold(10, 1, 1)
    monkeypatch.setattr(_Lives, "frozen", frozen)
    monkeypatch.setattr(_Lives, "before", frozen)
    try:
        assert full_ones(12) == 1  # nobody knows how many there were
        assert full_ones(12) == 0
        kept += [[] for _ in range(400_000)]
        assert full_ones(12) == 1
        assert full_ones(12) == 0
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*thresholds)


def test_rows_that_are_set_aside_do_not_count_as_growth(monkeypatch):
    gc.disable()
    gc.collect()
    monkeypatch.setattr(_Lives, "frozen", sys.getallocatedblocks())
    monkeypatch.setattr(_Lives, "before", sys.getallocatedblocks())
    kept = []
    for _ in range(10):
        kept.append([[] for _ in range(30_000)])
        set_aside()
    assert not _Lives.has_grown()
    kept.append([[] for _ in range(100_000)])
    assert _Lives.has_grown()
    assert len(kept) == 11


def test_a_tuple_that_another_thread_makes_is_not_touched(qtbot):
    """`gc.get_objects` would hold it, and the thread could not finish it."""
    window = QObject()
    letting_go = LettingGo(window)
    failed, over = [], threading.Event()

    def work():
        try:
            while not over.is_set():
                # More than were expected, so that the tuple grows, and lets others run meanwhile.
                assert len(tuple(time.sleep(0) for _ in range(60))) == 60
        except SystemError as error:
            failed.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    end = time.monotonic() + 1.0
    gc.set_threshold(1, 1, 1)
    while time.monotonic() < end:
        collect_due()
        set_aside()
        letting_go.take(Session())
        letting_go._go_on()
    over.set()
    for worker in workers:
        worker.join()
    assert failed == []


def test_what_is_young_garbage_is_not_set_aside():
    gc.disable()
    Cycle()
    set_aside()
    assert len(Cycle.went) == 1


NAME = "a spectrum that is let go"


@pytest.fixture
def filled():
    """A session with results, tags, a sample and what was worked out from it."""
    session = Session()
    session.set_networks({})
    experiments = [Experiment.HSQC, Experiment.HMBC] * 60
    spectra = [list_spectrum([(n, 50.0)], e, NAME) for n, e in enumerate(experiments, 1)]
    ids = session.add([pack(spectrum) for spectrum in spectra])
    session.group(ids[:2])
    for item_id in ids:
        key = AnalysisKey("net-hsqc", (item_id,), None)
        session.store(key, make_analysis((), (0.2, 0.7, 0.1), ("indole",)))
    assert session.samples
    return session


def test_a_session_that_is_let_go_is_freed_without_a_collection(qtbot, filled):
    """But for its shell, which takes no part of the rows with it."""
    gc.disable()
    window = QObject()
    letting_go = LettingGo(window)
    left = []

    def here() -> int:
        found = [o for o in gc.get_objects() if isinstance(o, PackedSpectrum | ResultRecord)]
        return sum(getattr(o, "name", NAME) == NAME for o in found) - before

    before = 0  # what other tests left
    before = here() - 240
    gc.callbacks.append(lambda phase, _: left.append(here()))
    try:
        letting_go.take(filled)
        assert letting_go.is_busy
        assert here() == 240, "nothing goes in the turn that asks for it"
        qtbot.waitUntil(lambda: not letting_go.is_busy, timeout=5000)
    finally:
        del gc.callbacks[-1]
    assert left[0] == 0, "all of it was gone before the collection"


def test_two_sessions_that_are_let_go_at_once(qtbot):
    window = QObject()
    letting_go = LettingGo(window)
    both = [Session(), Session()]
    for session in both:
        session.add([pack(list_spectrum([(3.0, 50.0)], Experiment.HSQC, "one"))])
        letting_go.take(session)
    qtbot.waitUntil(lambda: not letting_go.is_busy, timeout=5000)
    assert all(len(session) == 0 for session in both)


def test_a_window_that_is_deleted_lets_go_of_nothing_any_more(qtbot):
    """Its page goes after the timer that would empty the session: an error at every such end."""
    window = QObject()
    letting_go = LettingGo(window)
    page = QObject(window)
    letting_go.take_after(page, Session())
    shiboken6.delete(window)
    assert not shiboken6.isValid(page)
    other = QObject()
    letting_go, page = LettingGo(other), QObject(other)
    letting_go.take_after(page, Session())
    shiboken6.delete(page)
    assert letting_go.is_busy
    qtbot.waitUntil(lambda: not letting_go.is_busy, timeout=5000)
