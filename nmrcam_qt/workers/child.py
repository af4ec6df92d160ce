"""A child process that answers frames on its pipes. No Qt.

One daemon thread per child writes a request and reads its answer, another drains stderr, so
that whoever waits can poll with a time-out and a child that stops reading hangs nobody.
"""

from __future__ import annotations

import contextlib
import math
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from nmrcam_qt.core.child_process import child_environment, creation_flags, pipe_of
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame

STDERR_LINES = 40
DROPPED_S = 120.0
"""How long a child may still work on what nobody waits for, before it counts as hung."""
_WRITE_S = 1.0


class Reply(queue.Queue[Frame | WireError]):
    """Where an answer appears, once.

    Parameters
    ----------
    limit_s : float
        How long the child may work on the request; time in the queue does not count.
    """

    def __init__(self, limit_s: float = math.inf) -> None:
        super().__init__(maxsize=1)
        self.limit_s = limit_s
        self.deadline = math.inf
        """by the monotonic clock; that of a request that has not begun is far away"""
        self.waited_s = 0.0
        """for which the child had waited for a processor when it was handed over"""
        self.dropped = False
        """nobody waits any more"""
        self.cancel: Frame | None = None
        """what tells the child so, until it is told"""


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
        import subprocess  # not for the first paint

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
        self._writing = threading.Lock()
        self._current: Reply | None = None
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

    @property
    def overdue(self) -> float | None:
        """The limit that the request in hand has broken, in seconds; None where all is well.

        The child lets others go first: what it waited for a processor does not count.
        """
        current = self._current
        if current is None or time.monotonic() <= current.deadline:
            return None
        late = time.monotonic() - current.deadline
        return current.limit_s if late > self._waited_s() - current.waited_s else None

    def _waited_s(self) -> float:
        """Seconds for which its threads were ready to run and had no processor; Linux tells."""
        waited = 0
        for task in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError, IndexError, ValueError):  # a thread has just ended
                waited += int(task.read_text(encoding="ascii").split()[1])
        return waited / 1e9

    def send(self, frame: Frame, limit_s: float = math.inf) -> Reply:
        """Queue a request; its answer, or the reason why there is none, appears in the result.

        Parameters
        ----------
        frame : Frame
            The request.
        limit_s : float
            How long the child may work on it, from when it was handed over; see `overdue`.
        """
        reply = Reply(limit_s)
        self._requests.put((encode(frame), reply))
        return reply

    def drop(self, reply: Reply, cancel: Frame) -> None:
        """Nobody waits for an answer any more.

        A request that is not handed over yet never is; in the middle of one the child is told.

        Parameters
        ----------
        reply : Reply
            Of `send`.
        cancel : Frame
            What tells the child; it has no answer.
        """
        reply.cancel, reply.dropped = cancel, True
        # A child that is slow to read a request is told by `_talk` when it has read it.
        if not self._writing.acquire(timeout=_WRITE_S):
            return
        try:
            if self._current is reply:
                self._tell(reply)
        except (OSError, ValueError):
            pass  # it has ended; whoever asks next is told
        finally:
            self._writing.release()

    def _tell(self, reply: Reply) -> None:
        """Tell the child, once, that nobody waits for this; `_writing` is held."""
        cancel, reply.cancel = reply.cancel, None
        if cancel is not None:
            reply.deadline = min(reply.deadline, time.monotonic() + DROPPED_S)
            self._stdin.write(encode(cancel))
            self._stdin.flush()

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
        import subprocess

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
                with self._writing:
                    if reply.dropped:
                        continue
                    reply.deadline = time.monotonic() + reply.limit_s
                    reply.waited_s = self._waited_s()
                    self._current = reply
                    self._stdin.write(request)
                    self._stdin.flush()
                    self._tell(reply)
                frame = self._receive()
            except (OSError, ValueError) as error:
                reply.put(WireError(f"the pipe broke ({error})"))
            except WireError as error:
                reply.put(error)
            else:
                reply.put(frame if frame is not None else WireError("it ended"))
            finally:
                self._current = None
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
