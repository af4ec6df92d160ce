"""Overlay, difference, skylines, traces and legend in all panes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal, Slot

from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import SessionItem, ViewSettings
from nmrcam_qt.session.overlaying import difference_heading
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.overlay_colours import overlay_colour, signed_pair
from nmrcam_qt.ui.overlay_difference import DIFFERENCE, Differences
from nmrcam_qt.ui.overlay_legend import Legend, LegendEntry
from nmrcam_qt.ui.plot_values import GAIN_STEP, Overlaid, Signals
from nmrcam_qt.ui.theme import colours, theme

if TYPE_CHECKING:
    from nmrcam_qt.ui.overlay_layer import OverlayLayer
    from nmrcam_qt.ui.spectrum_view import SpectrumView
    from nmrcam_qt.ui.trace_layer import TraceLayer

MARGIN = 8
"""Pixels between the legend and the corner of the plot."""
NO_CURSOR = "Point at the spectrum first: the traces are pinned where the cursor is."


@dataclass(eq=False, slots=True)
class _Parts:
    """What belongs to one view."""

    view: SpectrumView
    traces: TraceLayer
    overlay: OverlayLayer
    legend: Legend
    pane: Shown


class PaneDisplay(QObject):
    """Adds to the views of a pane grid what lies over and beside their spectra.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    base_asked = Signal(int, int)
    """Id of a spectrum, and steps by which its first contour is to be raised"""
    removal_asked = Signal(int)
    """Id of a spectrum that is to be overlaid no more"""
    changed = Signal()
    """Gain, pin, what is hidden, or what is known of contours"""
    gave_up = Signal(bool)
    """Whether there is a pane too small for the projections or traces that are wanted"""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._parts: dict[SpectrumView, _Parts] = {}
        self._shown: tuple[SpectrumView, ...] = ()
        self._settings = ViewSettings()
        self._hidden: frozenset[int] = frozenset()
        self._place: tuple[float, float] | None = None
        self._differences = Differences()
        theme().changed.connect(self._on_theme)

    def adopt(self, view: SpectrumView) -> None:
        """A new view of the grid."""
        # pyqtgraph: not for the first paint
        from nmrcam_qt.ui.overlay_layer import OverlayLayer
        from nmrcam_qt.ui.trace_layer import TraceLayer

        legend = Legend(view.plot)
        parts = self._parts[view] = _Parts(
            view,
            TraceLayer(view.plot),
            OverlayLayer(view.plot, view.signals_.contours),
            legend,
            Shown(),
        )
        legend.rows.hiding_asked.connect(self.set_hidden)
        legend.rows.base_asked.connect(self.base_asked)
        legend.rows.removal_asked.connect(self.removal_asked)
        view.cursor_moved.connect(self._on_cursor_moved)
        view.cursor_left.connect(self._on_cursor_left)
        view.ink_changed.connect(self._on_ink)
        view.signals_.contours.changed.connect(self._on_ink)
        view.box.gain_wheeled.connect(self._on_gain_wheeled)
        view.box.sigResized.connect(self._on_resized)
        parts.traces.set_gain(self.gain)

    # What there is

    @property
    def gain(self) -> float:
        """Height of skylines and traces, as `TraceLayer.gain`."""
        first = next(iter(self._parts.values()), None)
        return first.traces.gain if first is not None else 1.0

    @property
    def pinned(self) -> bool:
        """Whether a pair of traces is pinned."""
        return any(parts.traces.pinned is not None for parts in self._parts.values())

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        """The legend of the first pane."""
        return self._entries(self._parts[self._shown[0]]) if self._shown else ()

    def traces_of(self, view: SpectrumView) -> TraceLayer:
        """The side plots of a view."""
        return self._parts[view].traces

    def legend_of(self, view: SpectrumView) -> Legend:
        """The legend on a view."""
        return self._parts[view].legend

    # Showing

    def show(
        self, panes: Sequence[Shown], views: Sequence[SpectrumView], settings: ViewSettings
    ) -> None:
        """Show what belongs to panes, after their spectra are shown.

        Parameters
        ----------
        panes : sequence of Shown
            With what is overlaid and subtracted.
        views : sequence of SpectrumView
            One per pane.
        settings : ViewSettings
            Of the session: projections, traces, contours.
        """
        ended = self._settings.traces and not settings.traces
        self._settings, self._shown = settings, tuple(views)
        self._hidden &= set(settings.overlays)  # what is overlaid anew is seen
        for view, parts in self._parts.items():
            if view not in self._shown:
                parts.pane = Shown()
                self._show_parts(parts)
        for pane, view in zip(panes, views, strict=True):
            parts = self._parts[view]
            parts.pane = pane
            parts.traces.set_compact(len(panes) > 1)
            view.box.gain_wheel = settings.traces or settings.projections
            self._show_parts(parts)
        self._tell_given_up()
        if ended:
            self.pin(None)
            self._on_cursor_left()
            for view in views:  # where the user wants it, the next move shows it again
                view.crosshair.hide()

    def _show_parts(self, parts: _Parts) -> None:
        pane, view, settings = parts.pane, parts.view, self._settings
        overlaid = self._overlaid(pane)
        own = signed_pair(colours().ink, colours().paper) if overlaid else None
        view.signals_.set_pair(own)
        parts.overlay.show(overlaid, settings)
        self._show_difference(parts)
        parts.traces.set_modes(settings.projections, settings.traces)
        self._show_signals(parts)
        self._show_legend(parts)

    def _overlaid(self, pane: Shown) -> list[Overlaid]:
        """Colours go by the place in the settings: they stay when the user goes on."""
        named = colours()
        places = {number: place for place, number in enumerate(self._settings.overlays)}
        made = []
        for item in pane.overlays:
            colour = overlay_colour(places.get(item.id, 0), named)
            pair = signed_pair(colour, named.paper)
            made.append(Overlaid(item, pair, item.id in self._hidden))
        return made

    def _show_difference(self, parts: _Parts) -> None:
        """In the place of the pane's own spectrum."""
        pane, signals = parts.pane, parts.view.signals_
        if pane.item is None or pane.minus is None:
            signals.contours.clear(DIFFERENCE)
            signals.set_hidden(False)
            return
        from nmrcam_qt.ui.contour_work import scale_of  # contourpy: not for the first paint

        source = self._differences.source(pane.item, pane.minus, self._settings.difference_fitted)
        signals.contours.show(DIFFERENCE, source, scale_of(pane.item, self._settings))
        signals.set_hidden(True)
        self._show_heading(parts)

    def _show_heading(self, parts: _Parts) -> None:
        """Which is subtracted, and how many times."""
        pane, heading = parts.pane, parts.view.heading
        if pane.item is None or pane.minus is None:
            return
        found = self._differences.factor(pane.item, pane.minus, self._settings.difference_fitted)
        said = difference_heading(pane.item, pane.minus, found.scale if found else None)
        text = heading.text()
        for known in (heading.property("difference"), pane.item.name):
            if known and text.startswith(known):
                text = text.removeprefix(known).removeprefix("  ·  ")
                break
        heading.setText("  ·  ".join(part for part in (said, text) if part))
        heading.setProperty("difference", said)

    def _show_signals(self, parts: _Parts) -> None:
        """Skylines of everything that is shown; traces are of the first."""
        contours = parts.view.signals_.contours
        if parts.pane.minus is not None:
            surface = contours.surface(DIFFERENCE)
            own = surface.ink if surface is not None else None
        else:
            own = parts.view.ink
        parts.view.instead = own if parts.pane.minus is not None else None
        overlaid = parts.overlay.signals()
        pair = signed_pair(colours().ink, colours().paper) if overlaid else ("", "")
        first = () if own is None else (Signals(own, *pair),)
        parts.traces.show(first + overlaid if first else ())

    # Legend

    def _entries(self, parts: _Parts) -> tuple[LegendEntry, ...]:
        pane = parts.pane
        if pane.item is None or not (pane.overlays or pane.minus):
            return ()
        named = colours()
        ink = signed_pair(named.ink, named.paper) if pane.overlays else (named.ink, named.negative)
        entries = [_entry(pane.item, ink, own=True)]
        if pane.minus is not None:
            entries.append(_entry(pane.minus, (named.muted, named.muted), subtracted=True))
        for one in parts.overlay.shown:
            trouble = parts.overlay.trouble(one.item.id)
            entries.append(_entry(one.item, one.pair, hidden=one.hidden, trouble=trouble))
        return tuple(entries)

    def _show_legend(self, parts: _Parts) -> None:
        """In the first pane: all have the same colours."""
        first = bool(self._shown) and parts.view is self._shown[0]
        parts.legend.set_entries(self._entries(parts) if first else ())
        self._place_legend(parts)

    def _place_legend(self, parts: _Parts) -> None:
        """In the upper left corner: high ¹H and low ¹³C shifts go together nowhere."""
        area = parts.view.box.sceneBoundingRect()
        place = QPoint(round(area.left()) + MARGIN, round(area.top()) + MARGIN)
        parts.legend.place(place)

    @Slot(int, bool)
    def set_hidden(self, item_id: int, hidden: bool) -> None:
        """Hide an overlaid spectrum for a while."""
        self._hidden = self._hidden | {item_id} if hidden else self._hidden - {item_id}
        for view in self._shown:
            self._show_parts(self._parts[view])
        self.changed.emit()

    # Traces

    def set_gain(self, gain: float) -> None:
        """Height of skylines and traces in all panes."""
        for parts in self._parts.values():
            parts.traces.set_gain(gain)
        self.changed.emit()

    def toggle_pin(self) -> str:
        """Pin the traces where the cursor is, or let go of those; returns why it cannot."""
        if self.pinned:
            self.pin(None)
            return ""
        if self._place is None:
            return NO_CURSOR
        self.pin(self._place)
        return ""

    def pin(self, place: tuple[float, float] | None) -> None:
        """Pin the traces at a shift (¹H, ¹³C), or none, in all panes."""
        if place is None and not self.pinned:
            return
        for parts in self._parts.values():
            parts.traces.pin(place)
        self.changed.emit()

    # Events

    @Slot(float, float)
    def _on_cursor_moved(self, h_ppm: float, c_ppm: float) -> None:
        self._place = (h_ppm, c_ppm)
        if not self._settings.traces:
            return
        for view in self._shown:
            view.crosshair.show_at(h_ppm, c_ppm)
            self._parts[view].traces.move_to(h_ppm, c_ppm)

    @Slot()
    def _on_cursor_left(self) -> None:
        self._place = None
        for parts in self._parts.values():
            parts.traces.leave()

    @Slot(float)
    def _on_gain_wheeled(self, notches: float) -> None:
        self.set_gain(self.gain * GAIN_STEP**notches)

    @Slot()
    def _on_ink(self) -> None:
        """An image has arrived: skylines, factor and troubles are known now."""
        sender = self.sender()
        for view in self._shown:
            if sender is view or sender is view.signals_.contours:
                parts = self._parts[view]
                self._show_signals(parts)
                self._show_heading(parts)
                self._show_legend(parts)
                self.changed.emit()

    @Slot()
    def _on_resized(self) -> None:
        for view in self._shown:
            if view.box is self.sender():
                self._parts[view].traces.fit()
                self._place_legend(self._parts[view])
        self._tell_given_up()

    def _tell_given_up(self) -> None:
        self.gave_up.emit(any(self._parts[view].traces.given_up for view in self._shown))

    @Slot()
    def _on_theme(self) -> None:
        for view in self._shown:
            self._show_parts(self._parts[view])
            self._parts[view].traces.dress()


def _entry(
    item: SessionItem,
    pair: tuple[str, str],
    hidden: bool = False,
    own: bool = False,
    subtracted: bool = False,
    trouble: str = "",
) -> LegendEntry:
    has_base = item.packed.provenance.kind is SourceKind.INSTRUMENT
    return LegendEntry(item.id, item.name, pair, has_base, hidden, own, subtracted, trouble)
