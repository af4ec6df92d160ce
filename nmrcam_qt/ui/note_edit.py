"""A note that is kept when the user leaves it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget


class NoteEdit(QPlainTextEdit):
    """One change per visit: at leaving it, or with Ctrl+Return; Escape takes it back."""

    committed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = ""
        self.setTabChangesFocus(True)
        self.setAccessibleName("Note")
        self.setMaximumHeight(120)

    @property
    def dirty(self) -> bool:
        """Whether there is something that was not kept."""
        return self.toPlainText() != self._before

    def show_text(self, text: str) -> None:
        """Show what is kept; nothing where it is shown already."""
        self._before = text
        if self.toPlainText() != text:
            self.setPlainText(text)

    def commit(self) -> None:
        """Keep what was typed."""
        if self.dirty:
            self._before = self.toPlainText()
            self.committed.emit(self._before)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep, take back, or type."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.commit()
        elif event.key() == Qt.Key.Key_Escape:
            self.setPlainText(self._before)
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keep."""
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self.commit()
