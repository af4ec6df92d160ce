"""The page of another project is made in turns of the event loop, before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, QTimer, Slot

from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.workbench import Workbench

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

PAUSE_MS, WAIT_MS = 1, 50
"""Between two turns, so that the window paints what has changed; and where it may not be shown."""


class ComingPage(QObject):
    """Makes one page at a time; the page that is shown stays as it is meanwhile.

    In one turn all of it would keep the window waiting for a tenth of a second.

    Parameters
    ----------
    window : MainWindow
        Which will show it.
    is_kept : callable
        Whether something must end before the page that is shown may go.
    """

    def __init__(self, window: MainWindow, is_kept: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window, self._is_kept = window, is_kept
        self.is_wanted = True
        self._left: Iterator[None] | None = None
        self._is_at_work = False
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(PAUSE_MS)
        self._turn.timeout.connect(self._go_on)

    @property
    def is_due(self) -> bool:
        """Whether one is being made."""
        return self._left is not None

    def make(self, workbench: Workbench, then: Callable[[Page], None]) -> None:
        """Make the page of this session; one that is due comes first.

        Parameters
        ----------
        workbench : Workbench
            Of the session.
        then : callable
            Shows the page, or throws it away where nobody wants it any more.
        """
        self.finish()
        self._left = self._steps(workbench, then)
        self._go_on()

    def _steps(self, workbench: Workbench, then: Callable[[Page], None]) -> Iterator[None]:
        page = Page(workbench, self._window, whole=False)
        yield
        page.make_rest()
        yield
        if len(page.session):
            page.panes.make_view()
            yield
        while not self._may_show():
            self._turn.setInterval(WAIT_MS)
            yield
        self._turn.setInterval(PAUSE_MS)
        then(page)
        yield
        if self._window.page is page and not self._window.is_closing:
            self._window.begin_page()

    def _may_show(self) -> bool:
        """Not below a menu or a dialog that waits for its answer: it belongs to what is shown."""
        if self._window.is_closing or not self.is_wanted:
            return True
        return QThread.currentThread().loopLevel() <= 1 and not self._is_kept()

    def give_up(self) -> None:
        """Nobody wants the page that is due: `then` throws it away, at once."""
        self.is_wanted = False
        self.finish()
        self.is_wanted = True

    def finish(self) -> None:
        """Make and show at once what is due, if anything is."""
        while self._left is not None and not self._is_at_work:
            self._step()

    @Slot()
    def _go_on(self) -> None:
        self._step()
        if self._left is not None:
            self._turn.start()

    def _step(self) -> None:
        """Do the next step; nothing within it begins another one."""
        if self._left is None or self._is_at_work:
            return
        self._is_at_work, ended = True, True
        try:
            next(self._left)
            ended = False
        except StopIteration:
            pass
        finally:
            self._is_at_work = False
            if ended:  # also where a step broke: the window must not wait for it for ever
                self._left = None
