"""A project of 10,000 spectra in the window: opening, searching, scrolling, results that stream in.

    xvfb-run -a python benchmarks/sidebar.py     # writes results/sidebar.json

Ratios within one round: the machine is shared. Spectra are generated: 50 distinct peak lists
drawn on 410×600 points, in samples of two, 60 % with a result, tags and flags on some.
*Opening in a running window* is what File > Open does, by the window's own job, with another
empty project open before each: up to the first complete paint of the list (its count, its rows
and the thumbnails in sight), and up to the point where every row is made and can be searched.
*Starting* is a process of its own, imports included. Processor time of all threads; the clock
stands in the note. *Memory* is what such a process holds when all rows are made. A key of the
search is measured in the window with its paint, in processor time of the window's thread, too:
on a busy machine the clock says more about the others.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import numpy as np  # noqa: E402
from bars import Row, row, script_parser, write_rows  # noqa: E402
from PySide6.QtCore import QEventLoop, QPoint, QPointF, QSettings, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QWheelEvent  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from window_builders import CARDS, FAKE_SERVER, list_spectrum, make_analysis  # noqa: E402

from nmrcam_qt.app import SWITCH_S  # noqa: E402
from nmrcam_qt.core.spectrum import Experiment  # noqa: E402
from nmrcam_qt.qtmodels.garbage import GarbageTimer  # noqa: E402
from nmrcam_qt.session.items import AnalysisKey  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import Flag  # noqa: E402
from nmrcam_qt.session.session import Session  # noqa: E402
from nmrcam_qt.ui.main_window import MainWindow  # noqa: E402
from nmrcam_qt.ui.workbench import Workbench  # noqa: E402
from nmrcam_qt.workers.inference_client import InferenceClient  # noqa: E402

LARGE, SMALL = 10_000, 100
DISTINCT = 50
STEPS = 400
KEYS = ("sp", "spe", "spectrum", "spectrum 7", "spectrum 77", "indole", "indole t1", "hmbc", "")
OPEN_BAR, KEY_BAR_MS = 3.0, 30.0
LIMIT_S = 120.0


def some_packed() -> list:
    """Distinct peak lists."""
    rng = np.random.default_rng(1)
    made = []
    for n in range(DISTINCT):
        points = list(zip(rng.uniform(0.5, 9, 25), rng.uniform(5, 190, 25), strict=True))
        made.append(pack(list_spectrum(points, Experiment.HSQC, f"base {n}")))
    return made


def fill(session: Session, size: int, results: bool = True) -> None:
    """Spectra in pairs, results, tags, flags."""
    base, kinds = some_packed(), (Experiment.HSQC, Experiment.HMBC)
    for start in range(0, size, 500):
        part = []
        for n in range(start, min(size, start + 500)):
            one, name = base[n % DISTINCT], f"spectrum {n // 2:05d} {kinds[n % 2].value}"
            provenance = replace(one.provenance, path=f"/made/{name}.csv", sha256=f"{n:064x}")
            # Handles of their own: each payload is written and let go for itself.
            fresh = pack(one.unpack()) if session.project is not None else one
            part.append(replace(fresh, name=name, experiment=kinds[n % 2], provenance=provenance))
        session.add(part)
        if session.project is not None:
            session.project.flush()
    ids = [item.id for item in session.items]
    session.set_tags(ids[::3], add=["t1"])
    session.set_tags(ids[::7], add=["urgent", "batch 7"])
    session.set_flag(ids[::5], Flag.CHECK)
    rng = np.random.default_rng(2)
    for item_id in ids if results else ():
        if rng.random() < 0.6:
            scores = tuple(rng.dirichlet((1, 1, 1)))
            present = (("fatty_acid", "indole", "steroid")[int(np.argmax(scores))],)
            key = AnalysisKey("net-hsqc", (item_id,), None)
            session.store(key, make_analysis((), scores, present if max(scores) > 0.5 else ()))


def make(path: Path, size: int) -> None:
    """A project file."""
    opened = create_project(path)
    session = Session(opened.content, opened.store)
    fill(session, size)
    opened.store.close()


def made(folder: Path, name: str, size: int) -> Path:
    """A project file in a folder, made where it is not there."""
    path = folder / f"{name}.nmrcam"
    if not path.exists():
        make(path, size)
    return path


def window_of(path: Path, settings: QSettings) -> MainWindow:
    """A window on a project."""
    opened = open_project(path)
    session = Session(opened.content, opened.store)
    client = InferenceClient(FAKE_SERVER, request_timeout_s=30)
    return MainWindow(Workbench(session, client, CARDS), settings, False)


def show(application: QApplication, window: MainWindow) -> None:
    """Until it is painted completely: rows laid out, thumbnails in sight read."""
    window.show()
    bar = window.sidebar
    wanted = min(len(bar.listing), 5)
    while not window.isVisible() or (wanted and len(bar.model.thumbnails) < wanted):
        application.processEvents()
    application.processEvents()


def resident_mb() -> float:
    """Memory of this process that lies in RAM."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def until(application: QApplication, over: Callable[[], bool]) -> None:
    """Run the event loop until `over`."""
    end, beat = time.perf_counter() + LIMIT_S, QTimer()
    beat.start(10)  # looks, and sleeps between: waiting costs no processor time
    while not over():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() > end:
            raise SystemExit("it took too long")


