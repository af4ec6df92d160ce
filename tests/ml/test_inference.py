"""From spectra to scores and maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import list_spectrum
from explain_toys import kuhn, network, spec

from nmrcam_qt.core.cards import CARD_NAME
from nmrcam_qt.core.errors import MethodError, NetworkError
from nmrcam_qt.core.preprocessing import MIXTURE_WARNING, Prepared, prepare_inputs
from nmrcam_qt.core.reliability import KEY
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.inference import analyse, analyse_prepared, present
from nmrcam_qt.ml.network import Network

SMALL = (61, 77, 1)
MODELS = Path(__file__).resolve().parents[2] / "models"
PEAKS = [[(1.2, 30.0), (5.3, 129.0)], [(7.2, 120.0), (3.1, 60.0)], [(0.9, 14.0)]]


def single(**more):
    return network(kuhn([spec(SMALL)], seed=2), [spec(SMALL)], **more)


def double():
    specs = [spec(SMALL), spec(SMALL, "hmbc")]
    return network(kuhn(specs, seed=2), specs)


def spectra(experiment=Experiment.HSQC):
    return [(list_spectrum(points, experiment),) for points in PEAKS]


def test_scores_are_those_of_the_network_and_batches_equal_single_spectra():
    net = single()
    together = analyse(net, spectra())
    assert len(together) == 3
    for group, made in zip(spectra(), together, strict=True):
        x = prepare_inputs(net.card, group).examples[0]
        logits = net.logits([x[None]])[0]
        np.testing.assert_allclose(made.prediction.logits, logits, atol=1e-5)
        np.testing.assert_allclose(made.prediction.scores, net.scores(logits[None])[0], atol=1e-6)
        (alone,) = analyse(net, [group])
        np.testing.assert_allclose(alone.prediction.logits, made.prediction.logits, atol=1e-5)
        assert made.explanations == () and made.unavailable == ()
        assert (made.prediction.network, made.prediction.network_sha256) == ("toy", "0" * 64)
    assert np.ptp([m.prediction.logits for m in together], axis=0).max() > 1e-4


def test_maps_and_scores_come_from_the_same_pass():
    net = single()
    plain = analyse(net, spectra())
    made = analyse(net, spectra(), ["hirescam", "cam"], "all")
    for a, b in zip(plain, made, strict=True):
        np.testing.assert_allclose(a.prediction.logits, b.prediction.logits, atol=1e-5)
        assert [e.class_id for e in b.explanations] == ["a", "b", "c"]
        assert [m for m, _ in b.unavailable] == ["cam"]


@pytest.mark.parametrize(
    ("classes", "count"), [("top", 1), ("all", 3), (None, 3), (["c", "a"], 2), ([], 0)]
)
def test_which_classes(classes, count):
    for made in analyse(single(), spectra(), ["gradcam"], classes):
        assert len(made.explanations) == count
        if classes == "top":
            assert made.explanations[0].class_id == made.prediction.top
        if classes == ["c", "a"]:
            assert [e.class_id for e in made.explanations] == classes


def test_warnings_go_through():
    (made,) = analyse(single(), [(list_spectrum([(1.0, 30.0)], Experiment.HMBC),)])
    assert MIXTURE_WARNING in made.prediction.warnings
    assert any("trained on HSQC, this is HMBC" in w for w in made.prediction.warnings)


def test_the_worth_of_a_score_is_said_only_of_spectra_that_fit():
    net = single()
    rows = [{"from": 0.0, "to": 1.0, "right": 0.8, "ci": [0.7, 0.9], "n": 9}]
    net.card = replace(net.card, metrics={KEY: rows})

    def said(points, experiment):
        (made,) = analyse(net, [(list_spectrum(points, experiment),)])
        assert made.prediction.worth not in made.prediction.warnings
        return "80%" in made.prediction.worth

    assert said(PEAKS[0], Experiment.HSQC)
    assert not said(PEAKS[0], Experiment.HMBC)
    assert not said([(-20.0, 300.0)], Experiment.HSQC)


def test_a_pair_in_any_order():
    net = double()
    hsqc = list_spectrum(PEAKS[0], Experiment.HSQC)
    hmbc = list_spectrum(PEAKS[1], Experiment.HMBC)
    one, other = analyse(net, [(hsqc, hmbc), (hmbc, hsqc)], ["layercam"], "top")
    np.testing.assert_allclose(one.prediction.logits, other.prediction.logits, atol=1e-5)
    assert [e.input_name for e in one.explanations] == ["hsqc", "hmbc"]
    with pytest.raises(NetworkError, match=r"1 spectra given; expected HSQC \+ HMBC"):
        analyse(net, [(hsqc,)])
    with pytest.raises(NetworkError, match="1 inputs given; expected 2"):
        analyse_prepared(net, [prepare_inputs(single().card, (hsqc,))])


def test_present_softmax_is_the_top_class_where_it_passes():
    card = single(thresholds=(0.5, 0.4, 0.5)).card
    assert present(card, np.array([0.6, 0.3, 0.1])) == ("a",)
    assert present(card, np.array([0.45, 0.41, 0.14])) == ()
    assert present(card, np.array([0.3, 0.4, 0.3])) == ("b",)


def test_present_sigmoid_is_every_class_that_passes():
    net = single(head="sigmoid", thresholds=(0.5, 0.9, 0.2))
    assert present(net.card, np.array([0.6, 0.89, 0.3])) == ("a", "c")
    assert present(net.card, np.array([0.1, 0.1, 0.1])) == ()
    (made,) = analyse(net, spectra()[:1])
    expected = 1 / (1 + np.exp(-made.prediction.logits))
    np.testing.assert_allclose(made.prediction.scores, expected, rtol=1e-12)
    assert made.prediction.present == present(net.card, expected)


def test_nothing_to_do_and_what_there_is_not():
    net = single()
    assert analyse(net, []) == []
    with pytest.raises(MethodError, match="no method 'saliency'"):
        analyse(net, spectra(), ["saliency"])
    with pytest.raises(NetworkError, match="no layer 'conv9'; expected one of conv1, conv2"):
        analyse(net, spectra(), ["gradcam"], "top", "conv9")
    with pytest.raises(NetworkError, match="shape"):
        analyse_prepared(net, [Prepared((np.zeros((5, 5, 1), np.float32),), ())])


def test_scores_that_are_not_finite_are_an_error():
    net = single()
    net.model.get_layer("logits").bias.assign([0.0, np.nan, 0.0])
    with pytest.raises(NetworkError, match="not finite"):
        analyse(net, spectra())
    with pytest.raises(NetworkError, match="not finite"):
        analyse(net, spectra(), ["gradcam"])


@pytest.mark.parametrize("name", ["kuhn-hsqc", "kuhn-hmbc", "kuhn-combined"])
def test_the_networks_of_the_study_explain_a_peak(name):
    if not (MODELS / name / CARD_NAME).exists():
        pytest.skip(f"models/{name} is not here")
    net = Network.load(MODELS / name)
    pair = [list_spectrum(PEAKS[0] + PEAKS[1], e) for e in net.card.experiments]
    methods = ["gradcam", "gradcam++", "hirescam", "layercam", "xgradcam"]
    (made,) = analyse(net, [pair], methods, "all")
    assert len(made.explanations) == 3 * 5 * len(net.card.inputs)
    assert not made.unavailable
    for one in made.explanations:
        assert one.evidence.shape == (21, 33)
        assert one.f2.first_ppm == pytest.approx(9.3667, abs=1e-4)
        assert one.f2.last_ppm == pytest.approx(0.8333, abs=1e-4)
        assert one.f1.first_ppm == pytest.approx(18.5366, abs=1e-4)
        assert one.f1.last_ppm == pytest.approx(174.6341, abs=1e-4)
    assert not all(one.empty for one in made.explanations)
