"""Peaks on a plot by what they contribute: ranks with their signs, or the class of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainterPath

from nmrcam_qt.session.contributing import Contributed
from nmrcam_qt.ui.peak_layer import LABEL_DELAY_MS, leave_clicks
from nmrcam_qt.ui.plot_values import Marked
from nmrcam_qt.ui.theme import colours, legible

SMALLEST, LARGEST, UNSEEN_SIZE, SPEAKER_SIZE = 7.0, 20.0, 4.0, 11.0
"""Pixels: marks of no and of the largest contribution, of a peak that is not seen or speaks for
no class, of one that speaks for a class."""
COMPACT = 0.55
"""Of these in one of several panes, which large marks would fill."""
MOST_FOR, MOST_AGAINST = 20, 8
"""Ranks that are written of peaks for and against the class; more in one view are not read."""
FILLING = 150
"""Opacity of a mark, 0..255: signals are seen through it."""
_Z = 6.2
"""Over ink, heat and plain marks, below the rings of selected peaks."""
Points = NDArray[np.float64]


def _minus() -> QPainterPath:
    """A hollow circle with a bar: a sign that needs no colour."""
    path = QPainterPath()
    path.addEllipse(QRectF(-0.5, -0.5, 1.0, 1.0))
    path.moveTo(-0.25, 0.0)
    path.lineTo(0.25, 0.0)
    return path


MINUS = _minus()


class ContributionLayer:
    """Paints the marks of one pane.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot, self._box = plot, plot.plotItem.vb
        self.halos, self.marks = pg.ScatterPlotItem(pxMode=True), pg.ScatterPlotItem(pxMode=True)
        for z, item in ((_Z - 0.1, self.halos), (_Z, self.marks)):
            item.setZValue(z)
            leave_clicks(item)
            plot.addItem(item, ignoreBounds=True)
        self._texts: list[pg.TextItem] = []
        self._legend: pg.LegendItem | None = None
        self._marked: Marked | None = None
        self._places: Points = np.zeros((0, 2))
        self._sizes: Points = np.zeros(0)
        self._order: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._for = 0
        self._scale = 1.0
        self._timer = QTimer(plot)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LABEL_DELAY_MS)
        self._timer.timeout.connect(self._place_numbers)
        self._box.sigRangeChanged.connect(self._on_range)

    def set_compact(self, compact: bool) -> None:
        """Smaller marks for one of several panes; before `show`."""
        scale = COMPACT if compact else 1.0
        if scale != self._scale:
            self._scale = scale
            self._paint()

    # What there is

    @property
    def marked(self) -> Marked | None:
        """What is shown."""
        return self._marked

    @property
    def numbers(self) -> tuple[str, ...]:
        """Ranks that are written now."""
        return tuple(text.toPlainText() for text in self._texts if text.isVisible())

    @property
    def legend(self) -> tuple[str, ...]:
        """Texts of the legend; none where there is none."""
        if self._legend is None:
            return ()
        return tuple(label.text for _, label in self._legend.items)

    # Showing

    def show(self, marked: Marked | None) -> None:
        """Show other marks, or none."""
        if marked == self._marked:
            return
        self._marked = marked
        self._paint()

    def dress(self) -> None:
        """Take the colours of the theme."""
        for text in self._texts:
            self._plot.removeItem(text)
        self._texts.clear()
        self._paint()

    def _paint(self) -> None:
        marked = self._marked
        self._remove_legend()
        self._order = np.zeros(0, dtype=np.intp)
        if marked is None or not len(marked.contributed.own.places):
            self.halos.clear()
            self.marks.clear()
            self._place_numbers()
            return
        places = marked.contributed.own.places
        self._places = np.column_stack([places.h_ppm, places.c_ppm])
        if marked.among is None:
            self._paint_ranks(marked.contributed)
        else:
            self._paint_speakers(marked.contributed, marked.among)
        self._place_numbers()

    def _paint_ranks(self, found: Contributed) -> None:
        """For the class: filled, its colour. Against it: hollow, with a bar. Size by |drop|."""
        named = colours()
        drops, seen = found.own.drop[:, found.column], found.own.cells > 0
        share = np.sqrt(np.abs(drops) / found.largest)
        self._sizes = self._scale * np.where(
            seen, SMALLEST + (LARGEST - SMALLEST) * share, UNSEEN_SIZE
        )
        own = QColor(legible(found.colour, named.paper))
        filled = QColor(own)
        filled.setAlpha(FILLING)
        grey = QColor(named.muted)
        kinds = np.where(seen, np.where(drops >= 0, 0, 1), 2)
        looks = (
            ("o", pg.mkBrush(filled), pg.mkPen(own, width=1.4)),
            (MINUS, pg.mkBrush(None), pg.mkPen(grey, width=1.8)),
            ("o", pg.mkBrush(grey), pg.mkPen(None)),
        )
        self._draw(kinds, looks)
        # Those that speak most for the class are numbered first, then those most against it.
        order = np.argsort(-drops, kind="stable")
        self._order = np.concatenate(
            [order[seen[order] & (drops[order] > 0)], order[::-1][(drops[order[::-1]] < 0)]]
        )
        self._for = int((drops[self._order] > 0).sum())

    def _paint_speakers(self, found: Contributed, among: Sequence[str]) -> None:
        """The colour of the class that each peak speaks for; grey for none."""
        named = colours()
        speakers = found.speakers(among)
        grey = QColor(named.muted)
        self._sizes = self._scale * np.where(speakers >= 0, SPEAKER_SIZE, UNSEEN_SIZE)
        there = [int(column) for column in np.unique(speakers) if column >= 0]
        looks: list[tuple[object, object, object]] = [("o", pg.mkBrush(grey), pg.mkPen(None))]
        entries = []
        for column in there:
            spec = found.card.class_spec(found.contributions.classes[column])
            own = QColor(legible(spec.colour, named.paper))
            looks.append(("o", pg.mkBrush(own), pg.mkPen(named.paper, width=1.0)))
            entries.append((spec.title, own, int((speakers == column).sum())))
        numbers: Mapping[int, int] = {column: n for n, column in enumerate(there, start=1)}
        kinds = np.array([numbers.get(int(column), 0) for column in speakers])
        self._draw(kinds, looks)
        entries.append(("no class", grey, int((speakers < 0).sum())))
        self._show_legend(entries)

    def _draw(self, kinds: NDArray[np.int64], looks: Sequence[tuple[object, ...]]) -> None:
        """Small marks over large ones, so that none hides another."""
        order = np.argsort(-self._sizes, kind="stable")
        kinds = kinds[order]
        common = {
            "x": self._places[order, 0],
            "y": self._places[order, 1],
            "symbol": [looks[kind][0] for kind in kinds],
        }
        # Paper around them: they are seen on ink and heat of any colour.
        paper = QColor(colours().paper)
        self.halos.setData(**common, size=self._sizes[order] + 2.5, pen=None, brush=_faint(paper))
        self.marks.setData(
            **common,
            size=self._sizes[order],
            brush=[looks[kind][1] for kind in kinds],
            pen=[looks[kind][2] for kind in kinds],
        )

    # Numbers

    def _on_range(self) -> None:
        if len(self._order) and not self._timer.isActive():
            self._timer.start()

    def _place_numbers(self) -> None:
        """Ranks beside the marks in view, where they hide no other; the important ones first."""
        marked = self._marked
        spots: list[tuple[int, QPointF]] = []
        if marked is not None and len(self._order):
            spots = self._free_spots(marked.contributed.ranks)
        while len(self._texts) < len(spots):
            back = pg.mkBrush(_faint(QColor(colours().paper)))
            text = pg.TextItem(color=colours().strong, anchor=(0.5, 0.5), fill=back)
            text.textItem.document().setDocumentMargin(1)
            text.setZValue(_Z + 1)
            text.setFont(_font())
            self._plot.addItem(text, ignoreBounds=True)
            self._texts.append(text)
        for number, text in enumerate(self._texts):
            text.setVisible(number < len(spots))
            if marked is not None and number < len(spots):
                row, spot = spots[number]
                text.setPlainText(str(marked.contributed.ranks[row]))
                text.setPos(spot)

    def _free_spots(self, ranks: NDArray[np.int64]) -> list[tuple[int, QPointF]]:
        """Rows of the peaks whose rank is written, and where, ppm."""
        (x0, x1), (y0, y1) = self._box.viewRange()
        h, c = self._places[self._order, 0], self._places[self._order, 1]
        inside = (h >= min(x0, x1)) & (h <= max(x0, x1)) & (c >= min(y0, y1)) & (c <= max(y0, y1))
        first = np.arange(len(self._order)) < self._for
        rows = [
            *self._order[inside & first][:MOST_FOR].tolist(),
            *self._order[inside & ~first][:MOST_AGAINST].tolist(),
        ]
        width, height = (abs(float(size)) for size in self._box.viewPixelSize())
        if not width or not height:
            return []
        at = {row: self._places[row] / (width, height) for row in rows}
        # Numbers hide neither each other nor the marks that have one.
        taken = [_around(at[row], self._sizes[row]) for row in rows]
        metrics = QFontMetricsF(_font())
        ends = QPointF(x0 / width, y0 / height), QPointF(x1 / width, y1 / height)
        pane = QRectF(*ends).normalized()
        spots: list[tuple[int, QPointF]] = []
        for row in rows:
            size = QRectF(metrics.boundingRect(str(ranks[row]))).size()
            spot, away = QPointF(*at[row].tolist()), float(self._sizes[row]) / 2 + 1
            sides = size.width() + 2, size.height() * 0.85
            area = _free(spot, sides, away, pane, taken)
            if area is not None:
                taken.append(area)
                middle = area.center()
                spots.append((row, QPointF(middle.x() * width, middle.y() * height)))
        return spots

    # Legend

    def _show_legend(self, entries: Sequence[tuple[str, QColor, int]]) -> None:
        named = colours()
        back = QColor(named.paper)
        back.setAlpha(225)
        legend = pg.LegendItem(
            offset=(8, -8),
            brush=pg.mkBrush(back),
            pen=pg.mkPen(named.border),
            labelTextColor=named.text,
            labelTextSize="9pt",
            verSpacing=-4,
        )
        legend.setParentItem(self._box)
        for title, colour, count in entries:
            size = UNSEEN_SIZE + 2 if title == "no class" else SPEAKER_SIZE
            sample = pg.ScatterPlotItem(symbol="o", size=size, brush=colour, pen=None)
            peaks = "1 peak" if count == 1 else f"{count} peaks"
            legend.addItem(sample, f"{_escaped(title)}: {peaks}")
        self._legend = legend

    def _remove_legend(self) -> None:
        legend, self._legend = self._legend, None
        if legend is not None and legend.scene() is not None:
            legend.scene().removeItem(legend)


