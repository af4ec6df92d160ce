"""Mixture networks: the map sums to the logit, blank cells hold nothing, files are checked."""

from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.cells import layer_cells
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.importing.builder import build_config
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.mixnet import (
    ATTENTION,
    HMBC_INPUT,
    HSQC_INPUT,
    SUM,
    MixnetSettings,
    build_mixnet,
    input_of,
    lift_scores,
)
from nmrcam_qt.ml.mixnet_layers import PpmWaves, SignalPooling, position_waves
from nmrcam_qt.ml.mixnet_shipping import architecture_json, calibrate_head, ship_mixnet
from nmrcam_qt.ml.network import Network

SMALL = InputSpec("hsqc", Experiment.HSQC, (28, 32, 1), (0.0, 56.0), (3.2, 0.0))
TINY = {"widths": (4, 6, 8), "dilations": (1,), "head": 8}


def spectrum(seed=0, spots=12):
    rng = np.random.default_rng(seed)
    ink = np.zeros(SMALL.shape, np.float32)
    ink[rng.integers(0, 28, spots), rng.integers(0, 32, spots), 0] = rng.uniform(0.3, 1, spots)
    return ink


def tiny(pooling=ATTENTION, seed=1):
    keras.utils.set_random_seed(seed)
    model = build_mixnet(SMALL, MixnetSettings(**TINY, pooling=pooling))
    rng = np.random.default_rng(seed)
    scores = model.get_layer("scores")
    kernel, bias = scores.get_weights()
    scores.set_weights([kernel, rng.normal(0, 1, bias.shape)])
    return model


def shipped(model, folder, spec=SMALL):
    ship_mixnet(model, spec, folder, [0.5] * 12, {"data": "none"}, {})
    return Network.load(folder)


@pytest.mark.parametrize("pooling", [ATTENTION, SUM])
def test_map_sums_to_the_logit_and_blank_cells_hold_nothing(tmp_path, pooling):
    model = tiny(pooling)
    calibrate_head(model, np.linspace(0.5, 2, 12), np.linspace(-1, 1, 12))
    network = shipped(model, tmp_path)
    bias = np.asarray(network.model.get_layer("logits").bias)
    ink = np.stack([spectrum(0), spectrum(1, 40)])
    prepared = [Prepared((x,), ()) for x in ink]
    done = analyse_prepared(network, prepared, ("cam",), "all")
    logits = network.logits([ink])
    assert np.abs(logits).max() > 0.5
    for analysis, example, logit in zip(done, ink, logits, strict=True):
        maps = {e.class_id: e.evidence for e in analysis.explanations}
        assert set(maps) == set(CLASS_IDS)
        for i, name in enumerate(CLASS_IDS):
            assert maps[name].sum() + bias[i] == pytest.approx(logit[i], abs=2e-3)
            assert np.any(maps[name])
            assert not np.any(maps[name][example[..., 0] < 0.05])


def test_ink_finer_than_the_cells(tmp_path):
    keras.utils.set_random_seed(0)
    settings = MixnetSettings(**TINY, stem=3)
    fine = replace(SMALL, shape=(56, 64, 1))
    network = shipped(build_mixnet(fine, settings), tmp_path, fine)
    ink = np.zeros((1, *fine.shape), np.float32)
    ink[0, 11, 20], ink[0, 40, 41] = 1.0, 0.5
    (done,) = analyse_prepared(network, [Prepared((ink[0],), ())], ("cam",), "all")
    for i, found in enumerate(done.explanations):
        assert found.evidence.shape == (28, 32)
        assert found.evidence.sum() == pytest.approx(network.logits([ink])[0, i], abs=2e-3)
        lit = {tuple(x) for x in np.argwhere(found.evidence).tolist()}
        assert lit == {(5, 10), (20, 20)}
        np.testing.assert_allclose(found.f1.centres, SMALL.f1.centres, atol=1e-9)
        np.testing.assert_allclose(found.f2.centres, SMALL.f2.centres, atol=1e-9)
    spec = input_of(Experiment.HMBC, settings)
    assert spec.shape == (224, 200, 1) and spec.f1.edges == HMBC_INPUT.f1.edges
    with pytest.raises(NetworkError, match="divide by 8"):
        build_mixnet(replace(SMALL, shape=(28, 32, 1)), settings)


