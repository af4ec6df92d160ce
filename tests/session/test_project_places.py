"""Where a project lies: locked by another window, read-only media, a full disk, deleted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from project_builders import (
    add,
    facts,
    make_record,
    removed,
    spectrum_facts,
    write_project,
)

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.project import connecting, create_project, open_project
from nmrcam_qt.session.project.connecting import beside, connect
from nmrcam_qt.session.project.lock import FileLock, HeldError, read_holder
from nmrcam_qt.session.records import ProjectState
from nmrcam_qt.session.store import SaveState

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.nmrcam"


def ids(path):
    opened = open_project(path)
    found = [record.id for record in opened.content.spectra]
    assert opened.store.close()
    return found


def sound(path):
    connection = connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


# Two windows


def test_the_second_window_reads_everything_and_says_who_holds_it(path, tmp_path):
    write_project(path, 3)
    first = open_project(path)
    first.store.write(add(make_record(9)))
    assert first.store.flush(120)
    second = open_project(path)
    assert f"process {os.getpid()}" in second.holder
    status = second.store.status
    assert status.state is SaveState.READ_ONLY
    assert second.holder in status.text
    read = facts(second.content)
    assert read["spectra"][:3] == facts(first.content)["spectra"]
    assert read["results"] == facts(first.content)["results"]
    assert [row[0] for row in read["spectra"]] == [2, 3, 4, 9]
    told = []
    second.store.on_status = told.append
    second.store.write(removed(second.content.spectra[0]))
    second.store.write(add(make_record(20)))
    second.store.write_state(ProjectState(None, ViewSettings(opacity=0.5)))
    assert not second.store.flush(1)
    assert second.store.status.pending == 3
    second.store.save_copy(tmp_path / "copy.nmrcam")
    assert not second.store.close()
    assert told[-1].pending == 3
    assert first.store.status.state is SaveState.SAVED
    assert first.store.close()
    assert ids(path) == [2, 3, 4, 9]
    assert ids(tmp_path / "copy.nmrcam") == [3, 4, 9, 20]


def test_a_read_only_window_can_go_on_under_another_name(path, tmp_path):
    write_project(path, 2)
    first, second = open_project(path), open_project(path)
    kept = second.content.spectra[0]
    second.store.write(add(make_record(20)))
    second.store.save_as(tmp_path / "mine.nmrcam")
    assert second.store.status.state in (SaveState.SAVED, SaveState.SAVING)
    expected = spectrum_facts(kept)
    second.store.write(add(make_record(21)))
    assert second.store.close()
    first.store.close()
    assert ids(path) == [2, 3]
    assert ids(tmp_path / "mine.nmrcam") == [2, 3, 20, 21]
    opened = open_project(tmp_path / "mine.nmrcam")
    assert spectrum_facts(opened.content.spectra[0]) == expected
    opened.store.close()


def test_closing_does_not_wait_for_a_second_window(path, monkeypatch):
    monkeypatch.setattr(connecting, "BUSY_MS", 120_000)
    write_project(path, 2)
    first, second = open_project(path), open_project(path)
    facts(second.content)
    first.store.write(add(make_record(9)))
    start = time.monotonic()
    assert first.store.close()
    assert time.monotonic() - start < 60
    facts(second.content)
    second.store.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert ids(path) == [2, 3, 9]


def test_links_to_one_file_are_one_project(path, tmp_path):
    write_project(path, 1)
    link = tmp_path / "link.nmrcam"
    link.symlink_to(path)
    first, second = open_project(path), open_project(link)
    assert second.holder
    second.store.close()
    first.store.close()


HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, "tests")
from project_builders import add, make_record
from nmrcam_qt.session.project import open_project
opened = open_project(Path(sys.argv[1]))
opened.store.write(add(make_record(50)))
assert opened.store.flush(120)
print("ready", flush=True)
time.sleep(60)
"""


def held_by_a_process(path):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    return child


def kill(child):
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()


