"""The session's problems as a Qt item model."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.events import Event, ProblemsChanged
from nmrcam_qt.session.session import Session


class ProblemModel(QAbstractListModel):
    """One row per problem, the newest first.

    Parameters
    ----------
    session : Session
        What it shows.
    parent : QObject, optional
        Owner.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._unsubscribe = session.subscribe(self._on_event)
        self.destroyed.connect(self._unsubscribe)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Number of problems."""
        return 0 if parent is not None and parent.isValid() else len(self._session.problems)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """The sentence, and the file's path as the tool tip."""
        problems = self._session.problems
        if not index.isValid() or not 0 <= index.row() < len(problems):
            return None
        problem = problems[len(problems) - 1 - index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return problem.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(problem.path or problem.text)
        return None

    def _on_event(self, event: Event) -> None:
        if isinstance(event, ProblemsChanged):
            self.beginResetModel()
            self.endResetModel()
