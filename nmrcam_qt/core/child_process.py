"""What every child process of ours is started with. No Qt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, BinaryIO

from nmrcam_qt.core.wire import WireError

NICE = 10
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


def child_environment() -> dict[str, str]:
    """Our package is found from a checkout too; numpy uses one thread per process."""
    environment = dict(os.environ)
    known = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([str(_PACKAGE_PARENT), *([known] if known else [])])
    environment.setdefault("OMP_NUM_THREADS", "1")
    return environment


def creation_flags(*more: str) -> int:
    """Windows: no console window, below normal priority; 0 elsewhere.

    Parameters
    ----------
    *more : str
        Names of further flags of `subprocess`.
    """
    import subprocess  # not for the first paint

    names = ("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS", *more)
    return sum(int(getattr(subprocess, name, 0)) for name in names)


def lower_priority() -> None:
    """Called in a child: the window goes first (Windows: `creation_flags`)."""
    if hasattr(os, "nice"):
        os.nice(NICE)


def pipe_of(stream: IO[bytes] | None) -> BinaryIO:
    """A pipe that a child was started with.

    Raises
    ------
    WireError
        If it has none.
    """
    if stream is None:
        raise WireError("the child has no pipe")
    return stream  # type: ignore[return-value]