def test_a_killed_window_holds_nothing_and_what_it_saved_is_there(path):
    write_project(path, 2)
    child = held_by_a_process(path)
    try:
        opened = open_project(path)
        assert f"process {child.pid}" in opened.holder
        assert len(opened.content.spectra) == 3
        opened.store.close()
    finally:
        kill(child)
    assert beside(path, ".lock").exists()
    opened = open_project(path)
    assert (opened.holder, opened.store.status.state) == ("", SaveState.SAVED)
    assert [record.id for record in opened.content.spectra] == [2, 3, 50]
    assert opened.store.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_lock_is_held_once_and_can_be_taken_again(path):
    lock = FileLock(path)
    with pytest.raises(HeldError, match=f"process {os.getpid()}"):
        FileLock(path)
    lock.release()
    lock.release()
    again = FileLock(path)
    again.release()
    assert not again.path.exists()


def test_whoever_only_looks_does_not_make_a_project_read_only(path):
    """One of a hundred windows that opened it while another one began: 23 of 2749."""
    create_project(path).store.close()
    looking = FileLock(path)
    begun = threading.Event()

    def look():
        begun.set()
        time.sleep(0.03)
        looking.release()

    thread = threading.Thread(target=look)
    thread.start()
    assert begun.wait(5)
    opened = open_project(path)
    thread.join()
    assert opened.store.status.state is SaveState.SAVED
    assert opened.store.close()


@pytest.mark.parametrize("said", [b"", b"[]", b'{"user": 1}', b"\xff\xfe", b"x" * 10_000])
def test_a_lock_with_nonsense_in_it_is_held_by_somebody(path, said):
    beside(path, ".lock").write_bytes(said)
    assert read_holder(path) == "somebody"


def test_what_strangers_write_into_a_lock_is_shown_as_plain_text(path):
    said = {"user": "\x1b[2J\n", "host": "h" * 1000, "process": 1, "since": "\u202e"}
    beside(path, ".lock").write_text(json.dumps(said))
    assert read_holder(path) == f"?[2J? on {'h' * 80} (process 1, since ?)"


# Places that cannot be written


def in_a_mount(tmp_path, script, size="4m"):
    """Run a script with a small disk of its own at `sys.argv[1]`; skip where that is not let."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = f"mount -t tmpfs -o size={size} none {folder}"
    own_mounts = ["unshare", "-rm", "sh", "-c"]
    probe = subprocess.run([*own_mounts, mount], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("a disk of its own is not allowed here")
    text = textwrap.dedent(COMMON) + textwrap.dedent(script)
    done = subprocess.run(
        [*own_mounts, f'{mount} && exec "$@"', "sh", sys.executable, "-c", text, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMON = """
import os, subprocess, sys, sqlite3
from pathlib import Path
sys.path.insert(0, "tests")
from project_builders import *
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.store import SaveState
disk = Path(sys.argv[1])
path = disk / "p.nmrcam"

def read_only():
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

def writable():
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)

