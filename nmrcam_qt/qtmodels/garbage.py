"""Garbage is collected between the events of the window, never in the midst of one.

Python looks for cycles of garbage whenever enough objects were made: inside whatever call runs
at the time, and in whatever thread. Where such a cycle holds widgets, they are destroyed there
and then, in a worker's thread or inside a call of Qt that holds a lock, which has hung the
window for good (seen in ``QObject::disconnect``). The remedy is that of Erik Janssens, "Should
Python garbage collection be disabled in GUI applications?" (2014), which pyqtgraph keeps in
``util.garbage_collector``: no automatic collection, and a timer of the event loop instead.

A collection walks through all objects of its generation, and the window waits. So what stays
as long as the program or the project (a hundred thousand objects of the start, two hundred
thousand of ten thousand rows) is set aside, and the oldest generation is looked through only
where it has grown by a quarter, Python's own rule, which `gc.collect` does not know.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 100
"""What a job makes in a second would take 10 ms to look through at once."""
GROWTH = 1.25
_OLDEST = 2


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


class _Oldest:
    """How many objects the oldest generation had after it was looked through.

    `aside` tells whether a project has set anything aside.
    """

    count = 0
    aside = False

    @classmethod
    def has_grown(cls) -> bool:
        return _old() > GROWTH * cls.count


def _old() -> int:
    return len(gc.get_objects(generation=_OLDEST))


def collect_due() -> None:
    """Collect the generations that Python's own collector would have collected by now."""
    for generation, threshold in enumerate(gc.get_threshold()):
        # Collecting one counts for the next, so that each is looked at afresh.
        if gc.get_count()[generation] <= threshold:
            return
        if generation == _OLDEST and not _Oldest.has_grown():
            return
        gc.collect(generation)
    _Oldest.count = _old()


def set_aside() -> None:
    """What lives now stays as long as the project: no collection looks at it again.

    What is garbage by now, a project that was closed for example, goes first; it would stay as
    long. Repeated at once this costs 0.1 ms.
    """
    gc.collect()
    gc.freeze()
    _Oldest.count, _Oldest.aside = 0, True


def take_back() -> None:
    """The project is closed: what was set aside may be garbage now.

    All that the start made comes back with it, 50 ms for the next collection; after a project
    without spectra, as at the first start, there is nothing to take back.
    """
    if _Oldest.aside:
        gc.unfreeze()
    _Oldest.count, _Oldest.aside = 0, False
