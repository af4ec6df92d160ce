"""What the suite does about tests that hang and about time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import hypothesis
import pytest
from qt_guards import no_leaks, qt_messages  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]
HANGING = """
import ctypes

def test_waits_for_a_mutex_that_it_holds():
    mutex, lock = ctypes.create_string_buffer(64), ctypes.PyDLL(None).pthread_mutex_lock
    lock(mutex)
    lock(mutex)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a mutex of zeros is one of Linux")
def test_what_hangs_in_c_ends_the_run_with_all_stacks(tmp_path):
    """No signal handler of Python is called there: pytest-timeout waits for ever."""
    (tmp_path / "test_hanging.py").write_text(HANGING)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")]
    command += ["-p", "no:cacheprovider", "-o", "timeout=1", "-o", "faulthandler_timeout=3"]
    ran = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 1
    assert "in test_waits_for_a_mutex_that_it_holds" in ran.stderr
    assert "failed" not in ran.stdout, "the run ended where it hung"


def test_no_test_may_take_longer_than_the_guard(pytestconfig, request):
    guard = float(pytestconfig.getini("faulthandler_timeout"))
    assert float(pytestconfig.getini("timeout")) < guard
    assert pytestconfig.getini("faulthandler_exit_on_timeout")
    for item in request.session.items:
        for marker in item.iter_markers("timeout"):
            assert marker.args[0] < guard, item.nodeid


def test_examples_have_no_deadline_and_are_the_same_in_ci():
    assert hypothesis.settings.default.deadline is None
    assert hypothesis.settings.default.derandomize == ("NMRCAM_CI" in os.environ)


def test_what_is_waited_for_may_take_longer_than_asked(qtbot):
    end = time.monotonic() + 0.2
    qtbot.waitUntil(lambda: time.monotonic() > end, timeout=1)
