"""Reads a foreign file once in a small process of its own, before the real reading.

The HDF5 library is written in C; a file made to crash or hang it then ends that process
and is refused, and the application goes on. Run as
``python -P -m nmrcam_qt.ml.importing.probe FILE``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nmrcam_qt.core.errors import NetworkError

TIMEOUT_S = 60
MEMORY_BYTES = 8 * 1024**3
REFUSED = 3


def probe(path: Path, timeout_s: float = TIMEOUT_S) -> None:
    """Read everything in `path` in another process and forget it.

    Raises
    ------
    NetworkError
        If that process refused the file, crashed, or did not end in time.
    """
    package = str(Path(__file__).resolve().parents[3])
    inherited = [p for p in (package, os.environ.get("PYTHONPATH", "")) if p]
    command = [sys.executable, "-P", "-m", __name__, str(path.absolute())]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(inherited)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NetworkError(f"{path.name}: reading took longer than {timeout_s:g} s") from None
    except (OSError, ValueError) as error:
        raise NetworkError(f"{path.name}: cannot be examined ({error})") from None
    if done.returncode == REFUSED:
        raise NetworkError(done.stdout.decode("utf-8", "replace").strip()[:500])
    if done.returncode != 0:
        raise NetworkError(f"{path.name}: damaged, reading it fails (code {done.returncode})")


def main(arguments: list[str]) -> int:
    """Read one file; 0 when nothing is wrong with its outside."""
    from nmrcam_qt.ml.importing.hdf5 import open_checked
    from nmrcam_qt.ml.importing.reader import read_file

    _limit_memory()
    path = Path(arguments[0])
    try:
        foreign = read_file(path)
        with open_checked(foreign.weights) as file:
            _touch("", file)
            file.visititems(_touch)
    except NetworkError as error:
        sys.stdout.buffer.write(str(error).encode("utf-8", "replace"))
        return REFUSED
    return 0


def _touch(_name: str, item: Any) -> None:
    """Read a whole dataset and all attributes: damaged ones make HDF5 loop for ever."""
    import h5py

    for name in item.attrs:
        np.asarray(item.attrs[name])
    if isinstance(item, h5py.Dataset):
        np.asarray(item[()])


def _limit_memory() -> None:
    """Where the system can: a hostile file may not fill the machine's memory."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [MEMORY_BYTES, *(n for n in (soft, hard) if n != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
