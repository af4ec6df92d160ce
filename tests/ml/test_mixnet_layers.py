"""The pooling of mixture networks and the waves that tell places apart."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from token_builders import TINY, config_of, inked, layer_of, token_net

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.importing.builder import build, plan
from nmrcam_qt.ml.mixnet_layers import SignalPooling, position_waves
from nmrcam_qt.ml.token_net import lift_scores, token_input


def test_attention_lies_between_mean_and_maximum():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 3, (2, 5, 6, 4)).astype(np.float32)
    mask = (rng.random((2, 5, 6, 1)) < 0.4).astype(np.float32)

    def pooled(sharpness):
        return np.asarray(SignalPooling(sharpness)([scores, mask])).sum(axis=(1, 2))

    inked_scores = np.where(mask > 0, scores, np.nan)
    mean, top = np.nanmean(inked_scores, axis=(1, 2)), np.nanmax(inked_scores, axis=(1, 2))
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
    model = token_net()
    left, right = np.zeros((2, 1, *TINY.shape), np.float32)
    left[0, 8, 8], right[0, 8, 20] = 1, 1
    assert np.abs(np.asarray(model(left)) - np.asarray(model(right))).max() > 0.01


def test_lifted_scores_hold_more_heat_and_leave_the_logits():
    model, ink = token_net(), np.stack([inked(0), inked(1)])
    evidence = keras.Model(model.inputs[0], model.get_layer("evidence").output)
    before, cold = np.asarray(model(ink)), np.asarray(evidence(ink))
    lift_scores(model, 6.0)
    np.testing.assert_allclose(np.asarray(model(ink)), before, atol=1e-4)
    warm = np.asarray(evidence(ink))
    assert (warm > 0).sum() > (cold > 0).sum()
    assert not warm[(ink < 0.05)[..., 0]].any()
    blank = np.asarray(model(np.zeros((1, *TINY.shape), np.float32)))
    np.testing.assert_allclose(blank, -6.0, atol=1e-5)


@pytest.mark.parametrize("sharpness", [0, float("inf"), 101])
def test_sharpness_is_bounded_in_foreign_files_too(sharpness):
    with pytest.raises(ValueError, match="sharpness"):
        SignalPooling(sharpness)
    config = config_of()
    layer_of(config, "pooling")["config"]["sharpness"] = sharpness
    with pytest.raises(NetworkError, match="SignalPooling"):
        build(plan(config))


def test_keras_own_configuration_with_our_module_is_refused():
    with pytest.raises(NetworkError, match="not allowed"):
        build(plan(token_net().get_config()))


@pytest.mark.parametrize(("experiment", "rows"), [(Experiment.HSQC, 200), (Experiment.HMBC, 224)])
def test_what_networks_eat(experiment, rows):
    spec = token_input(experiment)
    assert (spec.name, spec.shape) == (experiment.value, (rows, 200, 1))
    assert spec.f1.edges == pytest.approx((0, rows)) and spec.f1.step == pytest.approx(1.0)
    assert spec.f2.edges == pytest.approx((10, 0)) and spec.f2.step == pytest.approx(-0.05)
