"""Rows are looked at by column first; whatever that accepts is what reading row by row gives."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from project_builders import add, changed, make_record, make_result, removed, write_project

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.items import ItemState
from nmrcam_qt.session.lazy import LazyResults, LazySpectra
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.plan import possible_partners
from nmrcam_qt.session.project import content as reading
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.project.blobs import Blobs
from nmrcam_qt.session.project.connecting import connect
from nmrcam_qt.session.project.heavy import RESULT_COLUMNS
from nmrcam_qt.session.project.light import SPECTRUM_COLUMNS
from nmrcam_qt.session.records import Flag, SampleRecord
from nmrcam_qt.session.session import Session

VALUES = (
    None, 0, 1, -1, 3, 1 << 31, 1 << 62, 1.0, 0.5, 1e9, "", "plain", "x" * 50_000, b"", b"\xff",
    b"ok", "[2]", "[2,3]", "[02]", "[]", "[2", "[2]\n[3]", "[99]", "[4294967296]", '["a"]',
    '["' + "0" * 32 + '"]', '["' + "g" * 32 + '"]', "to check", "[\"b\",\"a\",\"a\"]",
)  # fmt: skip
COLUMNS = [("spectra", name.strip()) for name in f"{SPECTRUM_COLUMNS}, removed".split(",")]
COLUMNS += [("samples", name) for name in ("name", "removed")]
COLUMNS += [("results", name.strip()) for name in RESULT_COLUMNS.split(",")]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Spectra in a sample and alone, tags, a removed one, a result each."""
    path = tmp_path_factory.mktemp("glance") / "p.nmrcam"
    opened = create_project(path)
    records = [make_record(2, sample=1), make_record(3, sample=1, tags=("a", "b"))]
    records += [make_record(4, flag=Flag.CHECK, note="n"), make_record(5)]
    opened.store.write(add(SampleRecord(1, "s"), *records))
    for record in records:
        opened.store.write_result(make_result([record], record.id))
    opened.store.write_result(make_result(records[:2], 9, network="pair"))
    opened.store.write(removed(records[3]))
    kept = path.with_suffix(".kept")
    assert opened.store.flush()
    with sqlite3.connect(path) as connection, sqlite3.connect(kept) as copy:
        connection.backup(copy)  # with the row that closing would delete
    assert opened.store.close()
    return kept.read_bytes()


def facts(path) -> object:
    """Everything light of a project, or why it cannot be opened."""
    opened = open_project(path, read_only=True)
    opened.store.close()
    return facts_of(opened.content, opened.notices)


def facts_of(content, notices) -> tuple:
    """The same of what was read."""
    spectra = [
        (
            *(getattr(r, n) for n in r.__slots__ if n not in ("packed", "picked")),
            r.packed.name,
            r.packed.provenance,
            r.packed.n_peaks,
            r.picked is None,
        )
        for r in content.spectra
    ]
    results = [
        (
            r.id,
            r.made,
            r.version,
            replace_arrays(r.prediction),
            r.handle.source.result,
        )
        for r in content.results
    ]
    said = (notices, content.samples, content.state, content.next_id)
    return (*said, spectra, results)


def replace_arrays(prediction) -> tuple:
    """A prediction as plain values."""
    fields = (getattr(prediction, n) for n in prediction.__dataclass_fields__)
    return tuple(getattr(value, "tolist", lambda v=value: v)() for value in fields)


def carefully(path, monkeypatch) -> object:
    """The same, read row by row."""
    with monkeypatch.context() as patch:
        patch.setattr(reading, "rows_in_order", lambda *_: None)
        return facts(path)


