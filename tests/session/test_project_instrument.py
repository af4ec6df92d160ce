"""Picked peaks, masks, referencing and acquisition in the project file; strangers' files too."""

from __future__ import annotations

import functools
import json
import sqlite3
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_builders import instrument, instrument_record, picks, some_masks
from project_builders import add, facts, make_record, spectrum_facts

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.reference import AS_FILED, Affine
from nmrcam_qt.core.wire import Frame, encode
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.moving import move_in
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.project.signals import picked_in, picked_of
from nmrcam_qt.session.records import ProjectState
from nmrcam_qt.session.results import basis_of
from nmrcam_qt.session.session import Session


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.nmrcam"


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def started(path, count=2):
    """A session with instrument data in a project file, everything written."""
    opened = create_project(path)
    session = Session(opened.content, opened.store)
    session.add([pack(instrument(seed=n, name=f"inst {n}")) for n in range(count)])
    session.steps = []
    session.subscribe(lambda e: session.steps.append(e.change) if hasattr(e, "change") else None)
    return session, opened.store


def again(session, path):
    assert session.project.close()
    opened = open_project(path)
    assert opened.notices == ()
    return Session(opened.content, opened.store)


def test_everything_comes_back_and_peaks_are_loaded_when_asked_for(path):
    record = instrument_record(2)
    before = spectrum_facts(record)
    opened = create_project(path)
    opened.store.write(add(record))
    assert opened.store.flush(120)
    assert record.picked.in_memory is None, "written peaks need no memory"
    assert spectrum_facts(record) == before
    assert opened.store.close()
    found = open_project(path)
    (there,) = found.content.spectra
    assert there.picked.in_memory is None
    assert spectrum_facts(there) == before
    assert there.packed.filed is not None
    assert basis_of(there.packed) == basis_of(record.packed)
    assert found.store.close()


def test_a_spectrum_that_has_nothing_of_it_is_written_as_before(path):
    opened = create_project(path)
    opened.store.write(add(make_record(2), make_record(4)))
    assert opened.store.close()
    (form,) = {text for (text,) in rows(path, "SELECT text FROM texts")}
    assert not {"acquisition", "masks", "reference"} & json.loads(form).keys()


def test_axes_go_back_to_those_of_the_file_after_reopening(path):
    session, _ = started(path, 1)
    (item,) = session.items
    file = item.packed
    session.set_reference([item.id], h=Affine(1.1, 0.3), c=Affine(0.9, 0.7))
    session = again(session, path)
    assert session.items[0].packed.reference.h == Affine(1.1, 0.3)
    session.reset_reference([item.id])
    now = session.items[0].packed
    assert (now.f1, now.f2, now.display_axes, now.provenance) == (
        file.f1,
        file.f2,
        file.display_axes,
        file.provenance,
    )
    assert now.reference is AS_FILED
    session = again(session, path)
    assert session.items[0].packed.f1 == file.f1
    session.project.close()


def test_undo_and_redo_need_no_bytes(path):
    session, store = started(path, 1)
    number = session.items[0].id
    for seed in (1, 2, 3):
        session.set_picked(number, picks(20, seed))
    assert store.flush(120)
    handles = [c.spectra[0].after.picked for c in session.steps]
    assert all(handle.in_memory is None for handle in handles)
    session.apply(session.steps[2].inverse())
    session.apply(session.steps[1].inverse())
    assert session.find(number).picked == picks(20, 1)
    session.apply(session.steps[1])
    assert store.flush(120)
    assert len(rows(path, "SELECT id FROM picks")) == 3, "no row was written twice"
    session = again(session, path)
    assert session.find(number).picked == picks(20, 2)
    session.project.close()
    assert len(rows(path, "SELECT id FROM picks")) == 1, "former peaks are deleted at the end"


def test_peaks_are_written_once_however_often_the_record_changes(path):
    session, store = started(path, 1)
    number = session.items[0].id
    session.set_picked(number, picks(20))
    for n in range(10):
        session.rename(number, f"title {n}")
        session.set_contour_base(number, 1 + n)
    assert store.flush(120)
    assert len(rows(path, "SELECT id FROM picks")) == 1
    session = again(session, path)
    assert (session.items[0].name, session.items[0].record.contour_base) == ("title 9", 10.0)
    assert session.items[0].picked == picks(20)
    session.project.close()


