"""Which ppm lie at the edges of a picture: only the user can know."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.session.packing import PackedSpectrum

Window = tuple[float, float]
LIMIT_PPM = 1000.0
LEAST_EXTENT_PPM = 0.1
EXPLANATION = (
    "ppm at the outer edges of the picture, not at its last tick. Without them nmrcam assumes "
    "10–0 and 0–200 ppm; where that is wrong, every shift and every score is wrong, too."
)
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
        several = f" and {len(pictures) - 1} more: all get these edges" if len(pictures) > 1 else ""
        name = QLabel(f"{first.name}{several}")
        name.setObjectName("questionFile")
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setWordWrap(True)
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
        for widget in (name, text):
            layout.addWidget(widget)
        layout.addLayout(self._grid())
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

    @Slot()
    def _check(self) -> None:
        """No axis without extent; an unusual direction is only remarked on."""
        f2, f1 = self.f2_window, self.f1_window
        bad = any(abs(first - last) < LEAST_EXTENT_PPM for first, last in (f2, f1))
        unusual = f2[0] < f2[1] or f1[0] > f1[1]
        self.remark.setText(NO_EXTENT if bad else RISING if unusual else "")
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not bad)


def _edge(ppm: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-LIMIT_PPM, LIMIT_PPM)
    box.setDecimals(3)
    box.setSuffix(" ppm")
    box.setValue(round(ppm, 3))
    return box