def test_sound_rows_stay_unmade_and_are_those_read_one_by_one(project, tmp_path, monkeypatch):
    path = tmp_path / "p.nmrcam"
    path.write_bytes(project)
    opened = open_project(path, read_only=True)
    assert isinstance(opened.content.spectra, LazySpectra)
    assert isinstance(opened.content.results, LazyResults)
    assert opened.content.spectra[1] is opened.content.spectra[1:][0]
    peeked = [
        (opened.content.spectra.label(n), opened.content.spectra.provenance(n)) for n in (0, 2)
    ]
    found = [opened.content.spectra[n] for n in (0, 2)]
    assert peeked == [((r.name, r.packed.experiment), r.packed.provenance) for r in found]
    opened.store.close()
    assert facts(path) == carefully(path, monkeypatch)
    assert len(facts(path)[-2]) == 3
    assert len(facts(path)[-1]) == 4


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_any_value_anywhere_reads_alike_both_ways(table, column, project, tmp_path, monkeypatch):
    path = tmp_path / "p.nmrcam"
    path.write_bytes(project)
    connection, blobs = connect(path, mode="rw"), Blobs(path)
    connection.execute("PRAGMA synchronous = OFF")

    def read() -> object:
        try:
            return facts_of(*reading.ContentReader(connection, blobs).read())
        except (ProjectError, sqlite3.Error) as error:
            return repr(error)

    which = "max(id) - 2" if table != "samples" else "id"
    row = connection.execute(f"SELECT {which} FROM {table}").fetchone()[0]  # noqa: S608
    sql = f"SELECT {column} FROM {table} WHERE id = ?"  # noqa: S608
    before, plain, differs = connection.execute(sql, (row,)).fetchone()[0], read(), 0
    put = f"UPDATE {table} SET {column} = ? WHERE id = ?"  # noqa: S608
    for value in VALUES:
        try:
            connection.execute(put, (value, row))
        except sqlite3.IntegrityError:
            continue
        found = read()
        with monkeypatch.context() as patch:
            patch.setattr(reading, "rows_in_order", lambda *_: None)
            assert found == read(), value
        differs += found != plain
        connection.execute(put, (before, value if column == "id" else row))
    assert read() == plain
    assert differs, "the values change something"
    connection.close()
    blobs.close()


def test_texts_that_are_no_utf8_read_alike(project, tmp_path, monkeypatch):
    path = tmp_path / "p.nmrcam"
    path.write_bytes(project)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE spectra SET title = CAST(x'41ff42' AS TEXT) WHERE id = 3")
    connection.close()
    found = facts(path)
    assert found == carefully(path, monkeypatch)
    assert any("A\ufffdB" in row for row in found[-2])


def test_older_results_of_the_same_spectra_are_left_out_both_ways(tmp_path, monkeypatch):
    path = tmp_path / "p.nmrcam"
    record = write_project(path)[0]
    opened = open_project(path)
    turned = replace(record.packed, experiment=None)
    change, after = changed(opened.content.spectra[0], packed=turned)
    opened.store.write(change)
    opened.store.write_result(make_result([after], 7))
    assert opened.store.close()
    found = facts(path)
    assert found == carefully(path, monkeypatch)
    assert len(found[-1]) == 3


def test_a_session_looks_only_at_what_is_asked_for(project, tmp_path):
    path = tmp_path / "p.nmrcam"
    path.write_bytes(project)
    opened = open_project(path, read_only=True)
    session = Session(opened.content)
    session.set_networks({"pair": "another"})
    assert len(Listing(session)) == 1 + len(session)  # the header of the sample
    made = session._present.rows
    assert list(made.made) == []
    item = session.find(3)
    assert item.state is ItemState.ANALYSED
    assert item.stale
    assert [other.id for other in possible_partners(session, item, 1)] == [2]
    assert [path for _, path in session.provenances()] == [
        record.packed.provenance for record in opened.content.spectra
    ]
    assert sorted(made.made) == [2, 3]
    session.set_flag((4,), Flag.CONFIRMED)
    session.remove((2,))
    assert sorted(made.made) == [3, 4]
    assert [item.id for item in session.items] == [3, 4]
    assert session.all_made
    opened.store.close()


def test_two_results_of_one_question_are_seen_though_one_name_is_in_bytes(
    project, tmp_path, monkeypatch
):
    path = tmp_path / "p.nmrcam"
    path.write_bytes(project)
    with sqlite3.connect(path) as connection:
        (network,) = connection.execute("SELECT network FROM results WHERE id = 1").fetchone()
        connection.execute(
            "UPDATE results SET items = '[2]', network = ? WHERE id = 2", (network.encode(),)
        )
    connection.close()
    found = facts(path)
    assert found == carefully(path, monkeypatch)
    keys = [row[0].key for row in found[-1]]
    assert len(set(keys)) == len(keys)
