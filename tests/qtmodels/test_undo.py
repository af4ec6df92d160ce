"""Every change can be undone and redone, whatever came before it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from instrument_builders import picks
from PySide6.QtGui import QUndoStack
from window_builders import make_analysis, packed, picture

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.undo import MERGE_S, UNDO_LIMIT, UndoRecorder
from nmrcam_qt.session.difference import difference, is_empty, said_of
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.records import Flag, ProjectOptions
from nmrcam_qt.session.session import Session


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stack(qapp):
    made = QUndoStack()
    yield made
    made.deleteLater()


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def recorder(session, stack, clock):
    made = UndoRecorder(session, stack, clock)
    yield made
    made.end()


def names(session):
    return [item.name for item in session.items]


def test_remove_says_what_it_did_and_comes_back(session, stack, recorder):
    session.add([packed(name) for name in "abcd"])
    session.remove((2, 3, 4))
    assert stack.undoText() == "Remove 3 spectra"
    stack.undo()
    assert names(session) == ["a", "b", "c", "d"]
    assert stack.redoText() == "Remove 3 spectra"
    stack.redo()
    assert names(session) == ["a"]
    stack.undo()
    stack.undo()
    assert names(session) == []
    assert not stack.canUndo()


def test_a_slider_that_is_dragged_is_one_step(session, stack, recorder, clock):
    for opacity in (0.7, 0.6, 0.5):
        clock.now += MERGE_S / 2
        session.set_view(opacity=opacity)
    assert stack.count() == 1
    clock.now += MERGE_S * 1.1
    session.set_view(opacity=0.4)
    assert stack.count() == 2
    session.set_view(threshold=0.3)
    assert stack.count() == 3
    for _ in range(2):
        stack.undo()
    assert session.view.opacity == 0.5
    stack.undo()
    assert session.view.opacity == 0.8
    for _ in range(3):
        stack.redo()
    assert (session.view.opacity, session.view.threshold) == (0.4, 0.3)


def test_the_files_that_one_search_found_are_one_step_however_long_it_took(
    session, stack, recorder, clock
):
    session.add([pack(picture(name)) for name in "abc"])
    before = session.content()
    for item_id, job in ((1, "relink 1"), (2, "relink 1"), (3, "relink 1"), (3, "relink 2")):
        clock.now += 10 * MERGE_S
        session.relink(item_id, pack(picture(f"found by {job}")), merge_key=job)
    after = session.content()
    assert [stack.text(n) for n in range(1, stack.count())] == [
        "Relink 3 spectra",
        "Relink found by relink 1",
    ]
    stack.undo()
    stack.undo()
    check_same(session.content(), before)
    stack.redo()
    stack.redo()
    check_same(session.content(), after)


def test_another_change_between_two_ends_the_step(session, stack, recorder):
    session.add([packed("a")])
    session.set_view(opacity=0.5)
    session.rename(1, "b")
    session.set_view(opacity=0.3)
    assert [stack.text(n) for n in range(4)][2] == "Rename a"
    assert stack.count() == 4


def test_what_was_undone_is_not_merged_with_what_comes(session, stack, recorder):
    session.set_view(opacity=0.5)
    stack.undo()
    session.set_view(opacity=0.3)
    assert stack.count() == 1
    stack.undo()
    assert session.view.opacity == 0.8


def test_where_the_user_looks_is_no_step(session, stack, recorder):
    session.add([packed("a"), packed("b")])
    before = stack.count()
    session.select(2)
    session.set_view(class_id="indole", method="gradcam", layout="classes")
    assert stack.count() == before
    stack.undo()
    stack.redo()
    assert session.view.class_id == "indole"


def test_the_stack_is_bounded_and_ends_with_the_session(session, stack, recorder):
    session.add([packed("a")])
    for number in range(UNDO_LIMIT + 20):
        session.rename(1, f"name {number}")
    assert stack.count() == UNDO_LIMIT
    recorder.end()
    assert stack.count() == 0
    session.rename(1, "z")
    assert stack.count() == 0


def test_undo_while_an_analysis_waits_is_safe(session, stack, recorder):
    session.add([packed("a")])
    session.mark_waiting((1,))
    key = AnalysisKey("net-hsqc", (1,), "conv4")
    stack.undo()
    session.store(key, make_analysis())  # its item is gone
    session.mark_not_waiting((1,))
    assert session.analysis(key) is None
    stack.redo()
    assert session.at(0).state is ItemState.NEW
    session.store(key, make_analysis())
    stack.undo()
    stack.redo()
    assert session.at(0).state is ItemState.ANALYSED  # a result is not undone


def _some(chance, session, most=3):
    ids = [item.id for item in session.items]
    return chance.sample(ids, min(len(ids), chance.randint(1, most))) if ids else []


def _add(chance, session, number):
    experiments = [Experiment.HSQC, Experiment.HMBC, None]
    added = []
    for n in range(chance.randint(1, 3)):
        name = f"s{number}-{chance.randint(0, 2)}{chance.choice(['_HSQC', '_HMBC', ''])}"
        if chance.random() < 0.5:
            added.append(pack(picture(f"{name}{n}", experiment=chance.choice(experiments))))
        else:
            added.append(packed(name, chance.choice(experiments)))
    session.add(added)


def _tag(chance, session, number):
    session.set_tags(_some(chance, session), (f"tag {chance.randint(0, 4)}",), ("tag 0",))


def _note(chance, session, number):
    for item_id in _some(chance, session, 1):
        session.set_note(item_id, f"note {number}\nmore")


def _rename(chance, session, number):
    for item_id in _some(chance, session, 1):
        session.rename(item_id, chance.choice(["", f"name {number}"]))


def _group(chance, session, number):
    ids = _some(chance, session)
    if ids:
        sample = chance.choice([None, *session.samples])
        session.group(ids, sample, chance.choice(["", f"sample {number}"]))


def _rename_sample(chance, session, number):
    if session.samples:
        session.rename_sample(chance.choice(list(session.samples)), f"sample {number}")


def _view(chance, session, number):
    name, value = chance.choice(
        [
            ("opacity", chance.random()),
            ("threshold", chance.random() / 2),
            ("smooth", chance.random() < 0.5),
            ("network", chance.choice(["auto", "net-hsqc"])),
            ("layer", chance.choice([None, "conv1"])),
        ]
    )
    session.set_view(**{name: value})


def _relink(chance, session, number):
    for item_id in _some(chance, session, 1):
        session.relink(item_id, pack(picture(f"relinked {number}")))


STEPS = (
    _add,
    _add,
    _tag,
    _note,
    _rename,
    _group,
    _rename_sample,
    _view,
    _relink,
    lambda c, s, n: s.remove(_some(c, s)),
    lambda c, s, n: s.set_flag(_some(c, s), c.choice(list(Flag))),
    lambda c, s, n: s.ungroup(_some(c, s)),
    lambda c, s, n: s.set_experiment(_some(c, s), c.choice(list(Experiment))),
    lambda c, s, n: s.set_windows(_some(c, s), (c.uniform(9, 12), 0.0), (0.0, 200.0)),
    lambda c, s, n: s.set_options(ProjectOptions(embed=c.random() < 0.5)),
)


def check_same(one, other):
    """Two contents hold the same in the same order."""
    assert is_empty(difference(one, other)), difference(one, other)
    assert [said_of(r) for r in one.spectra] == [said_of(r) for r in other.spectra]
    assert one.samples == other.samples


@pytest.mark.parametrize("seed", range(12))
def test_fifty_random_changes_undone_and_redone(session, stack, recorder, clock, seed):
    chance = random.Random(seed)  # noqa: S311
    contents = [session.content()]
    number = 0
    while stack.count() < 50:
        number += 1
        clock.now += chance.choice([0.1, 5.0])
        before = stack.count()
        chance.choice(STEPS)(chance, session, number)
        if stack.count() == before:
            contents[-1] = session.content()  # merged, or nothing changed
        else:
            assert stack.count() == before + 1
            contents.append(session.content())
    assert len(contents) == 51
    for content in reversed(contents[:-1]):
        stack.undo()
        check_same(session.content(), content)
    assert not stack.canUndo()
    for content in contents[1:]:
        stack.redo()
        check_same(session.content(), content)
    assert not stack.canRedo()
    # And back and forth at random.
    for _ in range(100):
        stack.setIndex(chance.randint(0, 50))
        check_same(session.content(), contents[stack.index()])


def test_a_turn_of_the_wheel_over_contours_is_one_step_until_a_pause(
    session, stack, recorder, clock
):
    session.add([packed("a"), packed("b")])
    for factor in (1.4, 2.0, 2.8):
        clock.now += MERGE_S / 2
        session.set_contour_base(1, factor)
    assert stack.count() == 2
    assert stack.undoText() == "Change the contours of a"
    session.set_contour_base(2, 3.0)
    assert stack.count() == 3, "another spectrum is another step"
    clock.now += MERGE_S * 1.1
    session.set_contour_base(2, 4.0)
    assert stack.count() == 4
    for _ in range(3):
        stack.undo()
    assert [item.record.contour_base for item in session.items] == [1.0, 1.0]
    for _ in range(3):
        stack.redo()
    assert [item.record.contour_base for item in session.items] == [2.8, 4.0]


def test_edits_of_peaks_are_steps_that_say_what_was_done(session, stack, recorder):
    session.add([packed("a")])
    session.set_picked(1, picks(43))
    assert stack.undoText() == "Pick 43 peaks in a"
    there = session.picked(1)
    session.set_picked(1, replace(there, peaks=there.peaks[1:]))
    assert stack.undoText() == "Delete a peak of a"
    stack.undo()
    assert session.picked(1) == there
    stack.undo()
    assert session.picked(1) is None
    stack.redo()
    assert session.picked(1) == there