def test_other_methods_agree_with_cam_there(tmp_path):
    network = shipped(tiny(), tmp_path)
    methods = ("cam", "gradcam", "hirescam", "layercam", "xgradcam")
    (done,) = analyse_prepared(network, [Prepared((spectrum(),), ())], methods, "all")
    assert not done.unavailable
    by_class = {}
    for found in done.explanations:
        by_class.setdefault(found.class_id, []).append(np.maximum(found.evidence, 0))
    for maps in by_class.values():
        for other in maps[1:]:
            np.testing.assert_allclose(other, maps[0], atol=1e-4 * max(maps[0].max(), 1))


def test_a_blank_spectrum_has_the_logits_of_the_bias_alone():
    model = tiny()
    calibrate_head(model, np.ones(12), np.arange(12.0))
    blank = np.zeros((1, *SMALL.shape), np.float32)
    np.testing.assert_allclose(np.asarray(model(blank))[0], np.arange(12.0), atol=1e-6)


def test_lifted_scores_hold_more_heat_and_leave_the_logits():
    model, ink = tiny(), np.stack([spectrum(0), spectrum(1)])
    evidence = keras.Model(model.inputs[0], model.get_layer("evidence").output)
    before, cold = np.asarray(model(ink)), np.asarray(evidence(ink))
    lift_scores(model, 6.0)
    np.testing.assert_allclose(np.asarray(model(ink)), before, atol=1e-4)
    warm = np.asarray(evidence(ink))
    assert (warm > 0).sum() > (cold > 0).sum()
    assert not warm[(ink < 0.05)[..., 0]].any()
    blank = np.asarray(model(np.zeros((1, *SMALL.shape), np.float32)))
    np.testing.assert_allclose(blank, -6.0, atol=1e-5)
    with pytest.raises(ValueError, match="attention"):
        lift_scores(tiny(SUM), 6.0)


def test_attention_lies_between_mean_and_maximum():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 3, (2, 5, 6, 4)).astype(np.float32)
    mask = (rng.random((2, 5, 6, 1)) < 0.4).astype(np.float32)

    def pooled(sharpness):
        return np.asarray(SignalPooling(sharpness)([scores, mask])).sum(axis=(1, 2))

    inked = np.where(mask > 0, scores, np.nan)
    mean, top = np.nanmean(inked, axis=(1, 2)), np.nanmax(inked, axis=(1, 2))
    np.testing.assert_allclose(pooled(1e-6), mean, atol=1e-4)
    np.testing.assert_allclose(pooled(100.0), top, atol=0.02)
    assert (pooled(1.0) > mean).all() and (pooled(1.0) < top).all()


def test_scores_of_blank_cells_change_nothing_however_large():
    scores = np.zeros((1, 2, 2, 1), np.float32)
    mask = np.array([[1, 0], [1, 0]], np.float32).reshape(1, 2, 2, 1)
    other = scores.copy()
    other[0, :, 1] = 1e6
    layer = SignalPooling(5.0)
    np.testing.assert_array_equal(np.asarray(layer([other, mask])), scores)


def test_a_shifted_signal_is_seen_as_elsewhere():
    waves = position_waves(10, 20, (0.5, 2.0))
    assert waves.shape == (10, 20, 8)
    flat = waves.reshape(-1, 8)
    distance = np.abs(flat[:, np.newaxis] - flat[np.newaxis]).max(axis=-1)
    assert distance[~np.eye(len(flat), dtype=bool)].min() > 0.02
    # Cosine of one wave across rows: the first row's centre lies half a cell inside.
    assert waves[0, 0, 1] == pytest.approx(np.cos(2 * np.pi * 0.5 * 0.05))
    model = tiny()
    left, right = np.zeros((2, 1, *SMALL.shape), np.float32)
    left[0, 8, 8], right[0, 8, 20] = 1, 1
    assert np.abs(np.asarray(model(left)) - np.asarray(model(right))).max() > 0.01