def is_complete(window: MainWindow) -> bool:
    """Whether every row is made and can be searched, and nothing is going on."""
    return not window.sidebar.listing.warm(1) and not window.workbench.runner.running


def child(path: Path, folder: Path) -> None:
    """Open one project, print seconds and megabytes, end."""
    application = QApplication([])
    application.setStyle("Fusion")
    settings = QSettings(str(folder / "bench.ini"), QSettings.Format.IniFormat)
    window = window_of(path, settings)
    show(application, window)
    painted, all_cpu = time.time(), time.process_time()
    until(application, lambda: is_complete(window))
    rows = len(window.sidebar.listing)
    found = {"painted": painted, "cpu": all_cpu, "mb": resident_mb(), "rows": rows}
    print(json.dumps(found))
    sys.stdout.flush()
    window.session.project.close()
    os._exit(0)


def starting(paths: dict[str, Path], folder: Path, rounds: int) -> tuple[list[Row], dict]:
    """From the start of the program to the painted window, in turns."""
    runs: dict[str, list[dict]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, path in paths.items():
            command = [sys.executable, __file__, "--child", str(path), "--folder", str(folder)]
            began = time.time()
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            said = json.loads(done.stdout.splitlines()[-1])
            runs[name].append(said | {"clock": said["painted"] - began})
    pairs = list(zip(runs["large"], runs["empty"], strict=True))
    clock = median(a["clock"] / b["clock"] for a, b in pairs)
    rows = [
        row(
            "projects",
            "10,000 spectra: start of the program to the painted window / an empty project",
            [a["cpu"] / b["cpu"] for a, b in pairs],
            OPEN_BAR,
            note=f"by the clock {clock:.2f}",
        ),
        row(
            "projects",
            "10,000 spectra, every row made: memory over that with an empty project",
            [a["mb"] - b["mb"] for a, b in pairs],
            unit="MB",
        ),
    ]
    return rows, {
        name: {k: median(r[k] for r in each) for k in each[0]} for name, each in runs.items()
    }


def opening(
    application: QApplication, paths: dict[str, Path], folder: Path, rounds: int
) -> tuple[list[Row], dict]:
    """File > Open in a window that runs, in turns."""
    settings = QSettings(str(folder / "open.ini"), QSettings.Format.IniFormat)
    window = window_of(paths["blank"], settings)
    window.desk.store = window.session.project  # as after the window's own start
    GarbageTimer(window).begin()  # as the program does it
    show(application, window)
    until(application, lambda: is_complete(window))
    took: dict[str, list[dict]] = {"empty": [], "large": []}
    for _ in range(rounds + 1):  # the first one is not counted
        for name, found in took.items():
            found.append(opened_in(application, window, paths[name]))
            opened_in(application, window, paths["blank"])
    window.close()
    pairs = list(zip(took["large"][1:], took["empty"][1:], strict=True))

    def ratios_of(key: str) -> list[float]:
        return [a[key] / b[key] for a, b in pairs]

    rows = [
        row(
            "projects",
            "10,000 spectra: opening in a running window, until it can be used / an empty one",
            ratios_of("usable_cpu"),
            OPEN_BAR,
            note=f"by the clock {median(ratios_of('usable')):.2f}",
        ),
        row(
            "projects",
            "… until every row is made, its file looked for and its text ready to be searched",
            ratios_of("complete_cpu"),
            note="in turns of about 5 ms behind the first paint; by the clock "
            f"{median(a['complete'] for a, _ in pairs):.1f} s",
        ),
    ]
    raw = {n: {k: median(r[k] for r in each[1:]) for k in each[0]} for n, each in took.items()}
    return rows, raw


def opened_in(application: QApplication, window: MainWindow, path: Path) -> dict:
    """Seconds until a project can be used, and until it is complete."""
    gc.collect()
    began, cpu = time.perf_counter(), time.process_time()
    desk = window.desk
    desk.open(path)
    until(application, lambda: desk.store is not None and desk.store.path == path)
    until(application, lambda: not desk.is_switching)
    bar = window.sidebar
    wanted = min(len(bar.listing), 5)
    until(application, lambda: len(bar.model.thumbnails) >= wanted)
    bar.list.viewport().repaint()
    usable, usable_cpu = time.perf_counter() - began, time.process_time() - cpu
    count = int(bar.count.text().split()[0])
    if count != len(window.session):
        raise SystemExit(f"{count} spectra are shown of {len(window.session)}")
    until(application, lambda: is_complete(window))
    found = {"usable": usable, "usable_cpu": usable_cpu}
    all_of_it = {"complete": time.perf_counter() - began, "complete_cpu": time.process_time() - cpu}
    return found | all_of_it


def scroll(application: QApplication, window: MainWindow) -> list[float]:
    """Seconds of each step of the wheel with its paint, down and up again."""
    view = window.sidebar.list
    bar, place = view.verticalScrollBar(), QPointF(60, 200)
    took, down = [], True
    for _ in range(STEPS):
        if bar.value() >= bar.maximum():
            down = False
        elif bar.value() <= 0:
            down = True
        began = time.perf_counter()
        event = QWheelEvent(
            place,
            QPointF(view.viewport().mapToGlobal(place.toPoint())),
            QPoint(),
            QPoint(0, -240 if down else 240),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        application.sendEvent(view.viewport(), event)
        view.viewport().repaint()
        application.processEvents()
        took.append(time.perf_counter() - began)
    return took


def scrolling(application: QApplication, paths: dict[str, Path], folder: Path, rounds: int) -> Row:
    """Wheel steps in turns, so that what else runs here meets both."""
    windows = {}
    for name in ("small", "large"):
        settings = QSettings(str(folder / f"{name}.ini"), QSettings.Format.IniFormat)
        windows[name] = window_of(paths[name], settings)
        show(application, windows[name])
        until(application, lambda name=name: is_complete(windows[name]))
    found = []
    for _ in range(rounds):
        p99 = {n: np.percentile(scroll(application, w), 99) for n, w in windows.items()}
        found.append(float(p99["large"] / p99["small"]))
    for window in windows.values():
        window.session.project.close()
    what = "a step of the wheel in 10,000 spectra / in 100, 99th percentile"
    return row("window", what, found, note="by the clock")


def searching(application: QApplication, path: Path, folder: Path, rounds: int) -> list[Row]:
    """Every key of a search in 10,000: the listing alone, and the window with its paint."""
    settings = QSettings(str(folder / "search.ini"), QSettings.Format.IniFormat)
    window = window_of(path, settings)
    show(application, window)
    began = time.thread_time()
    window.sidebar.search.setText("s")
    first = 1e3 * (time.thread_time() - began)
    window.sidebar.search.setText("")
    until(application, lambda: is_complete(window))
    listing = window.sidebar.listing
    alone, widget = [], []
    for _ in range(rounds):
        alone.append(_p95(KEYS, lambda text: listing.set_filters(listing.filters.searching(text))))

        def type_(text: str) -> None:
            window.sidebar.search.setText(text)
            window.sidebar.list.viewport().repaint()

        widget.append(_p95(KEYS, type_, lambda: [application.processEvents() for _ in range(30)]))
    window.session.project.close()
    note = f"before the rows are made, right after opening, once {first:.0f} ms"
    return [
        row("projects", "a key of the search in 10,000 spectra with its paint, 95th percentile",
            widget, KEY_BAR_MS, unit="ms", note=note),
        row("projects", "… the list alone", alone, unit="ms"),
    ]  # fmt: skip


def _p95(
    keys: Sequence[str], act: Callable[[str], object], after: Callable[[], object] = int
) -> float:
    """95th percentile over three passes, processor milliseconds of this thread."""
    took = []
    for text in keys * 3:
        began = time.thread_time()
        act(text)
        took.append(1e3 * (time.thread_time() - began))
        after()
    return float(np.percentile(took, 95))


def streaming(application: QApplication, path: Path, folder: Path, rounds: int) -> list[Row]:
    """Results into 10,000 rows sorted by score, the window painting meanwhile."""
    settings = QSettings(str(folder / "stream.ini"), QSettings.Format.IniFormat)
    window = window_of(path, settings)
    show(application, window)
    until(application, lambda: is_complete(window))
    bar, session = window.sidebar, window.session
    bar.order.setCurrentText("Score")
    bar.order.activated.emit(3)
    usual, longest = [], []
    for start in range(0, 300 * rounds, 300):
        turns = []
        for item in list(session.items)[start : start + 300]:
            key = AnalysisKey("net-hsqc", (item.id,), None)
            began = time.perf_counter()
            session.store(key, make_analysis((), (0.2, 0.7, 0.1), ("indole",)))
            application.processEvents()
            turns.append(1e3 * (time.perf_counter() - began))
        usual.append(median(turns))
        longest.append(max(turns))
    session.project.close()
    what = "a result that comes into 10,000 rows sorted by score"
    return [
        row("window", f"{what}: a turn of the event loop", usual, unit="ms"),
        row("window", f"{what}: the longest turn of 300", longest, unit="ms"),
    ]


def main() -> None:
    """Measure and write."""
    parser = script_parser(__doc__, rounds=7)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--projects", type=Path, help="folder that keeps projects between runs")
    given = parser.parse_args()
    if given.child is not None:
        child(given.child, given.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NMRCAM_HOME"] = name
        sizes = {"blank": 0, "empty": 0, "small": SMALL, "large": LARGE}
        paths = {n: made(given.projects or folder, n, size) for n, size in sizes.items()}
        begun = {k: paths[k] for k in ("empty", "large")}
        rows, started = starting(begun, folder, given.rounds)
        sys.setswitchinterval(SWITCH_S)  # as the program does it
        application = QApplication([])
        application.setStyle("Fusion")
        more, opened = opening(application, paths, folder, given.rounds)
        rows = more + rows
        rows += searching(application, paths["large"], folder, given.rounds)
        rows.append(scrolling(application, paths, folder, given.rounds))
        rows += streaming(application, paths["large"], folder, given.rounds)
        raw = {"started": rounded(started), "opened": rounded(opened)}
        write_rows("sidebar", rows, given.out, **raw)
        sys.stdout.flush()
    os._exit(0)


def rounded(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Seconds and megabytes to four digits; the moment of a paint is of no interest."""
    return {
        name: {k: float(f"{v:.4g}") for k, v in each.items() if k != "painted"}
        for name, each in found.items()
    }


if __name__ == "__main__":
    main()
