"""Status bar: inference process, running job with cancel, problems."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from nmrcam_qt.core.job_log import JobEntry
from nmrcam_qt.qtmodels.job_model import duration_text
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.workers.inference_client import ServerState, ServerStatus
from nmrcam_qt.workers.runner import JobRunner

MAX_TITLE = 60


class _Title(QLabel):
    """Text that can be clicked."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that ends on the text."""
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class JobBar(QWidget):
    """The oldest running job with its progress; *Cancel* stops it, a click asks for the list.

    Parameters
    ----------
    runner : JobRunner
        Whose jobs it shows.
    parent : QWidget, optional
        Owner.
    """

    asked = Signal(int)
    """Number of the job that was clicked"""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.title = _Title()
        self.title.clicked.connect(self._on_clicked)
        self.bar = QProgressBar()
        self.bar.setFixedWidth(140)
        self.bar.setTextVisible(False)
        self.cancel_button = QToolButton()
        self.cancel_button.setText("Cancel")
        self.cancel_button.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.title, self.bar, self.cancel_button):
            layout.addWidget(widget)
        runner.submitted.connect(self._on_submitted)
        runner.started.connect(self._on_changed)
        runner.progressed.connect(self._on_progressed)
        runner.succeeded.connect(self._on_ended)
        runner.failed.connect(self._on_ended)
        runner.cancelled.connect(self._on_changed)
        self.show_jobs()

    @Slot(int, str)
    def _on_submitted(self, number: int, title: str) -> None:
        self.show_jobs()

    @Slot(int)
    def _on_changed(self, number: int) -> None:
        self.show_jobs()

    @Slot(int, int, int, str)
    def _on_progressed(self, number: int, done: int, total: int, text: str) -> None:
        self.show_jobs()

    @Slot(int, object)
    @Slot(int, str)
    def _on_ended(self, number: int, result: object) -> None:
        self.show_jobs()

    @Slot()
    def _on_cancel(self) -> None:
        if self._runner.running:
            self._runner.cancel(self._shown())
            self.show_jobs()

    @Slot()
    def _on_clicked(self) -> None:
        if self._runner.running:
            self.asked.emit(self._shown())

    def _shown(self) -> int:
        """The oldest job that runs, else the oldest that waits."""
        running = self._runner.running
        entries = map(self._runner.log.find, running)
        begun = (e.number for e in entries if e is not None and e.started_s is not None)
        return next(begun, running[0])

    def show_jobs(self) -> None:
        """Show the oldest running job, or nothing."""
        running = self._runner.running
        self.setVisible(bool(running))
        if not running:
            return
        entry = self._runner.log.find(self._shown())
        if entry is None:
            return
        self.cancel_button.setEnabled(not entry.cancelling)
        self.cancel_button.setToolTip(
            "It was asked to stop." if entry.cancelling else "Stop this job; results so far stay."
        )
        line = self._line(entry, len(running) - 1)
        self.title.setText(line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…")
        self.title.setToolTip(plain_tip(f"{line}\nClick for the list of jobs."))
        self.bar.setUpdatesEnabled(False)  # for each value Qt would paint the window at once
        self.bar.setRange(0, entry.total)
        self.bar.setValue(entry.done)
        self.bar.setUpdatesEnabled(True)

    def _line(self, entry: JobEntry, n_more: int) -> str:
        """Title, count, what it is at, time left, others."""
        parts = ["Cancelling …"] if entry.cancelling else []
        parts.append(entry.title)
        if entry.total > 1:
            parts.append(f"{min(entry.done + 1, entry.total)} of {entry.total}")
        left = self._runner.log.seconds_left(entry.number)
        if left is not None:
            parts.append(f"{duration_text(left)} left")
        if n_more:
            parts.append(f"+{n_more} more")
        if entry.text and entry.text not in entry.title:
            parts.append(entry.text)
        return " · ".join(parts)


class ServerLabel(QLabel):
    """Device and state of the inference process."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_status(ServerStatus(ServerState.STOPPED))

    @Slot(object)
    def show_status(self, status: ServerStatus) -> None:
        """Show another state."""
        device = f" · {status.device}" if status.device else ""
        text = f"Networks: {status.state}{device}"
        text += ", not the GPU" if status.note else ""
        if status.state is ServerState.STOPPED and status.detail:
            text += f" ({status.detail})"
        self.setText(text)
        versions = [f"{name} {version}" for name, version in status.versions.items()]
        tip = ["Networks run in a process of their own; it is started again when it is needed."]
        tip += [text for text in (status.note, status.detail) if text]
        self.setToolTip(plain_tip("\n".join([*tip, *versions])))


class ProblemButton(QToolButton):
    """How many problems there are; opens their list."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problemButton")
        self.clicked.connect(self._on_clicked)
        self.show_count(0)

    def show_count(self, count: int) -> None:
        """Hidden without problems."""
        self.setText("1 problem" if count == 1 else f"{count} problems")
        self.setVisible(count > 0)

    @Slot()
    def _on_clicked(self) -> None:
        self.asked.emit()
