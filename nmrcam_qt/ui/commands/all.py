"""All commands of the window in one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nmrcam_qt.ui.commands.analysis import AnalysisCommands
from nmrcam_qt.ui.commands.comparing import CompareCommands
from nmrcam_qt.ui.commands.contours import ContourCommands
from nmrcam_qt.ui.commands.contributions import ContributionCommands
from nmrcam_qt.ui.commands.edit import EditCommands
from nmrcam_qt.ui.commands.export import ExportCommands
from nmrcam_qt.ui.commands.files import FileCommands
from nmrcam_qt.ui.commands.help import HelpCommands
from nmrcam_qt.ui.commands.network_view import NetworkViewCommands
from nmrcam_qt.ui.commands.panes import PaneCommands
from nmrcam_qt.ui.commands.peaks import PeakCommands
from nmrcam_qt.ui.commands.project import ProjectCommands
from nmrcam_qt.ui.commands.referencing import ReferenceCommands
from nmrcam_qt.ui.commands.rows import RowCommands
from nmrcam_qt.ui.commands.viewing import ViewCommands

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.ui.page import Page


class Commands(
    ProjectCommands,
    FileCommands,
    EditCommands,
    RowCommands,
    AnalysisCommands,
    CompareCommands,
    ViewCommands,
    PaneCommands,
    ContourCommands,
    NetworkViewCommands,
    PeakCommands,
    ContributionCommands,
    ReferenceCommands,
    ExportCommands,
    HelpCommands,
):
    """Connects the actions of a window.

    Parameters
    ----------
    window : MainWindow
        The window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        slots = {
            **self.project_slots(),
            **self.file_slots(),
            **self.edit_slots(),
            **self.row_slots(),
            **self.analysis_slots(),
            **self.compare_slots(),
            **self.view_slots(),
            **self.pane_slots(),
            **self.contour_slots(),
            **self.display_slots(),
            **self.network_view_slots(),
            **self.peak_slots(),
            **self.contribution_slots(),
            **self.reference_slots(),
            **self.export_slots(),
            **self.help_slots(),
        }
        for name, slot in slots.items():
            window.actions_[name].triggered.connect(slot)
        for action in window.class_actions:
            action.triggered.connect(self.show_class)

    def follow_closed(self, page: Page) -> None:
        """The panels of docks that are closed at the start are there."""
        self.follow_details(page.details)
        self.follow_peak_panel(page.peak_panel)
        self.follow_pairs(page.peak_panel.strip.pairs)

    def close_dialogs(self) -> None:
        """Another project is shown: what asks about the old one goes."""
        self.close_reference_dialogs()
        asking = (
            self.axes_dialog,
            self.export_dialog,
            self.existing_question,
            self.print_dialog,
            self.compare_window,
        )
        for dialog in asking:
            if dialog is not None:
                dialog.close()

    def update_actions(self) -> None:
        """Enable what can be done; the rest says why not."""
        self.update_project_actions()
        self.update_file_actions()
        self.update_edit_actions()
        self.update_row_actions()
        self.update_analysis_actions()
        self.update_compare_actions()
        self.update_view_actions()
        self.update_pane_actions()
        self.update_contour_actions()
        self.update_display_actions()
        self.update_network_view_action()
        self.update_peak_actions()
        self.update_contribution_actions()
        self.update_reference_actions()
        self.update_export_actions()
