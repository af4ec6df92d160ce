"""Guards for tests with Qt: its warnings fail, and so do leaked threads and processes.

A ``conftest.py`` that imports `qt_messages` and `no_leaks` has them for all its tests
(`tests/test_qt_guards.py` checks that every folder with Qt does, and that they catch).
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler

KNOWN = ("This plugin does not support",)
WAIT_S = 5.0
"""What was asked to end may take this long."""
NOT_OURS = (
    "Thread (pooled)",  # Qt's own pool; they end by themselves after 30 s
    "QDBus",
    "QXcb",
    "Qt",
    "gmain",
    "gdbus",
    "pool-",
    "dconf",
    "llvmpipe",
    "disk$",
    "tf_",
    "grpc",
)
"""Beginnings of the names of threads that libraries start once and keep."""


@pytest.fixture(autouse=True)
def qt_messages():
    """Every warning of Qt is a failure."""
    said = []

    def handler(kind, context, text):
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            said.append(text)

    before = qInstallMessageHandler(handler)
    yield said
    qInstallMessageHandler(before)
    bad = [text for text in said if not text.startswith(KNOWN)]
    assert not bad, f"Qt warned: {bad}"


@pytest.fixture(autouse=True)
def no_leaks(qt_messages):
    """No thread and no child process outlives a test."""
    threads, children = own_threads(), own_children()
    yield
    deadline = time.monotonic() + WAIT_S
    while _new(own_threads(), threads) or _new(own_children(), children):
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    left = _new(own_threads(), threads)
    assert not left, f"threads left behind: {left}"
    left = _new(own_children(), children)
    assert not left, f"processes left behind: {left}"


def _new(now, before):
    return {number: name for number, name in now.items() if number not in before}


def own_threads():
    """Threads that Python or Qt started: native id and name.

    A QThread bears its object's or its class's name in the operating system; threads of
    libraries that inherit the name of the process cannot be told from the main thread and
    are left out, unless Python knows them.
    """
    # A QThread that ran Python leaves a dummy behind that says nothing about the thread.
    known = {
        thread.native_id: thread.name
        for thread in threading.enumerate()
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    }
    main = _name(Path(f"/proc/self/task/{os.getpid()}"))
    tasks = Path("/proc/self/task")
    for task in tasks.iterdir() if tasks.is_dir() else ():
        name = _name(task)
        if name and name != main and not name.startswith(NOT_OURS):
            known.setdefault(int(task.name), name)
    return known


def own_children():
    """Child processes, also those that ended and nobody waited for: id and command line."""
    found = {}
    tasks = Path("/proc/self/task")
    for children in tasks.glob("*/children") if tasks.is_dir() else ():
        try:
            for pid in children.read_text().split():
                found[int(pid)] = _command(int(pid))
        except OSError:
            continue
    return found


def _name(task):
    try:
        return (task / "comm").read_text().strip()
    except OSError:
        return ""


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "?"
