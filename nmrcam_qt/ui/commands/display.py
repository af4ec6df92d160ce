"""Contours or image, projections, traces, overlay, difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QMenu

from nmrcam_qt.session.overlaying import (
    NOTHING_OVERLAID,
    difference_reason,
    overlaid,
    overlay_choice,
)
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.display_panel import NO_TRACES, style_reason
from nmrcam_qt.ui.page import Page

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

CHECKABLE = ("image_style", "projections", "traces", "pin_traces", "difference")
MENU = (
    "contours_lower contours_higher contours_reset image_style - projections traces pin_traces - "
    "overlay overlay_clear difference"
)


class DisplayCommands(CommandBase):
    """How the signals of spectra are shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        for name in CHECKABLE:
            window.actions_[name].setCheckable(True)
        self.display_menu = QMenu("Display", window)
        self.display_menu.setToolTipsVisible(True)
        for name in MENU.split():
            if name == "-":
                self.display_menu.addSeparator()
            else:
                self.display_menu.addAction(window.actions_[name])

    def display_slots(self) -> Slots:
        """What these actions do."""
        return {
            "image_style": self.toggle_image,
            "projections": self.toggle_projections,
            "traces": self.toggle_traces,
            "pin_traces": self.pin_traces,
            "overlay": self.overlay,
            "overlay_clear": self.clear_overlay,
            "difference": self.toggle_difference,
        }

    def follow_display(self, page: Page) -> None:
        """Another project is shown."""
        page.panes.display.changed.connect(self.update_display_actions)
        page.display.overlay.overlay_asked.connect(self.overlay)
        page.display.overlay.clear_asked.connect(self.clear_overlay)
        page.overlay_drop.dropped.connect(self.overlay_dropped)

    @Slot()
    def update_display_actions(self) -> None:
        """Enable what can be done, and tick what is on."""
        view, item = self._session.view, self._session.current
        actions = self._window.actions_
        nothing = NOTHING_OPEN if item is None else ""
        self._enable("image_style", style_reason(item))
        self._enable("projections traces", nothing)
        self._enable("pin_traces", nothing or ("" if view.traces else NO_TRACES))
        overlay = self._overlay_choice()[1]
        self._enable("overlay", nothing or overlay)
        others = overlaid(self._session, item, view)
        self._enable("overlay_clear", nothing or ("" if others else NOTHING_OVERLAID))
        self._enable("difference", nothing or difference_reason(item, others))
        for name, on in (
            ("image_style", view.signal_style == "image"),
            ("projections", view.projections),
            ("traces", view.traces),
            ("pin_traces", self._window.page.panes.display.pinned),
            ("difference", view.difference and bool(others)),
        ):
            actions[name].setChecked(on)
        shown = self._window.view if item is not None else None
        self._window.page.display.refresh(item, shown, overlay)

    def _overlay_choice(self) -> tuple[tuple[int, ...], str]:
        item = self._session.current
        current = item.id if item is not None else None
        selected = self._window.sidebar.selected_ids()
        return overlay_choice(current, selected, self._overlaid_ids())

    @Slot()
    def toggle_image(self) -> None:
        """Contours or image."""
        image = self._session.view.signal_style != "image"
        self._session.set_view(signal_style="image" if image else "contours")

    @Slot()
    def toggle_projections(self) -> None:
        """Skylines or none."""
        self._session.set_view(projections=not self._session.view.projections)

    @Slot()
    def toggle_traces(self) -> None:
        """Traces or none."""
        self._session.set_view(traces=not self._session.view.traces)

    @Slot()
    def pin_traces(self) -> None:
        """Keep a pair of traces, or let go of it."""
        reason = self._window.page.panes.display.toggle_pin()
        if reason:
            self._window.statusBar().showMessage(reason, 8000)
        self.update_display_actions()

    @Slot()
    def overlay(self) -> None:
        """The selected spectra over each other."""
        self._overlay(*self._overlay_choice())

    @Slot(object)
    def overlay_dropped(self, dropped: tuple[int, ...]) -> None:
        """Those that were dropped on the spectrum, over it and what is over it already."""
        item = self._session.current
        before = self._overlaid_ids()
        current = item.id if item is not None else None
        self._overlay(*overlay_choice(current, [*before, *dropped], before))

    def _overlaid_ids(self) -> list[int]:
        return [i for i in self._session.view.overlays if self._session.find(i) is not None]

    def _overlay(self, ids: tuple[int, ...], reason: str) -> None:
        if reason:
            self._window.statusBar().showMessage(reason, 8000)
        else:
            self._session.set_view(overlays=ids)

    @Slot()
    def clear_overlay(self) -> None:
        """The present spectrum alone."""
        self._session.set_view(overlays=(), difference=False)

    @Slot()
    def toggle_difference(self) -> None:
        """The present spectrum minus the first one over it, or both."""
        self._session.set_view(difference=not self._session.view.difference)
        self.update_display_actions()
