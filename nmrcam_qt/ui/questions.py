"""Questions about files that only the user can answer, one dialog at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.open_job import OpenRequest, Question

CHOICE_TEXTS = {
    "hc": "¹H first, then ¹³C",
    "ch": "¹³C first, then ¹H",
    "hsqc": "HSQC (one-bond)",
    "hmbc": "HMBC (two- and three-bond)",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """One question that waits for an answer.

    Parameters
    ----------
    text : str
        The question.
    path : str
        The file.
    choices : tuple of str
        Possible answers.
    option : str
        What the answer settles.
    subject : Question or int
        A file to read again, or the id of an item whose experiment is not known.
    """

    text: str
    path: str
    choices: tuple[str, ...]
    option: str
    subject: Question | int

    def same_kind(self, other: Pending) -> bool:
        """Whether one answer may serve both."""
        return (self.option, self.choices) == (other.option, other.choices)


class QuestionDialog(QDialog):
    """One question with its choices.

    Parameters
    ----------
    pending : Pending
        The question.
    alike : int
        Number of files with the same question, this one included.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, pending: Pending, alike: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("nmrcam asks")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._choices = pending.choices
        layout = QVBoxLayout(self)
        name = QLabel(Path(pending.path).name)
        name.setObjectName("questionFile")
        name.setToolTip(plain_tip(pending.path))
        name.setTextFormat(Qt.TextFormat.PlainText)
        text = QLabel(pending.text[:1].upper() + pending.text[1:])
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setMinimumWidth(360)
        layout.addWidget(name)
        layout.addWidget(text)
        self.group = QButtonGroup(self)
        for number, choice in enumerate(pending.choices):
            button = QRadioButton(CHOICE_TEXTS.get(choice, choice))
            self.group.addButton(button, number)
            layout.addWidget(button)
        self.group.idClicked.connect(self._on_clicked)
        self.for_all = QCheckBox(f"The same for all {alike} files with this question")
        self.for_all.setVisible(alike > 1)
        self.for_all.setChecked(alike > 1)
        layout.addWidget(self.for_all)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok)
        self.buttons.addButton("Skip", QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(False)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout.addWidget(self.buttons)

    @property
    def choice(self) -> str | None:
        """The chosen answer."""
        number = self.group.checkedId()
        return self._choices[number] if number >= 0 else None

    @Slot(int)
    def _on_clicked(self, number: int) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(number >= 0)


class Asker(QObject):
    """Keeps the queue of questions and applies the answers.

    Parameters
    ----------
    session : Session
        For experiments and for problems with skipped files.
    window : QWidget
        Over which the dialogs open.
    """

    answered = Signal(object)
    """list of `OpenRequest`"""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._queue: deque[Pending] = deque()
        self.dialog: QuestionDialog | None = None

    @Slot(object)
    def ask_about_files(self, questions: Sequence[Question]) -> None:
        """Queue questions of readers."""
        self._queue += [Pending(q.text, str(q.path), q.choices, q.option, q) for q in questions]
        self._next()

    @Slot(object)
    def ask_for_experiments(self, item_ids: Sequence[int]) -> None:
        """Queue the question HSQC or HMBC for items."""
        items = [item for item in map(self._session.find, item_ids) if item is not None]
        self._queue += [_experiment_question(item) for item in items]
        self._next()

    def end(self) -> None:
        """Ask nothing more: the session is closed."""
        self._queue.clear()
        if self.dialog is not None:
            self.dialog.reject()

    def _next(self) -> None:
        if self.dialog is not None or not self._queue:
            return
        first = self._queue[0]
        alike = sum(first.same_kind(other) for other in self._queue)
        self.dialog = QuestionDialog(first, alike, self._window)
        self.dialog.finished.connect(self._on_finished)
        self.dialog.open()

    @Slot(int)
    def _on_finished(self, result: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None or not self._queue:
            return
        accepted = result == QDialog.DialogCode.Accepted
        choice = dialog.choice if accepted else None
        first = self._queue[0]
        served = [first]
        if dialog.for_all.isChecked():
            served = [p for p in self._queue if p.same_kind(first)]
        self._queue = deque(p for p in self._queue if p not in served)
        self._apply(served, choice)
        self._next()

    def _apply(self, served: Sequence[Pending], choice: str | None) -> None:
        requests: list[OpenRequest] = []
        items = [pending.subject for pending in served if isinstance(pending.subject, int)]
        if items and choice is not None:
            self._session.set_experiment(items, Experiment(choice))
        for pending in served:
            if isinstance(pending.subject, int):
                continue
            if choice is not None:
                requests.append(pending.subject.answered(choice))
            else:
                name = Path(pending.path).name
                text = f"{name}: not opened, the question was skipped ({pending.text})"
                self._session.add_problem(text, pending.path)
        if requests:
            self.answered.emit(requests)


def _experiment_question(item: SessionItem) -> Pending:
    return Pending(
        "Neither the file nor its name says which experiment this is.",
        item.path or item.name,
        tuple(e.value for e in Experiment),
        "experiment",
        item.id,
    )
