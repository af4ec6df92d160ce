"""Projects of strangers: one sentence or an honest opening; never a crash, never touched."""

from __future__ import annotations

import functools
import random
import sqlite3
import tempfile
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_builders import instrument_record
from project_builders import add, facts, make_record, make_result, write_project

from nmrcam_qt.core.errors import NmrCamError, ProjectError
from nmrcam_qt.core.wire import Frame, encode
from nmrcam_qt.session.packing import Block
from nmrcam_qt.session.project import content, create_project, open_project
from nmrcam_qt.session.project.connecting import beside

TRUNCATED = "p.nmrcam: the file is damaged"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.nmrcam"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A project of measured data with peaks, masks and references."""
    path = tmp_path_factory.mktemp("measured") / "p.nmrcam"
    opened = create_project(path)
    opened.store.write(add(*[instrument_record(number) for number in range(2, 6)]))
    assert opened.store.close()
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "p.nmrcam"
    write_project(path, 4)
    return path


def refused(path, match):
    """The file is refused with one printable sentence, and untouched."""
    before, beside_it = path.read_bytes(), sorted(path.parent.iterdir())
    with pytest.raises(ProjectError, match=match) as said:
        open_project(path)
    assert "\n" not in str(said.value)
    assert path.name in str(said.value)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == beside_it


@functools.cache
def three_spectra() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.nmrcam"
        write_project(path, 3)
        return path.read_bytes()


def edited(path, *statements):
    """A project with SQL of a stranger run on it."""
    if not path.exists():
        path.write_bytes(three_spectra())
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        for one in statement if isinstance(statement, list) else [statement]:
            connection.execute(*((one,) if isinstance(one, str) else one))
    connection.close()
    return path


def test_what_is_no_project(path):
    path.write_bytes(b"")
    refused(path, "the file is empty")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    refused(path, "no nmrcam project")
    path.write_bytes(b"SQLite format 3\0")
    refused(path, "no nmrcam project")


