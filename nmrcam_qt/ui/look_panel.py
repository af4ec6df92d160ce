"""How maps look, and how many panes there are."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QWidget,
)

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import LAYOUTS
from nmrcam_qt.session.panes import LAYOUT_TITLES, layout_reason
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.pane_layout import PaneOptions, common_scale_reason
from nmrcam_qt.ui.plot_values import COLOUR_MAPS

STYLES: Mapping[str, str] = {"image": "Image", "contours": "Contours", "both": "Image + contours"}
"""What the styles of `ViewSettings.heat_style` are called."""
NO_IMAGE = "Contours are lines: they have no opacity and are always smooth."
OWN_COLOURS = "The map has the colour of its class."
TIPS = {
    "layout": "One map, or several linked ones side by side (Ctrl+1 to Ctrl+5)",
    "common": "One colour scale for all panes of the same method and network",
    "strip": "Panes in one row or one column instead of a grid",
    "style": "Heat as an image, as lines of equal heat (20, 40, 60, 80 % of the scale), or both",
    "class": "Every map in the colour of its class, as in the bars above",
    "colours": "All three rise evenly in lightness and suit colour-blind eyes",
    "opacity": "How much of the paper shows through the heat",
    "threshold": "Less heat than this share of the scale is not painted",
    "smooth": "Bilinear between the centres of the map's cells; otherwise the cells themselves",
}


class PanePanel(QGroupBox):
    """Which panes there are, and how they are scaled and arranged."""

    options_chosen = Signal(object)
    """dict of options of `PaneOptions`"""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Panes", parent)
        self._session = session
        self.layout_ = QComboBox()
        for layout in LAYOUTS:
            self.layout_.addItem(LAYOUT_TITLES[layout], layout)
        self.layout_.setToolTip(TIPS["layout"])
        self.common = QCheckBox("Common scale")
        self.strip = QCheckBox("One row or column")
        self.strip.setToolTip(TIPS["strip"])
        form = make_form(self)
        form.addRow("Show", self.layout_)
        form.addRow(self.common)
        form.addRow(self.strip)
        let_shrink(self.layout_)
        self.layout_.activated.connect(self._on_layout)
        self.common.clicked.connect(self._on_options)
        self.strip.clicked.connect(self._on_options)

    def refresh(self, shown: Shown, options: PaneOptions, count: int) -> None:
        """Show the layout; those with nothing to compare are greyed and say why."""
        self.layout_.setCurrentIndex(LAYOUTS.index(self._session.view.layout))
        model = self.layout_.model()
        for row, layout in enumerate(LAYOUTS):
            reason = layout_reason(self._session, shown, layout)
            grey = Qt.GlobalColor.gray if reason else None
            index = model.index(row, 0)
            model.setData(index, grey, Qt.ItemDataRole.ForegroundRole)
            model.setData(index, plain_tip(reason), Qt.ItemDataRole.ToolTipRole)
        reason = common_scale_reason(self._session.view.layout, count)
        self.common.setEnabled(not reason)
        self.common.setToolTip(plain_tip(reason) or TIPS["common"])
        self.common.setChecked(options.common_scale)
        self.strip.setChecked(options.arrangement == "strip")

    @Slot()
    def _on_layout(self) -> None:
        self._session.set_view(layout=self.layout_.currentData())

    @Slot()
    def _on_options(self) -> None:
        arrangement = "strip" if self.strip.isChecked() else "grid"
        self.options_chosen.emit(
            {"common_scale": self.common.isChecked(), "arrangement": arrangement}
        )


class LookPanel(QGroupBox):
    """Style, colours, opacity, threshold, smoothness of the maps."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Map", parent)
        self._session = session
        self.style_, self.colours = QComboBox(), QComboBox()
        for style, title in STYLES.items():
            self.style_.addItem(title, style)
        for name in COLOUR_MAPS:
            self.colours.addItem(name.capitalize(), name)
        self.opacity, self.threshold = _slider("opacity"), _slider("threshold")
        self.opacity_text, self.threshold_text = QLabel(), QLabel()
        self.class_colours = QCheckBox("Colour of the class")
        self.smooth = QCheckBox("Smooth between cell centres")
        form = make_form(self)
        form.addRow("Style", self.style_)
        form.addRow("Opacity", _beside(self.opacity, self.opacity_text))
        form.addRow("Threshold", _beside(self.threshold, self.threshold_text))
        form.addRow("Colours", self.colours)
        form.addRow(self.class_colours)
        form.addRow(self.smooth)
        self.style_.setToolTip(TIPS["style"])
        self.class_colours.setToolTip(TIPS["class"])
        self.threshold.setToolTip(TIPS["threshold"])
        for combo in (self.style_, self.colours):
            combo.activated.connect(self._on_look)
        for slider in (self.opacity, self.threshold):
            slider.valueChanged.connect(self._on_look)
        for check in (self.class_colours, self.smooth):
            check.clicked.connect(self._on_look)

    def refresh(self) -> None:
        """Show the session's settings; what has no effect is disabled and says why."""
        view = self._session.view
        self.style_.setCurrentIndex(max(self.style_.findData(view.heat_style), 0))
        self.colours.setCurrentIndex(max(self.colours.findData(view.colour_map), 0))
        for slider, text, value in (
            (self.opacity, self.opacity_text, view.opacity),
            (self.threshold, self.threshold_text, view.threshold),
        ):
            slider.blockSignals(True)
            slider.setValue(round(100 * value))
            slider.blockSignals(False)
            text.setText(f"{value:.0%}")
        self.class_colours.setChecked(view.class_colours)
        self.smooth.setChecked(view.smooth)
        lines = NO_IMAGE if view.heat_style == "contours" else ""
        _enable(self.opacity, lines, TIPS["opacity"])
        _enable(self.smooth, lines, TIPS["smooth"])
        _enable(self.colours, OWN_COLOURS if view.class_colours else "", TIPS["colours"])

    @Slot()
    def _on_look(self) -> None:
        self._session.set_view(
            heat_style=self.style_.currentData(),
            opacity=self.opacity.value() / 100,
            threshold=self.threshold.value() / 100,
            colour_map=self.colours.currentData(),
            class_colours=self.class_colours.isChecked(),
            smooth=self.smooth.isChecked(),
        )


def make_form(box: QGroupBox) -> QFormLayout:
    """A form that fills a group box."""
    form = QFormLayout(box)
    form.setContentsMargins(8, 6, 8, 8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def let_shrink(combo: QComboBox) -> None:
    """Long titles must not widen the panel."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(14)


def _enable(widget: QWidget, reason: str, tip: str) -> None:
    widget.setEnabled(not reason)
    widget.setToolTip(plain_tip(reason) or tip)


def _slider(name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setAccessibleName(name)
    return slider


def _beside(slider: QSlider, text: QLabel) -> QWidget:
    """A slider with its value."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    text.setMinimumWidth(text.fontMetrics().horizontalAdvance("100 %"))
    text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(slider)
    row.addWidget(text)
    return box
