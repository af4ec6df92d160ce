"""Colours of the sidebar's rows in the present theme."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from nmrcam_qt.session.items import ItemState
from nmrcam_qt.session.records import Flag
from nmrcam_qt.ui.theme import colours


@dataclass(frozen=True, slots=True)
class RowColours:
    """What a row is painted with.

    Parameters
    ----------
    text, dim, line : QColor
        Names, second lines, thin lines.
    failed, warning : QColor
        Of states and marks.
    chip : QColor
        Behind a tag.
    paper : QColor
        Of a thumbnail that is not there yet.
    """

    text: QColor
    dim: QColor
    line: QColor
    failed: QColor
    warning: QColor
    chip: QColor
    paper: QColor

    def of_state(self, state: ItemState) -> QColor:
        """Colour of the second line."""
        return {ItemState.FAILED: self.failed, ItemState.WAITING: self.warning}.get(state, self.dim)


FLAG_COLOURS = {
    Flag.CHECK: QColor("#e69f00"),
    Flag.CONFIRMED: QColor("#009e73"),
    Flag.REJECTED: QColor("#cc3311"),
}
"""Told apart by colour-blind people; the shapes differ too."""


def row_colours(selected: bool) -> RowColours:
    """Colours of a row.

    Parameters
    ----------
    selected : bool
        Whether the row has the colour of a selection behind it.
    """
    now = colours()
    if selected:
        text, back = QColor(now.accent_text), QColor(now.accent)
        dim = failed = warning = text
    else:
        text, back = QColor(now.strong), QColor(now.panel)
        dim, failed, warning = QColor(now.muted), QColor(now.error), QColor(now.warning)
    return RowColours(
        text=text,
        dim=dim,
        line=mixed(text, back, 0.25) if selected else QColor(now.border),
        failed=failed,
        warning=warning,
        chip=mixed(text, back, 0.2 if selected else 0.12),
        paper=QColor(now.paper),
    )


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """A colour between two: all of `other` at a share of 0, all of `one` at 1."""
    parts = (
        (one.red(), other.red()),
        (one.green(), other.green()),
        (one.blue(), other.blue()),
    )
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in parts)
    return QColor(red, green, blue)
