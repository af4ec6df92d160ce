"""A child process that answers frames on its pipes. No Qt.

One daemon thread per child writes a request and reads its answer, another drains stderr, so
that whoever waits can poll with a time-out and a child that stops reading hangs nobody.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from typing import BinaryIO

from nmrcam_qt.core.child_process import child_environment, creation_flags, pipe_of
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame

STDERR_LINES = 40

Reply = queue.Queue[Frame | WireError]


def python_module(module: str) -> list[str]:
    """Command line that runs a module of ours; ``-P`` keeps the working directory out."""
    return [sys.executable, "-P", "-m", module]


class Child:
    """One running child process with its pipes and threads.

    Parameters
    ----------
    command : sequence of str
        What to start.
    greets : bool
        Whether it sends a frame of its own before the first answer.

    Raises
    ------
    WireError
        If it cannot be started.
    """

    def __init__(self, command: Sequence[str], greets: bool = False) -> None:
        self._greeting_due = greets
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                creationflags=creation_flags(),
            )
        except OSError as error:
            raise WireError(f"{command[0]} cannot be started ({error})") from None
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._requests: queue.Queue[tuple[bytes, Reply] | None] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._talk, name="child-pipes", daemon=True),
            threading.Thread(target=self._drain, name="child-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """Last line the child wrote to stderr."""
        lines = [line for line in self._stderr if line.strip()]
        return lines[-1].strip() if lines else ""

    def send(self, frame: Frame) -> Reply:
        """Queue a request; its answer, or the reason why there is none, appears in the result."""
        reply: Reply = queue.Queue(maxsize=1)
        self._requests.put((encode(frame), reply))
        return reply

    def close(self, grace_s: float = 0.0) -> int:
        """End the process, close the pipes, join the threads.

        Parameters
        ----------
        grace_s : float
            How long an idle child may take to end by itself before it is killed.

        Returns
        -------
        int
            Exit status.
        """
        self._requests.put(None)
        if grace_s > 0:
            self._threads[0].join(grace_s)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_s)
        if self.alive:
            self._process.kill()
        status = self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._stdin, self._stdout, self._stderr_pipe):
            # A dead child's stdin may hold bytes that cannot be flushed any more.
            with contextlib.suppress(OSError):
                pipe.close()
        return status

    def _talk(self) -> None:
        """Write requests and read their answers, one at a time."""
        while (item := self._requests.get()) is not None:
            request, reply = item
            try:
                self._stdin.write(request)
                self._stdin.flush()
                frame = self._receive()
            except (OSError, ValueError) as error:
                reply.put(WireError(f"the pipe broke ({error})"))
            except WireError as error:
                reply.put(error)
            else:
                reply.put(frame if frame is not None else WireError("it ended"))
        with contextlib.suppress(OSError):
            self._stdin.close()

    def _receive(self) -> Frame | None:
        """The next answer, after the greeting."""
        if self._greeting_due:
            self._greeting_due = False
            if read_frame(self._stdout) is None:
                return None
        return read_frame(self._stdout)

    def _drain(self) -> None:
        for line in self._stderr_pipe:
            self._stderr.append(line.decode(errors="replace").rstrip())

    @property
    def _stdin(self) -> BinaryIO:
        return pipe_of(self._process.stdin)

    @property
    def _stdout(self) -> BinaryIO:
        return pipe_of(self._process.stdout)

    @property
    def _stderr_pipe(self) -> BinaryIO:
        return pipe_of(self._process.stderr)


def _environment() -> dict[str, str]:
    """That of every child; besides, TensorFlow is quiet."""
    environment = child_environment()
    environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    environment["PYTHONUNBUFFERED"] = "1"
    return environment
