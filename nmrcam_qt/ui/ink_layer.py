"""The signals of a spectrum on the plot: ink, or peaks at their shifts."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image, SourceKind
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.heat import image_rect, ink_colours, signed_ink_colours
from nmrcam_qt.ui.theme import colours

PEAK_SIZE, SMALL_PEAK_SIZE = 9, 6
"""Pixels: alone, and as one of several panes."""
HALO_WIDTH, HALO_OPACITY = 3.4, 150
"""Pixels, and 0..255: a ring of paper under the ring of a peak."""

Ink = tuple[Image, Axis, Axis]
"""Image for the screen with its F1 and F2 axis."""


class InkLayer:
    """Paints one spectrum.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.ink_item = pg.ImageItem(axisOrder="row-major")
        self.peak_item = pg.ScatterPlotItem(pxMode=True, antialias=True)
        self.halo_item = pg.ScatterPlotItem(pxMode=True, antialias=True)
        for z, item in ((2, self.ink_item), (4, self.halo_item), (5, self.peak_item)):
            item.setZValue(z)
            plot.addItem(item, ignoreBounds=True)
        self._packed: PackedSpectrum | None = None
        self._signed = self._compact = False

    def set_compact(self, compact: bool) -> None:
        """Smaller peaks for one of several panes."""
        self._compact = compact
        for item in (self.halo_item, self.peak_item):
            item.setSize(self._size)

    @property
    def _size(self) -> int:
        return SMALL_PEAK_SIZE if self._compact else PEAK_SIZE

    def clear(self) -> None:
        """Show nothing."""
        self._packed = None
        for item in (self.ink_item, self.halo_item, self.peak_item):
            item.clear()

    def show(self, packed: PackedSpectrum, ink: Ink) -> None:
        """Peaks of a list as points at their shifts, everything else as ink."""
        self._packed = packed
        if packed.n_peaks is not None and packed.provenance.kind is SourceKind.PEAK_LIST:
            self.ink_item.clear()
            self._show_peaks()
            return
        image, f1, f2 = ink
        self.halo_item.clear()
        self.peak_item.clear()
        top = float(np.abs(image).max(initial=0)) or 1.0
        if packed.provenance.kind is not SourceKind.INSTRUMENT:
            top = 1.0
        self._signed = float(image.min(initial=0)) < 0
        self.dress()
        self.ink_item.setImage(image, levels=(-top if self._signed else 0.0, top), autoLevels=False)
        self.ink_item.setRect(image_rect(f1, f2))

    def dress(self) -> None:
        """Take the colours of the theme."""
        named = colours()
        self.ink_item.setLookupTable(
            signed_ink_colours(named.ink, named.negative)
            if self._signed
            else ink_colours(named.ink)
        )
        if self._packed is not None and self.ink_item.image is None:
            self._show_peaks()

    def _show_peaks(self) -> None:
        peaks = self._packed.peaks if self._packed is not None else None
        if peaks is None:
            return
        named = colours()
        halo = pg.mkColor(named.paper)
        halo.setAlpha(HALO_OPACITY)
        pens = [pg.mkPen(name, width=1.6) for name in (named.ink, named.negative)]
        places = {"x": peaks.h_ppm, "y": peaks.c_ppm, "size": self._size, "symbol": "o"}
        # The ring of paper keeps the peak's colour apart from strong heat. Inside there is
        # nothing: at early layers heat lies on the peaks and nowhere else.
        self.halo_item.setData(**places, brush=None, pen=pg.mkPen(halo, width=HALO_WIDTH))
        self.peak_item.setData(
            **places,
            brush=None,
            pen=[pens[int(negative)] for negative in peaks.intensity < 0],
        )
