"""What the window says of its project: bars above the spectrum, a word in the status bar."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.store import SaveState
from nmrcam_qt.ui.notice_bar import Choice, Middle, Tone
from nmrcam_qt.ui.project_desk import ProjectDesk
from nmrcam_qt.ui.save_label import SaveLabel
from nmrcam_qt.workers.project_jobs import Killed, Unnamed

CONTINUE = "Your last session has no name yet ({title})."
RECOVER = "nmrcam did not end properly. Your session is kept ({title})."
KILLED = "“{title}” was open when the program ended unexpectedly. What was saved is all there."
GONE = (
    "“{title}” was open when the program ended unexpectedly, but its file is not there any more: "
    "{path}"
)
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
        desk.offers.changed.connect(self._on_offers)

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
        """Offer what was open or not named yet, as long as the present session is empty."""
        if not self._desk.is_blank:
            self._middle.offer_bar.silence()
        elif self._desk.offers.killed:
            self._offer_killed(self._desk.offers.killed[0])
        elif self._desk.offers.unnamed:
            self._offer_unnamed(self._desk.offers.unnamed)
        else:
            self._middle.offer_bar.silence()

    def _offer_killed(self, killed: Killed) -> None:
        """A named project first: it was open when there was no time to say anything."""
        bar, path = self._middle.offer_bar, killed.path
        title, forget = one_line(path.stem), partial(self._forget, path)
        if killed.there:
            choices = (("Open it again", partial(self._desk.open, path)), ("Not now", forget))
            bar.say(Tone.OFFER, KILLED.format(title=title), choices)
            bar.text.setToolTip(plain_tip(str(path)))
        else:
            said = GONE.format(title=title, path=one_line(str(path)))
            bar.say(Tone.WARNING, said, (("OK", forget),))

    def _forget(self, path: Path) -> None:
        """What comes next may have the same words, and is another project."""
        self._middle.offer_bar.silence()
        self._desk.offers.forget(path)

    def _offer_unnamed(self, offers: tuple[Unnamed, ...]) -> None:
        first = CONTINUE if self._desk.offers.continues_last else RECOVER
        text = first.format(title=offers[0].title)
        if len(offers) > 1:
            text += ONE_MORE if len(offers) == 2 else MORE.format(count=len(offers) - 1)
        verb = "Continue last session" if self._desk.offers.continues_last else "Recover"
        choices = (
            (verb, self._on_continue),
            ("Discard …", self._on_discard),
            ("Not now", self._on_not_now),
        )
        self._middle.offer_bar.say(Tone.OFFER, text, choices)

    @Slot()
    def _on_continue(self) -> None:
        if self._desk.offers.unnamed:
            self._desk.open(self._desk.offers.unnamed[0].path)

    @Slot()
    def _on_not_now(self) -> None:
        self._middle.offer_bar.silence()

    @Slot()
    def _on_discard(self) -> None:
        count = len(self._desk.offers.unnamed)
        what = "this session" if count == 1 else f"all {count} sessions without a name"
        box = QMessageBox(self._middle)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("nmrcam")
        box.setText(f"Delete {what}? That cannot be undone.")
        discard = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        discard.clicked.connect(self._desk.offers.discard_unnamed)
        box.open()
