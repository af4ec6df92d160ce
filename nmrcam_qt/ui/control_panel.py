"""Network, experiment, partner, method, layer, class and the look of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import AUTO, SessionItem
from nmrcam_qt.session.plan import partner_of, possible_partners
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, method_reason
from nmrcam_qt.ui.class_panel import ClassPanel, class_rows, score_note
from nmrcam_qt.ui.heat import COLOUR_MAPS
from nmrcam_qt.ui.spectrum_panel import SpectrumPanel
from nmrcam_qt.ui.warning_panel import WarningPanel, warnings_of

MAX_PARTNERS = 200


class ControlPanel(QWidget):
    """Shows what `refresh` is given and changes the session's view settings.

    Parameters
    ----------
    session : Session
        Whose settings it changes.
    cards : sequence of Card
        The installed networks.
    parent : QWidget, optional
        Owner.
    """

    recalculation_needed = Signal()
    """network, partner or layer changed"""

    def __init__(
        self, session: Session, cards: Sequence[Card], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._cards = tuple(cards)
        self._item: SessionItem | None = None
        self._filled: dict[QComboBox, list[tuple[str, Any]]] = {}
        self.network, self.partner = QComboBox(), QComboBox()
        self.spectrum = SpectrumPanel()
        self.experiment = self.spectrum.experiment
        self.method, self.layer, self.colours = QComboBox(), QComboBox(), QComboBox()
        self.opacity, self.threshold = _slider("opacity"), _slider("threshold")
        self.opacity_text, self.threshold_text = QLabel(), QLabel()
        self.smooth = QCheckBox("Smooth between cell centres")
        self.caveat = QLabel()
        self.caveat.setWordWrap(True)
        self.caveat.setObjectName("caveat")
        self.classes = ClassPanel()
        self.warnings = WarningPanel()
        for combo in (self.network, self.partner, self.method, self.layer):
            _let_shrink(combo)
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.warnings)
        scores = QGroupBox("Class and score")
        QVBoxLayout(scores).addWidget(self.classes)
        layout.addWidget(scores)
        layout.addWidget(self.spectrum)
        explanation = QGroupBox("Network and method")
        form = _form(explanation)
        form.addRow("Network", self.network)
        self._partner_label = QLabel("Partner")
        form.addRow(self._partner_label, self.partner)
        form.addRow("Method", self.method)
        form.addRow("Layer", self.layer)
        form.addRow(self.caveat)
        layout.addWidget(explanation)
        look = QGroupBox("Map")
        form = _form(look)
        form.addRow("Opacity", _beside(self.opacity, self.opacity_text))
        form.addRow("Threshold", _beside(self.threshold, self.threshold_text))
        form.addRow("Colours", self.colours)
        form.addRow(self.smooth)
        layout.addWidget(look)
        layout.addStretch(1)

    def _connect(self) -> None:
        """`activated` and `valueChanged` of the user's own changes only; see `refresh`."""
        self.network.activated.connect(self._on_network)
        self.spectrum.experiment_chosen.connect(self._on_experiment)
        self.partner.activated.connect(self._on_partner)
        self.method.activated.connect(self._on_method)
        self.layer.activated.connect(self._on_layer)
        self.colours.activated.connect(self._on_look)
        self.opacity.valueChanged.connect(self._on_look)
        self.threshold.valueChanged.connect(self._on_look)
        self.smooth.toggled.connect(self._on_look)
        self.classes.class_chosen.connect(self._on_class)

    # Showing

    def refresh(self, shown: Shown) -> None:
        """Show the settings and scores that belong to what is shown."""
        view, self._item = self._session.view, shown.item
        card = shown.plan.card if shown.plan is not None else self._named_card()
        self._fill(self.network, self._network_entries(shown), view.network)
        self.network.setToolTip(plain_tip(_about(card)))
        self.spectrum.show_item(shown.item)
        self._show_partner(card)
        entries = [(info.title, method) for method, info in METHODS.items()]
        self._fill(self.method, entries, view.method)
        self._mark_methods(shown)
        self._fill(self.layer, _layer_entries(card), view.layer)
        self.layer.setEnabled(card is not None)
        info = METHODS.get(view.method)
        self.caveat.setText(info.caveat if info is not None else "")
        self.method.setToolTip(f"{info.source}\n{info.cost}" if info is not None else "")
        self._show_look()
        prediction = shown.analysis.prediction if shown.analysis is not None else None
        note = score_note(card, prediction)
        self.classes.set_rows(class_rows(card, prediction), view.class_id, note)
        self.warnings.set_warnings(warnings_of(shown))

    def _named_card(self) -> Card | None:
        """The chosen network where nothing can be analysed."""
        name = self._session.view.network
        return next((card for card in self._cards if card.id == name), None)

    def _network_entries(self, shown: Shown) -> list[tuple[str, Any]]:
        auto = "Automatic"
        if self._session.view.network == AUTO and shown.plan is not None:
            auto = f"Automatic ({shown.plan.card.title})"
        return [(auto, AUTO), *((card.title, card.id) for card in self._cards)]

    def _show_partner(self, card: Card | None) -> None:
        """Only for networks of two inputs."""
        needed = card is not None and len(card.inputs) > 1 and self._item is not None
        self._partner_label.setVisible(needed)
        self.partner.setVisible(needed)
        if not needed or self._item is None:
            return
        partner = partner_of(self._session, self._item)
        others = possible_partners(self._session, self._item)[:MAX_PARTNERS]
        entries: list[tuple[str, Any]] = [(other.name, other.id) for other in others]
        if partner is None:
            entries.insert(0, ("choose …" if entries else "no other experiment is open", None))
        self._fill(self.partner, entries, partner.id if partner is not None else None)

    def _mark_methods(self, shown: Shown) -> None:
        """Methods that this network does not have are greyed and say why."""
        model = self.method.model()
        for row in range(self.method.count()):
            method = str(self.method.itemData(row))
            reason = method_reason(shown, method)
            index = model.index(row, 0)
            grey = Qt.GlobalColor.gray if reason else None
            model.setData(index, grey, Qt.ItemDataRole.ForegroundRole)
            tip = f"Not available: {reason}" if reason else METHODS[method].caveat
            model.setData(index, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)

    def _show_look(self) -> None:
        view = self._session.view
        self._fill(
            self.colours, [(name.capitalize(), name) for name in COLOUR_MAPS], view.colour_map
        )
        for slider, text, value in (
            (self.opacity, self.opacity_text, view.opacity),
            (self.threshold, self.threshold_text, view.threshold),
        ):
            slider.blockSignals(True)
            slider.setValue(round(100 * value))
            slider.blockSignals(False)
            text.setText(f"{value:.0%}")
        self.smooth.blockSignals(True)
        self.smooth.setChecked(view.smooth)
        self.smooth.blockSignals(False)

    def _fill(self, combo: QComboBox, entries: list[tuple[str, Any]], chosen: Any) -> None:
        """Entries and choice; filled anew only where the entries changed."""
        if self._filled.get(combo) != entries:
            combo.clear()
            for text, data in entries:
                combo.addItem(text, data)
            self._filled[combo] = entries
        row = next((n for n, (_, data) in enumerate(entries) if data == chosen), -1)
        combo.setCurrentIndex(row if row >= 0 or not entries else 0)

    # The user's changes

    @Slot()
    def _on_network(self) -> None:
        self._session.set_view(network=self.network.currentData())
        self.recalculation_needed.emit()

    @Slot(object)
    def _on_experiment(self, experiment: Experiment) -> None:
        if self._item is not None:
            self._session.set_experiment((self._item.id,), experiment)

    @Slot()
    def _on_partner(self) -> None:
        partner = self.partner.currentData()
        if self._item is not None and partner is not None:
            self._session.group((self._item.id, int(partner)))
            self.recalculation_needed.emit()

    @Slot()
    def _on_method(self) -> None:
        self._session.set_view(method=self.method.currentData())

    @Slot()
    def _on_layer(self) -> None:
        self._session.set_view(layer=self.layer.currentData())
        self.recalculation_needed.emit()

    @Slot()
    def _on_look(self) -> None:
        self._session.set_view(
            opacity=self.opacity.value() / 100,
            threshold=self.threshold.value() / 100,
            colour_map=self.colours.currentData(),
            smooth=self.smooth.isChecked(),
        )

    @Slot(object)
    def _on_class(self, class_id: str | None) -> None:
        self._session.set_view(class_id=class_id)


