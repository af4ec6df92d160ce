"""Referencing by a signal whose shift is known: click it, say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.solvents import Signal as KnownSignal
from nmrcam_qt.core.solvents import reference_signals, solvent_named
from nmrcam_qt.session.peak_editing import Place
from nmrcam_qt.session.referencing import affine_text

LIMIT_PPM = 1000.0
H_DECIMALS, C_DECIMALS = 4, 3
NEAR_H_PPM, NEAR_C_PPM = 0.4, 5.0
"""A known signal this near to a click is proposed."""
FAR_H_PPM, FAR_C_PPM = 1.0, 10.0
"""A shift larger than this is remarked on."""
CLICK = (
    "Click a signal whose shift you know. A click takes the summit next to it, with Shift the "
    "place itself; another click takes another signal."
)
NOTHING_CLICKED = "No signal was clicked yet."
NOTHING_CHANGES = "These are the shifts that it has already."
NO_AXIS = "Tick at least one axis."
FAR = "That is an unusually large shift: is this the right signal?"
OTHER = "another signal"


@dataclass(frozen=True, slots=True)
class Scope:
    """Spectra that a referencing can hold for.

    Parameters
    ----------
    text : str
        For the user, for example ``"the 3 selected spectra"``.
    ids : tuple of int
        The spectra.
    """

    text: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Referencing:
    """What the user wants.

    Parameters
    ----------
    ids : tuple of int
        The spectra.
    h, c : Affine or None
        From the ppm that are shown to those that are right; None leaves the axis.
    """

    ids: tuple[int, ...]
    h: Affine | None
    c: Affine | None


class ReferenceDialog(QDialog):
    """Shift one or both axes; stays open beside the spectrum until it is used or closed.

    Parameters
    ----------
    name : str
        Of the spectrum.
    scopes : sequence of Scope
        At least one; the first is proposed.
    solvent : str
        As the spectrum names it, or empty: its signals come first.
    parent : QWidget, optional
        Owner.
    """

    chosen = Signal(object)
    """`Referencing`"""

    def __init__(
        self, name: str, scopes: Sequence[Scope], solvent: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Reference")
        self._place: Place | None = None
        self._known = known_signals(solvent)
        heading = plain_label(name, "questionFile")
        self.hint = plain_label(CLICK, "caveat")
        self.hint.setMinimumWidth(380)
        self.clicked = QLabel(NOTHING_CLICKED)
        self.known = QComboBox()
        self.known.addItem(OTHER)
        for signal in self._known:
            self.known.addItem(f"{signal.name}   {signal.h_ppm:.2f} / {signal.c_ppm:.2f}")
        self.h_box, self.h_ppm, self.h_shift = _axis_row("¹H", H_DECIMALS)
        self.c_box, self.c_ppm, self.c_shift = _axis_row("¹³C", C_DECIMALS)
        self.scope = scope_box(scopes)
        self.remark = plain_label("", "caveat")
        self.remark.setMinimumHeight(self.remark.fontMetrics().lineSpacing())
        self.buttons = dialog_buttons(self, "Reference")
        self._arrange(heading)
        self._connect()
        self._check()

    def _arrange(self, heading: QLabel) -> None:
        # A widget of its own: a layout in a form is squeezed by the wrapped text above it.
        shifts = QWidget()
        grid = QGridLayout(shifts)
        grid.setContentsMargins(0, 0, 0, 0)
        rows = (
            (self.h_box, self.h_ppm, self.h_shift),
            (self.c_box, self.c_ppm, self.c_shift),
        )
        for number, row in enumerate(rows):
            for column, widget in enumerate(row):
                grid.addWidget(widget, number, column)
        grid.setColumnStretch(2, 1)
        form = QFormLayout()
        form.addRow("It reads", self.clicked)
        form.addRow("It is", self.known)
        form.addRow("", shifts)
        form.addRow("Apply to", self.scope)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.hint)
        layout.addLayout(form)
        layout.addWidget(self.remark)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        self.known.activated.connect(self._on_known)
        for box in (self.h_ppm, self.c_ppm):
            box.valueChanged.connect(self._check)
        for tick in (self.h_box, self.c_box):
            tick.toggled.connect(self._check)
        self.accepted.connect(self._send)

    # What the user says

    def set_place(self, place: Place) -> None:
        """The user clicked a signal."""
        self._place = place
        self.clicked.setText(f"¹H {place.h_ppm:.4f} ppm, ¹³C {place.c_ppm:.3f} ppm")
        near = nearest_known(self._known, place)
        self.known.setCurrentIndex(0 if near is None else self._known.index(near) + 1)
        self.h_ppm.setValue(place.h_ppm if near is None else near.h_ppm)
        self.c_ppm.setValue(place.c_ppm if near is None else near.c_ppm)
        self._check()
        box = self.h_ppm
        box.setFocus()
        box.selectAll()

    @property
    def place(self) -> Place | None:
        """What was clicked last."""
        return self._place

    @Slot(int)
    def _on_known(self, index: int) -> None:
        if index > 0:
            self.h_ppm.setValue(self._known[index - 1].h_ppm)
            self.c_ppm.setValue(self._known[index - 1].c_ppm)

    def _shifts(self) -> tuple[float, float]:
        """By how much the axes would move, ppm; 0 for one that is not ticked."""
        if self._place is None:
            return 0.0, 0.0
        h = self.h_ppm.value() - self._place.h_ppm if self.h_box.isChecked() else 0.0
        c = self.c_ppm.value() - self._place.c_ppm if self.c_box.isChecked() else 0.0
        # What the boxes cannot show is no wish of the user.
        least_h, least_c = 0.51 * 10.0**-H_DECIMALS, 0.51 * 10.0**-C_DECIMALS
        return (0.0 if abs(h) < least_h else h), (0.0 if abs(c) < least_c else c)

    @Slot()
    def _check(self) -> None:
        """Say what would be done, and what speaks against it."""
        h, c = self._shifts()
        self.h_ppm.setEnabled(self.h_box.isChecked())
        self.c_ppm.setEnabled(self.c_box.isChecked())
        for label, shift in ((self.h_shift, h), (self.c_shift, c)):
            moves = affine_text(Affine(1.0, round(shift, H_DECIMALS)))
            label.setText(f"moves by {moves}" if shift else "stays")
        reason = ""
        if self._place is None:
            reason = NOTHING_CLICKED
        elif not (self.h_box.isChecked() or self.c_box.isChecked()):
            reason = NO_AXIS
        elif not (h or c):
            reason = NOTHING_CHANGES
        far = abs(h) > FAR_H_PPM or abs(c) > FAR_C_PPM
        self.remark.setText(reason or (FAR if far else ""))
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not reason)
        ok.setToolTip(reason)

    @Slot()
    def _send(self) -> None:
        h, c = self._shifts()
        ids = self.scope.currentData()
        self.chosen.emit(
            Referencing(tuple(ids), Affine(1.0, h) if h else None, Affine(1.0, c) if c else None)
        )


def known_signals(solvent: str) -> tuple[KnownSignal, ...]:
    """Signals by which one can reference, those of the solvent first."""
    named = solvent_named(solvent) if solvent else None
    own = reference_signals(named) if named is not None else ()
    return tuple(dict.fromkeys((*own, *reference_signals(None))))


def nearest_known(signals: Sequence[KnownSignal], place: Place) -> KnownSignal | None:
    """The first known signal near a place; None where there is none."""
    for signal in signals:
        h, c = abs(signal.h_ppm - place.h_ppm), abs(signal.c_ppm - place.c_ppm)
        if h <= NEAR_H_PPM and c <= NEAR_C_PPM:
            return signal
    return None


# Also of the dialog of two signals


def plain_label(text: str, name: str = "") -> QLabel:
    """A label for text of strangers, of several lines where needed."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def ppm_box(decimals: int, ppm: float = 0.0) -> QDoubleSpinBox:
    """A number of ppm."""
    box = QDoubleSpinBox()
    box.setRange(-LIMIT_PPM, LIMIT_PPM)
    box.setDecimals(decimals)
    box.setSingleStep(10.0**-decimals)
    box.setSuffix(" ppm")
    box.setValue(ppm)
    # Wrapped texts above want more height than layouts know of at first.
    box.setMinimumHeight(box.sizeHint().height())
    return box


def scope_box(scopes: Sequence[Scope]) -> QComboBox:
    """For which spectra it shall hold; its data are their ids."""
    box = QComboBox()
    for scope in scopes:
        box.addItem(scope.text, scope.ids)
    box.setEnabled(len(scopes) > 1)
    box.setToolTip("" if len(scopes) > 1 else "No other spectrum is selected or of its sample.")
    return box


def dialog_buttons(dialog: QDialog, verb: str) -> QDialogButtonBox:
    """OK, named by what it does, and Cancel."""
    ok, cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
    buttons = QDialogButtonBox(ok | cancel)
    buttons.button(ok).setText(verb)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons


def _axis_row(nucleus: str, decimals: int) -> tuple[QCheckBox, QDoubleSpinBox, QLabel]:
    tick = QCheckBox(nucleus)
    tick.setChecked(True)
    box = ppm_box(decimals)
    box.setAccessibleName(f"{nucleus} shift of the signal")
    moves = QLabel()
    moves.setObjectName("caveat")
    return tick, box, moves
