"""Projects without a name: found again after a kill, deleted where they hold nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from project_builders import add, make_record, removed

from nmrcam_qt.session.project import (
    create_project,
    discard,
    is_scratch,
    open_project,
    recoverable,
    scratch_project,
)
from nmrcam_qt.session.store import SaveState

VERSION_1 = Path(__file__).resolve().parents[1] / "data" / "projects" / "version-1.sql"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def killed(path, *records):
    """A scratch project as a killed window leaves it: log, shared memory and lock beside it."""
    opened = create_project(path)
    opened.store.write(add(*records))
    assert opened.store.flush(120)
    left = {p.name: p.read_bytes() for p in path.parent.glob(f"{path.name}*")}
    opened.store.close()
    for name, raw in left.items():
        (path.parent / name).write_bytes(raw)
    assert (path.parent / f"{path.name}-wal").stat().st_size


def test_names_are_new_and_in_the_users_folder(home):
    first, second = scratch_project(), scratch_project()
    assert first != second
    assert first.is_relative_to(home)
    assert not first.exists()
    assert is_scratch(first)
    assert not is_scratch(home / "mine.nmrcam")


def test_what_a_killed_window_left_is_found_and_holds_everything():
    path = scratch_project()
    killed(path, make_record(1), make_record(2))
    assert recoverable() == [path]
    opened = open_project(path)
    assert opened.store.status.state is SaveState.SAVED
    assert len(opened.content.spectra) == 2
    assert recoverable() == []  # it is held now
    opened.store.close()
    assert recoverable() == [path]
    assert not discard(path)
    assert discard(path, only_empty=False)
    assert list(path.parent.iterdir()) == []


def test_the_newest_comes_first():
    paths = [scratch_project() for _ in range(3)]
    for number, path in enumerate(paths):
        opened = create_project(path)
        opened.store.write(add(make_record(1)))
        opened.store.close()
        os.utime(path, (1000 + number, 1000 + number))
    assert recoverable() == paths[::-1]


def test_empty_ones_are_deleted_but_never_one_that_is_held_or_has_a_name(home):
    emptied, held, empty = (scratch_project() for _ in range(3))
    opened = create_project(emptied)
    record = make_record(1)
    opened.store.write(add(record))
    opened.store.write(removed(record))
    opened.store.close()
    create_project(empty).store.close()
    holder = create_project(held)
    named = home / "mine.nmrcam"
    create_project(named).store.close()
    assert not discard(held)
    assert not discard(named)
    assert not discard(home / "missing.nmrcam")
    assert recoverable() == []
    assert [p for p in (emptied, empty, held, named) if p.exists()] == [held, named]
    holder.store.close()


def test_what_cannot_be_read_is_left_alone():
    path = scratch_project()
    path.write_bytes(b"x" * 5000)
    newer = scratch_project()
    create_project(newer).store.close()
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert recoverable() == []
    assert not discard(path)
    assert not discard(newer)
    assert path.exists()
    assert newer.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a file in the way of a folder")
def test_without_a_folder_for_the_user_there_is_one_for_temporary_files(home):
    home.parent.mkdir(exist_ok=True)
    home.write_bytes(b"in the way")
    path = scratch_project()
    try:
        assert is_scratch(path)
        opened = create_project(path)
        opened.store.write(add(make_record(1)))
        assert opened.store.close()
        assert discard(path, only_empty=False)
        assert not path.parent.exists()
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def test_an_unnamed_project_can_be_saved_under_a_name(tmp_path):
    path = scratch_project()
    opened = create_project(path)
    opened.store.write(add(make_record(1)))
    opened.store.save_as(tmp_path / "named.nmrcam")
    assert discard(path, only_empty=False)
    assert opened.store.close()
    again = open_project(tmp_path / "named.nmrcam")
    assert len(again.content.spectra) == 1
    again.store.close()


def test_the_copy_of_an_older_version_is_not_offered_and_goes_with_its_project():
    path = scratch_project()
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1.read_text("utf-8"))
    connection.close()
    other = scratch_project()
    killed(other, make_record(1))
    assert set(recoverable()) == {path, other}
    opened = open_project(path)
    assert len(opened.content.spectra) == 2
    opened.store.close()
    backup = path.with_name(f"{path.stem} (version 1).nmrcam")
    assert backup.exists()
    assert set(recoverable()) == {path, other}, "the copy is no other session"
    assert discard(path, only_empty=False)
    assert not backup.exists()
    assert recoverable() == [other]