def test_removing_and_bringing_back_keeps_the_peaks(path):
    session, store = started(path)
    number = session.items[0].id
    session.set_picked(number, picks(20))
    session.remove([number])
    assert store.flush(120)
    session.apply(session.steps[-1].inverse())
    assert session.find(number).picked == picks(20)
    session = again(session, path)
    assert session.find(number).picked == picks(20)
    session.remove([number])
    session.project.close()
    assert rows(path, "SELECT id FROM picks") == []


@pytest.mark.parametrize("way", ["copy", "save as", "move"])
def test_other_files_hold_them_too(path, tmp_path, way):
    session, store = started(path)
    first, second = (item.id for item in session.items)
    session.set_picked(first, picks(20))
    session.set_masks([first, second], some_masks())
    session.set_reference([second], h=Affine(offset=0.5))
    target = tmp_path / "other.nmrcam"
    expected = facts(session.content())["spectra"]
    if way == "copy":
        store.flush(120)
        store.save_copy(target)
    elif way == "save as":
        store.save_as(target)
        session.apply(session.steps[-1].inverse())
        session.apply(session.steps[-1])
    else:
        made = create_project(target)
        move_in(session, made.store, made.content)
        made.store.flush(120)
        assert made.store.close()
    assert store.close()
    opened = open_project(target)
    assert facts(opened.content)["spectra"] == expected
    opened.store.close()


def test_peaks_that_were_picked_while_a_copy_was_made_are_in_it(path, tmp_path):
    session, store = started(path, 1)
    number = session.items[0].id
    session.set_picked(number, picks(20, 1))
    store.flush(120)
    target = tmp_path / "copy.nmrcam"
    store.save_copy(target)
    session.set_picked(number, picks(20, 2))
    opened = open_project(target)
    move_in(session, opened.store, opened.content)
    assert opened.store.flush(120)
    store.close()
    session = again(session, target)
    assert session.find(number).picked == picks(20, 2)
    session.project.close()


def test_many_notches_of_the_wheel_that_wait_are_one_transaction(path):
    session, store = started(path, 2)
    first, second = (item.id for item in session.items)
    assert store.flush(120)
    with store._io:
        for n in range(50):
            session.set_contour_base(first, 1.0 + n)
        session.set_contour_base(second, 7.0)
        assert store.status.pending <= 3
    session = again(session, path)
    assert [item.record.contour_base for item in session.items] == [50.0, 7.0]
    session.project.close()


def test_view_settings_of_signals_are_kept(path):
    session, _ = started(path, 3)
    ids = [item.id for item in session.items]
    wanted = {
        "overlays": tuple(ids[1:]),
        "contour_ratio": 1.3,
        "contour_levels": 20,
        "signal_style": "image",
        "projections": True,
        "difference": True,
        "show_masks": False,
    }
    session.set_view(**wanted)
    session = again(session, path)
    assert {name: getattr(session.view, name) for name in wanted} == wanted
    session.remove(ids[1:2])
    session = again(session, path)
    assert session.view.overlays == (ids[2],), "one that is gone is drawn no more"
    session.project.close()


@pytest.mark.parametrize(
    "view",
    [
        {"overlays": [99, -1, 10**30]},
        {"overlays": "all"},
        {"overlays": [True, "x"]},
        {"overlays": [1.5]},
        {"overlays": {"a": 1}},
        {"contour_ratio": 1.0},
        {"contour_ratio": 1e308},
        {"contour_levels": 0},
        {"contour_levels": 10**9},
        {"contour_levels": 5.5},
        {"signal_style": "fire"},
        {"projections": 1},
    ],
)
def test_view_settings_that_no_control_can_show_are_the_default(path, view):
    stored(path)
    edit(path, "UPDATE project SET view = ?", json.dumps(view))
    opened = open_project(path)
    assert opened.content.state.view == ViewSettings()
    opened.store.close()


# Strangers


