"""The badge of a map: checked, failed, or not checked yet; a click says more or checks it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.checking import Badge, Verdict

MARKS = {
    Verdict.PASSES: "✓",
    Verdict.FAILS: "✗",
    Verdict.OPEN: "○",
    Verdict.UNKNOWN: "?",
    Verdict.BUSY: "…",
}
"""Beside the words: a colour alone is not seen by everybody."""
CLICK = {
    Verdict.UNKNOWN: "Click: check it.",
    Verdict.BUSY: "It is in the list of jobs, where it can be cancelled.",
}


class MapBadge(QToolButton):
    """A few words in the heading of a pane; hidden where there is no map."""

    check_asked = Signal()
    told = Signal(object)
    """`Badge` whose sentences the user wants to read"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapBadge")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self._badge: Badge | None = None
        self.clicked.connect(self._on_clicked)
        self.hide()

    @property
    def badge(self) -> Badge | None:
        """What it shows."""
        return self._badge

    def show_badge(self, badge: Badge | None, compact: bool = False) -> None:
        """Show another badge, or none.

        Parameters
        ----------
        badge : Badge or None
            What it says.
        compact : bool
            Whether there is little room.
        """
        self._badge = badge
        self.setVisible(badge is not None)
        if badge is None:
            return
        self.setText(f"{MARKS[badge.verdict]} {badge.short if compact else badge.text}")
        more = CLICK.get(badge.verdict, "Click: what that means.")
        self.setToolTip(plain_tip(f"{badge.tip}\n{more}"))
        if self.property("verdict") != badge.verdict.value:
            self.setProperty("verdict", badge.verdict.value)
            self.style().unpolish(self)  # the style sheet looks at properties only then
            self.style().polish(self)

    @Slot()
    def _on_clicked(self) -> None:
        if self._badge is None:
            return
        if self._badge.verdict is Verdict.UNKNOWN:
            self.check_asked.emit()
        elif self._badge.verdict is not Verdict.BUSY:
            self.told.emit(self._badge)
