"""Contributions and checks in the project file: there again, never stale, gone with spectra."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from check_builders import a_check
from contribution_builders import made_up
from project_builders import make_record, removed, write_project
from window_builders import CARDS, MAP_F1, MAP_F2

from nmrcam_qt.core.contributions import MapStability
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.peak_places import digest_of
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.checking import CheckBook, CheckKey
from nmrcam_qt.session.contributing import Basis
from nmrcam_qt.session.contribution_cache import ContributionCache, Kept
from nmrcam_qt.session.findings import Findings, digest
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.project import open_project
from nmrcam_qt.session.records import Finding
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.store import SaveState

ROOT = Path(__file__).resolve().parents[2]
FOUND = made_up(repeats=20)
WHERE = ("spectrum", "indole", "hirescam", "conv4")
KEY = CheckKey(
    AnalysisKey("net-hsqc", (2,), None), ("b",), "f" * 64, "indole", "hirescam", "spectrum"
)


def basis(**other) -> Basis:
    peaks = tuple(digest_of(own.places) for own in FOUND.inputs)
    given = Basis("net-hsqc", "f" * 64, (2,), ("what it sees",), peaks, FOUND.classes)
    return replace(given, **other)


def moving(where=WHERE) -> MapStability:
    low = np.full((MAP_F1.size, MAP_F2.size), 0.25, np.float32)
    return MapStability(*where, MAP_F1, MAP_F2, low + 0.5, low, 0.43, 20)


@pytest.fixture
def path(tmp_path):
    write_project(tmp_path / "p.nmrcam", 3)
    return tmp_path / "p.nmrcam"


class Opened:
    """A session on a file, with what the desks hold."""

    def __init__(self, path, **how):
        self.opened = open_project(path, **how)
        self.session = Session(self.opened.content, self.opened.store)
        self.findings = Findings(self.session)
        self.cache, self.book = ContributionCache(self.findings), CheckBook(self.findings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.opened.store.close()


def fill(here):
    here.cache.keep(Kept(basis(), FOUND, {WHERE: moving()}))
    here.book.keep(KEY, a_check())
    assert here.opened.store.flush(120)


def rows(path):
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT place, size, length(frame) FROM findings").fetchall()
    connection.close()
    return found


def test_what_was_found_out_is_there_again(path):
    with Opened(path) as here:
        fill(here)
    with Opened(path) as here:
        kept = here.cache.find(basis())
        assert kept.basis == basis() and kept.contributions.repeats == 20
        np.testing.assert_array_equal(kept.contributions.inputs[0].drop, FOUND.inputs[0].drop)
        assert here.cache.find(basis()) is kept, "read once"
        assert kept.stability.get(WHERE).agreement == 0.43
        assert kept.stability.get((*WHERE[:2], "gradcam", "conv4")) is None
        assert here.book.find(KEY) == a_check()
        assert here.book.find(KEY) is here.book.find(KEY)


@pytest.mark.parametrize(
    "other",
    [
        {"network_sha256": "0" * 64},
        {"spectra": ("another mask",)},
        {"peaks": ("other",)},
        {"items": (3,)},
        {"classes": ("a", "b")},
        {"network": "net-hmbc"},
    ],
)
def test_what_rests_on_something_else_is_not_found(path, other):
    with Opened(path) as here:
        fill(here)
    with Opened(path) as here:
        assert here.cache.find(basis(**other)) is None
        assert here.session.problems == []
        if "network_sha256" in other:
            assert here.book.find(replace(KEY, **other)) is None
        for changed in (
            {"bases": ("another mask",)}, {"class_id": "steroid"}, {"method": "gradcam"},
            {"input_name": "hmbc"}, {"result": replace(KEY.result, layer="conv2")},
        ):  # fmt: skip
            assert here.book.find(replace(KEY, **changed)) is None


def test_a_newer_answer_takes_the_place_of_the_older(path):
    with Opened(path) as here:
        fill(here)
        here.cache.keep(Kept(basis(spectra=("other axes",)), FOUND))
        here.book.keep(replace(KEY, bases=("other",)), a_check(False))
    assert len(rows(path)) == 3
    with Opened(path) as here:
        assert here.cache.find(basis()) is None
        assert here.cache.find(basis(spectra=("other axes",))) is not None
        assert not here.book.find(replace(KEY, bases=("other",))).passes


def test_nothing_is_kept_of_spectra_that_are_gone(path):
    with Opened(path) as here:
        fill(here)
        here.findings.keep([Finding("other", "b", (3,), Frame({}))])
        here.opened.store.write(removed(make_record(2, sample=1)))
    assert [place for place, _, _ in rows(path)] == ["other"]


def test_a_spectrum_that_is_not_there_any_more_is_no_basis(path):
    with Opened(path) as here:
        here.cache.keep(Kept(basis(spectra=(None,)), FOUND))
        here.book.keep(replace(KEY, bases=(None,)), a_check())
    assert rows(path) == []


def test_a_read_only_project_shows_them_and_keeps_new_ones_in_memory(path):
    with Opened(path) as here:
        fill(here)
    with Opened(path, read_only=True) as here:
        assert here.opened.store.status.state is SaveState.READ_ONLY
        assert here.cache.find(basis()) is not None
        here.book.keep(replace(KEY, class_id="steroid"), a_check(class_id="steroid"))
        assert here.book.find(replace(KEY, class_id="steroid")) is not None
    assert len(rows(path)) == 3


def test_a_session_without_a_file_has_memory_only():
    session = Session()
    cache = ContributionCache(Findings(session))
    cache.keep(Kept(basis(), FOUND))
    assert cache.find(basis()) is not None
    assert ContributionCache(Findings(session)).find(basis()) is None


def test_copies_hold_them_too(path, tmp_path):
    with Opened(path) as here:
        fill(here)
        here.opened.store.save_as(tmp_path / "q.nmrcam")
        here.book.keep(replace(KEY, class_id="steroid"), a_check(class_id="steroid"))
    assert (len(rows(path)), len(rows(tmp_path / "q.nmrcam"))) == (3, 4)


def test_files_stay_small(path):
    """A large answer: 2000 peaks, and a map mostly blank, as those of signals are."""
    rng = np.random.default_rng(0)
    many = made_up(rng.uniform(1, 9, (2000, 2)), rng.normal(0, 1, (2000, 3)).astype(np.float32), 20)
    payload = 8 * 2000 * 2 + 4 * 2000 * 3 * 6  # shifts, and six tables of float32
    with Opened(path) as here:
        kept = Kept(replace(basis(), peaks=(digest_of(many.inputs[0].places),)), many)
        here.cache.keep(kept)
    ((_, size, packed),) = rows(path)
    assert packed <= 1.2 * payload and size < 2 * payload


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE findings SET frame = x'00'",
        "UPDATE findings SET frame = 'text'",
        "UPDATE findings SET frame = zeroblob(20000000)",
        "UPDATE findings SET size = 1",
        "UPDATE findings SET size = 'many'",
        "UPDATE findings SET frame = (SELECT frame FROM maps LIMIT 1), size = 100000",
    ],
)
def test_broken_ones_are_a_problem_once_and_not_there(path, statement):
    with Opened(path) as here:
        fill(here)
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with Opened(path) as here:
        for _ in range(3):
            assert here.cache.find(basis()) is None
            assert here.book.find(KEY) is None
        assert len(here.session.problems) == 2
        assert all("computed anew" in problem.text for problem in here.session.problems)
        here.book.keep(KEY, a_check())
        assert here.book.find(KEY) is not None


def test_answers_of_a_stranger_to_other_questions_are_refused(path):
    """The digests say that they belong to it; what they hold does not."""
    other = made_up(points=((7.5, 120.0),))
    with Opened(path) as here:
        here.cache.keep(Kept(basis(), other))  # other peaks than the basis says
        here.opened.store.flush(120)
    with Opened(path) as here:
        assert here.cache.find(basis()) is None
        assert "something else" in here.session.problems[0].text


def test_a_closed_project_says_so(path):
    with Opened(path) as here:
        store = here.opened.store
    with pytest.raises(ProjectError, match="closed"):
        store.finding("a", "b")


def test_digests_are_of_values_and_order():
    assert digest("a", ("b", 1)) == digest("a", ("b", 1)) != digest("a", ("b", "1"))
    assert digest("a", None) != digest("a") != digest("a", ())
    assert digest("\udcff") != digest("?")


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, "tests")
sys.path.insert(0, "tests/session")
from test_findings import Opened, fill
here = Opened(Path(sys.argv[1]))
fill(here)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_loses_nothing_that_was_written(path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    with Opened(path) as here:
        assert here.cache.find(basis()) is not None
        assert here.book.find(KEY) == a_check()
        assert here.session.problems == []


def test_the_cards_of_the_window_fit() -> None:
    assert FOUND.classes == CARDS[0].class_ids