@functools.cache
def two_spectra() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.nmrcam"
        opened = create_project(path)
        opened.store.write(add(instrument_record(2), instrument_record(3)))
        opened.store.write_state(ProjectState(2))
        assert opened.store.close()
        return path.read_bytes()


def stored(path):
    """A project of two spectra with everything."""
    path.write_bytes(two_spectra())


def edit(path, sql, *values):
    connection = sqlite3.connect(path)
    connection.execute(sql, values)
    connection.commit()
    connection.close()


BROKEN_FORMS = {
    "mask no list": {"masks": 5},
    "mask short": {"masks": [["x", 0.0, 1.0]]},
    "mask of text": {"masks": [["x", "0", 1.0, 0.0, 1.0, True]]},
    "mask infinite": {"masks": [["x", -1e999, 1.0, 0.0, 1.0, True]]},
    "mask turned": {"masks": [["x", 2.0, 1.0, 0.0, 1.0, True]]},
    "mask far": {"masks": [["x", 0.0, 1e300, 0.0, 1.0, True]]},
    "mask excluded": {"masks": [["x", 0.0, 1.0, 0.0, 1.0, 1]]},
    "many masks": {"masks": [["x", 0.0, 1.0, 0.0, 1.0, True]] * 1000},
    "reference far": {"reference": [1.0, 1e300, 1.0, 0.0]},
    "reference turned": {"reference": [-1.0, 0.0, 1.0, 0.0]},
    "reference flat": {"reference": [1e-300, 0.0, 1.0, 0.0]},
    "reference short": {"reference": [1.0, 0.0]},
    "reference text": {"reference": "abcd"},
    "reference number": {"reference": 5},
    "acquisition": {"acquisition": [1]},
    "frequency": {"acquisition": {"h_mhz": -5.0}},
    "frequency inf": {"acquisition": {"c_mhz": 1e999}},
    "frequency text": {"acquisition": {"c_mhz": "500"}},
    "solvent": {"acquisition": {"solvent": 5}},
    "edited": {"acquisition": {"edited": "yes"}},
}


@pytest.mark.parametrize("broken", BROKEN_FORMS.values(), ids=BROKEN_FORMS.keys())
def test_a_broken_form_leaves_its_spectrum_out(path, broken):
    stored(path)
    ((number, text),) = rows(
        path, "SELECT t.id, t.text FROM texts t JOIN spectra s ON s.form = t.id WHERE s.id = 2"
    )
    text = json.dumps({**json.loads(text), **broken}).replace("Infinity", "1e999")
    edit(path, "INSERT INTO texts (id, text) VALUES (900, ?)", text)
    edit(path, "UPDATE spectra SET form = 900 WHERE id = 2")
    opened = open_project(path)
    assert [r.id for r in opened.content.spectra] == [3]
    assert opened.notices[0].startswith("1 of the spectra cannot be read")
    assert number != 900
    opened.store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE spectra SET picked = 'x' WHERE id = 2",
        "UPDATE spectra SET picked = -1 WHERE id = 2",
        "UPDATE spectra SET picked = 1.5 WHERE id = 2",
        "UPDATE spectra SET n_picked = -1 WHERE id = 2",
        "UPDATE spectra SET n_picked = 'many' WHERE id = 2",
        "UPDATE spectra SET n_picked = 1000000000 WHERE id = 2",
        "UPDATE spectra SET contour = 0 WHERE id = 2",
        "UPDATE spectra SET contour = 1e999 WHERE id = 2",
        "UPDATE spectra SET contour = 'x' WHERE id = 2",
    ],
)
def test_a_broken_row_leaves_its_spectrum_out(path, statement):
    stored(path)
    edit(path, statement)
    opened = open_project(path)
    assert [r.id for r in opened.content.spectra] == [3]
    opened.store.close()


def numbers(**changed):
    made = np.zeros((11, 8))
    made[:, 0] = np.arange(1, 12)
    for name, value in changed.items():
        made[3, int(name[1:])] = value
    return made


HEADER = {"noise": 1.0, "base": 3.0, "next_id": 12, "labels": []}


