"""What the window says of contributions: cells, tips, who speaks for what, what they rest on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contribution_builders import made_up
from instrument_builders import instrument, picks
from window_builders import CARDS, CLASSES, make_analysis

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contributions import MapStability, SelectionScores
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.peak_places import digest_of, places_of
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.session.contributing import (
    MASKED,
    NO_INK,
    NOT_COMPUTED,
    OUTSIDE,
    UNKNOWN,
    Contributed,
    class_shown,
    drop_text,
    heat_text,
    rank_text,
    signed,
)
from nmrcam_qt.session.contribution_cache import MOST_KEPT, ContributionCache, Kept, PlaceBook
from nmrcam_qt.session.contribution_words import (
    headline,
    selection_rows,
    selection_text,
    stability_text,
)
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_editing import enclosed
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.session import Session


def told(class_id="indole", contributions=None, masks=(), method="hirescam"):
    return Contributed(contributions or made_up(), CARDS[0], 0, class_id, method, masks)


def test_drops_ranks_and_shares_of_heat_are_those_of_the_class():
    says = told().says(1)
    assert (says.drop, says.rank, says.heat, says.largest) == (2.0, 1, 0.25, 2.0)
    assert told().says(2).rank == 4  # below the two others and the one that is not seen
    assert told("fatty_acid").says(3).rank == 1
    assert told(method="gradcam").says(1).heat is None
    assert told().says(99) is None


def test_texts_have_signs_intervals_and_a_dash_for_what_is_not_seen():
    found = told(contributions=made_up(repeats=20))
    assert [drop_text(found.says(i)) for i in (1, 2, 4)] == ["+2.00", "−1.00", UNKNOWN]
    assert rank_text(found.says(1)) == "1 [1–2]"
    assert rank_text(told().says(1)) == "1"
    assert [heat_text(found.says(i)) for i in (1, 4)] == ["25 %", UNKNOWN]
    assert signed(-0.001) == "0.00"
    assert found.says(1).largest == pytest.approx(3.0), "bars leave room for their intervals"


def test_a_rank_outside_of_its_interval_is_marked_and_the_interval_trusted():
    sure = made_up(repeats=20)
    (around,) = sure.intervals
    far = replace(sure, intervals=(replace(around, rank_low=around.rank_low + 1),))
    found = told(contributions=far)
    assert (found.says(1).rank, found.says(1).ranks) == (1, (2, 2))
    assert rank_text(found.says(1)) == "1 [2–2] !"
    assert "trust the interval" in found.tip(1) and "drop +1.50 to +3.00" in found.tip(1)
    # The second of seen peaks is within, the one that speaks against (rank 4) is not.
    assert found.strayed == 2
    assert "trust the interval" in headline(found, True, 20)
    steady = replace(around, rank_high=around.rank_high + 9)
    kept = told(contributions=replace(sure, intervals=(steady,)))
    assert kept.strayed == 0 and "!" not in rank_text(kept.says(1))
    assert "trust" not in kept.tip(1) and "trust" not in headline(kept, True, 20)
    assert told().strayed == 0 and "repeats" not in told().tip(1)


def test_a_class_that_is_not_present_is_said_to_be():
    prediction = make_analysis(scores=(0.8, 0.1, 0.1), present=("fatty_acid",)).prediction
    absent = "does not call it present"
    assert absent in headline(told("indole"), True, 0, prediction)
    assert absent not in headline(told("fatty_acid"), True, 0, prediction)
    assert absent not in headline(told("indole"), True)


def test_why_a_peak_is_not_seen():
    assert told().why_unseen(1) == ""
    assert told().why_unseen(4) == OUTSIDE  # 11 ppm
    assert told().why_unseen(99) == NOT_COMPUTED
    inside = made_up(((7.0, 120.0), (3.0, 50.0), (1.0, 20.0), (5.0, 80.0)))
    mask = Mask("HDO", (4.5, 5.5), (70.0, 90.0), excluded=True)
    assert told(contributions=inside, masks=(mask,)).why_unseen(4) == MASKED
    drawn = (replace(mask, excluded=False),)
    assert told(contributions=inside, masks=drawn).why_unseen(4) == NO_INK


def test_the_tip_names_every_class_and_the_one_shown():
    lines = told().tip(1).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["+2.00", "+0.50", "−0.10"]
    assert lines[1].endswith("Indole  (shown)")
    assert told().tip(4) == OUTSIDE


def test_a_peak_speaks_for_the_class_that_loses_most_and_for_none_below_a_tenth():
    assert told().speakers(()).tolist() == [1, -1, 0, -1]
    assert told().speakers(("indole",)).tolist() == [1, -1, -1, -1]


def test_the_class_is_the_chosen_one_else_the_top_one():
    prediction = make_analysis(scores=(0.8, 0.1, 0.1), present=("fatty_acid",)).prediction
    assert class_shown("steroid", made_up(), prediction) == "steroid"
    assert class_shown(None, made_up(), prediction) == "fatty_acid"
    assert class_shown("unknown", made_up(), None) == "indole"  # highest logit
    assert "Indole (the top class)" in headline(told(), False)
    assert "1 peak is not seen" in headline(told(), True)


def test_a_basis_follows_peaks_masks_and_places_and_not_labels():
    session = Session()
    (item,) = session.add([pack(instrument())])
    book = PlaceBook(session, lambda found: found.picked)
    plan = Plan(replace(CARDS[0], sha256="f" * 64), (item,), None)
    assert book.basis(plan) is None
    session.set_picked(item, picks(3))
    before = book.basis(plan)
    peaks = session.picked(item).peaks
    labelled = (replace(peaks[0], label="C-1"), *peaks[1:])
    session.set_picked(item, PickedPeaks(labelled, next_id=9))
    assert book.basis(plan) == before
    session.set_masks((item,), (Mask("a", (1.0, 2.0), (10.0, 20.0), excluded=True),))
    assert book.basis(plan).spectra != before.spectra
    session.set_picked(item, PickedPeaks(labelled[:2], next_id=9))
    assert book.basis(plan).peaks != before.peaks
    assert book.basis(plan).place == before.place
    assert digest_of(places_of(None)) != digest_of(places_of(picks(1)))


def test_the_cache_is_bounded_and_gives_the_newest():
    session = Session()
    ids = session.add([pack(instrument(name=f"s{n}")) for n in range(MOST_KEPT + 2)])
    book, cache = PlaceBook(session, lambda _item: picks(2)), ContributionCache()
    bases = [book.basis(Plan(CARDS[0], (item,), None)) for item in ids]
    for basis in bases:
        cache.keep(Kept(basis, made_up()))
    assert len(cache) == MOST_KEPT
    assert cache.find(bases[0]) is None
    newer = Kept(replace(bases[-1], peaks=("other",)), made_up())
    cache.keep(newer)
    assert cache.find(bases[-1]) is newer, "shown while the new one is computed"
    replaced = replace(bases[-1], network_sha256="0" * 64)
    assert cache.find(replaced) is None, "a replaced network may have other classes"


def test_a_lasso_holds_what_is_inside_of_it_also_where_it_is_not_convex():
    peaks = picks(3).peaks
    at = [(1.0, 10.0), (5.0, 50.0), (9.0, 10.0)]
    picked = PickedPeaks(
        tuple(replace(p, h_ppm=h, c_ppm=c) for p, (h, c) in zip(peaks, at, strict=True)), next_id=9
    )
    angle = [(0.0, 0.0), (2.0, 0.0), (2.0, 80.0), (10.0, 80.0), (10.0, 90.0), (0.0, 90.0)]
    assert enclosed(picked, angle) == (1,)
    assert enclosed(picked, [(0, 0), (10, 0), (10, 90), (0, 90)]) == (1, 2, 3)
    assert enclosed(picked, [(0, 0), (10, 0)]) == ()


def test_how_sure_in_a_sentence():
    def moves(agreement, heat=1.0):
        f1, f2 = Axis.from_edges("13C", 0, 200, 2), Axis.from_edges("1H", 10, 0, 3)
        image = np.full((2, 3), heat)
        where = ("spectrum", "indole", "hirescam", "conv4")
        return MapStability(*where, f1, f2, image, image, agreement, 20)

    assert stability_text(moves(0.43)).startswith("The map moves: agreement 0.43 over 20 repeats")
    assert stability_text(moves(0.95)).startswith("The map stays")
    assert stability_text(moves(0.0, 0.0)) == "The map is empty in all 20 repeats."
    assert "agreement 0.00 over" in stability_text(moves(-0.001))
    said = stability_text(moves(-0.001), empty=True)
    assert said == "In some of 20 slightly different spectra the map is not empty."


def test_rows_of_the_selection_begin_with_the_classes_that_are_present():
    all_, only, without = np.array([0.0, 3.0, 1]), np.array([0, 1.0, 1]), np.array([-9.0, 0, 1])
    scores = [1 / (1 + np.exp(-x)) for x in (all_, only, without)]
    found = SelectionScores(
        "n", "f" * 64, CLASSES, all_, scores[0], only, scores[1], without, scores[2], 5, 2
    )
    rows = selection_rows(found, CARDS[0], ("indole",))
    assert [row.title for row in rows] == ["Indole", "Fatty Acid", "Steroid"]
    assert rows[0].logits == (3.0, 1.0, 0.0)
    assert rows[1].present == (True, True, False)
    assert "5 selected peaks (2 not seen by the network)" in selection_text(found)
