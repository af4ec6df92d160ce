"""The window: spectra on the left, the spectrum in the middle, the controls on the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow

from nmrcam_qt.qtmodels.problem_model import ProblemModel
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.actions import icon, make_actions, make_class_actions
from nmrcam_qt.ui.commands import Commands
from nmrcam_qt.ui.control_panel import ControlPanel
from nmrcam_qt.ui.docks import SMALL_WIDTH, Docks
from nmrcam_qt.ui.job_bar import JobBar, ProblemButton, ServerLabel
from nmrcam_qt.ui.menus import CLASSES, DOCKS, make_menus
from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.questions import Asker
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.workbench import Workbench

START_DELAY_MS = 30
STATE_VERSION = 1


class MainWindow(QMainWindow):
    """The window of one workbench; another one may take its place.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process; the window shuts it down when it closes.
    settings : QSettings
        Where geometry and the last folder are kept.
    start_server : bool
        Whether to start the inference process after the first paint.
    """

    def __init__(
        self, workbench: Workbench, settings: QSettings, start_server: bool = True
    ) -> None:
        super().__init__()
        self.settings = settings
        self._start_due = start_server
        self.ended_cleanly = True
        self.setWindowTitle("nmrcam")
        self.setWindowIcon(icon("nmrcam"))
        self.setAcceptDrops(True)
        self.docks = Docks(self)
        self.actions_ = make_actions(self)
        self.class_actions = make_class_actions(self)
        self.read_out, self.server_label = QLabel(), ServerLabel()
        self.problem_button = ProblemButton()
        self.page = Page(workbench, self)
        self.commands = Commands(self)
        self._make_menus()
        self._make_status_bar()
        self._take(self.page)
        self._restore()
        self.page.begin()

    # What is open

    @property
    def workbench(self) -> Workbench:
        """Session, jobs, inference process."""
        return self.page.workbench

    @property
    def session(self) -> Session:
        """The open session."""
        return self.page.session

    @property
    def shown(self) -> Shown:
        """What is on the screen."""
        return self.page.shown

    @property
    def view(self) -> SpectrumView:
        """The spectrum."""
        return self.page.view

    @property
    def sidebar(self) -> Sidebar:
        """The list of spectra."""
        return self.page.sidebar

    @property
    def panel(self) -> ControlPanel:
        """Network, method, layer, class."""
        return self.page.panel

    @property
    def problems(self) -> ProblemModel:
        """What went wrong."""
        return self.page.problems

    @property
    def asker(self) -> Asker:
        """Questions about files."""
        return self.page.asker

    @property
    def job_bar(self) -> JobBar:
        """Running jobs."""
        return self.page.job_bar

    @property
    def side_dock(self) -> QDockWidget:
        """Around the sidebar."""
        return self.docks.side

    @property
    def panel_dock(self) -> QDockWidget:
        """Around the panel."""
        return self.docks.panel

    @property
    def problem_dock(self) -> QDockWidget:
        """Around the list of problems."""
        return self.docks.problem

    # Building

    def _make_menus(self) -> None:
        toggles = [dock.toggleViewAction() for dock in self.docks.all]
        make_menus(self, self.actions_, {CLASSES: self.class_actions, DOCKS: toggles}, {})

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        self.read_out.setObjectName("readOut")
        bar.addWidget(self.read_out, 1)
        for widget in (self.problem_button, self.server_label):
            bar.addPermanentWidget(widget)
        self.problem_button.asked.connect(self.problem_dock.show)
        self.docks.clear_problems.clicked.connect(self.commands.clear_problems)

    def _take(self, page: Page) -> None:
        """Put a project's widgets in their places."""
        self.setCentralWidget(page.view)
        self.docks.fill(page)
        self.statusBar().insertPermanentWidget(1, page.job_bar)
        page.job_bar.show_jobs()
        self.server_label.show_status(page.workbench.server_status)
        self.problem_button.show_count(len(page.session.problems))
        page.refreshed.connect(self._on_refreshed)
        page.problems_changed.connect(self.problem_button.show_count)
        page.view.read_out_changed.connect(self.read_out.setText)
        page.view.samples_asked.connect(self.commands.open_samples)
        page.panel.spectrum.axes_asked.connect(self.commands.ask_axes)
        page.sidebar.selection_changed.connect(self.commands.update_actions)
        page.workbench.server_changed.connect(
            self.server_label.show_status, Qt.ConnectionType.QueuedConnection
        )
        page.workbench.picture_saved.connect(self._on_saved)
        page.focus_list()

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        self.page.refresh()

    @Slot()
    def _on_refreshed(self) -> None:
        item = self.shown.item
        if item is not None:
            experiment = item.experiment.label if item.experiment else "experiment ?"
            self.setWindowTitle(f"{item.name} – {experiment} – nmrcam")
        else:
            self.setWindowTitle("nmrcam")
        self.commands.update_actions()

    @Slot(str)
    def _on_saved(self, path: str) -> None:
        self.statusBar().showMessage(f"Saved {path}", 8000)

    # Files that come in

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if file_dialogs.dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = file_dialogs.dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.workbench.open(paths)

    # Life

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew where the window became small or large."""
        super().resizeEvent(event)
        before, now = event.oldSize().width(), event.size().width()
        if (before >= SMALL_WIDTH) != (now >= SMALL_WIDTH):
            self.docks.share_width()

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint the inference process starts."""
        super().paintEvent(event)
        if self._start_due:
            self._start_due = False
            QTimer.singleShot(START_DELAY_MS, self._start_server)

    @Slot()
    def _start_server(self) -> None:
        if self.isVisible():
            self.workbench.start_server()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the geometry, end jobs and processes."""
        self.settings.setValue("window/geometry", self.saveGeometry())
        self.settings.setValue("window/state", self.saveState(STATE_VERSION))
        self.settings.sync()
        self.page.end_following()
        self.ended_cleanly = self.workbench.shutdown()
        super().closeEvent(event)

    def _restore(self) -> None:
        self.resize(QSize(1280, 820).boundedTo(self.screen().availableGeometry().size()))
        geometry: Any = self.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        state: Any = self.settings.value("window/state")
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)
