"""Network, experiment, partner, method, layer, class and the look of the map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QGroupBox, QLabel, QVBoxLayout, QWidget

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import AUTO, SessionItem
from nmrcam_qt.session.method_choice import (
    caveat_of,
    groups_of_methods,
    method_tip,
    method_title,
)
from nmrcam_qt.session.plan import partner_of, possible_partners
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, method_reason
from nmrcam_qt.ui.class_panel import ClassPanel, class_rows, score_note
from nmrcam_qt.ui.late_combo import LateCombo
from nmrcam_qt.ui.look_panel import LookPanel, PanePanel, let_shrink, make_form
from nmrcam_qt.ui.network_summary import NetworkSummary
from nmrcam_qt.ui.pane_layout import PaneOptions
from nmrcam_qt.ui.spectrum_panel import SpectrumPanel
from nmrcam_qt.ui.warning_panel import WarningPanel, warnings_of

MAX_PARTNERS = 200
LAYER_TIP = "Where in the network the map is taken: late layers know classes, early ones places"
PARTNER_TIP = "The other spectrum of the same sample, for networks that look at both"
NO_NETWORK = "No network can look at this spectrum: there are no layers to choose from."


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
    method_chosen = Signal()
    """the user took a method from the list: a slow one is to be computed"""

    def __init__(
        self, session: Session, cards: Sequence[Card], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._cards = tuple(cards)
        self._item: SessionItem | None = None
        self._filled: dict[QComboBox, list[tuple[str, Any]]] = {}
        self.network, self.partner = QComboBox(), LateCombo("no other experiment is open")
        self.spectrum = SpectrumPanel()
        self.experiment = self.spectrum.experiment
        self.method, self.layer = QComboBox(), QComboBox()
        self.partner.setToolTip(PARTNER_TIP)
        self.summary = NetworkSummary()
        self.pane_panel, self.look = PanePanel(session), LookPanel(session)
        self.caveat = QLabel()
        self.caveat.setWordWrap(True)
        self.caveat.setObjectName("caveat")
        self.classes = ClassPanel()
        self.warnings = WarningPanel()
        for combo in (self.network, self.partner, self.method, self.layer):
            let_shrink(combo)
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
        form = make_form(explanation)
        form.addRow("Network", self.network)
        self._partner_label = QLabel("Partner")
        form.addRow(self._partner_label, self.partner)
        form.addRow("Method", self.method)
        form.addRow("Layer", self.layer)
        form.addRow(self.caveat)
        form.addRow(self.summary)
        layout.addWidget(explanation)
        layout.addWidget(self.pane_panel)
        layout.addWidget(self.look)
        layout.addStretch(1)

    def _connect(self) -> None:
        """`activated` and `valueChanged` of the user's own changes only; see `refresh`."""
        self.network.activated.connect(self._on_network)
        self.spectrum.experiment_chosen.connect(self._on_experiment)
        self.partner.activated.connect(self._on_partner)
        self.method.activated.connect(self._on_method)
        self.layer.activated.connect(self._on_layer)
        self.classes.class_chosen.connect(self._on_class)

    # Showing

    def refresh(self, shown: Shown, options: PaneOptions | None = None, count: int = 1) -> None:
        """Show the settings and scores that belong to what is shown.

        Parameters
        ----------
        shown : Shown
            The active pane.
        options : PaneOptions, optional
            How panes are scaled and arranged.
        count : int
            Number of panes.
        """
        view, self._item = self._session.view, shown.item
        card = shown.plan.card if shown.plan is not None else self._named_card()
        self._fill(self.network, self._network_entries(shown), view.network)
        self.network.setToolTip(plain_tip(_about(card)))
        self.spectrum.show_item(shown.item)
        self._show_partner(card)
        self._show_methods(shown, card)
        self._fill(self.layer, _layer_entries(card), view.layer)
        self.layer.setEnabled(card is not None)
        self.layer.setToolTip(LAYER_TIP if card is not None else NO_NETWORK)
        self.summary.set_card(card)
        self.look.refresh()
        self.show_panes(shown, PaneOptions() if options is None else options, count)
        prediction = shown.analysis.prediction if shown.analysis is not None else None
        note = score_note(card, prediction)
        self.classes.set_rows(class_rows(card, prediction), view.class_id, note)
        self.warnings.set_warnings(warnings_of(shown))

    def show_panes(self, shown: Shown, options: PaneOptions, count: int) -> None:
        """Layout, scale and arrangement of the panes."""
        self.pane_panel.refresh(shown, options, count)

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
        chosen = None if partner is None else (partner.name, partner.id)
        others = partial(_partners, self._session, self._item)
        self.partner.show_choice(chosen, others, of=self._item.id)

    def _show_methods(self, shown: Shown, card: Card | None) -> None:
        """Cheap and slow ones; those that this network does not have are greyed and say why."""
        entries: list[tuple[str, Any]] = []
        for title, methods in groups_of_methods().items():
            entries.append((title, None))
            entries += [(method_title(method), method) for method in methods]
        chosen = self._session.view.method
        self._fill(self.method, entries, chosen)
        model, heading = self.method.model(), self.method.font()
        heading.setBold(True)
        for row, (_, method) in enumerate(entries):
            index = model.index(row, 0)
            if method is None:
                if isinstance(model, QStandardItemModel):
                    model.item(row).setEnabled(False)
                model.setData(index, heading, Qt.ItemDataRole.FontRole)
                continue
            reason = method_reason(shown, method)
            grey = Qt.GlobalColor.gray if reason else None
            model.setData(index, grey, Qt.ItemDataRole.ForegroundRole)
            tip = f"Not available: {reason}" if reason else method_tip(method, card)
            model.setData(index, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
        self.caveat.setText(caveat_of(chosen, card))
        self.method.setToolTip(plain_tip(method_tip(chosen, card)))

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
        if self.method.currentData() is None:  # the heading of a group
            return
        self._session.set_view(method=self.method.currentData())
        self.method_chosen.emit()

    @Slot()
    def _on_layer(self) -> None:
        self._session.set_view(layer=self.layer.currentData())
        self.recalculation_needed.emit()

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


def _partners(session: Session, item: SessionItem) -> list[tuple[str, int | None]]:
    """Names and ids of the spectra that it can be seen together with."""
    return [(other.name, other.id) for other in possible_partners(session, item, MAX_PARTNERS)]


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
