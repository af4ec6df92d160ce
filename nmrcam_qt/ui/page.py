"""What the window shows of one open project: thrown away when another one is opened."""

from __future__ import annotations

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
    ViewChanged,
)
from nmrcam_qt.session.shown import Shown, heading_of
from nmrcam_qt.ui.control_panel import ControlPanel
from nmrcam_qt.ui.job_bar import JobBar
from nmrcam_qt.ui.job_dock import JobPanel
from nmrcam_qt.ui.questions import Asker
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.workbench import Workbench


class Page(QObject):
    """Widgets and models of one session, and what follows it.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    window : QWidget
        Over which questions open.
    """

    refreshed = Signal()
    """`shown` is new"""
    problems_changed = Signal(int)
    """their number"""

    def __init__(self, workbench: Workbench, window: QWidget) -> None:
        super().__init__(window)
        self.workbench = workbench
        self.session = workbench.session
        workbench.setParent(self)
        self.shown = Shown()
        self.view = SpectrumView()
        self.sidebar = Sidebar(self.session)
        self.panel = ControlPanel(self.session, workbench.cards)
        self.job_bar = JobBar(workbench.runner)
        self.jobs = JobPanel(workbench.runner)
        self.problems = ProblemModel(self.session, self)
        self.asker = Asker(self.session, window)
        self.undo_stack = QUndoStack(self)
        self.recorder = UndoRecorder(self.session, self.undo_stack)
        self.refresh_timer = QTimer(self)
        self.refresh_timer.setSingleShot(True)
        self.refresh_timer.timeout.connect(self.refresh)
        self._connect()
        self._unsubscribe = self.session.subscribe(self._on_event)

    def _connect(self) -> None:
        self.panel.recalculation_needed.connect(self._on_recalculation)
        self.job_bar.asked.connect(self.jobs.select)
        self.jobs.retry_asked.connect(self.workbench.retry)
        self.workbench.questions_arose.connect(self.asker.ask_about_files)
        self.workbench.experiments_missing.connect(self.asker.ask_for_experiments)
        self.asker.answered.connect(self.workbench.open_answered)

    def begin(self) -> None:
        """Show the present item; after everything is connected."""
        self._show_item()

    def end_following(self) -> None:
        """The session may change, nothing is shown any more."""
        self._unsubscribe()
        self.recorder.end()
        self.refresh_timer.stop()

    def dispose(self) -> None:
        """Delete the widgets; after `end_following`, and after another page took their place."""
        for widget in (self.view, self.sidebar, self.panel, self.job_bar, self.jobs):
            widget.setParent(None)
            widget.deleteLater()
        self.asker.deleteLater()
        self.deleteLater()

    # Following the session

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged():
                self._show_item()
            case ItemChanged(item_id):
                if item_id in self._concerned():
                    self.refresh_soon()
            case ItemsAdded() | ItemsRemoved() | ViewChanged():
                self.refresh_soon()
            case ProblemsChanged():
                self.problems_changed.emit(len(self.session.problems))
            case _:
                pass

    def _concerned(self) -> set[int]:
        """Items whose change shows: the present one and its partner."""
        item, plan = self.shown.item, self.shown.plan
        own = {item.id} if item is not None else set()
        return own | (set(plan.items) if plan is not None else set())

    def refresh_soon(self) -> None:
        """Many changes in one turn of the event loop are shown once."""
        if not self.refresh_timer.isActive():
            self.refresh_timer.start(0)

    def _show_item(self) -> None:
        item = self.session.current
        self.view.show_spectrum(item.packed if item is not None else None)
        self.sidebar.show_current()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        self.shown = shown = self.workbench.shown()
        self.view.apply_settings(self.session.view)
        if shown.item is not None:
            packed = shown.item.packed
            if self.view.axes not in (None, (packed.f1, packed.f2)):
                self.view.show_spectrum(packed)
            self.view.heading.setText(heading_of(shown))
            self.view.show_map(shown.explanation, shown.message)
        self.panel.refresh(shown)
        self.refreshed.emit()

    @Slot()
    def _on_recalculation(self) -> None:
        self.workbench.analyse_current_again()

    def focus_list(self) -> None:
        """Letters are shortcuts, unless the user goes to the search box."""
        self.sidebar.list.setFocus(Qt.FocusReason.OtherFocusReason)
