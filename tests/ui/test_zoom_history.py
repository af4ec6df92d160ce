"""Back and forward through windows."""

from __future__ import annotations

import pytest

from nmrcam_qt.ui.zoom_history import LIMIT, Window, ZoomHistory


def window(n):
    return Window((float(n), n + 1.0), (10.0 * n, 10.0 * n + 10))


@pytest.fixture
def history():
    made = ZoomHistory()
    made.start(window(0))
    return made


def test_back_and_forward(history):
    assert not history.can_go_back and not history.can_go_forward
    for n in (1, 2, 3):
        history.record(window(n), n)
    assert history.go(-1) == window(2)
    assert history.go(-1) == window(1)
    assert history.go(1) == window(2)
    assert history.can_go_back and history.can_go_forward
    assert history.go(-1) == window(1)
    assert history.go(-1) == window(0)
    assert history.go(-1) is None
    assert history.go(1) == window(1)


def test_one_gesture_is_one_step(history):
    for n in range(1, 8):
        history.record(window(n), 5)
    history.record(window(8), 6)
    assert history.go(-1) == window(7)
    assert history.go(-1) == window(0)


def test_the_same_gesture_after_going_back_is_another_step(history):
    history.record(window(1), 5)
    assert history.go(-1) == window(0)
    history.record(window(2), 5)
    assert history.go(-1) == window(0)
    assert history.go(1) == window(2)


def test_a_new_step_forgets_what_lay_ahead(history):
    history.record(window(1), 1)
    history.record(window(2), 2)
    history.go(-1)
    history.record(window(3), 3)
    assert not history.can_go_forward
    assert history.go(-1) == window(1)


def test_what_changes_nothing_is_no_step(history):
    history.record(window(0), 1)
    assert not history.can_go_back


def test_it_is_bounded(history):
    for n in range(1, 3 * LIMIT):
        history.record(window(n), n)
    steps = 0
    while history.go(-1) is not None:
        steps += 1
    assert steps == LIMIT - 1


def test_an_empty_history_goes_nowhere():
    assert ZoomHistory().go(-1) is None
    assert not ZoomHistory().can_go_back
