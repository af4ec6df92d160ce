"""Pictures drawn in processes of their own, several at once. No Qt.

Every process keeps its pages warm (`nmrcam_qt.core.writers.page`). The bytes come back and
are written by whoever asked, so that a process that is killed leaves no half file. One that
crashes or hangs fails its picture alone and is replaced.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import IO

from nmrcam_qt.core.child_process import child_environment, creation_flags, pipe_of
from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.core.writers.server import picture_frame

TIMEOUT_S = 120.0
SERVER = (sys.executable, "-P", "-m", "nmrcam_qt.core.writers.server")


class DrawingError(NmrCamError):
    """A picture that could not be drawn; the others are not concerned."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture and its thumbnail (a small PNG), as bytes of files."""

    picture: bytes
    thumbnail: bytes


class DrawingPool:
    """Draws pictures in child processes; use it in a ``with`` block.

    Parameters
    ----------
    size : int, optional
        How many processes; one per processor by default.
    command : sequence of str
        What to start.
    timeout_s : float
        A process that needs longer for one picture is killed.
    """

    def __init__(
        self, size: int | None = None, command: Sequence[str] = SERVER, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.size = max(1, size if size is not None else usable_processors())
        self._command = list(command)
        self._timeout_s = timeout_s
        self._idle: queue.LifoQueue[_Painter] = queue.LifoQueue()
        self._all: set[_Painter] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(self.size, "drawing")

    def submit(self, request: PictureRequest) -> Future[Drawn]:
        """Queue a picture; the future gives `Drawn` or raises `DrawingError`."""
        return self._threads.submit(self._draw, request)

    def close(self) -> None:
        """End the processes at once, also those that draw, and the threads."""
        with self._lock:
            self._closed = True
            for painter in self._all:
                painter.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            painters, self._all = self._all, set()
        for painter in painters:
            painter.close()

    def __enter__(self) -> DrawingPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _draw(self, request: PictureRequest) -> Drawn:
        """In a thread of the pool: ask an idle process, or a new one."""
        painter = self._painter()
        try:
            reply = painter.ask(picture_frame(request, op="draw"), self._timeout_s)
        except WireError as error:
            self._forget(painter)
            if self._closed:
                raise Cancelled from None
            raise DrawingError(f"the drawing process failed ({error})") from None
        self._idle.put(painter)
        if reply.header.get("ok") is not True or len(reply.arrays) != 2:
            raise DrawingError(str(reply.header.get("error", "the picture was not drawn")))
        picture, thumbnail = reply.arrays
        return Drawn(picture.tobytes(), thumbnail.tobytes())

    def _painter(self) -> _Painter:
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait()
        with self._lock:
            if self._closed:
                raise Cancelled
            try:
                painter = _Painter(self._command)
            except OSError as error:
                raise DrawingError(f"the drawing process cannot be started ({error})") from None
            self._all.add(painter)
        return painter

    def _forget(self, painter: _Painter) -> None:
        with self._lock:
            self._all.discard(painter)
        painter.close()


class _Painter:
    """One child process; used by one thread at a time.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # A file, not a pipe: nobody needs to drain it.
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives with us
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=child_environment(),
                # Ctrl-C in a terminal is for us: we end the children, after their pictures. Not a
                # session of its own: Linux shares processors among sessions, whatever their nice.
                process_group=0 if os.name == "posix" else None,
                creationflags=creation_flags("CREATE_NEW_PROCESS_GROUP"),
            )
        except OSError:
            self._said.close()
            raise
        self._greeted = False

    def ask(self, frame: Frame, timeout_s: float) -> Frame:
        """Send a request and wait for its answer.

        Raises
        ------
        WireError
            If the process crashed or hung; it is of no use any more.
        """
        hung = threading.Event()
        timer = threading.Timer(timeout_s, self._on_timeout, (hung,))
        timer.daemon = True
        timer.start()
        try:
            return self._talk(frame)
        except (OSError, ValueError, WireError) as error:
            if hung.is_set():
                raise WireError(f"it gave no answer for {timeout_s:g} s") from None
            raise WireError(self._last_words() or str(error)) from None
        finally:
            timer.cancel()
            timer.join()  # cancelled, it ends at once; not waited for, it outlives the pool

    def _talk(self, frame: Frame) -> Frame:
        stdin, stdout = pipe_of(self._process.stdin), pipe_of(self._process.stdout)
        stdin.write(encode(frame))
        stdin.flush()
        if not self._greeted:
            self._greeted = read_frame(stdout) is not None
        reply = read_frame(stdout) if self._greeted else None
        if reply is None:
            raise WireError("it ended")
        return reply

    def _on_timeout(self, hung: threading.Event) -> None:
        hung.set()
        self.kill()

    def kill(self) -> None:
        """End the process; whoever waits for it gets a `WireError`."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End the process and let go of its pipes."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            # The stdin of a dead process may hold bytes that cannot be flushed any more.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _last_words(self) -> str:
        """Last line on its stderr."""
        with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
            self._process.wait(1.0)
            self._said.seek(0, os.SEEK_END)
            self._said.seek(max(0, self._said.tell() - 4096))
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            return f"it ended; it said: {lines[-1].strip()}" if lines else ""
        return ""


def usable_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
