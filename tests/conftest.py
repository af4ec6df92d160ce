"""Shared fixtures: where the real data are, and a screen that is not there."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[1]


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
def children_heed_ctrl_c() -> Iterator[None]:
    """A suite that a script started with "&" ignores SIGINT, and so would its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """No garbage is collected within a call of Qt, which may hang (nmrcam_qt/ui/garbage.py)."""
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    from nmrcam_qt.ui.garbage import collect_due

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
