"""Skylines of what is shown, and the row and column under the cursor, beside a spectrum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Slot

from nmrcam_qt.core.projections import (
    Trace,
    column_at,
    row_at,
    skyline_along_f1,
    skyline_along_f2,
)
from nmrcam_qt.ui.plot_values import LEAST_PLOT, MAX_GAIN, MIN_GAIN, Ink, Signals
from nmrcam_qt.ui.projection_plots import Content, Line, SidePlot
from nmrcam_qt.ui.theme import colours


@dataclass(frozen=True, slots=True, eq=False)
class _Sky:
    """Skylines of one spectrum in the present window, and their common scale."""

    along_h: Trace
    along_c: Trace
    below: float
    per_unit: float


Place = tuple[float, float]


class TraceLayer:
    """The two side plots of one spectrum view.

    Skylines are those of the window that is shown, each scaled to its own maximum there
    times `gain`. Traces are of the first spectrum, on the scale of its skyline; a pinned pair
    stays where it was taken.

    Parameters
    ----------
    plot : pg.PlotWidget
        The plot of the spectrum.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot, self._box = plot, plot.plotItem.vb
        self._compact = False
        self._signals: tuple[Signals, ...] = ()
        self._skies: tuple[_Sky, ...] | None = None
        self._projections = self._traces = False
        self._gain = 1.0
        self._place: Place | None = None
        self._pinned: Place | None = None
        self._cells: tuple[int | None, int | None] = (None, None)
        self.top = SidePlot(plot, True, self._top_content)
        self.side = SidePlot(plot, False, self._side_content)
        self._box.sigRangeChanged.connect(self._on_range)

    # What is shown

    @property
    def gain(self) -> float:
        """Height of all lines; at 1 the highest signal of the window fills the plot."""
        return self._gain

    @property
    def place(self) -> Place | None:
        """¹H and ¹³C shift of the traces that follow the cursor, ppm."""
        return self._place

    @property
    def pinned(self) -> Place | None:
        """¹H and ¹³C shift of the pinned traces, ppm."""
        return self._pinned

    def set_modes(self, projections: bool, traces: bool) -> None:
        """Whether there are skylines, and traces."""
        if (projections, traces) != (self._projections, self._traces):
            self._projections, self._traces = projections, traces
            self.fit()
            self._update()

    @property
    def given_up(self) -> bool:
        """Whether skylines or traces are wanted, and the pane is too small for them."""
        return (self._projections or self._traces) and not self._has_room()

    def fit(self) -> None:
        """Show the side plots where there is room for them and for the spectrum."""
        wanted = self._projections or self._traces
        for plot in (self.top, self.side):
            plot.set_shown(wanted and self._has_room())

    def _has_room(self) -> bool:
        """By the whole plot, which stays as it is when the side plots come and go."""
        width, height = LEAST_PLOT
        return not self._compact or (self._plot.width() >= width and self._plot.height() >= height)

    def show(self, signals: Sequence[Signals]) -> None:
        """Show other spectra: that of the view, then those over it."""
        self._signals = tuple(signals)
        self._skies = None
        self._update()

    def move_to(self, h_ppm: float, c_ppm: float) -> None:
        """The cursor is elsewhere."""
        if not self._traces:
            return
        self._place = (h_ppm, c_ppm)
        if not self._signals:
            return  # they will be drawn there when they arrive
        _, f1, f2 = self._signals[0].ink
        before, self._cells = self._cells, (f1.cell(c_ppm), f2.cell(h_ppm))
        if before[0] != self._cells[0]:
            self.top.update()
        if before[1] != self._cells[1]:
            self.side.update()

    def leave(self) -> None:
        """There is no cursor."""
        if self._place is not None:
            self._place, self._cells = None, (None, None)
            self._update()

    def pin(self, place: Place | None) -> None:
        """Keep the traces at a place, or none."""
        self._pinned = place
        self._update()

    def set_gain(self, gain: float) -> None:
        """Make all lines higher or lower."""
        self._gain = min(max(gain, MIN_GAIN), MAX_GAIN)
        self._update()

    def set_compact(self, compact: bool) -> None:
        """Narrower as one of several panes, and not at all where these are small."""
        self._compact = compact
        for plot in (self.top, self.side):
            plot.set_compact(compact)
        self.fit()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self._update()

    # Painting

    def _update(self) -> None:
        self.top.update()
        self.side.update()

    @Slot()
    def _on_range(self) -> None:
        self._skies = None
        if self.top.isVisible():
            self._update()

    def skies(self) -> tuple[_Sky, ...]:
        """Skylines of the window that is shown; found when they are painted."""
        if self._skies is None:
            needed = self._signals if self._projections else self._signals[:1]
            h_window, c_window = (tuple(limits) for limits in self._box.viewRange())
            self._skies = tuple(_sky(one.ink, h_window, c_window) for one in needed)
        return self._skies

    def _top_content(self) -> Content:
        traces = [self._trace_line(place, True) for place in (self._pinned, self._place)]
        return self._content(traces, True, "¹³C {:.2f}")

    def _side_content(self) -> Content:
        traces = [self._trace_line(place, False) for place in (self._pinned, self._place)]
        return self._content(traces, False, "¹H {:.3f}")

    def _content(self, traces: Sequence[Line | None], along_h: bool, text: str) -> Content:
        skies, named = self.skies(), colours()
        lines: list[Line] = []
        if self._projections:
            for sky, one in zip(skies, self._signals, strict=True):
                trace = sky.along_h if along_h else sky.along_c
                pair = one.positive or named.ink, one.negative or named.negative
                lines.insert(0, Line(trace, sky.per_unit * self._gain, *pair))
        shown = [line for line in traces if line is not None]
        labels = tuple(
            (text.format(line.trace.at_ppm), line.positive)
            for line in reversed(shown)
            if line.trace.at_ppm is not None
        )
        below = max((sky.below for sky in skies), default=0.0)
        return Content((*lines, *shown), below, labels)

    def _trace_line(self, place: Place | None, along_h: bool) -> Line | None:
        """The row or column of the first spectrum at a place."""
        if not self._traces or place is None or not self._signals:
            return None
        image, f1, f2 = self._signals[0].ink
        h_ppm, c_ppm = place
        found = row_at(image, f1, f2, c_ppm) if along_h else column_at(image, f1, f2, h_ppm)
        if found is None:
            return None
        named = colours()
        colour = named.warning_border if place is self._pinned else named.crosshair
        return Line(found, self.skies()[0].per_unit * self._gain, colour, colour, skyline=False)


def _sky(ink: Ink, h_window: tuple[float, float], c_window: tuple[float, float]) -> _Sky:
    image, f1, f2 = ink
    along_h = skyline_along_f2(image, f1, f2, c_window)
    along_c = skyline_along_f1(image, f1, f2, h_window)
    part = along_h.within(h_window)
    high = float(along_h.positive[part].max(initial=0.0))
    low = float(along_h.negative[part].min(initial=0.0))
    top = max(high, -low) or 1.0
    return _Sky(along_h, along_c, -low / top, 1 / top)
