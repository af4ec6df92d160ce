"""What stands above several panes: what they have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.ui.plot_values import LEAST_PLOT

TOO_SMALL = "Too small for projections"
WHY_TOO_SMALL = (
    f"Panes whose plot is smaller than {LEAST_PLOT[0]} × {LEAST_PLOT[1]} pixels show neither "
    "projections nor traces, so that the spectrum keeps its room. Show fewer panes, enlarge the "
    "window, or double-click a heading to see that pane alone."
)


class CommonStrip(QWidget):
    """Heading and button of all panes together; hidden until there are several."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("commonStrip")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.heading = QLabel()
        self.heading.setObjectName("verdict")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setWordWrap(True)
        self.remark = QLabel(TOO_SMALL)
        self.remark.setObjectName("caveat")
        self.remark.setToolTip(plain_tip(WHY_TOO_SMALL))
        self.remark.hide()
        self.analyse_all = QPushButton("Analyse all panes")
        self.analyse_all.setToolTip("Make the maps of all panes that have none")
        self.analyse_all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(self.heading, 1)
        row.addWidget(self.remark)
        row.addWidget(self.analyse_all)
        self.hide()

    @Slot(bool)
    def show_given_up(self, given_up: bool) -> None:
        """Say that there are panes without the projections or traces that are wanted."""
        self.remark.setVisible(given_up)
