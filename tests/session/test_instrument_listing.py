"""Measured spectra are found by what their files say; results follow what networks see."""

from __future__ import annotations

import pytest
from instrument_builders import instrument, picks, some_masks
from window_builders import make_analysis, packed

from nmrcam_qt.core.reference import Affine
from nmrcam_qt.session.filters import Condition, Filters
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.packing import PackedSource, pack
from nmrcam_qt.session.row_text import search_text, tooltip
from nmrcam_qt.session.session import Session


@pytest.fixture
def session():
    made = Session()
    made.add([pack(instrument(name="inst")), packed("list")])
    return made


@pytest.mark.parametrize("word", ["cdcl3", "hsqcedetgp", "estragole", "500 mhz", "hdo"])
def test_found_by(session, word):
    session.set_masks([1], some_masks())
    assert word in search_text(session.find(1))
    assert word not in search_text(session.find(2))


def test_tip(session):
    assert "estragole, CDCl3, 500 MHz" in tooltip(session.find(1)).splitlines()


def test_results_are_valid_for_what_networks_see(session):
    key = AnalysisKey("net", (1,), None)
    session.store(key, make_analysis())
    steps = []
    session.subscribe(lambda e: steps.append(e.change) if hasattr(e, "change") else None)
    session.set_masks([1], some_masks())
    session.set_picked(1, picks(3))
    session.set_contour_base(1, 4.0)
    assert session.find(1).state is ItemState.ANALYSED
    session.set_excluded([1], "HDO", True)
    assert session.find(1).state is ItemState.NEW
    assert session.result(key) is None
    session.apply(steps[-1].inverse())
    assert session.find(1).state is ItemState.ANALYSED
    session.set_reference([1], h=Affine(offset=0.1))
    assert session.result(key) is None
    session.reset_reference([1])
    assert session.result(key) is not None


def test_networks_and_exports_are_given_masks_and_the_users_axes(session):
    session.set_masks([1], some_masks())
    session.set_excluded([1], None, True)
    session.set_reference([1], h=Affine(offset=0.1))
    packed_now = session.find(1).packed
    spectrum = PackedSource(packed_now).open()
    assert spectrum.masks == packed_now.masks
    assert all(mask.excluded for mask in spectrum.masks)
    assert spectrum.f2 == packed_now.f2
    assert spectrum.acquisition is packed_now.acquisition


def test_filters(session):
    def listed(*conditions):
        listing = Listing(session)
        listing.set_filters(Filters(conditions=frozenset(conditions)))
        listing.close()
        return [listing.item(row).id for row in range(len(listing)) if listing.item(row)]

    assert listed(Condition.PICKED, Condition.EXCLUDED, Condition.REFERENCED) == []
    session.set_picked(1, picks(2))
    session.set_masks([2], some_masks())
    assert listed(Condition.PICKED) == [1]
    assert listed(Condition.EXCLUDED) == []
    session.set_excluded([2], "HDO", True)
    assert listed(Condition.EXCLUDED) == [2]
    session.set_reference([1, 2], h=Affine(offset=0.1))
    assert listed(Condition.REFERENCED) == [1, 2]
    session.reset_reference([1])
    assert listed(Condition.REFERENCED) == [2]
