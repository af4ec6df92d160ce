"""A real Dask cluster on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

WAIT_S = 60.0


class Cluster:
    """A scheduler and its workers; use it in a ``with`` block.

    Parameters
    ----------
    folder : Path
        For the workers' files and what the processes say.
    settings : mapping
        Environment variables for all processes.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "scheduler.json"
        self._environment = {
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": str(Path(__file__).parent),
            "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
            **settings,
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("dask_scheduler", "--port", "0")
        self.address = str(self._described()["address"])

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def add_worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker of one thread; without a nanny unless the options say otherwise."""
        number = len(self.processes)
        return self._start(
            "dask_worker",
            *("--scheduler-file", str(self._file), "--nthreads", "1", "--memory-limit", "0"),
            *("--local-directory", str(self.folder / f"worker{number}")),
            *(options or ("--no-nanny",)),
        )

    def said(self) -> str:
        """All that the processes have printed."""
        return "".join(p.read_text("utf-8", "replace") for p in sorted(self.folder.glob("*.log")))

    def _start(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1"]
        extra: Sequence[str] = ("--dashboard-address", "127.0.0.1:0", *options)
        if program == "dask_scheduler":
            extra = (*extra, "--scheduler-file", str(self._file))
        with (self.folder / f"{len(self.processes)}-{program}.log").open("wb") as log:
            made = subprocess.Popen(
                [*command, *extra],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        self.processes.append(made)
        return made

    def _described(self) -> dict[str, object]:
        """What the scheduler writes into its file when it is ready."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            try:
                return dict(json.loads(self._file.read_text("utf-8")))
            except (OSError, ValueError):
                time.sleep(0.05)
        raise TimeoutError(self.said())
