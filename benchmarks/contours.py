"""Time of one frame while panning over contours, against one path per level; in one run.

    QT_QPA_PLATFORM=offscreen python benchmarks/contours.py [--points 2048] [--rounds 7]

A simulated HSQC with noise, 12 levels of each sign (and those of the crown), in the window's
own plot with its axes, painted by Qt's raster engine. *One path per level* is what a plot does
that knows nothing of tiles: every vertex of a level in one `QPainterPath`, drawn with the same
pens. A frame moves the window by three pixels and repaints (processor time: other programs do
not count). *bare* is the plot without contours; the ratio is that of whole frames,
*contours alone* that of what they add to it. Medians of all frames of a round, a ratio for each
round.

Twice: from 3 × MAD as it stands (2.02 standard deviations of the noise; a million vertices,
where one path per level takes as long as in the reference of the issue), and from the
default of the window, 3 standard deviations estimated by the MAD (fewer vertices: axes and
their numbers are half of a frame). Also: seconds until the first and the complete contours
are there, and for a second visit.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np  # noqa: E402
import pyqtgraph as pg  # noqa: E402
from bars import Row, row, script_parser, write_rows  # noqa: E402
from PySide6.QtCore import QRectF  # noqa: E402
from PySide6.QtGui import QPainterPath  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from nmrcam_qt.core.axis import Axis  # noqa: E402
from nmrcam_qt.core.noise import SIGMA_PER_MAD  # noqa: E402
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum  # noqa: E402
from nmrcam_qt.session.items import ViewSettings  # noqa: E402
from nmrcam_qt.session.packing import pack  # noqa: E402
from nmrcam_qt.ui.contour_item import ContourItem  # noqa: E402
from nmrcam_qt.ui.contour_layer import OWN  # noqa: E402
from nmrcam_qt.ui.contour_work import Drawing  # noqa: E402
from nmrcam_qt.ui.spectrum_view import SpectrumView  # noqa: E402
from nmrcam_qt.workers.display_worker import display_worker  # noqa: E402

WINDOWS = {"overview": None, "zoomed": ((3.0, 4.5), (45.0, 75.0))}
"""¹H and ¹³C, ppm: a twentieth of the spectrum with many signals."""
FRAMES, STEP_PX = 12, 3
BASES = {"from 3 × MAD": 1 / SIGMA_PER_MAD, "from the window's own base": 1.0}
BARS = {"overview": 0.65, "zoomed": 0.35}
TOPIC = "drawing"


class OnePathPerLevel(pg.GraphicsObject):
    """The reference."""

    def __init__(self, item: ContourItem) -> None:
        super().__init__()
        self.antialias = item.antialias
        self._area = item.boundingRect()
        joined: dict[tuple[bool, int], QPainterPath] = {}
        for tile in item.drawing.grids[-1].tiles:
            for negative, level, path in tile.paths:
                joined.setdefault((negative, level), QPainterPath()).addPath(path)
        self._paths = [(item.pens[key], path) for key, path in sorted(joined.items())]

    def boundingRect(self) -> QRectF:  # noqa: N802
        """All of it."""
        return self._area

    def paint(self, painter, option, widget=None) -> None:
        """Every level."""
        painter.setRenderHint(painter.RenderHint.Antialiasing, self.antialias)
        for pen, path in self._paths:
            painter.setPen(pen)
            painter.drawPath(path)


def simulated(points: int, n_peaks: int = 120, seed: int = 4) -> Spectrum:
    """Lorentzian-Gaussian peaks of either sign where HSQC peaks lie, noise, a t1 ridge."""
    rng = np.random.default_rng(seed)
    f1, f2 = Axis("13C", 0.0, 160.0, points), Axis("1H", 10.0, 0.0, points)
    image = rng.normal(0, 1, (points, points)).astype(np.float32)
    for _ in range(n_peaks):
        c = rng.choice([rng.normal(30, 12), rng.normal(65, 10), rng.normal(122, 9)])
        h = np.clip(1 + c / 20 + rng.normal(0, 0.6), 0.3, 9.7)
        height = rng.choice([1, 1, -1]) * 10 ** rng.uniform(1, 3)
        down = 1 / (1 + ((f1.centres - c) / 0.35) ** 2)
        across = 1 / (1 + ((f2.centres - h) / 0.012) ** 2)
        image += np.float32(height) * np.outer(down, across).astype(np.float32)
    ridge = f2.cell(3.3)
    image[:, ridge - 1 : ridge + 2] += rng.normal(0, 6, (points, 1)).astype(np.float32)
    provenance = Provenance("simulated", SourceKind.INSTRUMENT, "simulated")
    return Spectrum("simulated", image, f1, f2, Experiment.HSQC, provenance)


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=7)
    parser.add_argument("--points", type=int, default=2048)
    given = parser.parse_args()
    application = QApplication.instance() or QApplication([])
    packed = pack(simulated(given.points))
    rows: list[Row] = []
    told: dict[str, object] = {}
    for name, factor in BASES.items():
        made, told[name] = measured_from(application, packed, name, factor, given.rounds)
        rows += made
    write_rows("contours", rows, given.out, points=given.points, bases=told)
    return 0


def measured_from(
    application, packed, name: str, factor: float, rounds: int
) -> tuple[list[Row], dict[str, object]]:
    """All figures for one base, and what it draws."""
    view = SpectrumView()
    view.resize(900, 800)
    view.show()
    view.set_signals(ViewSettings(), factor)
    seconds = shown_times(application, view, packed)
    item = view.signals_.contours.item(OWN)
    reference = OnePathPerLevel(item)
    reference.setZValue(item.zValue())
    drawing = item.drawing
    what = f"contours of {packed.f1.size:,} × {packed.f2.size:,} points {name}"
    note = f"{drawing.grids[-1].n_vertices:,} vertices"
    rows: list[Row] = []
    for where, window in WINDOWS.items():
        whole, alone, frames = measure(application, view, packed, window, item, reference, rounds)
        panning = f"panning over {what}, {where} / one path per level"
        said = f"{note}; {frames}"
        rows.append(row(TOPIC, panning, whole, BARS[where], note=said))
        rows.append(row(TOPIC, f"… what the contours {name} alone add to a frame, {where}", alone))
    view.close()
    rows += [row(TOPIC, f"{what}: {n}", [1e3 * s], unit="ms") for n, s in seconds.items()]
    return rows, {
        "base over noise": round(drawing.levels.base / drawing.surface.noise, 3),
        "levels of each sign": drawing.levels.count,
        "levels of the crown": drawing.levels.crown,
        "vertices": {f"1/{grid.pooled}": grid.n_vertices for grid in drawing.grids},
        "antialiased": item.antialias,
    }


def shown_times(application: QApplication, view: SpectrumView, packed) -> dict[str, float]:
    """Seconds until the spectrum is there: in the window's thread, first, complete, again."""
    contours, wait = view.signals_.contours, []

    def until(ready) -> float:
        began = time.perf_counter()
        while not ready(contours.drawing(OWN)):
            before = time.perf_counter()
            application.processEvents()
            wait.append(time.perf_counter() - before)
            time.sleep(0.002)
        return time.perf_counter() - began

    began = time.perf_counter()
    view.show_spectrum(packed)
    call = time.perf_counter() - began
    first = until(lambda d: d is not None)
    rest = until(complete)
    while display_worker().busy:
        application.processEvents()
    view.show_spectrum(None)
    began = time.perf_counter()
    view.show_spectrum(packed)
    again = time.perf_counter() - began
    if not complete(contours.drawing(OWN)):
        raise SystemExit("the second visit was not instant")
    return {
        "the call": call,
        "the first are there": first,
        "all are there": first + rest,
        "shown again": again,
        "longest turn of the event loop meanwhile": max(wait),
    }


