"""Ctrl+C at any moment: heard once, answered with one line.

The interrupt comes between any two instructions, also within ``__init__`` or ``__del__`` of
something from Python's library. What was half made then complains when it goes (``ZipFile``
does, with a traceback), and an interrupt within a ``__del__`` or a callback is printed and
forgotten. Both are what Python calls *unraisable* exceptions.
"""

from __future__ import annotations

import _thread
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN_S = 0.02


@contextmanager
def heard() -> Iterator[None]:
    """An interrupt that came where it cannot be raised comes once more, a moment later."""
    before = sys.unraisablehook
    again: list[threading.Timer] = []

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            before(unraisable)
            return
        # Raised in here it would be forgotten like the first.
        again.append(threading.Timer(AGAIN_S, _thread.interrupt_main))
        again[-1].daemon = True
        again[-1].start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()


def let_go(error: BaseException) -> None:
    """Let go of what the interrupted calls held; what is half made goes without a word.

    Parameters
    ----------
    error : BaseException
        The caught interrupt. Its traceback and those of what it interrupted hold the calls.
    """
    before = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        held: BaseException | None = error
        while held is not None:
            traceback.clear_frames(held.__traceback__)
            held = held.__context__
    finally:
        sys.unraisablehook = before