def test_evidence_lies_on_the_grid_of_the_ink():
    for spec in (SMALL, HSQC_INPUT, HMBC_INPUT):
        model = build_mixnet(spec, MixnetSettings(**TINY))
        cells = layer_cells(Graph(model), "evidence")
        f1, f2 = cells.axes(spec)
        np.testing.assert_allclose(f1.centres, spec.f1.centres, atol=1e-9)
        np.testing.assert_allclose(f2.centres, spec.f2.centres, atol=1e-9)


def test_cells_of_upsampled_maps_by_perturbation():
    ink = keras.Input((16, 16, 1), name="in")
    x = keras.layers.MaxPooling2D(4)(ink)
    fine = keras.layers.UpSampling2D((2, 4), name="fine")(x)
    model = keras.Model(ink, keras.layers.Flatten()(fine))
    cells = layer_cells(Graph(model), "fine")
    assert (cells.rows.size, cells.columns.size) == (8, 16)
    probe = keras.Model(ink, fine)
    for row in range(16):
        x = np.zeros((1, 16, 16, 1), np.float32)
        x[0, row, row] = 1
        lit = np.argwhere(np.asarray(probe(x))[0, ..., 0] > 0)
        # The parts of a coarse cell lie around its middle, which is 4·(row // 4) + 1.5.
        assert cells.rows.centres[lit[:, 0]].mean() == pytest.approx(4 * (row // 4) + 1.5)
        assert cells.columns.centres[lit[:, 1]].mean() == pytest.approx(4 * (row // 4) + 1.5)


def test_architecture_passes_the_reader_and_gives_the_same_network():
    model = tiny()
    config = json.loads(architecture_json(model))
    again = build_config(config)
    again.set_weights(model.get_weights())
    ink = np.stack([spectrum(3), spectrum(4)])
    np.testing.assert_allclose(np.asarray(again(ink)), np.asarray(model(ink)), atol=1e-5)


def test_keras_own_configuration_with_our_module_is_refused():
    with pytest.raises(NetworkError, match="not allowed"):
        build_config(tiny().get_config())


@pytest.mark.parametrize(
    ("layer", "key", "value"),
    [
        ("PpmWaves", "cycles", []),
        ("PpmWaves", "cycles", [1.0] * 17),
        ("PpmWaves", "cycles", [1e9]),
        ("PpmWaves", "cycles", ["__import__('os')"]),
        ("SignalPooling", "sharpness", 0),
        ("SignalPooling", "sharpness", float("inf")),
    ],
)
def test_numbers_of_our_layers_are_bounded_in_foreign_files(layer, key, value):
    config = json.loads(architecture_json(tiny()))
    (mine,) = [x for x in config["layers"] if x["class_name"] == layer]
    mine["config"][key] = value
    with pytest.raises(NetworkError, match=layer):
        build_config(config)


def test_layers_of_ours_fed_with_the_wrong_shape_are_refused():
    config = json.loads(architecture_json(tiny()))
    (waves,) = [x for x in config["layers"] if x["class_name"] == "PpmWaves"]
    (scores,) = [x for x in config["layers"] if x["config"]["name"] == "scores"]
    waves["inbound_nodes"] = scores["inbound_nodes"]
    with pytest.raises(NetworkError):
        build_config(config)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="pooling"):
        MixnetSettings(pooling="max")
    with pytest.raises(NetworkError, match="divide by 4"):
        build_mixnet(InputSpec("x", Experiment.HSQC, (30, 32, 1), (0, 60), (3.2, 0)))
    with pytest.raises(ValueError, match="wave numbers"):
        PpmWaves(())
    with pytest.raises(ValueError, match="sharpness"):
        SignalPooling(0)
