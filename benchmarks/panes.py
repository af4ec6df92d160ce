"""Time to go to the next spectrum with one pane and with several, in one run.

    QT_QPA_PLATFORM=offscreen python benchmarks/panes.py [--steps 60]

From `Session.select` until everything is laid out and painted (processor time: other programs
do not count), with made-up maps for four panes of classes. Prints medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication  # noqa: E402
from window_builders import CARDS, CLASSES, make_analysis, make_map, packed, picture  # noqa: E402

from nmrcam_qt.session.items import AnalysisKey  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.session.panes import active_pane, resolve_panes  # noqa: E402
from nmrcam_qt.session.session import Session  # noqa: E402
from nmrcam_qt.ui.pane_grid import PaneGrid  # noqa: E402


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    arguments = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    print(f"{'spectra':<10}{'panes':>6}{'p50 ms':>9}{'p95 ms':>9}{'ratio':>7}")
    for kind in ("pictures", "lists"):
        session = make_session(kind)
        grid = PaneGrid()
        grid.resize(900, 800)
        grid.show()
        base = 0.0
        for layout in ("single", "classes"):
            session.set_view(layout=layout)
            times = walk(application, session, grid, arguments.steps)
            middle = statistics.median(times)
            base = base or middle
            high = sorted(times)[int(0.95 * len(times))]
            panes = len(grid.views)
            print(
                f"{kind:<10}{panes:>6}{1e3 * middle:>9.1f}{1e3 * high:>9.1f}{middle / base:>7.2f}"
            )
        grid.close()


def make_session(kind: str) -> Session:
    """Ten spectra with a map for every class."""
    session = Session()
    if kind == "pictures":
        spectra = [pack(picture(f"{kind} {n}", 410, 600)) for n in range(10)]
    else:
        spectra = [packed(f"{kind} {n}", points=[(n, 10 * n)] * 30) for n in range(1, 11)]
    session.add(spectra)
    for item in session.items:
        maps = [make_map(class_id) for class_id in CLASSES]
        session.store(AnalysisKey("net-hsqc", (item.id,), None), make_analysis(maps))
    session.set_view(class_id="indole")
    return session


def walk(application: QApplication, session: Session, grid: PaneGrid, steps: int) -> list[float]:
    """Processor seconds of every step from one spectrum to the next."""
    times = []
    for step in range(steps + 5):
        began = time.process_time()
        session.select(session.at(step % len(session)).id)
        panes = resolve_panes(session, CARDS)
        grid.show_panes(panes, active_pane(session, panes), session.view)
        application.processEvents()
        times.append(time.process_time() - began)
    return times[5:]


if __name__ == "__main__":
    main()
