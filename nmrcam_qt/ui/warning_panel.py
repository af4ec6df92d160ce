"""What limits trust in the scores."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QVBoxLayout, QWidget

from nmrcam_qt.core.readers.options import BOTH_ASSUMED
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.shown import Shown

AXES_GUESSED = (
    "Axes assumed 10–0 / 0–200 ppm: where the picture shows another window, all ppm and "
    "scores are wrong. Set them under Spectrum."
)
STALE = (
    "These scores and maps were made by another version of the network than the installed one: "
    "analyse again (A) to renew them."
)
AXES_CLAUSES = (BOTH_ASSUMED,)
"""Of the reader, which say less than `AXES_GUESSED`."""
MOST, FIRST = 4, 3
"""More than `MOST` warnings would push the scores out of the window: the `FIRST` ones stand there,
the others are one click away."""


class WarningPanel(QFrame):
    """One paragraph per warning, the last of many behind a button; hidden without any."""

    grown = Signal()
    """There is a warning that was not there before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("warnings")
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.text)
        self.more = QToolButton()
        self.more.setObjectName("moreWarnings")
        self.more.setAutoRaise(True)
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setToolTip("Show all warnings, or only the first")
        self.more.toggled.connect(self._show)
        layout.addWidget(self.more)
        self._warnings: tuple[str, ...] = ()
        self.hide()

    def set_warnings(self, warnings: Sequence[str]) -> None:
        """One paragraph each; who has opened all of them sees those of other spectra, too."""
        new = set(warnings) - set(self._warnings)
        self._warnings = tuple(warnings)
        self._show()
        self.setVisible(bool(warnings))
        if new:
            self.grown.emit()

    @Slot()
    def _show(self) -> None:
        many, opened = len(self._warnings) > MOST, self.more.isChecked()
        shown = self._warnings if opened or not many else self._warnings[:FIRST]
        self.text.setText("\n".join(f"⚠ {warning}" for warning in shown))
        self.more.setVisible(many)
        self.more.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        count = max(len(self._warnings) - FIRST, 0)
        self.more.setText("Fewer warnings" if opened else f"{count} more warnings")


def warnings_of(shown: Shown) -> list[str]:
    """Those of the scores; before an analysis why there can be none, and the assumptions.

    What a reader merely did (notes) is no warning; the spectrum's panel shows it.
    """
    if shown.item is None:
        return []
    provenance = shown.item.packed.provenance
    if shown.analysis is not None:
        # What the score was worth stands beside the scores.
        said = [STALE] if _is_stale(shown) else []
        said += shown.analysis.prediction.warnings
    else:
        said = [shown.refusal] if shown.refusal else _wrong_experiment(shown.item, shown.plan)
        said += provenance.assumed
    if provenance.axes_assumed:
        said = [AXES_GUESSED, *(text for text in said if text.rstrip(".") not in AXES_CLAUSES)]
    sentences = (text[:1].upper() + text[1:].rstrip(".") + "." for text in said)
    return list(dict.fromkeys(sentences))


def _is_stale(shown: Shown) -> bool:
    """Whether the scores were made by other weights than those that are installed now."""
    made = shown.analysis.prediction.network_sha256 if shown.analysis is not None else ""
    now = shown.plan.card.sha256 if shown.plan is not None else ""
    return bool(made and now and made != now)


def _wrong_experiment(item: SessionItem, plan: Plan | None) -> list[str]:
    """What the scores will say, too, where the user chose a network of the other experiment."""
    if plan is None or item.experiment is None or item.experiment in plan.card.experiments:
        return []
    wanted = plan.card.experiments[0].label
    return [f"The network was trained on {wanted}, this is {item.experiment.label}"]
