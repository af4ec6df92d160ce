"""Operations publish their changes; results stay with their spectra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from session_fakes import FakeStore
from window_builders import make_analysis, make_map, packed, picture

from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.changes import merged
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
from nmrcam_qt.session.items import AnalysisKey, ItemState, SourceState
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.records import Flag, ProjectOptions, ProjectState, SampleRecord
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


def changes_of(session):
    made = []
    session.subscribe(lambda e: made.append(e.change) if isinstance(e, ChangeMade) else None)
    return made


def test_nothing_changes_where_nothing_is_different(session):
    session.set_tags((1,), ["x"])
    session.set_note(1, "note")
    store = FakeStore()
    session.attach(store)
    session.events.clear()
    session.remove((99,))
    session.rename(1, "a")
    session.rename(99, "z")
    session.set_tags((1,), ["x", " "], ["y"])
    session.set_note(1, " note\n")
    session.set_flag((1, 2), Flag.NONE)
    session.ungroup((1, 2))
    session.set_experiment((1,), Experiment.HSQC)
    session.set_windows((1,), (12.0, 0.0), (0.0, 180.0))
    session.set_options(session.options)
    session.set_view(opacity=session.view.opacity)
    session.relink(1, session.at(0).packed)
    session.select(99)
    session.select(None)
    assert session.events == []
    assert store.changes == []


def test_what_the_user_writes_is_tidied(session):
    session.rename(1, "  Two\nlines \u202e ")
    assert session.at(0).name == "Two lines ?"
    session.rename(1, "a")
    assert session.at(0).record.title == "", "the name of the file is no title"
    session.set_tags((1, 2), ["b ", "a\tx", "b", "", "y" * 100])
    assert session.at(1).tags == ("a x", "b", "y" * 60)
    session.set_tags((1, 2), remove=[" b"], add=["c"])
    assert session.at(0).tags == ("a x", "c", "y" * 60)
    session.set_note(2, "\n one \x1b[2J\n\ttwo\udcff ")
    assert session.at(1).note == "one ?[2J\n two?"
    session.set_notes((2, 3), "x" * 30_000)
    assert [len(item.note) for item in session.items] == [0, 20_000, 20_000, 0, 0]
    with pytest.raises(ValueError, match="51 tags; at most 50"):
        session.set_tags((3,), [str(n) for n in range(51)])
    with pytest.raises(ValueError, match="sure"):
        session.set_flag((3,), "sure")
    assert session.at(2).record.tags == ()


def test_menus_say_what_is_undone(session):
    made = changes_of(session)
    session.remove((1, 2))
    session.rename(3, "n" * 100)
    session.set_flag((3, 4), Flag.CHECK)
    session.set_experiment((5,), Experiment.HMBC)
    session.set_view(opacity=0.1, class_id="indole")
    assert [change.text for change in made] == [
        "Remove 2 spectra",
        "Rename c",
        "Flag 2 spectra",
        "Set HMBC for e",
        "Change opacity of the map",
    ]


def test_spectra_come_back_to_their_places(session):
    made = changes_of(session)
    session.select(4)
    session.set_tags((2, 4), ["x"])
    session.remove((2, 4, 5))
    assert session.current.id == 3
    session.add([packed("f")])
    session.events.clear()
    session.apply(made[-1].inverse())
    session.apply(made[-2].inverse())
    assert [e for e in session.events if not isinstance(e, CurrentChanged)] == [
        ItemsAboutToBeRemoved(2, 2),
        ItemsRemoved(2, 2, (6,)),
        ItemsAboutToBeAdded(1, 1),
        ItemsAdded(1, 1),
        ItemsAboutToBeAdded(3, 4),
        ItemsAdded(3, 4),
    ]
    assert [item.name for item in session.items] == list("abcde")
    assert [item.tags for item in session.items] == [(), ("x",), (), ("x",), ()]
    assert session.current.id == 3, "where the user looks is not undone"


def test_undoing_the_removal_of_everything_shows_something(session):
    made = changes_of(session)
    session.select(2)
    session.remove(range(1, 6))
    assert session.current is None
    session.apply(made[0].inverse())
    assert session.current.id == 1


def test_parts_of_a_folder_are_one_step(session):
    made = changes_of(session)
    session.add([packed("f_HSQC")], merge_key="open 1")
    session.add([packed("f_HMBC", Experiment.HMBC), packed("g")], merge_key="open 1")
    whole = merged(*made)
    assert whole.text == "Add 3 spectra"
    session.apply(whole.inverse())
    assert [item.name for item in session.items] == list("abcde")
    assert not session.samples
    session.apply(whole)
    assert session.members(session.at(5).sample) == (6, 7)


def test_settings_of_the_view_are_undone_and_navigation_is_not(session):
    made, store = changes_of(session), FakeStore()
    session.attach(store)
    session.set_view(opacity=0.5)
    session.set_view(class_id="indole", method="cam", layout="methods")
    assert len(made) == 1
    assert store.state.view.method == "cam"
    session.set_view(opacity=0.4, class_id=None)
    session.set_view(smooth=False)
    assert [change.merge_key for change in made] == ["view:opacity", "view:opacity", "view:smooth"]
    session.set_view(class_id="steroid")
    for change in reversed(made):
        session.apply(change.inverse())
    assert (session.view.opacity, session.view.smooth) == (0.8, True)
    assert (session.view.class_id, session.view.method) == ("steroid", "cam")
    assert store.state == session.state
    assert store.changes == [], "a slider is not written step by step"


def test_where_the_user_is_is_kept(session):
    store = FakeStore(session.content())
    session.attach(store)
    session.select(3)
    assert store.state.current == 3
    session.remove((3,))
    assert store.state.current == 4
    again = Session(store.content(), store)
    assert again.current.id == 4
    assert again.project is store


def test_new_spectra_are_embedded_by_the_options_of_the_project(session):
    made = changes_of(session)
    session.set_options(ProjectOptions(embed=False))
    how = ReadOptions(columns="ch")
    ids = session.add([packed("f"), packed("g")], [how])
    assert [session.find(i).record.embedded for i in (1, *ids)] == [True, False, False]
    assert [session.find(i).record.options for i in ids] == [how, ReadOptions()]
    session.apply(made[-1].inverse())
    session.apply(made[0].inverse())
    assert session.options.embed


def test_what_the_user_said_of_a_file_is_kept_to_read_it_again(session):
    ids = session.add([pack(picture())])
    session.set_windows((1, *ids), (12.0, -1.0), (0.0, 180.0))
    session.set_experiment(ids, Experiment.HMBC)
    record = session.find(ids[0]).record
    assert record.options == ReadOptions(Experiment.HMBC, (12.0, -1.0), (0.0, 180.0))
    assert record.packed.f1.edges == pytest.approx((0.0, 180.0))
    assert session.at(0).record.options == ReadOptions(), "a peak list has its own axes"
    session.relink(ids[0], packed("nobody", None))
    assert session.find(ids[0]).experiment is Experiment.HMBC
    assert session.find(ids[0]).name == "nobody"


def test_broken_content_of_a_file_is_made_whole():
    good = Session()
    good.add([packed("a"), packed("b")])
    content = good.content()
    one, two = content.spectra
    spectra = (replace(two, sample=77), replace(one, position=5), replace(two, id=9, position=5))
    made = Session(
        replace(
            content,
            spectra=spectra,
            samples=(SampleRecord(20, "empty"),),
            state=ProjectState(current=55),
            next_id=1,
        )
    )
    assert [item.id for item in made.items] == [2, 1, 9]
    assert [made.row(i) for i in (2, 1, 9)] == [0, 1, 2]
    assert made.current is None
    assert made.samples == {}
    assert made.at(0).sample is None
    assert made.add([packed("c")]) == (21,)
    assert made.row(21) == 3


def test_the_state_of_the_source_is_told_and_not_kept(session):
    store = FakeStore(session.content())
    session.attach(store)
    session.events.clear()
    session.set_source_state(2, SourceState.MISSING)
    session.set_source_state(2, SourceState.MISSING)
    assert session.events == [ItemChanged(2)]
    session.rename(2, "still missing")
    assert session.find(2).source is SourceState.MISSING
    assert Session(session.content()).find(2).source is SourceState.UNCHECKED
