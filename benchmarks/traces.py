"""What traces and projections cost: a move of the mouse, a step of the zoom; in one run.

    QT_QPA_PLATFORM=offscreen python benchmarks/traces.py [--points 2048] [--rounds 5]

A simulated HSQC in the window's own panes. A *move* is the time of everything that the window
does when the cursor moves (handler), and of the repaint that follows; the bar for the handler
is 2 ms. A *zoom step* shows a window that is 3 % smaller and repaints; its ratio is with
projections over without, both in the same run. The difference of two such spectra is
computed in another thread: how long the call takes, until it is there, and the longest time
for which the window's thread did nothing else. Processor time of the window's thread, medians.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
from bars import Row, row, script_parser, write_rows  # noqa: E402
from contours import TOPIC, simulated  # noqa: E402
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
PARTS = ("handler", "repaint")
BAR_MS = 2.0
SHOWN = {
    "nothing": {},
    "traces": {"traces": True},
    "projections": {"projections": True},
    "both": {"traces": True, "projections": True},
    "both, overlay of two": {"traces": True, "projections": True, "overlays": (1, 2)},
}


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--points", type=int, default=2048)
    given = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    session = Session()
    session.add([pack(simulated(given.points, seed=seed)) for seed in (4, 5)])
    session.select(1)
    grid = PaneGrid()
    grid.resize(900, 800)
    grid.show()
    rounds = [of_a_round(application, session, grid) for _ in range(given.rounds)]
    session.set_view(overlays=(1, 2), difference=True, traces=False, projections=False)
    seconds = difference_times(application, session, grid)
    points = f"spectra of {given.points:,}² points"
    rows = [*rows_of(rounds, points)]
    rows += [
        row(TOPIC, f"the difference of two {points}: {name}", [1e3 * value], unit="ms")
        for name, value in seconds.items()
    ]
    write_rows("traces", rows, given.out, points=given.points)
    return 0


def of_a_round(
    application: QApplication, session: Session, grid: PaneGrid
) -> dict[str, dict[str, float]]:
    """Milliseconds of everything that can be shown, one after the other."""
    found = {}
    for name, settings in SHOWN.items():
        session.set_view(**{"traces": False, "projections": False, "overlays": (), **settings})
        show(application, session, grid)
        found[name] = measure(application, grid)
    return found


def rows_of(rounds: Sequence[dict[str, dict[str, float]]], points: str) -> list[Row]:
    """Moves in milliseconds, steps of the zoom over those without anything."""
    rows = []
    for name, settings in SHOWN.items():
        if settings.get("traces"):
            handler, repaint = ([r[name][f"move, {part}"] for r in rounds] for part in PARTS)
            what = f"a move of the mouse, {name} ({points})"
            rows.append(row(TOPIC, f"{what}: all that is done at once", handler, BAR_MS, unit="ms"))
            rows.append(row(TOPIC, "… and the repaint", repaint, unit="ms"))
    for name in list(SHOWN)[1:]:
        ratio = [r[name]["zoom step"] / r["nothing"]["zoom step"] for r in rounds]
        rows.append(
            row(TOPIC, f"a step of the zoom, {name} / without traces and projections", ratio)
        )
    return rows


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
        "the call": call,
        "it is there": there,
        "longest turn of the event loop meanwhile": max(turns),
    }


if __name__ == "__main__":
    sys.exit(main())
