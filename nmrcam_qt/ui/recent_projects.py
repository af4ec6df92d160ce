"""The projects that were open lately: pinned ones stay, missing ones say so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from nmrcam_qt.qtmodels.plain_tip import plain_tip

KEY = "projects/recent"
KEPT = 12
"""Projects that are remembered besides the pinned ones."""
NONE_YET = "No project was open yet."


@dataclass(frozen=True, slots=True)
class RecentProject:
    """One entry of the list.

    Parameters
    ----------
    path : Path
        The file.
    pinned : bool
        Whether it stays on the list.
    """

    path: Path
    pinned: bool = False


class RecentProjects:
    """The list, kept in the settings.

    Parameters
    ----------
    settings : QSettings
        Where it is kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    @property
    def entries(self) -> tuple[RecentProject, ...]:
        """Pinned ones first, then the latest first; damaged settings are an empty list."""
        try:
            read = json.loads(str(self._settings.value(KEY, "[]")))
        except ValueError:
            return ()
        pairs = read if isinstance(read, list) else []
        found = [
            RecentProject(Path(pair[0]), bool(pair[1]))
            for pair in pairs
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and pair[0]
        ]
        return tuple(sorted(found, key=lambda entry: not entry.pinned))

    def note(self, path: Path) -> None:
        """A project was opened or saved."""
        pinned = self.is_pinned(path)
        others = [entry for entry in self.entries if entry.path != path]
        self._keep([RecentProject(path, pinned), *others])

    def forget(self, path: Path) -> None:
        """Take a project off the list."""
        self._keep([entry for entry in self.entries if entry.path != path])

    def is_pinned(self, path: Path) -> bool:
        """Whether a project stays on the list."""
        return any(entry.path == path and entry.pinned for entry in self.entries)

    def pin(self, path: Path, pinned: bool) -> None:
        """Let a project stay on the list, or no longer."""
        others = [entry for entry in self.entries if entry.path != path]
        self._keep([RecentProject(path, pinned), *others])

    def clear(self) -> None:
        """Forget all that are not pinned."""
        self._keep([entry for entry in self.entries if entry.pinned])

    def _keep(self, entries: list[RecentProject]) -> None:
        pinned = [entry for entry in entries if entry.pinned]
        others = [entry for entry in entries if not entry.pinned][:KEPT]
        pairs = [[str(entry.path), entry.pinned] for entry in [*pinned, *others]]
        self._settings.setValue(KEY, json.dumps(pairs))


class RecentMenu(QMenu):
    """*Open recent*: filled whenever it is opened.

    Parameters
    ----------
    recent : RecentProjects
        What it shows.
    parent : QWidget
        Owner.
    """

    chosen = Signal(object)
    """Path of a project to open"""

    def __init__(self, recent: RecentProjects, parent: QWidget) -> None:
        super().__init__("Open recent", parent)
        self.setToolTipsVisible(True)
        self._recent = recent
        self._present: Path | None = None
        self._unnamed: tuple[tuple[Path, str], ...] = ()
        self.pin = QAction("Keep this project on the list", self)
        self.pin.setCheckable(True)
        # Through `partial`: PySide 6.11 loses slots of a QMenu once its actions were replaced.
        self.pin.toggled.connect(partial(self._pin))
        self.clear_list = QAction("Forget all that are not kept", self)
        self.clear_list.triggered.connect(partial(self._clear_list))
        self.aboutToShow.connect(self.fill)
        self.fill()

    def set_present(self, path: Path | None) -> None:
        """The named project that is open, None for an unnamed session."""
        self._present = path

    def set_unnamed(self, sessions: tuple[tuple[Path, str], ...]) -> None:
        """Sessions that have no name yet: file and title of each."""
        self._unnamed = sessions

    @Slot()
    def fill(self) -> None:
        """One entry per project; what is not there is grey and says so."""
        for action in self.actions():  # `clear` would delete those that stay, too
            self.removeAction(action)
            if action not in (self.pin, self.clear_list):
                action.deleteLater()
        entries = self._recent.entries
        for entry in entries:
            self._add(entry.path, f"★ {entry.path.stem}" if entry.pinned else entry.path.stem)
        if not entries:
            nothing = self.addAction(NONE_YET)
            nothing.setEnabled(False)
            nothing.setToolTip(NONE_YET)
        if self._unnamed:
            self.addSection("Sessions without a name")
            for path, title in self._unnamed:
                self._add(path, title)
        self.addSeparator()
        there = self._present is not None
        self.pin.setEnabled(there)
        pinned = self._present is not None and self._recent.is_pinned(self._present)
        with QSignalBlocker(self.pin):
            self.pin.setChecked(pinned)
        self.pin.setToolTip("" if there else "This session has no name yet: save it first.")
        self.clear_list.setEnabled(any(not entry.pinned for entry in entries))
        self.clear_list.setToolTip("" if self.clear_list.isEnabled() else "There is none.")
        self.addActions([self.pin, self.clear_list])

    def _add(self, path: Path, title: str) -> None:
        action = self.addAction(title.replace("&", "&&"))
        there = path.is_file()
        action.setEnabled(there)
        if not there:
            action.setText(f"{action.text()} (not there)")
        gone = "This file is not there any more:\n"
        action.setToolTip(plain_tip(str(path) if there else f"{gone}{path}"))
        action.triggered.connect(partial(self._choose, path))

    def _choose(self, path: Path, _checked: bool = False) -> None:
        self.chosen.emit(path)

    def _pin(self, pinned: bool) -> None:
        if self._present is not None:
            self._recent.pin(self._present, pinned)

    def _clear_list(self, _checked: bool = False) -> None:
        self._recent.clear()
