"""The dock of peaks: their table, what was picked by, and how."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.picked import PeakKind, PickedPeaks
from nmrcam_qt.qtmodels.peak_model import PeakModel, PeakProxy
from nmrcam_qt.session.events import CurrentChanged, Event, ItemChanged
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.contribution_panel import ContributionStrip
from nmrcam_qt.ui.flow_layout import FlowLayout
from nmrcam_qt.ui.peak_desk import OF_A_LIST, PeakDesk, is_list
from nmrcam_qt.ui.peak_settings import PeakSettings
from nmrcam_qt.ui.peak_table import PeakTable

NOTHING_OPEN = "No spectrum is open."
NOT_PICKED = "No peaks yet. Pick them (Shift+P), or add them by hand (E)."
BUTTONS = (
    *("pick_peaks", "edit_peaks", "delete_peaks", "clear_peaks", "copy_peaks", "export_peaks"),
    *("contributions", "peak_ranks", "peak_classes", "lasso", "explain_selection", "pair_peaks"),
    "how_sure",
)
SHORT = {
    "pick_peaks": "Pick",
    "edit_peaks": "Edit",
    "delete_peaks": "Delete",
    "clear_peaks": "Clear",
    "copy_peaks": "Copy",
    "export_peaks": "Export …",
    "contributions": "Contributions",
    "peak_ranks": "By rank",
    "peak_classes": "By class",
    "lasso": "Lasso",
    "explain_selection": "Explain",
    "pair_peaks": "Pairs",
    "how_sure": "How sure?",
}
NO_SIGNALS = (PeakKind.ONE_BOND, PeakKind.SOLVENT, PeakKind.DOUBTFUL)


class PeakPanel(QWidget):
    """Table and settings of one project.

    Parameters
    ----------
    session : Session
        Whose current spectrum is shown.
    desk : PeakDesk
        Selection and edits, shared with the marks in the spectrum.
    parent : QWidget, optional
        Owner.
    """

    copy_asked = Signal()

    def __init__(self, session: Session, desk: PeakDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._desk = session, desk
        self.model = PeakModel(session, desk.edit, desk.peaks_of, self)
        self.proxy = PeakProxy(self.model, self)
        self.table = PeakTable(self.proxy)
        self.count, self.note = QLabel(), QLabel()
        self.note.setObjectName("caveat")
        for label in (self.count, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.strip = ContributionStrip()
        self.settings = PeakSettings()
        self.settings.hide()
        self.disclosure, self.signals_only = _disclosure(), _toggle()
        self._buttons = QWidget()
        self._row = FlowLayout(self._buttons, spacing=3)
        self._arrange()
        self._connect()
        unsubscribe = session.subscribe(self._on_event)
        self.destroyed.connect(unsubscribe)
        self.refresh()
        self._on_marks()

    def _arrange(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.disclosure)
        below.addStretch(1)
        below.addWidget(self.signals_only)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(5)
        for widget in (self._buttons, self.count, self.note):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.strip)
        layout.addLayout(below)
        layout.addWidget(self.settings)

    def _connect(self) -> None:
        table, desk = self.table, self._desk
        table.selected_changed.connect(self._on_rows)
        table.go_asked.connect(desk.go_to)
        table.delete_asked.connect(desk.delete_selected)
        table.copy_asked.connect(self.copy_asked)
        desk.selection_changed.connect(self._on_marks)
        desk.peak_activated.connect(self.show_peak)
        self.model.refused.connect(desk.said)
        self.model.modelReset.connect(self._on_marks)
        self.disclosure.toggled.connect(self._on_disclosed)
        self.signals_only.toggled.connect(self._on_signals_only)

    def set_actions(self, actions: Mapping[str, QAction]) -> None:
        """Buttons for the actions of the window."""
        for name in BUTTONS:
            button = _Button(SHORT[name])
            button.setDefaultAction(actions[name])
            self._row.addWidget(button)

    def restore(self, settings: QSettings) -> None:
        """Take what the user liked last time, and remember what changes from now on."""
        self.settings.restore(settings)
        self.settings.changed.connect(lambda: self.settings.keep_in(settings))

    # Showing

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged():
                self.refresh()
            case ItemChanged(item_id) if self._desk.item and item_id == self._desk.item.id:
                self.refresh()
            case _:
                pass

    @Slot()
    def refresh(self) -> None:
        """Say how many peaks there are, and by what they were picked."""
        item = self._session.current
        picked = self._desk.peaks_of(item)
        listed = item is not None and is_list(item)
        self.count.setText(count_text(picked, listed))
        self.count.setVisible(picked is not None)
        note = NOTHING_OPEN if item is None else NOT_PICKED if picked is None else ""
        self.note.setText(OF_A_LIST if listed else note)
        self.note.setVisible(bool(self.note.text()))

    def show_peak(self, peak_id: int) -> None:
        """Go to the row of a peak."""
        index = self.proxy.index_of(peak_id)
        if not index.isValid() and self.signals_only.isChecked():
            self.signals_only.setChecked(False)
            index = self.proxy.index_of(peak_id)
        self.table.scrollTo(index)
        self._desk.select((peak_id,))
        self.table.setFocus()

    @Slot(object)
    def _on_rows(self, ids: tuple[int, ...]) -> None:
        self._desk.select(ids)

    @Slot()
    def _on_marks(self) -> None:
        self.table.show_selected(self._desk.selected)

    @Slot(bool)
    def _on_disclosed(self, shown: bool) -> None:
        self.settings.setVisible(shown)
        self.disclosure.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)

    @Slot(bool)
    def _on_signals_only(self, only: bool) -> None:
        self.proxy.hide_kinds(NO_SIGNALS if only else ())
        self._on_marks()


class _Button(QToolButton):
    """A button of an action with a shorter text: the whole one is for menus."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._short = text
        self.setObjectName("peakButton")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def actionEvent(self, event: object) -> None:
        """Qt takes the action's text whenever the action changes."""
        super().actionEvent(event)  # type: ignore[arg-type]
        self.setText(self._short)

    def setDefaultAction(self, action: QAction) -> None:
        """The action that a click triggers."""
        super().setDefaultAction(action)
        self.setText(self._short)


def count_text(picked: PickedPeaks | None, listed: bool) -> str:
    """How many peaks, and by what they were picked: ``"43 peaks, 2 edited  ·  base 61.5"``."""
    if picked is None:
        return ""
    peaks = picked.peaks
    text = "1 peak" if len(peaks) == 1 else f"{len(peaks):,} peaks"
    if listed:
        return f"{text} of the list"
    parts = []
    others = sum(peak.kind is not PeakKind.SIGNAL for peak in peaks)
    by_hand = sum(peak.by_hand for peak in peaks)
    parts += [f"{others} no signals"] if others else []
    parts += [f"{by_hand} by hand"] if by_hand else []
    said = [f"{text} ({', '.join(parts)})" if parts else text]
    said += [f"base {picked.base:.4g}"] if picked.base else []
    said += [f"noise {picked.noise:.4g}"] if picked.noise else []
    return "  ·  ".join(said)


def _disclosure() -> QToolButton:
    button = QToolButton()
    button.setObjectName("disclosure")
    button.setText("Picking")
    button.setToolTip("How peaks are picked")
    button.setCheckable(True)
    button.setArrowType(Qt.ArrowType.RightArrow)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return button


def _toggle() -> QToolButton:
    button = QToolButton()
    button.setObjectName("peakButton")
    button.setText("Signals only")
    button.setToolTip("Leave one-bond doublets, solvents and doubtful peaks out of the table")
    button.setCheckable(True)
    return button
