"""How long work reports progress and learns that it was cancelled."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a long function is given; the caller decides what to show.

    `step` raises `nmrcam_qt.core.errors.Cancelled` when the user has cancelled.
    """

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say that `done` of `total` units are finished; raise if cancelled."""


class Silent:
    """A progress that nobody watches and nobody cancels."""

    def step(self, done: int, total: int, text: str = "") -> None:
        """Do nothing."""


SILENT = Silent()
