"""Which ppm lie at the edges of a picture: only the user can know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QGridLayout,
    QGroupBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import PackedSpectrum

Window = tuple[float, float]
LIMIT_PPM = 1000.0
LEAST_EXTENT_PPM = 0.1
LEAST_DISTANCE_PPM = 0.05
EXPLANATION = (
    "ppm at the outer edges of the picture, not at its last tick. Without them nmrcam assumes "
    "10–0 and 0–200 ppm; where that is wrong, every shift and every score is wrong, too."
)
SIGNALS = (
    "Point at two signals whose shifts you know, far apart in both dimensions; the status bar "
    "reads their ppm on the present axes. Enter what it reads and what is true."
)
TOO_NEAR = "The two signals must differ in both dimensions, as read and as they are."
NO_EXTENT = "The two edges of an axis must differ."
RISING = "ppm usually falls from left to right and rises from top to bottom."


class AxesDialog(QDialog):
    """Four edges in ppm, for one picture or several of the same layout.

    Parameters
    ----------
    pictures : sequence of PackedSpectrum
        At least one; the edges of the first are proposed.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, pictures: Sequence[PackedSpectrum], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Axes of the picture")
        first = pictures[0]
        mixed = mixed_text(pictures)
        several = f" and {len(pictures) - 1} more" if len(pictures) > 1 else ""
        fate = ": all get these edges" if several and not mixed else ""
        name = QLabel(f"{first.name}{several}{fate}")
        name.setObjectName("questionFile")
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setWordWrap(True)
        self.mixed = QLabel(mixed)
        self.mixed.setObjectName("caveat")
        self.mixed.setWordWrap(True)
        self.mixed.setVisible(bool(mixed))
        text = QLabel(EXPLANATION)
        text.setWordWrap(True)
        text.setMinimumWidth(400)
        self.left, self.right = (_edge(ppm) for ppm in first.f2.edges)
        self.top, self.bottom = (_edge(ppm) for ppm in first.f1.edges)
        self.remark = QLabel()
        self.remark.setObjectName("caveat")
        ok, cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
        self.buttons = QDialogButtonBox(ok | cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (name, self.mixed, text):
            layout.addWidget(widget)
        layout.addLayout(self._grid())
        self.signals = SignalBox(first.f2.edges, first.f1.edges)
        self.signals.edges_found.connect(self._on_edges)
        layout.addWidget(self.signals)
        layout.addWidget(self.remark)
        layout.addWidget(self.buttons)
        self._check()

    def _grid(self) -> QGridLayout:
        """One row per axis."""
        grid = QGridLayout()
        grid.addWidget(QLabel("¹H   left edge"), 0, 0)
        grid.addWidget(self.left, 0, 1)
        grid.addWidget(QLabel("right edge"), 0, 2)
        grid.addWidget(self.right, 0, 3)
        grid.addWidget(QLabel("¹³C   top edge"), 1, 0)
        grid.addWidget(self.top, 1, 1)
        grid.addWidget(QLabel("bottom edge"), 1, 2)
        grid.addWidget(self.bottom, 1, 3)
        for box in (self.left, self.right, self.top, self.bottom):
            box.valueChanged.connect(self._check)
        return grid

    @property
    def f2_window(self) -> Window:
        """¹H at the left and right edge, ppm."""
        return (self.left.value(), self.right.value())

    @property
    def f1_window(self) -> Window:
        """¹³C at the top and bottom edge, ppm."""
        return (self.top.value(), self.bottom.value())

    @Slot(object, object)
    def _on_edges(self, f2_window: Window, f1_window: Window) -> None:
        """Take over what two signals say."""
        boxes = (self.left, self.right, self.top, self.bottom)
        for box, ppm in zip(boxes, (*f2_window, *f1_window), strict=True):
            box.setValue(ppm)

    @Slot()
    def _check(self) -> None:
        """No axis without extent; an unusual direction is only remarked on."""
        f2, f1 = self.f2_window, self.f1_window
        bad = any(abs(first - last) < LEAST_EXTENT_PPM for first, last in (f2, f1))
        unusual = f2[0] < f2[1] or f1[0] > f1[1]
        self.remark.setText(NO_EXTENT if bad else RISING if unusual else "")
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not bad)


class SignalBox(QGroupBox):
    """The edges of a picture from two signals of known shift.

    Parameters
    ----------
    f2_window, f1_window : (first, last)
        The picture's edges on the present axes, ppm, on which signals are read.
    parent : QWidget, optional
        Owner.
    """

    edges_found = Signal(object, object)
    """F2 and F1 window"""

    def __init__(self, f2_window: Window, f1_window: Window, parent: QWidget | None = None) -> None:
        super().__init__("Or from two signals that you know", parent)
        self._windows = (f2_window, f1_window)
        text = QLabel(SIGNALS)
        text.setWordWrap(True)
        text.setObjectName("caveat")
        grid = QGridLayout()
        for column, title in enumerate(("¹H reads", "¹H is", "¹³C reads", "¹³C is"), start=1):
            grid.addWidget(QLabel(title), 0, column)
        self.boxes = [[_edge(0.0) for _ in range(4)] for _ in range(2)]
        for row, boxes in enumerate(self.boxes, start=1):
            grid.addWidget(QLabel(f"Signal {row}"), row, 0)
            for column, box in enumerate(boxes, start=1):
                grid.addWidget(box, row, column)
        self.compute = QPushButton("Compute the edges")
        self.compute.clicked.connect(self._on_compute)
        self.complaint = QLabel()
        self.complaint.setObjectName("caveat")
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addLayout(grid)
        layout.addWidget(self.compute, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.complaint)

    @Slot()
    def _on_compute(self) -> None:
        one, two = ([box.value() for box in boxes] for boxes in self.boxes)
        windows = [
            window_from_signals(window, (one[at], two[at]), (one[at + 1], two[at + 1]))
            for window, at in zip(self._windows, (0, 2), strict=True)
        ]
        f2, f1 = windows
        self.complaint.setText("" if f2 is not None and f1 is not None else TOO_NEAR)
        if f2 is not None and f1 is not None:
            self.edges_found.emit(f2, f1)


def mixed_text(pictures: Sequence[PackedSpectrum]) -> str:
    """A sentence for pictures of several experiments, whose windows mostly differ; else empty."""
    counts = Counter(picture.experiment for picture in pictures)
    said = [f"{counts[e]} {e.label}" for e in Experiment if counts[e]]
    if len(said) < 2:
        return ""
    other = f" and {counts[None]} of unknown experiment" if counts[None] else ""
    return f"These are {' and '.join(said)} spectra{other}: all get the same edges."


def window_from_signals(window: Window, read: Window, true: Window) -> Window | None:
    """Edges of an axis on which two signals lie where they should.

    Parameters
    ----------
    window : (first, last)
        Its edges now, ppm.
    read, true : (signal 1, signal 2)
        Shifts as read on these edges, and as they are, ppm.

    Returns
    -------
    (first, last) or None
        None where the signals are too near each other to say anything.
    """
    if min(abs(read[0] - read[1]), abs(true[0] - true[1])) < LEAST_DISTANCE_PPM:
        return None
    scale = (true[1] - true[0]) / (read[1] - read[0])
    first, last = (true[0] + (edge - read[0]) * scale for edge in window)
    return first, last


def _edge(ppm: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-LIMIT_PPM, LIMIT_PPM)
    box.setDecimals(3)
    box.setSuffix(" ppm")
    box.setValue(round(ppm, 3))
    return box
