"""Garbage is collected between the events of the window, never in the midst of one.

Python looks for cycles of garbage whenever enough objects were made: inside whatever call runs
at the time, and in whatever thread. Where such a cycle holds widgets, they are destroyed there
and then, in a worker's thread or inside a call of Qt that holds a lock, which has hung the
window for good (seen in ``QObject::disconnect``). The remedy is that of Erik Janssens, "Should
Python garbage collection be disabled in GUI applications?" (2014), which pyqtgraph keeps in
``util.garbage_collector``: no automatic collection, and a timer of the event loop instead.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 500


class GarbageTimer(QObject):
    """Collects what is due, from the event loop of the thread it was made in.

    Parameters
    ----------
    parent : QObject
        The window; the collection ends with it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(collect_due)

    @Slot()
    def begin(self) -> None:
        """What is there now stays; garbage is collected from now on. Once."""
        if not self._timer.isActive():
            gc.freeze()
            self._timer.start()


def collect_due() -> None:
    """Collect the generations that Python's own collector would have collected by now."""
    thresholds = gc.get_threshold()
    for generation, threshold in enumerate(thresholds):
        # Collecting one counts for the next, so that each is looked at afresh.
        if gc.get_count()[generation] <= threshold:
            return
        gc.collect(generation)
