"""One spectrum view or several linked ones: zoom, history, crosshair and scale in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.panes import common_heading, pane_heading
from nmrcam_qt.session.shown import Shown, heading_of
from nmrcam_qt.ui.network_views import NetworkViews
from nmrcam_qt.ui.overlay_display import PaneDisplay
from nmrcam_qt.ui.pane_content import class_colour, offer_of, unpacked
from nmrcam_qt.ui.pane_layout import PaneOptions, moved_by, scales_of, union_edges
from nmrcam_qt.ui.pane_strip import CommonStrip
from nmrcam_qt.ui.plot_values import Ink, drawn_later
from nmrcam_qt.ui.prior_views import PriorViews
from nmrcam_qt.ui.view_grid import GAP, ViewGrid
from nmrcam_qt.ui.view_tool import Tool
from nmrcam_qt.ui.zoom_history import Window, ZoomHistory

if TYPE_CHECKING:
    from nmrcam_qt.ui.spectrum_view import SpectrumView

NOT_ANALYSED = "Not analysed yet."


class PaneGrid(QWidget):
    """Shows what `show_panes` is given; the views are kept and used again.

    Until there is a spectrum, or somebody asks for a view, there is a start page and no view:
    the window is painted before pyqtgraph is loaded.
    """

    read_out_changed = Signal(str)
    samples_asked = Signal()
    pane_chosen = Signal(object)
    """`Shown` of the pane that the user pressed in, where it was not the active one"""
    single_asked = Signal(object)
    """`Shown` of the pane that the user wants alone"""
    analyse_asked = Signal(object)
    """tuple of `Shown` whose maps are to be made"""
    base_changed = Signal(object, float)
    """`Shown` of the pane, and what its contours' base is to be multiplied by"""
    options_changed = Signal()
    history_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paneGrid")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._pool: list[SpectrumView] = []
        self._panes: tuple[Shown, ...] = (Shown(),)
        self._layout_name = "single"
        self._active = 0
        self._options = PaneOptions()
        self._box_tool = self._original = False
        self._make_tool: Callable[[SpectrumView], Tool] | None = None
        self._at_home: Window | None = None
        self.history = ZoomHistory()
        self.display = PaneDisplay(self)
        self.network, self.priors = NetworkViews(self), PriorViews(self)
        self._settings: ViewSettings | None = None
        self._make_widgets()

    def _make_widgets(self) -> None:
        self._strip = CommonStrip()
        self.heading, self.analyse_all = self._strip.heading, self._strip.analyse_all
        self.analyse_all.clicked.connect(self._on_analyse_all)
        self.display.gave_up.connect(self._strip.show_given_up)
        self._grid = ViewGrid()
        if self._grid.start is not None:
            self._grid.start.samples_asked.connect(self.samples_asked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(self._strip)
        layout.addLayout(self._grid, 1)

    # What there is

    @property
    def view(self) -> SpectrumView:
        """The view of the active pane."""
        self.make_view()
        return self._pool[self._active]

    @property
    def views(self) -> tuple[SpectrumView, ...]:
        """The views of all panes, in order; none while there is only the start page."""
        return tuple(self._pool[: len(self._panes)])

    @property
    def panes(self) -> tuple[Shown, ...]:
        """What they show."""
        return self._panes[: len(self._pool)]

    @property
    def options(self) -> PaneOptions:
        """How the user likes panes."""
        return self._options

    def minimumSizeHint(self) -> QSize:
        """However many panes there are, the window does not grow."""
        return QSize(360, 280)

    # Showing

    def show_panes(
        self, panes: Sequence[Shown], active: int, settings: ViewSettings, layout: str = ""
    ) -> None:
        """Show other panes, or the same anew.

        Parameters
        ----------
        panes : sequence of Shown
            At least one; of `nmrcam_qt.session.panes.resolve_panes`.
        active : int
            Which of them stands for the window.
        settings : ViewSettings
            The look of the maps.
        layout : str
            Where it is not that of `settings`.
        """
        before = self._axes_by_item()
        self._panes, self._active = tuple(panes), active
        self._layout_name, self._settings = layout or settings.layout, settings
        if not self._pool and all(pane.item is None for pane in panes):
            return
        several = len(panes) > 1
        for index in range(len(panes)):
            self._view_at(index)
        self._show_spectra(settings)
        self._keep_or_reset_zoom(before)
        scales = scales_of(self._panes, self._layout_name, self._options.common_scale)
        # Beside each other plots keep one size: room for a message in all panes or in none.
        room = not several or any(pane.message for pane in self._panes)
        for index, (pane, view, scale) in enumerate(
            zip(self._panes, self.views, scales, strict=True)
        ):
            view.apply_settings(settings)
            view.set_frame(several, index == active)
            view.strip.keep_room(room)
            heading = pane_heading(pane, self._layout_name) if several else heading_of(pane)
            view.heading.setText(heading)
            view.strip.offer(*offer_of(pane, several))
            message = self._unreadable.get(index, pane.message)
            if several and pane.analysable:  # the key would analyse the active one
                message = NOT_ANALYSED
            view.show_map(pane.explanation, message, scale, class_colour(pane))
        self._strip.setVisible(several)
        self.analyse_all.setVisible(sum(pane.analysable for pane in self._panes) > 1)
        self._show_heading(any(scale.top is not None for scale in scales))
        self.display.show(self._panes, self.views, settings)
        self.network.show(self._panes, self.views, settings)
        self.priors.show(self._panes, self.views, settings)
        self._place()

    def _show_heading(self, scaled: bool) -> None:
        heading = common_heading(self._panes, self._layout_name)
        self.heading.setText(f"{heading}  ·  common scale" if scaled else heading)

    def make_view(self) -> None:
        """Let a view take the place of the start page, where that was not done yet."""
        if self._pool:
            return
        self._view_at(0)
        if self._settings is None:
            self._place()
        else:
            self.show_panes(self._panes, self._active, self._settings, self._layout_name)

    def _view_at(self, index: int) -> SpectrumView:
        """The view of a pane; made where there is none yet."""
        from nmrcam_qt.ui.spectrum_view import SpectrumView  # pyqtgraph: not for the first paint

        self._grid.end_start()
        while len(self._pool) <= index:
            view = SpectrumView()
            self._pool.append(view)
            self.display.adopt(view)
            view.box.box_tool = self._box_tool
            if self._make_tool is not None:
                view.set_tool(self._make_tool(view))
            view.set_original(self._original)
            view.read_out_changed.connect(self.read_out_changed)
            view.samples_asked.connect(self.samples_asked)
            view.zoomed.connect(self._on_zoomed)
            view.history_asked.connect(self.go)
            view.cursor_moved.connect(self._on_cursor_moved)
            view.cursor_left.connect(self._on_cursor_left)
            view.activated.connect(self._on_activated)
            view.base_changed.connect(self._on_base_changed)
            view.strip.double_clicked.connect(self._on_heading)
            view.strip.analyse_asked.connect(self._on_analyse)
        return self._pool[index]

    def _show_spectra(self, settings: ViewSettings) -> None:
        """Every spectrum is unpacked once, however many panes show it."""
        self._unreadable: dict[int, str] = {}
        inks: dict[int, tuple[Ink, str]] = {}
        for index, (pane, view) in enumerate(zip(self._panes, self.views, strict=True)):
            packed = pane.item.packed if pane.item is not None else None
            if packed is None:
                view.show_spectrum(None)
                continue
            if pane.item is not None:
                view.set_signals(settings, pane.item.record.contour_base)
            if view.packed is packed:
                continue
            if drawn_later(packed):  # shared by the panes, and outside this thread
                view.show_spectrum(packed, keep_zoom=True)
                continue
            known = self._ink_of(packed)
            if id(packed) not in inks:
                inks[id(packed)] = (known, "") if known is not None else unpacked(packed)
            ink, trouble = inks[id(packed)]
            view.show_spectrum(packed, keep_zoom=True, ink=ink)
            if trouble:
                self._unreadable[index] = trouble

    def stop_drawing(self) -> None:
        """Nothing that is being prepared is waited for any more."""
        for view in self._pool:
            view.signals_.stop()

    def _ink_of(self, packed: PackedSpectrum) -> Ink | None:
        """What another view has unpacked already."""
        return next((view.ink for view in self._pool if view.packed is packed), None)

    # Zoom

    def _axes_by_item(self) -> dict[int, tuple[Axis, Axis]]:
        """What is shown, to see whether it is something else afterwards."""
        shown = [item for pane in self._panes for item in (pane.item, *pane.overlays)]
        items = [item for item in shown if item is not None]
        return {item.id: (item.packed.f1, item.packed.f2) for item in items}

    def _keep_or_reset_zoom(self, before: dict[int, tuple[Axis, Axis]]) -> None:
        """Another spectrum is shown as a whole; another layout of the same keeps its window.

        When a spectrum is referenced its signals stay where they are on the screen.
        """
        now = self._axes_by_item()
        if not now:
            return
        f2 = union_edges([axes[1] for axes in now.values()])
        f1 = union_edges([axes[0] for axes in now.values()])
        moves = {item: moved_by(before[item], axes) for item, axes in now.items() if item in before}
        kept = any(move is not None for move in moves.values())
        kept = kept or (self._options.keep_zoom and bool(before))
        shown = self._pool[0].ppm_window
        home = not kept or shown == self._at_home
        active = self._panes[self._active].item
        if (move := moves.get(active.id) if active is not None else None) is not None:
            shown = shown.moved(*move)
        for view in self.views:
            view.set_home(f2, f1)
            if home:
                view.go_home()
            else:
                view.box.show_window(shown)
        if home:
            self._at_home = self._pool[0].ppm_window
        if not kept:
            self.history.start(self._pool[0].ppm_window)
            self.history_changed.emit()

    @Slot(object, int)
    def _on_zoomed(self, window: Window, gesture: int) -> None:
        """One pane is zoomed: the others follow."""
        self._show_window(window, self.sender())
        self.history.record(window, gesture)
        self.history_changed.emit()

    def _show_window(self, window: Window, source: object = None) -> None:
        for view in self.views:
            if view is not source:
                view.box.show_window(window)

    @Slot()
    def reset(self) -> None:
        """Show the whole spectrum."""
        self.view.reset()

    @Slot(int)
    def go(self, by: int) -> None:
        """Through the zoom history: -1 back, 1 forward."""
        window = self.history.go(by)
        if window is not None:
            self._show_window(window)
            self.history_changed.emit()

    # Tools and options

    def set_box_tool(self, on: bool) -> None:
        """Whether a drag draws the rectangle to zoom to."""
        self._box_tool = on
        for view in self._pool:
            view.box.box_tool = on
            view.show_cursor()

    def set_tool(self, make: Callable[[SpectrumView], Tool] | None) -> None:
        """Another tool of the mouse, made for every view; None for the plain mouse."""
        self._make_tool = make
        for view in self._pool:
            view.set_tool(make(view) if make is not None else None)

    def set_original(self, on: bool) -> None:
        """Hide the maps while a key is held."""
        self._original = on
        for view in self._pool:
            view.set_original(on)

    def set_options(self, **changes: Any) -> None:
        """Change options by name; see `PaneOptions`."""
        options = replace(self._options, **changes)
        if options == self._options:
            return
        rescaled = options.common_scale != self._options.common_scale
        self._options = options
        if not options.crosshair:
            self._on_cursor_left()
        if rescaled:
            self._rescale()
        self._place()
        self.options_changed.emit()

    def _rescale(self) -> None:
        scales = scales_of(self.panes, self._layout_name, self._options.common_scale)
        for pane, view, scale in zip(self.panes, self.views, scales, strict=True):
            view.maps.show(pane.explanation, view.axes, scale, class_colour(pane))
        self._show_heading(any(scale.top is not None for scale in scales))

    # Events

    @Slot(float, float)
    def _on_cursor_moved(self, h_ppm: float, c_ppm: float) -> None:
        if self._options.crosshair:
            for view in self.views:
                view.crosshair.show_at(h_ppm, c_ppm)

    @Slot()
    def _on_cursor_left(self) -> None:
        for view in self._pool:
            view.crosshair.hide()

    def _sender_index(self, sender: object) -> int | None:
        for index, view in enumerate(self.views):
            if sender is view or sender is view.strip:
                return index
        return None

    @Slot()
    def _on_activated(self) -> None:
        index = self._sender_index(self.sender())
        if index is not None and index != self._active:
            self.pane_chosen.emit(self._panes[index])

    @Slot(float)
    def _on_base_changed(self, factor: float) -> None:
        index = self._sender_index(self.sender())
        if index is not None:
            self.base_changed.emit(self._panes[index], factor)

    @Slot()
    def _on_heading(self) -> None:
        index = self._sender_index(self.sender())
        if index is not None and len(self._panes) > 1:
            self.single_asked.emit(self._panes[index])

    @Slot()
    def _on_analyse(self) -> None:
        index = self._sender_index(self.sender())
        if index is not None:
            self.analyse_asked.emit((self._panes[index],))

    @Slot()
    def _on_analyse_all(self) -> None:
        self.analyse_asked.emit(tuple(pane for pane in self._panes if pane.analysable))

    # Placing

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another shape may suit better."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Rows and columns for the room there is."""
        if self._pool:
            self._grid.place(self._pool, len(self._panes), self.size(), self._options)