def _free(
    at: QPointF,
    sides: tuple[float, float],
    away: float,
    pane: QRectF,
    taken: Sequence[QRectF],
) -> QRectF | None:
    """A rectangle beside a place that meets no other, pixels; None where there is no room."""
    width, height = sides
    # ¹H falls to the right and ¹³C rises downwards: first above, at the right.
    for right, down in ((-1, -1), (1, -1), (-1, 1), (1, 1), (-1, 0), (1, 0), (0, -1), (0, 1)):
        reach = away * (0.7 if right and down else 1.0)
        x = at.x() + right * (reach + width / 2)
        y = at.y() + down * (reach + height / 2)
        area = QRectF(x - width / 2, y - height / 2, width, height)
        if pane.contains(area) and not any(area.intersects(other) for other in taken):
            return area
    return None


def _around(at: NDArray[np.float64], size: float) -> QRectF:
    """The square of a mark, pixels; a little smaller, because marks are round."""
    side = 0.7 * size
    return QRectF(at[0] - side / 2, at[1] - side / 2, side, side)


def _font() -> QFont:
    font = QFont()
    font.setPointSizeF(8.5)
    font.setBold(True)
    return font


def _faint(paper: QColor) -> QColor:
    back = QColor(paper)
    back.setAlpha(190)
    return back


def _escaped(title: str) -> str:
    """Titles come from cards, and the legend takes HTML."""
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
