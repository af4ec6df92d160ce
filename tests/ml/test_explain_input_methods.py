"""Methods on gradients at the input, against closed forms, loops and finite differences."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from explain_toys import chain, kuhn, network, randomise, sparse, spec

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.ml.explain import smoothgrad
from nmrcam_qt.ml.explain.engine import explain, explain_batch

layers = keras.layers
SHAPE = (5, 7, 1)
SMALL = (61, 77, 1)


def linear_then(*rest, shape=SHAPE, seed=0, weights=None):
    """A Dense on all samples and what follows; its weights ``(H, W, C, units)``."""
    model = chain(shape, layers.Conv2D(1, 1, name="c"), layers.Flatten(), layers.Dense(2), *rest)
    rng = np.random.default_rng(seed)
    v = rng.normal(0, 1, (int(np.prod(shape[:2])), 2)) if weights is None else weights
    kernel = np.ones((1, 1, shape[2], 1))
    model.set_weights([kernel, np.zeros(1), v, np.array([0.3, -0.2])])
    return model, v.reshape(*shape[:2], 2)


def squares(background=0):
    """y_c = Σ v_c x²."""
    start = keras.Input(SHAPE, name="hsqc")
    both = layers.Multiply()([layers.Conv2D(1, 1, use_bias=False, name="c")(start), start])
    model = keras.Model(start, layers.Dense(2, use_bias=False)(layers.Flatten()(both)))
    v = np.random.default_rng(2).normal(0, 1, (35, 2))
    model.set_weights([np.ones((1, 1, 1, 1)), v])
    own = replace(spec(SHAPE), background=background)
    return network(model, [own]), v.T.reshape(2, 5, 7)


def evidence(net, x, method, classes=("a", "b")):
    made, unavailable = explain(net, x if isinstance(x, list) else [x], [method], list(classes))
    assert not unavailable
    return np.stack([m.evidence for m in made])


# ---- integrated gradients


@pytest.mark.parametrize("background", [0, 1])
def test_integrated_gradients_of_squares(background):
    """∫ 2v (x₀ + α d) d = v (x² - x₀²), and midpoints are exact for straight lines."""
    net, v = squares(background)
    x = np.random.default_rng(1).random(SHAPE).astype(np.float32)
    wanted = v * (x[..., 0].astype(np.float64) ** 2 - background)
    np.testing.assert_allclose(evidence(net, x, "integrated_gradients"), wanted, atol=1e-5)


def test_integrated_gradients_of_a_relu():
    """relu(s - b) with s = Σ v x rises from α = b/s on: every sample gets v x (1 - b/s)."""
    cells = int(np.prod(SHAPE[:2]))
    v = np.stack([np.full(cells, 1.0), np.full(cells, 2.0)], axis=1)
    model, v = linear_then(layers.ReLU(), weights=v)
    model.layers[-2].set_weights([v.reshape(-1, 2), np.array([-3.0, 4.0])])
    x = np.random.default_rng(3).random(SHAPE).astype(np.float32)
    s = x.sum(dtype=np.float64)
    assert s > 6
    found = evidence(network(model, [spec(SHAPE)]), x, "integrated_gradients")
    # The kink lies between two points of the path: off by one step at most.
    np.testing.assert_allclose(found[0], x[..., 0] * (1 - 3 / s), rtol=1.01 / 64 / (1 - 3 / s))
    np.testing.assert_allclose(found[1], 2 * x[..., 0], rtol=1e-5)


@pytest.mark.parametrize("background", [0, 1])
def test_integrated_gradients_are_complete(background):
    specs = [replace(spec(SMALL, name), background=background) for name in ("hsqc", "hmbc")]
    net = network(kuhn(specs, seed=3), specs, default_layer="hmbc_conv4")
    fed = [np.abs(background - sparse(SMALL, seed=k, share=0.3)) for k in (1, 2)]
    empty = [np.full_like(x, background) for x in fed]
    logits, none = (net.logits([x[None] for x in each])[0] for each in (fed, empty))
    made, _ = explain(net, fed, ["integrated_gradients"], "all")
    assert [m.input_name for m in made] == ["hsqc", "hmbc"] * 3
    for k in range(3):
        both = np.concatenate([m.evidence.ravel() for m in made[2 * k : 2 * k + 2]])
        total, size = both.sum(dtype=np.float64), float(np.abs(both).sum(dtype=np.float64))
        assert total == pytest.approx(logits[k] - none[k], abs=1e-3 * size)
        assert abs(logits[k] - none[k]) > 2e-3 * size


# ---- gradient x ink


def test_gradient_times_ink_by_hand():
    """Kernel [[1, 0], [0, -1]], relu, y = A00 - 2 A01 + 5 A10 + 4 A11 + 1/2."""
    model = chain(
        (3, 3, 1),
        layers.Conv2D(1, 2, activation="relu", name="conv"),
        layers.Flatten(),
        layers.Dense(2),
    )
    kernel = np.array([[1.0, 0.0], [0.0, -1.0]]).reshape(2, 2, 1, 1)
    dense = np.array([[1.0, 0.0], [-2.0, 0.0], [5.0, 0.0], [4.0, -1.0]])
    model.set_weights([kernel, np.zeros(1), dense, np.array([0.5, 0.0])])
    x = np.array([[4, 2, 0], [0, 1, 1], [3, 0, 0]], np.float32)[:, :, None]
    found = evidence(network(model, [spec((3, 3, 1))]), x, "gradient_ink")
    # A00, A01 and A11 are on; ∂y/∂x is 1, -2, 4 at their first sample and less that behind.
    np.testing.assert_array_equal(found[0], [[4, -4, 0], [0, 3, 2], [0, 0, 0]])
    np.testing.assert_array_equal(found[1], [[0, 0, 0], [0, -1, 0], [0, 0, 0]])


@pytest.mark.parametrize("background", [0, 1])
@pytest.mark.parametrize("channels", [1, 3])
def test_gradient_times_ink_is_a_slope(background, channels):
    """y changes by the map's sample when its ink is changed by a share; float64 differences."""
    shape = (6, 8, channels)
    model = chain(
        shape,
        layers.Conv2D(3, 3, activation="tanh", name="c", dtype="float64"),
        layers.Flatten(dtype="float64"),
        layers.Dense(2, dtype="float64"),
        dtype="float64",
    )
    net = network(randomise(model, 4), [replace(spec(shape), background=background)])
    x = np.random.default_rng(0).random(shape).astype(np.float32)
    found = evidence(net, x, "gradient_ink")
    step = 1e-4
    for row, column in ((0, 0), (2, 3), (5, 7), (3, 1)):
        ends = []
        for sign in (1, -1):
            other = x.astype(np.float64)
            other[row, column] += sign * step * (other[row, column] - background)
            ends.append(np.asarray(model(other[None]))[0])
        slope = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found[:, row, column], slope, atol=1e-6)


