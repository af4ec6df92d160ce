"""Networks for mixtures in the window's plan: the default, classes by thresholds of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from window_builders import CARDS, CLASSES, make_analysis, make_card, make_map, packed

from nmrcam_qt.core.cards import ClassSpec
from nmrcam_qt.core.results import Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.panes import _classes
from nmrcam_qt.session.plan import make_plan
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import resolve


def mixture_card(network, experiment):
    card = make_card(network, (experiment,), ("evidence",))
    return replace(card, head="sigmoid", thresholds=(0.9, 0.2, 0.6), trained_on_mixtures=True)


MIXED = (
    *CARDS,
    mixture_card("hmbc-mix", Experiment.HMBC),
    mixture_card("hsqc-mix", Experiment.HSQC),
)


@pytest.fixture
def session():
    made = Session()
    made.add([packed("x_HSQC"), packed("y_HMBC", Experiment.HMBC)])
    made.select(1)
    return made


def test_automatic_takes_them(session):
    assert make_plan(session, session.at(0), MIXED).card.id == "hsqc-mix"
    assert make_plan(session, session.at(1), MIXED).card.id == "hmbc-mix"
    session.set_view(network="net-hsqc")
    assert make_plan(session, session.at(0), MIXED).card.id == "net-hsqc"


def test_a_class_below_its_own_threshold_is_not_said(session):
    maps = [make_map(c, "gradcam", layer="evidence") for c in CLASSES[:2]]
    analysis = make_analysis(maps, (0.8, 0.3, 0.1), present=(CLASSES[1],))
    session.store(AnalysisKey("hsqc-mix", (1,), None), analysis)
    session.set_view(class_id=CLASSES[0], method="gradcam")
    message = resolve(session, MIXED).message
    assert message.startswith("Not called present (0.800, needs 0.9): ") and "Fatty Acid" in message
    session.set_view(class_id=CLASSES[1])
    assert resolve(session, MIXED).message == ""


def said(scores, present):
    scores = np.array(scores)
    ids = tuple(f"c{i}" for i in range(len(scores)))
    return Prediction("n", "0" * 64, ids, np.log(scores / (1 - scores)), scores, present)


def test_what_is_present_comes_before_higher_scores():
    assert said([0.8, 0.3, 0.4], ("c1", "c2")).top == "c2"
    assert said([0.8, 0.3, 0.4], ()).top == "c0"


def test_panes_show_the_classes_that_are_present(session):
    prediction = said(np.linspace(0.9, 0.1, 12), ("c11",))
    card = replace(
        MIXED[-1],
        classes=tuple(ClassSpec(c, c, "", "#112233") for c in prediction.classes),
        thresholds=(0.05,) * 12,
    )
    shown = resolve(session, MIXED)
    shown = replace(shown, analysis=replace(make_analysis(), prediction=prediction))
    kept = _classes(shown, card)
    assert kept[0] is None and "c11" in kept and "c0" in kept and len(kept) < 13
