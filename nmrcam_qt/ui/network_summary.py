"""What a network was trained on and how good it was, short, on demand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from nmrcam_qt.core.card_figures import inside
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.methods import METHODS

TITLE = "What the network was trained on"


def summary(card: Card) -> tuple[str, ...]:
    """Sentences about a network; what its card does not say, or says in another form, is left out.

    Parameters
    ----------
    card : Card
        Its `training`, `metrics` and `limits` are free text and numbers of its makers.
    """
    lines = [_training(card.training)]
    lines.append("Trained on mixtures." if card.trained_on_mixtures else "Not trained on mixtures.")
    lines += [
        f"{spec.experiment.label}: ¹H {spec.f2_window_ppm[0]:g} to {spec.f2_window_ppm[1]:g} ppm, "
        f"¹³C {spec.f1_window_ppm[0]:g} to {spec.f1_window_ppm[1]:g} ppm."
        for spec in card.inputs
    ]
    lines += [_accuracy(card.metrics), _localisation(card.metrics)]
    lines += [*_left_out(card.metrics), calibration_note(card), calls_note(card), *card.limits]
    return tuple(line for line in lines if line)


def _training(training: Mapping[str, Any]) -> str:
    data, n, compounds = (training.get(key) for key in ("data", "n", "compounds"))
    if not isinstance(data, str) or not data:
        return "The card does not say what the network was trained on."
    counted = [f"{n} spectra"] if isinstance(n, int) and str(n) not in data else []
    counted += [f"{compounds} compounds"] if isinstance(compounds, int) else []
    return f"{data}{' (' + ', '.join(counted) + ')' if counted else ''}."


def _accuracy(metrics: Mapping[str, Any]) -> str:
    """Of cross-validation by compound: the honest one."""
    found = inside(metrics, "accuracy_10fold", "compound")
    mean = found.get("mean")
    if not isinstance(mean, float):
        return ""
    text = f"Right for {mean:.0%} of held-out compounds of its own data"
    ci = found.get("ci")
    if isinstance(ci, list) and len(ci) == 2 and all(isinstance(x, float) for x in ci):
        text += f" ({ci[0]:.0%}–{ci[1]:.0%})"
    return f"{text}."


def _localisation(metrics: Mapping[str, Any]) -> str:
    """How well the best map tells the class's signals from foreign ones in mixtures of two."""
    methods = inside(metrics, "localisation_held_out", "+1")
    measured = {
        method: value["ink_auc"]
        for method, value in methods.items()
        if isinstance(value, dict) and isinstance(value.get("ink_auc"), float)
    }
    if not measured:
        return ""
    best = max(measured, key=lambda method: measured[method])
    prior = methods[best].get("prior")
    info = METHODS.get(best)
    text = (
        f"In mixtures with one foreign compound its best maps ({info.title if info else best}) "
        f"find the class's signals with an AUC of {measured[best]:.2f}"
    )
    if isinstance(prior, float):
        text += f"; where such signals usually lie alone gives {prior:.2f}"
    return f"{text} (0.5 is chance)."


def calibration_note(card: Card) -> str:
    """How far scores were off as probabilities; empty where the card does not say."""
    error = inside(card.metrics, "calibration").get("ece")
    if not isinstance(error, float):
        return ""
    off = f"on left-out compounds they were off by {error:.1%} on average"
    return f"Its scores are calibrated probabilities: {off}."


def calls_note(card: Card) -> str:
    """What it is worth that a class is called present; empty where the card does not say."""
    rate = inside(card.metrics, "calls").get("fpr")
    told = []
    for cases, where in (("pure", "pure spectra"), ("pure and mixed", "mixtures among them")):
        found = inside(card.metrics, "calls", cases)
        precision, recall = found.get("precision"), found.get("recall")
        if isinstance(precision, float) and isinstance(recall, float):
            told.append(f"{where}: {precision:.0%} of the calls are right, {recall:.0%} found")
    if not isinstance(rate, float) or not told:
        return ""
    return (
        f"A class is called present where at most {rate:.0%} of left-out spectra without it score "
        f"as high ({'; '.join(told)}; means over the classes)."
    )


def _left_out(metrics: Mapping[str, Any]) -> list[str]:
    """How well a network for mixtures does on measured spectra of left-out compounds."""
    sets: dict[str, dict[int, Mapping[str, Any]]] = {}
    for key in metrics:
        name, _, foreign = key.rpartition(" +")
        study = inside(metrics, key, "study")
        known = isinstance(study.get("auroc"), float) and foreign.isdecimal()
        if known and not name.startswith("simulated"):
            sets.setdefault(name, {})[int(foreign)] = study
    return [_of_set(name, by_foreign) for name, by_foreign in sorted(sets.items())]


def _of_set(name: str, by_foreign: Mapping[int, Mapping[str, Any]]) -> str:
    told = [
        f"{study['auroc']:.3f}" + (f" with {foreign} foreign" if foreign else " pure")
        for foreign, study in sorted(by_foreign.items())
    ]
    text = f"Left-out compounds of {name}: mean AUROC of the study's three classes "
    text += ", ".join(told)
    one = by_foreign.get(1, {})
    if isinstance(one.get("ink_auc"), float) and isinstance(one.get("prior"), float):
        text += (
            f"; its maps find the class's signals beside one foreign compound with an AUC of "
            f"{one['ink_auc']:.2f}, where such signals usually lie alone gives {one['prior']:.2f}"
        )
    return f"{text} (0.5 is chance)."


class NetworkSummary(QWidget):
    """A line that opens and closes `summary`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setObjectName("disclosure")
        self.button.setText(TITLE)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setToolTip("Data, mixtures, window, what it was worth, limits")
        self.text = QLabel()
        self.text.setObjectName("caveat")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self.text)
        self.button.toggled.connect(self._on_toggled)
        self.set_card(None)

    def set_card(self, card: Card | None) -> None:
        """Another network, or none."""
        self.setVisible(card is not None)
        self.text.setText("\n".join(f"• {line}" for line in summary(card)) if card else "")

    @Slot(bool)
    def _on_toggled(self, is_open: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.text.setVisible(is_open)
