"""What the present spectrum is: experiment, axes, and what its reader did."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.spectrum import Experiment, SourceKind
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import SessionItem

UNKNOWN = "not known"
ORDINARY_NOTES = ("Peaks drawn as Gaussians", "Axes given by the user")
NOTHING_OPEN = "No spectrum is open."
EXPERIMENT_TIP = "What was measured; it decides which networks can look at the spectrum"
AXES_TIP = "Say which ppm lie at the picture's edges"
NO_PICTURE = "The shifts of a peak list are in ppm already."


class SpectrumPanel(QGroupBox):
    """Experiment and axes, which the user can set, and the notes of the reader."""

    experiment_chosen = Signal(object)
    """`Experiment`"""
    axes_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectrum", parent)
        self.experiment = QComboBox()
        self.axes = QLabel()
        self.axes.setTextFormat(Qt.TextFormat.PlainText)
        self.axes_button = QToolButton()
        self.axes_button.setText("Axes …")
        self.notes = QLabel()
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setObjectName("caveat")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Experiment", self.experiment)
        form.addRow(self.axes_button, self.axes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addLayout(form)
        layout.addWidget(self.notes)
        self.experiment.activated.connect(self._on_experiment)
        self.axes_button.clicked.connect(self._on_axes)
        self._entries: list[tuple[str, Experiment | None]] = []
        self.show_item(None)

    def show_item(self, item: SessionItem | None) -> None:
        """Show another spectrum, or none."""
        self._show_experiment(item)
        picture = item is not None and item.packed.provenance.kind is SourceKind.PICTURE
        self.axes_button.setEnabled(picture)
        reason = NO_PICTURE if item is not None else NOTHING_OPEN
        self.axes_button.setToolTip(AXES_TIP if picture else reason)
        self.axes.setText(axes_text(item) if item is not None else "")
        self.axes.setToolTip("¹H left to right / ¹³C top to bottom, at the outer edges")
        notes = item.packed.provenance.notes if item is not None else ()
        said = [f"{note[:1].upper()}{note[1:]}." for note in notes]
        self.setToolTip(plain_tip("\n".join(said)))
        # What holds for every peak list, or stands above, need not take room.
        special = [text for text in said if not text.startswith(ORDINARY_NOTES)]
        self.notes.setText("\n".join(special))
        self.notes.setVisible(bool(special))

    def _show_experiment(self, item: SessionItem | None) -> None:
        entries: list[tuple[str, Experiment | None]] = [(e.label, e) for e in Experiment]
        experiment = item.experiment if item is not None else None
        if experiment is None:
            entries.insert(0, (UNKNOWN, None))
        if entries != self._entries:
            self.experiment.clear()
            for text, data in entries:
                self.experiment.addItem(text, data)
            self._entries = entries
        self.experiment.setCurrentIndex([data for _, data in entries].index(experiment))
        self.experiment.setEnabled(item is not None)
        self.experiment.setToolTip(EXPERIMENT_TIP if item is not None else NOTHING_OPEN)

    @Slot()
    def _on_experiment(self) -> None:
        experiment = self.experiment.currentData()
        if experiment is not None:
            self.experiment_chosen.emit(Experiment(experiment))

    @Slot()
    def _on_axes(self) -> None:
        self.axes_asked.emit()


def axes_text(item: SessionItem) -> str:
    """¹H and ¹³C window from edge to edge, and whether they are a guess."""
    windows = ("¹H", item.packed.f2.edges), ("¹³C", item.packed.f1.edges)
    lines = [f"{name}: {_short(first)} to {_short(last)}" for name, (first, last) in windows]
    if item.packed.provenance.axes_assumed:
        lines = [f"{line} (assumed)" for line in lines]
    return "\n".join(lines)


def _short(ppm: float) -> str:
    return f"{round(ppm, 2) + 0.0:g}"
