"""Which named projects are open now, kept in the settings: what is left there was killed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

KEY = "projects/open"


class OpenProjects:
    """The named projects that windows of this user have open, one for each window.

    A window that ends takes its project off the list. One that is killed cannot, and so the next
    start knows what was open.

    Parameters
    ----------
    settings : QSettings
        Where the list is kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        self._mine: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them, the latest first; what is no list of names in the settings is none."""
        kept = self._settings.value(KEY, [])
        names = [kept] if isinstance(kept, str) else kept
        if not isinstance(names, list):
            return ()
        return tuple(Path(name) for name in names if isinstance(name, str) and name)

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
        others = [each for each in self.paths if each not in (self._mine, path)]
        self._mine = path
        self._keep([path, *others] if path is not None else others)

    def forget(self, path: Path) -> None:
        """The user knows that this one was open and does not want it now."""
        self._settings.sync()
        self._keep([each for each in self.paths if each != path])

    def _keep(self, paths: list[Path]) -> None:
        if paths:
            self._settings.setValue(KEY, [str(path) for path in paths])
        else:
            self._settings.remove(KEY)
        self._settings.sync()  # a kill asks for nothing to be written