def test_a_database_of_another_program(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (a)")
    connection.commit()
    connection.close()
    refused(path, "a database of another program")


def test_a_folder_or_nothing(tmp_path):
    (tmp_path / "folder.nmrcam").mkdir()
    with pytest.raises(ProjectError, match="no regular file"):
        open_project(tmp_path / "folder.nmrcam")
    with pytest.raises(ProjectError, match="no such file"):
        open_project(tmp_path / "none.nmrcam")
    with pytest.raises(ProjectError):
        open_project(tmp_path / ("long" * 200 + ".nmrcam"))
    with pytest.raises(ProjectError):
        open_project(tmp_path / "nul\0.nmrcam")


@pytest.mark.parametrize("part", [0.99, 0.7, 0.3])
def test_a_truncated_file(path, sound, part):
    path.write_bytes(sound.read_bytes()[: int(len(sound.read_bytes()) * part) // 4096 * 4096])
    refused(path, "damaged")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER UPDATE ON spectra BEGIN DELETE FROM results; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (a)",
        "CREATE INDEX i ON spectra (name)",
        "CREATE VIRTUAL TABLE f USING fts4(x)",
        "DROP TABLE results",
        "ALTER TABLE spectra ADD COLUMN x",
        "ALTER TABLE samples RENAME COLUMN name TO title",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -5",
    ],
)
def test_tables_that_are_not_ours(path, statement):
    refused(edited(path, statement), "damaged|newer")


def test_a_table_that_is_a_view(path):
    edited(path, "DROP TABLE spectra", "CREATE VIEW spectra AS SELECT load_extension('x')")
    refused(path, "spectra")


def text_of(table, column, row_id, expression):
    """The shared text of one row replaced by an SQL expression of `text`, for this row alone."""
    named = f"(SELECT {column} FROM {table} WHERE id = {row_id})"  # noqa: S608
    return [
        f"INSERT INTO texts (id, text) SELECT 900, {expression} FROM texts WHERE id = {named}",  # noqa: S608
        f"UPDATE {table} SET {column} = 900 WHERE id = {row_id}",  # noqa: S608
    ]


def form(expression):
    return text_of("spectra", "form", 2, expression)


BROKEN_SPECTRA = {
    "axes without numbers": form("replace(text, '[', '[NaN,')"),
    "no JSON": form("'{'"),
    "a blob": form("x'00ff'"),
    "a list": form("'[]'"),
    "an axis of text": form("""replace(text, '"f1":[', '"f1":["a",')"""),
    "a huge axis": form("replace(text, ',41]', ',410000000000]')"),
    "an infinite axis": form("replace(text, ',41]', ',1e999]')"),
    "deep JSON": form("replace(hex(zeroblob(50000)), '0', '[')"),
    "unknown experiment": form("replace(text, 'hsqc', 'cosy')"),
    "no text": "UPDATE spectra SET form = 77 WHERE id = 2",
    "a text for a text": "UPDATE spectra SET form = x'00' WHERE id = 2",
    "unknown flag": "UPDATE spectra SET flag = 'x' WHERE id = 2",
    "tags": "UPDATE spectra SET tags = '[1]' WHERE id = 2",
    "negative id": "UPDATE spectra SET id = -2 WHERE id = 2",
    "huge id": "UPDATE spectra SET id = 9223372036854775807 WHERE id = 2",
    "payload": "UPDATE spectra SET payload = 'x' WHERE id = 2",
    "peaks": "UPDATE spectra SET peaks = 1.5 WHERE id = 2",
    "position": "UPDATE spectra SET position = 'first' WHERE id = 2",
    "name": "UPDATE spectra SET name = x'ff' WHERE id = 2",
    "sample": "UPDATE spectra SET sample = x'01' WHERE id = 2",
}


@pytest.mark.parametrize("statement", BROKEN_SPECTRA.values(), ids=BROKEN_SPECTRA.keys())
def test_a_broken_spectrum_is_left_out_and_the_rest_works(path, statement):
    opened = open_project(edited(path, statement))
    content = opened.content
    assert [record.id for record in content.spectra] == [3, 4]
    assert [note for note in opened.notices if note.startswith("1 of the spectra cannot be read")]
    assert all("\n" not in note for note in opened.notices)
    assert len(facts(content)["results"]) == 2
    assert content.next_id > 4
    opened.store.write(add(make_record(content.next_id)))
    assert opened.store.close()


REPAIRED = {
    "sample": ("UPDATE spectra SET sample = 77 WHERE id = 2", "named a sample"),
    "place": ("UPDATE spectra SET position = 3", "had the same place"),
    "next id": ("UPDATE project SET next_id = 1", "next number"),
    "next id text": ("UPDATE project SET next_id = 'x'", "next number"),
    "next id huge": ("UPDATE project SET next_id = 9223372036854775807", "next number"),
}


@pytest.mark.parametrize(("statement", "said"), REPAIRED.values(), ids=REPAIRED.keys())
def test_what_can_be_repaired_is_repaired_and_said(path, statement, said):
    opened = open_project(edited(path, statement))
    assert len(opened.notices) == 1
    assert said in opened.notices[0]
    records = opened.content.spectra
    assert [record.id for record in records] == [2, 3, 4]
    assert len({record.position for record in records}) == 3
    assert opened.content.next_id == 5
    opened.store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE project SET view = '[1]', options = '{', current = 'x'",
        "UPDATE project SET view = x'00', options = 5, current = 999",
        """UPDATE project SET view = '{"opacity": 7, "layout": "x", "layer": 3, "smooth": 1}'""",
        """UPDATE project SET view = '{"method": null, "unknown": 1, "threshold": -1}'""",
        """UPDATE project SET view = '{"opacity": true, "heat_style": "fire"}'""",
    ],
)
def test_settings_that_mean_nothing_are_the_default(path, statement):
    write_project(path, 1)
    before = open_project(path)
    before.store.close()
    opened = open_project(edited(path, statement))
    assert opened.content.state == before.content.state
    assert opened.content.options == before.content.options
    opened.store.close()


def test_a_project_that_says_nothing_of_itself(path):
    refused(edited(path, "DELETE FROM project"), "says nothing of itself")


def frame_of(header, *arrays):
    return zlib.compress(encode(Frame(header, arrays)))


