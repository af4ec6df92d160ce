"""Does the window stay alive while jobs run? Gaps of a 10 ms timer in its thread.

    xvfb-run -a python benchmarks/heartbeat.py [--pictures 200] [--rounds 3] [--out FILE]

The view repaints all the time, as for a user who zooms in and out of a spectrum with its map
(half of the gaps are then 20 to 30 ms). Every round measures the same
window *alone*, while an inference process (the real one) *starts*, while pictures of 600 x 410
points are *opened*, and while they are *analysed* with all methods and classes; the last two
with results coming into the sidebar. Gaps are pooled over the rounds and compared with those
of the window alone in the same run: p99 <= 1.5 x, longest <= max(180 ms, 1.5 x).
"""

# ruff: noqa: E402 - the package is found from a checkout, too
from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
from PIL import Image
from PySide6.QtCore import QEventLoop, QSettings, Qt, QTimer

from nmrcam_qt.app import make_application, make_window
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.ui.main_window import MainWindow
from nmrcam_qt.workers.analyse_job import StartJob
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.runner import Lane

BEAT_MS = 10
P99_BAR, MAX_BAR, MAX_FREE_S = 1.5, 1.5, 0.180
ALONE_S = 8.0
LIMIT_S = 300.0
PHASES = ("alone", "start", "open", "analyse")


class Heart:
    """Measures the gaps between its beats while the view repaints."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.gaps: list[float] = []
        self._last = 0.0
        self._turns = 0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def _beat(self) -> None:
        now = time.perf_counter()
        if self._last:
            self.gaps.append(now - self._last)
        self._last = now
        # As a user who zooms: the spectrum and its map are painted anew, not from a cache.
        self._turns += 1
        factor = 1.02 if self._turns % 40 < 20 else 1 / 1.02
        self._window.view.plot.getViewBox().scaleBy((factor, factor))

    def during(self, over: Callable[[], bool]) -> list[float]:
        """Gaps until `over`."""
        self.gaps, self._last = [], 0.0
        self._timer.start()
        wait(over)
        self._timer.stop()
        return self.gaps


def wait(over: Callable[[], bool]) -> None:
    """Run the event loop until `over`."""
    loop, check = QEventLoop(), QTimer()
    deadline = time.perf_counter() + LIMIT_S

    def look() -> None:
        if over() or time.perf_counter() > deadline:
            loop.quit()

    check.timeout.connect(look)
    check.start(20)
    loop.exec()
    check.stop()
    if time.perf_counter() > deadline:
        raise SystemExit("it took too long")


def write_pictures(folder: Path, n: int) -> None:
    """Pictures of 30 random peaks."""
    rng = np.random.default_rng(7)
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 410), Axis.from_edges("1H", 10.0, 0.0, 600)
    for number in range(n):
        peaks = PeakList(rng.uniform(0.5, 9.5, 30), rng.uniform(10, 190, 30), np.ones(30))
        ink = np.clip(np.abs(draw_peaks(peaks, f1, f2)), 0, 1)
        grey = (255 * (1 - ink)).astype(np.uint8)
        Image.fromarray(grey).save(folder / f"made_{number:04}_hsqc.png")


def one_round(window: MainWindow, folder: Path) -> dict[str, list[float]]:
    """Gaps of every phase, once."""
    heart, bench = Heart(window), window.workbench
    idle = lambda: not bench.runner.running  # noqa: E731
    end = time.perf_counter() + ALONE_S
    found = {"alone": heart.during(lambda: time.perf_counter() > end)}
    client = InferenceClient()
    bench.runner.submit(StartJob(client), Lane.INFERENCE)
    found["start"] = heart.during(idle)
    client.close()
    known = {item.id for item in window.session.items}
    bench.open([folder])
    found["open"] = heart.during(idle)
    new = [item.id for item in window.session.items if item.id not in known]
    bench.analyse(new)
    found["analyse"] = heart.during(idle)
    failed = sum(bool(item.error) for item in window.session.items)
    if failed or not new:
        raise SystemExit(f"{failed} of {len(new)} analyses failed")
    window.session.remove(new)
    return found


def summary(gaps: list[float]) -> dict[str, float]:
    """Milliseconds."""
    values = 1e3 * np.array(gaps)
    return {
        "n": len(gaps),
        "p50_ms": round(float(np.percentile(values, 50)), 1),
        "p99_ms": round(float(np.percentile(values, 99)), 1),
        "max_ms": round(float(values.max()), 1),
    }


def judged(phases: dict[str, dict[str, float]]) -> dict[str, dict[str, object]]:
    """Ratios to the window alone, and whether they are within the bars."""
    alone = phases["alone"]
    said: dict[str, dict[str, object]] = {}
    for name in PHASES[1:]:
        p99 = phases[name]["p99_ms"] / alone["p99_ms"]
        allowed = max(1e3 * MAX_FREE_S, MAX_BAR * alone["max_ms"])
        said[name] = {
            "p99_ratio": round(p99, 2),
            "max_ratio": round(phases[name]["max_ms"] / alone["max_ms"], 2),
            "p99_ok": p99 <= P99_BAR,
            "max_ok": phases[name]["max_ms"] <= allowed,
        }
    return said


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/heartbeat.json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["NMRCAM_HOME"] = name
        result = measure(Path(name), args.pictures, args.rounds)
    result["command"] = (
        f"xvfb-run -a python benchmarks/heartbeat.py --pictures {args.pictures} "
        f"--rounds {args.rounds}"
    )
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def measure(home: Path, n: int, rounds: int) -> dict[str, object]:
    """All rounds in one window."""
    folder = home / "pictures"
    folder.mkdir()
    write_pictures(folder, n)
    make_application()
    window = make_window(
        QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat), start_server=True
    )
    window.show()
    bench = window.workbench
    wait(lambda: bool(bench.server_status.device) and not bench.runner.running)
    bench.open([folder / "made_0000_hsqc.png"], analyse=True)
    wait(lambda: not bench.runner.running)
    pooled: dict[str, list[float]] = {phase: [] for phase in PHASES}
    for _ in range(rounds):
        for phase, gaps in one_round(window, folder).items():
            pooled[phase] += gaps
    window.close()
    phases = {phase: summary(gaps) for phase, gaps in pooled.items()}
    return {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "load": [round(v, 1) for v in os.getloadavg()],
        "pictures": n,
        "phases": phases,
        "against alone": judged(phases),
    }


if __name__ == "__main__":
    main()
