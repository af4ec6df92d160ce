"""The inference process from the outside: crash, hang, cancel, leaks."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from nmrcam_qt.core.errors import Cancelled, MethodError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.core.wire_results import analyse_request
from nmrcam_qt.workers import child
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient, ServerState

FAKE = [sys.executable, str(Path(__file__).with_name("fake_server.py"))]


@pytest.fixture
def trouble(tmp_path, monkeypatch):
    path = tmp_path / "trouble"
    monkeypatch.setenv("FAKE_TROUBLE", str(path))
    return path


@pytest.fixture
def client(trouble):
    threads = _own_threads()
    fds = _open_fds()
    made = InferenceClient(FAKE, request_timeout_s=20, start_timeout_s=120)
    yield made
    pid = made.pid
    made.close()
    assert not _own_threads() - threads, "leaked threads"
    assert _open_fds() <= fds, "leaked file descriptors"
    assert pid is None or not _runs(pid), "leaked process"


def _own_threads():
    """Without the dummies that foreign threads of other tests leave behind."""
    return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _open_fds():
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _runs(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _prepared(value=1.0, size=(205, 300, 1)):
    return Prepared((np.full(size, value, dtype=np.float32),), ("said",))


def test_analysis_travels(client):
    said = []
    client.on_status = said.append
    analyses = client.analyse("net", [_prepared(0.0), _prepared(1.0)], ["gradcam", "cam"])
    assert [s.state for s in said] == [
        ServerState.STARTING,
        ServerState.READY,
        ServerState.BUSY,
        ServerState.READY,
    ]
    assert client.status.device == "CPU"
    assert [a.prediction.top for a in analyses] == ["indole", "indole"]
    first, second = (a.explanations[0].evidence[5, 7] for a in analyses)
    assert (first, second) == (1.0, 1.0 + 205 * 300)
    assert analyses[0].unavailable == (("cam", "no pooling head"),)
    assert not analyses[0].explanations[0].evidence.flags.writeable
    assert analyses[0].explanations[2].empty


def test_crash_is_a_failed_job_and_the_next_works(client, trouble):
    trouble.write_text("crash")
    with pytest.raises(JobError, match=r"ended unexpectedly.*Segmentation fault, made up"):
        client.analyse("net", [_prepared()], ["gradcam"])
    assert client.status.state is ServerState.STOPPED
    assert len(client.analyse("net", [_prepared()], ["gradcam"])) == 1


def test_hang_times_out_and_the_next_works(client, trouble):
    client._request_timeout_s = 0.5
    client.start()
    trouble.write_text("hang")
    with pytest.raises(JobError, match=r"no answer for 0 s|no answer for 1 s"):
        client.analyse("net", [_prepared()], ["gradcam"])
    client._request_timeout_s = 20
    assert len(client.analyse("net", [_prepared()], ["gradcam"])) == 1


def test_a_process_that_cannot_start_says_why_and_starts_later(client, monkeypatch):
    monkeypatch.setenv("FAKE_NO_TENSORFLOW", "1")
    with pytest.raises(JobError, match="No module named 'tensorflow'"):
        client.analyse("net", [_prepared()], [])
    assert client.status.state is ServerState.STOPPED
    assert client.status.detail == "it could not start"
    monkeypatch.delenv("FAKE_NO_TENSORFLOW")
    assert client.start().state is ServerState.READY


def test_killed_between_requests(client):
    client.start()
    pid = client.pid
    os.kill(pid, 9)
    deadline = time.monotonic() + 60
    while client._child.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(client.analyse("net", [_prepared()], ["gradcam"])) == 1
    assert client.pid != pid


def test_known_error_keeps_its_type_and_the_process(client, trouble):
    client.start()
    pid = client.pid
    trouble.write_text("known")
    with pytest.raises(MethodError, match="no global pooling"):
        client.analyse("net", [_prepared()], ["cam"])
    trouble.write_text("bug")
    with pytest.raises(JobError, match="KeyError"):
        client.analyse("net", [_prepared()], ["cam"])
    assert client.pid == pid


def test_cancel_while_waiting_leaves_the_process_usable(client, trouble):
    client.start()
    pid = client.pid
    trouble.write_text("held")
    with pytest.raises(Cancelled):
        client.analyse("net", [_prepared()], [], cancelled=lambda: True)
    trouble.with_suffix(".go").touch()  # not before: it was not waited for
    analyses = client.analyse("net", [_prepared(0.0)], ["gradcam"])
    assert analyses[0].explanations[0].evidence[5, 7] == 1.0, "the stale answer was taken"
    assert client.pid == pid


def test_cancelling_ends_the_work_in_the_process(client, trouble):
    client.start()
    pid, began = client.pid, time.monotonic()
    trouble.write_text("long")
    with pytest.raises(Cancelled):
        client.analyse("net", [_prepared()], [], cancelled=lambda: time.monotonic() - began > 0.5)
    assert len(client.analyse("net", [_prepared(0.0)], ["gradcam"])) == 1
    assert time.monotonic() - began < 25, "the cancelled work takes 30 s"
    assert client.pid == pid


def test_work_that_cannot_be_cancelled_holds_nobody_up_for_ever(client, trouble, monkeypatch):
    monkeypatch.setattr(child, "DROPPED_S", 0.3)
    client.start()
    trouble.write_text("hang")
    with pytest.raises(Cancelled):
        client.analyse("net", [_prepared()], [], cancelled=lambda: True)
    with pytest.raises(JobError, match="no answer for 20 s"):
        client.analyse("net", [_prepared()], ["gradcam"])
    assert len(client.analyse("net", [_prepared()], ["gradcam"])) == 1


def _meanwhile(client, trouble):
    """A request that takes until it may go on, asked by another thread."""
    trouble.write_text("held")
    frame = analyse_request("first", [_prepared()], [], None, None)
    asking = threading.Thread(target=client.request, args=(frame, 60.0))
    asking.start()
    deadline = time.monotonic() + 60
    while trouble.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return asking


def test_waiting_behind_another_request_is_no_hanging(client, trouble):
    client.start()
    pid, client._request_timeout_s = client.pid, 2.0
    asking = _meanwhile(client, trouble)
    longer = threading.Timer(2.5, trouble.with_suffix(".go").touch)
    longer.start()
    assert len(client.analyse("second", [_prepared()], ["gradcam"])) == 1
    asking.join()
    longer.join()
    assert client.pid == pid


def test_a_request_that_is_cancelled_in_the_queue_is_never_handed_over(
    client, trouble, tmp_path, monkeypatch
):
    log = tmp_path / "log"
    monkeypatch.setenv("FAKE_LOG", str(log))
    client.start()
    asking = _meanwhile(client, trouble)
    with pytest.raises(Cancelled):
        client.analyse("second", [_prepared()], [], cancelled=lambda: True)
    trouble.with_suffix(".go").touch()
    assert len(client.analyse("third", [_prepared()], ["gradcam"])) == 1
    asking.join()
    assert log.read_text().split() == ["first", "third"]


def test_what_waits_for_a_processor_does_not_hang(client, trouble, monkeypatch):
    """The process lets others go first: on a busy machine it is not ended for that."""
    client._request_timeout_s = 0.5
    client.start()
    trouble.write_text("held")
    waited = iter(range(0, 600_000, 100))
    with monkeypatch.context() as patch:
        patch.setattr(child.Child, "_waited_s", lambda _: float(next(waited)))
        longer = threading.Timer(1.5, trouble.with_suffix(".go").touch)
        longer.start()
        assert len(client.analyse("net", [_prepared()], ["gradcam"])) == 1
        longer.join()


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="Linux counts it")
def test_the_time_without_a_processor_is_read(client):
    client.start()
    assert 0 < client._child._waited_s() < 1000


SLOW_READER = """
import sys, time
from pathlib import Path
from nmrcam_qt.core.wire import encode, read_frame
while not Path(sys.argv[1]).exists():
    time.sleep(0.01)
