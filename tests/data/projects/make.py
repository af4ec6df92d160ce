"""Writes `version-N.sql`, a small project of the newest version, generated.

    python tests/data/projects/make.py

Run it once when a version is released; files of older versions are never written again.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parents[1])]

from instrument_builders import instrument_record  # noqa: E402
from project_builders import add, make_record, make_result  # noqa: E402

from nmrcam_qt.core.wire import Frame  # noqa: E402
from nmrcam_qt.session.items import ViewSettings  # noqa: E402
from nmrcam_qt.session.project import create_project  # noqa: E402
from nmrcam_qt.session.project.schema import APPLICATION_ID, SCHEMA_VERSION  # noqa: E402
from nmrcam_qt.session.records import Finding, Flag, ProjectState, SampleRecord  # noqa: E402


def write(path: Path) -> None:
    """The project that the tests expect."""
    opened = create_project(path)
    first = make_record(2, sample=1, tags=("a", "b"), flag=Flag.CONFIRMED)
    second = make_record(3, sample=1, title="my title", note="two\nlines")
    measured = instrument_record(5)
    opened.store.write(add(SampleRecord(1, "sample é"), first, second, make_record(4), measured))
    opened.store.write_result(make_result([first], 1))
    opened.store.write_finding(Finding("question", "basis", (2,), Frame({"answer": 42})))
    opened.store.write_state(ProjectState(3, ViewSettings(class_id="indole")))
    opened.store.write(add(make_record(4)).inverse())
    if not opened.store.close():
        raise SystemExit("not saved")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.nmrcam"
        write(path)
        connection = sqlite3.connect(path)
        lines = [
            "PRAGMA auto_vacuum = INCREMENTAL;",
            f"PRAGMA application_id = {APPLICATION_ID};",
            f"PRAGMA user_version = {SCHEMA_VERSION};",
            *connection.iterdump(),
        ]
        connection.close()
    target = HERE / f"version-{SCHEMA_VERSION}.sql"
    target.write_text("\n".join(lines) + "\n", "utf-8")
    print(target)


if __name__ == "__main__":
    main()
