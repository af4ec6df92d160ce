"""Files beside a project: present, missing, changed, found again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from window_builders import write_picture

from nmrcam_qt.core.errors import Cancelled, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind
from nmrcam_qt.session.items import SourceState
from nmrcam_qt.session.packing import pack, with_windows
from nmrcam_qt.workers import relink_job, source_check_job
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.relink_job import LostSource, NotRelinked, Relinked, RelinkJob
from nmrcam_qt.workers.source_check_job import (
    SourceCheckJob,
    SourcesChecked,
    SourceToCheck,
    source_to_check,
)

OPTIONS = ReadOptions(experiment=Experiment.HSQC)


class Context:
    def __init__(self, cancel_after=10**9):
        self.parts, self._left = [], cancel_after

    is_cancelled = False

    def step(self, done, total, text=""):
        self._left -= 1
        if self._left < 0:
            raise Cancelled

    def part(self, result):
        self.parts.append(result)

    def states(self):
        return {i: s for part in self.parts for i, s in part.states}


def _packed(path):
    return pack(read_spectrum(path, OPTIONS))


def _sources(paths):
    return [source_to_check(n, _packed(p).provenance) for n, p in enumerate(paths)]


@pytest.fixture
def three(tmp_path):
    return [write_picture(tmp_path / f"{n}.png", (10 + n, 20)) for n in range(3)]


def test_present_missing_changed(three):
    sources = _sources(three)
    three[1].unlink()
    write_picture(three[2], (50, 50))
    context = Context()
    assert SourceCheckJob(sources).run(context) == 2
    assert context.states() == {
        0: SourceState.PRESENT,
        1: SourceState.MISSING,
        2: SourceState.CHANGED,
    }


def test_odd_sources(three, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    sources = [
        SourceToCheck(1, str(three[0]), ""),
        SourceToCheck(2, str(tmp_path), "0" * 64),
        SourceToCheck(3, str(tmp_path / "pipe"), "0" * 64),
        SourceToCheck(4, "a\0b", "0" * 64),
        SourceToCheck(5, "x" * 5000, "0" * 64),
    ]
    context = Context()
    SourceCheckJob(sources).run(context)
    missing = SourceState.MISSING
    assert context.states() == {1: SourceState.PRESENT, **dict.fromkeys((2, 3, 4, 5), missing)}


def test_relative_paths_are_looked_for_beside_the_project(three, tmp_path):
    source = SourceToCheck(1, "0.png", _sources(three[:1])[0].sha256)
    context = Context()
    assert SourceCheckJob([source], tmp_path).run(context) == 0


@pytest.mark.parametrize("name", [r"\\stranger\share\x.png", "//stranger/share/x.png"])
def test_a_project_does_not_send_the_user_to_a_strangers_server(name, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(source_check_job, "_is_file", looked.append)
    for base in (None, tmp_path, PureWindowsPath(r"\\mine\data")):
        context = Context()
        assert SourceCheckJob([SourceToCheck(1, name, "0" * 64)], base).run(context) == 0
        assert context.states() == {1: SourceState.UNCHECKED}
    assert looked == []
    base = PureWindowsPath(r"\\Stranger\share\projects")
    assert SourceCheckJob([SourceToCheck(1, name, "0" * 64)], base).run(Context()) == 1
    assert looked


def test_what_came_from_no_file_is_not_looked_for(three):
    from dataclasses import replace

    packed = _packed(three[0])
    made = replace(packed, provenance=Provenance("x", SourceKind.MIXTURE, "mixture"))
    assert source_to_check(1, made.provenance) is None


def test_many_are_told_in_few_parts_and_can_be_cancelled(three, monkeypatch):
    monkeypatch.setattr(source_check_job, "PAUSE_SHARE", 0.0)
    many = [SourceToCheck(n, str(three[0]), "") for n in range(1000)]
    context = Context()
    SourceCheckJob(many).run(context)
    assert len(context.states()) == 1000
    assert all(isinstance(p, SourcesChecked) and len(p.states) <= 100 for p in context.parts)
    with pytest.raises(Cancelled):
        SourceCheckJob(many).run(Context(cancel_after=500))


def test_a_large_file_can_be_cancelled_in_the_middle(tmp_path):
    large = tmp_path / "large.png"
    with large.open("wb") as stream:
        stream.truncate(64 << 20)
    source = SourceToCheck(1, str(large), "0" * 64)
    with pytest.raises(Cancelled):
        SourceCheckJob([source]).run(Context(cancel_after=5))


def _lost(paths):
    return [LostSource(n, _packed(p), OPTIONS) for n, p in enumerate(paths)]


def test_moved_and_renamed_files_are_found_again(three, tmp_path):
    lost = _lost(three)
    new = tmp_path / "elsewhere" / "deep"
    new.mkdir(parents=True)
    shutil.move(three[0], new / "0.png")
    shutil.move(three[1], new / "renamed.png")
    shutil.move(three[2], new / "2.png")
    (new / "broken.png").write_bytes(b"no picture")
    context = Context()
    assert RelinkJob(tmp_path / "elsewhere", lost).run(context) == 3
    found = {p.item_id: p.packed for p in context.parts if isinstance(p, Relinked)}
    assert {i: Path(p.provenance.path).name for i, p in found.items()} == {
        0: "0.png",
        1: "renamed.png",
        2: "2.png",
    }
    for source in lost:
        new_one = found[source.item_id]
        assert new_one.name == source.packed.name and new_one.f1 == source.packed.f1
        np.testing.assert_array_equal(new_one.unpack().intensity, source.packed.unpack().intensity)


def test_the_users_axes_stay(three, tmp_path):
    own = with_windows(_packed(three[0]), (9.0, 1.0), (10.0, 150.0))
    new = tmp_path / "new"
    new.mkdir()
    shutil.move(three[0], new)
    context = Context()
    RelinkJob(new, [LostSource(1, own, OPTIONS)]).run(context)
    (part,) = context.parts
    assert part.packed.f2.edges == pytest.approx((9.0, 1.0))
    assert part.packed.provenance.path == str(new / "0.png")


def test_what_is_not_found_says_why(three, tmp_path):
    lost = _lost(three[:2])
    from dataclasses import replace

    packed = lost[0].packed
    unknown = replace(packed, provenance=replace(packed.provenance, sha256=""))
    lost.append(LostSource(7, unknown, OPTIONS))
    new = tmp_path / "new"
    new.mkdir()
    write_picture(new / "0.png", (60, 60))
    context = Context()
    assert RelinkJob(new, lost).run(context) == 0
    said = {p.item_id: p.reason for p in context.parts if isinstance(p, NotRelinked)}
    assert "another file" in said[0]
    assert said[1] == "no file with the content of 1.png was found"
    assert "digest is not known" in said[7]


def test_a_file_that_cannot_be_read_any_more_is_told(three, tmp_path):
    def refuse(path, options):
        raise ReadError(path, "broken")

    context = Context()
    assert RelinkJob(tmp_path, _lost(three[:1]), refuse).run(context) == 0
    assert context.parts == [NotRelinked(0, "0", "0.png: broken")]


def test_no_such_folder_and_far_too_many_files(three, tmp_path, monkeypatch):
    with pytest.raises(JobError, match="cannot be listed"):
        RelinkJob(tmp_path / "none", _lost(three[:1])).run(Context())
    monkeypatch.setattr(relink_job, "MAX_FILES", 2)
    with pytest.raises(JobError, match="more than 2 files"):
        RelinkJob(tmp_path, _lost(three[:1])).run(Context())


def test_looking_can_be_cancelled(three, tmp_path):
    with pytest.raises(Cancelled):
        RelinkJob(tmp_path, _lost(three)).run(Context(cancel_after=3))
