"""The window opens without TensorFlow, and not slowly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PROGRAM = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from nmrcam_qt.app import make_application, make_window

application = make_application()
window = make_window(QSettings(sys.argv[1], QSettings.Format.IniFormat), start_server=False)
window.show()
window.workbench.open([Path(sys.argv[2])])

def done():
    if window.workbench.runner.running:
        return
    found = {name.partition(".")[0] for name in sys.modules}
    print(json.dumps({"modules": sorted(found), "spectra": len(window.session)}))
    window.close()
    application.quit()

timer = QTimer()
timer.timeout.connect(done)
timer.start(50)
sys.exit(application.exec())
"""


FIRST_PAINT = """
import gc, json, sys
from pathlib import Path
gc.disable()  # as nmrcam_qt.launch does
from PySide6.QtCore import QSettings, QTimer
from nmrcam_qt.qtmodels.garbage import GarbageTimer
from nmrcam_qt.app import begin, make_application, make_window

application = make_application()
window = make_window(QSettings(sys.argv[1], QSettings.Format.IniFormat), start_server=False)
said = {}
paint = type(window).paintEvent

def first(self, event):
    paint(self, event)
    if not said:
        said["closed"] = "nmrcam_qt.ui.closed_panels" in sys.modules
        said["painted"] = sorted({name.partition(".")[0] for name in sys.modules})
        said["frozen"] = [gc.get_freeze_count()]
        said["jobs"] = len(self.workbench.runner.running)

type(window).paintEvent = first
garbage = GarbageTimer(window)
window.begun.connect(garbage.begin)
window.show()
begin(window, [Path(name) for name in sys.argv[2:]], fresh=True, samples=False)

def done():
    if window.desk.store is None or window.workbench.runner.running:
        return
    timer.stop()
    said["panels"] = [dock.widget() is not None for dock in window.docks.closed_at_start]
    said["frozen"].append(gc.get_freeze_count())
    said["automatic"] = gc.isenabled()
    said["title"] = window.windowTitle()
    said["unnamed"] = window.desk.unnamed
    said["spectra"] = [item.name for item in window.session.items]
    print(json.dumps(said))
    window.close()
    application.quit()

timer = QTimer()
timer.timeout.connect(done)
timer.start(50)
sys.exit(application.exec())
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The user's data folder."""
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))


def _run(program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def test_the_first_paint_waits_for_no_project_file(tmp_path):
    done = _run(FIRST_PAINT, str(tmp_path / "s.ini"))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    late = {"sqlite3", "tensorflow", "matplotlib", "pyqtgraph", "contourpy", "PIL", "subprocess"}
    assert not late & set(said["painted"])
    assert not said["closed"]  # the panels of closed docks are made after it
    assert said["panels"] == [True, True, True]
    assert said["frozen"][0] == 0 < said["frozen"][1]  # garbage: from the end of the start on
    assert not said["automatic"]
    assert said["jobs"] == 0
    assert said["unnamed"]
    assert said["title"] == "Unnamed session (saved) – nmrcam"
    assert list((tmp_path / "home" / "unsaved").iterdir()) == []  # it was empty


LEFT_OPEN = """
import json, sys
from PySide6.QtCore import QSettings
from nmrcam_qt.app import make_application, make_window

application = make_application()
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
said = []
for _ in range(2):
    window = make_window(settings, start_server=False)
    said.append([window.docks.peaks.widget() is not None, window.docks.peaks.isHidden()])
    window.show()
    window.docks.peaks.show()
    window.docks.peaks.raise_()
    said[-1].append(window.docks.peaks.widget() is not None)
    window.close()
print(json.dumps(said))
"""


def test_a_dock_that_was_left_open_has_its_panel_at_the_first_paint(tmp_path):
    done = _run(LEFT_OPEN, str(tmp_path / "s.ini"))
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout.splitlines()[-1])
    assert first == [False, True, True]  # nobody sees it: it waits until it is opened
    assert second == [True, False, True]  # before the window is shown


def test_a_project_and_spectra_on_the_command_line(tmp_path):
    from window_builders import packed, write_picture

    from nmrcam_qt.session.project import create_project
    from nmrcam_qt.session.session import Session

    opened = create_project(tmp_path / "mine.nmrcam")
    Session(opened.content, opened.store).add([packed("old")])
    assert opened.store.close()
    picture = write_picture(tmp_path / "new_HSQC.png")
    project = tmp_path / "mine.nmrcam"
    done = _run(FIRST_PAINT, str(tmp_path / "s.ini"), str(project), str(picture))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["spectra"] == ["old", "new_HSQC"]
    assert not said["unnamed"]
    assert "mine" in said["title"]


def test_the_window_loads_no_tensorflow_and_no_matplotlib(tmp_path):
    from window_builders import write_picture

    picture = write_picture(tmp_path / "a_HSQC.png")
    done = _run(PROGRAM, str(tmp_path / "s.ini"), str(picture))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["spectra"] == 1
    heavy = {"tensorflow", "keras", "jax", "matplotlib", "sklearn", "openpyxl", "nmrglue", "rdkit"}
    assert not heavy & set(found["modules"])
    assert {"PySide6", "pyqtgraph", "nmrcam_qt"} <= set(found["modules"])


def test_help_and_version_open_no_window():
    for flag in ("--help", "--version"):
        done = _run(
            "import sys; from nmrcam_qt.app import main; sys.exit(main(sys.argv[1:]))", flag
        )
        assert done.returncode == 0
        assert "nmrcam" in done.stdout
