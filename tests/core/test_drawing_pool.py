"""Pictures in processes of their own: the same bytes, crashes alone, nothing left behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_writers_picture import made, one_hot

from nmrcam_qt.core.child_process import NICE
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.writers.drawing_pool import SERVER, DrawingError, DrawingPool
from nmrcam_qt.core.writers.picture import picture_bytes, thumbnail_bytes

CRASHING = """
import os, sys, time
import nmrcam_qt.core.writers.picture as picture
from nmrcam_qt.core.writers import server
draw = picture.picture_bytes
def drawn(request):
    if "crash" in request.title:
        print("oh dear", file=sys.stderr, flush=True)
        os._exit(9)
    if "hang" in request.title:
        time.sleep(600)
    if "chatter" in request.title:
        print("x" * 1_000_000, file=sys.stderr)
    return draw(request)
picture.picture_bytes = drawn
sys.exit(server.main())
"""
FAKE = (sys.executable, "-c", CRASHING)


def small(title: str = "fine", **page: object):  # type: ignore[no-untyped-def]
    return replace(made(one_hot(), dpi=40, **page), title=title)


def test_the_bytes_are_those_of_this_process() -> None:
    requests = [small(str(i), format=kind) for i in range(2) for kind in ("png", "svg", "pdf")]
    with DrawingPool(2) as pool:
        drawn = [f.result(120) for f in [pool.submit(r) for r in requests]]
    for request, result in zip(requests, drawn, strict=True):
        assert result.picture == picture_bytes(request)
        assert result.thumbnail == thumbnail_bytes(request)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="no such priorities here")
def test_the_window_goes_before_the_processes_that_draw() -> None:
    mine = os.nice(0)
    with DrawingPool(2) as pool:
        for drawn in [pool.submit(small(str(i))) for i in range(4)]:
            drawn.result(120)
        painters = [painter._process.pid for painter in pool._all]
        assert painters
        for pid in painters:
            assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, mine + NICE)
            assert os.getsid(pid) == os.getsid(0), "or its priority would not count on Linux"
            assert os.getpgid(pid) != os.getpgid(0), "or Ctrl-C would end it amid a picture"
    assert os.nice(0) == mine


def test_a_crash_fails_its_picture_alone_and_the_child_is_replaced() -> None:
    with DrawingPool(1, FAKE) as pool:
        futures = [pool.submit(small(t)) for t in ("a", "crash", "b", "chatter", "c")]
        assert futures[0].result(120).picture == picture_bytes(small("a"))
        with pytest.raises(DrawingError, match="ended; it said: oh dear"):
            futures[1].result(120)
        assert futures[2].result(120).picture == picture_bytes(small("b"))
        assert futures[3].result(120).picture
        assert futures[4].result(120).picture


def test_a_hanging_child_is_replaced() -> None:
    with DrawingPool(1, FAKE) as pool:
        pool.submit(small()).result(120)  # a start may take long
        pool._timeout_s = 1.5
        with pytest.raises(DrawingError, match=r"no answer for 1\.5 s"):
            pool.submit(small("hang")).result(120)
        pool._timeout_s = 120.0
        assert pool.submit(small()).result(120).picture


def test_a_picture_that_cannot_be_drawn_says_why_and_the_child_lives_on() -> None:
    with DrawingPool(1) as pool:
        with pytest.raises(DrawingError, match="no such map"):
            pool.submit(replace(small(), colormap="no such map")).result(120)
        assert pool.submit(small()).result(120).picture


def test_a_command_that_is_not_there() -> None:
    with DrawingPool(1, ["/no/such/program"]) as pool, pytest.raises(DrawingError, match="started"):
        pool.submit(small()).result(120)


def test_closing_ends_whatever_is_drawn_and_leaves_nothing() -> None:
    before = threading.active_count()
    pool = DrawingPool(2, FAKE)
    pool.submit(small()).result(120)
    waiting = [pool.submit(small("hang")) for _ in range(4)]
    time.sleep(0.5)
    pids = [painter._process.pid for painter in pool._all]
    begun = time.monotonic()
    pool.close()
    assert time.monotonic() - begun < 60, "they hang for 600 s"
    assert all(f.cancelled() or isinstance(f.exception(), Cancelled) for f in waiting)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert threading.active_count() == before


def test_the_package_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with DrawingPool(1, SERVER) as pool:
        assert pool.submit(small()).result(120).picture
