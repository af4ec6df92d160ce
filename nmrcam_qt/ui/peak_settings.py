"""How peaks are picked, as the user likes it; kept between sessions."""

from __future__ import annotations

import math

from PySide6.QtCore import QSettings, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from nmrcam_qt.core.picked import MAX_PEAKS
from nmrcam_qt.core.picking.settings import PickSettings, Signs

KEY = "peaks/"
_DEFAULT = PickSettings()
_SIGNS = {
    Signs.BOTH: "Both",
    Signs.POSITIVE: "Positive",
    Signs.NEGATIVE: "Negative",
}


class PeakSettings(QWidget):
    """A form; what is in it when *Pick* is pressed holds."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snr = _number(1.0, 1000.0, _DEFAULT.min_snr, " × noise")
        self.snr.setToolTip("Lowest height of a peak over the noise around it; not for pictures")
        self.relative = _number(0.0, 90.0, 100 * _DEFAULT.min_relative, " %")
        self.relative.setToolTip("Lowest height over that of the strongest peak")
        self.signs = QComboBox()
        for signs, text in _SIGNS.items():
            self.signs.addItem(text, signs)
        self.most = QSpinBox()
        self.most.setRange(1, MAX_PEAKS)
        self.most.setValue(_DEFAULT.max_peaks)
        self.most.setGroupSeparatorShown(True)
        self.most.setToolTip("The strongest so many are kept")
        self.clean = QCheckBox("Leave out t1 ridges and streaks")
        self.clean.setToolTip("Otherwise peaks on them are kept and called doubtful")
        self.clean.setChecked(not _DEFAULT.ridges)
        self.one_bond = QCheckBox("Recognise one-bond doublets")
        self.one_bond.setToolTip("In an HMBC: lines of one-bond pairs, by the HSQC of the sample")
        self.one_bond.setChecked(_DEFAULT.one_bond)
        self.keep = QCheckBox("Keep peaks edited by hand")
        self.keep.setToolTip("When a spectrum is picked again: those added, moved or labelled stay")
        self.keep.setChecked(True)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for label, field in (
            ("Threshold", self.snr),
            ("Weakest", self.relative),
            ("Signs", self.signs),
            ("At most", self.most),
        ):
            form.addRow(label, field)
        for box in (self.clean, self.one_bond, self.keep):
            form.addRow(box)
        self._connect()

    def _connect(self) -> None:
        for number in (self.snr, self.relative, self.most):
            number.valueChanged.connect(self._on_changed)
        self.signs.currentIndexChanged.connect(self._on_changed)
        for box in (self.clean, self.one_bond, self.keep):
            box.toggled.connect(self._on_changed)

    @Slot()
    def _on_changed(self) -> None:
        self.changed.emit()

    @property
    def pick_settings(self) -> PickSettings:
        """For the picker."""
        return PickSettings(
            min_snr=self.snr.value(),
            min_relative=self.relative.value() / 100,
            signs=Signs(self.signs.currentData()),
            ridges=not self.clean.isChecked(),
            one_bond=self.one_bond.isChecked(),
            max_peaks=self.most.value(),
        )

    @property
    def keep_edited(self) -> bool:
        """Whether peaks that the user has edited stay when a spectrum is picked again."""
        return self.keep.isChecked()

    def restore(self, settings: QSettings) -> None:
        """Take what the user liked last time."""
        numbers = {"snr": self.snr, "relative": self.relative}
        for name, number in numbers.items():
            number.setValue(_float(settings.value(KEY + name), number.value()))
        self.most.setValue(int(_float(settings.value(KEY + "most"), self.most.value())))
        signs = str(settings.value(KEY + "signs", Signs.BOTH.value))
        known = [one.value for one in _SIGNS]
        self.signs.setCurrentIndex(known.index(signs) if signs in known else 0)
        for name, box in self._boxes().items():
            box.setChecked(settings.value(KEY + name, box.isChecked(), bool) is True)

    def keep_in(self, settings: QSettings) -> None:
        """Remember what the user likes."""
        settings.setValue(KEY + "snr", self.snr.value())
        settings.setValue(KEY + "relative", self.relative.value())
        settings.setValue(KEY + "most", self.most.value())
        settings.setValue(KEY + "signs", Signs(self.signs.currentData()).value)
        for name, box in self._boxes().items():
            settings.setValue(KEY + name, box.isChecked())

    def _boxes(self) -> dict[str, QCheckBox]:
        return {"clean": self.clean, "one_bond": self.one_bond, "keep": self.keep}


def _number(low: float, high: float, value: float, suffix: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setDecimals(1)
    box.setSingleStep(0.5)
    box.setValue(value)
    box.setSuffix(suffix)
    return box


def _float(value: object, default: float) -> float:
    """A number of a settings file, which the user may have edited."""
    try:
        read = float(str(value))
    except ValueError:
        return float(default)
    return read if math.isfinite(read) else float(default)
