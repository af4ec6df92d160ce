"""How long nmrcam takes to begin: window, command line, inference process.

    python benchmarks/startup.py [--rounds 7] [--out benchmarks/results/startup.json]

Every start is a process of its own; its CPU time is divided by that of what it cannot do
without, taken in the same round: a window with one empty pyqtgraph plot, ``import numpy``,
``import tensorflow``. A window counts as painted when its first paint event and what was due
with it are done. Modules are compiled already, as after an installation.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy as np  # noqa: E402
from bars import Row, child_seconds, row, script_parser, write_rows  # noqa: E402

from nmrcam_qt.core.card_store import find_network  # noqa: E402
from nmrcam_qt.core.methods import DEFAULT_METHODS  # noqa: E402
from nmrcam_qt.core.preprocessing import Prepared  # noqa: E402
from nmrcam_qt.core.wire import Frame, encode, read_frame  # noqa: E402
from nmrcam_qt.core.wire_results import analyse_request  # noqa: E402

BARE_WINDOW = """
import os
import pyqtgraph
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Plot(pyqtgraph.PlotWidget):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, lambda: os._exit(0))

application = QApplication([])
window = QMainWindow()
window.setCentralWidget(Plot())
window.resize(1280, 820)
window.show()
application.exec()
"""
OWN_WINDOW = """
import gc, os
gc.disable()  # as nmrcam_qt.launch does
from PySide6.QtCore import QTimer
from nmrcam_qt import app

paint = app.MainWindow.paintEvent

def painted(self, event):
    paint(self, event)
    QTimer.singleShot(0, lambda: os._exit(0))

app.MainWindow.paintEvent = painted
app.main(["--new"])
"""
WHOLE_WINDOW = """
import gc, os
gc.disable()
from nmrcam_qt import app

make = app.make_window

def made(*arguments, **named):
    window = make(*arguments, start_server=False, **named)
    window.begun.connect(lambda: os._exit(0))
    return window

app.make_window = made
app.main(["--new"])
"""
SERVER = """
from nmrcam_qt.ml import server

server.lower_priority = lambda: None  # as what it is compared with
raise SystemExit(server.main())
"""
TENSORFLOW = "import tensorflow; print('there', flush=True)"
NETWORK = "kuhn-hsqc"
Cost = tuple[float, float]
"""Wall and CPU seconds."""


def environment(home: Path) -> dict[str, str]:
    """What all processes are started with: an empty home, no old settings, one thread."""
    named = {"NMRCAM_HOME": home / "nmrcam", "XDG_CONFIG_HOME": home, "PYTHONPATH": ROOT}
    found = {name: str(path) for name, path in named.items()}
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        found["QT_QPA_PLATFORM"] = "offscreen"
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    found |= dict.fromkeys(threads, "1")
    return found | {"PYTHONDONTWRITEBYTECODE": "", "TF_CPP_MIN_LOG_LEVEL": "3"}


def program(text: str, env: dict[str, str]) -> Callable[[], Cost]:
    """A program in a process of its own."""
    return lambda: child_seconds([sys.executable, "-c", text], env)


def command(words: str, env: dict[str, str]) -> Callable[[], Cost]:
    """A command of ours."""
    return lambda: child_seconds([sys.executable, "-m", "nmrcam_qt", *words.split()], env)


def until_answer(words: list[str], env: dict[str, str], talk: Callable[..., None]) -> Cost:
    """Wall seconds until `talk` has its answer, CPU seconds of the whole process."""
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, **env},
        ) as child,
    ):
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a process without pipes")
        talk(child.stdin, child.stdout)
        wall = time.perf_counter() - start
        child.stdin.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode("utf-8", "replace")[-2000:])
    return wall, usage.ru_utime + usage.ru_stime


def first_result(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """What the window does: hello, then all default maps of all classes of one spectrum."""
    card = find_network(NETWORK).card
    rng = np.random.default_rng(0)
    examples = tuple(rng.random(spec.shape, np.float32) for spec in card.inputs)
    asked = analyse_request(NETWORK, (Prepared(examples, ()),), DEFAULT_METHODS, None, None)
    for frame in (Frame({"op": "hello"}), asked):
        stdin.write(encode(frame))
        stdin.flush()
        reply = read_frame(stdout)
        if reply is None or not reply.header.get("ok"):
            raise RuntimeError(f"the inference process answered {reply and reply.header}")


def line(_stdin: BinaryIO, stdout: BinaryIO) -> None:
    """One line is said."""
    if stdout.readline().strip() != b"there":
        raise RuntimeError("TensorFlow was not imported")


def taken(
    above: Callable[[], Cost], below: Callable[[], Cost], rounds: int
) -> tuple[list[float], list[float]]:
    """Ratios of wall and of CPU time, one of each for every round, after one to warm up."""
    below(), above()
    found = []
    for _ in range(rounds):
        under, over = below(), above()
        print(
            f"wall {over[0]:.2f} / {under[0]:.2f}, CPU {over[1]:.2f} / {under[1]:.2f}", flush=True
        )
        found.append((over[0] / under[0], over[1] / under[1]))
    walls, cpus = zip(*found, strict=True)
    return list(walls), list(cpus)


def measure(home: Path, rounds: int) -> list[Row]:
    """All rows."""
    env = environment(home)
    topic, rows = "starting", []
    bare = program(BARE_WINDOW, env)
    wall, cpu = taken(program(OWN_WINDOW, env), bare, rounds)
    what = "nmrcam-qt to first painted window / bare pyqtgraph window"
    rows += [row(topic, what, cpu, 1.25, note="CPU time"), row(topic, f"{what}, wall", wall)]
    _, cpu = taken(program(WHOLE_WINDOW, env), bare, rounds)
    after = "plot and icons too, and the session's file begun"
    rows.append(
        row(topic, f"the same until everything behind the first paint is done: {after}", cpu)
    )
    numpy = program("import numpy", env)
    for words in ("--help", "networks list"):
        _, cpu = taken(command(words, env), numpy, rounds)
        rows.append(row(topic, f"nmrcam {words} / python -c 'import numpy'", cpu, 1.6))
    server = [sys.executable, "-c", SERVER]
    wall, cpu = taken(
        lambda: until_answer(server, env, first_result),
        lambda: until_answer([sys.executable, "-c", TENSORFLOW], env, line),
        rounds,
    )
    what = "inference process to its first result / import tensorflow alone"
    rows.append(row(topic, what, cpu, 1.15, note=f"CPU time; all maps of one spectrum, {NETWORK}"))
    rows.append(row(topic, f"{what}, wall", wall, 1.15))
    return rows


def main() -> int:
    """Measure, write."""
    parser = script_parser(__doc__, rounds=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        write_rows("startup", measure(Path(home), given.rounds), given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
