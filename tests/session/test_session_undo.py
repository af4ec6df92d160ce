"""Any sequence of changes undone gives the same project, and redone gives it again."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_builders import picks, some_masks
from session_fakes import FakeStore, Follower, digest, some_spectra, valid_results
from window_builders import make_analysis, make_map

from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.changes import merged
from nmrcam_qt.session.events import ChangeMade
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey, ItemState, SourceState
from nmrcam_qt.session.records import Flag, ProjectOptions
from nmrcam_qt.session.session import Session

STEPS = 50
_SPECTRA = some_spectra()


def spectra():
    """The same spectra each time, in memory: a project file lets go of what it was given."""
    return [
        replace(p, payload=Handle(p.payload.get()), picture=Handle(p.picture.get()))
        for p in _SPECTRA
    ]


def some(session, rng):
    ids = [item.id for item in session.items]
    return rng.sample(ids, min(len(ids), rng.randint(1, 4)))


def one(session, rng):
    return rng.choice([item.id for item in session.items] or [0])


def sample(session, rng):
    return rng.choice([*session.samples, None])


def group(session, rng):
    if session.items:
        session.group(some(session, rng), sample(session, rng), rng.choice(["", "mine", "x"]))


def relink(session, rng):
    moved = rng.choice(spectra())
    there = replace(moved.provenance, path=f"/moved/{rng.randint(0, 3)}/{moved.name}.csv")
    session.relink(one(session, rng), replace(moved, provenance=there))


UNDOABLE = {
    "add": lambda s, r: s.add(r.sample(spectra(), r.randint(1, 3))),
    "remove": lambda s, r: s.remove(some(s, r)),
    "rename": lambda s, r: s.rename(one(s, r), r.choice(["", "α", "x_HSQC", "A title"])),
    "tag": lambda s, r: s.set_tags(some(s, r), r.sample("abc", 2), r.sample("abc", 1)),
    "note": lambda s, r: s.set_note(one(s, r), r.choice(["", "two\nlines", "one"])),
    "flag": lambda s, r: s.set_flag(some(s, r), r.choice(list(Flag))),
    "group": group,
    "ungroup": lambda s, r: s.ungroup(some(s, r)),
    "rename_sample": lambda s, r: s.rename_sample(sample(s, r), r.choice(["", "mine", "other"])),
    "experiment": lambda s, r: s.set_experiment(some(s, r), r.choice(list(Experiment))),
    "windows": lambda s, r: s.set_windows(some(s, r), (r.choice([12.0, 9.0]), 0.0), (0.0, 180.0)),
    "relink": relink,
    "pick": lambda s, r: s.set_picked(one(s, r), r.choice([None, picks(r.randint(0, 9))])),
    "mask": lambda s, r: s.set_masks(some(s, r), some_masks()[: r.randint(0, 2)]),
    "exclude": lambda s, r: s.set_excluded(some(s, r), None, r.random() < 0.5),
    "reference": lambda s, r: s.set_reference(some(s, r), Affine(r.choice([1.0, 1.1]), 0.1)),
    "unreference": lambda s, r: s.reset_reference(some(s, r)),
    "base": lambda s, r: s.set_contour_base(one(s, r), r.choice([0.5, 2.0])),
    "options": lambda s, r: s.set_options(ProjectOptions(embed=r.random() < 0.5)),
    "view": lambda s, r: s.set_view(opacity=r.random(), smooth=r.random() < 0.5),
}
OTHERS = {
    "navigate": lambda s, r: s.set_view(class_id=r.choice([None, "indole"]), method="cam"),
    "both": lambda s, r: s.set_view(class_id=r.choice("ab"), threshold=r.random()),
    "select": lambda s, r: s.select(one(s, r)),
    "store": lambda s, r: s.store(key(s, r), make_analysis([make_map()])),
    "wait": lambda s, r: s.mark_waiting(some(s, r)),
    "fail": lambda s, r: s.mark_failed(some(s, r), "It broke."),
    "source": lambda s, r: s.set_source_state(one(s, r), r.choice(list(SourceState))),
}


def key(session, rng):
    ids = [item.id for item in session.items]
    return AnalysisKey("net", tuple(rng.sample(ids, min(len(ids), rng.randint(1, 2)))), None)


def started(store=None):
    session = Session(store=store)
    ids = session.add(spectra())
    for item_id in ids:
        session.store(AnalysisKey("net", (item_id,), None), make_analysis())
    session.store(AnalysisKey("pair", ids[:2], None), make_analysis([make_map()]))
    return session


def look(session):
    content = session.content()
    return digest(content), valid_results(content)


def as_opened(session):
    """What the session shows is what it would show if its content were opened."""
    again = Session(session.content())
    assert [item.id for item in again.items] == [item.id for item in session.items]
    for item, new in zip(session.items, again.items, strict=True):
        assert item.record is new.record
        assert (item.prediction is None) == (new.prediction is None)
        if item.state in (ItemState.NEW, ItemState.ANALYSED):
            assert item.state is new.state
    for sample_id in session.samples:
        assert session.members(sample_id) == again.members(sample_id)
    assert set(session.samples) == set(again.samples)


def run(session, kinds, rng, count=STEPS):
    """Make so many changes; returns them, with what was before and after each."""
    made, before = [], [look(session)]

    def heard(event):
        if isinstance(event, ChangeMade):
            made.append(event.change)
            before.append(look(session))

    leave = session.subscribe(heard)
    while len(made) < count:
        rng.choice(kinds)(session, rng)
    leave()
    return made, before


CHANGES = list(UNDOABLE.values())
ALL = CHANGES + list(OTHERS.values())
RANDOM = st.randoms(use_true_random=True)


@settings(max_examples=25, deadline=None)
@given(RANDOM)
def test_undone_and_redone_step_by_step(rng):
    store = FakeStore()
    session = started(store)
    follower = Follower(session)
    made, states = run(session, CHANGES, rng)
    heard = []
    session.subscribe(heard.append)
    for change, state in zip(reversed(made), reversed(states[:-1]), strict=True):
        session.apply(change.inverse())
        assert look(session) == state
        assert digest(store.content()) == state[0]
    for change, state in zip(made, states[1:], strict=True):
        session.apply(change)
        assert look(session) == state
        assert digest(store.content(), True) == digest(session.content(), True)
    assert not any(isinstance(event, ChangeMade) for event in heard)
    assert follower.ids == [item.id for item in session.items]
    as_opened(session)


@settings(max_examples=25, deadline=None)
@given(RANDOM)
def test_what_is_not_undone_stays_through_undo(rng):
    store = FakeStore(settle=True)
    session = started(store)
    Follower(session)
    made, states = run(session, ALL, rng)
    view = session.view
    for change, (content, valid) in zip(reversed(made), reversed(states[:-1]), strict=True):
        session.apply(change.inverse())
        now, shown = look(session)
        assert now == content
        assert shown >= valid, "a result made later for the same spectra is shown too"
        assert session.current is None or session.find(session.current.id) is session.current
        as_opened(session)
    assert (session.view.class_id, session.view.method) == (view.class_id, view.method)
    assert digest(store.content(), True) == digest(session.content(), True)
    assert store.state == session.state
    assert store.next_id == session.content().next_id
    assert valid_results(store.content()) == valid_results(session.content())


@settings(max_examples=25, deadline=None)
@given(RANDOM)
def test_merged_changes_are_one_step(rng):
    session = started()
    made, states = run(session, CHANGES, rng)
    whole = replace(made[0], merge_key="test")
    for change in made[1:]:
        whole = merged(whole, replace(change, merge_key="test"))
    session.apply(whole.inverse())
    assert look(session) == states[0]
    session.apply(whole)
    assert look(session) == states[-1]


@settings(max_examples=5, deadline=None)
@given(RANDOM)
def test_ids_are_never_used_again_even_of_what_was_undone(rng):
    session = started()
    made, _ = run(session, [UNDOABLE[n] for n in ("add", "group", "remove")], rng, 15)
    used = {r.id for c in made for x in (*c.spectra, *c.samples) for r in (x.before, x.after) if r}
    for change in reversed(made):
        session.apply(change.inverse())
    assert session.content().next_id > max(used)
    assert min(session.add(spectra()[:1])) > max(used)
    again = Session(session.content())
    assert min(again.add(spectra()[:1])) == session.content().next_id
