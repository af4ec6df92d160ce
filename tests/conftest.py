"""Shared fixtures: where the real data are, and a screen that is not there."""

from __future__ import annotations

import functools
import gc
import os
import signal
import sqlite3  # noqa: F401 - before TensorFlow, which brings one without full-text search along
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_MS = 60_000
WAITING = ("waitActive", "waitCallback", "waitExposed", "waitSignal", "waitSignals", "waitUntil")

# How long an example takes says nothing on a machine that others use. Examples are drawn anew
# in every run, but for CI, where a run is to fail because of its change and not by chance.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize="NMRCAM_CI" in os.environ,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data; the test is skipped where they are not at hand."""
    folder = Path(os.environ.get("NMRCAM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("shared/data is not here (set NMRCAM_DATA)")
    return folder


@pytest.fixture(scope="session")
def samples_dir() -> Path:
    """Peak lists and instrument files; skipped where they are not at hand."""
    folder = ROOT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("shared/samples is not here")
    return folder


@pytest.fixture
def qtbot(qtbot):
    """Waits for what shall happen, not for the clock: others use the machine, too."""

    def patient(wait):
        @functools.wraps(wait)
        def longer(*what, timeout=0, **options):
            if options.get("raising") is not False:  # else it is no failure if nothing comes
                timeout = max(timeout, PATIENCE_MS)
            return wait(*what, timeout=timeout, **options)

        return longer

    for name in WAITING:
        setattr(qtbot, name, patient(getattr(qtbot, name)))
    return qtbot


@pytest.fixture
def children_heed_ctrl_c() -> Iterator[None]:
    """A suite that a script started with "&" ignores SIGINT, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """No garbage is collected within a call of Qt, which may hang (nmrcam_qt/qtmodels/garbage.py).

    From the first test with Qt on that holds for all: widgets that a test with Qt has left must
    not go within a worker of a later test without.
    """
    if "qapp" not in getattr(item, "fixturenames", ()) and "PySide6.QtWidgets" not in sys.modules:
        return (yield)
    from nmrcam_qt.qtmodels.garbage import collect_due

    gc.disable()
    try:
        return (yield)
    finally:
        collect_due()
        gc.enable()


def pytest_sessionfinish(session, exitstatus):
    """What was copied goes before Python does.

    Without a screen Qt lets go of the clipboard after Python has ended, and PySide then
    crashes over contents that Python made (X11 does not).
    """
    widgets = sys.modules.get("PySide6.QtWidgets")
    application = widgets.QApplication.instance() if widgets is not None else None
    if application is not None and isinstance(application, widgets.QApplication):
        application.clipboard().clear()
