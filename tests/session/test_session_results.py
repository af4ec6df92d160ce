"""Results: valid while their basis is, stale with another network, maps within a budget."""

from __future__ import annotations

from dataclasses import replace

import pytest
from session_fakes import FakeStore
from window_builders import make_analysis, make_map, packed, picture

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.events import ChangeMade, ItemChanged, ProblemsChanged
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.row_text import verdict
from nmrcam_qt.session.session import Session


def key(*items, network="net", layer=None):
    return AnalysisKey(network, items, layer)


def of_network(sha, scores=(0.1, 0.7, 0.2)):
    made = make_analysis([make_map()], scores)
    return replace(made, prediction=replace(made.prediction, network_sha256=sha))


@pytest.fixture
def session():
    made = Session(store=FakeStore(settle=True))
    made.add([pack(picture(name)) for name in "ab"] + [packed("c")])
    made.changes = []
    made.subscribe(lambda e: made.changes.append(e.change) if isinstance(e, ChangeMade) else None)
    return made


def undo(session):
    session.apply(session.changes.pop().inverse())


def states(session):
    return [item.state.name for item in session.items]


def test_results_come_back_with_what_they_were_made_of(session):
    session.store(key(1, 2), make_analysis([make_map()]))
    assert states(session) == ["ANALYSED", "ANALYSED", "NEW"]
    session.set_windows((1,), (12.0, 0.0), (0.0, 200.0))
    assert session.analysis(key(1, 2)) is None
    assert states(session) == ["NEW", "NEW", "NEW"]
    assert session.at(1).prediction is None, "the partner's scores were of both"
    session.store(key(1), make_analysis())
    undo(session)
    assert session.analysis(key(1)) is None
    assert len(session.analysis(key(1, 2)).explanations) == 1
    assert states(session) == ["ANALYSED", "ANALYSED", "NEW"]
    session.remove((2,))
    assert states(session) == ["NEW", "NEW"]
    undo(session)
    assert states(session) == ["ANALYSED", "ANALYSED", "NEW"]


def test_every_item_that_looks_different_is_told_of(session):
    session.store(key(1, 3), make_analysis())
    heard = []
    session.subscribe(heard.append)
    session.set_experiment((1,), Experiment.HMBC)
    assert heard[:-1] == [ItemChanged(1), ItemChanged(3)]
    heard.clear()
    session.set_flag((1,), "confirmed")
    assert heard[:-1] == [ItemChanged(1)]


def test_jobs_outlive_changes_that_do_not_concern_them(session):
    session.mark_waiting((1, 2))
    session.mark_failed((3,), "It broke.")
    session.set_tags((1, 2, 3), ["x"])
    assert states(session) == ["WAITING", "WAITING", "FAILED"]
    assert session.at(2).error == "It broke."
    session.set_experiment((2, 3), Experiment.HMBC)
    assert states(session) == ["WAITING", "NEW", "NEW"]
    assert session.at(2).error == ""


def test_the_newest_result_is_shown(session):
    session.store(key(1), make_analysis((), (0.8, 0.1, 0.1)))
    session.store(key(1, layer="conv1"), make_analysis((), (0.1, 0.1, 0.8), ("steroid",)))
    assert session.at(0).prediction.top == "steroid"
    session.store(key(1), make_analysis((), (0.1, 0.8, 0.1)))
    assert session.at(0).prediction.top == "indole"
    assert len(session.content().results) == 2, "the same was made again"
    assert [r.id.key.layer for r in session.results_of(1)] == ["conv1", None], "oldest first"
    assert session.results_of(2) == ()
    newer, older = session.content().results[::-1]
    newer, older = replace(newer, made="2026-02-01"), replace(older, made="2026-01-31")
    for results in [(newer, older), (older, newer)]:
        again = Session(replace(session.content(), results=results))
        assert again.at(0).prediction.top == "indole"


