"""Marks of picked peaks on a plot: what they are, which are selected, the one being moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainterPath

from nmrcam_qt.core.picked import PeakKind, PickedPeaks
from nmrcam_qt.ui.theme import colours

SIZE, SMALL_SIZE, RING_SIZE = 9, 7, 17
"""Pixels: of a mark alone, as one of several panes, and of the ring around a selected one."""
FEW_RINGS = 12
"""More selected peaks have empty, thinner rings: filled ones would hide what lies below."""
HALO_WIDTH, LINE_WIDTH = 3.0, 1.2
MOST_LABELS = 60
"""More in one view hide each other."""
LABEL_DELAY_MS = 120
_MARKS, _RINGS, _LABELS = 6, 7, 8
"""Over ink, heat and masks."""


def _cross(*lines: tuple[float, float, float, float]) -> QPainterPath:
    path = QPainterPath()
    for x0, y0, x1, y1 in lines:
        path.moveTo(x0, y0)
        path.lineTo(x1, y1)
    return path


UPRIGHT = _cross((-0.5, 0, 0.5, 0), (0, -0.5, 0, 0.5))
DIAGONAL = _cross((-0.4, -0.4, 0.4, 0.4), (-0.4, 0.4, 0.4, -0.4))


class PeakLayer:
    """Paints the picked peaks of one spectrum.

    Upright crosses are peaks that were picked, diagonal ones those edited by hand; what is no
    signal of the sample is pale.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self.halos = pg.ScatterPlotItem(pxMode=True)
        self.marks = pg.ScatterPlotItem(pxMode=True)
        self.rings = pg.ScatterPlotItem(pxMode=True)
        self.ghost = pg.ScatterPlotItem(pxMode=True)
        for z, item in (
            (_MARKS - 0.5, self.halos),
            (_MARKS, self.marks),
            (_RINGS, self.rings),
            (_RINGS, self.ghost),
        ):
            item.setZValue(z)
            leave_clicks(item)
            plot.addItem(item, ignoreBounds=True)
        self.line = pg.PlotCurveItem()
        self.line.setZValue(_LABELS)
        plot.addItem(self.line, ignoreBounds=True)
        self._texts: list[pg.TextItem] = []
        self._timer = QTimer(plot)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LABEL_DELAY_MS)
        self._timer.timeout.connect(self._place_labels)
        plot.plotItem.vb.sigRangeChanged.connect(self._on_range)
        self._picked: PickedPeaks | None = None
        self._marked = True
        self._selected: frozenset[int] = frozenset()
        self._size = SIZE
        self._row: dict[int, int] = {}
        self._places = np.zeros((0, 2))
        self._labelled = np.zeros(0, dtype=np.intp)

    # What there is

    @property
    def picked(self) -> PickedPeaks | None:
        """The peaks that are shown, at the shifts of the plot."""
        return self._picked

    @property
    def selected(self) -> frozenset[int]:
        """Ids of those with a ring."""
        return self._selected

    @property
    def labels(self) -> tuple[str, ...]:
        """Texts that are shown now."""
        return tuple(text.toPlainText() for text in self._texts if text.isVisible())

    # Showing

    def show(self, picked: PickedPeaks | None, marked: bool = True) -> None:
        """Show other peaks, or none.

        Parameters
        ----------
        picked : PickedPeaks or None
            At the shifts of the plot.
        marked : bool
            Whether they are marked; else only selected ones have their ring, as those of a
            peak list, which is drawn already.
        """
        if picked is self._picked and marked == self._marked:
            return
        self._picked, self._marked = picked, marked
        peaks = picked.peaks if picked is not None else ()
        self._row = {peak.id: row for row, peak in enumerate(peaks)}
        self._places = np.array([(p.h_ppm, p.c_ppm) for p in peaks]).reshape(-1, 2)
        texts = [row for row, peak in enumerate(peaks) if peak.label]
        self._labelled = np.array(texts if marked else [], dtype=np.intp)
        self._paint_marks()
        self._paint_rings()
        self._place_labels()

    def select(self, ids: Collection[int]) -> None:
        """Put rings around these peaks."""
        if frozenset(ids) != self._selected:
            self._selected = frozenset(ids)
            self._paint_rings()

    def show_ghost(self, place: tuple[float, float] | None) -> None:
        """Where a peak that is being dragged would come to lie; None for nowhere."""
        if place is None:
            self.ghost.clear()
            return
        pen = pg.mkPen(colours().accent, width=LINE_WIDTH)
        self.ghost.setData(x=[place[0]], y=[place[1]], symbol=DIAGONAL, size=RING_SIZE, pen=pen)

    def show_line(self, corners: Sequence[tuple[float, float]]) -> None:
        """The line that is being drawn around peaks, ppm, closed; none for no corners."""
        if not corners:
            self.line.clear()
            return
        closed = np.array([*corners, corners[0]])
        self.line.setPen(pg.mkPen(colours().accent, width=LINE_WIDTH, dash=[4, 3]))
        self.line.setData(closed[:, 0], closed[:, 1])

    def set_compact(self, compact: bool) -> None:
        """Smaller marks for one of several panes."""
        size = SMALL_SIZE if compact else SIZE
        if size != self._size:
            self._size = size
            self._paint_marks()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._paint_marks()
        self._paint_rings()
        self._remove_labels()
        self._place_labels()

    # Painting

    def _paint_marks(self) -> None:
        if self._picked is None or not self._marked or not len(self._picked):
            self.halos.clear()
            self.marks.clear()
            return
        named = colours()
        pens = [pg.mkPen(name, width=LINE_WIDTH) for name in (named.crosshair, named.muted)]
        peaks = self._picked.peaks
        common = {
            "x": self._places[:, 0],
            "y": self._places[:, 1],
            "size": self._size,
            "symbol": [DIAGONAL if peak.by_hand else UPRIGHT for peak in peaks],
            "brush": None,
        }
        # Paper around the lines: they are seen on ink and heat of any colour.
        self.halos.setData(**common, pen=pg.mkPen(named.paper, width=HALO_WIDTH))
        kinds = [pens[int(peak.kind is not PeakKind.SIGNAL)] for peak in peaks]
        self.marks.setData(**common, pen=kinds)

    def _paint_rings(self) -> None:
        rows = [self._row[i] for i in self._selected if i in self._row]
        if not rows:
            self.rings.clear()
            return
        accent = pg.mkColor(colours().accent)
        few = len(rows) <= FEW_RINGS
        pen = pg.mkPen(accent, width=2.2 if few else 1.4)
        accent.setAlpha(50 if few else 0)
        places = self._places[rows]
        self.rings.setData(
            x=places[:, 0], y=places[:, 1], symbol="o", size=RING_SIZE, pen=pen, brush=accent
        )

    def _on_range(self) -> None:
        if len(self._labelled) and not self._timer.isActive():
            self._timer.start()

    def _place_labels(self) -> None:
        """Texts of the labelled peaks in view; those that do not fit in number are left out."""
        rows = self._labelled
        if self._picked is None or not len(rows):
            self._remove_labels()
            return
        (x0, x1), (y0, y1) = self._plot.plotItem.vb.viewRange()
        h, c = self._places[rows, 0], self._places[rows, 1]
        shown = rows[(h >= x0) & (h <= x1) & (c >= y0) & (c <= y1)][:MOST_LABELS]
        while len(self._texts) < len(shown):
            text = pg.TextItem(color=colours().text, anchor=(0.0, 1.0))
            text.setZValue(_LABELS)
            self._plot.addItem(text, ignoreBounds=True)
            self._texts.append(text)
        for number, text in enumerate(self._texts):
            text.setVisible(number < len(shown))
            if number < len(shown):
                peak = self._picked.peaks[int(shown[number])]
                text.setPlainText(peak.label)
                text.setPos(peak.h_ppm, peak.c_ppm)

    def _remove_labels(self) -> None:
        for text in self._texts:
            self._plot.removeItem(text)
        self._texts.clear()


def leave_clicks(item: pg.ScatterPlotItem) -> None:
    """Clicks on marks are for the tool, which sees all of them and not only the topmost item."""
    item.mouseClickEvent = lambda event: event.ignore()
