"""The window opens without TensorFlow, and not slowly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def _run(program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


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