def blob(header=HEADER, array=None, kinds=None):
    kinds = np.zeros(11, np.uint8) if kinds is None else kinds
    frame = Frame(header, (numbers() if array is None else array, kinds))
    return zlib.compress(encode(frame))


BROKEN_PICKS = {
    "nothing": b"",
    "text": "text",
    "no frame": zlib.compress(b"x" * 50),
    "empty": zlib.compress(b""),
    "bomb": zlib.compress(bytes(60_000_000), 9),
    "count": blob(array=numbers()[:5], kinds=np.zeros(5, np.uint8)),
    "columns": blob(array=numbers()[:, :7]),
    "float32": blob(array=numbers().astype(np.float32)),
    "kinds": blob(kinds=np.zeros(5, np.uint8)),
    "NaN": blob(array=numbers(n1=np.nan)),
    "infinite height": blob(array=numbers(n3=np.inf)),
    "far": blob(array=numbers(n2=1e300)),
    "negative width": blob(array=numbers(n4=-1)),
    "negative snr": blob(array=numbers(n7=-1)),
    "id 0": blob(array=numbers(n0=0)),
    "half id": blob(array=numbers(n0=1.5)),
    "huge id": blob(array=numbers(n0=1e18)),
    "twice": blob(array=numbers(n0=1)),
    "unknown kind": blob(kinds=np.full(11, 9, np.uint8)),
    "next id": blob({**HEADER, "next_id": 3}),
    "next id text": blob({**HEADER, "next_id": "x"}),
    "next id huge": blob({**HEADER, "next_id": 10**30}),
    "noise": blob({**HEADER, "noise": "x"}),
    "no base": blob({"noise": 1.0, "next_id": 12, "labels": []}),
    "labels": blob({**HEADER, "labels": ["a"]}),
    "labels of numbers": blob({**HEADER, "labels": [1] * 11}),
}


@pytest.mark.parametrize("broken", BROKEN_PICKS.values(), ids=BROKEN_PICKS.keys())
def test_broken_peaks_fail_alone_when_they_are_needed(path, broken):
    stored(path)
    edit(path, "UPDATE picks SET peaks = ? WHERE id = 1", broken)
    opened = open_project(path)
    assert opened.notices == ()
    session = Session(opened.content, opened.store)
    first, second = session.items
    with pytest.raises(ProjectError, match="the picked peaks of inst 2 are broken") as said:
        first.record.picked.get()
    assert "\n" not in str(said.value)
    assert first.picked is None
    assert session.picked(first.id) is None
    assert "picked peaks of inst 2" in session.problems[0].text
    assert len(second.picked) == 11
    first.packed.unpack()
    session.set_picked(first.id, picks(4))
    session = again(session, path)
    assert len(session.find(2).picked) == 4
    session.project.close()


def test_peaks_that_are_missing(path):
    stored(path)
    edit(path, "DELETE FROM picks")
    opened = open_project(path)
    with pytest.raises(ProjectError, match="they are missing"):
        opened.content.spectra[0].picked.get()
    record = opened.content.spectra[0]
    opened.store.write(Change("x", (Replaced(record, replace(record, title="t")),)))
    assert opened.store.close(), "what is gone holds nothing up"
    opened = open_project(path)
    assert [r.title for r in opened.content.spectra] == ["t", ""]
    assert opened.content.spectra[0].picked is None
    opened.store.close()


PEAKS = st.builds(
    Peak,
    id=st.integers(1, 1_000_000),
    h_ppm=st.floats(-1e5, 1e5),
    c_ppm=st.floats(-1e5, 1e5),
    height=st.floats(allow_nan=False, allow_infinity=False),
    h_width_ppm=st.floats(0, 1e5),
    volume=st.floats(allow_nan=False, allow_infinity=False),
    snr=st.floats(0, 1e300),
    by_hand=st.booleans(),
    label=st.text(max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PEAKS, max_size=8, unique_by=lambda peak: peak.id))
def test_any_peaks_come_back_to_the_last_bit(peaks):
    picked = PickedPeaks(tuple(peaks), 0.1, 1e9, 1_000_001)
    assert picked_of(picked_in(picked), len(peaks)) == picked
