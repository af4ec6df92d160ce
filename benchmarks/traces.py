"""What traces and projections cost: a move of the mouse, a step of the zoom; in one run.

    QT_QPA_PLATFORM=offscreen python benchmarks/traces.py [--points 2048] [--rounds 5]

A simulated HSQC in the window's own panes. A *move* is the time of everything that the window
does when the cursor moves (handler), and of the repaint that follows; the bar for the handler
is 2 ms. A *zoom step* shows a window that is 3 % smaller and repaints; its ratio is with
projections over without, both in the same run. The difference of two such spectra is
computed in another thread: how long the call takes, until it is there, and the longest time
for which the window's thread did nothing else. Processor time of the window's thread, medians.
Writes ``results/traces.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
from contours import simulated  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from nmrcam_qt.session.overlaying import with_overlays  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.session import Session  # noqa: E402
from nmrcam_qt.session.shown import Shown  # noqa: E402
from nmrcam_qt.ui.overlay_difference import DIFFERENCE  # noqa: E402
from nmrcam_qt.ui.pane_grid import PaneGrid  # noqa: E402
from nmrcam_qt.ui.zoom_history import Window  # noqa: E402
from nmrcam_qt.workers.display_worker import display_worker  # noqa: E402

MOVES, STEPS = 60, 20
BAR_MS = 2.0


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    session = Session()
    session.add([pack(simulated(arguments.points, seed=seed)) for seed in (4, 5)])
    session.select(1)
    grid = PaneGrid()
    grid.resize(900, 800)
    grid.show()
    found: dict[str, object] = {"points": arguments.points, "bar of the handler, ms": BAR_MS}
    for name, settings in {
        "nothing": {},
        "traces": {"traces": True},
        "projections": {"projections": True},
        "both": {"traces": True, "projections": True},
        "both, overlay of two": {"traces": True, "projections": True, "overlays": (1, 2)},
    }.items():
        session.set_view(**{"traces": False, "projections": False, "overlays": (), **settings})
        show(application, session, grid)
        rounds = [measure(application, grid) for _ in range(arguments.rounds)]
        found[name] = {
            key: round(statistics.median(r[key] for r in rounds), 2) for key in rounds[0]
        }
        print(f"{name:<22}", found[name])
    steps = {name: found[name]["zoom step"] for name in ("nothing", "projections")}
    found["zoom step, projections over nothing"] = round(steps["projections"] / steps["nothing"], 2)
    session.set_view(overlays=(1, 2), difference=True, traces=False, projections=False)
    found["difference, s"] = difference_times(application, session, grid)
    print({key: value for key, value in found.items() if "," in key})
    path = Path(__file__).parent / "results" / "traces.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def show(application: QApplication, session: Session, grid: PaneGrid) -> None:
    """As a page does it, and until it is drawn."""
    pane = with_overlays(session, Shown(session.current, view=session.view))
    grid.show_panes([pane], 0, session.view)
    while display_worker().busy:
        application.processEvents()
        time.sleep(0.01)
    application.processEvents()


def measure(application: QApplication, grid: PaneGrid) -> dict[str, float]:
    """Milliseconds of a move (handler, repaint) and of a step of the zoom."""
    view, moves = grid.view, []
    for h_ppm, c_ppm in zip(np.linspace(9, 1, MOVES), np.linspace(10, 150, MOVES), strict=True):
        handler = timed(lambda h=h_ppm, c=c_ppm: view.cursor_moved.emit(h, c))
        moves.append((handler, timed(application.processEvents)))
    view.cursor_left.emit()
    steps = []
    for step in range(STEPS):
        half = 5 * 0.97**step
        window = Window((5 - half, 5 + half), (80 - 16 * half, 80 + 16 * half))
        steps.append(timed(lambda w=window: (view.box.show_window(w), application.processEvents())))
    view.go_home()
    application.processEvents()
    handler, repaint = (1e3 * statistics.median(part) for part in zip(*moves, strict=True))
    zoom = 1e3 * statistics.median(steps)
    return {"move, handler": handler, "move, repaint": repaint, "zoom step": zoom}


def timed(work: Callable[[], object]) -> float:
    """Processor time of this thread, seconds."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def difference_times(
    application: QApplication, session: Session, grid: PaneGrid
) -> dict[str, float]:
    """Seconds: the call, until the contours are there, the longest turn of the event loop."""
    pane = with_overlays(session, Shown(session.current, view=session.view))
    began, turns = time.perf_counter(), []
    grid.show_panes([pane], 0, session.view)
    call = time.perf_counter() - began
    while grid.view.signals_.contours.drawing(DIFFERENCE) is None or display_worker().busy:
        turns.append(timed(application.processEvents))
        time.sleep(0.002)
    there = time.perf_counter() - began
    return {
        name: round(value, 3)
        for name, value in {"call": call, "there": there, "longest turn": max(turns)}.items()
    }


if __name__ == "__main__":
    main()
