"""Files planted beside a project of a stranger: nothing of the user is written or deleted."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from project_builders import write_project

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.project.connecting import beside
from nmrcam_qt.session.store import SaveState

MAGIC = bytes.fromhex("d9d505f920a163d7")
SECTOR = 512
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "p.nmrcam"
    write_project(path, 2)
    return path


@pytest.fixture
def victim(tmp_path):
    """A file of the user."""
    path = tmp_path / "thesis.docx"
    path.write_text("a thesis\n" * 20)
    return path


def plant_journal(path: Path, named: Path) -> None:
    """A hot journal that names a journal of several databases, which SQLite deletes."""
    page_size = struct.unpack(">H", path.read_bytes()[16:18])[0]
    page = path.read_bytes()[:page_size]
    n_pages = path.stat().st_size // page_size
    head = MAGIC + struct.pack(">IIIII", 1, 0, n_pages, SECTOR, page_size)
    checksum = sum(page[i] for i in range(page_size - 200, 0, -200)) & 0xFFFFFFFF
    body = head.ljust(SECTOR, b"\0") + struct.pack(">I", 1) + page + struct.pack(">I", checksum)
    name = os.fsencode(named.resolve())
    tail = struct.pack(">I", 0x40000000 // page_size + 1) + name
    tail += struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF) + MAGIC
    full = body.ljust(-(-len(body) // SECTOR) * SECTOR, b"\0") + tail
    beside(path, "-journal").write_bytes(full)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_journal_that_names_a_file_of_the_user(path, victim, read_only):
    plant_journal(path, victim)
    with pytest.raises(ProjectError, match=r"p\.nmrcam-journal beside it is not of this"):
        open_project(path, read_only=read_only)
    assert victim.exists()
    beside(path, "-journal").unlink()
    assert open_project(path).store.close()


def test_saving_over_a_project_with_such_a_journal(path, victim, tmp_path):
    plant_journal(path, victim)
    opened = create_project(tmp_path / "mine.nmrcam")
    with pytest.raises(ProjectError, match="is not of this project"):
        opened.store.save_as(path)
    assert victim.exists()
    assert opened.store.close()


@posix
@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_lock_that_is_a_link_to_a_file_of_the_user(path, victim, link):
    lock, before = beside(path, ".lock"), victim.read_text()
    if link == "hard":
        lock.hardlink_to(victim)
    else:
        lock.symlink_to(victim)
    opened = open_project(path)
    assert opened.store.status.state is SaveState.READ_ONLY
    assert opened.store.status.text.startswith("p.nmrcam is read-only: nothing can be written")
    assert len(opened.content.spectra) == 2
    opened.store.close()
    assert victim.read_text() == before


@posix
def test_a_lock_that_is_a_pipe_or_leads_nowhere(path, tmp_path):
    lock = beside(path, ".lock")
    os.mkfifo(lock)
    opened = open_project(path)
    assert opened.store.status.state is SaveState.READ_ONLY
    opened.store.close()
    lock.unlink()
    lock.symlink_to(tmp_path / "nowhere")
    open_project(path).store.close()
    assert not (tmp_path / "nowhere").exists()


@posix
@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_what_is_no_file_beside_the_project_is_not_waited_for(path, victim, suffix, kind):
    """SQLite would open a pipe for reading and wait for whoever writes to it."""
    other = beside(path, suffix)
    if kind == "pipe":
        os.mkfifo(other)
    elif kind == "link":
        other.symlink_to(victim)
    else:
        other.mkdir()
    with pytest.raises(ProjectError, match=f"p.nmrcam{suffix} beside it is not of this project"):
        open_project(path)
    assert not beside(path, ".lock").exists()
    assert victim.read_text().startswith("a thesis")
