"""What the window says of its project: bars above the spectrum, a word in the status bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from nmrcam_qt.session.store import SaveState
from nmrcam_qt.ui.notice_bar import Choice, Middle, Tone
from nmrcam_qt.ui.project_desk import ProjectDesk
from nmrcam_qt.ui.save_label import SaveLabel

CONTINUE = "Your last session has no name yet ({title})."
RECOVER = "nmrcam did not end properly. Your session is kept ({title})."
MORE = " {count} older ones are in the menu File, Open recent."
ONE_MORE = " An older one is in the menu File, Open recent."


class Notices(QObject):
    """Keeps bars and label up to date.

    Parameters
    ----------
    desk : ProjectDesk
        Whose project.
    middle : Middle
        Has the bars.
    label : SaveLabel
        In the status bar.
    save_as : Choice
        Text and command of *Save as*.
    """

    def __init__(
        self, desk: ProjectDesk, middle: Middle, label: SaveLabel, save_as: Choice
    ) -> None:
        super().__init__(desk)
        self._desk = desk
        self._middle = middle
        self._label = label
        self._save_as = save_as
        desk.changed.connect(self.refresh)
        desk.offers_changed.connect(self._on_offers)

    @Slot()
    def refresh(self) -> None:
        """Say how the project is saved."""
        status, bar = self._desk.status, self._middle.save_bar
        self._label.show_status(status)
        if status is None or status.state in (SaveState.SAVED, SaveState.SAVING):
            if status is None or status.state is SaveState.SAVED:
                bar.silence()
        elif status.state is SaveState.FAILED:
            retry = ("Try again", self._desk.retry)
            bar.say(Tone.ALARM, f"Not saved. {status.text}.", (retry, self._save_as))
        else:
            retry = ("Try again", self._desk.retry)
            bar.say(Tone.WARNING, f"{status.text}.", (self._save_as, retry))

    @Slot(object)
    def _on_offers(self, _: object) -> None:
        self.refresh_offer()

    def refresh_offer(self) -> None:
        """Offer an earlier session, as long as the present one is empty."""
        offers, bar = self._desk.offers, self._middle.offer_bar
        if not offers or not self._desk.is_blank:
            bar.silence()
            return
        first = CONTINUE if self._desk.continues_last else RECOVER
        text = first.format(title=offers[0].title)
        if len(offers) > 1:
            text += ONE_MORE if len(offers) == 2 else MORE.format(count=len(offers) - 1)
        verb = "Continue last session" if self._desk.continues_last else "Recover"
        choices = (
            (verb, self._on_continue),
            ("Discard …", self._on_discard),
            ("Not now", self._on_not_now),
        )
        bar.say(Tone.OFFER, text, choices)

    @Slot()
    def _on_continue(self) -> None:
        if self._desk.offers:
            self._desk.open(self._desk.offers[0].path)

    @Slot()
    def _on_not_now(self) -> None:
        self._middle.offer_bar.silence()

    @Slot()
    def _on_discard(self) -> None:
        count = len(self._desk.offers)
        what = "this session" if count == 1 else f"all {count} sessions without a name"
        box = QMessageBox(self._middle)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("nmrcam")
        box.setText(f"Delete {what}? That cannot be undone.")
        discard = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        discard.clicked.connect(self._desk.discard_offers)
        box.open()
