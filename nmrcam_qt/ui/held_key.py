"""An action that lasts as long as its key is held."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QApplication

_ENDS = (
    QEvent.Type.ApplicationDeactivate,
    QEvent.Type.WindowDeactivate,
    QEvent.Type.WindowBlocked,
)


class HeldKey(QObject):
    """Calls a function with True when the action's key goes down, with False when it goes up.

    A key that goes up while another window has the keyboard never tells; therefore leaving
    the window ends it, too.

    Parameters
    ----------
    action : QAction
        With a single letter as its shortcut. From a menu it does nothing lasting.
    key : Qt.Key
        The same letter.
    switch : callable
        Takes whether the key is held.
    """

    def __init__(self, action: QAction, key: Qt.Key, switch: Callable[[bool], None]) -> None:
        super().__init__(action)
        self._key, self._switch = key, switch
        self._held = False
        action.setAutoRepeat(False)
        action.triggered.connect(self._on_pressed)

    @property
    def held(self) -> bool:
        """Whether the key is down."""
        return self._held

    @Slot()
    def _on_pressed(self) -> None:
        application = QApplication.instance()
        if self._held or application is None:
            return
        self._held = True
        application.installEventFilter(self)  # only meanwhile: it sees every event
        self._switch(True)

    def release(self) -> None:
        """As if the key went up."""
        application = QApplication.instance()
        if not self._held or application is None:
            return
        self._held = False
        application.removeEventFilter(self)
        self._switch(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The key goes up, or the window loses the keyboard."""
        if event.type() == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            if event.key() == self._key and not event.isAutoRepeat():
                self.release()
        elif event.type() in _ENDS:
            self.release()
        return super().eventFilter(watched, event)
