"""Status bar: inference process, running job with cancel, problems."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.workers.inference_client import ServerState, ServerStatus
from nmrcam_qt.workers.runner import JobRunner

MAX_TITLE = 60


class JobBar(QWidget):
    """The oldest running job with its progress; *Cancel* stops it.

    Parameters
    ----------
    runner : JobRunner
        Whose jobs it shows.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._progress: dict[int, tuple[int, int, str]] = {}
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
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
        runner.cancelled.connect(self._on_ended)
        self.show_jobs()

    @Slot(int, str)
    def _on_submitted(self, number: int, title: str) -> None:
        self.show_jobs()

    @Slot(int)
    def _on_changed(self, number: int) -> None:
        self.show_jobs()

    @Slot(int, int, int, str)
    def _on_progressed(self, number: int, done: int, total: int, text: str) -> None:
        self._progress[number] = (done, total, text)
        self.show_jobs()

    @Slot(int)
    def _on_ended(self, number: int) -> None:
        self._progress.pop(number, None)
        self.show_jobs()

    @Slot()
    def _on_cancel(self) -> None:
        running = self._runner.running
        if running:
            self._runner.cancel(self._shown(running))
            self.title.setText("Cancelling …")

    def _shown(self, running: tuple[int, ...]) -> int:
        """The oldest job that has begun, else the oldest."""
        return next((number for number in running if number in self._progress), running[0])

    def show_jobs(self) -> None:
        """Show the oldest running job, or nothing."""
        running = self._runner.running
        self.setVisible(bool(running))
        if not running:
            return
        number = self._shown(running)
        done, total, text = self._progress.get(number, (0, 0, ""))
        title = self._runner.title(number)
        parts = [title]
        if total > 1:
            parts.append(f"{min(done + 1, total)} of {total}")
        if text and text not in title:
            parts.append(text)
        if len(running) > 1:
            parts.append(f"+{len(running) - 1} more")
        line = " · ".join(parts)
        self.title.setText(line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…")
        self.title.setToolTip(plain_tip(line))
        self.bar.setRange(0, total)
        self.bar.setValue(done)


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
        text = f"Inference: {status.state}{device}"
        if status.state is ServerState.STOPPED and status.detail:
            text += f" ({status.detail})"
        self.setText(text)
        versions = [f"{name} {version}" for name, version in status.versions.items()]
        tip = ["Networks run in a process of their own; it is started again when it is needed."]
        tip += [status.detail] if status.detail else []
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