def _layer_entries(card: Card | None) -> list[tuple[str, Any]]:
    """The default first, then the others."""
    if card is None:
        return [("Default", None)]
    if len(card.inputs) > 1:
        return [("Default of each input", None), *((name, name) for name in card.layers)]
    others = [name for name in reversed(card.layers) if name != card.default_layer]
    return [(f"{card.default_layer} (default)", None), *((name, name) for name in others)]


def _about(card: Card | None) -> str:
    """Tool tip of the network."""
    if card is None:
        return "Which network looks at the spectrum."
    lines = [card.title, f"id {card.id}"]
    lines.append("Trained on mixtures." if card.trained_on_mixtures else "Not trained on mixtures.")
    for spec in card.inputs:
        f2, f1 = spec.f2_window_ppm, spec.f1_window_ppm
        lines.append(
            f"{spec.experiment.label}: ¹H {f2[0]:g}–{f2[1]:g} ppm, ¹³C {f1[0]:g}–{f1[1]:g} ppm"
        )
    return "\n".join(lines)


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


def _form(box: QGroupBox) -> QFormLayout:
    form = QFormLayout(box)
    form.setContentsMargins(8, 6, 8, 8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _let_shrink(combo: QComboBox) -> None:
    """Long titles must not widen the panel."""
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(14)
