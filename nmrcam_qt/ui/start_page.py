"""What the middle of the window shows besides the plot: a start page, a heading, a message."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.ui.theme import colours

NO_SPECTRUM = "Open spectra with Ctrl+O, or drop files and folders here."
KINDS = (
    "HSQC and HMBC spectra: measured data (Bruker, JCAMP-DX, NMRPipe, Sparky, Varian/Agilent, "
    "JEOL), pictures, peak lists; or a project that you saved."
)


class StartPage(QWidget):
    """Where to begin, before any spectrum is open."""

    samples_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = QLabel(NO_SPECTRUM)
        self.text.setObjectName("verdict")
        kinds = QLabel(KINDS)
        kinds.setObjectName("caveat")
        for label in (self.text, kinds):  # a small window has little room between its docks
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.samples = QPushButton("Open and analyse the samples")
        self.samples.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.samples.clicked.connect(self._on_samples)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(1)
        for label in (self.text, kinds):
            layout.addWidget(label)
        layout.addWidget(self.samples, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    @Slot()
    def _on_samples(self) -> None:
        self.samples_asked.emit()


class Message(QLabel):
    """A sentence: in full, or in one line with its end left out."""

    def set_one_line(self, one_line: bool) -> None:
        """Beside other panes a long sentence must not make a plot smaller than theirs."""
        self.setWordWrap(not one_line)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(
            QSizePolicy.Policy.Ignored if one_line else QSizePolicy.Policy.Preferred
        )
        self.setSizePolicy(policy)

    def paintEvent(self, event: QPaintEvent) -> None:
        """With dots where the end is left out."""
        if self.wordWrap():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(QColor(colours().warning))
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class Strip(QWidget):
    """Above the plot, so that it hides no peak: what is shown, and why there is no map."""

    pressed = Signal()
    double_clicked = Signal()
    analyse_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._compact = False
        self.setObjectName("strip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.heading = QLabel()
        self.heading.setObjectName("verdict")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setWordWrap(True)
        self.message = Message()
        self.message.setObjectName("viewMessage")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setWordWrap(True)
        self.keep_room(True)
        self.analyse = QPushButton("Analyse")
        self.analyse.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.analyse.hide()
        self.analyse.clicked.connect(self._on_analyse)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        self.note = QLabel()
        self.note.setObjectName("viewNote")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.hide()
        top.addWidget(self.analyse, 0, Qt.AlignmentFlag.AlignTop)
        self._top = top
        self.message.setMinimumWidth(1)  # it wraps: the note beside it must not be cut
        below = QHBoxLayout()
        below.addWidget(self.message, 1)
        # Not beside the heading, which would be broken into many short lines in a small window.
        below.addWidget(self.note, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 6, 12, 2)
        self._layout.setSpacing(2)
        self._layout.addLayout(top)
        self._layout.addLayout(below)

    def set_message(self, text: str) -> None:
        """A sentence, or nothing."""
        self.message.setText(text)
        self.message.setToolTip(plain_tip(text) if not self.message.wordWrap() else "")
        self.message.setVisible(bool(text))

    def offer(self, text: str, tip: str) -> None:
        """A button for what is missing, or none where there is no text."""
        self.analyse.setText(text)
        self.analyse.setToolTip(plain_tip(tip))
        self.analyse.setVisible(bool(text))

    def add_badge(self, badge: QWidget) -> None:
        """What is known of the map, at the right of the heading."""
        self._top.insertWidget(1, badge, 0, Qt.AlignmentFlag.AlignTop)

    def set_note(self, text: str, tip: str = "") -> None:
        """A remark below the heading, at the right, or nothing."""
        self.note.setText(text)
        self.note.setToolTip(plain_tip(tip))
        self.note.setVisible(bool(text) and not self._compact)

    def keep_room(self, keep: bool) -> None:
        """Whether a message that is not there takes its room: the plot must not jump."""
        policy = self.message.sizePolicy()
        if policy.retainSizeWhenHidden() != keep:
            policy.setRetainSizeWhenHidden(keep)
            self.message.setSizePolicy(policy)

    def set_compact(self, compact: bool) -> None:
        """One of several panes: narrow margins, a tip on the heading."""
        self._compact = compact
        self.note.setVisible(bool(self.note.text()) and not compact)
        margins = (6, 1, 6, 1) if compact else (12, 6, 12, 2)
        self._layout.setContentsMargins(*margins)
        self.message.set_one_line(compact)
        self.set_message(self.message.text())
        self.heading.setToolTip("Double-click: this pane alone" if compact else "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Whoever presses here means this pane."""
        self.pressed.emit()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """This pane alone."""
        self.double_clicked.emit()
        super().mouseDoubleClickEvent(event)

    @Slot()
    def _on_analyse(self) -> None:
        self.analyse_asked.emit()