BOMB = zlib.compress(bytes(60_000_000), 9)
BROKEN_PAYLOADS = {
    "no bytes": "UPDATE payloads SET full = x'' WHERE id = 1",
    "text": "UPDATE payloads SET full = 'text' WHERE id = 1",
    "bomb": ("UPDATE payloads SET full = ? WHERE id = 1", (BOMB,)),
    "short": ("UPDATE payloads SET full = ? WHERE id = 1", (zlib.compress(b"x"),)),
    "cut": "UPDATE payloads SET full = substr(full, 1, 20) WHERE id = 1",
    "levels": "UPDATE payloads SET levels = 0 WHERE id = 1",
    "unknown levels": "UPDATE payloads SET levels = 12 WHERE id = 1",
    "shape": "UPDATE payloads SET rows = 60, columns = 41 WHERE id = 1",
    "huge shape": "UPDATE payloads SET rows = 1000000, columns = 1000000 WHERE id = 1",
    "negative shape": "UPDATE payloads SET rows = -41, columns = -60 WHERE id = 1",
    "text shape": "UPDATE payloads SET rows = 'x' WHERE id = 1",
    "NaN": (
        "UPDATE payloads SET levels = 0, full = ? WHERE id = 1",
        (zlib.compress(np.full((41, 60), np.nan, np.float32).tobytes()),),
    ),
    "display": "UPDATE payloads SET display = full, display_rows = 5, display_columns = 5, "
    "display_levels = 255 WHERE id = 1",
    "peaks from nowhere": (
        "UPDATE payloads SET peaks = ? WHERE id = 1",
        (frame_of({"said": []}, *[np.ones(3)] * 3),),
    ),
    "missing": "DELETE FROM payloads WHERE id = 1",
    "another spectrum's": "UPDATE spectra SET payload = 2 WHERE id = 2",
}


@pytest.mark.parametrize("statement", BROKEN_PAYLOADS.values(), ids=BROKEN_PAYLOADS.keys())
def test_a_broken_payload_fails_alone_when_it_is_needed(path, statement):
    opened = open_project(edited(path, statement))
    assert opened.notices == ()
    first, *others = opened.content.spectra
    with pytest.raises(NmrCamError) as said:
        first.packed.unpack()
    assert "\n" not in str(said.value)
    for record in others:
        record.packed.unpack()
    assert opened.store.close()


BROKEN_PEAKS = {
    "bomb": BOMB,
    "no frame": zlib.compress(b"x" * 100),
    "empty": zlib.compress(b""),
    "two columns": frame_of({"said": []}, np.ones(5), np.ones(5)),
    "NaN": frame_of({"said": []}, np.full(5, np.nan), np.ones(5), np.ones(5)),
    "no words": frame_of({}, np.ones(5), np.ones(5), np.ones(5)),
    "other words": frame_of({"said": [1, 2, 3, 4, 5]}, np.ones(5), np.ones(5), np.ones(5)),
    "lengths": frame_of({"said": []}, np.ones(5), np.ones(4), np.ones(5)),
    "dimensions": frame_of({"said": []}, np.ones((5, 1)), np.ones(5), np.ones(5)),
    "count": frame_of({"said": []}, np.ones(6), np.ones(6), np.ones(6)),
    "text": "text",
}


@pytest.mark.parametrize("blob", BROKEN_PEAKS.values(), ids=BROKEN_PEAKS.keys())
def test_broken_peaks(path, blob):
    opened = open_project(edited(path, ("UPDATE payloads SET peaks = ? WHERE id = 2", (blob,))))
    with pytest.raises(ProjectError, match="the copy of made 3 is broken"):
        opened.content.spectra[1].packed.unpack()
    opened.store.close()


@pytest.mark.parametrize("blob", [b"", "text", BOMB, zlib.compress(b"short")])
def test_a_broken_thumbnail(path, blob):
    opened = open_project(edited(path, ("UPDATE pictures SET thumbnail = ?", (blob,))))
    with pytest.raises(ProjectError, match="the thumbnail of made 2 is broken"):
        _ = opened.content.spectra[0].packed.thumbnail
    opened.content.spectra[0].packed.unpack()
    opened.store.close()


