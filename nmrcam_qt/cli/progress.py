"""Progress on a terminal: one line on stderr that is rewritten, or a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from nmrcam_qt.core.plain_text import one_line

_TERMINAL_SECONDS = 0.1
_LOG_SECONDS = 15.0


class ConsoleProgress:
    """A `nmrcam_qt.core.progress.Progress` for the command line.

    Cancelling is Ctrl-C, which Python raises by itself; `step` never raises.

    Parameters
    ----------
    stream : text stream, optional
        Where to write; standard error by default.
    quiet : bool
        Write nothing.
    """

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._quiet = quiet
        self._last = 0.0
        self._text = ""

    def step(self, done: int, total: int, text: str = "") -> None:
        """Show ``done/total text``; a new text at once, the same one rarely."""
        if self._quiet:
            return
        now = time.monotonic()
        pause = _TERMINAL_SECONDS if self._terminal else _LOG_SECONDS
        if now - self._last < pause and (text == self._text or self._terminal):
            return
        self._last, self._text = now, text
        line = one_line(f"{done}/{total} {text}".rstrip())
        self._stream.write(f"\r\x1b[2K{line}" if self._terminal else f"{line}\n")
        self._stream.flush()

    def close(self) -> None:
        """End the line that is being rewritten."""
        if self._terminal and self._text and not self._quiet:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
        self._text = ""
