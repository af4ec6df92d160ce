"""Ctrl+C at any moment: heard once, answered with one line.

The interrupt comes between any two instructions. Within TensorFlow it breaks what compiled code
is about to finish (``SystemError``, or the process dies of the signal at its end), so that it
waits until that call is done. Within ``__init__`` or ``__del__`` of something from Python's
library, what was half made complains when it goes (``ZipFile`` does, with a traceback), and an
interrupt within a ``__del__`` or a callback is printed and forgotten; both are what Python calls
*unraisable* exceptions.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN_S = 0.02
COMPILED = frozenset({"tensorflow", "keras"})
"""Packages whose calls are finished first; a second Ctrl+C does not wait."""
OWN = "nmrcam_qt"


@contextmanager
def heard() -> Iterator[None]:
    """Interrupts reach the program's own code, and none is forgotten."""
    before, handler = sys.unraisablehook, signal.getsignal(signal.SIGINT)
    again: list[threading.Timer] = []

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            before(unraisable)
            return
        # Raised in here it would be forgotten like the first.
        again.append(threading.Timer(AGAIN_S, _thread.interrupt_main))
        again[-1].daemon = True
        again[-1].start()

    # Others' handlers stay, and only the main thread may have one.
    own = handler is signal.default_int_handler and _in_main_thread()
    sys.unraisablehook = hook
    if own:
        signal.signal(signal.SIGINT, _Patient())
    try:
        yield
    finally:
        if own:
            signal.signal(signal.SIGINT, handler)
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


class _Patient:
    """The handler of SIGINT: raises at once, or as soon as our own code goes on."""

    def __init__(self) -> None:
        self._waiting = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        ours = None if self._waiting else caller_of_compiled(frame)
        if ours is None:
            raise KeyboardInterrupt
        self._waiting, before = True, sys.gettrace()

        def interrupt(frame: FrameType, event: str, arg: Any) -> Any:
            sys.settrace(before)
            raise KeyboardInterrupt

        ours.f_trace = interrupt
        # Frames are traced only where there is a function for new ones, too.
        sys.settrace(lambda *_: None)


def caller_of_compiled(frame: FrameType | None) -> FrameType | None:
    """The innermost call of ours that waits for a compiled package; None where none does."""
    found: FrameType | None = None
    within = False
    while frame is not None:
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in COMPILED:
            found, within = None, True
        elif within and found is None and package == OWN:
            found = frame
        frame = frame.f_back
    return found


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