BROKEN_RESULTS = {
    "no items": "UPDATE results SET items = '[]' WHERE id = 1",
    "items": "UPDATE results SET items = '[\"x\"]' WHERE id = 1",
    "an object": "UPDATE results SET items = '{}' WHERE id = 1",
    "scores": "UPDATE results SET numbers = x'00' WHERE id = 1",
    "text": "UPDATE results SET numbers = 'x' WHERE id = 1",
    "NaN": ("UPDATE results SET numbers = ? WHERE id = 1", (np.full(6, np.nan).tobytes(),)),
    "said": text_of("results", "said", 1, "'{}'"),
    "said a list": text_of("results", "said", 1, "'[]'"),
    "said nothing": "UPDATE results SET said = 77 WHERE id = 1",
    "present": text_of("results", "said", 1, "replace(text, '[\"fatty_acid\"]', '[\"x\"]')"),
    "no classes": text_of("results", "said", 1, """replace(text, '"classes":[', '"c":[')"""),
    "worth": text_of("results", "said", 1, """replace(text, '"worth":', '"worth":1,"x":')"""),
    "basis": "UPDATE results SET basis = '1' WHERE id = 1",
    "network": "UPDATE results SET network = x'ff' WHERE id = 1",
}


@pytest.mark.parametrize("statement", BROKEN_RESULTS.values(), ids=BROKEN_RESULTS.keys())
def test_a_broken_result_is_left_out(path, statement):
    opened = open_project(edited(path, statement))
    assert len(opened.content.results) == 2
    assert len(opened.notices) == 1
    assert opened.notices[0].startswith("1 of the results cannot be read")
    assert opened.store.close()


def test_results_of_spectra_that_are_gone_are_gone_too(path):
    opened = open_project(edited(path, "UPDATE results SET items = '[2,99]' WHERE id = 1"))
    assert len(opened.content.results) == 2
    assert opened.notices == ()
    assert opened.store.close()


def _maps(**changes):
    from nmrcam_qt.core.wire_results import analyses_reply

    frame = analyses_reply([make_result([make_record(2)], 2).handle.get()])
    entry = {**frame.header["analyses"][0]}
    entry["explanations"] = [{**entry["explanations"][0], **changes}, entry["explanations"][1]]
    raw = encode(Frame({"analyses": [entry]}, frame.arrays))
    return (
        "UPDATE maps SET size = ?, frame = ? WHERE id = 1",
        (len(raw), zlib.compress(raw)),
    )


BROKEN_MAPS = {
    "bomb": ("UPDATE maps SET frame = ? WHERE id = 1", (BOMB,)),
    "declared bomb": ("UPDATE maps SET frame = ?, size = 60000000 WHERE id = 1", (BOMB,)),
    "huge size": "UPDATE maps SET size = 9000000000000 WHERE id = 1",
    "no size": "UPDATE maps SET size = 'x' WHERE id = 1",
    "negative": "UPDATE maps SET size = -1 WHERE id = 1",
    "missing": "DELETE FROM maps WHERE id = 1",
    "text": "UPDATE maps SET frame = 'x' WHERE id = 1",
    "two": ("UPDATE maps SET size = ?, frame = ? WHERE id = 1", (4, zlib.compress(b"NMRC"))),
    "class": _maps(class_id="x"),
    "class number": _maps(class_id=5),
    "nucleus": _maps(f1=["1H", 3.0, 1.0, 21]),
    "axis": _maps(f1=["13C", 3.0, 1.0, 21.0]),
    "axis text": _maps(f1="x"),
    "more": _maps(extra=1),
    "layer": _maps(layer=["x"]),
}


@pytest.mark.parametrize("statement", BROKEN_MAPS.values(), ids=BROKEN_MAPS.keys())
def test_broken_maps_fail_alone_when_they_are_needed(path, statement):
    opened = open_project(edited(path, statement))
    first, *others = opened.content.results
    assert first.prediction.classes
    with pytest.raises(ProjectError, match=r"p.nmrcam: the maps of a result are broken"):
        first.handle.get()
    for result in others:
        result.handle.get()
    assert opened.store.close()