def sound():
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
"""


def test_read_only_media(tmp_path):
    in_a_mount(
        tmp_path,
        """
        write_project(path, 3)
        read_only()
        opened = open_project(path)
        status = opened.store.status
        assert status.state is SaveState.READ_ONLY, status
        assert "write-protected" in status.text and not opened.holder, status
        assert len(facts(opened.content)["spectra"]) == 3
        opened.store.write(removed(opened.content.spectra[0]))
        opened.store.write(add(make_record(9)))
        opened.store.save_copy(disk.parent / "copy.nmrcam")
        for there in (disk / "copy.nmrcam", disk / "no" / "copy.nmrcam"):
            try:
                opened.store.save_copy(there)
            except ProjectError as error:
                assert "cannot be written" in str(error), error
            else:
                raise SystemExit("written to a read-only disk")
        try:
            create_project(disk / "new.nmrcam")
        except ProjectError as error:
            assert "cannot be written" in str(error), error
        else:
            raise SystemExit("made on a read-only disk")
        assert not opened.store.close()
        assert [p.name for p in disk.iterdir()] == ["p.nmrcam"]
        copy = open_project(disk.parent / "copy.nmrcam")
        assert [r.id for r in copy.content.spectra] == [3, 4, 9]
        assert copy.store.close()
        """,
    )


def test_read_only_media_with_the_log_of_a_killed_window(tmp_path):
    in_a_mount(
        tmp_path,
        """
        write_project(path, 2)
        child = os.fork()
        if not child:
            opened = open_project(path)
            opened.store.write(add(make_record(50)))
            opened.store.flush(120)
            os._exit(0)  # nothing is closed, as after a kill
        os.waitpid(child, 0)
        assert (disk / "p.nmrcam-wal").stat().st_size
        for rest in ("p.nmrcam-shm", "p.nmrcam.lock"):
            (disk / rest).unlink()
        before = path.read_bytes()
        read_only()
        opened = open_project(path)
        assert opened.store.status.state is SaveState.READ_ONLY
        assert "p.nmrcam is read-only" in opened.store.status.text
        assert [row[0] for row in facts(opened.content)["spectra"]] == [2, 3, 50]
        opened.store.save_as(disk.parent / "mine.nmrcam")
        assert len(facts(opened.content)["spectra"]) == 3
        assert opened.store.close()
        assert path.read_bytes() == before
        """,
    )


def test_a_folder_where_nothing_can_be_made_though_the_file_could_be_written(tmp_path):
    in_a_mount(
        tmp_path,
        """
        real = disk.parent / "real.nmrcam"
        write_project(real, 2)
        path.touch()
        read_only()
        subprocess.run(["mount", "--bind", str(real), str(path)], check=True)
        assert os.access(path, os.W_OK)
        before = real.read_bytes()
        opened = open_project(path)
        assert opened.store.status.state is SaveState.READ_ONLY
        assert "nothing can be written beside it" in opened.store.status.text
        assert len(facts(opened.content)["spectra"]) == 2
        opened.store.write(add(make_record(9)))
        assert not opened.store.close()
        assert real.read_bytes() == before
        """,
    )


FULL = """
        def fill(free):
            left = os.statvfs(disk)
            size = max(0, left.f_bavail * left.f_frsize - free)
            with open(disk / "ballast", "ab") as stream:
                os.posix_fallocate(stream.fileno(), stream.tell(), max(size, 1))
