"""Both axes of a picture from two signals that the user clicks and knows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.session.peak_editing import Place
from nmrcam_qt.ui.reference_dialog import (
    C_DECIMALS,
    H_DECIMALS,
    Referencing,
    Scope,
    dialog_buttons,
    plain_label,
    ppm_box,
    scope_box,
)

CLICK_TWO = (
    "Click two signals whose shifts you know, far apart in both dimensions, and type what they "
    "are. A click takes the middle of the signal next to it, with Shift the place itself."
)
NOT_BOTH = "Click both signals first."
NO_AXIS = "Tick at least one axis."
SAME = "{axis}: both signals read the same shift; choose two that differ there, or untick it."
SAME_TRUE = "{axis}: both signals cannot have the same shift where they lie apart."
TURNED = "{axis}: these shifts would turn the axis around. Are the two signals exchanged?"
NEAR = "The two signals are near each other: every inaccuracy grows towards the edges."
LEAST_H_PPM, LEAST_C_PPM = 1e-4, 1e-3
"""Two places nearer than this are one."""
NEAR_SHARE = 0.1
"""Of the axis: signals nearer than this are remarked on."""
_AXES = ("¹H", "¹³C")


class TwoSignalDialog(QDialog):
    """An affine map per axis; stays open beside the spectrum until it is used or closed.

    Parameters
    ----------
    name : str
        Of the spectrum.
    axes : (Axis, Axis)
        Its F2 (¹H) and F1 (¹³C) axis as they are shown.
    scopes : sequence of Scope
        At least one; the first is proposed.
    parent : QWidget, optional
        Owner.
    """

    chosen = Signal(object)
    """`Referencing`"""

    def __init__(
        self,
        name: str,
        axes: tuple[Axis, Axis],
        scopes: Sequence[Scope],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Axes by two signals")
        self._axes = axes
        self._places: list[Place | None] = [None, None]
        self.rows = [QRadioButton("Signal 1"), QRadioButton("Signal 2")]
        self.rows[0].setChecked(True)
        self.reads = [[QLabel("–"), QLabel("–")] for _ in range(2)]
        self.true = [[ppm_box(H_DECIMALS), ppm_box(C_DECIMALS)] for _ in range(2)]
        self.ticks = [QCheckBox(f"{axis} axis") for axis in _AXES]
        self.preview = [QLabel(), QLabel()]
        self.scope = scope_box(scopes)
        self.remark = plain_label("", "caveat")
        self.remark.setMinimumHeight(2 * self.remark.fontMetrics().lineSpacing())
        self.buttons = dialog_buttons(self, "Set axes")
        self._arrange(plain_label(name, "questionFile"))
        for row in self.true:
            for box in row:
                box.valueChanged.connect(self._check)
        for tick in self.ticks:
            tick.setChecked(True)
            tick.toggled.connect(self._check)
        self.accepted.connect(self._send)
        self._check()

    def _arrange(self, heading: QLabel) -> None:
        hint = plain_label(CLICK_TWO, "caveat")
        hint.setMinimumWidth(430)
        grid = QGridLayout()
        for column, title in enumerate(("¹H reads", "¹H is", "¹³C reads", "¹³C is"), start=1):
            grid.addWidget(QLabel(title), 0, column)
        for number, radio in enumerate(self.rows):
            radio.setToolTip("The next click says where this signal lies")
            grid.addWidget(radio, number + 1, 0)
            for axis in range(2):
                label, box = self.reads[number][axis], self.true[number][axis]
                label.setMinimumWidth(label.fontMetrics().horizontalAdvance("−00.000 ppm"))
                box.setAccessibleName(f"{_AXES[axis]} shift of signal {number + 1}")
                grid.addWidget(label, number + 1, 2 * axis + 1)
                grid.addWidget(box, number + 1, 2 * axis + 2)
        form = QFormLayout()
        for tick, label in zip(self.ticks, self.preview, strict=True):
            form.addRow(tick, label)
        form.addRow("Apply to", self.scope)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(hint)
        layout.addLayout(grid)
        layout.addLayout(form)
        layout.addWidget(self.remark)
        layout.addWidget(self.buttons, 0, Qt.AlignmentFlag.AlignRight)

    # What the user says

    def set_place(self, place: Place) -> None:
        """The user clicked a signal: that of the ticked row; the other one is next."""
        number = 0 if self.rows[0].isChecked() else 1
        self._places[number] = place
        values = (place.h_ppm, place.c_ppm)
        for axis, (ppm, decimals) in enumerate(zip(values, (H_DECIMALS, C_DECIMALS), strict=True)):
            self.reads[number][axis].setText(f"{ppm:.{decimals}f} ppm")
            self.true[number][axis].setValue(ppm)
        other = 1 - number
        if self._places[other] is None:
            self.rows[other].setChecked(True)
        self._check()
        box: QDoubleSpinBox = self.true[number][0]
        box.setFocus()
        box.selectAll()

    def affine(self, axis: int) -> Affine:
        """The map of an axis, 0 for ¹H and 1 for ¹³C.

        Raises
        ------
        ValueError
            A sentence that says why there is none.
        """
        one, two = self._places
        if one is None or two is None:
            raise ValueError(NOT_BOTH)
        reads = (one.h_ppm, two.h_ppm) if axis == 0 else (one.c_ppm, two.c_ppm)
        true = (self.true[0][axis].value(), self.true[1][axis].value())
        least = (LEAST_H_PPM, LEAST_C_PPM)[axis]
        if abs(reads[0] - reads[1]) < least:
            raise ValueError(SAME.format(axis=_AXES[axis]))
        if abs(true[0] - true[1]) < least:
            raise ValueError(SAME_TRUE.format(axis=_AXES[axis]))
        if (reads[0] < reads[1]) != (true[0] < true[1]):
            raise ValueError(TURNED.format(axis=_AXES[axis]))
        return Affine.through(reads, true)

    @Slot()
    def _check(self) -> None:
        """Show what the axes would be, and what speaks against it."""
        reasons, near = [], False
        for axis, tick in enumerate(self.ticks):
            for row in self.true:
                row[axis].setEnabled(tick.isChecked())
            now = self._axes[axis]
            text = f"stays {_window(now)}"
            if tick.isChecked():
                try:
                    affine = self.affine(axis)
                    text = f"{_window(now)} becomes {_window(affine.axis(now))}"
                    near = near or self._is_near(axis)
                except ValueError as error:
                    reasons.append(str(error))
            self.preview[axis].setText(text)
        if not any(tick.isChecked() for tick in self.ticks):
            reasons.append(NO_AXIS)
        reason = reasons[0] if reasons else ""
        self.remark.setText(reason or (NEAR if near else ""))
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not reason)
        ok.setToolTip(reason)

    def _is_near(self, axis: int) -> bool:
        one, two = self._places
        if one is None or two is None:
            return False
        first, last = self._axes[axis].edges
        apart = abs(one.h_ppm - two.h_ppm) if axis == 0 else abs(one.c_ppm - two.c_ppm)
        return apart < NEAR_SHARE * abs(last - first)

    @Slot()
    def _send(self) -> None:
        maps = [self.affine(axis) if self.ticks[axis].isChecked() else None for axis in range(2)]
        self.chosen.emit(Referencing(tuple(self.scope.currentData()), maps[0], maps[1]))


def _window(axis: Axis) -> str:
    first, last = (round(edge, 2) + 0.0 for edge in axis.edges)  # no "-0.00"
    return f"{first:.2f} to {last:.2f} ppm"
