"""Which spectrum of an overlay has which colour, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.ui.actions import icon
from nmrcam_qt.ui.theme import colours, theme

LONGEST = 34
"""Characters of a name in the legend; the tip has all of them."""
NO_BASE = "A picture is shown as it is, a peak list as points: there is no base to change."
SUBTRACTED = "It is subtracted, not drawn."
BELOW = "This is the spectrum below the overlay; go to another one in the list (N, P)."


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One spectrum of the legend.

    Parameters
    ----------
    id : int
        Of the spectrum.
    name : str
        What is written; long ones are cut.
    pair : (str, str)
        Colours of positive and negative signals, ``#rrggbb``.
    has_base : bool
        Whether it has contours.
    hidden : bool
        Whether the user hides it for a while.
    own : bool
        Whether it is the spectrum below all others, which is neither hidden nor removed.
    subtracted : bool
        Whether it is not drawn, but subtracted.
    trouble : str
        Why it cannot be drawn.
    """

    id: int
    name: str
    pair: tuple[str, str]
    has_base: bool = True
    hidden: bool = False
    own: bool = False
    subtracted: bool = False
    trouble: str = ""


class Swatch(QWidget):
    """The colours of a spectrum: positive, and negative behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pair, self._hollow = ("#000000", "#000000"), False
        self.setFixedSize(QSize(20, 12))

    def set_colours(self, pair: tuple[str, str], hollow: bool) -> None:
        """Other colours; hollow for a spectrum that is hidden."""
        self._pair, self._hollow = pair, hollow
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Two fields."""
        painter = QPainter(self)
        for colour, area in zip(
            self._pair, (QRectF(0.5, 2.5, 12, 8), QRectF(13.5, 2.5, 6, 8)), strict=True
        ):
            painter.setPen(QColor(colour))
            painter.setBrush(Qt.BrushStyle.NoBrush if self._hollow else QColor(colour))
            painter.drawRect(area)
        painter.end()


