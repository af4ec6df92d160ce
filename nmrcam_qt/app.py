"""Composition root: wires session, jobs, inference process and window."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from nmrcam_qt import __version__
from nmrcam_qt.core.card_store import scan_networks
from nmrcam_qt.core.device_words import AUTO, CHOICES
from nmrcam_qt.core.samples import sample_paths
from nmrcam_qt.qtmodels.garbage import GarbageTimer
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.main_window import MainWindow
from nmrcam_qt.ui.project_dialogs import is_project
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.child import python_module
from nmrcam_qt.workers.inference_client import InferenceClient

log = logging.getLogger("nmrcam")
STYLED = ["nmrcam-qt", "-style", "Fusion"]
"""Name and style; `QApplication.setStyle` hands a style over, and PySide makes all its names."""
LATEST_MS = 10_000
"""A window that is never painted (minimised from the start) collects garbage from then on."""
SWITCH_S = 0.0005
"""How long a worker in Python code keeps the interpreter from the window (Python's own: 0.005).

Painting lets go of it dozens of times: a picture of 3 ms took 130 beside a busy worker, now 12.
The worker has about half of its speed while the window paints without a pause.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit status.
    """
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING)
    application = make_application()
    window = make_window(QSettings(), client_on(arguments.device))
    sys.excepthook = _hook(window)
    # Python's own handler would wait for the next slot: Ctrl+C in the terminal ends at once,
    # and the inference process ends with its closed pipe.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    garbage = GarbageTimer(window)
    window.begun.connect(garbage.begin)
    QTimer.singleShot(LATEST_MS, garbage.begin)
    window.show()
    begin(window, [Path(name) for name in arguments.files], arguments.new, arguments.samples)
    status = application.exec()
    sys.excepthook = sys.__excepthook__
    if not window.ended_cleanly:
        # A thread hangs in the operating system; destroying it would abort.
        os._exit(status)
    return status


def client_on(device: str) -> InferenceClient:
    """The client of an inference process that computes on this device: auto, cpu or gpu."""
    return InferenceClient([*python_module("nmrcam_qt.ml.server"), "--device", device])


def make_application() -> QApplication:
    """The application object with names, style and style sheet."""
    # Qt shares the painting of large pictures among threads, and the window waits for the last
    # of them. Where jobs keep the processors busy that is twice the time it takes to do it all.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    sys.setswitchinterval(SWITCH_S)
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(STYLED)
    application.setApplicationName("nmrcam")
    application.setOrganizationName("nmrcam")
    application.setApplicationVersion(__version__)
    if application is existing:
        application.setStyle("Fusion")
    theme().start(QSettings())
    return application


def make_window(
    settings: QSettings, client: InferenceClient | None = None, start_server: bool = True
) -> MainWindow:
    """A window with an empty session.

    Parameters
    ----------
    settings : QSettings
        Where geometry and folders are kept.
    client : InferenceClient, optional
        Another inference process, for tests.
    start_server : bool
        Whether to start the inference process after the first paint.
    """
    networks = scan_networks()
    session = Session()
    workbench = Workbench(
        session, client or InferenceClient(), [entry.card for entry in networks.entries]
    )
    window = MainWindow(workbench, settings, start_server)
    for text in networks.problems:
        session.add_problem(text)
    return window


def begin(window: MainWindow, paths: Sequence[Path], fresh: bool, samples: bool) -> None:
    """Open what the command line names: at most one project, then spectra.

    Parameters
    ----------
    window : MainWindow
        The window.
    paths : sequence of Path
        Projects, spectra, folders.
    fresh : bool
        Do not offer to continue earlier sessions.
    samples : bool
        Open and analyse the samples.
    """
    projects = [path for path in paths if is_project(path)]
    spectra = [path for path in paths if not is_project(path)]

    project = projects[0] if projects else None
    offer = not (fresh or paths)
    window.after_first_paint(lambda: window.desk.begin(project, spectra, offer))
    if spectra and project is None:
        window.workbench.open(spectra)
    if samples:
        window.workbench.open(sample_paths(), analyse=True)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nmrcam-qt",
        description="Which peaks of a 2D NMR spectrum made a neural network say what it says.",
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="a project (.nmrcam), spectra or folders to open"
    )
    parser.add_argument(
        "--new", action="store_true", help="begin anew: offer no earlier session to continue"
    )
    parser.add_argument("--samples", action="store_true", help="open and analyse the samples")
    parser.add_argument(
        "--device",
        choices=CHOICES,
        default=AUTO,
        help="where networks are computed: auto takes a GPU where there is one (default)",
    )
    parser.add_argument("--version", action="version", version=f"nmrcam {__version__}")
    return parser.parse_args(list(argv))


def _hook(
    window: MainWindow,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Bugs in slots go to the log and into the list of problems."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("unexpected failure", exc_info=(kind, error, trace))
        if issubclass(kind, Exception):
            window.session.add_problem(f"Unexpected failure ({kind.__name__}: {error}).")

    return hook
