"""Make docs/images/window.png: the window with a sample spectrum and its map.

    python scripts/screenshot.py [OUT.png] [--spectrum tryptophan_hmbc] [--class indole]

Works without a display. Opens the samples, analyses them with the inference process, shows
one of them and takes a picture of the window. docs/images/contributions.png is made by

    python scripts/screenshot.py docs/images/contributions.png --contributions \\
        --spectrum mixture_tryptophan_adenosine_hsqc --class benzene --size 1500x900
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from nmrcam_qt.app import make_application, make_window  # noqa: E402
from nmrcam_qt.core.samples import sample_paths  # noqa: E402
from nmrcam_qt.ui.theme import theme  # noqa: E402

TIMEOUT_S = 300.0


def main() -> int:
    """Take the picture; 1 where something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "docs/images/window.png")
    parser.add_argument("--spectrum", default="tryptophan_hmbc")
    parser.add_argument("--class", dest="class_id", default="indole")
    parser.add_argument("--method", default="hirescam")
    parser.add_argument("--size", default="1280x800")
    parser.add_argument(
        "--contributions", action="store_true", help="peaks by contribution, with intervals"
    )
    arguments = parser.parse_args()
    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "s.ini"), QSettings.Format.IniFormat)
        theme().start(settings)  # not the user's own
        theme().choose("light")
        window = make_window(settings)
        window.show()
        window.resize(*(int(n) for n in arguments.size.split("x")))
        window.workbench.open(sample_paths(), analyse=True)
        _wait(application, lambda: not window.workbench.runner.running)
        session = window.session
        found = [item.id for item in session.items if item.name == arguments.spectrum]
        if found:
            session.select(found[0])
            session.set_view(class_id=arguments.class_id, method=arguments.method)
            _settle(application)
            for name in ("contributions", "peak_ranks", "how_sure") * arguments.contributions:
                window.actions_[name].trigger()
                _settle(application)
                _wait(application, lambda: not window.workbench.runner.running)
            _settle(application)
            arguments.out.parent.mkdir(parents=True, exist_ok=True)
            window.grab().save(str(arguments.out))
        problems = [problem.text for problem in session.problems]
        fine = bool(found) and window.shown.explanation is not None
        window.close()
        _settle(application)
    print("\n".join([*problems, f"{arguments.out}" if fine else "no map to show"]))
    return 0 if fine and not problems else 1


def _wait(application: QApplication, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not ready() and time.monotonic() < deadline:
        application.processEvents()
        time.sleep(0.01)


def _settle(application: QApplication) -> None:
    """A few turns of the event loop, so that everything is laid out and painted."""
    for _ in range(20):
        application.processEvents()
        time.sleep(0.02)


if __name__ == "__main__":
    raise SystemExit(main())
