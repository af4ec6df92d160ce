"""Tags of one or several spectra: chips to take away, a line with completion to add."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QToolButton, QVBoxLayout, QWidget

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.flow_layout import FlowLayout

_MOST_CHIPS = 60
_MOST_SHOWN = 28


def typed_tags(text: str) -> tuple[list[str], list[str]]:
    """Tags to add and to take away: separated by commas, those with a minus go.

    Parameters
    ----------
    text : str
        As it was typed.
    """
    words = [" ".join(word.split()) for word in text.split(",")]
    add = [word for word in words if word and not word.startswith("-")]
    gone = [word[1:].strip() for word in words if word.startswith("-")]
    return add, [word for word in gone if word]


class TagEditor(QWidget):
    """Chips and a line.

    Parameters
    ----------
    session : Session
        Whose spectra are tagged.
    parent : QWidget, optional
        Owner.
    """

    done = Signal()
    """Return was pressed on an empty line, or Escape."""
    refused = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ids: tuple[int, ...] = ()
        self._shown: list[tuple[str, int]] = []
        self._known = QStringListModel(self)
        self.line = _TagLine()
        self.line.setPlaceholderText("Add a tag")
        self.line.setAccessibleName("Add a tag")
        self.line.setToolTip("Tags separated by commas; -tag takes one away")
        self.line.setCompleter(self._completer())
        self.line.returnPressed.connect(self._on_return)
        self.line.left.connect(self.done)
        self.chips = QWidget()
        self._flow = FlowLayout(self.chips)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.chips)
        layout.addWidget(self.line)

    def _completer(self) -> QCompleter:
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        return completer

    def show_items(self, items: Sequence[SessionItem]) -> None:
        """Tags of these spectra; a tag that only some of them have says how many."""
        self._ids = tuple(item.id for item in items)
        counts = Counter(tag for item in items for tag in item.tags)
        shown = sorted(counts.items())
        if shown == self._shown and len(items) == self._of:
            return
        self._shown, self._of = shown, len(items)
        while self._flow.count():
            entry = self._flow.takeAt(0)
            widget = entry.widget() if entry is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for tag, count in shown[:_MOST_CHIPS]:
            self._flow.addWidget(self._chip(tag, count, len(items)))
        self.chips.setVisible(bool(shown))
        self.chips.updateGeometry()

    _of = 0

    def _chip(self, tag: str, count: int, of: int) -> QToolButton:
        chip = QToolButton()
        chip.setObjectName("chip")
        name = one_line(tag)
        cut = name if len(name) <= _MOST_SHOWN else name[: _MOST_SHOWN - 1] + "…"
        some = f" ({count} of {of})" if count < of else ""
        chip.setText(f"{cut}{some}  ×".replace("&", "&&"))
        chip.setToolTip(plain_tip(f"Take the tag {name} away"))
        chip.setAccessibleName(f"Take the tag {name} away")
        chip.clicked.connect(partial(self._change, (), (tag,)))
        return chip

    def refresh_known(self) -> None:
        """Complete with all tags of the project; called when the user begins to type."""
        known = sorted({tag for item in self._session.items for tag in item.tags})
        if known != self._known.stringList():
            self._known.setStringList(known)

    @Slot()
    def _on_return(self) -> None:
        add, gone = typed_tags(self.line.text())
        if not add and not gone:
            self.done.emit()
            return
        self._change(add, gone)
        # The completer writes its choice into the line after this slot.
        QTimer.singleShot(0, self.line.clear_all)

    def _change(self, add: Iterable[str], gone: Iterable[str]) -> None:
        try:
            self._session.set_tags(self._ids, add=add, remove=gone)
        except ValueError as error:
            self.refused.emit(f"{error}.")


class _TagLine(QLineEdit):
    """Says when the user leaves it by Escape; letters are no shortcuts here."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def clear_all(self) -> None:
        """Empty the line, and close the list of completions."""
        completer = self.completer()
        popup = completer.popup() if completer is not None else None
        if popup is not None:
            popup.hide()
        self.clear()