asked, told = (read_frame(sys.stdin.buffer) for _ in range(2))
sys.stdout.buffer.write(encode(told))
"""


def test_a_cancel_is_not_lost_while_the_child_is_slow_to_read(tmp_path, monkeypatch):
    """The pipe holds a part of the request only; the rest is written when the child reads."""
    monkeypatch.setattr(child, "_WRITE_S", 0.05)
    go = tmp_path / "go"
    slow = child.Child([sys.executable, "-c", SLOW_READER, str(go)])
    try:
        asked = slow.send(Frame({"op": "much", "id": 1}, (np.zeros(1_000_000),)))
        deadline = time.monotonic() + 60
        while slow._current is not asked and time.monotonic() < deadline:
            time.sleep(0.01)
        slow.drop(asked, Frame({"op": "cancel", "id": 1}))
        go.touch()
        answer = asked.get(timeout=60)
        assert answer.header == {"op": "cancel", "id": 1}
        assert asked.deadline < time.monotonic() + child.DROPPED_S
    finally:
        go.touch()
        slow.close()


def test_close_from_another_thread_frees_the_waiting_one(client, trouble):
    client.start()
    trouble.write_text("hang")
    timer = threading.Timer(0.3, client.close)
    timer.start()
    with pytest.raises(JobError, match="closed"):
        client.analyse("net", [_prepared()], ["gradcam"])
    timer.join()
    with pytest.raises(JobError, match="closed"):
        client.start()


def test_a_command_that_does_not_exist():
    client = InferenceClient(["/no/such/program"])
    with pytest.raises(JobError, match="cannot be started"):
        client.start()


def test_a_program_that_is_no_server():
    client = InferenceClient([sys.executable, "-c", "print('hello'*20)"])
    with pytest.raises(JobError, match="expected a frame"):
        client.start()
    client.close()


def test_child_ends_when_the_parent_is_gone(trouble):
    import subprocess

    from nmrcam_qt.core.wire import encode

    trouble.write_text("hang")
    child = subprocess.Popen(FAKE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    header = {"op": "analyse", "network": "n", "methods": [], "prepared": []}
    child.stdin.write(encode(Frame(header)))
    child.stdin.close()
    try:
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
