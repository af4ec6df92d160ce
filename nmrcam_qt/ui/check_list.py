"""A list of boxes to tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

_ROWS = 6


class CheckList(QListWidget):
    """As high as it needs to be; its items are ticked or not.

    Parameters
    ----------
    titles : mapping
        Texts by id.
    name : str
        Of the object.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, titles: Mapping[str, str], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        for key, title in titles.items():
            item = QListWidgetItem(title, self)
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            item.setCheckState(Qt.CheckState.Unchecked)
        rows = max(1, min(len(titles), _ROWS))
        self.setFixedHeight(rows * max(18, self.sizeHintForRow(0)) + 6)

    def checked(self) -> tuple[str, ...]:
        """Ids of the ticked items, in their order."""
        items = [self.item(row) for row in range(self.count())]
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        )

    def check(self, wanted: Sequence[str]) -> None:
        """Tick these ids and no others."""
        for row in range(self.count()):
            item = self.item(row)
            on = item.data(Qt.ItemDataRole.UserRole) in wanted
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
