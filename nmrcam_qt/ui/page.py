"""What the window shows of one open project: thrown away when another one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QWidget

from nmrcam_qt.qtmodels.problem_model import ProblemModel
from nmrcam_qt.qtmodels.undo import UndoRecorder
from nmrcam_qt.session.events import (
    CurrentChanged,
    Event,
    ItemChanged,
    ItemsAdded,
    ItemsRemoved,
    ProblemsChanged,
    SampleChanged,
    ViewChanged,
)
from nmrcam_qt.session.overlaying import with_overlays, without
from nmrcam_qt.session.panes import active_pane, resolve_panes
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.check_desk import CheckDesk
from nmrcam_qt.ui.contribution_desk import ContributionDesk
from nmrcam_qt.ui.control_panel import ControlPanel
from nmrcam_qt.ui.display_panel import DisplayPanel
from nmrcam_qt.ui.job_bar import JobBar
from nmrcam_qt.ui.map_desk import MapDesk
from nmrcam_qt.ui.overlay_drop import OverlayDrop
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.pane_layout import scales_of
from nmrcam_qt.ui.peak_desk import PeakDesk
from nmrcam_qt.ui.questions import Asker
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.inference_client import ServerState

if TYPE_CHECKING:
    from nmrcam_qt.ui.closed_panels import ClosedPanels
    from nmrcam_qt.ui.details_panel import DetailsPanel
    from nmrcam_qt.ui.job_dock import JobPanel
    from nmrcam_qt.ui.peak_panel import PeakPanel
    from nmrcam_qt.ui.spectrum_view import SpectrumView

ADDED_MS = 40
"""What is shown follows spectra that were opened in a turn of its own, after the list."""


class Page(QObject):
    """Widgets and models of one session, and what follows it.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    window : QWidget
        Over which questions open.
    whole : bool
        Whether all of it is made at once; otherwise `make_rest` comes later.
    """

    refreshed = Signal()
    """`shown` is new"""
    problems_changed = Signal(int)
    """their number"""
    closed_made = Signal()
    """the panels of docks that are closed at the start are there"""

    def __init__(self, workbench: Workbench, window: QWidget, whole: bool = True) -> None:
        super().__init__(window)
        self.workbench = workbench
        self.session = workbench.session
        workbench.setParent(self)
        workbench.shared_top = self._shared_top
        self.shown = Shown()
        self.panes = PaneGrid()
        self.maps, self.checks = MapDesk(workbench, self), CheckDesk(workbench, self)
        self.peaks = PeakDesk(self.session, self.panes, self)
        self.contributions = ContributionDesk(workbench, self.panes, self.peaks, self)
        self.sidebar = Sidebar(self.session)
        self._closed: ClosedPanels | None = None
        self._peak_panel: PeakPanel | None = None
        self._ended = False
        self._window = window
        if whole:
            self.make_rest()

    def make_rest(self) -> None:
        """The second half of the widgets; once, before the page is shown."""
        self.panel = ControlPanel(self.session, self.workbench.cards)
        self.display = DisplayPanel(self.session, self.panes.display)
        self.overlay_drop = OverlayDrop(self.panes, self.sidebar.list.identity)
        self.job_bar = JobBar(self.workbench.runner)
        self.problems = ProblemModel(self.session, self)
        self.asker = Asker(self.session, self._window)
        self.undo_stack = QUndoStack(self)
        self.recorder = UndoRecorder(self.session, self.undo_stack)
        self.refresh_timer = QTimer(self)
        self.refresh_timer.setSingleShot(True)
        self.refresh_timer.timeout.connect(self.refresh)
        self._connect()
        self._unsubscribe = self.session.subscribe(self._on_event)

    def _connect(self) -> None:
        self.panel.recalculation_needed.connect(self._on_recalculation)
        self.panel.method_chosen.connect(self.compute_map)
        self.maps.changed.connect(self.refresh_soon)
        self.contributions.changed.connect(self.refresh_soon)
        self.checks.changed.connect(self._show_badges)
        self.workbench.questions_arose.connect(self.asker.ask_about_files)
        self.workbench.experiments_missing.connect(self.asker.ask_for_experiments)
        self.asker.answered.connect(self.workbench.open_answered)
        self.panes.pane_chosen.connect(self._on_pane_chosen)
        self.panes.single_asked.connect(self._on_single_asked)
        self.panes.analyse_asked.connect(self._on_analyse_asked)
        self.panes.base_changed.connect(self._on_base_changed)
        self.panes.options_changed.connect(self._on_options_changed)
        self.panes.display.base_asked.connect(self._on_base_asked)
        self.panes.display.removal_asked.connect(self._on_removal_asked)
        self.panel.pane_panel.options_chosen.connect(self._on_options_chosen)

    @property
    def view(self) -> SpectrumView:
        """The spectrum in the active pane."""
        return self.panes.view

    @property
    def details(self) -> DetailsPanel:
        """All that is kept of the selected spectra."""
        return self._made_closed().details

    @property
    def jobs(self) -> JobPanel:
        """What runs, waits and has ended."""
        return self._made_closed().jobs

    @property
    def peak_panel(self) -> PeakPanel:
        """The table of peaks."""
        return self._made_closed().peaks

    @Slot()
    def make_closed(self) -> None:
        """Make the panels of docks that are closed at the start, where they are not there yet."""
        self._made_closed()

    @Slot()
    def make_closed_later(self) -> None:
        """The same in three turns, unless another page is shown by now."""
        if self._closed is not None or self._ended:
            return
        if self._peak_panel is None:
            self._peak_panel = self._new_peak_panel()
            QTimer.singleShot(1, self.make_closed_later)
        else:
            self._closed = self._new_closed()
            QTimer.singleShot(1, self._tell_closed)

    @Slot()
    def _tell_closed(self) -> None:
        if not self._ended:
            self.closed_made.emit()

    def _made_closed(self) -> ClosedPanels:
        if self._closed is None:
            self._closed = self._new_closed()
            self.closed_made.emit()
        return self._closed

    def _new_closed(self) -> ClosedPanels:
        from nmrcam_qt.ui.closed_panels import ClosedPanels  # not for the first paint

        return ClosedPanels(self, self._peak_panel or self._new_peak_panel())

    def _new_peak_panel(self) -> PeakPanel:
        from nmrcam_qt.ui.peak_panel import PeakPanel  # likewise

        return PeakPanel(self.session, self.peaks)

    def begin(self) -> None:
        """Show the present item; after everything is connected."""
        self._show_item()
        # Not before: a list without a present row makes its first one that when it has focus.
        self.focus_list()
        if self.workbench.server_status.state is ServerState.STARTING:
            # Whoever waited for the process went with the project before this one.
            self.workbench.start_server()

    def end_following(self) -> None:
        """The session may change, nothing is shown any more."""
        self._ended = True
        self._unsubscribe()
        self.recorder.end()
        self.refresh_timer.stop()
        self.panes.stop_drawing()
        self.contributions.stop()

    def dispose(self) -> None:
        """Delete the widgets; after `end_following`, and after another page took their place."""
        for widget in self._widgets():
            widget.hide()  # not taken out of its dock, which would lay out all of it once more
            widget.deleteLater()
        self.asker.end()
        self.asker.deleteLater()
        self.deleteLater()

    def _widgets(self) -> tuple[QWidget, ...]:
        docked = self.sidebar, self.panel, self.display
        alone = () if self._peak_panel is None else (self._peak_panel,)
        closed = alone if self._closed is None else self._closed.all
        return (self.panes, *docked, self.job_bar, *closed)

    # Following the session

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged():
                self._show_item()
            case ItemChanged(item_id):
                if item_id in self._concerned():
                    self.refresh_soon()
            case ItemsAdded():
                self.refresh_soon(ADDED_MS)
            case ItemsRemoved() | SampleChanged() | ViewChanged():
                self.refresh_soon()
            case ProblemsChanged():
                self.problems_changed.emit(len(self.session.problems))
            case _:
                pass

    def _concerned(self) -> set[int]:
        """Items whose change shows: those of all panes and their partners."""
        own: set[int] = set()
        for pane in self.panes.panes:
            own |= {pane.item.id} if pane.item is not None else set()
            own |= set(pane.plan.items) if pane.plan is not None else set()
            own |= {other.id for other in (*pane.overlays, pane.minus) if other is not None}
        return own

    def refresh_soon(self, milliseconds: int = 0) -> None:
        """Many changes in one turn of the event loop, or in so many ms, are shown once."""
        if not self.refresh_timer.isActive() or self.refresh_timer.interval() > milliseconds:
            self.refresh_timer.start(milliseconds)

    def _show_item(self) -> None:
        self.sidebar.show_current()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        found = resolve_panes(self.session, self.workbench.cards)
        told = (self.maps.dressed(with_overlays(self.session, pane)) for pane in found)
        panes = tuple(map(self.contributions.dressed, told))
        active = active_pane(self.session, panes)
        self.shown = panes[active]
        self.panes.show_panes(panes, active, self.session.view)
        self._show_badges()
        self.contributions.prepare(self.panes.panes, self.shown)
        self.peaks.refresh()
        self.contributions.refresh()
        self.panel.refresh(self.shown, self.panes.options, len(panes))
        self.refreshed.emit()

    def _shared_top(self) -> float:
        """Where the colour scale ends that the active pane shares with others; 0 for its own."""
        panes, layout = self.panes.panes, self.session.view.layout
        scales = scales_of(panes, layout, self.panes.options.common_scale)
        tops = [s.top for p, s in zip(panes, scales, strict=True) if p is self.shown]
        return next((top for top in tops if top is not None), 0.0)

    @Slot()
    def _on_recalculation(self) -> None:
        self.workbench.analyse_current_again()

    @Slot(object)
    def _on_pane_chosen(self, pane: Shown) -> None:
        """Its spectrum, class, method and layer become those of the window."""
        if pane.item is not None:
            self.session.select(pane.item.id)
        view = pane.view
        self.session.set_view(class_id=view.class_id, method=view.method, layer=view.layer)

    @Slot(object)
    def _on_options_chosen(self, changes: dict[str, object]) -> None:
        self.panes.set_options(**changes)

    @Slot()
    def _on_options_changed(self) -> None:
        self.panel.show_panes(self.shown, self.panes.options, max(len(self.panes.panes), 1))

    @Slot(object, float)
    def _on_base_changed(self, pane: Shown, by: float) -> None:
        """Shift+wheel in a pane; the newest height counts, not that which is painted yet."""
        item = self.session.find(pane.item.id) if pane.item is not None else None
        if item is not None:
            self.session.set_contour_base(item.id, item.record.contour_base * by)

    @Slot(int, int)
    def _on_base_asked(self, item_id: int, steps: int) -> None:
        """Plus and minus in the legend of an overlay."""
        item = self.session.find(item_id)
        if item is not None:
            by = self.session.view.contour_ratio**steps
            self.session.set_contour_base(item_id, item.record.contour_base * by)

    @Slot(int)
    def _on_removal_asked(self, item_id: int) -> None:
        """One spectrum less in the overlay; what was not subtracted before is not either now."""
        left = without(self.session.view.overlays, item_id)
        subtracted = {pane.minus.id for pane in self.panes.panes if pane.minus is not None}
        difference = self.session.view.difference and bool(left) and item_id not in subtracted
        self.session.set_view(overlays=left, difference=difference)

    @Slot(object)
    def _on_single_asked(self, pane: Shown) -> None:
        self._on_pane_chosen(pane)
        self.session.set_view(layout="single")

    @Slot(object)
    def _on_analyse_asked(self, panes: tuple[Shown, ...]) -> None:
        wanted = (pane.plan for pane in panes if pane.analysable)
        plans = {plan.key: plan for plan in wanted if plan is not None}
        self.workbench.analyse_plans(plans.values())
        self.maps.compute(pane for pane in panes if not pane.analysable)

    @Slot()
    def _show_badges(self) -> None:
        self.checks.show(self.panes.panes, self.panes.views)

    @Slot()
    def check_map(self) -> None:
        """Check the shown map."""
        self.checks.check((self.shown,))

    @Slot()
    def compute_map(self) -> None:
        """Make the chosen map where it is not part of an analysis."""
        self.refresh()
        self.maps.compute((self.shown,))

    def focus_list(self) -> None:
        """Letters are shortcuts, unless the user goes to the search box."""
        self.sidebar.list.setFocus(Qt.FocusReason.OtherFocusReason)