TOO_LARGE = {
    "points": ("payloads SET full", lambda made: made.spectra[0].packed.unpack()),
    "thumbnail": ("pictures SET thumbnail", lambda made: made.spectra[0].packed.thumbnail),
    "maps": ("maps SET frame", lambda made: made.results[0].handle.get()),
}


@pytest.mark.parametrize("column, ask", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_is_larger_than_declared_is_refused_unread(path, column, ask):
    import tracemalloc

    statement = f"UPDATE {column} = zeroblob(20000000) WHERE id = 1"
    opened = open_project(edited(path, statement))
    assert opened.notices == ()
    tracemalloc.start()
    with pytest.raises(ProjectError, match=r"too large|are broken") as said:
        ask(opened.content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(said.value)
    assert peak < 10_000_000
    assert opened.store.close()


@pytest.mark.parametrize("column", ["texts SET text", "spectra SET note", "project SET options"])
def test_a_text_that_is_too_large_is_refused_unread(path, column, monkeypatch):
    monkeypatch.setattr(content, "MAX_LIGHT_BYTES", 5_000_000)
    statement = f"UPDATE {column} = id || hex(zeroblob(5000000)) WHERE id < 3"
    with pytest.raises(ProjectError, match=r"p.nmrcam: something in it is too large"):
        open_project(edited(path, statement))


def test_a_bomb_takes_no_memory():
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(ProjectError, match="another number"):
        Block(BOMB, (41, 60), 255).unpack()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_log_of_a_stranger_beside_a_project(path, sound):
    path.write_bytes(sound.read_bytes())
    beside(path, "-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(5000))
    opened = open_project(path)
    assert len(facts(opened.content)["spectra"]) == 4
    assert opened.store.close()


def explore(path):
    """Open, read everything, write, close; only known failures may come out."""
    try:
        opened = open_project(path)
    except ProjectError as error:
        assert "\n" not in str(error)
        return False
    for record in opened.content.spectra:
        reads = [record.packed.unpack, record.packed.display, record.packed.picture.get]
        if record.picked is not None:
            reads.append(record.picked.get)
        for read in reads:
            try:
                read()
            except NmrCamError as error:
                assert "\n" not in str(error)
    for result in opened.content.results:
        try:
            result.handle.get()
        except ProjectError as error:
            assert "\n" not in str(error)
    opened.store.write(add(make_record(opened.content.next_id)))
    opened.store.flush(120)
    opened.store.close()
    return True


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), count=st.sampled_from([1, 3, 30, 300]), of_data=st.booleans()
)
def test_mutated_bytes_never_crash_and_never_touch_what_is_refused(
    tmp_path_factory, sound, measured, seed, count, of_data
):
    rng = random.Random(seed)  # noqa: S311
    path = tmp_path_factory.mktemp("mutated") / "p.nmrcam"
    raw = bytearray((measured if of_data else sound).read_bytes())
    # Half of them in the first pages: header, tables and their trees.
    end = rng.choice([16 * 4096, len(raw)])
    for _ in range(count):
        raw[rng.randrange(100 if rng.random() < 0.9 else 0, end)] = rng.randrange(256)
    path.write_bytes(raw)
    threads = threading.active_count()
    if not explore(path):
        assert path.read_bytes() == raw
        assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert threading.active_count() == threads


def test_a_tree_that_bites_its_tail(path, sound, monkeypatch):
    """Pages that are repeated without end are counted, not read for ever."""
    monkeypatch.setattr("nmrcam_qt.session.project.content.MAX_ROWS", 2)
    path.write_bytes(sound.read_bytes())
    refused(path, "endless rows")


def test_text_that_is_no_utf8_is_shown_as_far_as_it_goes(path):
    edited(path, "UPDATE spectra SET title = CAST(x'41ff42' AS TEXT) WHERE id = 2")
    opened = open_project(path)
    assert opened.content.spectra[0].title == "A\ufffdB"
    opened.store.close()


def test_a_new_project_takes_the_place_of_nothing(path, sound):
    path.write_bytes(b"")
    with pytest.raises(ProjectError, match="exists"):
        create_project(path)
    assert path.read_bytes() == b""
