"""Which maps are compared, and what the table says of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from check_builders import a_check
from window_builders import CARDS, CLASSES, make_analysis, make_map, packed, picture

from nmrcam_qt.core.map_comparison import MapComparison, MapFigures
from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS
from nmrcam_qt.core.mixtures import mix
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.checking import CheckBook, check_key
from nmrcam_qt.session.compare_table import (
    UNKNOWN,
    Column,
    cell_text,
    shown_table,
    sort_value,
    table_of,
    tip_text,
)
from nmrcam_qt.session.comparing import (
    MOST_CLASSES,
    NO_TRUTH,
    Compared,
    agreement_of,
    compared_panes,
    first_classes,
    first_methods,
    heading_of_comparison,
    known_part,
    maps_of,
    missing_maps,
    missing_text,
    pure_spectra,
    rows_of,
    to_check,
    truth_note,
)
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import method_reason, resolve

EMPTY = np.zeros((21, 33), np.float32)


@pytest.fixture
def session():
    made = Session()
    made.add([packed()])
    made.select(1)
    made.set_view(class_id="steroid")
    maps = [
        make_map("indole"),
        make_map("steroid"),
        make_map("indole", "gradcam"),
        make_map("steroid", "gradcam", EMPTY),
    ]
    analysis = make_analysis(maps, unavailable=[("cam", "no pooling head")])
    made.store(AnalysisKey("net-hsqc", (1,), None), analysis)
    return made


def compared(session, methods=("gradcam", "hirescam", "layercam"), classes=("indole", "steroid")):
    return compared_panes(session, resolve(session, CARDS), methods, classes)


def figures(class_id, method, empty=False):
    if empty:
        return MapFigures(class_id, method, True, math.nan, math.nan, 0, math.nan, math.nan)
    return MapFigures(class_id, method, False, 0.75, 0.1, 2, 0.5, -0.25)


def comparison(session):
    maps = [figures(e.class_id, e.method, e.empty) for e in maps_of(compared(session))]
    ranks = np.full((4, 4), 0.5)
    ranks[1] = ranks[:, 1] = np.nan
    return MapComparison(tuple(maps), ranks, np.full((4, 4), 0.2), 7, 0.1, 0.6)


def test_it_begins_with_the_chosen_class_and_those_that_are_present(session):
    shown = resolve(session, CARDS)
    assert set(first_classes(shown)) == set(CLASSES[:MOST_CLASSES])
    assert list(first_classes(shown)) == [c for c in CLASSES if c in first_classes(shown)]
    assert first_methods(shown) == ("gradcam", "hirescam")
    assert method_reason(shown, "cam")
    assert not method_reason(shown, "layercam")
    assert first_classes(resolve(Session(), CARDS)) == ()


def test_every_method_and_class_has_its_pane(session):
    panes = compared(session)
    assert [(p.view.method, p.view.class_id) for p in panes][:3] == [
        ("gradcam", "indole"),
        ("gradcam", "steroid"),
        ("hirescam", "indole"),
    ]
    assert len(maps_of(panes)) == 4
    assert [p.view.method for p in missing_maps(panes)] == ["layercam", "layercam"]
    assert missing_text(panes) == "Compute 2 maps"
    busy = [replace(pane, busy=True) for pane in panes]
    assert missing_text(busy) == ""
    assert compared_panes(session, resolve(Session(), CARDS), METHODS, CLASSES) == ()


def test_slow_maps_are_checked_last(session):
    panes = compared(session, methods=(*METHODS,), classes=("indole",))
    assert [p.view.method for p in to_check(panes)] == list(DEFAULT_METHODS)
    slow = [p for p in panes if p.view.method not in DEFAULT_METHODS]
    assert to_check(slow) == tuple(slow)


def test_rows_say_what_is_known_and_no_more(session):
    panes, book = compared(session), CheckBook()
    rows = rows_of(session, panes, comparison(session), book)
    assert [row.state for row in rows] == ["", "empty", "", "", "not computed", "not computed"]
    first, empty, missing = rows[0], rows[1], rows[-1]
    assert [cell_text(first, c) for c in Column][:11] == [
        *("Grad-CAM", "Indole", "there", "75%", "10%", "2 peaks", *[UNKNOWN] * 3, "0.50", "−0.25")
    ]
    assert [cell_text(first, c) for c in Column][11:] == [UNKNOWN, UNKNOWN, UNKNOWN, "not checked"]
    assert {cell_text(empty, c) for c in list(Column)[3:]} == {UNKNOWN}
    assert {cell_text(missing, c) for c in list(Column)[3:]} == {UNKNOWN}
    assert "press Compute" in tip_text(missing, Column.STATE)
    assert "Selvaraju" in tip_text(first, Column.METHOD)


def test_checks_stand_in_the_row_of_their_map(session):
    panes, book = compared(session), CheckBook()
    key = check_key(session, panes[2])
    book.keep(key, a_check(False, True))
    rows = rows_of(session, panes, None, book, {check_key(session, panes[0])})
    assert cell_text(rows[2], Column.CHANCE) == "0.50 (0.40 to 0.60)"
    assert cell_text(rows[2], Column.VERDICT) == "fails: random network"
    assert tip_text(rows[2], Column.VERDICT) == "One.\nTwo."
    assert cell_text(rows[0], Column.VERDICT) == "checking …"
    assert rows[0].figures is None


def test_sorting_by_method_is_the_order_in_which_they_are_offered(session):
    rows = rows_of(session, compared(session), comparison(session), CheckBook())
    assert sort_value(rows[0], Column.METHOD) == list(METHODS).index("gradcam")
    assert sort_value(rows[0], Column.BLANK) == 0.1
    assert sort_value(rows[1], Column.BLANK) is None


def test_files_have_numbers_and_no_dashes(session):
    rows = rows_of(session, compared(session), comparison(session), CheckBook())
    head, lines = table_of(rows)
    assert head[:4] == ["method", "class", "map", "heat_on_signals"]
    assert lines[0][3] == 0.75
    assert lines[1][3] is None
    assert shown_table(rows)[0][3] == "On signals"
    assert shown_table(rows)[2][3] == UNKNOWN


def test_the_pure_compound_of_a_mixture_of_ours_is_known(session):
    def of(name):
        return picture(name)

    mixture = mix(of("indole_HSQC"), [of("foreign_HSQC")]).spectrum
    session.add([pack(of("foreign_HSQC")), pack(of("indole_HSQC")), pack(mixture)])
    hmbc, item = session.add([packed("other", Experiment.HMBC)])[0], session.at(3)
    offered = pure_spectra(session, item)
    assert [other.name for other in offered] == ["made", "foreign_HSQC", "indole_HSQC"]
    assert hmbc not in [other.id for other in offered]
    assert known_part(session, item).name == "indole_HSQC"
    assert known_part(session, session.at(0)) is None
    session.remove((session.at(2).id,))
    assert known_part(session, session.find(item.id)) is None
    assert truth_note(None) == NO_TRUTH
    assert "signals of made" in truth_note(session.at(0))
    unknown = MapComparison(
        (figures("indole", "a"),), np.ones((1, 1)), np.ones((1, 1)), 1, 0.1, 0.5
    )
    assert truth_note(session.at(0), unknown).startswith("No ink AUC: the signals of made")
    assert truth_note(None, unknown) == NO_TRUTH
    card = CARDS[0]
    assert "came without priors" in truth_note(session.at(0), card=card)
    with_priors = replace(card, prior_sha256="ab" * 32, prior_from="mean ink of ten compounds")
    assert "mean ink of ten compounds." in truth_note(session.at(0), card=with_priors)


@pytest.mark.parametrize(
    ("auc", "prior", "said", "written"),
    [
        (0.9, 0.6, ("0.90", "0.60", "0.75"), (0.9, 0.6, pytest.approx(0.75))),
        (0.5, 0.6, ("0.50", "0.60", "−0.25"), (0.5, 0.6, pytest.approx(-0.25))),
        (0.9, math.nan, ("0.90", "no prior", "–"), (0.9, "no prior", None)),
        (math.nan, math.nan, ("–", "–", "–"), (None, None, None)),
    ],
)
def test_the_prior_stands_beside_the_ink_auc(session, auc, prior, said, written):
    found = replace(figures("indole", "hirescam"), ink_auc=auc, prior_auc=prior)
    row = Compared(compared(session)[0], found)
    columns = Column.INK_AUC, Column.PRIOR_AUC, Column.GAIN
    assert tuple(cell_text(row, column) for column in columns) == said
    heads, (cells,) = table_of([row])
    names = "ink_auc", "class_prior_ink_auc", "gain_over_class_prior"
    assert tuple(cells[heads.index(name)] for name in names) == written
    unknown = isinstance(sort_value(row, Column.PRIOR_AUC), str)
    assert not unknown  # it comes last, among numbers


def test_agreement_of_one_class(session):
    table = agreement_of(comparison(session), "indole")
    assert table.methods == ("gradcam", "hirescam")
    assert table.ranks.shape == (2, 2)
    assert table.ranks[0, 1] == 0.5
    assert math.isnan(agreement_of(comparison(session), "steroid").ranks[0, 1])
    assert agreement_of(None, "indole").methods == ()


def test_the_heading_says_what_a_flat_map_would_score(session):
    text = heading_of_comparison(resolve(session, CARDS), comparison(session))
    assert "7 peaks" in text
    assert "10.0% on signals and 60.0% far from any" in text
    assert heading_of_comparison(resolve(Session(), CARDS), None) == ""