class Name(QLabel):
    """A name that is cut where there is no room for it."""

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(
            self.fontMetrics().horizontalAdvance("mmm…"), super().minimumSizeHint().height()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """With dots where the middle is left out: names of one series differ at the end."""
        painter = QPainter(self)
        role = QPalette.ColorRole.WindowText
        painter.setPen(self.palette().color(role))
        area = self.contentsRect()
        middle = Qt.TextElideMode.ElideMiddle
        text = self.fontMetrics().elidedText(self.text(), middle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class LegendRow(QWidget):
    """One spectrum: colour, name, eye, base, remove."""

    hiding_asked = Signal(int, bool)
    base_asked = Signal(int, int)
    """Id, and steps up or down"""
    removal_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: LegendEntry | None = None
        self.swatch = Swatch()
        self.name = Name()
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.eye, self.minus, self.plus, self.remove = (_button(t) for t in ("", "−", "+", "×"))
        self.eye.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.swatch)
        row.addSpacing(4)
        row.addWidget(self.name, 1)
        for button in self.buttons:
            row.addWidget(button)
        self.eye.clicked.connect(self._on_eye)
        self.minus.clicked.connect(self._on_lower)
        self.plus.clicked.connect(self._on_higher)
        self.remove.clicked.connect(self._on_remove)

    @property
    def buttons(self) -> tuple[QToolButton, ...]:
        """From left to right."""
        return self.eye, self.minus, self.plus, self.remove

    def set_entry(self, entry: LegendEntry) -> None:
        """Show another spectrum."""
        self._entry = entry
        name = one_line(entry.name)
        text = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        self.name.setText(f"{text} (subtracted)" if entry.subtracted else text)
        self.name.setToolTip(plain_tip(entry.trouble or name))
        self.name.setEnabled(not entry.hidden and not entry.trouble)
        self.swatch.set_colours(entry.pair, entry.hidden or bool(entry.trouble))
        self.eye.setChecked(not entry.hidden)
        self.eye.setIcon(icon("eye_off" if entry.hidden else "eye"))
        what = f"{'Show' if entry.hidden else 'Hide'} {name}"
        drawn = SUBTRACTED if entry.subtracted else ""
        base = drawn or ("" if entry.has_base else NO_BASE)
        for button, tip, reason in (
            (self.eye, what, BELOW if entry.own else drawn),
            (self.minus, "Lower the first contour: more lines", base),
            (self.plus, "Raise the first contour", base),
            (self.remove, "Take it out of the overlay", BELOW if entry.own else ""),
        ):
            button.setEnabled(not reason)
            button.setToolTip(plain_tip(reason or tip))
            button.setAccessibleName(f"{tip}: {name}")

    @Slot()
    def _on_eye(self) -> None:
        if self._entry is not None:
            self.hiding_asked.emit(self._entry.id, not self._entry.hidden)

    @Slot()
    def _on_lower(self) -> None:
        if self._entry is not None:
            self.base_asked.emit(self._entry.id, -1)

    @Slot()
    def _on_higher(self) -> None:
        if self._entry is not None:
            self.base_asked.emit(self._entry.id, 1)

    @Slot()
    def _on_remove(self) -> None:
        if self._entry is not None:
            self.removal_asked.emit(self._entry.id)


class LegendRows(QWidget):
    """Rows of a legend; the widgets are kept and used again."""

    hiding_asked = Signal(int, bool)
    base_asked = Signal(int, int)
    removal_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[LegendRow] = []
        self._shown: tuple[LegendEntry, ...] = ()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        theme().changed.connect(self._on_theme)

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Show other spectra."""
        self._shown = tuple(entries)
        while len(self.rows) < len(entries):
            row = LegendRow()
            row.hiding_asked.connect(self.hiding_asked)
            row.base_asked.connect(self.base_asked)
            row.removal_asked.connect(self.removal_asked)
            self.rows.append(row)
            self._layout.addWidget(row)
        for place, row in enumerate(self.rows):
            if place < len(entries):
                row.set_entry(entries[place])
            row.setVisible(place < len(entries))

    @Slot()
    def _on_theme(self) -> None:
        """Icons in the colours of the theme."""
        for row, entry in zip(self.rows, self._shown, strict=False):
            row.set_entry(entry)


class Legend(QFrame):
    """The legend on a plot: names and colours; what can be done shows under the cursor.

    It can be dragged to where it hides nothing.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self.rows = LegendRows()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 4)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        layout.addWidget(self.rows)
        self._active = False
        self._corner, self._offset = QPoint(), QPoint()
        self._grip: QPoint | None = None
        self.hide()

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Show other spectra; none hides it."""
        self.rows.set_entries(entries)
        self._show_buttons(self._active)
        self.setVisible(bool(entries))

    def place(self, corner: QPoint) -> None:
        """Stand at a corner of the plot, or as far from it as it was dragged."""
        self._corner = corner
        self._settle()
        self.raise_()

    def _settle(self) -> None:
        """Never out of sight."""
        plot, wanted = self.parentWidget(), self._corner + self._offset
        room = plot.rect() if plot is not None else self.rect()
        right = max(room.right() - self.width(), 0)
        below = max(room.bottom() - self.height(), 0)
        self.move(min(max(wanted.x(), 0), right), min(max(wanted.y(), 0), below))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Beside its buttons it can be taken."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.globalPosition().toPoint() - self.pos()
        event.accept()  # the spectrum below must not pan

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._grip is not None:
            self._offset = event.globalPosition().toPoint() - self._grip - self._corner
            self._settle()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It stays here."""
        self._grip = None
        event.accept()

    def enterEvent(self, event: QEnterEvent) -> None:
        """The cursor is here."""
        self._show_buttons(True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The cursor is elsewhere."""
        self._show_buttons(False)
        super().leaveEvent(event)

    def _show_buttons(self, active: bool) -> None:
        self._active = active
        for row in self.rows.rows:
            for button in row.buttons:
                button.setVisible(active)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paper that lets little through."""
        named = colours()
        painter = QPainter(self)
        back = QColor(named.paper)
        back.setAlpha(225)
        painter.setBrush(back)
        painter.setPen(QColor(named.border))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()


def _button(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAutoRaise(True)
    button.setFixedSize(QSize(20, 18))
    button.setIconSize(QSize(14, 14))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
