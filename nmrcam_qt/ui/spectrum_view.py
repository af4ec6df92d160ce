"""The spectrum with its map, in ppm."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.contour_note import contour_note
from nmrcam_qt.ui.contour_work import ContourScale
from nmrcam_qt.ui.crosshair import Crosshair
from nmrcam_qt.ui.ink_layer import InkLayer
from nmrcam_qt.ui.map_layer import MapLayer
from nmrcam_qt.ui.plot_axes import COMPACT, ROOMY, SIDES, arrange_axes
from nmrcam_qt.ui.plot_values import Ink, Scale, drawn_later
from nmrcam_qt.ui.read_out import ReadOut
from nmrcam_qt.ui.start_page import StartPage, Strip
from nmrcam_qt.ui.theme import colours, theme
from nmrcam_qt.ui.view_box import PpmViewBox
from nmrcam_qt.ui.view_tool import Tool
from nmrcam_qt.ui.zoom_history import Window

FRAME = 2
NETWORK = "network"
"""What hides the signals (`InkLayer.set_hidden`) where the network's cells are shown."""


class SpectrumView(QWidget):
    """Spectrum as ink or peaks over its map; heading, message, colour bar, read-out."""

    read_out_changed = Signal(str)
    samples_asked = Signal()
    zoomed = Signal(object, int)
    """`Window` and number of the gesture: the user looks elsewhere"""
    cursor_moved = Signal(float, float)
    """¹H and ¹³C shift under the cursor, ppm"""
    cursor_left = Signal()
    activated = Signal()
    """the user pressed a mouse button here"""
    history_asked = Signal(int)
    """-1 back, 1 forward: the mouse's own buttons"""
    base_changed = Signal(float)
    """Shift+wheel: the contours' base is to be so many times what it is"""
    ink_changed = Signal()
    """`ink` of the same spectrum is another one: instrument data arrive late"""
    original_toggled = Signal()
    """the map is hidden while a key is held, or seen again"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self._frame = (False, False)
        self._packed: PackedSpectrum | None = None
        self._ink: Ink | None = None
        self.instead: Ink | None = None
        """What is shown in the place of the spectrum, for the read-out: a difference."""
        self._message = ""
        self._home: tuple[tuple[float, float], tuple[float, float]] | None = None
        self.box = PpmViewBox()
        self.plot = pg.PlotWidget(viewBox=self.box, background=None)
        self.plot.setAcceptDrops(False)
        arrange_axes(self.plot)
        self.maps, self.signals_ = MapLayer(self.plot), InkLayer(self.plot)
        self.heat_item, self.frame_item = self.maps.heat_item, self.maps.frame_item
        self.ink_item, self.peak_item = self.signals_.ink_item, self.signals_.peak_item
        self.bar = self.maps.bar
        self.crosshair = Crosshair(self.plot)
        self.empty = StartPage()
        self.strip = Strip()
        self.heading, self.message = self.strip.heading, self.strip.message
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.empty)
        self._layout.addWidget(self.strip)
        self._layout.addWidget(self.plot, 1)
        self._connect()
        # Panes share the room evenly, whatever stands in their headings.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.dress()
        self.show_spectrum(None)

    def _connect(self) -> None:
        self.empty.samples_asked.connect(self.samples_asked)
        self.strip.pressed.connect(self.activated)
        self.box.reset_asked.connect(self.reset)
        self.box.zoomed.connect(self.zoomed)
        self.box.base_wheeled.connect(self._on_base_wheeled)
        self.signals_.changed.connect(self._on_signals)
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.plot.viewport().installEventFilter(self)
        theme().changed.connect(self.dress)

    @Slot()
    def dress(self) -> None:
        """Take the colours of the theme."""
        named = colours()
        self.plot.setBackground(named.paper)
        for name in SIDES:
            axis = self.plot.plotItem.getAxis(name)
            axis.setPen(pg.mkPen(named.axis))
            axis.setTextPen(pg.mkPen(named.text))
        self.box.dress()
        self.signals_.dress()
        self.maps.dress()
        self.crosshair.dress()

    # What is shown

    @property
    def packed(self) -> PackedSpectrum | None:
        """The spectrum that is shown."""
        return self._packed

    @property
    def ink(self) -> Ink | None:
        """Its image for the screen; None also until instrument data are unpacked."""
        return self._ink

    @property
    def axes(self) -> tuple[Axis, Axis] | None:
        """F1 and F2 axis of the spectrum that is shown."""
        return None if self._packed is None else (self._packed.f1, self._packed.f2)

    @property
    def explanation(self) -> Explanation | None:
        """The map that is shown."""
        return self.maps.explanation

    def show_spectrum(
        self, packed: PackedSpectrum | None, keep_zoom: bool = False, ink: Ink | None = None
    ) -> None:
        """Show another spectrum, or none; its map is shown with `show_map`.

        Parameters
        ----------
        packed : PackedSpectrum or None
            The spectrum.
        keep_zoom : bool
            Whether the window stays where it is.
        ink : Ink, optional
            ``packed.display()`` where it is at hand.
        """
        self._packed = packed
        self._ink = None
        self.empty.setVisible(packed is None)
        for widget in (self.strip, self.plot):
            widget.setVisible(packed is not None)
        self.strip.set_note("")
        if packed is None:
            self.signals_.clear()
            self.show_map(None)
            return
        if not drawn_later(packed):
            self._ink = ink if ink is not None else packed.display()
        self.signals_.show(packed, self._ink)
        self._on_signals()
        if not keep_zoom:
            self.set_home(packed.f2.edges, packed.f1.edges)
            self.box.set_window(packed.f2.edges, packed.f1.edges)

    def show_map(
        self,
        explanation: Explanation | None,
        message: str = "",
        scale: Scale | None = None,
        class_colour: str = "",
    ) -> None:
        """Show a map, or none, and a sentence above the spectrum."""
        self.maps.show(explanation, self.axes, scale, class_colour)
        self.show_through()
        self._message = message
        self._say()

    def _say(self) -> None:
        """Why the spectrum is not there is more important than why the map is not."""
        trouble = self.signals_.trouble if self._packed is not None else ""
        said = f"The spectrum cannot be shown: {trouble}" if trouble else self._message
        self.strip.set_message(said)

    def set_signals(self, settings: ViewSettings, factor: float) -> None:
        """How instrument data are drawn.

        Parameters
        ----------
        settings : ViewSettings
            Style, ratio and number of contours.
        factor : float
            Height of the first contour over its default, `SpectrumRecord.contour_base`.
        """
        scale = ContourScale(factor, settings.contour_ratio, settings.contour_levels)
        self.signals_.set_look(settings.signal_style, scale)

    @Slot()
    def _on_signals(self) -> None:
        """Instrument data have arrived, with other contours, or not at all."""
        if self._packed is None or not drawn_later(self._packed):
            return
        surface = self.signals_.surface
        self.show_note()
        self._say()
        ink = surface.ink if surface is not None else None
        if ink is not None and (self._ink is None or ink[0] is not self._ink[0]):
            self._ink = ink
            self.ink_changed.emit()

    def show_note(self) -> None:
        """Which contours are drawn; nothing where the network's cells take their place."""
        if self._packed is None or not drawn_later(self._packed):
            return
        note = contour_note(self.signals_.prepared, self.signals_.trouble)
        self.strip.set_note(*(("",) if self.signals_.hidden_by(NETWORK) else note))

    @Slot(float)
    def _on_base_wheeled(self, notches: float) -> None:
        """Away from the user: more signals, as the wheels of other programs do."""
        if self._packed is not None and drawn_later(self._packed):
            self.base_changed.emit(self.signals_.ratio**-notches)

    def apply_settings(self, settings: ViewSettings) -> None:
        """Opacity, threshold, colours, style, smoothness."""
        self.maps.apply(settings)
        self.show_through()

    def set_original(self, hidden: bool) -> None:
        """Hide the map while a key is held."""
        self.maps.set_original(hidden)
        self.show_through()
        self.original_toggled.emit()

    def show_through(self) -> None:
        """Let heat that lies on the signals show through them."""
        self.signals_.set_heat(*self.maps.image_shown)

    def set_frame(self, several: bool, active: bool) -> None:
        """Whether it is one of several panes, and the active one of them."""
        if (several, active) == self._frame:
            return
        if several != self._frame[0]:
            edge = FRAME if several else 0
            self._layout.setContentsMargins(edge, edge, edge, edge)
            self.strip.set_compact(several)
            self.bar.set_compact(several)
            self.signals_.set_compact(several)
            left, below = COMPACT if several else ROOMY
            self.plot.plotItem.getAxis("left").setWidth(left)
            self.plot.plotItem.getAxis("bottom").setHeight(below)
        self._frame = (several, active)
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Panes have the room they get, however many lines their headings need."""
        return False

    def minimumSizeHint(self) -> QSize:
        """Still readable as one of several."""
        return QSize(140, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame: the active pane stands out."""
        several, active = self._frame
        if several:
            named = colours()
            painter = QPainter(self)
            painter.fillRect(self.rect(), QColor(named.accent if active else named.paper))
            if not active:
                painter.setPen(QColor(named.border))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()

    def set_tool(self, tool: Tool | None) -> None:
        """Who gets clicks and drags in ppm before pan and zoom do; None for nobody."""
        self.box.tool = tool
        self.show_cursor()

    def show_cursor(self) -> None:
        """The pointer says what a drag would do."""
        tool = self.box.tool
        shape = Qt.CursorShape.CrossCursor if self.box.box_tool else Qt.CursorShape.ArrowCursor
        self.plot.viewport().setCursor(tool.cursor if tool is not None else shape)

    # Zoom

    def set_home(self, f2: tuple[float, float], f1: tuple[float, float]) -> None:
        """The window of `reset` and the limits around it, ppm at the outer edges."""
        self._home = (f2, f1)
        self.box.set_limits(f2, f1)

    def go_home(self) -> None:
        """Show the whole spectrum; nobody is told."""
        if self._home is not None:
            self.box.set_window(*self._home)

    @Slot()
    def reset(self) -> None:
        """Show the whole spectrum, as the user asked for."""
        if self._packed is not None:
            self.go_home()
            self.zoomed.emit(self.ppm_window, self.box.new_gesture())

    @property
    def ppm_window(self) -> Window:
        """What is shown, ppm."""
        return self.box.ppm_window

    # Events

    def read_out(self, h_ppm: float, c_ppm: float) -> ReadOut:
        """What lies at a chemical shift: the sample whose extent holds it, and the heat."""
        intensity = heat = None
        ink = self.instead if self.instead is not None else self._ink
        if ink is not None:
            image, f1, f2 = ink
            row, column = f1.cell(c_ppm), f2.cell(h_ppm)
            if row is not None and column is not None:
                intensity = float(image[row, column])
        shown = None if self.maps.hidden else self.explanation
        if shown is not None and _in_cell(shown.f1, c_ppm) and _in_cell(shown.f2, h_ppm):
            heat = float(shown.heat_at(np.array([c_ppm]), np.array([h_ppm]))[0])
        return ReadOut(h_ppm, c_ppm, intensity, heat, shown is not None)

    @Slot(object)
    def _on_mouse_moved(self, place: QPointF) -> None:
        if self._packed is None or not self.box.sceneBoundingRect().contains(place):
            self._leave()
            return
        point = self.box.mapSceneToView(place)
        self.read_out_changed.emit(str(self.read_out(point.x(), point.y())))
        self.cursor_moved.emit(point.x(), point.y())

    def _leave(self) -> None:
        """No cursor, no read-out."""
        self.read_out_changed.emit("")
        self.cursor_left.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """The cursor is elsewhere."""
        self._leave()
        super().leaveEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press activates the pane; the mouse's own buttons go through the history."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            steps = {Qt.MouseButton.BackButton: -1, Qt.MouseButton.ForwardButton: 1}
            if event.button() in steps:
                self.history_asked.emit(steps[event.button()])
                return True
            self.activated.emit()
        return super().eventFilter(watched, event)


def _in_cell(axis: Axis, ppm: float) -> bool:
    """Whether a map knows anything about a shift; a single cell knows about all of them."""
    return axis.size == 1 or axis.cell(ppm) is not None
