"""Kill -9 at random moments of scripted sessions; what was confirmed must be in the file.

    python benchmarks/kill_session.py            # 200 kills, writes results/kill_session.json

Every session is a process of its own with the real store: it adds spectra, stores results,
keeps contributions, their intervals and checks of maps, renames, tags, notes, groups, sets axes,
removes, undoes, writes copies, and prints a line after the store said that a step is saved. It is
killed by SIGKILL at a seeded moment. Then the project is opened (which recovers the log), compared
to every state that it may have (step confirmed .. the next twelve; whole steps only), closed, and
checked by ``PRAGMA integrity_check``; a copy that was written must be whole too.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from project_kills import Killer, check  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/kill_session.json")
    given = parser.parse_args()
    kills, failures = [], []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as base, Killer() as killer:
        for seed in range(given.first_seed, given.first_seed + given.kills):
            folder = Path(base) / str(seed)
            folder.mkdir()
            confirmed = killer.kill(folder, seed)
            try:
                kills.append(check(folder, seed, confirmed))
            except Exception as error:
                failures.append(f"seed {seed}, confirmed {confirmed}: {error!r}"[:500])
                print(failures[-1], flush=True)
    report = {
        "command": "python benchmarks/kill_session.py",
        "kills": given.kills,
        "first_seed": given.first_seed,
        "failures": failures,
        "opened_whole_and_with_everything_confirmed": len(kills),
        "killed_before_the_file_was_there": sum(k.found < 0 for k in kills),
        "killed_while_a_copy_was_written": sum(k.copying for k in kills),
        "with_contributions_intervals_or_checks": sum(k.findings > 0 for k in kills),
        "with_a_log_to_recover": sum(k.log_bytes > 0 for k in kills),
        "steps_confirmed_median_and_most": [
            statistics.median(k.confirmed for k in kills),
            max(k.confirmed for k in kills),
        ],
        "with_steps_in_the_file_that_were_not_yet_confirmed": sum(
            k.found > max(k.confirmed, 0) for k in kills
        ),
        "sqlite": sqlite3.sqlite_version,
        "python": sys.version.split()[0],
        "seconds": round(time.perf_counter() - start, 1),
    }
    given.out.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(json.dumps(report, indent=1))
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
