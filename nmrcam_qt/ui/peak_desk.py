"""Peaks and masks of an open project: their layers in every pane, selection, tool, edits."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.peak_editing import (
    Place,
    listed_peaks,
    moved,
    of_kind,
    with_peak,
    without,
)
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.peak_tool import Mode
from nmrcam_qt.ui.plot_values import peak_text
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.ui.zoom_history import Window

if TYPE_CHECKING:
    from nmrcam_qt.ui.peak_pane import PeakPane
    from nmrcam_qt.ui.spectrum_view import SpectrumView

NO_SPECTRUM = "No spectrum is open."
NO_PEAKS = "The spectrum has no peaks: pick them first (Shift+P)."
OF_A_LIST = "The peaks of a peak list are those of its file; they cannot be changed here."
NEW_MASK = "masked region"
_CLOSE_UP = (0.06, 0.06)
"""Share of the whole axes that is shown around a peak one goes to, where more was shown."""
_KEPT_LISTS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A spectrum and where in it the user pointed."""

    item_id: int
    place: Place


class PeakDesk(QObject):
    """What the user does to peaks and masks; one for each open project.

    Parameters
    ----------
    session : Session
        Whose spectra are shown; every edit is an operation of it and can be undone.
    panes : PaneGrid
        Where they are shown.
    parent : QObject, optional
        Owner.
    """

    selection_changed = Signal()
    mode_changed = Signal()
    said = Signal(str)
    """a sentence for the status bar"""
    place_chosen = Signal(object)
    """`Target`, while the mode is PLACE"""
    peak_activated = Signal(int)
    """id of a peak whose mark was double-clicked"""
    menu_asked = Signal(object, object)
    """`Target`, id of the peak there or None"""

    def __init__(self, session: Session, panes: PaneGrid, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._grid = session, panes
        self._panes: dict[SpectrumView, PeakPane] = {}
        self._mode = Mode.SELECT
        self._selected: frozenset[int] = frozenset()
        self._of: int | None = None
        self._lists: dict[PackedSpectrum, PickedPeaks] = {}
        self._left: Collection[SpectrumView] = ()
        self._more: Callable[[SpectrumView, Peak], str] = lambda _view, _peak: ""
        theme().changed.connect(self.dress)
        panes.set_tool(lambda view: self._pane(view).tool)

    # What there is

    @property
    def item(self) -> SessionItem | None:
        """The spectrum that is shown."""
        return self._session.current

    @property
    def picked(self) -> PickedPeaks | None:
        """Its peaks at the user's shifts: picked ones, or those of a list."""
        return self.peaks_of(self.item)

    @property
    def selected(self) -> frozenset[int]:
        """Ids of its selected peaks."""
        return self._selected

    @property
    def mode(self) -> Mode:
        """What clicks and drags in the spectrum mean."""
        return self._mode

    def selected_place(self) -> Place | None:
        """Where the one selected peak lies; None where none or several are selected."""
        picked = self.picked
        if picked is None or len(self._selected) != 1:
            return None
        peak = _by_id(picked, next(iter(self._selected)))
        return None if peak is None else Place(peak.h_ppm, peak.c_ppm, peak.height)

    def peaks_of(self, item: SessionItem | None) -> PickedPeaks | None:
        """Peaks of any spectrum, picked or listed; None where nobody picked any."""
        if item is None:
            return None
        if not is_list(item):
            return self._session.picked(item.id)
        known = self._lists.get(item.packed)
        if known is None and item.packed.peaks is not None:
            known = listed_peaks(item.packed.peaks)
            self._lists[item.packed] = known
            while len(self._lists) > _KEPT_LISTS:
                del self._lists[next(iter(self._lists))]
        return known

    # Showing

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now, in every pane."""
        current = self.item
        if (current.id if current is not None else None) != self._of:
            self._of = current.id if current is not None else None
            self._select(())
        view_settings = self._session.view
        for view, shown in zip(self._grid.views, self._grid.panes, strict=True):
            pane = self._pane(view)
            pane.item = item = shown.item
            listed = item is not None and is_list(item)
            left = view in self._left
            known = listed or left or view_settings.show_peaks
            pane.peaks.set_compact(len(self._grid.panes) > 1)
            pane.peaks.show(self.peaks_of(item) if known else None, marked=not (listed or left))
            masks = item.packed.masks if item is not None and view_settings.show_masks else ()
            pane.masks.show(masks)
        there = self.picked
        there_ids = {peak.id for peak in there.peaks} if there is not None else set()
        self._select(self._selected & there_ids)
        self._show_selection()

    def leave_marks(self, views: Collection[SpectrumView]) -> None:
        """Somebody else marks the peaks of these views; from the next `refresh` on."""
        self._left = views

    def set_more(self, more: Callable[[SpectrumView, Peak], str]) -> None:
        """Who has more to say in the tip of a mark; plain text, empty for nothing."""
        self._more = more

    def tip_of(self, view: SpectrumView, peak: Peak) -> str:
        """The tip of a mark."""
        return "\n\n".join(text for text in (peak_text(peak), self._more(view, peak)) if text)

    def _pane(self, view: SpectrumView) -> PeakPane:
        if view not in self._panes:
            from nmrcam_qt.ui.peak_pane import PeakPane  # pyqtgraph: not for the first paint

            pane = PeakPane(view, self)
            tool = pane.tool
            tool.selected.connect(lambda ids, adding: self._on_selected(pane, ids, adding))
            tool.add_asked.connect(lambda place: self._on_add(pane, place))
            tool.move_asked.connect(lambda peak, place: self._on_move(pane, peak, place))
            tool.mask_drawn.connect(lambda h, c: self._on_mask(pane, h, c))
            tool.place_chosen.connect(lambda place: self._on_place(pane, place))
            tool.peak_activated.connect(self.peak_activated)
            tool.menu_asked.connect(lambda place, peak: self._on_menu(pane, place, peak))
            self._panes[view] = pane
            self._apply_mode(pane)
        return self._panes[view]

    @Slot()
    def dress(self) -> None:
        """Take the colours of the theme."""
        for pane in self._panes.values():
            pane.peaks.dress()
            pane.masks.dress()

    def _show_selection(self) -> None:
        for pane in self._panes.values():
            own = pane.item is not None and pane.item.id == self._of
            pane.peaks.select(self._selected if own else ())

    def go_to(self, peak_id: int) -> None:
        """Show the surroundings of a peak, zooming in where much more is shown."""
        item, picked = self.item, self.picked
        peak = _by_id(picked, peak_id)
        if item is None or peak is None:
            return
        window = self._grid.view.ppm_window
        edges = (item.packed.f2.edges, item.packed.f1.edges)
        spans = []
        for (low, high), (first, last), share in zip(
            (window.h_ppm, window.c_ppm), edges, _CLOSE_UP, strict=True
        ):
            spans.append(min(abs(high - low), 4 * share * abs(last - first)) / 2)
        around = Window(
            (peak.h_ppm - spans[0], peak.h_ppm + spans[0]),
            (peak.c_ppm - spans[1], peak.c_ppm + spans[1]),
        )
        box = self._grid.view.box
        box.show_window(around)
        box.zoomed.emit(box.ppm_window, box.new_gesture())

    # Selection and mode

    def select(self, ids: Collection[int]) -> None:
        """Select these peaks of the spectrum that is shown, and no others."""
        picked = self.picked
        known = {peak.id for peak in picked.peaks} if picked is not None else set()
        self._select(known & set(ids))
        self._show_selection()

    def _select(self, ids: Collection[int]) -> None:
        if frozenset(ids) != self._selected:
            self._selected = frozenset(ids)
            self.selection_changed.emit()

    def set_mode(self, mode: Mode) -> None:
        """Let clicks and drags mean something else."""
        if mode is self._mode:
            return
        self._mode = mode
        for pane in self._panes.values():
            self._apply_mode(pane)
        self.mode_changed.emit()

    def _apply_mode(self, pane: PeakPane) -> None:
        pane.tool.stop()
        pane.tool.mode = self._mode
        pane.view.show_cursor()

    # What the tools say

    def _on_selected(self, pane: PeakPane, ids: tuple[int, ...], adding: bool) -> None:
        if pane.item is not None and pane.item.id == self._of:
            self.select((*self._selected, *ids) if adding else ids)

    def _on_add(self, pane: PeakPane, place: Place) -> None:
        if pane.item is not None:
            self.add(pane.item.id, place)

    def _on_move(self, pane: PeakPane, peak_id: int, place: Place) -> None:
        if pane.item is not None:
            self.edit(pane.item.id, lambda picked: moved(picked, peak_id, place))

    def _on_mask(self, pane: PeakPane, h: tuple[float, float], c: tuple[float, float]) -> None:
        item = pane.item
        if item is None:
            return
        mask = Mask(_new_name(item.packed.masks), h, c)
        self._try(lambda: self._session.set_masks((item.id,), (*item.packed.masks, mask)))

    def _on_place(self, pane: PeakPane, place: Place) -> None:
        if pane.item is not None:
            self.place_chosen.emit(Target(pane.item.id, place))

    def _on_menu(self, pane: PeakPane, place: Place, peak_id: int | None) -> None:
        if pane.item is None or pane.item.id != self._of:
            return
        if peak_id is not None and peak_id not in self._selected:
            self.select((peak_id,))
        self.menu_asked.emit(Target(pane.item.id, place), peak_id)

    # Edits

    def read_only_reason(self, item: SessionItem | None = None) -> str:
        """Why the peaks of a spectrum cannot be changed; empty where they can."""
        item = item if item is not None else self.item
        if item is None:
            return NO_SPECTRUM
        return OF_A_LIST if is_list(item) else ""

    def add(self, item_id: int, place: Place) -> None:
        """Add a peak and select it."""
        made: list[Peak] = []

        def adding(picked: PickedPeaks) -> PickedPeaks:
            peaks, peak = with_peak(picked, place)
            made.append(peak)
            return peaks

        if self.edit(item_id, adding) and item_id == self._of:
            self._select((made[0].id,))

    def delete_selected(self) -> None:
        """Delete the selected peaks."""
        if self.item is not None and self._selected:
            gone = self._selected
            self.edit(self.item.id, lambda picked: without(picked, gone))

    def call_selected(self, kind: PeakKind) -> None:
        """Say what the selected peaks are."""
        if self.item is not None and self._selected:
            ids = self._selected
            self.edit(self.item.id, lambda picked: of_kind(picked, ids, kind))

    def edit(self, item_id: int, change: Callable[[PickedPeaks], PickedPeaks]) -> bool:
        """Whether the peaks of a spectrum could be changed; what was refused is said."""
        item = self._session.find(item_id)
        reason = self.read_only_reason(item) if item is not None else NO_SPECTRUM
        if item is None or reason:
            self.said.emit(reason)
            return False
        before = item.picked or PickedPeaks()
        return self._try(lambda: self._session.set_picked(item_id, change(before)))

    def _try(self, change: Callable[[], None]) -> bool:
        """Whether a change was possible; a sentence where not."""
        try:
            change()
        except ValueError as error:
            self.said.emit(f"Not possible: {error}.")
            return False
        return True


def is_list(item: SessionItem) -> bool:
    """Whether a spectrum is a peak list."""
    return item.packed.n_peaks is not None and item.packed.provenance.kind is SourceKind.PEAK_LIST


def _by_id(picked: PickedPeaks | None, peak_id: int) -> Peak | None:
    peaks = picked.peaks if picked is not None else ()
    return next((peak for peak in peaks if peak.id == peak_id), None)


def _new_name(masks: Collection[Mask]) -> str:
    """A name that no mask has: excluding goes by name."""
    names, number = {mask.name for mask in masks}, 1
    while f"{NEW_MASK} {number}" in names:
        number += 1
    return f"{NEW_MASK} {number}"
