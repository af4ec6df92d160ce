"""Random sessions: what was written is there when it is opened again, also after a kill."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project_builders import facts
from project_kills import Killer, check, found_out
from project_script import Script, finding_facts, put

from nmrcam_qt.session.project import create_project, open_project

KILLS = 20


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rounds=st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_any_sequence_of_changes_is_there_when_it_is_opened_again(tmp_path_factory, seed, rounds):
    path = tmp_path_factory.mktemp("random") / "p.nmrcam"
    written, known = Script(seed), Script(seed)
    opened = create_project(path)
    for steps in rounds:
        for _ in range(steps):
            put(opened.store, written.step())
            known.step()
        assert opened.store.close()
        opened = open_project(path)
        assert opened.notices == ()
        assert facts(opened.content) == facts(known.content())
        kept = finding_facts(found_out(path, opened))
        assert kept == finding_facts(known.found_out().values())
        written.reopened(opened.content)
        known.reopened()
    opened.store.close()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 25), moment=st.integers(0, 24))
def test_a_copy_is_what_there_was_and_going_on_in_it_too(tmp_path_factory, seed, steps, moment):
    folder = tmp_path_factory.mktemp("random")
    written, known = Script(seed), Script(seed)
    opened = create_project(folder / "a.nmrcam")
    store = opened.store
    for number in range(steps):
        if number == moment:
            store.save_copy(folder / "copy.nmrcam")
            copied = facts(known.content())
            store.save_as(folder / "b.nmrcam")
        put(store, written.step())
        known.step()
    assert store.close()
    expected = facts(known.content())
    path = folder / ("b.nmrcam" if moment < steps else "a.nmrcam")
    opened = open_project(path)
    assert facts(opened.content) == expected
    opened.store.close()
    if moment < steps:
        for name in ("copy.nmrcam", "a.nmrcam"):
            opened = open_project(folder / name)
            assert facts(opened.content) == copied
            opened.store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")
def test_killed_at_twenty_moments_everything_confirmed_is_there(tmp_path):
    found = []
    with Killer() as killer:
        for seed in range(KILLS):
            folder = tmp_path / str(seed)
            folder.mkdir()
            found.append(check(folder, seed, killer.kill(folder, seed)))
    assert len(found) == KILLS
    assert sum(kill.confirmed > 0 for kill in found) > KILLS / 2
    assert any(kill.log_bytes for kill in found)
    assert sum(kill.findings > 0 for kill in found) > KILLS / 4
