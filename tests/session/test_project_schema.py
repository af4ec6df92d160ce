"""Versions of the project file: every one that ever was opens; newer ones are refused."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from instrument_builders import instrument_record
from project_builders import facts, light_facts, write_project

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.project.schema import (
    APPLICATION_ID,
    MIGRATIONS,
    SCHEMA_VERSION,
    Migration,
    migrate,
)
from nmrcam_qt.session.store import SaveState

DATA = Path(__file__).resolve().parents[1] / "data" / "projects"


def _fill(connection):
    """What SQL alone could not say."""
    rows = connection.execute("SELECT id, name FROM spectra").fetchall()
    connection.executemany(
        "UPDATE spectra SET initial = ? WHERE id = ?", [(name[0], i) for i, name in rows]
    )


NEXT = Migration(
    SCHEMA_VERSION + 1,
    ("ALTER TABLE spectra ADD COLUMN initial TEXT", "CREATE TABLE extra (id INTEGER PRIMARY KEY)"),
    _fill,
)
BROKEN = Migration(
    SCHEMA_VERSION + 1,
    ("ALTER TABLE spectra ADD COLUMN initial TEXT", "ALTER TABLE missing ADD COLUMN x TEXT"),
)


def restored(version, path):
    """The stored file of a version, from its SQL."""
    connection = sqlite3.connect(path)
    connection.executescript((DATA / f"version-{version}.sql").read_text("utf-8"))
    connection.close()
    return path


def test_versions_count_up_by_one():
    assert [m.version for m in MIGRATIONS] == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_a_file_of_every_version_opens_with_all_it_holds(version, tmp_path):
    path = restored(version, tmp_path / "old.nmrcam")
    opened = open_project(path)
    found = facts(opened.content)
    assert [(r.id, r.name, r.sample, r.tags, r.flag) for r in opened.content.spectra[:2]] == [
        (2, "made 2", 1, ("a", "b"), "confirmed"),
        (3, "my title", 1, (), ""),
    ]
    assert [sample.name for sample in opened.content.samples] == ["sample é"]
    assert len(found["results"]) == 1
    assert opened.content.results[0].handle.get().explanations[0].class_id == "fatty_acid"
    assert opened.content.spectra[1].packed.peaks.annotation == tuple("abcde")
    assert opened.content.state.current == 3
    assert opened.content.state.view.class_id == "indole"
    if version == 1:
        assert len(opened.content.spectra) == 2
        assert opened.content.next_id == 5
        assert (tmp_path / "old (version 1).nmrcam").exists()
        assert all(r.picked is None and r.contour_base == 1 for r in opened.content.spectra)
    else:
        found, made = opened.content.spectra[2], instrument_record(5)
        # Points and thumbnail by value: another zlib compresses in another way.
        points = [r.packed.unpack().intensity for r in (found, made)]
        np.testing.assert_allclose(*points, rtol=1e-6)
        assert light_facts(found) == light_facts(made)
        assert opened.content.next_id == 6
    finding = opened.store.finding("question", "basis")
    assert (finding is None) if version < 3 else (finding.header == {"answer": 42})
    assert opened.store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    connection.close()


def test_an_older_file_is_copied_beside_itself_and_brought_up(tmp_path):
    path = tmp_path / "p.nmrcam"
    write_project(path, 3)
    before = path.read_bytes()
    taken = tmp_path / f"p (version {SCHEMA_VERSION}).nmrcam"
    taken.write_bytes(b"of the user")
    opened = open_project(path, migrations=(*MIGRATIONS, NEXT))
    backup = tmp_path / f"p (version {SCHEMA_VERSION}) 2.nmrcam"
    assert opened.notices == (
        f"p.nmrcam was made by an older nmrcam; a copy as it was is {backup.name}",
    )
    expected = facts(opened.content)
    assert len(expected["spectra"]) == 3
    opened.store.close()
    assert taken.read_bytes() == b"of the user"
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT initial FROM spectra").fetchall() == [("m",)] * 3
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
    connection.close()
    old = open_project(backup)
    assert facts(old.content) == expected
    old.store.close()
    again = open_project(path, migrations=(*MIGRATIONS, NEXT))
    assert again.notices == ()
    again.store.close()
    assert len(list(tmp_path.iterdir())) == 3
    assert before != path.read_bytes()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "p.nmrcam"
    write_project(path, 2)
    before = path.read_bytes()
    with pytest.raises(ProjectError, match=r"cannot be brought to this version .* a backup is"):
        open_project(path, migrations=(*MIGRATIONS, BROKEN))
    assert path.read_bytes() == before
    assert (tmp_path / f"p (version {SCHEMA_VERSION}).nmrcam").exists()
    opened = open_project(path)
    assert len(opened.content.spectra) == 2
    opened.store.close()


def test_without_room_for_a_backup_nothing_is_changed(tmp_path, monkeypatch):
    path = tmp_path / "p.nmrcam"
    write_project(path, 2)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nmrcam_qt.session.project.copying._sync", full)
    with pytest.raises(ProjectError, match=r"no backup can be made: .*\(No space"):
        open_project(path, migrations=(*MIGRATIONS, NEXT))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.nmrcam"]


def test_an_older_file_that_is_held_is_read_from_a_copy(tmp_path):
    path = tmp_path / "p.nmrcam"
    write_project(path, 2)
    holder = open_project(path)
    opened = open_project(path, migrations=(*MIGRATIONS, NEXT))
    assert opened.store.status.state is SaveState.READ_ONLY
    assert len(facts(opened.content)["spectra"]) == 2
    opened.store.close()
    holder.store.close()
    assert [p.name for p in tmp_path.iterdir()] == ["p.nmrcam"]


def test_a_newer_file_is_refused_in_one_sentence_and_untouched(tmp_path):
    path = tmp_path / "p.nmrcam"
    write_project(path, 1)
    connection = sqlite3.connect(path)
    migrate(connection, (*MIGRATIONS, NEXT))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ProjectError) as said:
        open_project(path)
    assert str(said.value) == (
        f"p.nmrcam: made by a newer nmrcam (project version {SCHEMA_VERSION + 1}; this one knows "
        f"{SCHEMA_VERSION}); please update nmrcam to open it"
    )
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["p.nmrcam"]


def test_the_stored_file_is_what_is_made_today(tmp_path):
    """The schema in the newest stored file is that of a new project."""
    stored, fresh = restored(SCHEMA_VERSION, tmp_path / "a.nmrcam"), tmp_path / "b.nmrcam"
    create_project(fresh).store.close()
    shutil.copy(fresh, tmp_path / "c.nmrcam")
    found = []
    for path in (stored, fresh):
        connection = sqlite3.connect(path)
        found.append(
            sorted(
                connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall(), key=str
            )
        )
        connection.close()
    assert found[0] == found[1]
