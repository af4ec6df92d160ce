"""A bar above the spectrum: says what the user must know, and stops nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class Tone(enum.StrEnum):
    """How urgent a notice is; the style sheet colours it."""

    OFFER = "offer"
    WARNING = "warning"
    ALARM = "alarm"


Choice = tuple[str, Callable[[], None]]
"""Text of a button, and what it does."""


class NoticeBar(QFrame):
    """One sentence with buttons; hidden while there is nothing to say.

    Parameters
    ----------
    name : str
        Object name.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(1)  # a long path must not make the window wider
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 5, 8, 5)
        self._row.addWidget(self.text, 1)
        self.hide()

    def say(self, tone: Tone, text: str, choices: Sequence[Choice] = ()) -> None:
        """Show a sentence and buttons instead of what was there before."""
        same = text == self.text.text() and [b.text() for b in self.buttons] == [
            title for title, _ in choices
        ]
        if same and not self.isHidden():
            return
        self.silence()
        self.text.setText(text)
        self.setProperty("tone", str(tone))
        for title, act in choices:
            button = QPushButton(title, self)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(_do, act))
            self._row.addWidget(button)
            self.buttons.append(button)
        self.style().unpolish(self)  # the style sheet asks for the property
        self.style().polish(self)
        self.show()

    def silence(self) -> None:
        """Nothing to say."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        self.text.clear()
        self.text.setToolTip("")
        self.hide()


def _do(act: Callable[[], None], _checked: bool = False) -> None:
    """What a button does, without the state that Qt tells of it."""
    act()


class Middle(QWidget):
    """The middle of the window: bars, and below them the spectrum of the open project."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.save_bar = NoticeBar("saveBar")
        self.offer_bar = NoticeBar("offerBar")
        self._shown: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.save_bar)
        self._column.addWidget(self.offer_bar)

    def fill(self, widget: QWidget) -> None:
        """Show the spectrum of another project; the old one is let go, not deleted."""
        if self._shown is not None:
            self._column.removeWidget(self._shown)
            self._shown.hide()
        self._shown = widget
        self._column.addWidget(widget, 1)
        widget.show()
