"""The signals of a spectrum on the plot: ink, peaks at their shifts, or contours."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.heat_on_ink import seen_through
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.ringed import drawn_as_rings
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.contour_layer import OWN, ContourLayer
from nmrcam_qt.ui.contour_work import (
    DEFAULT_SCALE,
    ContourScale,
    Drawing,
    Shades,
    Surface,
    ask_shades,
    source_of,
)
from nmrcam_qt.ui.heat import Colours, class_colours, image_rect, ink_colours, signed_ink_colours
from nmrcam_qt.ui.plot_values import Ink, drawn_later
from nmrcam_qt.ui.theme import colours
from nmrcam_qt.workers.display_worker import DisplayWorker, Failed, Prepared, display_worker

PEAK_SIZE, SMALL_PEAK_SIZE = 9, 6
"""Pixels: alone, and as one of several panes."""
HALO_WIDTH, HALO_OPACITY = 3.4, 150
"""Pixels, and 0..255: a ring of paper under the ring of a peak."""
PLACEHOLDER_OPACITY = 0.25
"""Of the thumbnail that stands in for a spectrum until it is drawn."""


class InkLayer(QObject):
    """Paints one spectrum.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    worker : DisplayWorker, optional
        Who prepares instrument data; that of the application where it is left out.
    """

    changed = Signal()
    """Of instrument data: the image, the contours or the trouble is new"""

    def __init__(self, plot: pg.PlotWidget, worker: DisplayWorker | None = None) -> None:
        super().__init__(plot)
        self._worker = worker if worker is not None else display_worker()
        self.contours = ContourLayer(plot, self._worker)
        self.placeholder_item = pg.ImageItem(axisOrder="row-major")
        self.ink_item = pg.ImageItem(axisOrder="row-major")
        self.peak_item = pg.ScatterPlotItem(pxMode=True, antialias=True)
        self.halo_item = pg.ScatterPlotItem(pxMode=True, antialias=True)
        layers = (
            (1.5, self.placeholder_item),
            (2, self.ink_item),
            (4, self.halo_item),
            (5, self.peak_item),
        )
        for z, item in layers:
            item.setZValue(z)
            plot.addItem(item, ignoreBounds=True)
        self._packed: PackedSpectrum | None = None
        self._signed = self._compact = False
        self._style, self._scale = "contours", DEFAULT_SCALE
        self._pair: tuple[str, str] | None = None
        self._hiders: set[str] = set()
        self._ink: Ink | None = None
        self._faint: tuple[Explanation, float] | None = None
        self._shades: Shades | None = None
        self._shade_key: Hashable = None
        self._detail = 0
        self._trouble = ""
        self._box = plot.plotItem.vb
        self._box.sigRangeChanged.connect(self._show_detail)
        self.contours.changed.connect(self._on_contours)
        self._worker.arrived.connect(self._on_arrived)

    # What there is

    @property
    def surface(self) -> Surface | None:
        """Image, axes and noise of instrument data; None until they are there."""
        drawn = self.prepared
        return drawn.surface if drawn is not None else None

    @property
    def trouble(self) -> str:
        """Why instrument data cannot be drawn; empty where they can."""
        return self._trouble if self._style == "image" else self.contours.trouble(OWN)

    @property
    def prepared(self) -> Drawing | Shades | None:
        """What is drawn of instrument data, with its levels."""
        drawing = self.contours.drawing(OWN)
        both = (self._shades, drawing) if self._style == "image" else (drawing, self._shades)
        return both[0] or both[1]

    @property
    def ratio(self) -> float:
        """Each contour level over the one before."""
        return self._scale.ratio

    # What is shown

    def set_compact(self, compact: bool) -> None:
        """Smaller peaks for one of several panes."""
        self._compact = compact
        for item in (self.halo_item, self.peak_item):
            item.setSize(self._size)

    @property
    def _size(self) -> int:
        return SMALL_PEAK_SIZE if self._compact else PEAK_SIZE

    def set_look(self, style: str, scale: ContourScale) -> None:
        """How instrument data are drawn: one of `SIGNAL_STYLES`, and which contours."""
        if (style, scale) == (self._style, self._scale):
            return
        self._style, self._scale = style, scale
        if self._packed is not None and drawn_later(self._packed):
            self._ask(self._packed)

    def set_pair(self, pair: tuple[str, str] | None) -> None:
        """Colours of positive and negative signals, ``#rrggbb``; None for the theme's."""
        if pair != self._pair:
            self._pair = pair
            self.dress()
            if OWN in self.contours.sources and self._packed is not None:
                self._ask(self._packed)

    @property
    def _hidden(self) -> bool:
        return bool(self._hiders)

    def hidden_by(self, by: str) -> bool:
        """Whether this is what is shown in the place of the spectrum."""
        return by in self._hiders

    def set_hidden(self, hidden: bool, by: str = "difference") -> None:
        """Whether something else is shown in the place of the spectrum, and what."""
        (self._hiders.add if hidden else self._hiders.discard)(by)
        hidden = self._hidden
        self.contours.set_visible(OWN, not hidden)
        for item in (self.ink_item, self.placeholder_item, self.halo_item, self.peak_item):
            item.setVisible(not hidden)

    def clear(self) -> None:
        """Show nothing."""
        self._packed = None
        self._forget()
        for item in (self.ink_item, self.halo_item, self.peak_item):
            item.clear()

    def stop(self) -> None:
        """Wait for nothing that is being prepared; what is shown stays, nothing else is kept."""
        self._worker.give_up(self)
        self.contours.stop()
        self._worker.shelf.clear()

    def show(self, packed: PackedSpectrum, ink: Ink | None) -> None:
        """Peaks of a list as points at their shifts, instrument data as the look says,
        everything else as ink.

        Parameters
        ----------
        packed : PackedSpectrum
            The spectrum.
        ink : Ink or None
            Its image for the screen; not needed where it is `drawn_later`.
        """
        before, self._packed = self._packed, packed
        if drawn_later(packed):
            if before is None or before.payload is not packed.payload:
                self._forget()
                for item in (self.ink_item, self.halo_item, self.peak_item):
                    item.clear()
            self._ask(packed)
            return
        self._forget()
        self.ink_item.clear()
        self.halo_item.clear()
        self.peak_item.clear()
        if drawn_as_rings(packed.provenance.kind, packed.n_peaks):
            self._show_peaks()
        elif ink is not None:
            self._show_ink(*ink)

    def _show_ink(self, image: Image, f1: Axis, f2: Axis) -> None:
        self._signed = float(image.min(initial=0)) < 0
        self._ink, self._faint = (image, f1, f2), None
        self.dress()
        self._paint_ink(image)
        self.ink_item.setRect(image_rect(f1, f2))

    def _paint_ink(self, image: Image) -> None:
        self.ink_item.setImage(image, levels=(-1.0 if self._signed else 0.0, 1.0), autoLevels=False)

    def set_heat(self, explanation: Explanation | None, level: float = 0.0) -> None:
        """Draw the ink faintly where heat lies on it (`core.heat_on_ink`).

        Parameters
        ----------
        explanation : Explanation or None
            The map that is painted; None for no map.
        level : float
            Less heat is not painted, in units of the map.
        """
        if self._ink is None or self.ink_item.image is None:
            return
        image, f1, f2 = self._ink
        key = None if explanation is None else (explanation, level)
        if key == self._faint or (explanation is None and self._faint is None):
            return
        self._faint = key
        self._paint_ink(seen_through(image, f1, f2, explanation, level))

    def dress(self) -> None:
        """Take the colours of the theme."""
        named = colours()
        self.contours.dress()
        pair = self._pair or (named.ink, named.negative)
        self.placeholder_item.setLookupTable(ink_colours(named.ink))
        if self._shades is not None:
            table = _shade_colours(*pair)
        elif self._signed:
            table = signed_ink_colours(*pair)
        else:
            table = ink_colours(named.ink)
        self.ink_item.setLookupTable(table)
        if self._packed is not None and self.ink_item.image is None:
            self._show_peaks()

    def _show_peaks(self) -> None:
        peaks = self._packed.peaks if self._packed is not None else None
        if peaks is None:
            return
        named = colours()
        halo = pg.mkColor(named.paper)
        halo.setAlpha(HALO_OPACITY)
        pair = self._pair or (named.ink, named.negative)
        pens = [pg.mkPen(name, width=1.6) for name in pair]
        places = {"x": peaks.h_ppm, "y": peaks.c_ppm, "size": self._size, "symbol": "o"}
        # The ring of paper keeps the peak's colour apart from strong heat. Inside there is
        # nothing: at early layers heat lies on the peaks and nowhere else.
        self.halo_item.setData(**places, brush=None, pen=pg.mkPen(halo, width=HALO_WIDTH))
        self.peak_item.setData(
            **places,
            brush=None,
            pen=[pens[int(negative)] for negative in peaks.intensity < 0],
        )

    # Instrument data

    def _forget(self) -> None:
        """Neither contours nor shades nor what stands in for them."""
        self._ink, self._faint = None, None
        self.contours.clear(OWN)
        self.placeholder_item.clear()
        self._forget_shades()

    def _forget_shades(self) -> None:
        self._worker.give_up(self)
        if self._shades is not None:
            self.ink_item.clear()
        self._shades, self._shade_key, self._trouble = None, None, ""

    def _ask(self, packed: PackedSpectrum) -> None:
        """Have it drawn; what is there stays until then, else its thumbnail stands in."""
        source = source_of(packed)
        if self._style != "image":
            self.contours.show(OWN, source, self._scale, self._pair)
            self.contours.set_visible(OWN, not self._hidden)
        else:
            key, made = ask_shades(self._worker, self, source, self._scale)
            self._shade_key = key
            if made is not None:
                self._on_arrived(key, made)
        if self.prepared is None and not self.trouble:
            self._stand_in(packed)

    def _stand_in(self, packed: PackedSpectrum) -> None:
        try:
            thumbnail = packed.thumbnail
        except NmrCamError:
            return  # the spectrum itself will say why it cannot be read
        self.placeholder_item.setLookupTable(ink_colours(colours().ink))
        self.placeholder_item.setImage(thumbnail, levels=(0, 255), autoLevels=False)
        self.placeholder_item.setOpacity(PLACEHOLDER_OPACITY)
        self.placeholder_item.setRect(image_rect(packed.f1, packed.f2))

    @Slot()
    def _show_detail(self) -> None:
        """The image as fine as the zoom needs it."""
        if self._shades is None:
            return
        across, down = self._box.viewPixelSize()
        pooled, codes = self._shades.detail(abs(float(across)), abs(float(down)))
        if pooled == self._detail:
            return
        self._detail = pooled
        rect = image_rect(self._shades.surface.f1, self._shades.surface.f2)
        rows, columns = self._shades.codes.shape
        # The last points of a coarse image may stand for fewer samples than they cover.
        rect.setWidth(rect.width() * codes.shape[1] * pooled / columns)
        rect.setHeight(rect.height() * codes.shape[0] * pooled / rows)
        self.ink_item.setImage(codes, levels=(0, 255), autoLevels=False)
        self.ink_item.setRect(rect)

    @Slot(object)
    def _on_contours(self, source_id: Hashable) -> None:
        if source_id != OWN:
            return
        self.placeholder_item.clear()
        if self._style != "image":
            self._forget_shades()
        elif self._shades is not None:  # they came after the user had chosen the image
            self.contours.clear(OWN)
        self.changed.emit()

    @Slot(object, object)
    def _on_arrived(self, key: Hashable, made: Prepared) -> None:
        """Shades that this pane waits for."""
        if key != self._shade_key or made is self._shades:
            return
        self.placeholder_item.clear()
        self.contours.clear(OWN)
        if isinstance(made, Failed):
            self._trouble = made.reason
        elif isinstance(made, Shades):
            self._shades, self._trouble = made, ""
            self.dress()
            self._detail = 0
            self._show_detail()
        self.changed.emit()


def _shade_colours(ink: str, negative: str) -> Colours:
    """Look-up table of `Shades.codes`, uint8 ``(256, 4)``."""
    positive_half = class_colours(ink, 1.0, 0.0)[::2]
    negative_half = class_colours(negative, 1.0, 0.0)[::2]
    return np.concatenate((negative_half[::-1], positive_half))
