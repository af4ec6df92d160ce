"""Which linked panes there are, which is active, what stands above them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from window_builders import CARDS, CLASSES, make_analysis, make_card, make_map, packed

from nmrcam_qt.core.cards import ClassSpec
from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.panes import (
    FEW_CLASSES,
    MAX_PANES,
    NO_CLASS,
    NO_PARTNER,
    NOT_ANALYSED,
    active_pane,
    common_heading,
    layout_reason,
    pane_heading,
    resolve_panes,
    sample_items,
)
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import resolve

METHODS_THERE = ("gradcam", "gradcam++", "hirescam", "layercam", "xgradcam")


def maps(layer="conv4", network="net-hsqc"):
    return [make_map(c, m, layer=layer, network=network) for c in CLASSES for m in METHODS_THERE]


@pytest.fixture
def session():
    made = Session()
    made.add([packed("x_HSQC"), packed("x_HMBC", Experiment.HMBC), packed("alone")])
    made.select(1)
    return made


def analyse(session, items=(1,), layer=None, network="net-hsqc"):
    analysis = make_analysis(
        maps(layer or "conv4", network), unavailable=[("cam", "no pooling head")]
    )
    session.store(AnalysisKey(network, items, layer), analysis)


def test_single_is_what_resolve_says(session):
    analyse(session)
    session.set_view(class_id="indole")
    (pane,) = resolve_panes(session, CARDS)
    assert pane.explanation is resolve(session, CARDS).explanation is not None
    assert common_heading((pane,), "single").endswith("HiResCAM at conv4")


def test_classes_are_original_and_every_class(session):
    analyse(session)
    session.set_view(layout="classes", class_id="indole")
    panes = resolve_panes(session, CARDS)
    assert [pane.view.class_id for pane in panes] == [None, *CLASSES]
    assert panes[0].explanation is None
    assert [pane.explanation.class_id for pane in panes[1:]] == list(CLASSES)
    assert {pane.explanation.method for pane in panes[1:]} == {"hirescam"}
    assert active_pane(session, panes) == 2
    assert pane_heading(panes[0], "classes") == "Original"
    assert pane_heading(panes[2], "classes") == "Indole 0.700"
    assert common_heading(panes, "classes") == "x_HSQC  ·  HSQC  ·  HiResCAM at conv4"
    session.set_view(class_id=None)
    assert active_pane(session, resolve_panes(session, CARDS)) == 0


def test_methods_are_those_that_the_network_has(session):
    analyse(session)
    session.set_view(layout="methods", class_id="indole")
    panes = resolve_panes(session, CARDS)
    assert tuple(pane.view.method for pane in panes) == METHODS_THERE
    assert active_pane(session, panes) == 2
    assert pane_heading(panes[2], "methods") == "HiResCAM"
    assert common_heading(panes, "methods") == "x_HSQC  ·  HSQC  ·  Indole 0.700  ·  at conv4"
    session.set_view(method="cam")
    panes = resolve_panes(session, CARDS)
    assert "no pooling head" in panes[active_pane(session, panes)].message


def test_layers_that_were_not_analysed_say_so_and_can_be(session):
    analyse(session)
    session.set_view(layout="layers", class_id="indole")
    conv1, conv4 = resolve_panes(session, CARDS)
    assert (conv1.view.layer, conv4.view.layer) == ("conv1", None)
    assert conv1.analysable and conv1.explanation is None
    assert "at layer conv1" in conv1.message
    assert conv1.plan.key == AnalysisKey("net-hsqc", (1,), "conv1")
    assert not conv4.analysable and conv4.explanation.layer == "conv4"
    assert active_pane(session, (conv1, conv4)) == 1
    assert pane_heading(conv4, "layers") == "conv4 (default)"
    analyse(session, layer="conv1")
    conv1, _ = resolve_panes(session, CARDS)
    assert conv1.explanation.layer == "conv1"
    session.set_view(layer="conv1")
    assert active_pane(session, resolve_panes(session, CARDS)) == 0


def test_the_default_layer_has_two_names(session):
    analyse(session)
    session.set_view(layout="layers", class_id="indole", layer="conv4")
    panes = resolve_panes(session, CARDS)
    assert active_pane(session, panes) == 1
    session.set_view(layout="single")
    assert resolve_panes(session, CARDS)[0].explanation is panes[1].explanation is not None


def test_a_waiting_spectrum_offers_no_second_analysis(session):
    session.set_view(layout="layers", class_id="indole")
    assert all(pane.analysable for pane in resolve_panes(session, CARDS))
    session.mark_waiting((1,))
    panes = resolve_panes(session, CARDS)
    assert not any(pane.analysable for pane in panes)
    assert all("under way" in pane.message for pane in panes)


def test_the_spectra_of_a_sample_stand_in_one_order(session):
    analyse(session)
    analyse(session, (2,), network="net-hmbc")
    session.set_view(layout="sample", class_id="indole")
    for current in (1, 2):
        session.select(current)
        panes = resolve_panes(session, CARDS)
        assert [pane.item.id for pane in panes] == [1, 2]
        assert [pane.plan.card.id for pane in panes] == ["net-hsqc", "net-hmbc"]
        assert active_pane(session, panes) == current - 1
        assert all(pane.explanation is not None for pane in panes)
    assert pane_heading(panes[1], "sample") == "HMBC  ·  x_HMBC  ·  Indole 0.700"


def test_a_network_for_the_other_experiment_is_not_forced_on_the_partner(session):
    session.set_view(layout="sample", network="net-hsqc")
    panes = resolve_panes(session, CARDS)
    assert [pane.plan.card.id for pane in panes] == ["net-hsqc", "net-hmbc"]
    assert panes[1].plan.items == (2,)


def test_pair_network_shows_both_maps_of_one_analysis(session):
    both = [make_map(input_name=name, layer=f"{name}_conv4") for name in ("hsqc", "hmbc")]
    session.store(AnalysisKey("net-pair", (1, 2), None), make_analysis(both))
    session.set_view(layout="sample", class_id="indole", network="net-pair")
    panes = resolve_panes(session, CARDS)
    assert [pane.explanation for pane in panes] == both
    session.set_view(layout="layers")
    layers = [pane.view.layer for pane in resolve_panes(session, CARDS)]
    assert layers == ["hsqc_conv1", "hsqc_conv4"], "those of the partner's input are left out"


@pytest.mark.parametrize(
    ("layout", "class_id", "reason"),
    [
        ("classes", None, NOT_ANALYSED),
        ("methods", None, NO_CLASS),
        ("methods", "indole", NOT_ANALYSED),
        ("layers", None, NO_CLASS),
        ("sample", None, NO_PARTNER),
    ],
)
def test_with_nothing_to_compare_there_is_one_pane_that_says_why(session, layout, class_id, reason):
    session.select(3)
    session.set_view(layout=layout, class_id=class_id)
    (pane,) = resolve_panes(session, CARDS)
    assert layout_reason(session, resolve(session, CARDS), layout) == reason
    assert pane.message
    if class_id is None:
        assert pane.message == reason
    assert active_pane(session, (pane,)) == 0


def test_nothing_open_is_one_empty_pane():
    session = Session()
    session.set_view(layout="classes")
    (pane,) = resolve_panes(session, CARDS)
    assert pane.item is None and pane.message == ""


def test_of_too_many_classes_the_best_and_the_chosen_one_are_shown(session):
    names = tuple(f"c{n:02d}" for n in range(40))
    card = replace(
        make_card(),
        classes=tuple(ClassSpec(n, n.title(), "rule", "#e69f00") for n in names),
        thresholds=(0.5,) * 40,
    )
    scores = np.linspace(0.001, 0.04, 40)
    prediction = Prediction(card.id, "f" * 64, names, np.log(scores), scores, ())
    session.store(AnalysisKey(card.id, (1,), None), Analysis(prediction))
    session.set_view(layout="classes", class_id="c00")
    shown = [pane.view.class_id for pane in resolve_panes(session, (card,))]
    assert shown == [None, "c00", *names[-(FEW_CLASSES - 1) :]]
    for n_present in (3, FEW_CLASSES, 8, 40):
        session.store(
            AnalysisKey(card.id, (1,), None),
            Analysis(replace(prediction, present=names[1 : n_present + 1])),
        )
        shown = [pane.view.class_id for pane in resolve_panes(session, (card,))]
        # Original, the chosen one, and all that are present as far as there is room.
        assert len(shown) == min(max(n_present + 2, FEW_CLASSES + 1), MAX_PANES)
        assert {None, "c00"} <= set(shown)
        if n_present < MAX_PANES - 2:
            assert set(names[1 : n_present + 1]) <= set(shown)


def test_the_spectrum_itself_is_always_of_its_sample(session):
    assert [one.id for one in sample_items(session, session.at(2))] == [3]
    assert [one.id for one in sample_items(session, session.at(1))] == [1, 2]


def test_spectra_that_the_user_grouped_are_a_sample():
    session = Session()
    session.add([packed("a"), packed("b"), packed("c", Experiment.HMBC), packed("d")])
    first, second, third, _ = (item.id for item in session.items)
    session.group((first, second, third), name="mine")
    session.select(second)
    assert [one.id for one in sample_items(session, session.find(second))] == [first, second, third]
    session.set_view(layout="sample")
    panes = resolve_panes(session, CARDS)
    assert len(panes) == 3 and active_pane(session, panes) == 1
