"""What stands above several panes: what they have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget


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
        self.analyse_all = QPushButton("Analyse all panes")
        self.analyse_all.setToolTip("Make the maps of all panes that have none")
        self.analyse_all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(self.heading, 1)
        row.addWidget(self.analyse_all)
        self.hide()
