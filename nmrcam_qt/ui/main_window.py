"""The window: spectra on the left, the spectrum in the middle, the controls on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QMenu

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.qtmodels.problem_model import ProblemModel
from nmrcam_qt.session.pictured import left_out
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.actions import icon, make_actions, make_class_actions
from nmrcam_qt.ui.commands import Commands
from nmrcam_qt.ui.control_panel import ControlPanel
from nmrcam_qt.ui.docks import SMALL_WIDTH, Docks
from nmrcam_qt.ui.job_bar import JobBar, ProblemButton, ServerLabel
from nmrcam_qt.ui.leaving import settle
from nmrcam_qt.ui.menus import CLASSES, DISPLAY, DOCKS, PANES, RECENT, THEME, TOOLS, make_menus
from nmrcam_qt.ui.notice_bar import Middle
from nmrcam_qt.ui.notices import Notices
from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.project_desk import ProjectDesk
from nmrcam_qt.ui.project_dialogs import is_project
from nmrcam_qt.ui.questions import Asker
from nmrcam_qt.ui.recent_projects import RecentMenu
from nmrcam_qt.ui.save_label import SaveLabel
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.project_jobs import Unnamed

if TYPE_CHECKING:
    from nmrcam_qt.core.writers.export import ExportSummary
    from nmrcam_qt.ui.spectrum_view import SpectrumView

START_DELAY_MS = 30
MAX_TITLE = 200
STATE_VERSION = 2


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

    begun = Signal()
    """Everything that comes after the first paint is done, or under way in threads."""

    def __init__(
        self, workbench: Workbench, settings: QSettings, start_server: bool = True
    ) -> None:
        super().__init__()
        self.settings = settings
        self._start_due, self._begun = start_server, False
        self._after_paint: Callable[[], None] | None = None
        self.ended_cleanly = True
        self.setWindowTitle("nmrcam")
        self.setWindowIcon(icon("nmrcam"))
        self.setAcceptDrops(True)
        self.docks = Docks(self)
        self.actions_ = make_actions(self, TOOLS.split())
        self.class_actions = make_class_actions(self)
        self.read_out, self.server_label = QLabel(), ServerLabel()
        self.problem_button, self.save_label = ProblemButton(), SaveLabel()
        self.is_closing = False
        self.middle = Middle()
        self.setCentralWidget(self.middle)
        self.page = Page(workbench, self)
        self.desk = ProjectDesk(self)
        self.recent_menu = RecentMenu(self.desk.recent, self)
        self.commands = Commands(self)
        self.notices = Notices(
            self.desk,
            self.middle,
            self.save_label,
            ("Save as …", self.commands.save_project_as),
        )
        self._make_menus()
        self._make_status_bar()
        self._connect_desk()
        self._take(self.page)
        self._restore()
        self.begin_page()

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
        """The spectrum in the active pane."""
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
    def problem_dock(self) -> QDockWidget:
        """Around the list of problems."""
        return self.docks.problem

    # Building

    def _make_menus(self) -> None:
        toggles = [dock.toggleViewAction() for dock in self.docks.all]
        groups = {CLASSES: self.class_actions, DOCKS: toggles}
        make_menus(self, self.actions_, groups, self._submenus())

    def _submenus(self) -> dict[str, QMenu]:
        commands = self.commands
        panes, colours = commands.pane_menu, commands.theme_menu
        display = commands.display_menu
        return {RECENT: self.recent_menu, DISPLAY: display, PANES: panes, THEME: colours}

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        self.read_out.setObjectName("readOut")
        # Where the messages of the bar begin.
        self.read_out.setContentsMargins(6, 0, 0, 0)
        bar.addWidget(self.read_out, 1)
        for widget in (self.problem_button, self.save_label, self.server_label):
            bar.addPermanentWidget(widget)
        self.problem_button.asked.connect(self.problem_dock.show)
        self.docks.clear_problems.clicked.connect(self.commands.clear_problems)
        for dock in self.docks.closed_at_start:
            dock.visibilityChanged.connect(self._on_dock)

    def _connect_desk(self) -> None:
        self.recent_menu.chosen.connect(self.commands.open_recent)
        self.desk.changed.connect(self._on_desk)
        self.save_label.changed.connect(self._show_title)
        self.desk.offers.changed.connect(self._on_offers)
        self.desk.failed.connect(self.commands.tell_project)
        self.desk.saved_as.connect(self._on_saved)

    def show_workbench(self, workbench: Workbench) -> None:
        """Show another session; the jobs of the one that was shown are cancelled."""
        self.show_page(Page(workbench, self))
        self.begin_page()

    def show_page(self, page: Page) -> None:
        """The same with its widgets, before `begin_page`."""
        before = self.page
        self.commands.close_dialogs()
        before.end_following()
        self.ended_cleanly = before.workbench.retire() and self.ended_cleanly
        self.page = page
        self._take(page)
        before.dispose()

    def begin_page(self) -> None:
        """What is seen at once; the panels of closed docks in a turn of their own."""
        if any(not dock.isHidden() for dock in self.docks.closed_at_start):
            self.page.make_closed()
        elif self._begun:
            QTimer.singleShot(START_DELAY_MS, self.page.make_closed_later)
        self.page.begin()
        # Not before: what can be done is looked at once at the beginning, after all is shown.
        self.page.sidebar.selection_changed.connect(self.commands.update_actions)

    def _take(self, page: Page) -> None:
        """Put a project's widgets in their places."""
        self.middle.fill(page.panes)
        self.desk.follow()
        self.docks.fill(page)
        self.statusBar().insertPermanentWidget(1, page.job_bar)
        page.job_bar.show_jobs()
        self.server_label.show_status(page.workbench.server_status)
        self.problem_button.show_count(len(page.session.problems))
        page.closed_made.connect(self._on_closed_made)
        page.refreshed.connect(self._on_refreshed)
        page.problems_changed.connect(self.problem_button.show_count)
        page.panes.read_out_changed.connect(self.read_out.setText)
        page.panes.samples_asked.connect(self.commands.open_samples)
        self.commands.follow_panes(page)
        self.commands.follow_display(page)
        self.commands.follow_rows(page)
        self.commands.follow_peaks(page)
        self.commands.follow_contributions(page)
        self.commands.follow_compare(page)
        self.commands.follow_reference(page)
        page.panel.spectrum.axes_asked.connect(self.commands.ask_axes)
        page.workbench.server_changed.connect(
            self.server_label.show_status, Qt.ConnectionType.QueuedConnection
        )
        page.workbench.picture_saved.connect(self._on_picture_saved)
        page.workbench.exported.connect(self._on_exported)
        page.undo_stack.indexChanged.connect(self.commands.update_undo_actions)
        page.undo_stack.indexChanged.connect(self.commands.update_project_actions)

    @Slot()
    def _on_closed_made(self) -> None:
        self.docks.fill_closed(self.page)
        self.commands.follow_closed(self.page)

    @Slot(bool)
    def _on_dock(self, visible: bool) -> None:
        """A dock without a panel yet was opened."""
        if visible:
            self.page.make_closed()

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        self.page.refresh()

    @Slot()
    def _on_refreshed(self) -> None:
        self._show_title()
        self.notices.refresh_offer()
        self.commands.update_actions()

    @Slot()
    def _on_desk(self) -> None:
        self.recent_menu.set_present(self.desk.path)
        self._show_title()
        self.commands.update_project_actions()

    @Slot(object)
    def _on_offers(self, offers: tuple[Unnamed, ...]) -> None:
        self.recent_menu.set_unnamed(tuple((offer.path, offer.title) for offer in offers))

    @Slot()
    def _show_title(self) -> None:
        """Spectrum, experiment, project and whether it is saved."""
        item, parts = self.shown.item, []
        if item is not None:
            experiment = item.experiment.label if item.experiment else "experiment ?"
            parts += [one_line(item.name[:MAX_TITLE]), experiment]
        if self.save_label.state is not None:
            parts.append(f"{one_line(self.desk.title)} ({self.save_label.state})")
        self.setWindowTitle(" – ".join([*parts, "nmrcam"]))

    @Slot(object)
    def _on_exported(self, summary: ExportSummary) -> None:
        self.statusBar().showMessage(summary.sentence, 15_000)

    @Slot(str)
    def _on_saved(self, path: str) -> None:
        self.statusBar().showMessage(f"Saved {path}", 8000)

    @Slot(str)
    def _on_picture_saved(self, path: str) -> None:
        parts = (f"Saved {path}", left_out(self.shown))
        self.statusBar().showMessage(", ".join(part for part in parts if part), 8000)

    # Files that come in

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        mime = event.mimeData()
        if file_dialogs.dropped_paths(mime) or file_dialogs.drop_refusal(mime):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped; say what cannot be."""
        paths = file_dialogs.dropped_paths(event.mimeData())
        refusal = file_dialogs.drop_refusal(event.mimeData())
        if refusal:
            self.session.add_problem(refusal)
            self.statusBar().showMessage(refusal, 8000)
        if paths:
            event.acceptProposedAction()
            self.open(paths)

    def open(self, paths: Sequence[Path]) -> None:
        """Open spectra and folders, or a project."""
        projects = [path for path in paths if is_project(path)]
        spectra = [path for path in paths if not is_project(path)]
        if projects:
            self.desk.open(projects[0])
        elif spectra:
            self.workbench.open(spectra)
        for path in projects[1:]:
            self.session.add_problem(f"{path.name}: not opened, one project at a time", str(path))

    # Life

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width at the start, and anew where the window became small or large."""
        super().resizeEvent(event)
        before, now = event.oldSize().width(), event.size().width()
        if before <= 0 or (before >= SMALL_WIDTH) != (now >= SMALL_WIDTH):
            self.docks.share_width()

    def after_first_paint(self, begin: Callable[[], None]) -> None:
        """What costs time and is not needed for the window to be there."""
        self._after_paint = begin

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint comes what it can do without."""
        super().paintEvent(event)
        if not self._begun or self._start_due or self._after_paint is not None:
            QTimer.singleShot(START_DELAY_MS, self._begin)

    @Slot()
    def _begin(self) -> None:
        if not self.isVisible():
            return
        self._begun = True
        begin, self._after_paint = self._after_paint, None
        if begin is not None:
            begin()
        if self._start_due:
            self._start_due = False
            self.workbench.start_server()
        self.page.make_closed()
        self.commands.dress_actions()  # menus are closed yet
        self.page.panes.make_view()  # the first spectrum need not wait for pyqtgraph
        self.begun.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save, keep the geometry, end jobs and processes, let go of the project."""
        if not self.is_closing and not settle(self.desk):
            event.ignore()
            return
        if not self.is_closing:
            self.is_closing = True
            self._keep_state()
            self.page.end_following()
            self.ended_cleanly = self.workbench.shutdown() and self.ended_cleanly
            self.desk.end()
        super().closeEvent(event)

    def _keep_state(self) -> None:
        self.settings.setValue("window/geometry", self.saveGeometry())
        self.settings.setValue("window/state", self.saveState(STATE_VERSION))
        self.settings.sync()

    def _restore(self) -> None:
        self.resize(QSize(1280, 820).boundedTo(self.screen().availableGeometry().size()))
        geometry: Any = self.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        state: Any = self.settings.value("window/state")
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)
