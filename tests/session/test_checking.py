"""The badge of a map: what it says, and which check belongs to which map."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from check_builders import a_check
from window_builders import CARDS, make_analysis, make_map, packed

from nmrcam_qt.core.map_check import EMPTY
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.session import checking
from nmrcam_qt.session.checking import CheckBook, Verdict, badge_of, check_key
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import resolve

NAN = math.nan


@pytest.fixture
def session():
    made = Session()
    made.add([packed()])
    made.select(1)
    made.set_view(class_id="indole")
    made.store(AnalysisKey("net-hsqc", (1,), None), make_analysis([make_map()]))
    return made


@pytest.mark.parametrize(
    ("random", "deletion", "verdict", "word"),
    [
        (True, True, Verdict.PASSES, "passes both"),
        (False, True, Verdict.FAILS, "hardly changes with a random network"),
        (True, False, Verdict.FAILS, "no more than chance"),
        (False, False, Verdict.FAILS, "fails both"),
        (None, False, Verdict.FAILS, "no more than chance"),
        (True, None, Verdict.OPEN, "the peaks cannot be judged"),
        (None, True, Verdict.OPEN, "the network cannot be judged"),
        (None, None, Verdict.OPEN, "cannot be judged"),
    ],
)
def test_what_cannot_be_judged_is_no_pass(session, random, deletion, verdict, word):
    badge = badge_of(resolve(session, CARDS), a_check(random, deletion))
    assert badge.verdict is verdict
    assert word in badge.text
    assert "One." in badge.tip
    assert "random orders 0.50 (0.40 to 0.60)" in badge.tip


def test_figures_that_are_not_known_are_not_printed(session):
    badge = badge_of(
        resolve(session, CARDS), replace(a_check(None, None), randomised=NAN, deletion=NAN)
    )
    assert badge.sentences == ("One.", "Two.")


def test_not_checked_checking_and_no_map(session):
    shown = resolve(session, CARDS)
    assert badge_of(shown, None).verdict is Verdict.UNKNOWN
    assert checking.CHECK_KEY in badge_of(shown, None).text
    assert badge_of(shown, None, busy=True).verdict is Verdict.BUSY
    session.set_view(class_id=None)
    assert badge_of(resolve(session, CARDS), None) is None
    assert check_key(session, resolve(session, CARDS)) is None


def test_an_empty_map_is_called_empty(session):
    blank = make_map(evidence=np.zeros((21, 33), np.float32))
    session.store(AnalysisKey("net-hsqc", (1,), None), make_analysis([blank]))
    badge = badge_of(resolve(session, CARDS), None)
    assert badge.verdict is Verdict.OPEN
    assert badge.sentences == (EMPTY,)


def test_a_check_belongs_to_one_map_of_one_spectrum_as_it_is(session):
    book, key = CheckBook(), check_key(session, resolve(session, CARDS))
    book.keep(key, a_check())
    assert book.find(key).passes
    assert book.find(check_key(session, resolve(session, CARDS))) is book.find(key)
    session.set_masks((1,), (Mask("water", (4.6, 4.9), (-999.0, 999.0), True),))
    session.store(AnalysisKey("net-hsqc", (1,), None), make_analysis([make_map()]))
    assert resolve(session, CARDS).explanation is not None
    assert book.find(check_key(session, resolve(session, CARDS))) is None
    assert book.find(replace(key, network_sha256="0" * 64)) is None
    assert book.find(None) is None
    with pytest.raises(ValueError, match="is none of"):
        book.keep(key, a_check(method="gradcam"))


def test_the_book_forgets_what_was_long_not_asked_for(session, monkeypatch):
    monkeypatch.setattr(checking, "MOST_KEPT", 2)
    book, key = CheckBook(), check_key(session, resolve(session, CARDS))
    keys = [replace(key, class_id=c) for c in ("a", "b", "c")]
    book.keep(keys[0], a_check(class_id="a"))
    book.keep(keys[1], a_check(class_id="b"))
    assert book.find(keys[0]) is not None
    book.keep(keys[2], a_check(class_id="c"))
    assert [book.find(k) is not None for k in keys] == [True, False, True]
    assert len(book) == 2
