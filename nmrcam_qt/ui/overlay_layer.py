"""Further spectra over the one of a pane: contours, ink or points, each in its colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.ringed import drawn_as_rings
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import SessionItem, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.contour_layer import ContourLayer
from nmrcam_qt.ui.contour_work import scale_of, source_of
from nmrcam_qt.ui.heat import image_rect, signed_ink_colours
from nmrcam_qt.ui.plot_values import Ink, Overlaid, Signals

POINT_SIZE = 8
Z = 2.5
"""Over the contours of the pane's own spectrum, under its peaks."""
OVERLAY = "overlay"


class OverlayLayer:
    """Draws the overlay of one plot.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    contours : ContourLayer
        Draws instrument data.
    """

    def __init__(self, plot: pg.PlotWidget, contours: ContourLayer) -> None:
        self._plot, self._contours = plot, contours
        self._shown: tuple[Overlaid, ...] = ()
        self._contoured: set[int] = set()
        self._items: dict[int, tuple[PackedSpectrum, pg.ImageItem | pg.ScatterPlotItem]] = {}
        self._inks: dict[int, tuple[PackedSpectrum, Ink]] = {}
        self._troubles: dict[int, str] = {}

    @property
    def shown(self) -> tuple[Overlaid, ...]:
        """What is drawn, hidden ones too."""
        return self._shown

    def show(self, overlaid: Sequence[Overlaid], settings: ViewSettings) -> None:
        """Show these, from the lowest to the uppermost, and no others."""
        self._shown = tuple(overlaid)
        wanted = {one.item.id for one in overlaid}
        for gone in self._contoured - wanted:
            self._contours.clear((OVERLAY, gone))
        self._contoured &= wanted
        for gone in set(self._items) - wanted:
            self._plot.removeItem(self._items.pop(gone)[1])
        self._inks = {i: kept for i, kept in self._inks.items() if i in wanted}
        self._troubles = {i: text for i, text in self._troubles.items() if i in wanted}
        for place, one in enumerate(overlaid):
            if one.item.packed.provenance.kind is SourceKind.INSTRUMENT:
                self._show_contours(one, settings)
            else:
                self._show_item(place, one)

    def _show_contours(self, one: Overlaid, settings: ViewSettings) -> None:
        own = OVERLAY, one.item.id
        self._contoured.add(one.item.id)
        self._contours.show(own, source_of(one.item.packed), scale_of(one.item, settings), one.pair)
        self._contours.set_visible(own, not one.hidden)

    def _show_item(self, place: int, one: Overlaid) -> None:
        """A picture as tinted ink, a peak list as points."""
        packed, number = one.item.packed, one.item.id
        known = self._items.get(number)
        if known is not None and known[0] is not packed:
            self._plot.removeItem(known[1])
            known = None
        if known is None:
            made = self._points(packed) if _has_points(packed) else self._image(one.item)
            self._plot.addItem(made, ignoreBounds=True)
            known = self._items[number] = (packed, made)
        item = known[1]
        item.setZValue(Z + 0.01 * place)
        item.setVisible(not one.hidden)
        if isinstance(item, pg.ImageItem):
            item.setLookupTable(signed_ink_colours(*one.pair))
            return
        item.setBrush(None)
        peaks = packed.peaks
        signs = [] if peaks is None else [int(value < 0) for value in peaks.intensity]
        item.setPen([pg.mkPen(one.pair[sign], width=1.8) for sign in signs])

    def _image(self, item: SessionItem) -> pg.ImageItem:
        image, f1, f2 = self.ink_of(item)
        made = pg.ImageItem(axisOrder="row-major")
        made.setImage(image, levels=(-1.0, 1.0), autoLevels=False)
        made.setRect(image_rect(f1, f2))
        return made

    def _points(self, packed: PackedSpectrum) -> pg.ScatterPlotItem:
        peaks = packed.peaks
        made = pg.ScatterPlotItem(pxMode=True, antialias=True, symbol="o", size=POINT_SIZE)
        if peaks is not None:
            made.setData(x=peaks.h_ppm, y=peaks.c_ppm)
        return made

    def ink_of(self, item: SessionItem) -> Ink:
        """The image of an overlaid picture or peak list, unpacked once; blank where it cannot."""
        known = self._inks.get(item.id)
        if known is None or known[0] is not item.packed:
            try:
                ink = item.packed.display()
            except NmrCamError as error:
                self._troubles[item.id] = str(error)
                f1, f2 = item.packed.display_axes
                ink = np.zeros((f1.size, f2.size), dtype=np.float32), f1, f2
            known = self._inks[item.id] = (item.packed, ink)
        return known[1]

    def trouble(self, item_id: int) -> str:
        """Why a spectrum cannot be drawn; empty where it can."""
        if item_id in self._contoured:
            return self._contours.trouble((OVERLAY, item_id))
        return self._troubles.get(item_id, "")

    def signals(self) -> tuple[Signals, ...]:
        """What has skylines: those that are not hidden, and whose image is there."""
        found = []
        for one in self._shown:
            if one.hidden:
                continue
            if one.item.packed.provenance.kind is SourceKind.INSTRUMENT:
                surface = self._contours.surface((OVERLAY, one.item.id))
                ink = surface.ink if surface is not None else None
            else:
                ink = self.ink_of(one.item)
            if ink is not None:
                found.append(Signals(ink, *one.pair))
        return tuple(found)


def _has_points(packed: PackedSpectrum) -> bool:
    return drawn_as_rings(packed.provenance.kind, packed.n_peaks)
