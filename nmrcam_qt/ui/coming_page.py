"""The page of another project is made in turns of the event loop, before it is shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.workbench import Workbench

Then = Callable[[Page], None]


class ComingPage(QObject):
    """Makes one page at a time; the page that is shown stays as it is meanwhile.

    In one turn all of it would keep the window waiting for a tenth of a second.

    Parameters
    ----------
    window : QWidget
        Which will show it.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._page: Page | None = None
        self._then: Then | None = None
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._go_on)

    @property
    def is_due(self) -> bool:
        """Whether one is being made."""
        return self._then is not None

    def make(self, workbench: Workbench, then: Then) -> None:
        """Make the page of this session, then call `then` with it; one that is due comes first."""
        self.finish()
        self._then = then
        self._page = Page(workbench, self._window)
        self._turn.start()

    def finish(self) -> None:
        """Hand over at once what is being made, if anything is."""
        page, then = self._page, self._then
        self._page = self._then = None
        self._turn.stop()
        if page is not None and then is not None:
            then(page)

    @Slot()
    def _go_on(self) -> None:
        if self._page is not None and len(self._page.session) and not self._page.panes.views:
            self._page.panes.make_view()
            self._turn.start()
        else:
            self.finish()
