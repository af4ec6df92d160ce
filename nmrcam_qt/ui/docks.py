"""The docks around the spectrum: they stay, their contents belong to the open project."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractSlider,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QListView,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QUndoView,
    QWidget,
)

from nmrcam_qt.ui.page import Page

SMALL_WIDTH = 1150
"""Pixels; below this the docks are as narrow as they can be read."""
CONTRIBUTIONS_WIDTH = 385
"""Pixels; from here on shifts, bars and ranks of the peaks are seen beside each other."""
LARGE_WIDTH, ALL_CONTRIBUTIONS_WIDTH = 1800, 470
"""Pixels; in a window of this width there is room for the shares of the heat, too."""
DRAGGED_MS = 150
"""How often to look whether a slider is let go."""

_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class Docks:
    """Makes the docks of a window and fills them.

    Parameters
    ----------
    window : QMainWindow
        Where they stand.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        window.setDockNestingEnabled(False)
        self.side = self._dock("Spectra", "spectra", _LEFT)
        self.panel = self._dock("Explanation", "explanation", _RIGHT)
        self.problem = self._dock("Problems", "problems-dock", _BOTTOM)
        self.panel_scroll = _scroll()
        self.panel.setWidget(self.panel_scroll)
        self._drag_timer = QTimer(self.panel_scroll)
        self._drag_timer.setSingleShot(True)
        self._drag_timer.setInterval(DRAGGED_MS)
        self._drag_timer.timeout.connect(self._show_warnings)
        self.problem_list, self.clear_problems = _problem_list(), QPushButton("Clear")
        self.problem.setWidget(_beside(self.problem_list, self.clear_problems))
        self.problem.hide()
        self.jobs = self._dock("Jobs", "jobs-dock", _BOTTOM)
        window.tabifyDockWidget(self.problem, self.jobs)
        self.jobs.hide()
        self.history_view = QUndoView()
        self.history_view.setEmptyLabel("As opened")
        self.display = self._dock("Display", "display", _RIGHT)
        self.display_scroll = _scroll()
        self.display.setWidget(self.display_scroll)
        window.tabifyDockWidget(self.panel, self.display)
        self.details = self._dock("Details", "details", _RIGHT)
        self.details_scroll = _scroll()
        self.details.setWidget(self.details_scroll)
        window.tabifyDockWidget(self.display, self.details)
        self.details.hide()
        self.peaks = self._dock("Peaks", "peaks", _RIGHT)
        window.tabifyDockWidget(self.details, self.peaks)
        self.peaks.hide()
        self.history = self._dock("History", "history", _RIGHT)
        self.history.setWidget(self.history_view)
        window.tabifyDockWidget(self.peaks, self.history)
        self.history.hide()
        window.setCorner(Qt.Corner.BottomLeftCorner, _LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        window.resizeDocks([self.problem], [130], Qt.Orientation.Vertical)
        self.panel.raise_()

    @property
    def all(self) -> tuple[QDockWidget, ...]:
        """In the order of the menu."""
        return (
            self.side,
            self.panel,
            self.display,
            self.details,
            self.peaks,
            self.problem,
            self.jobs,
            self.history,
        )

    @property
    def closed_at_start(self) -> tuple[QDockWidget, ...]:
        """Those whose panels wait for the first paint, unless the user left one open."""
        return self.details, self.jobs, self.peaks

    def fill(self, page: Page) -> None:
        """Show what belongs to a project; what was shown before is let go, not deleted."""
        self.side.setWidget(page.sidebar)
        self.panel_scroll.takeWidget()
        self.panel_scroll.setWidget(page.panel)
        self.panel_scroll.setMinimumWidth(page.panel.minimumSizeHint().width() + 18)
        page.panel.warnings.grown.connect(self._show_warnings)
        self.display_scroll.takeWidget()
        self.display_scroll.setWidget(page.display)
        self.problem_list.setModel(page.problems)
        page.job_bar.asked.connect(self._show_jobs)
        self.history_view.setStack(page.undo_stack)

    def fill_closed(self, page: Page) -> None:
        """The rest of it, when it is made."""
        self.details_scroll.takeWidget()
        self.details_scroll.setWidget(page.details)
        self.peaks.setWidget(page.peak_panel)
        self.jobs.setWidget(page.jobs)

    def _show_jobs(self, _number: int) -> None:
        self.jobs.show()
        self.jobs.raise_()

    def _show_warnings(self) -> None:
        """New warnings stand at the top; what is being dragged must not move away, though."""
        if any(s.isSliderDown() for s in self.panel_scroll.findChildren(QAbstractSlider)):
            self._drag_timer.start()
        else:
            self.panel_scroll.verticalScrollBar().setValue(0)

    def share_width(self) -> None:
        """On a small screen the docks leave the spectrum some room."""
        wide = self._window.width() >= SMALL_WIDTH
        sizes = [290, 310] if wide else [250, 280]
        self._window.resizeDocks([self.side, self.panel], sizes, Qt.Orientation.Horizontal)

    def give_peaks_room(self) -> None:
        """Shifts, contributions and ranks beside each other, where the window is large enough."""
        large = self._window.width() >= LARGE_WIDTH
        wanted = ALL_CONTRIBUTIONS_WIDTH if large else CONTRIBUTIONS_WIDTH
        if self._window.width() >= SMALL_WIDTH and self.peaks.width() < wanted:
            self._window.resizeDocks([self.peaks], [wanted], Qt.Orientation.Horizontal)

    def _dock(self, title: str, name: str, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        self._window.addDockWidget(area, dock)
        return dock


def _scroll() -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return scroll


def _problem_list() -> QListView:
    listing = QListView()
    listing.setWordWrap(True)
    listing.setObjectName("problems")
    listing.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
    return listing


def _beside(widget: QWidget, button: QPushButton) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(6, 6, 6, 6)
    row.addWidget(widget, 1)
    row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return box
