"""Cycles of garbage go between events, in the thread of the window, and nowhere else."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject

from nmrcam_qt.qtmodels.garbage import (
    EVERY_MS,
    GarbageTimer,
    collect_due,
    set_aside,
    take_back,
)


class Cycle:
    """Garbage that says in which thread it went."""

    went: ClassVar[list[threading.Thread]] = []

    def __init__(self):
        self.itself = self

    def __del__(self):
        Cycle.went.append(threading.current_thread())


@pytest.fixture(autouse=True)
def as_before():
    enabled = gc.isenabled()
    Cycle.went = []
    yield
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


def test_the_oldest_generation_only_where_it_has_grown_by_a_quarter():
    gc.disable()
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
    try:
        take_back()
        assert full_ones(12) == 1  # nobody knows how many there were
        assert full_ones(12) == 0
        kept += [[] for _ in range(400_000)]
        assert full_ones(12) == 1
        assert full_ones(12) == 0
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*thresholds)


def test_what_is_set_aside_is_taken_back_with_the_project():
    gc.disable()
    project = Cycle()
    set_aside()
    del project
    gc.collect()
    assert Cycle.went == []  # nobody looks at it
    take_back()
    gc.collect()
    assert len(Cycle.went) == 1
    gc.freeze()  # what the start made
    frozen = gc.get_freeze_count()
    take_back()  # of a project that set nothing aside
    assert gc.get_freeze_count() == frozen > 0
