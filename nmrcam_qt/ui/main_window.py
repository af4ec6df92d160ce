"""The window: spectra on the left, the spectrum in the middle, the controls on the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QToolBar,
    QWidget,
)

from nmrcam_qt.core.paths import resources_dir
from nmrcam_qt.qtmodels.problem_model import ProblemModel
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
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.actions import icon, make_actions, make_class_actions
from nmrcam_qt.ui.commands import Commands
from nmrcam_qt.ui.control_panel import ControlPanel
from nmrcam_qt.ui.job_bar import JobBar, ProblemButton, ServerLabel
from nmrcam_qt.ui.questions import Asker
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.spectrum_view import SpectrumView
from nmrcam_qt.ui.workbench import Workbench

START_DELAY_MS = 30
STATE_VERSION = 1
SMALL_WIDTH = 1150
"""Pixels; below this the docks are as narrow as they can be read."""


class MainWindow(QMainWindow):
    """The window of one workbench.

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
        self.workbench = workbench
        self.session = workbench.session
        self.settings = settings
        self._start_due = start_server
        self._shown = Shown()
        self.ended_cleanly = True
        self._refresh_due = False
        self.setWindowTitle("nmrcam")
        self.setWindowIcon(icon("nmrcam"))
        self.setAcceptDrops(True)
        self.view = SpectrumView()
        self.sidebar = Sidebar(self.session)
        self.panel = ControlPanel(self.session, workbench.cards)
        self.problems = ProblemModel(self.session, self)
        self.asker = Asker(self.session, self)
        self.actions_ = make_actions(self)
        self.class_actions = make_class_actions(self)
        self.commands = Commands(self)
        self._arrange()
        self._make_menus()
        self._make_status_bar()
        self._connect()
        self._restore()
        self._unsubscribe = self.session.subscribe(self._on_event)
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.timeout.connect(self.refresh)
        self._show_item()
        self.refresh()

    # Building

    def _arrange(self) -> None:
        self.setCentralWidget(self.view)
        self.setDockNestingEnabled(False)
        self.side_dock = self._dock(
            "Spectra", "spectra", self.sidebar, Qt.DockWidgetArea.LeftDockWidgetArea
        )
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.panel)
        scroll.setMinimumWidth(self.panel.minimumSizeHint().width() + 18)
        self.panel_dock = self._dock(
            "Explanation", "explanation", scroll, Qt.DockWidgetArea.RightDockWidgetArea
        )
        listing = QListView()
        listing.setModel(self.problems)
        listing.setWordWrap(True)
        listing.setObjectName("problems")
        listing.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        clear = QPushButton("Clear")
        clear.clicked.connect(self.commands.clear_problems)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(6, 6, 6, 6)
        row.addWidget(listing, 1)
        row.addWidget(clear, 0, Qt.AlignmentFlag.AlignTop)
        self.problem_dock = self._dock(
            "Problems", "problems-dock", box, Qt.DockWidgetArea.BottomDockWidgetArea
        )
        self.problem_dock.hide()
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.resizeDocks([self.problem_dock], [130], Qt.Orientation.Vertical)

    def _share_width(self) -> None:
        """On a small screen the docks leave the spectrum some room."""
        wide = self.width() >= SMALL_WIDTH
        docks = [self.side_dock, self.panel_dock]
        self.resizeDocks(docks, [290, 310] if wide else [250, 280], Qt.Orientation.Horizontal)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew where the window became small or large."""
        super().resizeEvent(event)
        before, now = event.oldSize().width(), event.size().width()
        if (before >= SMALL_WIDTH) != (now >= SMALL_WIDTH):
            self._share_width()

    def _dock(self, title: str, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _make_menus(self) -> None:
        for title, entries in self._menus().items():
            menu = self.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                else:
                    menu.addAction(entry)
        tools = QToolBar("Tools", self)
        tools.setObjectName("tools")
        tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        tools.setMovable(False)
        for name in ("open", "folder", "remove", "analyse", "save", "reset"):
            tools.addAction(self.actions_[name])
        self.addToolBar(tools)

    def _menus(self) -> dict[str, list[QAction | None]]:
        """Entries of every menu; None is a separator."""

        def named(names: str) -> list[QAction | None]:
            return [None if name == "-" else self.actions_[name] for name in names.split()]

        docks = (self.side_dock, self.panel_dock, self.problem_dock)
        view = named("reset find - next previous - next_method previous_method - original")
        view += [*self.class_actions, None, *(dock.toggleViewAction() for dock in docks)]
        return {
            "&File": named("open folder samples - save - remove - quit"),
            "&Analysis": named("analyse analyse_all - axes - import_network"),
            "&View": view,
            "&Help": named("about"),
        }

    def _make_status_bar(self) -> None:
        bar = self.statusBar()
        self.read_out = QLabel()
        self.read_out.setObjectName("readOut")
        self.server_label = ServerLabel()
        self.job_bar = JobBar(self.workbench.runner)
        self.problem_button = ProblemButton()
        bar.addWidget(self.read_out, 1)
        for widget in (self.job_bar, self.problem_button, self.server_label):
            bar.addPermanentWidget(widget)
        self.server_label.show_status(self.workbench.server_status)

    def _connect(self) -> None:
        self.view.read_out_changed.connect(self.read_out.setText)
        self.panel.recalculation_needed.connect(self._on_recalculation)
        self.sidebar.selection_changed.connect(self._on_selection)
        self.workbench.server_changed.connect(
            self.server_label.show_status, Qt.ConnectionType.QueuedConnection
        )
        self.workbench.questions_arose.connect(self.asker.ask_about_files)
        self.workbench.experiments_missing.connect(self.asker.ask_for_experiments)
        self.asker.answered.connect(self.workbench.open_answered)
        self.workbench.picture_saved.connect(self._on_saved)
        self.problem_button.asked.connect(self.problem_dock.show)

    # Following the session

    @property
    def shown(self) -> Shown:
        """What is on the screen."""
        return self._shown

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged():
                self._show_item()
            case ItemChanged(item_id):
                if item_id in self._concerned():
                    self._refresh_soon()
            case ItemsAdded() | ItemsRemoved() | ViewChanged():
                self._refresh_soon()
            case ProblemsChanged():
                self.problem_button.show_count(len(self.session.problems))
            case _:
                pass

    def _concerned(self) -> set[int]:
        """Items whose change shows: the present one and its partner."""
        item, plan = self._shown.item, self._shown.plan
        own = {item.id} if item is not None else set()
        return own | (set(plan.items) if plan is not None else set())

    def _refresh_soon(self) -> None:
        """Many changes in one turn of the event loop are shown once."""
        if not self._refresh_timer.isActive():
            self._refresh_timer.start(0)

    def _show_item(self) -> None:
        item = self.session.current
        self.view.show_spectrum(item.packed if item is not None else None)
        self.sidebar.show_current()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        self._shown = shown = self.workbench.shown()
        self.view.apply_settings(self.session.view)
        if shown.item is not None:
            packed = shown.item.packed
            if self.view.axes not in (None, (packed.f1, packed.f2)):
                self.view.show_spectrum(packed)
            self.view.heading.setText(heading_of(shown))
            self.view.show_map(shown.explanation, shown.message)
            experiment = shown.item.experiment.label if shown.item.experiment else "experiment ?"
            self.setWindowTitle(f"{shown.item.name} – {experiment} – nmrcam")
        else:
            self.setWindowTitle("nmrcam")
        self.panel.refresh(shown)
        self.commands.update_actions()

    @Slot()
    def _on_selection(self) -> None:
        self.commands.update_actions()

    @Slot()
    def _on_recalculation(self) -> None:
        self.workbench.analyse_current_again()

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
        self._unsubscribe()
        self.ended_cleanly = self.workbench.shutdown()
        super().closeEvent(event)

    def _restore(self) -> None:
        self.resize(QSize(1280, 820).boundedTo(self.screen().availableGeometry().size()))
        # Letters are shortcuts, unless the user goes to the search box.
        self.sidebar.list.setFocus()
        geometry: Any = self.settings.value("window/geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        state: Any = self.settings.value("window/state")
        if isinstance(state, QByteArray):
            self.restoreState(state, STATE_VERSION)


def style_sheet() -> str:
    """The application's style sheet; empty where the file is missing."""
    path = resources_dir() / "style" / "window.qss"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
