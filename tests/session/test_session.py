"""Operations publish their changes; results stay with their spectra."""

from __future__ import annotations

import numpy as np
import pytest
from window_builders import make_analysis, make_map, packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.events import (
    ChangeMade,
    CurrentChanged,
    ItemChanged,
    ItemsAboutToBeAdded,
    ItemsAboutToBeRemoved,
    ItemsAdded,
    ItemsRemoved,
    ProblemsChanged,
    ViewChanged,
)
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.session import MAX_PROBLEMS, Session


@pytest.fixture
def session():
    made = Session()
    made.add([packed(name) for name in "abcde"])
    made.events = []
    made.subscribe(made.events.append)
    return made


def test_add_and_remove_announce_themselves_and_ids_are_never_used_again(session):
    session.remove([2, 3, 5, 99])
    assert session.events[:-1] == [
        ItemsAboutToBeRemoved(4, 4),
        ItemsRemoved(4, 4, (5,)),
        ItemsAboutToBeRemoved(1, 2),
        ItemsRemoved(1, 2, (2, 3)),
    ]
    assert [item.id for item in session.items] == [1, 4]
    session.events.clear()
    assert session.add([packed("f")]) == (6,)
    assert session.events[:-1] == [ItemsAboutToBeAdded(2, 2), ItemsAdded(2, 2)]
    assert isinstance(session.events[-1], ChangeMade)
    assert [session.row(i) for i in (1, 4, 6, 2)] == [0, 1, 2, None]
    assert session.add([]) == ()


def test_removing_the_current_item_shows_its_neighbour(session):
    session.select(3)
    session.remove([3, 4])
    assert session.current.id == 5
    session.remove([5])
    assert session.current.id == 2
    session.remove([1, 2])
    assert session.current is None
    assert session.events[-2] == CurrentChanged(None)


def test_store_and_forget(session):
    key = AnalysisKey("net", (1, 2), None)
    session.mark_waiting((1, 2))
    session.store(key, make_analysis([make_map()]))
    assert [session.find(i).state for i in (1, 2, 3)] == [
        ItemState.ANALYSED,
        ItemState.ANALYSED,
        ItemState.NEW,
    ]
    assert session.find(1).prediction.top == "indole"
    session.set_experiment((2,), Experiment.HMBC)
    assert session.analysis(key) is None
    assert session.find(2).state is ItemState.NEW
    assert session.find(2).prediction is None
    session.store(key, make_analysis())
    session.remove((1,))
    assert session.analysis(key) is None
    session.store(key, make_analysis())
    assert session.analysis(key) is None, "an item of it is gone"


def test_states(session):
    session.mark_waiting((1, 2))
    session.mark_failed((1,), "too dark")
    session.mark_not_waiting((1, 2))
    assert (session.find(1).state, session.find(1).error) == (ItemState.FAILED, "too dark")
    assert session.find(2).state is ItemState.NEW
    before = len(session.events)
    session.mark_failed((1,), "too dark")
    assert len(session.events) == before, "nothing changed"
    session.store(AnalysisKey("net", (1,), None), make_analysis())
    session.mark_waiting((1,))
    session.mark_not_waiting((1,))
    assert session.find(1).state is ItemState.ANALYSED


def test_the_oldest_maps_go_when_memory_is_short_and_scores_stay():
    one = make_map().evidence.nbytes
    session = Session(map_budget_bytes=2 * one)
    session.add([packed(str(n)) for n in range(4)])
    keys = [AnalysisKey("net", (n,), None) for n in range(1, 5)]
    for key in keys:
        session.store(key, make_analysis([make_map()]))
    kept = [len(session.analysis(key).explanations) for key in keys]
    assert kept == [0, 0, 1, 1]
    assert session.analysis(keys[0]).prediction.top == "indole"
    session.store(keys[0], make_analysis([make_map()]))
    assert [len(session.analysis(key).explanations) for key in keys] == [1, 0, 0, 1]
    session.remove([1, 4])
    session.store(keys[1], make_analysis([make_map()]))
    session.store(keys[2], make_analysis([make_map()]))
    assert [len(session.analysis(key).explanations) for key in keys[1:3]] == [1, 1]


def test_view_and_problems(session):
    session.set_view(class_id="indole")
    session.set_view(class_id="indole")
    assert session.events == [ViewChanged()]
    with pytest.raises(TypeError):
        session.set_view(colour="red")
    session.events.clear()
    for n in range(MAX_PROBLEMS + 5):
        session.add_problem(str(n))
    assert len(session.problems) == MAX_PROBLEMS
    assert session.problems[0].text == "5"
    session.clear_problems()
    assert session.events[-1] == ProblemsChanged()
    assert not session.problems


def test_observers_can_leave():
    session, heard = Session(), []
    leave = session.subscribe(heard.append)
    session.add([packed("a")])
    leave()
    leave()
    session.mark_waiting((1,))
    assert ItemChanged(1) not in heard
    assert [type(e) for e in heard] == [ItemsAboutToBeAdded, ItemsAdded, ChangeMade]
    assert np.isfinite(session.at(0).packed.nbytes)
