"""What is analysed and what is shown, or one sentence why not."""

from __future__ import annotations

import pytest
from window_builders import CARDS, make_analysis, make_map, packed

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.grouping import sample_key
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.plan import make_plan, partner_of
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import method_reason, resolve


@pytest.fixture
def session():
    made = Session()
    made.add(
        [
            packed("x_HSQC"),
            packed("bmse1_1H_13C_HMBC", Experiment.HMBC),
            packed("x-hmbc", Experiment.HMBC),
            packed("nobody", None),
        ]
    )
    made.select(1)
    return made


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bmse000050_1H_13C_HSQC", "bmse000050_1H_13C_HMBC"),
        ("Tryptophan hsqc", "tryptophan-HMBC"),
        ("HSQC_7", "7_hmbc"),
    ],
)
def test_names_of_one_sample(one, other):
    assert sample_key(one) == sample_key(other)


def test_names_of_two_samples():
    assert sample_key("bmse000050_HSQC") != sample_key("bmse000051_HMBC")
    assert sample_key("sample 1 2 HSQC") != sample_key("sample 12 HMBC")


def test_automatic_network_by_experiment(session):
    assert make_plan(session, session.at(0), CARDS).card.id == "net-hsqc"
    assert make_plan(session, session.at(1), CARDS).card.id == "net-hmbc"
    with pytest.raises(NetworkError, match="Say first whether nobody is HSQC or HMBC"):
        make_plan(session, session.at(3), CARDS)
    session.set_view(network="elsewhere")
    with pytest.raises(NetworkError, match="not installed"):
        make_plan(session, session.at(0), CARDS)


def test_pairs_come_in_the_order_of_the_inputs(session):
    session.set_view(network="net-pair")
    assert make_plan(session, session.at(0), CARDS).items == (1, 3)
    assert make_plan(session, session.at(2), CARDS).items == (1, 3)
    with pytest.raises(NetworkError, match="no partner of bmse1_1H_13C_HMBC"):
        make_plan(session, session.at(1), CARDS)
    session.group((2, 1))
    assert make_plan(session, session.at(1), CARDS).items == (1, 2)
    assert partner_of(session, session.at(0)).id == 2
    with pytest.raises(NetworkError, match="say first which"):
        make_plan(session, session.at(3), CARDS)


def test_layers_that_the_network_lacks_are_the_default(session):
    session.set_view(layer="conv1")
    assert make_plan(session, session.at(0), CARDS).layer == "conv1"
    session.set_view(layer="hsqc_conv1")
    assert make_plan(session, session.at(0), CARDS).layer is None


def test_the_map_of_a_pair_lies_on_the_spectrum_of_its_input(session):
    maps = [
        make_map(input_name="hsqc", layer="hsqc_conv4"),
        make_map(input_name="hmbc", layer="hmbc_conv4"),
    ]
    session.set_view(network="net-pair", class_id="indole")
    session.store(AnalysisKey("net-pair", (1, 3), None), make_analysis(maps))
    assert resolve(session, CARDS).explanation is maps[0]
    session.select(3)
    assert resolve(session, CARDS).explanation is maps[1]
    session.set_view(layer="hsqc_conv4")
    session.store(AnalysisKey("net-pair", (1, 3), "hsqc_conv4"), make_analysis(maps[:1]))
    shown = resolve(session, CARDS)
    assert shown.explanation is None
    assert "other spectrum of the pair" in shown.message
    assert not shown.computable
    session.set_view(class_id="steroid")  # which nobody has asked for
    assert resolve(session, CARDS).computable


def test_every_missing_map_has_its_sentence(session):
    assert resolve(session, CARDS).message == ""
    session.set_view(class_id="indole")
    assert "press Analyse (A)" in resolve(session, CARDS).message
    session.mark_waiting((1,))
    assert "under way" in resolve(session, CARDS).message
    session.mark_failed((1,), "the disk is full.")
    assert "the disk is full" in resolve(session, CARDS).message
    key = AnalysisKey("net-hsqc", (1,), None)
    session.store(key, make_analysis([make_map()], unavailable=[("cam", "no pooling head")]))
    assert resolve(session, CARDS).explanation.class_id == "indole"
    session.set_view(method="cam")
    shown = resolve(session, CARDS)
    assert shown.message == "CAM is not available here: no pooling head"
    assert not shown.computable
    assert method_reason(shown, "cam") == "no pooling head"
    session.set_view(method="gradcam")
    shown = resolve(session, CARDS)
    assert shown.message.startswith("Grad-CAM is not computed for this class yet: press Compute")
    assert shown.computable
    assert not shown.analysable
    session.set_view(layer="conv1")
    session.store(AnalysisKey("net-hsqc", (1,), "conv1"), make_analysis())
    assert "dropped to save memory" in resolve(session, CARDS).message
    session.set_view(class_id="alkaloid")
    assert resolve(session, CARDS).message == "Network net-hsqc has no class alkaloid."
    session.select(4)
    assert "HSQC or HMBC" in resolve(session, CARDS).message
    assert resolve(Session(), CARDS).refusal == "No spectrum is open."
