"""Guards for tests with Qt: its warnings fail, and so do leaked threads and processes."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler

KNOWN = ("This plugin does not support",)


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
    assert not bad, bad


@pytest.fixture(autouse=True)
def no_leaks(qt_messages):
    """No thread and no child process outlives a test."""
    threads, children = _threads(), _children()
    yield
    deadline = time.monotonic() + 5
    while (_threads() - threads or _children() - children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _threads() - threads
    assert not _children() - children


def _threads():
    """Names and ids of this process's native threads that Python or Qt made."""
    # A QThread that ran Python leaves a dummy behind that says nothing about the thread.
    known = {
        thread.native_id
        for thread in threading.enumerate()
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    }
    tasks = Path("/proc/self/task")
    if tasks.is_dir():
        named = set()
        for task in tasks.iterdir():
            try:
                name = (task / "comm").read_text().strip()
            except OSError:
                continue
            if name.startswith(("jobs-", "child-")):
                named.add(int(task.name))
        known |= named
    return known


def _children():
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    found = set()
    for children in Path("/proc/self/task").glob("*/children") if path.exists() else ():
        try:
            found |= {int(pid) for pid in children.read_text().split()}
        except OSError:
            continue
    return found
