"""Where windows stand that the user needs while clicking into the spectrum."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDialog, QWidget

GAP = 8
"""Pixels between two windows side by side."""


def show_beside(dialog: QDialog, window: QWidget) -> None:
    """Show a dialog right of a window, or where the screen ends over its right edge.

    Qt would put it in the middle, over the very signals that the user is to click.

    Parameters
    ----------
    dialog : QDialog
        Not shown yet; not modal.
    window : QWidget
        A window whose right edge has panels that the user does not need now.
    """
    dialog.adjustSize()
    screen = window.screen().availableGeometry()
    frame = window.frameGeometry()
    wanted = dialog.size()
    x = min(frame.right() + GAP, screen.right() - wanted.width())
    if x < frame.right():  # no room beside it: flush with the edge, over the panels
        x = min(frame.right() - GAP, screen.right()) - wanted.width()
    y = frame.center().y() - wanted.height() // 2
    y = max(screen.top(), min(y, screen.bottom() - wanted.height()))
    dialog.move(QPoint(max(screen.left(), x), y))
    dialog.show()
