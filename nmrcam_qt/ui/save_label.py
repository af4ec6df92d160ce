"""Status bar: whether everything is in the project file."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QWidget

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.store import SaveState, SaveStatus

PATIENCE_MS = 400
"""Saving that takes less time is not worth a word."""
TIP = "Every change is saved at once; there is no Save."


class SaveLabel(QLabel):
    """*Saved*, *Saving …*, *Not saved*, *Read-only*; hidden without a file."""

    changed = Signal()
    """`state` is another one"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state: SaveState | None = None
        self.setObjectName("saveLabel")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._on_slow)
        self.show_status(None)

    def show_status(self, status: SaveStatus | None) -> None:
        """Show another state; *Saving …* only where it takes long."""
        if status is None:
            self._timer.stop()
            self.hide()
            self._set(None)
            return
        if status.state is SaveState.SAVING:
            if self.state is None:
                self._say(SaveState.SAVED, "")
            if not self._timer.isActive() and self.state is not SaveState.SAVING:
                self._timer.start()
            return
        self._timer.stop()
        self._say(status.state, status.text)

    @Slot()
    def _on_slow(self) -> None:
        self._say(SaveState.SAVING, "")

    def _say(self, state: SaveState, reason: str) -> None:
        self.setText(_TEXTS[state])
        self.setToolTip(plain_tip(reason or TIP))
        alarm = state is SaveState.FAILED
        if self.property("alarm") != alarm:
            self.setProperty("alarm", alarm)
            self.style().unpolish(self)  # the style sheet asks for the property
            self.style().polish(self)
        self.show()
        self._set(state)

    def _set(self, state: SaveState | None) -> None:
        if state is not self.state:
            self.state = state
            self.changed.emit()


_TEXTS = {
    SaveState.SAVED: "Saved",
    SaveState.SAVING: "Saving …",
    SaveState.FAILED: "Not saved",
    SaveState.READ_ONLY: "Read-only",
}