def test_another_version_of_the_network_makes_results_stale(session):
    heard = []
    session.store(key(1), of_network("old"))
    session.store(key(2, network="other"), of_network("old"))
    assert not session.is_stale(key(1)), "nobody said what is installed"
    session.subscribe(heard.append)
    session.set_networks({"net": "new"})
    assert heard == [ItemChanged(1)]
    assert session.is_stale(key(1))
    assert session.analysis(key(1)) is not None, "still shown, and marked"
    assert [item.stale for item in session.items] == [True, False, False]
    session.store(key(1), of_network("new"))
    assert [item.stale for item in session.items] == [False, False, False]
    assert not session.is_stale(key(1))
    assert session.result(key(1)).id.network_sha256 == "new"
    session.set_networks({"net": "old"})
    assert session.result(key(1)).id.network_sha256 == "old", "what is installed comes first"
    assert not session.at(0).stale
    assert not session.is_stale(key(3))


def test_results_say_when_and_by_what_they_were_made(session):
    session.store(key(1), make_analysis())
    (record,) = session.project.results.values()
    assert record is session.result(key(1))
    assert record.made.endswith("+00:00")
    assert record.version


def test_maps_are_loaded_when_asked_for_and_let_go_again():
    one = make_map().evidence.nbytes
    store = FakeStore(settle=True)
    session = Session(store=store, map_budget_bytes=2 * one)
    session.add([packed(str(n)) for n in range(4)])
    keys = [key(n) for n in range(1, 5)]
    for k in keys:
        session.store(k, make_analysis([make_map()]))
    assert all(r.handle.in_memory is None for r in store.results.values())
    assert [len(session.analysis(k).explanations) for k in keys] == [1, 1, 1, 1]
    session.analysis(keys[0])
    session.analysis(keys[3])
    session.analysis(keys[1])
    store.broken = True
    assert session.analysis(keys[3]) is not None, "used more lately than the first"
    assert session.analysis(keys[1]) is not None
    assert session.analysis(keys[0]) is None, "that one had been let go of"


def test_maps_that_the_file_cannot_give_are_one_problem_and_no_result(session):
    other = Session(session.content(), session.project)
    session.store(key(1), make_analysis([make_map()]))
    other = Session(session.content(), session.project)
    assert other.at(0).state is ItemState.ANALYSED
    session.project.broken = True
    heard = []
    other.subscribe(heard.append)
    assert other.analysis(key(1)) is None
    assert other.analysis(key(1)) is None
    assert [p.text for p in other.problems] == ["fake.nmrcam: the maps of a result cannot be read"]
    assert heard == [ItemChanged(1), ProblemsChanged()]
    assert other.at(0).state is ItemState.NEW
    assert other.at(0).prediction is None
    session.project.broken = False
    other.store(key(1), make_analysis())
    assert other.analysis(key(1)) is not None


def test_a_moved_file_keeps_its_results_and_another_one_does_not(session):
    session.store(key(1), make_analysis())
    there = session.at(0).packed
    moved = replace(there, provenance=replace(there.provenance, path="/new/a.png"))
    session.relink(1, moved)
    assert session.at(0).path == "/new/a.png"
    assert session.at(0).source == "present"
    assert session.analysis(key(1)) is not None
    session.relink(1, replace(moved, provenance=replace(moved.provenance, sha256="1" * 64)))
    assert session.analysis(key(1)) is None
    undo(session)
    assert session.at(0).source == "not checked"
    assert session.analysis(key(1)) is not None


def test_results_for_what_is_gone_are_not_kept(session):
    session.remove((3,))
    session.store(key(1, 3), make_analysis())
    session.store(key(), make_analysis())
    assert not session.project.results
    assert states(session) == ["NEW", "NEW"]


def test_scores_of_several_networks_say_whose_they_are(session):
    item = session.at(0).id
    session.store(key(item, network="net-hsqc"), make_analysis([make_map()]))
    assert not session.find(item).several
    assert verdict(session.find(item)) == "indole 0.700"
    other = make_analysis([make_map()], (0.05, 0.9, 0.05))
    other = replace(other, prediction=replace(other.prediction, network="net-pair"))
    session.store(key(item, session.at(1).id, network="net-pair"), other)
    assert session.find(item).several
    assert verdict(session.find(item)) == "indole 0.900 · net-pair"
    assert not session.at(1).several, "only one network has scored the partner"
    # The pair's result is not valid on other axes of the partner.
    session.set_windows([session.at(1).id], (12.0, -1.0), (0.0, 180.0))
    assert not session.find(item).several
    assert verdict(session.find(item)) == "indole 0.700"
