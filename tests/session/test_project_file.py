"""The project file: what is written comes back, one transaction per change, nothing is lost."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest
from project_builders import (
    SHA,
    add,
    changed,
    facts,
    make_record,
    make_result,
    make_spectrum,
    removed,
    result_facts,
    spectrum_facts,
    write_project,
)

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import Cancelled, ProjectError
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind
from nmrcam_qt.session import packing
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import pack, with_windows
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.records import (
    Flag,
    ProjectOptions,
    ProjectState,
    SampleRecord,
    SpectrumRecord,
)
from nmrcam_qt.session.store import ProjectContent, SaveState, SaveStatus


@pytest.fixture
def path(tmp_path):
    return tmp_path / "my project.nmrcam"


def reopened(path):
    opened = open_project(path)
    content = facts(opened.content)
    assert opened.notices == ()
    assert opened.store.close()
    return content


def test_a_new_project_is_empty_and_one_file(path, tmp_path):
    opened = create_project(path, ProjectOptions(embed=False))
    assert facts(opened.content) == facts(ProjectContent(options=ProjectOptions(embed=False)))
    assert opened.store.status == SaveStatus(SaveState.SAVED)
    assert opened.store.close()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert reopened(path)["options"] == ProjectOptions(embed=False)


def test_it_is_never_made_anew(path):
    write_project(path)
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="exists"):
        create_project(path)
    assert path.read_bytes() == before


def test_a_spectrum_comes_back_with_all_it_has(path, monkeypatch):
    monkeypatch.setattr(packing, "DISPLAY_POINTS", 1000)
    base = make_spectrum(3, peaks=True, rows=123, columns=207)
    base = replace(
        base,
        name="n\udc80me ü \0 end",
        experiment=None,
        provenance=Provenance(
            "/data/\udcff.csv",
            SourceKind.PEAK_LIST,
            "CSV peak list",
            "ab",
            ("x",),
            ("y", "z"),
            True,
        ),
    )
    record = SpectrumRecord(
        7,
        12,
        pack(base),
        title="tïtle",
        sample=3,
        tags=("a", "b"),
        note="several\nlines",
        flag=Flag.CONFIRMED,
        options=ReadOptions(Experiment.HMBC, (10.0, 0.5), (0.0, 190.0), "hc", "sheet 2"),
    )
    assert record.packed.payload.get().display is not None
    expected = spectrum_facts(record)
    opened = create_project(path)
    opened.store.write(add(SampleRecord(3, "s\udc80"), record))
    assert opened.store.flush(120)
    assert record.packed.payload.in_memory is None
    assert spectrum_facts(record) == expected
    assert opened.store.close()
    content = reopened(path)
    assert content["spectra"] == [expected]
    assert content["samples"] == [SampleRecord(3, "s\udc80")]
    assert content["next_id"] == 8


def test_handles_of_a_closed_project_say_so(path):
    write_project(path, 1)
    opened = open_project(path)
    opened.store.close()
    with pytest.raises(ProjectError, match="the project is closed"):
        opened.content.spectra[0].packed.unpack()
    assert opened.store.close()


def test_changes_of_every_kind(path):
    opened = create_project(path)
    store, record = opened.store, make_record(1)
    store.write(add(record))
    for fields in (
        {"title": "new"},
        {"tags": ("x",)},
        {"note": "n"},
        {"flag": Flag.CHECK},
        {"position": 9},
        {"packed": with_windows(record.packed, (12.0, 0.0), (0.0, 220.0))},
    ):
        change, record = changed(record, **fields)
        store.write(change)
    store.write(Change("Group", samples=(Replaced(None, SampleRecord(5, "s")),)))
    change, record = changed(record, sample=5)
    store.write(change)
    view = ViewSettings(opacity=0.25, layer="conv2", class_id="indole", layout="sample")
    store.write(Change("View", view=Replaced(ViewSettings(), view)))
    store.write(Change("Options", options=Replaced(ProjectOptions(), ProjectOptions(embed=False))))
    assert store.flush(120)
    expected = spectrum_facts(record)
    assert store.close()
    content = reopened(path)
    assert content["spectra"] == [expected]
    assert content["state"].view == view
    assert content["options"] == ProjectOptions(embed=False)
    assert content["next_id"] == 6


def test_a_payload_is_written_once_however_often_its_record_changes(path):
    opened = create_project(path)
    record = make_record(1)
    opened.store.write(add(record))
    for number in range(5):
        change, record = changed(record, title=str(number))
        opened.store.write(change)
    opened.store.write(removed(record))
    opened.store.write(add(record))
    assert opened.store.flush(120)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM payloads").fetchone() == (1,)
    connection.close()
    assert opened.store.close()


def test_removing_is_soft_until_the_project_is_closed(path):
    records = write_project(path, 3)
    opened = open_project(path)
    first = opened.content.spectra[0]
    expected = spectrum_facts(first)
    opened.store.write(removed(first))
    assert opened.store.flush(120)
    assert spectrum_facts(first) == expected
    opened.store.write(add(first))
    opened.store.write(removed(opened.content.spectra[1]))
    assert opened.store.close()
    content = reopened(path)
    assert [row[0] for row in content["spectra"]] == [records[0].id, records[2].id]
    assert len(content["results"]) == 2
    connection = sqlite3.connect(path)
    for table in ("spectra", "pictures", "payloads", "results", "maps"):
        sql = f"SELECT count(*) FROM {table}"  # noqa: S608
        assert connection.execute(sql).fetchone() == (2,), table
    connection.close()


def test_the_payload_of_a_relinked_spectrum_is_not_kept_for_ever(path):
    write_project(path, 2)
    opened = open_project(path)
    record = opened.content.spectra[0]
    change, after = changed(record, packed=make_record(50).packed)
    expected = spectrum_facts(record), spectrum_facts(after)
    opened.store.write(change)
    opened.store.write(change.inverse())
    opened.store.write(change)
    assert opened.store.flush(120)
    assert (spectrum_facts(record), spectrum_facts(after)) == expected
    opened.store.close()
    assert reopened(path)["spectra"][0] == expected[1]
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM payloads").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM pictures").fetchone() == (2,)
    assert connection.execute("SELECT untidy FROM project").fetchone() == (0,)
    connection.close()


def test_ids_of_removed_records_are_never_given_again(path):
    write_project(path, 3)
    opened = open_project(path)
    assert opened.content.next_id == 5
    opened.store.write(removed(*opened.content.spectra))
    opened.store.close()
    assert reopened(path)["next_id"] == 5


def test_space_of_removed_spectra_is_given_back(path):
    opened = create_project(path)
    rng = np.random.default_rng(1)
    for number in range(1, 11):
        noise = rng.random((300, 300), dtype=np.float32)
        base = replace(make_spectrum(number, rows=300, columns=300), intensity=noise)
        opened.store.write(add(SpectrumRecord(number, number, pack(base))))
    opened.store.close()
    large = path.stat().st_size
    opened = open_project(path)
    opened.store.write(removed(*opened.content.spectra[1:]))
    opened.store.close()
    assert path.stat().st_size < large / 4
    assert len(reopened(path)["spectra"]) == 1


def test_results_come_back_and_the_same_one_is_replaced(path):
    opened = create_project(path)
    records = [make_record(1), make_record(2)]
    opened.store.write(add(*records))
    first = make_result(records, 1, "net-pair")
    again = make_result(records, 2, "net-pair")
    other = make_result(records[:1], 3)
    expected = {r.id: result_facts(r) for r in (again, other)}
    for result in (first, other, again):
        opened.store.write_result(result)
    assert opened.store.flush(120)
    assert again.handle.in_memory is None
    assert result_facts(again) == expected[again.id]
    opened.store.close()
    assert reopened(path)["results"] == expected


def test_a_result_of_another_network_version_stays_until_there_is_a_newer_one(path):
    opened = create_project(path)
    record = make_record(1)
    opened.store.write(add(record))
    old, new = make_result([record], 1, sha="a" * 64), make_result([record], 2, sha="b" * 64)
    opened.store.write_result(old)
    opened.store.close()
    assert list(reopened(path)["results"]) == [old.id]
    opened = open_project(path)
    opened.store.write_result(new)
    opened.store.close()
    reopened(path)
    assert list(reopened(path)["results"]) == [new.id]


def test_a_result_of_other_axes_stays_as_long_as_nothing_takes_its_place(path):
    opened = create_project(path)
    record = make_record(1)
    opened.store.write(add(record))
    opened.store.write_result(make_result([record], 1))
    moved = with_windows(record.packed, (12.0, 0.0), (0.0, 220.0))
    change, record = changed(record, packed=moved)
    opened.store.write(change)
    opened.store.close()
    reopened(path)
    assert len(reopened(path)["results"]) == 1


def test_the_newest_state_is_kept_and_the_order_with_changes_of_the_view_too(path):
    write_project(path, 1)
    opened = open_project(path)
    for opacity in np.linspace(0, 1, 50):
        opened.store.write_state(ProjectState(2, ViewSettings(opacity=float(opacity))))
    last = ViewSettings(opacity=0.5)
    opened.store.write(Change("View", view=Replaced(ViewSettings(), ViewSettings(opacity=0.1))))
    opened.store.write_state(ProjectState(2, last))
    opened.store.close()
    assert reopened(path)["state"] == ProjectState(2, last)


def test_status_is_told_in_the_stores_thread_and_ends_in_saved(path):
    opened = create_project(path)
    told, threads = [], set()

    def listen(status):
        told.append(status)
        threads.add(threading.current_thread().name)

    opened.store.on_status = listen
    for number in range(1, 6):
        opened.store.write(add(make_record(number)))
    assert opened.store.status.state in (SaveState.SAVING, SaveState.SAVED)
    assert opened.store.flush(120)
    opened.store.close()
    assert {status.state for status in told} == {SaveState.SAVING, SaveState.SAVED}
    assert told[-1] == SaveStatus(SaveState.SAVED)
    assert threads == {"nmrcam project"}


def test_writing_returns_at_once_and_many_threads_may_read(path):
    records = write_project(path, 12)
    opened = open_project(path)
    wrong = []

    def read():
        for record, before in zip(opened.content.spectra, records, strict=True):
            found = record.packed.unpack().intensity
            expected = make_spectrum(before.id, peaks=before.id % 3 == 0).intensity
            if not np.array_equal(found, expected) or len(record.packed.thumbnail) != 48:
                wrong.append(record.id)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(100, 140):
        opened.store.write(add(make_record(number)))
    for thread in threads:
        thread.join()
    assert not wrong
    assert opened.store.close()
    assert len(reopened(path)["spectra"]) == 52


# Not embedded


def read_from_disk(tmp_path, **options):
    from window_builders import write_picture

    from nmrcam_qt.core.readers import read_spectrum

    source = write_picture(tmp_path / "a_HSQC.png")
    options = ReadOptions(**options)
    packed = pack(read_spectrum(source, options))
    return source, SpectrumRecord(1, 1, packed, embedded=False, options=options)


def test_a_spectrum_that_is_not_copied_is_read_from_its_source(path, tmp_path):
    _, record = read_from_disk(tmp_path, f2_window=(12.0, 0.0), f1_window=(0.0, 220.0))
    expected = spectrum_facts(record)
    opened = create_project(path)
    opened.store.write(add(record))
    assert opened.store.flush(120)
    assert record.packed.payload.in_memory is None
    assert spectrum_facts(record) == expected
    opened.store.close()
    assert reopened(path)["spectra"] == [expected]
    assert path.stat().st_size < 80_000
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM payloads").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("harm", ["moved", "changed"])
def test_a_source_that_moved_or_changed_is_said(path, tmp_path, harm):
    from window_builders import write_picture

    source, record = read_from_disk(tmp_path)
    opened = create_project(path)
    opened.store.write(add(record))
    opened.store.close()
    if harm == "moved":
        source.rename(tmp_path / "elsewhere.png")
    else:
        write_picture(source, (31, 47))
    opened = open_project(path)
    assert len(opened.content.spectra[0].packed.picture.get()) == 48 * 72
    with pytest.raises(ProjectError, match=rf"a_HSQC.png was {harm}"):
        opened.content.spectra[0].packed.unpack()
    opened.store.close()


def test_a_copy_whose_file_is_gone_does_not_hold_up_the_rest(path, tmp_path):
    write_project(tmp_path / "other.nmrcam", 1)
    other = open_project(tmp_path / "other.nmrcam")
    stranger = other.content.spectra[0]
    other.store.close()
    opened = create_project(path)
    opened.store.write(add(replace(stranger, id=1)))
    opened.store.write(add(make_record(2)))
    assert opened.store.close()
    opened = open_project(path)
    assert [r.embedded for r in opened.content.spectra] == [False, True]
    opened.store.close()


# Copies


class Stops:
    """Progress that cancels at the first step."""

    def __init__(self):
        self.steps = []

    def step(self, done, total, text=""):
        self.steps.append((done, total))
        raise Cancelled


class Counts(Stops):
    """Progress that looks on."""

    def step(self, done, total, text=""):
        self.steps.append((done, total))


def test_a_copy_holds_the_same_and_is_one_file(path, tmp_path):
    write_project(path, 5)
    target = tmp_path / "copy" / "copy.nmrcam"
    target.parent.mkdir()
    opened = open_project(path)
    progress = Counts()
    opened.store.save_copy(target, progress)
    assert progress.steps[-1][0] == progress.steps[-1][1]
    expected = facts(opened.content)
    opened.store.close()
    assert [p.name for p in target.parent.iterdir()] == [target.name]
    assert reopened(target) == expected


def test_a_cancelled_copy_leaves_what_was_there(path, tmp_path):
    write_project(path, 3)
    target = tmp_path / "copy.nmrcam"
    target.write_bytes(b"precious")
    opened = open_project(path)
    with pytest.raises(Cancelled):
        opened.store.save_copy(target, Stops())
    with pytest.raises(ProjectError, match="the open project itself"):
        opened.store.save_copy(path)
    with pytest.raises(ProjectError, match="cannot be written"):
        opened.store.save_copy(tmp_path / "no folder" / "x.nmrcam")
    opened.store.close()
    assert target.read_bytes() == b"precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == [target.name, path.name]


def test_a_copy_never_replaces_a_project_that_is_open(path, tmp_path):
    write_project(path, 3)
    write_project(tmp_path / "b.nmrcam", 1)
    first, second = open_project(path), open_project(tmp_path / "b.nmrcam")
    with pytest.raises(ProjectError, match="open in another window"):
        first.store.save_copy(second.store.path)
    first.store.close()
    second.store.close()
    assert len(reopened(tmp_path / "b.nmrcam")["spectra"]) == 1


def test_saving_under_another_name_goes_on_there_with_everything(path, tmp_path):
    write_project(path, 3)
    before = reopened(path)
    opened = open_project(path)
    store, gone, kept = opened.store, opened.content.spectra[0], opened.content.spectra[1]
    gone_facts = spectrum_facts(gone)
    target = tmp_path / "new.nmrcam"
    store.write(removed(gone))
    store.save_as(target)
    assert store.path == target
    assert store.status.state in (SaveState.SAVED, SaveState.SAVING)
    path.rename(tmp_path / "old.nmrcam")  # nothing is read from it any more
    assert spectrum_facts(gone) == gone_facts
    store.write(add(gone))  # the undo stack goes on
    change, _ = changed(kept, title="after")
    store.write(change)
    assert store.close()
    content = reopened(target)
    assert [row[0] for row in content["spectra"]] == [2, 3, 4]
    assert len(content["results"]) == 3
    opened = open_project(target)
    assert opened.content.spectra[1].title == "after"
    opened.store.close()
    # The old file has all that was written to it: the removal, which can no longer be undone.
    old = reopened(tmp_path / "old.nmrcam")
    assert [row[0] for row in old["spectra"]] == [3, 4]
    assert len(before["spectra"]) == 3


def test_stale_is_told_by_the_digest(path):
    write_project(path, 1)
    opened = open_project(path)
    assert opened.content.results[0].id.network_sha256 == SHA
    opened.store.close()


def test_numbers_of_numpy_are_taken_like_plain_ones(path):
    base = make_spectrum(2)
    axis = Axis("13C", np.float64(3.5), np.float64(100.25), int(base.f1.size))
    record = SpectrumRecord(2, 1, pack(replace(base, f1=axis)))
    opened = create_project(path)
    result = make_result([record], 1)
    opened.store.write(add(record))
    opened.store.write_result(result)
    assert opened.store.close()
    from nmrcam_qt.session.results import basis_of

    opened = open_project(path)
    again = opened.content.spectra[0]
    assert again.packed.f1 == axis
    assert opened.content.results[0].id.basis == (basis_of(again.packed),)
    opened.store.close()
