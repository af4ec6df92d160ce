"""Which named projects are open now, kept in the settings: what is left there was killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PySide6.QtCore import QSettings

KEY = "projects/windows"
"""A group with one entry for each window: two of them never write the same one, and windows that
begin or end at the same moment, as at a logout, lose nothing of each other's."""
MOST, MOST_CHARACTERS = 20, 4096
"""Of projects that are kept, and of letters in a name: whoever wrote more was not this program."""


class OpenProjects:
    """The named projects that windows of this user have open, one for each window.

    A window that ends takes its project off. One that is killed cannot, and so the next
    start knows what was open.

    Parameters
    ----------
    settings : QSettings
        Where they are kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._mine: Path | None = None
        self._key = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them, the latest first; what is no full name of a file in the settings is none."""
        paths = dict.fromkeys(path for _, path in self._entries())
        return tuple(paths)[:MOST]

    def take(self, path: Path | None) -> None:
        """This window has that project open now, and no other one; None for none.

        Parameters
        ----------
        path : Path or None
            Of a named project that is open for writing.
        """
        if path == self._mine:
            return
        self._settings.sync()  # what other windows wrote meanwhile
        if self._mine is not None:
            self._settings.remove(self._key)
        self._mine = path
        if path is not None:
            self._drop(path)
            self._key = f"{KEY}/{time.time_ns():020d} {os.getpid()}"
            self._settings.setValue(self._key, str(path))
        self._settings.sync()  # a kill asks for nothing to be written

    def forget(self, path: Path) -> None:
        """The user knows that this one was open and does not want it now."""
        self._settings.sync()
        self._drop(path)
        self._settings.sync()

    def _drop(self, path: Path) -> None:
        for key, other in self._entries():
            if other == path:
                self._settings.remove(key)

    def _entries(self) -> list[tuple[str, Path]]:
        """Keys and what stands there, the latest first."""
        self._settings.beginGroup(KEY)
        names = sorted(self._settings.childKeys(), reverse=True)
        self._settings.endGroup()
        found = [(key, self._settings.value(key)) for key in (f"{KEY}/{name}" for name in names)]
        texts = [(k, v) for k, v in found if isinstance(v, str) and len(v) <= MOST_CHARACTERS]
        return [(key, Path(text)) for key, text in texts if Path(text).is_absolute()]
