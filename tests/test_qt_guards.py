"""The guards catch what they are for, and all tests with Qt have them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
FOLDERS = ("ui", "workers", "qtmodels")
IN_PROCESSES = ("test_startup.py", "test_qt_guards.py")
"""These use Qt in processes of their own only."""

CONFTEST = """
import qt_guards
from qt_guards import no_leaks, qt_messages
qt_guards.WAIT_S = 0.3
"""
LEAKS = """
import subprocess, sys, threading, time
from pathlib import Path
import pytest
from PySide6.QtCore import QThread, qWarning, QTimer
import qt_guards

kept = []

def until_named(name):
    end = time.monotonic() + 30
    while not any(name == c.read_text().strip() for c in Path("/proc/self/task").glob("*/comm")):
        assert time.monotonic() < end
        time.sleep(0.01)

@pytest.fixture(scope="session", autouse=True)
def tidy():
    yield
    for end in kept:
        end()

def test_warning():
    qWarning("made up")

def test_warning_of_qt_itself():
    timer = QTimer()
    thread = QThread()
    timer.moveToThread(thread)
    timer.start(10)

def test_python_thread():
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait, args=(30,))
    thread.start()
    kept.extend([gate.set, thread.join])

def test_qthread():
    thread = QThread()
    thread.start()
    until_named("QThread")
    kept.extend([thread.quit, thread.wait])

def test_named_qthread():
    thread = QThread()
    thread.setObjectName("jobs-files")
    thread.start()
    until_named("jobs-files")
    kept.extend([thread.quit, thread.wait])

def test_process():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    kept.extend([child.kill, child.wait])

def test_process_nobody_waited_for():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    kept.append(child.wait)

def test_clean():
    qt_guards.WAIT_S = 30
    thread = QThread()
    thread.start()
    thread.quit()
    thread.wait()
    other = threading.Thread(target=time.sleep, args=(0.01,))
    other.start()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
"""
EXPECTED = {
    "test_warning": "Qt warned: .*made up",
    "test_warning_of_qt_itself": "Qt warned: .*another thread",
    "test_python_thread": "threads left behind",
    "test_qthread": "threads left behind: .*QThread",
    "test_named_qthread": "threads left behind: .*jobs-files",
    "test_process": "processes left behind: .*time.sleep",
    "test_process_nobody_waited_for": "processes left behind",
}


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to see processes")
def test_every_leak_and_every_warning_is_caught(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_leaks.py").write_text(LEAKS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--tb=short"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    caught = dict(re.findall(r"^ERROR test_leaks\.py::(\w+) - (.*)$", done.stdout, re.MULTILINE))
    assert set(caught) == set(EXPECTED), done.stdout
    sections = dict(
        re.findall(
            r"ERROR at teardown of (\w+) _+\n(.*?)(?=\n_{5,}|\n={5,})", done.stdout, re.DOTALL
        )
    )
    for name, pattern in EXPECTED.items():
        assert re.search(pattern, sections[name], re.DOTALL), (name, sections[name])


@pytest.mark.parametrize("folder", FOLDERS)
def test_all_tests_with_qt_are_guarded(folder: str) -> None:
    text = (TESTS / folder / "conftest.py").read_text("utf-8")
    assert "from qt_guards import no_leaks, qt_messages" in text


def test_no_test_with_qt_lies_outside_the_guarded_folders() -> None:
    outside = []
    for path in TESTS.rglob("test_*.py"):
        text = path.read_text("utf-8")
        guarded = path.parent in [TESTS / f for f in FOLDERS] or "from qt_guards import" in text
        uses = re.search(r"^\s*(from|import) PySide6|\bqtbot\b|\bqapp\b", text, re.MULTILINE)
        if uses and not guarded and path.name not in IN_PROCESSES:
            outside.append(path.relative_to(TESTS).as_posix())
    assert not outside
