"""The log of jobs as a Qt item model: jobs, and below each the pieces of it that failed."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Slot,
)

from nmrcam_qt.core.job_log import Failure, JobChange, JobEntry, JobLog, JobState
from nmrcam_qt.qtmodels.plain_tip import plain_tip

CLOCK_MS = 500
"""How often times and rates of running jobs are shown anew."""

_Index = QModelIndex | QPersistentModelIndex


class JobColumn(enum.IntEnum):
    """Columns of the model."""

    JOB = 0
    STATE = 1
    PROGRESS = 2
    RATE = 3
    LEFT = 4
    ELAPSED = 5
    DETAILS = 6


HEADERS = ("Job", "State", "Progress", "Rate", "Time left", "Elapsed", "Details")
NUMBER_ROLE = int(Qt.ItemDataRole.UserRole)
"""Number of the job, also of a failure below it."""
ENTRY_ROLE = NUMBER_ROLE + 1
"""The `JobEntry`."""
_TOP = 0


class JobModel(QAbstractItemModel):
    """One row per job, the oldest first; below it one row per piece that failed alone.

    Parameters
    ----------
    log : JobLog
        What it shows.
    parent : QObject, optional
        Owner.
    """

    def __init__(self, log: JobLog, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log = log
        self._clock = QTimer(self)
        self._clock.setInterval(CLOCK_MS)
        self._clock.timeout.connect(self._on_clock)
        self._unsubscribe = log.subscribe(self._on_log)
        self.destroyed.connect(self._unsubscribe)

    # Shape

    def index(self, row: int, column: int, parent: _Index | None = None) -> QModelIndex:
        """A job, or a failure below it."""
        parent = QModelIndex() if parent is None else parent
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(row, column, _TOP)
        return self.createIndex(row, column, self._log.entries[parent.row()].number)

    def parent(self, child: _Index | None = None) -> Any:
        """The job of a failure."""
        if child is None:
            return super().parent()
        number = int(child.internalId()) if child.isValid() else _TOP
        row = self._log.row(number) if number != _TOP else None
        return QModelIndex() if row is None else self.createIndex(row, 0, _TOP)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of jobs, or of failures of a job."""
        if parent is None or not parent.isValid():
            return len(self._log.entries)
        if int(parent.internalId()) != _TOP or parent.column() != 0:
            return 0
        return len(self._failures(parent.row()))

    def columnCount(self, parent: _Index | None = None) -> int:
        """See `JobColumn`."""
        return len(JobColumn)

    def job_index(self, number: int, column: int = 0) -> QModelIndex:
        """The cell of a job; invalid where it is forgotten."""
        row = self._log.row(number)
        return QModelIndex() if row is None else self.index(row, column)

    # Content

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tool tip, the job's number and entry."""
        if not index.isValid():
            return None
        number = int(index.internalId())
        if number != _TOP:
            return self._failure_data(number, index, role)
        if index.row() >= len(self._log.entries):
            return None
        return self._job_data(self._log.entries[index.row()], index, role)

    def _job_data(self, entry: JobEntry, index: _Index, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(entry, JobColumn(index.column()))
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(self._tip(entry))
            case Qt.ItemDataRole.TextAlignmentRole if index.column() in _RIGHT:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case int(role) if role == NUMBER_ROLE:
                return entry.number
            case int(role) if role == ENTRY_ROLE:
                return entry
            case _:
                return None

    def _failure_data(self, number: int, index: _Index, role: int) -> Any:
        failures = self._log.failures(number)
        if index.row() >= len(failures):
            return None
        if role == NUMBER_ROLE:
            return number
        said = failure_text(failures[index.row()])
        if role == Qt.ItemDataRole.DisplayRole and index.column() == 0:
            return said
        return plain_tip(said) if role == Qt.ItemDataRole.ToolTipRole else None

    def _text(self, entry: JobEntry, column: JobColumn) -> str:
        match column:
            case JobColumn.JOB:
                return entry.title
            case JobColumn.STATE:
                return state_text(entry)
            case JobColumn.PROGRESS:
                return progress_text(entry)
            case JobColumn.DETAILS:
                return self.details(entry)
            case _:
                return self._time_text(entry, column)

    def _time_text(self, entry: JobEntry, column: JobColumn) -> str:
        if column is JobColumn.RATE:
            rate = self._log.rate(entry.number)
            return "" if rate is None else f"{_three(rate)} {entry.unit}/s"
        if column is JobColumn.LEFT:
            left = self._log.seconds_left(entry.number)
            return "" if left is None else duration_text(left)
        started = entry.started_s is not None
        return duration_text(entry.elapsed(self._log.now)) if started else ""

    def details(self, entry: JobEntry) -> str:
        """What a job is at, waits for, or why it ended as it did."""
        parts = [entry.reason or entry.text]
        ahead = self._log.waits_for(entry.number)
        if ahead is not None:
            parts.append(f"after: {ahead.title}")
        if entry.n_failures:
            parts.append(f"{entry.n_failures} failed")
            listed = len(self._log.failures(entry.number))
            if listed < entry.n_failures:
                parts.append(f"the first {listed} are listed")
        return " · ".join(part for part in parts if part)

    def _tip(self, entry: JobEntry) -> str:
        return "\n".join(
            text for text in (entry.title, state_text(entry), self.details(entry)) if text
        )

    def _failures(self, row: int) -> Sequence[Failure]:
        entries = self._log.entries
        return self._log.failures(entries[row].number) if row < len(entries) else ()

    # Following the log

    def _on_log(self, change: JobChange, row: int) -> None:
        match change:
            case JobChange.ABOUT_TO_ADD:
                self.beginInsertRows(QModelIndex(), row, row)
            case JobChange.ADDED:
                self.endInsertRows()
                self._clock.start()
            case JobChange.ABOUT_TO_REMOVE:
                self.beginRemoveRows(QModelIndex(), row, row)
            case JobChange.REMOVED:
                self.endRemoveRows()
            case JobChange.ABOUT_TO_FAIL:
                at = len(self._failures(row))
                self.beginInsertRows(self.index(row, 0), at, at)
            case JobChange.PIECE_FAILED:
                self.endInsertRows()
            case JobChange.CHANGED:
                last = len(JobColumn) - 1
                self.dataChanged.emit(self.index(row, 0), self.index(row, last))

    @Slot()
    def _on_clock(self) -> None:
        """Times go on where nothing else happens; with nothing open the clock rests."""
        if all(entry.state.is_over for entry in self._log.entries):
            self._clock.stop()
        for row, entry in enumerate(self._log.entries):
            if not entry.state.is_over:
                # A waiting job may wait for another one now.
                self.dataChanged.emit(
                    self.index(row, JobColumn.RATE), self.index(row, JobColumn.DETAILS)
                )


_RIGHT = (JobColumn.RATE, JobColumn.LEFT, JobColumn.ELAPSED)


def failure_text(failure: Failure) -> str:
    """Name and reason; the name once."""
    if failure.reason.startswith(failure.name):
        return failure.reason
    return f"{failure.name}: {failure.reason}"


def state_text(entry: JobEntry) -> str:
    """How far a job is, in words."""
    if entry.cancelling:
        return "cancelling …"
    if entry.state is JobState.SUCCEEDED and entry.n_failures:
        return "done in part"
    return entry.state.value


def progress_text(entry: JobEntry) -> str:
    """For example ``120 of 300``; empty while nothing is known."""
    return f"{entry.done} of {entry.total}" if entry.total > 1 else ""


def duration_text(seconds: float) -> str:
    """``0:07``, ``12:30`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _three(value: float) -> str:
    """Three digits are as much as a rate is worth."""
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.1f}"
