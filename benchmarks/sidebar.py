"""The sidebar with 5,000 spectra beside an empty and a small project; search in 10,000.

    xvfb-run -a python benchmarks/sidebar.py     # writes results/sidebar.json

Ratios within one run: the machine is shared. Spectra are generated: 50 distinct peak lists
drawn on 410×600 points, in samples of two, 60 % with a result, tags and flags on some.
*Opening* is timed in processes of their own up to the first complete paint of the window:
``start`` from the start of the program, imports included; ``open`` from the first line after
them, that is reading the file, session and window; ``cpu`` likewise, but processor time. *Memory*
is what such a process holds then. In *searching* ``cpu`` is processor time, too: on a busy
machine the clock says more about the others.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt  # noqa: E402
from PySide6.QtGui import QWheelEvent  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402
from window_builders import CARDS, FAKE_SERVER, list_spectrum, make_analysis  # noqa: E402

from nmrcam_qt.core.spectrum import Experiment  # noqa: E402
from nmrcam_qt.session.items import AnalysisKey  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.project import create_project, open_project  # noqa: E402
from nmrcam_qt.session.records import Flag  # noqa: E402
from nmrcam_qt.session.session import Session  # noqa: E402
from nmrcam_qt.ui.main_window import MainWindow  # noqa: E402
from nmrcam_qt.ui.workbench import Workbench  # noqa: E402
from nmrcam_qt.workers.inference_client import InferenceClient  # noqa: E402

LARGE, SMALL, SEARCHED = 5_000, 100, 10_000
DISTINCT = 50
REPEATS = 5
STEPS = 400
TIMES = ("start", "start_cpu", "open", "cpu")
KEYS = ("sp", "spe", "spectrum", "spectrum 7", "spectrum 77", "indole", "indole t1", "hmbc", "")


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


def child(path: Path, folder: Path) -> None:
    """Open one project, print seconds and megabytes, end."""
    application = QApplication([])
    application.setStyle("Fusion")
    settings = QSettings(str(folder / "bench.ini"), QSettings.Format.IniFormat)
    began, cpu = time.perf_counter(), time.process_time()
    window = window_of(path, settings)
    show(application, window)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    painted, all_cpu = time.time(), time.process_time()
    end = time.perf_counter() + 0.7  # texts for the search are made, batches laid out
    while time.perf_counter() < end:
        application.processEvents()
        time.sleep(0.005)
    found = {"open": took, "cpu": cpu, "painted": painted, "start_cpu": all_cpu}
    print(json.dumps(found | {"mb": resident_mb(), "rows": len(window.sidebar.listing)}))
    sys.stdout.flush()
    window.session.project.close()
    os._exit(0)


def opening(paths: dict[str, Path], folder: Path) -> dict:
    """Median of alternating runs."""
    runs: dict[str, list[dict]] = {name: [] for name in paths}
    for _ in range(REPEATS):
        for name, path in paths.items():
            command = [sys.executable, __file__, "--child", str(path), "--folder", str(folder)]
            began = time.time()
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            said = json.loads(done.stdout.splitlines()[-1])
            runs[name].append(said | {"start": said["painted"] - began})
    found: dict = {}
    for name, each in runs.items():
        found[name] = {"rows": each[0]["rows"]}
        found[name] |= {f"{k}_ms": round(1e3 * median(r[k] for r in each), 1) for k in TIMES}
        found[name]["rss_mb"] = round(median(r["mb"] for r in each), 1)
    pairs = list(zip(runs["large"], runs["empty"], strict=True))
    for key in TIMES:
        found[f"{key}_ratio"] = round(median(a[key] / b[key] for a, b in pairs), 2)
    found["extra_mb"] = round(median(a["mb"] - b["mb"] for a, b in pairs), 1)
    return found


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


def scrolling(application: QApplication, paths: dict[str, Path], folder: Path) -> dict:
    """Wheel steps in turns, so that what else runs here meets both."""
    took: dict[str, list[float]] = {}
    windows = {}
    for name in ("small", "large"):
        settings = QSettings(str(folder / f"{name}.ini"), QSettings.Format.IniFormat)
        windows[name] = window_of(paths[name], settings)
        show(application, windows[name])
        took[name] = []
    for _ in range(4):
        for name, window in windows.items():
            took[name] += scroll(application, window)
    found = {}
    for name, times in took.items():
        p50, p99 = np.percentile(1e3 * np.array(times), (50, 99))
        found[name] = {"p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "steps": len(times)}
        windows[name].session.project.close()
    found["p99_ratio"] = round(found["large"]["p99_ms"] / found["small"]["p99_ms"], 2)
    return found


def searching(application: QApplication, folder: Path) -> dict:
    """Every key of a search in 10,000: the listing alone, and the window with its paint."""
    session = Session()
    fill(session, SEARCHED)
    client = InferenceClient(FAKE_SERVER, request_timeout_s=30)
    settings = QSettings(str(folder / "search.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Workbench(session, client, CARDS), settings, False)
    show(application, window)
    listing = window.sidebar.listing
    while listing.warm(1000):
        pass
    alone, widget, alone_cpu, widget_cpu = [], [], [], []
    for _ in range(REPEATS):
        for text in KEYS:
            began, cpu = time.perf_counter(), time.process_time()
            listing.set_filters(listing.filters.searching(text))
            alone.append(time.perf_counter() - began)
            alone_cpu.append(time.process_time() - cpu)
        for text in KEYS:
            began, cpu = time.perf_counter(), time.process_time()
            window.sidebar.search.setText(text)
            window.sidebar.list.viewport().repaint()
            widget.append(time.perf_counter() - began)
            widget_cpu.append(time.process_time() - cpu)
            for _ in range(30):
                application.processEvents()
    found = {"spectra": SEARCHED, "rows": len(listing)}
    measured = (
        ("listing", alone),
        ("listing_cpu", alone_cpu),
        ("window", widget),
        ("window_cpu", widget_cpu),
    )
    for name, times in measured:
        values = 1e3 * np.array(times)
        found[f"{name}_median_ms"] = round(float(np.median(values)), 2)
        found[f"{name}_p95_ms"] = round(float(np.percentile(values, 95)), 2)
    return found


def streaming(application: QApplication, path: Path, folder: Path) -> dict:
    """A thousand results into 5,000 rows sorted by score, the window painting meanwhile."""
    settings = QSettings(str(folder / "stream.ini"), QSettings.Format.IniFormat)
    window = window_of(path, settings)
    show(application, window)
    bar, session = window.sidebar, window.session
    bar.order.setCurrentText("Score")
    bar.order.activated.emit(3)
    relists, real = [], bar.listing.relist
    bar.listing.relist = lambda: (relists.append(time.perf_counter()), real())
    turns, spent = [], 0.0
    for item in list(session.items)[:1000]:
        key = AnalysisKey("net-hsqc", (item.id,), None)
        began = time.perf_counter()
        session.store(key, make_analysis((), (0.2, 0.7, 0.1), ("indole",)))
        application.processEvents()
        turns.append(time.perf_counter() - began)
        spent += turns[-1]
    session.project.close()
    return {
        "results": len(turns),
        "relists": len(relists),
        "seconds": round(spent, 2),
        "turn_p50_ms": round(1e3 * float(np.percentile(turns, 50)), 2),
        "turn_max_ms": round(1e3 * max(turns), 1),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/sidebar.json")
    given = parser.parse_args()
    if given.child is not None:
        child(given.child, given.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {}
        for title, size in (("empty", 0), ("small", SMALL), ("large", LARGE)):
            paths[title] = folder / f"{title}.nmrcam"
            make(paths[title], size)
        found = {
            "command": "xvfb-run -a python benchmarks/sidebar.py",
            "load": [round(value, 2) for value in os.getloadavg()],
            "opening": opening({k: paths[k] for k in ("empty", "large")}, folder),
        }
        application = QApplication([])
        application.setStyle("Fusion")
        found["scrolling"] = scrolling(application, paths, folder)
        found["searching"] = searching(application, folder)
        found["streaming"] = streaming(application, paths["large"], folder)
        print(json.dumps(found, indent=1))
        given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
