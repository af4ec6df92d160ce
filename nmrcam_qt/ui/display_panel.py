"""How the signals of spectra are shown: contours, projections, traces, marks, overlay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.core.writers.request import SIGNAL_STYLES
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import SessionItem, ViewSettings
from nmrcam_qt.session.overlaying import NOTHING_OVERLAID, difference_reason, overlaid
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.contour_note import contour_note
from nmrcam_qt.ui.look_panel import let_shrink, make_form
from nmrcam_qt.ui.overlay_display import PaneDisplay
from nmrcam_qt.ui.overlay_legend import LegendRows
from nmrcam_qt.ui.plot_values import MAX_GAIN, MIN_GAIN

if TYPE_CHECKING:
    from nmrcam_qt.ui.spectrum_view import SpectrumView

NOTHING_OPEN = "No spectrum is open."
LOWEST_RATIO, HIGHEST_RATIO, MOST_LEVELS = 1.1, 3.0, 40
STYLES = {"contours": "Contours", "image": "Image"}
FACTORS = {True: "fitted to the common signal", False: "1"}
NO_TRACES = "Switch the traces on first (L)."
NOTHING_BESIDE = "Switch projections or traces on first (J, L)."
NO_DIFFERENCE = "No difference is shown."
DEFAULT_BASE = "The contours begin there."
_AS_IT_IS = {
    SourceKind.PICTURE: "A picture is shown as it is.",
    SourceKind.MIXTURE: "A mixture of pictures is shown as it is.",
    SourceKind.PEAK_LIST: "A peak list is drawn as points.",
}
_GAIN_STEPS = 40
"""Positions of the slider per tenfold height."""


def style_reason(item: SessionItem | None) -> str:
    """Why a spectrum is neither contours nor image as one likes; empty where it is."""
    if item is None:
        return NOTHING_OPEN
    return _AS_IT_IS.get(item.packed.provenance.kind, "")


class SignalBox(QGroupBox):
    """Style, base, ratio and number of contours of the present spectrum."""

    base_stepped = Signal(int)
    """-1 lower, 1 higher, 0 where the noise says"""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Instrument data", parent)
        self._session = session
        self.style_ = QComboBox()
        for style in SIGNAL_STYLES:
            self.style_.addItem(STYLES[style], style)
        let_shrink(self.style_)
        self.minus, self.plus = _small("−"), _small("+")
        self.reset = QPushButton("From noise")
        self.ratio, self.levels = QDoubleSpinBox(), QSpinBox()
        self.ratio.setRange(LOWEST_RATIO, HIGHEST_RATIO)
        self.ratio.setSingleStep(0.05)
        self.levels.setRange(1, MOST_LEVELS)
        for spin in (self.ratio, self.levels):
            spin.setKeyboardTracking(False)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setObjectName("caveat")
        form = make_form(self)
        form.addRow("Shown as", self.style_)
        form.addRow("Ratio", self.ratio)
        form.addRow("Number", self.levels)
        form.addRow("Base", _row(self.minus, self.plus, self.reset))
        form.addRow(self.note)
        self.style_.activated.connect(self._on_style)
        self.ratio.valueChanged.connect(self._on_levels)
        self.levels.valueChanged.connect(self._on_levels)
        self.minus.clicked.connect(self._on_minus)
        self.plus.clicked.connect(self._on_plus)
        self.reset.clicked.connect(self._on_reset)

    def refresh(self, item: SessionItem | None, view: SpectrumView | None) -> None:
        """Show the settings; what has no effect is disabled and says why."""
        settings, reason = self._session.view, style_reason(item)
        self.style_.setCurrentIndex(max(self.style_.findData(settings.signal_style), 0))
        _enable(self.style_, reason, "As contours or as an image (I)")
        for spin in (self.ratio, self.levels):
            spin.blockSignals(True)
        self.ratio.setValue(settings.contour_ratio)
        self.levels.setValue(settings.contour_levels)
        for spin in (self.ratio, self.levels):
            spin.blockSignals(False)
        others = overlaid(self._session, item, settings)
        lines = reason if all(map(style_reason, others)) else ""  # those over it may have some
        _enable(self.ratio, lines, "Each contour is so many times as high as the one below it")
        _enable(self.levels, lines, "Number of contours of each sign")
        _enable(self.minus, reason, "Lower the first contour: weaker signals (+, Shift+wheel)")
        _enable(self.plus, reason, "Raise the first contour (−, Shift+wheel)")
        there = DEFAULT_BASE if item is not None and item.record.contour_base == 1.0 else ""
        _enable(
            self.reset,
            reason or there,
            "Begin the contours just above noise and t1 ridges (Ctrl+0)",
        )
        self.show_note(item, view)

    def show_note(self, item: SessionItem | None, view: SpectrumView | None) -> None:
        """Where the contours begin now."""
        reason = style_reason(item)
        text = tip = ""
        if not reason and view is not None:
            text, tip = contour_note(view.signals_.prepared, view.signals_.trouble)
        self.note.setText(reason if item is not None and reason else text)
        self.note.setToolTip(plain_tip(tip))
        self.note.setVisible(bool(self.note.text()))

    @Slot()
    def _on_style(self) -> None:
        self._session.set_view(signal_style=self.style_.currentData())

    @Slot()
    def _on_levels(self) -> None:
        ratio = round(self.ratio.value(), 2)
        self._session.set_view(contour_ratio=ratio, contour_levels=self.levels.value())

    @Slot()
    def _on_minus(self) -> None:
        self.base_stepped.emit(-1)

    @Slot()
    def _on_plus(self) -> None:
        self.base_stepped.emit(1)

    @Slot()
    def _on_reset(self) -> None:
        self.base_stepped.emit(0)


class BesideBox(QGroupBox):
    """Projections, traces, marks."""

    def __init__(
        self, session: Session, display: PaneDisplay, parent: QWidget | None = None
    ) -> None:
        super().__init__("Beside and over the spectrum", parent)
        self._session, self._display = session, display
        self.checks = {
            "projections": QCheckBox("Projections"),
            "traces": QCheckBox("Traces under the cursor"),
            "show_peaks": QCheckBox("Picked peaks"),
            "show_masks": QCheckBox("Masks of solvent and reference"),
        }
        self.gain = QSlider(Qt.Orientation.Horizontal)
        self.gain.setRange(
            round(_GAIN_STEPS * math.log10(MIN_GAIN)), round(_GAIN_STEPS * math.log10(MAX_GAIN))
        )
        self.gain.setAccessibleName("Height of projections and traces")
        self.gain_text = QLabel()
        form = make_form(self)
        form.addRow(self.checks["projections"])
        form.addRow(self.checks["traces"])
        form.addRow("Height", _row(self.gain, self.gain_text))
        form.addRow(self.checks["show_peaks"])
        form.addRow(self.checks["show_masks"])
        for check in self.checks.values():
            check.clicked.connect(self._on_check)
        self.gain.valueChanged.connect(self._on_gain)

    def refresh(self, item: SessionItem | None) -> None:
        """Show what is on."""
        view, nothing = self._session.view, NOTHING_OPEN if item is None else ""
        tips = {
            "projections": "Highest and lowest signal of what is shown, along both axes (J); "
            "not in small panes",
            "traces": "The row and the column under the cursor (L)",
            "show_peaks": "Mark the picked peaks (Shift+E)",
            "show_masks": "Grey the regions of solvent and reference",
        }
        for name, check in self.checks.items():
            check.setChecked(bool(getattr(view, name)))
            _enable(check, nothing, tips[name])
        off = "" if view.traces or view.projections else NOTHING_BESIDE
        tip = "Height of projections and traces (Ctrl+wheel over the spectrum)"
        _enable(self.gain, nothing or off, tip)
        self.show_gain()

    def show_gain(self) -> None:
        """How high traces are."""
        gain = self._display.gain
        self.gain.blockSignals(True)
        self.gain.setValue(round(_GAIN_STEPS * math.log10(gain)))
        self.gain.blockSignals(False)
        self.gain_text.setText(f"× {gain:.3g}")

    @Slot()
    def _on_check(self) -> None:
        states = {name: check.isChecked() for name, check in self.checks.items()}
        self._session.set_view(**states)

    @Slot(int)
    def _on_gain(self, place: int) -> None:
        self._display.set_gain(10 ** (place / _GAIN_STEPS))


class OverlayBox(QGroupBox):
    """What is overlaid, and the difference."""

    overlay_asked = Signal()
    clear_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Overlay", parent)
        self._session = session
        self.rows = LegendRows()
        self.hint = QLabel(NOTHING_OVERLAID)
        self.hint.setWordWrap(True)
        self.hint.setObjectName("caveat")
        self.overlay, self.clear = QPushButton("Overlay selected"), QPushButton("None")
        self.difference = QCheckBox("Subtract the second from the first")
        self.factor = QComboBox()
        for fitted, text in FACTORS.items():
            self.factor.addItem(text, fitted)
        let_shrink(self.factor)
        layout = QVBoxLayout()
        form = make_form(self)
        layout.addWidget(self.hint)
        layout.addWidget(self.rows)
        form.addRow(layout)
        form.addRow(_row(self.overlay, self.clear))
        form.addRow(self.difference)
        form.addRow("Factor", self.factor)
        self.overlay.clicked.connect(self.overlay_asked)
        self.clear.clicked.connect(self.clear_asked)
        self.difference.clicked.connect(self._on_difference)
        self.factor.activated.connect(self._on_factor)

    def refresh(self, item: SessionItem | None, overlay_reason: str, display: PaneDisplay) -> None:
        """Show what is overlaid.

        Parameters
        ----------
        item : SessionItem or None
            The spectrum that is shown.
        overlay_reason : str
            Why the selected spectra cannot be overlaid; empty where they can.
        display : PaneDisplay
            Has the legend.
        """
        view: ViewSettings = self._session.view
        others = overlaid(self._session, item, view)
        self.rows.set_entries(display.entries)
        self.hint.setVisible(not others)
        nothing = NOTHING_OPEN if item is None else ""
        tip = "Draw the spectra selected in the list over each other (V)"
        _enable(self.overlay, nothing or overlay_reason, tip)
        none = "" if others else NOTHING_OVERLAID
        _enable(self.clear, nothing or none, "Show the spectrum alone (Shift+V)")
        reason = nothing or difference_reason(item, others)
        self.difference.setChecked(view.difference and not reason)
        _enable(self.difference, reason, "The spectrum minus the first one over it, by ppm (D)")
        self.factor.setCurrentIndex(self.factor.findData(view.difference_fitted))
        off = "" if view.difference else NO_DIFFERENCE
        _enable(self.factor, reason or off, "By what the other is multiplied beforehand")

    @Slot()
    def _on_difference(self) -> None:
        self._session.set_view(difference=self.difference.isChecked())

    @Slot()
    def _on_factor(self) -> None:
        self._session.set_view(difference_fitted=bool(self.factor.currentData()))


class DisplayPanel(QWidget):
    """The contents of the dock *Display*.

    Parameters
    ----------
    session : Session
        Whose view settings it shows and changes.
    display : PaneDisplay
        Traces and legend.
    parent : QWidget, optional
        Owner.
    """

    def __init__(
        self, session: Session, display: PaneDisplay, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._display = session, display
        self._item: SessionItem | None = None
        self.signals_ = SignalBox(session)
        self.beside = BesideBox(session, display)
        self.overlay = OverlayBox(session)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(8)
        for box in (self.signals_, self.beside, self.overlay):
            layout.addWidget(box)
        layout.addStretch(1)
        self.signals_.base_stepped.connect(self._on_base)
        self.overlay.rows.hiding_asked.connect(display.set_hidden)
        self.overlay.rows.base_asked.connect(display.base_asked)
        self.overlay.rows.removal_asked.connect(display.removal_asked)

    def refresh(
        self, item: SessionItem | None, view: SpectrumView | None, overlay_reason: str
    ) -> None:
        """Show what belongs to the spectrum in the active pane.

        Parameters
        ----------
        item : SessionItem or None
            The spectrum.
        view : SpectrumView or None
            Where it is shown; None while nothing is.
        overlay_reason : str
            Why the selected spectra cannot be overlaid; empty where they can.
        """
        self._item = item
        self.signals_.refresh(item, view)
        self.beside.refresh(item)
        self.overlay.refresh(item, overlay_reason, self._display)

    @Slot(int)
    def _on_base(self, steps: int) -> None:
        item = self._session.find(self._item.id) if self._item is not None else None
        if item is not None:
            by = self._session.view.contour_ratio**steps
            base = item.record.contour_base * by if steps else 1.0
            self._session.set_contour_base(item.id, base)


def _small(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName({"−": "Lower the first contour", "+": "Raise it"}[text])
    return button


def _row(*widgets: QWidget) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget, int(not isinstance(widget, QToolButton | QLabel)))
    return box


def _enable(widget: QWidget | QAbstractButton, reason: str, tip: str) -> None:
    widget.setEnabled(not reason)
    widget.setToolTip(plain_tip(reason) or tip)
