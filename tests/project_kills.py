"""Kills sessions at random moments and looks at what they left."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from project_builders import facts
from project_script import COPY, MAX_STEPS, PROJECT, expected, finding_facts

from nmrcam_qt.session.project import Opened, open_project
from nmrcam_qt.session.records import Finding, ProjectState

SCRIPT = Path(__file__).with_name("project_script.py")


@dataclass(frozen=True)
class Kill:
    """What one kill left.

    Parameters
    ----------
    seed : int
        Of the session.
    confirmed : int
        Steps that the store had called saved.
    found : int
        Steps that were in the file: as many or more.
    log_bytes : int
        Of the write-ahead log that was left.
    copying : bool
        Whether it hit the making of a copy.
    findings : int
        Contributions, intervals of maps and checks in the file.
    """

    seed: int
    confirmed: int
    found: int
    log_bytes: int
    copying: bool
    findings: int = 0


class Killer:
    """Starts sessions and kills them; a context manager."""

    def __enter__(self):
        self.nursery = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(self, *_):
        self.nursery.stdin.close()
        self.nursery.wait(30)
        self.nursery.stdout.close()

    def kill(self, folder: Path, seed: int) -> int:
        """Kill a session at a random moment; how many of its steps were confirmed."""
        rng = random.Random(seed + 2)  # noqa: S311
        self.nursery.stdin.write(f"{folder}\t{seed}\n")
        word, child = self.nursery.stdout.readline().split()
        assert word == "process", word
        # Any moment: during the making of the file, or a while after some confirmed step.
        wanted, wait = (
            rng.choice([-1, rng.randrange(60)]) if rng.random() < 0.2 else (rng.randrange(60)),
            rng.uniform(0, 0.02),
        )
        confirmed = -1
        while confirmed < wanted:
            line = self.nursery.stdout.readline().split()
            assert line[0] == "confirmed", line
            confirmed = int(line[1])
        time.sleep(wait)
        os.kill(int(child), signal.SIGKILL)
        for line in iter(self.nursery.stdout.readline, "ended\n"):
            if line.startswith("confirmed"):
                confirmed = int(line.split()[1])
        return confirmed


def check(folder: Path, seed: int, confirmed: int) -> Kill:
    """Everything confirmed must be there, whole steps only, in order."""
    path = folder / PROJECT
    copying = any(folder.glob(f".{COPY}.part"))
    if not path.exists():
        assert confirmed < 0, "a confirmed project is gone"
        return Kill(seed, confirmed, -1, 0, False)
    log = path.with_name(path.name + "-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    opened = open_project(path)
    assert opened.notices == (), opened.notices
    held = facts(opened.content) | {"findings": finding_facts(found_out(path, opened))}
    assert opened.store.close()
    sound(path)
    possible = expected(seed, max(confirmed, 0), min(confirmed + 12, MAX_STEPS))
    found = next(
        (n for n, (content, looks) in enumerate(possible) if is_one(held, content, looks)), None
    )
    assert found is not None, f"seed {seed}: what is in the file is no state after step {confirmed}"
    assert not list(folder.glob(f".{PROJECT}.part*"))
    if (folder / COPY).exists():
        sound(folder / COPY)
        copy = open_project(folder / COPY)
        facts(copy.content)
        found_out(folder / COPY, copy)
        assert copy.notices == ()
        assert copy.store.close()
        assert not list(folder.glob(".*"))
    steps = max(confirmed, 0) + found
    return Kill(seed, confirmed, steps, log_bytes, copying, len(held["findings"]))


def is_one(held: dict, content: dict, looks: list[ProjectState]) -> bool:
    """Whether a project holds this, with the place and the view of any of the looks."""
    state = held["state"]
    gone = [look.current not in {r[0] for r in content["spectra"]} for look in looks]
    currents = [None if away else look.current for away, look in zip(gone, looks, strict=True)]
    known = state.current in currents and state.view in [look.view for look in looks]
    return known and held == content | {"state": state}


def found_out(path: Path, opened: Opened) -> list[Finding]:
    """Contributions, intervals and checks of the spectra that are there, read whole."""
    there = {record.id for record in opened.content.spectra}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT place, basis, items FROM findings").fetchall()
    kept = [(place, basis, tuple(json.loads(items))) for place, basis, items in rows]
    return [
        Finding(place, basis, items, opened.store.finding(place, basis))
        for place, basis, items in kept
        if there.issuperset(items)
    ]


def sound(path: Path) -> None:
    """SQLite's own check."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