def test_the_map_of_a_transposed_network_lies_upright():
    upright, v = linear_then()
    turned, _ = linear_then(
        shape=(7, 5, 1), weights=np.asarray(v).transpose(1, 0, 2).reshape(-1, 2)
    )
    x = np.random.default_rng(5).random(SHAPE).astype(np.float32)
    own = spec((7, 5, 1), rows="f2")
    for method in ("gradient_ink", "integrated_gradients", "occlusion", "rise"):
        one = evidence(network(upright, [spec(SHAPE)]), x, method)
        other = evidence(network(turned, [own]), x.transpose(1, 0, 2), method)
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(one, other, atol=1e-5)
    (made,), _ = explain(network(turned, [own]), [x.transpose(1, 0, 2)], ["gradient_ink"], ["a"])
    assert (made.f1, made.f2, made.layer) == (own.f1, own.f2, "hsqc")


# ---- SmoothGrad


@pytest.mark.parametrize("background", [0, 1])
def test_smoothgrad_of_squares(background):
    """The mean of 2 v (x + noise) is 2 v (x + mean noise); the noise made here once more."""
    net, v = squares(background)
    x = np.random.default_rng(1).random(SHAPE).astype(np.float32)
    noise = np.mean(
        [
            np.random.default_rng([20170612, j, 0]).standard_normal(SHAPE, np.float32)[..., 0]
            for j in range(32)
        ],
        axis=0,
    )
    wanted = 2 * v * (x[..., 0] + 0.15 * (x.max() - x.min()) * noise) * (1 - 2 * background)
    np.testing.assert_allclose(evidence(net, x, "smoothgrad"), wanted, atol=1e-5)


def test_smoothgrad_is_the_mean_of_eager_gradients():
    specs = [spec(SMALL), spec(SMALL, "hmbc")]
    net = network(kuhn(specs, seed=5), specs, default_layer="hmbc_conv4")
    fed = [sparse(SMALL, seed=k, share=0.3) for k in (1, 2)]
    sums = np.zeros((2, *SMALL))
    for j in range(smoothgrad.DRAWS):
        seeds = [[smoothgrad.SEED, j, k] for k in (0, 1)]
        noisy = [
            tf.constant(
                (
                    x
                    + np.float32(0.15 * np.ptp(x))
                    * np.random.default_rng(seed).standard_normal(SMALL, np.float32)
                )[None]
            )
            for x, seed in zip(fed, seeds, strict=True)
        ]
        with tf.GradientTape() as tape:
            tape.watch(noisy)
            wanted = net.model(noisy, training=False)[0, 1]
        sums += np.stack([gradient.numpy()[0] for gradient in tape.gradient(wanted, noisy)])
    found = evidence(net, fed, "smoothgrad", ["b"])
    for total, made in zip(sums, found, strict=True):
        np.testing.assert_allclose(made, total[..., 0] / 32, atol=1e-5 * np.abs(total).max())


def test_the_seed_is_stated_and_a_map_can_be_made_again():
    assert str(smoothgrad.SEED) in METHODS["smoothgrad"].caveat
    net = network(kuhn([spec(SMALL)], seed=5), [spec(SMALL)])
    batch = sparse((3, *SMALL), share=0.3)
    done = explain_batch(net, [batch], ["smoothgrad"], [["a"]] * 3)
    alone = evidence(net, batch[2], "smoothgrad", ["a"])
    np.testing.assert_array_equal(alone[0], done.explanations[2][0].evidence)


def test_without_contrast_there_is_no_noise():
    net, v = squares()
    x = np.full(SHAPE, 0.5, np.float32)
    np.testing.assert_allclose(evidence(net, x, "smoothgrad"), v, atol=1e-6)
