"""Token networks as shipped: the same after a round trip, explained by every method."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from token_builders import SETTINGS, TINY, inked, ship_tiny, token_net

from nmrcam_qt.core.cards import read_card
from nmrcam_qt.core.errors import MethodError, NetworkError
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.cells import Ladder, layer_cells
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.mixnet_shipping import calibrate_head, ship_mixnet
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.own_layers import OWN_LAYERS
from nmrcam_qt.ml.token_layers import InkBasins, InkTokens, TokensToGrid
from nmrcam_qt.ml.token_net import build_token_net, token_input

GRADIENT_METHODS = ("gradcam", "hirescam", "layercam", "xgradcam")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "hsqc-mix"
    ship_tiny(folder)
    return folder


@pytest.fixture(scope="module")
def network(folder):
    return Network.load(folder)


def maps_of(network, ink, methods, classes="all"):
    (done,) = analyse_prepared(network, [Prepared((ink,), ())], methods, classes)
    return done


# ---- shipping


def test_a_round_trip_gives_the_same_bytes_and_numbers(folder, network, tmp_path):
    card = read_card(folder)
    assert network.sha256 == card.sha256 and card.trained_on_mixtures
    again = ship_mixnet(network.model, TINY, tmp_path, card.thresholds, card.training, card.metrics)
    assert again == card
    for name in ("weights.npz", "card.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    ink = np.stack([inked(0), inked(1, 60)])
    logits = Network.load(tmp_path).logits([ink])
    np.testing.assert_array_equal(logits, network.logits([ink]))


def test_a_network_that_nobody_could_load_is_not_shipped_in_silence(tmp_path, monkeypatch):
    # As when a layer of ours is written that `OWN_LAYERS` does not know yet.
    monkeypatch.delitem(OWN_LAYERS, "SignalPooling")
    with pytest.raises(NetworkError, match="mixnet_layers' is not allowed"):
        ship_mixnet(token_net(), TINY, tmp_path, [0.5] * 12, {}, {})


def test_float16_weights_hardly_change_the_logits(tmp_path):
    model = ship_tiny(tmp_path)
    ink = np.stack([inked(seed, 10 + 8 * seed) for seed in range(4)])
    found = Network.load(tmp_path).logits([ink])
    np.testing.assert_allclose(found, np.asarray(model(ink)), atol=0.02)
    arrays = np.load(tmp_path / "weights.npz")
    assert {arrays[name].dtype for name in arrays.files} == {np.dtype(np.float16)}


def test_a_sharp_head_of_the_full_size_fits_into_float16(tmp_path):
    """44,800 samples times a temperature of 0.5 is more than float16 holds in one number."""
    spec = token_input(Experiment.HMBC)
    settings = replace(SETTINGS, count=64)
    model, ink = token_net(spec, settings), inked(3, 50, spec)[np.newaxis]
    calibrate_head(model, np.full(12, 0.5), np.linspace(-1, 1, 12))
    before = np.asarray(model(ink))
    assert np.abs(before).max() > 1 and np.abs(model.get_layer("logits").kernel).max() > 65504
    ship_mixnet(model, spec, tmp_path, [0.5] * 12, {}, {})
    np.testing.assert_array_equal(np.asarray(model(ink)), before)
    network = Network.load(tmp_path)
    after = network.logits([ink])
    np.testing.assert_allclose(after, before, atol=0.05)
    np.testing.assert_allclose(network.scores(after), network.scores(before), atol=0.01)
    (found,) = maps_of(network, ink[0], ("cam",), ["indole"]).explanations
    bias = float(network.model.get_layer("logits").bias[1])
    assert found.evidence.sum(dtype=np.float64) + bias == pytest.approx(before[0, 1], abs=0.05)


# ---- where cells lie


@pytest.mark.parametrize("experiment", list(Experiment))
def test_evidence_lies_on_the_samples_of_the_ink(experiment):
    spec = token_input(experiment)
    model = build_token_net(spec, replace(SETTINGS, count=64))
    graph = Graph(model)
    height, width, _ = spec.shape
    for name in ("grid", "mask", "pooling", "evidence"):
        cells = layer_cells(graph, name)
        # A cell sees the whole spectrum: its tokens attend to all others.
        assert cells.rows == Ladder(0.0, 1.0, height, height)
        assert cells.columns == Ladder(0.0, 1.0, width, width)
    f1, f2 = layer_cells(graph, "evidence").axes(spec)
    np.testing.assert_allclose(f1.centres, spec.f1.centres, atol=1e-9)
    np.testing.assert_allclose(f2.centres, spec.f2.centres, atol=1e-9)
    assert abs(f2.step) == pytest.approx(0.05) and abs(f1.step) == pytest.approx(1.0)


def test_evidence_lies_where_the_ink_is_and_depends_on_all_of_it():
    model = token_net()
    evidence = keras.Model(model.inputs[0], model.get_layer("evidence").output)
    for row, column in ((0, 0), (11, 20), (27, 31)):
        ink = np.zeros((1, *TINY.shape), np.float32)
        ink[0, row, column] = 1
        alone = np.asarray(evidence(ink))[0]
        assert {tuple(x[:2]) for x in np.argwhere(alone)} == {(row, column)}
    ink[0, 5, 7] = 1
    both = np.asarray(evidence(ink))[0]
    assert {tuple(x[:2]) for x in np.argwhere(both)} == {(5, 7), (27, 31)}
    assert not np.allclose(both[27, 31], alone[27, 31], rtol=0.05)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("basins", "'basins' is not a map"),
        ("tokens", "'tokens' is not a map"),
        ("scores", "'scores' is not a map"),
        ("embed-1", "'embed-1' is not a map"),
    ],
)
def test_lists_of_tokens_are_no_maps(name, reason):
    with pytest.raises(MethodError, match=reason):
        layer_cells(Graph(token_net()), name)


def test_tokens_must_go_back_to_the_ink_they_come_from():
    ink = keras.Input(TINY.shape, name="hsqc")
    other = keras.layers.Conv2D(1, 3, padding="same", name="other")(ink)
    basins, others = InkBasins(8, name="one")(ink), InkBasins(8, name="two")(other)
    values = InkTokens(8, (1.0,), name="tokens")([ink, basins])
    wrong = TokensToGrid(8, name="grid")([values, others])
    with pytest.raises(MethodError, match="'grid' puts tokens where they do not come from"):
        layer_cells(Graph(keras.Model(ink, wrong)), "grid")
    mixed = InkTokens(8, (1.0,), name="mixed")([ink, others])
    with pytest.raises(MethodError, match="'mixed' is fed with ink and other basins"):
        layer_cells(Graph(keras.Model(ink, TokensToGrid(8, name="grid")([mixed, others]))), "grid")
    turned = keras.layers.Permute((2, 1), name="turned")(values)
    back = keras.layers.Permute((2, 1), name="back")(turned)
    wrong = TokensToGrid(8, name="grid")([back, basins])
    with pytest.raises(MethodError, match=r"tokens cannot be followed through 'turned' .Permute"):
        layer_cells(Graph(keras.Model(ink, wrong)), "grid")


# ---- explanations


def test_the_map_sums_to_the_logit_and_paper_holds_nothing(network):
    bias = np.asarray(network.model.get_layer("logits").bias)
    for ink in (inked(0), inked(1, 30), inked(2, 2)):
        done = maps_of(network, ink, ("cam",))
        logits = done.prediction.logits
        assert np.abs(logits).max() > 0.5
        assert [e.class_id for e in done.explanations] == list(CLASS_IDS)
        for found, logit, b in zip(done.explanations, logits, bias, strict=True):
            assert found.evidence.sum(dtype=np.float64) + b == pytest.approx(logit, abs=1e-3)
            assert not np.any(found.evidence[ink[..., 0] <= 0.05])
            assert np.all(found.evidence[ink[..., 0] > 0.3])


def test_all_other_methods_agree_with_cam_or_say_why_not(network):
    done = maps_of(network, inked(4, 30), DEFAULT_METHODS)
    ((method, reason),) = done.unavailable
    assert method == "gradcam++" and "never negative" in reason
    by_class = {}
    for found in done.explanations:
        by_class.setdefault(found.class_id, {})[found.method] = found.heat
    assert len(by_class) == 12
    for heats in by_class.values():
        assert set(heats) == {"cam", *GRADIENT_METHODS}
        for method in GRADIENT_METHODS:
            top = max(float(heats["cam"].max()), 1.0)
            np.testing.assert_allclose(heats[method], heats["cam"], atol=1e-4 * top)


def test_more_signals_than_tokens(tmp_path):
    """The highest are chosen, the others hold nothing, and that is said."""
    ship_tiny(tmp_path, settings=replace(SETTINGS, count=6))
    network = Network.load(tmp_path)
    ink = np.zeros(TINY.shape, np.float32)
    heights = np.linspace(0.4, 1.0, 12)
    for number, height in enumerate(heights):
        row, column = 4 + 9 * (number // 4), 3 + 8 * (number % 4)
        ink[row - 1 : row + 2, column - 1 : column + 2] = height
    done = maps_of(network, ink, ("cam",), ["indole"])
    (found,) = done.explanations
    np.testing.assert_array_equal(found.evidence != 0, ink[..., 0] > 0.69)
    (said,) = done.prediction.warnings
    assert said.startswith("The network looks at the 6 highest signals; 50% of the ink")
    assert not maps_of(network, np.where(ink > 0.69, ink, 0), ()).prediction.warnings


def test_an_empty_spectrum_has_an_empty_map(network):
    done = maps_of(network, np.zeros(TINY.shape, np.float32), ("cam", *GRADIENT_METHODS))
    assert len(done.explanations) == 60
    for found in done.explanations:
        assert found.empty and not found.evidence.any()
    bias = np.asarray(network.model.get_layer("logits").bias, dtype=np.float64)
    np.testing.assert_allclose(done.prediction.logits, bias, atol=1e-6)


def test_alone_or_in_a_batch_the_same(network):
    """To the last bit, so that a picture made anew is the same picture."""
    examples = [inked(seed, 5 + 6 * seed) for seed in range(7)]
    prepared = [Prepared((x,), ()) for x in examples]
    batch = analyse_prepared(network, prepared, ("cam",), "all")
    scored = analyse_prepared(network, prepared)
    for item, found, plain in zip(prepared, batch, scored, strict=True):
        # As `LocalEngine` does: beside itself.
        alone = analyse_prepared(network, [item] * 2, ("cam",), "all")[0]
        np.testing.assert_array_equal(alone.prediction.logits, found.prediction.logits)
        np.testing.assert_array_equal(plain.prediction.logits, found.prediction.logits)
        for a, b in zip(alone.explanations, found.explanations, strict=True):
            np.testing.assert_array_equal(a.evidence, b.evidence)


# ---- gradients through choosing, gathering and putting back


def test_gradient_of_the_ink_by_finite_differences():
    """On the mask's edge (.1), on its plateau, at a maximum and on its foot."""
    model = token_net(settings=replace(SETTINGS, count=6))
    for name in ("embed-1", "block-1-inner", "head"):
        model.get_layer(name).activation = keras.activations.tanh  # no corners within a step
    ink = np.zeros((1, *TINY.shape), np.float32)
    places = {
        (3, 4): 0.9,
        (3, 5): 0.6,
        (9, 20): 0.55,
        (15, 21): 0.1,
        (15, 22): 0.4,
        (20, 9): 0.7,
        (21, 9): 0.3,
    }
    for (row, column), value in places.items():
        ink[0, row, column, 0] = value
    fed = tf.constant(ink)
    with tf.GradientTape() as tape:
        tape.watch(fed)
        wanted = model(fed, training=False)[0, 1]
    gradient = tape.gradient(wanted, fed).numpy()[0, ..., 0]
    step = 4e-3
    for row, column in places:
        sides = []
        for sign in (1, -1):
            moved = ink.copy()
            moved[0, row, column, 0] += sign * step
            sides.append(float(model(moved, training=False)[0, 1]))
        slope = (sides[0] - sides[1]) / (2 * step)
        assert abs(slope) > 1e-3
        assert gradient[row, column] == pytest.approx(slope, rel=0.01, abs=5e-4)
    # Paper that no token holds changes nothing.
    assert not gradient[25:, 20:].any() and not gradient[8:12, :10].any()


def test_settings_of_the_card_are_those_of_the_network(folder):
    card = read_card(folder)
    assert card.inputs == (TINY,) and card.class_ids == CLASS_IDS
    assert card.layers == ("evidence",) and card.head == "sigmoid"
