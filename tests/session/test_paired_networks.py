"""A network for both spectra of a sample that was trained on mixtures is the automatic one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from window_builders import CARDS, make_card, packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.exporting import parts_of
from nmrcam_qt.session.panes import resolve_panes
from nmrcam_qt.session.plan import make_plan
from nmrcam_qt.session.session import Session

LAYERS = ("hsqc-evidence", "hmbc-evidence")


def mixture_card(network, experiments, layers=("evidence",)):
    card = make_card(network, experiments)
    return replace(card, layers=layers, default_layer=layers[0], trained_on_mixtures=True)


SINGLE = (
    *CARDS,
    mixture_card("hmbc-mix", (Experiment.HMBC,)),
    mixture_card("hsqc-mix", (Experiment.HSQC,)),
)
BOTH = (*SINGLE, mixture_card("paired-mix", (Experiment.HSQC, Experiment.HMBC), LAYERS))


@pytest.fixture
def session():
    made = Session()
    made.add([packed("x_HSQC"), packed("x_HMBC", Experiment.HMBC), packed("alone_HSQC")])
    made.select(1)
    return made


def test_it_is_taken_for_samples_with_both_spectra_alone(session):
    for place in (0, 1):
        plan = make_plan(session, session.at(place), BOTH)
        assert (plan.card.id, plan.items) == ("paired-mix", (1, 2))
    assert make_plan(session, session.at(2), BOTH).card.id == "hsqc-mix"


def test_one_that_was_not_trained_on_mixtures_is_not(session):
    assert make_plan(session, session.at(0), SINGLE).card.id == "hsqc-mix"
    assert make_plan(session, session.at(0), CARDS).card.id == "net-hsqc"


def test_a_network_that_was_chosen_stays(session):
    session.set_view(network="hsqc-mix")
    assert make_plan(session, session.at(0), BOTH).items == (1,)


def test_exports_hold_the_pair_once(session):
    parts = parts_of(session, (1, 2, 3), BOTH)
    assert [(p.card.id, len(p.packed)) for p in parts] == [("paired-mix", 2), ("hsqc-mix", 1)]


@pytest.mark.parametrize(("chosen", "layer"), [(1, "hsqc-evidence"), (2, "hmbc-evidence")])
def test_layers_side_by_side_are_those_of_the_spectrum(session, chosen, layer):
    session.select(chosen)
    session.set_view(layout="layers", class_id="indole")
    assert [pane.view.layer for pane in resolve_panes(session, BOTH)] == [layer]
