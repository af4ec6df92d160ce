"""Projects of strangers with values that no spectrum has: the window must not drown in them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from project_builders import add, make_record, make_result

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.session.changing import MAX_NOTE
from nmrcam_qt.session.grouping import MAX_NAME
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import Payload
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.project import values as limits
from nmrcam_qt.session.records import SampleRecord

LONG = "w" * 1_000_000
EXTREME = [
    (1e308, -1e308),
    (1.7e308, 1e308),
    (5e-324, 0.0),
    (1e15, -1e15),
    (1e300, 1e299),
    (2, 2.0000001),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "p.nmrcam"


def written(path, *records, results=()):
    opened = create_project(path)
    opened.store.write(add(*records))
    for result in results:
        opened.store.write_result(result)
    assert opened.store.close()
    return path


def with_axes(record, f1, f2):
    packed = record.packed
    a1, a2 = Axis("13C", *f1, packed.f1.size), Axis("1H", *f2, packed.f2.size)
    return replace(record, packed=replace(packed, f1=a1, f2=a2, display_axes=(a1, a2)))


@pytest.mark.parametrize("window", EXTREME)
def test_axes_that_crash_qt_are_left_out(path, window):
    sound, first, second = make_record(1), make_record(2), make_record(4)
    records = with_axes(first, window, (10.0, 0.0)), with_axes(second, (0.0, 200.0), window)
    opened = open_project(written(path, sound, *records))
    assert [record.id for record in opened.content.spectra] == [1]
    assert opened.notices[0].startswith("2 of the spectra cannot be read and are left out: an axis")
    opened.store.close()


def test_axes_that_a_user_can_give_are_kept(path):
    records = [
        with_axes(make_record(1), (1000.0, -1000.0), (0.001, 0.0)),
        replace(make_record(2), options=ReadOptions(f2_window=(1000.0, -1000.0))),
    ]
    opened = open_project(written(path, *records))
    assert [record.id for record in opened.content.spectra] == [1, 2]
    opened.store.close()


def test_windows_to_read_with_are_axes_too(path):
    record = replace(make_record(1), options=ReadOptions(f1_window=(1e308, -1e308)))
    opened = open_project(written(path, record))
    assert opened.content.spectra == ()
    opened.store.close()


def test_peaks_far_from_any_spectrum(path):
    record = make_record(3)
    payload = record.packed.payload.get()
    peaks = PeakList(np.full(5, 1e308), np.ones(5), np.ones(5))
    far = Handle(Payload(payload.full, payload.display, peaks))
    opened = open_project(
        written(path, replace(record, packed=replace(record.packed, payload=far)))
    )
    with pytest.raises(ProjectError, match="peaks are too far from 0 ppm"):
        opened.content.spectra[0].packed.unpack()
    opened.store.close()


def test_maps_on_extreme_axes(path):
    record = make_record(1)
    result = make_result([record], 1)
    maps = result.handle.get()
    axis = Axis("13C", 1e308, -1e308, maps.explanations[0].f1.size)
    wrong = Analysis(maps.prediction, (replace(maps.explanations[0], f1=axis),), maps.unavailable)
    opened = open_project(written(path, record, results=[replace(result, handle=Handle(wrong))]))
    with pytest.raises(ProjectError, match="maps of a result are broken: an axis"):
        opened.content.results[0].handle.get()
    opened.store.close()


@pytest.mark.parametrize("number", [1 << 30, 1 << 31, 1 << 40])
def test_ids_that_no_signal_carries_are_left_out(path, number):
    sql(
        written(path, make_record(1), make_record(2)),
        f"UPDATE spectra SET id = {number} WHERE id = 2",  # noqa: S608
    )
    opened = open_project(path)
    assert [record.id for record in opened.content.spectra] == [1]
    assert opened.content.next_id < 1 << 30
    opened.store.close()


def test_texts_of_megabytes_are_shortened(path):
    packed = make_record(1).packed
    source = replace(packed.provenance, path=LONG, format=LONG, notes=(LONG,) * 2, assumed=(LONG,))
    packed = replace(packed, name=LONG, provenance=source)
    record = replace(make_record(1), title=LONG, note=LONG, tags=("t" * 500_000,), sample=9)
    result = make_result([record], 1)
    said = replace(result.prediction, worth="x" * 500_000, warnings=("y" * 500_000,))
    written(
        path,
        SampleRecord(9, LONG),
        replace(record, packed=packed),
        results=[replace(result, prediction=said)],
    )
    opened = open_project(path)
    (found,), (sample,), (scores,) = (
        opened.content.spectra,
        opened.content.samples,
        opened.content.results,
    )
    source = found.packed.provenance
    shown = [
        found.title,
        found.packed.name,
        sample.name,
        *found.tags,
        source.format,
        source.notes[0],
    ]
    shown += [scores.prediction.worth, *scores.prediction.warnings]
    assert {len(text) for text in shown} == {limits.MAX_LABEL}
    assert (len(found.note), len(source.path)) == (limits.MAX_NOTE, limits.MAX_PATH)
    assert all(text.endswith("…") for text in shown)
    opened.store.close()


def test_what_the_session_allows_is_never_shortened():
    assert limits.MAX_LABEL >= MAX_NAME
    assert limits.MAX_NOTE >= MAX_NOTE


def test_a_thousand_notes_of_one_spectrum_are_not_all_shown(path):
    written(path, make_record(1))
    connection = sqlite3.connect(path)
    row_id, text = connection.execute("SELECT id, text FROM texts").fetchone()
    form = json.dumps({**json.loads(text), "notes": [str(n) for n in range(100_000)]})
    connection.execute("UPDATE texts SET text = ? WHERE id = ?", (form, row_id))
    connection.commit()
    connection.close()
    opened = open_project(path)
    assert len(opened.content.spectra[0].packed.provenance.notes) == limits.MAX_LABELS
    opened.store.close()


def sql(path, *statements):
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sqlite_sequence SET seq = 1 << 40",
        "INSERT INTO pictures (id, thumbnail) VALUES (1 << 40, x'00')",
    ],
)
def test_numbers_that_are_used_up_are_said_not_lost(path, tmp_path, statement):
    """What was called saved would be left out the next time."""
    sql(written(path, make_record(1)), statement)
    opened = open_project(path)
    opened.store.write(add(make_record(2)))
    assert not opened.store.flush(20)
    assert "no numbers left" in opened.store.status.text
    assert not opened.store.close()
    opened = open_project(path)
    assert [record.id for record in opened.content.spectra] == [1]
    opened.store.close()


def test_the_next_number_leaves_room(path):
    sql(written(path, make_record(1)), "UPDATE project SET next_id = (1 << 30) - 1")
    opened = open_project(path)
    assert opened.content.next_id == 2
    opened.store.close()


def test_an_image_for_the_screen_that_is_none_is_left_out(path):
    record = make_record(1)
    huge = Axis("13C", 0.0, 200.0, 10_000), Axis("1H", 10.0, 0.0, 10_000)
    packed = replace(record.packed, f1=huge[0], f2=huge[1], display_axes=huge)
    opened = open_project(written(path, make_record(2), replace(record, packed=packed)))
    assert [record.id for record in opened.content.spectra] == [2]
    opened.store.close()
