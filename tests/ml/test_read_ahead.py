"""Items made ahead by several threads: in order, within bounds, errors in their place."""

from __future__ import annotations

import threading
import time

import pytest

from nmrcam_qt.ml import read_ahead
from nmrcam_qt.ml.read_ahead import ReadAhead


def taken(ahead, n):
    return [ahead.take(60.0) for _ in range(n)]


@pytest.mark.parametrize("threads", [1, 4])
def test_items_come_in_order_whoever_is_faster(threads):
    def make(number):
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number

    ahead = ReadAhead(range(20), make, lambda _: 1, 5, 100, threads)
    assert taken(ahead, 20) == list(range(20))
    ahead.close()


def test_several_are_made_at_once():
    both = threading.Barrier(2, timeout=60)

    def make(number):
        return both.wait() * 0 + number if number else number

    ahead = ReadAhead(range(3), make, lambda _: 1, 5, 100, 2)
    assert taken(ahead, 3) == [0, 1, 2]
    ahead.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_are_begun_than_there_is_room_for(threads):
    begun = []
    ahead = ReadAhead(range(50), begun.append, lambda _: 1, 4, 100, threads)
    end = time.monotonic() + 60
    while len(begun) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    assert len(begun) == 4
    ahead.close()
    time.sleep(0.05)
    assert len(begun) == 4


def test_large_items_under_way_count_before_they_are_there():
    """Four readers held a large file each, beside those that wait."""
    lock, held, most = threading.Lock(), [0], [0]

    def make(number):
        with lock:
            held[0] += 1
            most[0] = max(most[0], held[0])
        time.sleep(0.01)
        return number

    ahead = ReadAhead(range(40), make, lambda _: 60, 20, 100, 4)
    for number in range(40):
        assert ahead.take(60.0) == number
        with lock:
            held[0] -= 1
    ahead.close()
    assert 2 <= most[0] <= 3, "two wait, more than 100 bytes, or one waits and one is made"


def test_an_error_comes_in_its_place():
    def make(number):
        if number == 3:
            raise ValueError("three")
        return number

    ahead = ReadAhead(range(9), make, lambda _: 1, 9, 100, 3)
    assert taken(ahead, 3) == [0, 1, 2]
    for _ in range(2):
        with pytest.raises(ValueError, match="three"):
            ahead.take(5.0)
    ahead.close()


def test_what_is_not_ready_in_time_is_not_waited_for():
    go = threading.Event()
    ahead = ReadAhead([0], lambda number: go.wait(60) and number, lambda _: 1, 4, 100)
    assert ahead.take(0.01) is None
    go.set()
    assert ahead.take(60.0) == 0
    ahead.close()


def test_files_that_hang_hold_a_cancelled_run_up_once_not_once_each(monkeypatch):
    monkeypatch.setattr(read_ahead, "JOIN_S", 1.0)
    free = threading.Event()
    ahead = ReadAhead(range(8), lambda _: free.wait(60), lambda _: 0, 8, 1, threads=8)
    began = time.monotonic()
    ahead.close()
    took = time.monotonic() - began
    free.set()
    assert 0.9 < took < 6, "not 8 s"
