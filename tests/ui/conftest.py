"""A window with a made-up engine; guards against Qt warnings and leaks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSettings
from qt_guards import no_leaks, qt_messages  # noqa: F401
from window_builders import CARDS, FAKE_SERVER

from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.main_window import MainWindow
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.inference_client import InferenceClient


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def trouble(tmp_path, monkeypatch):
    """What is written here happens to the next analysis; see fake_server.py."""
    path = tmp_path / "trouble"
    monkeypatch.setenv("FAKE_TROUBLE", str(path))
    return path


@pytest.fixture
def make_window(qtbot, settings, trouble, no_leaks):  # noqa: F811
    made = []

    def make(client=None, start_server=False):
        client = client or InferenceClient(FAKE_SERVER, request_timeout_s=120)
        window = MainWindow(Workbench(Session(), client, CARDS), settings, start_server)
        made.append(window)
        window.show()
        window.resize(1100, 760)
        qtbot.waitExposed(window)
        return window

    yield make
    for window in made:
        window.close()
        window.deleteLater()
    qtbot.wait(1)


@pytest.fixture
def window(make_window):
    return make_window()


@pytest.fixture
def finish(qtbot):
    """Wait until no job runs and everything is shown."""

    def wait(window, timeout=30_000):
        # The runner is another one after another project was opened.
        desk = window.desk
        over = lambda: not window.workbench.runner.running and not desk.is_switching  # noqa: E731
        qtbot.waitUntil(over, timeout=timeout)
        qtbot.waitUntil(lambda: not window.page.refresh_timer.isActive(), timeout=5000)

    return wait
