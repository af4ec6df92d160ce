"""Rows and columns of spectrum views, and the start page before there is any."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QGridLayout, QWidget

from nmrcam_qt.ui.pane_layout import PaneOptions, grid_shape
from nmrcam_qt.ui.start_page import StartPage

GAP = 2


class ViewGrid(QGridLayout):
    """Places the views of a pane grid; `start` is None from the first of them on."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(GAP)
        self._shape = (0, 0, 0)
        self.start: StartPage | None = StartPage()
        self.addWidget(self.start, 0, 0)

    def end_start(self) -> None:
        """The start page goes."""
        if self.start is not None:
            self.removeWidget(self.start)
            self.start.hide()
            self.start.deleteLater()
            self.start = None

    def place(
        self, views: Sequence[QWidget], count: int, size: QSize, options: PaneOptions
    ) -> None:
        """Rows and columns for the room there is; nothing happens where they stay.

        Parameters
        ----------
        views : sequence of QWidget
            All there are; those beyond `count` are hidden.
        count : int
            Number of panes.
        size : QSize
            The room, pixels.
        options : PaneOptions
            How the user likes it.
        """
        rows, columns = grid_shape(
            count, size.width(), size.height(), options.arrangement, options.columns
        )
        if (count, rows, columns) == self._shape:
            return
        old_rows, old_columns = self.rowCount(), self.columnCount()
        kept = self._shape[0] if columns == self._shape[2] else 0  # they stay where they are
        self._shape = (count, rows, columns)
        for view in views[kept:]:
            self.removeWidget(view)
        for index, view in enumerate(views):
            if kept <= index < count:
                self.addWidget(view, index // columns, index % columns)
            view.setVisible(index < count)
        for row in range(max(old_rows, rows)):
            self.setRowStretch(row, int(row < rows))
        for column in range(max(old_columns, columns)):
            self.setColumnStretch(column, int(column < columns))
