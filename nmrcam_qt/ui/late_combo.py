"""A choice whose entries are made when somebody is about to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox

Entry = tuple[str, int | None]
NOTHING = "choose …"


class LateCombo(QComboBox):
    """Shows what is chosen; the rest costs too much to be looked for with every spectrum.

    Parameters
    ----------
    none : str
        What stands there where there is nothing to choose.
    """

    def __init__(self, none: str) -> None:
        super().__init__()
        self._none = none
        self._others: Callable[[], Sequence[Entry]] | None = None
        self._entries: list[Entry] = []
        self._chosen: Entry | None = None
        self._of: object = None

    def show_choice(
        self, chosen: Entry | None, others: Callable[[], Sequence[Entry]], of: object = None
    ) -> None:
        """Show what is chosen.

        Parameters
        ----------
        chosen : (str, int) or None
            In words, and its data; None where nothing is.
        others : callable
            Makes all entries, the chosen one among them.
        of : object
            Whose choice it is. A list that is open for another one closes: its entries would be
            chosen for this one.
        """
        self._others = others
        if of != self._of:
            self.hidePopup()
        if (of, chosen) != (self._of, self._chosen) or not self._entries:
            self._of, self._chosen = of, chosen
            self._show([chosen or (NOTHING, None)])

    def fill(self) -> None:
        """Make all entries, where nobody did since `show_choice`."""
        others, self._others = self._others, None
        if others is None:
            return
        entries = list(others())
        if self._chosen is None:
            entries.insert(0, (NOTHING if entries else self._none, None))
        if entries != self._entries:
            self._show(entries)

    def _show(self, entries: list[Entry]) -> None:
        self._entries = entries
        self.clear()
        for text, data in entries:
            self.addItem(text, data)
        wanted = None if self._chosen is None else self._chosen[1]
        row = next((n for n, (_, data) in enumerate(entries) if data == wanted), 0)
        self.setCurrentIndex(row)

    def showPopup(self) -> None:
        """All of them."""
        self.fill()
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Letters and arrows choose now."""
        self.fill()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """It has the focus while another spectrum is shown."""
        self.fill()
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel chooses, too."""
        self.fill()
        super().wheelEvent(event)
