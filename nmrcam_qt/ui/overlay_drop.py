"""Rows of the list that are dropped on a spectrum are drawn over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from nmrcam_qt.ui.row_drag import dragged_ids

_WATCHED = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


class OverlayDrop(QObject):
    """Takes drops of rows on a widget; files and everything else go on to the window.

    Parameters
    ----------
    target : QWidget
        Where rows may be dropped; the owner of this object.
    identity : str
        Of the list whose rows are taken.
    """

    dropped = Signal(object)
    """tuple of ids of spectra"""

    def __init__(self, target: QWidget, identity: str) -> None:
        super().__init__(target)
        self._identity = identity
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Only rows of this list; nobody is asked to move anything."""
        if event.type() not in _WATCHED:
            return super().eventFilter(watched, event)
        if isinstance(event, QDropEvent | QDragMoveEvent):
            ids = dragged_ids(event.mimeData(), self._identity)
            if not ids:
                event.ignore()
                return True
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            if event.type() == QEvent.Type.Drop:
                self.dropped.emit(tuple(ids))
        return True
