"""The spectrum with its map, in ppm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image, SourceKind
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.heat import (
    image_rect,
    ink_colours,
    map_image,
    map_rect,
    on_paper,
    overlay_colours,
    signed_ink_colours,
)
from nmrcam_qt.ui.start_page import StartPage, Strip
from nmrcam_qt.ui.view_box import PpmViewBox

H_LABEL, C_LABEL = "¹H (ppm)", "¹³C (ppm)"
PEAK_SIZE = 9
POSITIVE, NEGATIVE = "#101828", "#b42318"


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What lies under the cursor; intensity and heat are None outside their images.

    `mapped` says whether a map is shown at all.
    """

    h_ppm: float
    c_ppm: float
    intensity: float | None
    heat: float | None
    mapped: bool = False

    def __str__(self) -> str:
        parts = [f"¹H {self.h_ppm:.3f} ppm", f"¹³C {self.c_ppm:.2f} ppm"]
        parts.append("–" if self.intensity is None else f"intensity {self.intensity:.3f}")
        if self.heat is not None:
            parts.append(f"heat {self.heat:.3g}")
        elif self.mapped:
            parts.append("outside the map: no heat is known here")
        return "     ".join(parts)


class SpectrumView(QWidget):
    """Spectrum as ink or peaks over its map; heading, message, colour bar, read-out."""

    read_out_changed = Signal(str)
    samples_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._packed: PackedSpectrum | None = None
        self._ink: tuple[Image, Axis, Axis] | None = None
        self._map: Explanation | None = None
        self._settings = ViewSettings()
        self.box = PpmViewBox()
        self.box.reset_asked.connect(self.reset)
        self.plot = pg.PlotWidget(viewBox=self.box, background="w")
        self.plot.setAcceptDrops(False)
        self._dress_axes()
        self.heat_item = pg.ImageItem(axisOrder="row-major")
        self.ink_item = pg.ImageItem(axisOrder="row-major")
        self.peak_item = pg.ScatterPlotItem(pxMode=True, antialias=True)
        for z, item in enumerate((self.heat_item, self.ink_item, self.peak_item)):
            item.setZValue(z)
            self.plot.addItem(item, ignoreBounds=True)
        self.frame_item = pg.PlotCurveItem(pen=pg.mkPen("#98a2b3", style=Qt.PenStyle.DashLine))
        self.plot.addItem(self.frame_item, ignoreBounds=True)
        self.bar = _colour_bar()
        self.plot.plotItem.layout.addItem(self.bar, 2, 5)
        self.bar.setOpacity(0)  # invisible, but keeps its place: the plot must not jump
        self.empty = StartPage()
        self.empty.samples_asked.connect(self.samples_asked)
        self.strip = Strip()
        self.heading, self.message = self.strip.heading, self.strip.message
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.empty)
        layout.addWidget(self.strip)
        layout.addWidget(self.plot, 1)
        self.setMinimumSize(360, 280)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.show_spectrum(None)

    def _dress_axes(self) -> None:
        plot = self.plot.plotItem
        plot.hideButtons()
        plot.setMenuEnabled(False)
        pen, text = pg.mkPen("#98a2b3"), pg.mkPen("#344054")
        plot.showAxes(
            (True, True, True, True), showValues=(True, False, False, True), size=(56, 44)
        )
        for name, label in (("bottom", H_LABEL), ("left", C_LABEL)):
            plot.setLabel(name, label)
        for name in ("left", "right", "top", "bottom"):
            axis = plot.getAxis(name)
            axis.setPen(pen)
            axis.setTextPen(text)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(hideOverlappingLabels=False)
        for name in ("right", "top"):
            plot.getAxis(name).setStyle(tickLength=0)
            # Here and not below and left: with a grid an axis drops the labels at its ends.
            plot.getAxis(name).setGrid(30)
        plot.getAxis("right").setWidth(12)
        plot.getAxis("top").setHeight(12)

    # What is shown

    @property
    def axes(self) -> tuple[Axis, Axis] | None:
        """F1 and F2 axis of the spectrum that is shown."""
        return None if self._packed is None else (self._packed.f1, self._packed.f2)

    @property
    def explanation(self) -> Explanation | None:
        """The map that is shown."""
        return self._map

    def show_spectrum(self, packed: PackedSpectrum | None, keep_zoom: bool = False) -> None:
        """Show another spectrum, or none; its map is shown with `show_map`."""
        self._packed = packed
        self._ink = None if packed is None else packed.display()
        self.empty.setVisible(packed is None)
        for widget in (self.strip, self.plot):
            widget.setVisible(packed is not None)
        if packed is None or self._ink is None:
            self.ink_item.clear()
            self.peak_item.clear()
            self.show_map(None)
            return
        self._paint_ink(packed)
        if not keep_zoom:
            self.reset()

    def show_map(self, explanation: Explanation | None, message: str = "") -> None:
        """Show a map, or none, and a sentence above the spectrum."""
        self._map = explanation
        self._paint_map()
        if explanation is not None and explanation.empty:
            empty = "Empty map: no positive evidence for this class anywhere."
            message = f"{empty} {message}".strip()
        self.strip.set_message(message)

    def apply_settings(self, settings: ViewSettings) -> None:
        """Opacity, threshold, colours, smoothness."""
        repaint = settings.smooth != self._settings.smooth
        self._settings = settings
        if repaint:
            self._paint_map()
        else:
            self._colour_map()

    @Slot()
    def reset(self) -> None:
        """Show the whole spectrum."""
        if self._packed is not None:
            self.box.set_window(self._packed.f2.edges, self._packed.f1.edges)

    def read_out(self, h_ppm: float, c_ppm: float) -> ReadOut:
        """What lies at a chemical shift: the sample whose extent holds it, and the heat."""
        intensity = heat = None
        if self._ink is not None:
            image, f1, f2 = self._ink
            row, column = f1.cell(c_ppm), f2.cell(h_ppm)
            if row is not None and column is not None:
                intensity = float(image[row, column])
        shown = self._map
        if shown is not None and _in_cell(shown.f1, c_ppm) and _in_cell(shown.f2, h_ppm):
            heat = float(shown.heat_at(np.array([c_ppm]), np.array([h_ppm]))[0])
        return ReadOut(h_ppm, c_ppm, intensity, heat, shown is not None)

    # Painting

    def _paint_ink(self, packed: PackedSpectrum) -> None:
        """Peaks as points at their shifts, everything else as ink."""
        if self._ink is None:
            return
        image, f1, f2 = self._ink
        if packed.peaks is not None and packed.provenance.kind is SourceKind.PEAK_LIST:
            self.ink_item.clear()
            self._paint_peaks(packed)
            return
        self.peak_item.clear()
        top = float(np.abs(image).max(initial=0)) or 1.0
        if packed.provenance.kind is not SourceKind.INSTRUMENT:
            top = 1.0
        signed = float(image.min(initial=0)) < 0
        self.ink_item.setLookupTable(signed_ink_colours() if signed else ink_colours())
        self.ink_item.setImage(image, levels=(-top if signed else 0.0, top), autoLevels=False)
        self.ink_item.setRect(image_rect(f1, f2))

    def _paint_peaks(self, packed: PackedSpectrum) -> None:
        peaks = packed.peaks
        if peaks is None:
            return
        colours = np.where(peaks.intensity < 0, NEGATIVE, POSITIVE)
        pens = {name: pg.mkPen(name, width=1.6) for name in (POSITIVE, NEGATIVE)}
        self.peak_item.setData(
            x=peaks.h_ppm,
            y=peaks.c_ppm,
            size=PEAK_SIZE,
            symbol="o",
            brush=pg.mkBrush(255, 255, 255, 90),
            pen=[pens[str(colour)] for colour in colours],
        )

    def _paint_map(self) -> None:
        shown = self._map
        self._paint_frame()
        if shown is None or shown.empty or self._packed is None:
            self.heat_item.clear()
            self.bar.setOpacity(0)
            return
        top = float(shown.heat.max())
        image = map_image(shown, self._settings.smooth)
        self.heat_item.setImage(image, levels=(0.0, top), autoLevels=False)
        self.heat_item.setRect(map_rect(shown, self._packed.f1, self._packed.f2))
        self.bar.setLevels((0.0, top))
        self.bar.setOpacity(1)
        self._colour_map()

    def _paint_frame(self) -> None:
        """Where the map ends: beyond it nothing is known, which is not the same as no heat."""
        if self._map is None or self._packed is None:
            self.frame_item.clear()
            return
        area = map_rect(self._map, self._packed.f1, self._packed.f2)
        x, y = np.array([0, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 0])
        self.frame_item.setData(area.x() + x * area.width(), area.y() + y * area.height())

    def _colour_map(self) -> None:
        settings = self._settings
        table = overlay_colours(settings.colour_map, settings.opacity, settings.threshold)
        self.heat_item.setLookupTable(table)
        self.bar.setColorMap(on_paper(table))

    # Events

    @Slot(object)
    def _on_mouse_moved(self, place: QPointF) -> None:
        if self._packed is None or not self.box.sceneBoundingRect().contains(place):
            self.read_out_changed.emit("")
            return
        point = self.box.mapSceneToView(place)
        self.read_out_changed.emit(str(self.read_out(point.x(), point.y())))

    def leaveEvent(self, event: QEvent) -> None:
        """No cursor, no read-out."""
        self.read_out_changed.emit("")
        super().leaveEvent(event)


def _in_cell(axis: Axis, ppm: float) -> bool:
    """Whether a map knows anything about a shift; a single cell knows about all of them."""
    return axis.size == 1 or axis.cell(ppm) is not None


def _colour_bar() -> pg.ColorBarItem:
    """Heat in units of the logit."""
    bar = pg.ColorBarItem(
        values=(0, 1), colorMap=pg.colormap.get("plasma"), interactive=False, width=14
    )
    bar.setLabel("right", "heat (logit)")
    bar.axis.enableAutoSIPrefix(False)
    bar.axis.setPen(pg.mkPen("#98a2b3"))
    bar.axis.setTextPen(pg.mkPen("#344054"))
    bar.axis.setWidth(56)
    return bar
