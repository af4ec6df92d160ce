"""The panels of docks that are closed at the start: details, jobs, peaks.

They are made after the first paint, or as soon as somebody opens such a dock or asks for one of
them (`nmrcam_qt.ui.page.Page.make_closed`): the first paint waits for nothing that nobody sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from nmrcam_qt.ui.details_panel import DetailsPanel
from nmrcam_qt.ui.job_dock import JobPanel

if TYPE_CHECKING:
    from nmrcam_qt.ui.page import Page
    from nmrcam_qt.ui.peak_panel import PeakPanel


class ClosedPanels:
    """Makes the panels of one project and connects them with it.

    Parameters
    ----------
    page : Page
        The project's.
    peaks : PeakPanel
        Its table of peaks, which takes longest and is made before.
    """

    def __init__(self, page: Page, peaks: PeakPanel) -> None:
        self.details = DetailsPanel(page.session, page.sidebar.selected_ids)
        self.jobs = JobPanel(page.workbench.runner)
        self.peaks = peaks
        page.sidebar.selection_changed.connect(self.details.refresh_soon)
        page.job_bar.asked.connect(self.jobs.select)
        self.jobs.retry_asked.connect(page.workbench.retry)
        page.contributions.show_in(self.peaks)

    @property
    def all(self) -> tuple[QWidget, ...]:
        """All of them."""
        return self.details, self.jobs, self.peaks