def complete(drawing: Drawing | None) -> bool:
    """Whether the finest grid is there."""
    return drawing is not None and drawing.grids[-1].pooled == 1


def measure(
    application, view, packed, window, item, reference, rounds
) -> tuple[list[float], list[float], str]:
    """Frames and what contours add to them, each over the reference's; milliseconds in words."""
    view.box.set_window(packed.f2.edges, packed.f1.edges)
    if window is not None:
        view.box.setRange(xRange=window[0], yRange=window[1], padding=0)
    view.plot.addItem(reference, ignoreBounds=True)
    found: dict[str, list[float]] = {"bare": [], "tiles": [], "one path": []}
    for _ in range(rounds):
        for name, seconds in found.items():
            item.setVisible(name == "tiles")
            reference.setVisible(name == "one path")
            application.processEvents()
            seconds.append(statistics.median(frame_times(application, view)))
    view.plot.removeItem(reference)
    item.setVisible(True)
    each = list(zip(*found.values(), strict=True))
    whole = [tiles / path for _, tiles, path in each]
    alone = [max(tiles - bare, 0.0) / (path - bare) for bare, tiles, path in each]
    bare, tiles, path = (1e3 * statistics.median(values) for values in found.values())
    return whole, alone, f"a frame takes {tiles:.1f} ms, {bare:.1f} without, {path:.1f} so"


def frame_times(application: QApplication, view: SpectrumView) -> list[float]:
    """Processor seconds of frames while the window pans to and fro."""
    times = []
    for frame in range(FRAMES):
        step = STEP_PX * view.box.viewPixelSize()[0] * (1 if frame % 4 < 2 else -1)
        view.box.translateBy(x=step, y=0)
        began = time.process_time()
        application.processEvents()
        times.append(time.process_time() - began)
    return times


if __name__ == "__main__":
    sys.exit(main())