"""


def test_a_full_disk_keeps_changes_in_memory_and_harms_nothing(tmp_path):
    in_a_mount(
        tmp_path,
        FULL
        + """
        write_project(path, 3)
        opened = open_project(path)
        store, told = opened.store, []
        store.on_status = told.append
        fill(200_000)
        records = [make_record(number, rows=300) for number in range(100, 200)]
        expected = {r.id: spectrum_facts(r) for r in records}
        for record in records:
            store.write(add(record))
        assert not store.flush(60)
        status = store.status
        assert status.state is SaveState.FAILED, status
        assert "disk is full" in status.text, status
        confirmed = 100 - status.pending
        assert 0 < confirmed < 100, status
        assert told[-1].state is SaveState.FAILED
        sound()
        assert all(spectrum_facts(r) == expected[r.id] for r in records)  # readable meanwhile
        store.write(removed(records[0]))
        store.write_result(make_result([records[1]]))
        assert not store.flush(60)
        assert store.status.pending == status.pending + 2, store.status
        other = disk.parent / "copy.nmrcam"
        store.save_copy(other)
        try:
            store.save_copy(disk / "copy.nmrcam")
        except ProjectError as error:
            assert "disk is full" in str(error), error
        else:
            raise SystemExit("copied to a full disk")
        assert not list(disk.glob("*.part*")), list(disk.iterdir())
        assert not store.close()
        sound()
        opened = open_project(path)
        found = facts(opened.content)["spectra"]
        assert [row[0] for row in found] == [2, 3, 4, *range(100, 100 + confirmed)]
        assert found[3:] == [expected[n] for n in range(100, 100 + confirmed)]
        opened.store.close()
        copy = open_project(other)
        assert facts(copy.content)["spectra"][3:] == [expected[n] for n in range(101, 200)]
        assert len(copy.content.results) == 4
        copy.store.close()
        """,
    )


def test_room_on_a_full_disk_and_everything_is_saved_in_order(tmp_path):
    in_a_mount(
        tmp_path,
        FULL
        + """
        write_project(path, 1)
        fill(0)
        opened = open_project(path)  # also opens where nothing at all can be written
        store = opened.store
        record = make_record(9)
        store.write(add(record))
        for title in ("a", "b", "c"):
            change, record = changed(record, title=title)
            store.write(change)
        assert not store.flush(60)
        assert store.status.pending == 4, store.status
        assert "disk is full" in store.status.text, store.status
        (disk / "ballast").unlink()
        store.retry()
        assert store.flush(60), store.status
        assert store.status.state is SaveState.SAVED
        assert store.close()
        sound()
        opened = open_project(path)
        assert [(r.id, r.title) for r in opened.content.spectra] == [(2, ""), (9, "c")]
        opened.store.close()
        """,
    )


def test_a_file_that_may_not_grow(path):
    """The same without a disk of its own: the system refuses larger files."""
    script = COMMON + textwrap.dedent(
        """
        import resource, signal
        write_project(path, 1)
        opened = open_project(path)
        store = opened.store
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limit[1]))
        records = [make_record(number, rows=300) for number in range(10, 60)]
        for record in records:
            store.write(add(record))
        assert not store.flush(60)
        status = store.status
        assert status.state is SaveState.FAILED, status
        assert "cannot be saved" in status.text, status
        sound()
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        store.write(removed(records[0]))  # the next change tries everything again
        assert store.flush(60), store.status
        assert store.close()
        sound()
        opened = open_project(path)
        assert [r.id for r in opened.content.spectra] == [2, *range(11, 60)]
        opened.store.close()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path.parent)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_deleted_file_is_not_called_saved(path, tmp_path):
    write_project(path, 2)
    opened = open_project(path)
    away = tmp_path / "away.nmrcam"
    path.rename(away)
    opened.store.write(add(make_record(9)))
    assert not opened.store.flush(10)
    assert "moved, deleted or replaced" in opened.store.status.text
    opened.store.save_copy(tmp_path / "copy.nmrcam")
    away.rename(path)
    opened.store.retry()
    assert opened.store.flush(120)
    assert opened.store.close()
    assert ids(path) == ids(tmp_path / "copy.nmrcam") == [2, 3, 9]
    sound(path)


def test_another_program_that_writes_to_the_file(path, monkeypatch):
    monkeypatch.setattr("nmrcam_qt.session.project.connecting.BUSY_MS", 50)
    write_project(path, 1)
    opened = open_project(path)
    other = connect(path, mode="rw")
    other.execute("BEGIN IMMEDIATE")
    opened.store.write(add(make_record(9)))
    assert not opened.store.flush(10)
    assert "another program is using the file" in opened.store.status.text
    other.execute("ROLLBACK")
    other.close()
    opened.store.retry()
    assert opened.store.flush(120)
    assert opened.store.close()


def test_an_empty_project_on_read_only_media_says_so_when_made(tmp_path):
    missing = tmp_path / "no folder" / "p.nmrcam"
    with pytest.raises(ProjectError, match="cannot be written"):
        create_project(missing)
    with pytest.raises(ProjectError, match="no such file"):
        open_project(tmp_path / "missing.nmrcam")


def test_a_project_that_is_only_to_be_read_is_left_as_it_is(path):
    write_project(path, 2)
    before = path.read_bytes()
    opened = open_project(path, read_only=True)
    assert opened.store.status.state is SaveState.READ_ONLY
    assert len(facts(opened.content)["spectra"]) == 2
    assert path.read_bytes() == before
    writer = open_project(path)  # nobody is kept from writing to it
    assert writer.store.status.state is SaveState.SAVED
    writer.store.close()
    opened.store.close()
    child = held_by_a_process(path)
    kill(child)
    opened = open_project(path, read_only=True)
    assert [row[0] for row in facts(opened.content)["spectra"]] == [2, 3, 50]
    opened.store.close()
