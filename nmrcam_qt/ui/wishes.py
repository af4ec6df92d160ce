"""Which project the user wants to see: the one that was asked for last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.writers.files import is_same_file


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A project that was asked for.

    Parameters
    ----------
    path : Path or None
        Its file; None for a new one.
    unnamed : bool
        Whether it is a session without a name.
    """

    path: Path | None
    unnamed: bool


class LatestWish:
    """One project is read at a time, and of several that were asked for the last one is shown.

    Were they read one after the other, the last could be the file that the first one still
    holds, and it would be open for reading only.

    Parameters
    ----------
    begin : callable
        Begins the job that reads a project; gives its number.
    cancel : callable
        Asks that job to stop.
    """

    def __init__(self, begin: Callable[[Wish], int], cancel: Callable[[int], None]) -> None:
        self._begin, self._cancel = begin, cancel
        self._wanted: Wish | None = None
        self._read: Wish | None = None
        self._number = 0

    def is_for(self, path: Path | None) -> bool:
        """Whether this file, or a new one, is what was asked for last and is not shown yet."""
        if self._wanted is None:
            return False
        wanted = self._wanted.path
        if path is None or wanted is None:
            return path is wanted
        return path == wanted or is_same_file(path, wanted)

    def ask(self, path: Path | None, unnamed: bool) -> None:
        """Read this one and no other; what is read already ends first."""
        self._wanted = Wish(path, unnamed)
        self._go_on()

    def forget(self) -> bool:
        """The project that is shown is the one that is wanted; whether another one was."""
        was, self._wanted = self._wanted, None
        self._go_on()
        return was is not None

    def is_read_by(self, number: int) -> bool:
        """Whether this job reads one."""
        return self._read is not None and number == self._number

    @property
    def is_wanted(self) -> bool:
        """Whether what is being read is still what is wanted."""
        return self._read is not None and self._read is self._wanted

    def answered(self) -> bool:
        """The job has ended, and nobody holds its file any more where it is not wanted.

        Returns
        -------
        bool
            Whether it was wanted; if not, the next one is begun.
        """
        wanted, self._read = self.is_wanted, None
        if not wanted:
            self._go_on()
        return wanted

    def end(self) -> None:
        """It is shown, or cannot be had."""
        self._wanted = None

    def _go_on(self) -> None:
        if self._read is not None:
            self._cancel(self._number)
        elif self._wanted is not None:
            self._read = self._wanted
            self._number = self._begin(self._wanted)
