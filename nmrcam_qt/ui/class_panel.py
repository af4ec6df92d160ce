"""Switch between *Original* and the classes, with their scores as bars."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.results import Prediction
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.ui.network_summary import calibration_note
from nmrcam_qt.ui.theme import colours, theme

ORIGINAL = "Original"
NO_SCORES = "No scores yet."


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class as the panel shows it; without scores `score` is None."""

    id: str
    title: str
    colour: str
    definition: str
    threshold: float
    score: float | None = None
    present: bool = False


def class_rows(card: Card | None, prediction: Prediction | None) -> tuple[ClassRow, ...]:
    """Rows of a network's classes, with the scores of a prediction of the same classes."""
    if card is None:
        return ()
    fits = prediction is not None and prediction.classes == card.class_ids
    return tuple(
        ClassRow(
            spec.id,
            spec.title,
            spec.colour,
            spec.definition,
            threshold,
            prediction.score(spec.id) if prediction is not None and fits else None,
            prediction is not None and fits and spec.id in prediction.present,
        )
        for spec, threshold in zip(card.classes, card.thresholds, strict=True)
    )


def verdict(rows: tuple[ClassRow, ...]) -> str:
    """One line: what the network says."""
    if not rows or rows[0].score is None:
        return NO_SCORES
    present = [row.title for row in rows if row.present]
    if present:
        return f"The network says: {', '.join(present)}"
    return "No class passes its threshold."


def score_note(card: Card | None, prediction: Prediction | None = None) -> str:
    """What the scores mean and what they do not; after an analysis what they were worth."""
    if card is None:
        return ""
    if prediction is not None and prediction.worth:
        total = "The scores add up to 1. " if card.head == "softmax" else ""
        return f"{total}A score is no probability. {prediction.worth}"
    if card.head == "softmax":
        return (
            f"The scores of these {len(card.classes)} classes, without “none”, add up to 1; "
            "a score is no probability that the class is there."
        )
    calibrated = calibration_note(card)
    if calibrated:
        return f"{calibrated} Every class has a threshold of its own (the tick)."
    return "No measured probability that the class is there."


class ScoreBar(QWidget):
    """A score 0..1 as a bar with a tick at the threshold."""

    def __init__(self, colour: str, threshold: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = QColor(colour)
        self._threshold = threshold
        self._score: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self.set_score(None)

    def set_score(self, score: float | None) -> None:
        """Show another score, or none."""
        self._score = score
        self.setToolTip(_bar_tip(score, self._threshold))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough to compare, one text line high."""
        return QSize(80, 16)

    def minimumSizeHint(self) -> QSize:
        """Still readable, and leaves long titles beside it their place in a narrow dock."""
        return QSize(20, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Track, bar, threshold."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0.5, 2.5, self.width() - 1, self.height() - 5)
        named = colours()
        painter.setPen(QPen(QColor(named.border)))
        painter.setBrush(QColor(named.track))
        painter.drawRoundedRect(track, 2, 2)
        if self._score is not None:
            bar = QRectF(track)
            bar.setWidth(track.width() * min(max(self._score, 0.0), 1.0))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour)
            painter.drawRoundedRect(bar, 2, 2)
        x = track.left() + track.width() * self._threshold
        painter.setPen(QPen(QColor(named.strong), 1.4))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.end()


def _bar_tip(score: float | None, threshold: float) -> str:
    """What the bar and its tick mean."""
    if score is None:
        return f"The tick is the network's threshold, {threshold:g}."
    side = "reaches" if score >= threshold else "stays below"
    return f"{score_text(score)} {side} the network's threshold, {threshold:g} (the tick)."


class ClassPanel(QWidget):
    """Radio buttons *Original* and one per class, each with its score."""

    class_chosen = Signal(object)
    """class id, None for Original"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape: tuple[tuple[str, str, str, float], ...] | None = None
        self._rows: tuple[ClassRow, ...] = ()
        self._widgets: list[tuple[ScoreBar, QLabel]] = []
        self._buttons: list[QRadioButton] = []
        self._group: QButtonGroup | None = None
        self._body = QWidget(self)
        self.verdict = QLabel(NO_SCORES, self)
        self.verdict.setObjectName("verdict")
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setObjectName("caveat")
        self.note.setWordWrap(True)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(self._body)
        self._layout.addWidget(self.verdict)
        self._layout.addWidget(self.note)

    @property
    def rows(self) -> tuple[ClassRow, ...]:
        """What is shown."""
        return self._rows

    def set_rows(self, rows: tuple[ClassRow, ...], class_id: str | None, note: str = "") -> None:
        """Show classes with their scores; `class_id` is the chosen one, None for Original."""
        self.note.setText(note)
        self.note.setVisible(bool(note))
        shape = tuple((row.id, row.title, row.colour, row.threshold) for row in rows)
        if shape != self._shape:
            self._build(rows)
            self._shape = shape
        self._rows = rows
        for row, (bar, number) in zip(rows, self._widgets, strict=True):
            bar.set_score(row.score)
            number.setText("–" if row.score is None else score_text(row.score))
            font = number.font()
            font.setBold(row.present)
            number.setFont(font)
        ids = [None, *(row.id for row in rows)]
        chosen = ids.index(class_id) if class_id in ids else 0
        self._buttons[chosen].setChecked(True)
        self.verdict.setText(verdict(rows))

    def _build(self, rows: tuple[ClassRow, ...]) -> None:
        """New widgets for another list of classes."""
        body = QWidget(self)
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(2, 1)
        self._buttons, self._widgets = [], []
        self._group = QButtonGroup(body)
        self._add_button(grid, 0, ORIGINAL, "O", "The spectrum without a map.")
        for number, row in enumerate(rows, start=1):
            key = str(number) if number <= 9 else ""
            self._add_button(grid, number, row.title, key, row.definition)
            bar, value = ScoreBar(row.colour, row.threshold, body), QLabel("–", body)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance(">0.999 "))
            grid.addWidget(bar, number, 2)
            grid.addWidget(value, number, 3)
            self._widgets.append((bar, value))
        self._group.idClicked.connect(self._on_clicked)
        self._layout.replaceWidget(self._body, body)
        self._body.hide()  # it lives on until the event loop deletes it
        self._body.deleteLater()
        self._body = body

    def _add_button(self, grid: QGridLayout, row: int, title: str, key: str, tip: str) -> None:
        hint = QLabel(key)
        hint.setObjectName("keyHint")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        button = QRadioButton(title)
        button.setToolTip(plain_tip(f"{tip}\nKey {key}" if key else tip))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if self._group is not None:
            self._group.addButton(button, row)
        grid.addWidget(hint, row, 0)
        grid.addWidget(button, row, 1)
        self._buttons.append(button)

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        self.class_chosen.emit(None if number == 0 else self._rows[number - 1].id)
