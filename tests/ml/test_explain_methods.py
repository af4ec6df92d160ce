"""The methods by hand, and against float64 differentiation of the papers' equations."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from explain_toys import chain, network, randomise, sparse, spec

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.ml.explain.arrays import sparse_product
from nmrcam_qt.ml.explain.engine import explain, explain_batch
from nmrcam_qt.ml.explain.methods import ASKING, EVIDENCE

layers = keras.layers

# Two channels on 1 x 2 cells and their gradient for one class, small enough for paper.
MAPS = np.array([[[1.0, 2.0], [3.0, 0.0]]])
GRADIENTS = np.array([[[[0.5, 1.0], [-1.5, 2.0]]]])
BY_HAND = {
    "gradcam": [-0.5 * 1 + 1.5 * 2, -0.5 * 3],
    "gradcam++": [1 / 8 + 2 * (1 / 4 + 1 / 3), 3 / 8],
    "hirescam": [0.5 + 2.0, -4.5],
    "layercam": [0.5 + 2.0, 0.0],
    "xgradcam": [-1.0 + 2.0, -3.0],
}


def test_every_method_is_described_and_runs():
    assert set(METHODS) == {*EVIDENCE, *ASKING}
    for info in METHODS.values():
        assert info.title and info.source and info.cost and info.caveat.endswith(".")


@pytest.mark.parametrize("method", BY_HAND)
def test_formula_by_hand(method):
    np.testing.assert_allclose(EVIDENCE[method](MAPS, GRADIENTS)[0, 0], BY_HAND[method], rtol=1e-12)


def hand_network():
    """A 2x2 difference kernel, relu, Flatten, two linear outputs."""
    model = chain(
        (3, 3, 1),
        layers.Conv2D(1, 2, activation="relu", name="conv"),
        layers.Flatten(),
        layers.Dense(2, name="logits"),
    )
    kernel = np.array([[1.0, 0.0], [0.0, -1.0]]).reshape(2, 2, 1, 1)
    dense = np.array([[1.0, 0.0], [-2.0, 0.0], [5.0, 0.0], [4.0, -1.0]])
    model.set_weights([kernel, np.zeros(1), dense, np.array([0.5, 0.0])])
    return network(model, [spec((3, 3, 1))])


HAND_INPUT = np.array([[4, 2, 0], [0, 1, 1], [3, 0, 0]], np.float32)[:, :, None]
# A = [[3, 1], [0, 1]], S = 5; class a: g = [[1, -2], [5, 4]], logit 3 - 2 + 4 + 0.5 = 5.5
HAND_MAPS = {
    "gradcam": [[6, 2], [0, 2]],
    "gradcam++": (1 / 7 + 5 / 27 + 4 / 22) * np.array([[3, 1], [0, 1]]),
    "hirescam": [[3, -2], [0, 4]],
    "layercam": [[3, 0], [0, 4]],
    "xgradcam": [[3, 1], [0, 1]],
}


def test_network_by_hand():
    maps, unavailable = explain(hand_network(), [HAND_INPUT], list(HAND_MAPS), ["a"])
    assert not unavailable
    for made in maps:
        np.testing.assert_allclose(made.evidence, HAND_MAPS[made.method], rtol=1e-6)
        np.testing.assert_allclose(made.heat, np.maximum(HAND_MAPS[made.method], 0), rtol=1e-6)
        assert not made.empty
    assert float(explain_batch(hand_network(), [HAND_INPUT[None]], [], "all").logits[0, 0]) == 5.5


def test_a_map_of_nothing_positive_is_empty_and_keeps_its_evidence():
    maps, _ = explain(hand_network(), [HAND_INPUT], ["hirescam", "gradcam", "layercam"], ["b"])
    assert all(made.empty and not made.heat.any() for made in maps)
    np.testing.assert_array_equal(maps[0].evidence, [[0, 0], [0, -1]])
    np.testing.assert_array_equal(maps[1].evidence, [[-0.75, -0.25], [0, -0.25]])
    np.testing.assert_array_equal(maps[2].evidence, np.zeros((2, 2)))


# ---- float64 differentiation of the papers' equations, written apart from the package


def double_network():
    """conv(relu) - 2x2 max-pool - Flatten - Dense16 - Dense2, float64."""
    model = chain(
        (6, 8, 1),
        layers.Conv2D(3, 3, activation="relu", name="conv", dtype="float64"),
        layers.MaxPooling2D(2, dtype="float64"),
        layers.Flatten(dtype="float64"),
        layers.Dense(16, activation="relu", dtype="float64"),
        layers.Dense(2, dtype="float64"),
        dtype="float64",
    )
    return network(randomise(model, seed=5), [spec((6, 8, 1))])


class Oracle:
    """y(A) of `double_network` in plain float64 tensor operations."""

    def __init__(self, net, example):
        _, _, w1, b1, w2, b2 = (tf.constant(v, tf.float64) for v in net.model.get_weights())
        self.weights = (w1, b1, w2, b2)
        conv = keras.Model(net.model.inputs, net.model.get_layer("conv").output)
        self.maps = np.asarray(conv([example[None].astype(np.float64)]))[0]  # (4, 6, 3)
        # Which of 2x2 cells the pool takes; of equal ones (zeros) the first, as TensorFlow.
        blocks = self.maps.reshape(2, 2, 3, 2, 3).transpose(0, 2, 4, 1, 3).reshape(2, 3, 3, 4)
        self.first = tf.one_hot(blocks.argmax(axis=-1), 4, dtype=tf.float64)

    def logit(self, maps, number):
        w1, b1, w2, b2 = self.weights
        blocks = tf.transpose(tf.reshape(maps, (-1, 2, 2, 3, 2, 3)), (0, 1, 3, 5, 2, 4))
        pooled = tf.reduce_sum(tf.reshape(blocks, (-1, 2, 3, 3, 4)) * self.first, axis=-1)
        hidden = tf.nn.relu(tf.reshape(pooled, (-1, 18)) @ w1 + b1)
        return (hidden @ w2 + b2)[:, number]

    def gradient(self, number):
        maps = tf.constant(self.maps[None])
        with tf.GradientTape() as tape:
            tape.watch(maps)
            y = self.logit(maps, number)
        return tape.gradient(y, maps).numpy()[0]

    def derivatives(self, number):
        """First, second and third derivative of exp(y) by every single element of A."""
        n = self.maps.size
        moves = tf.zeros(n, tf.float64)
        base = tf.constant(np.repeat(self.maps.reshape(1, -1), n, axis=0))
        with tf.GradientTape() as third:
            third.watch(moves)
            with tf.GradientTape() as second:
                second.watch(moves)
                with tf.GradientTape() as first:
                    first.watch(moves)
                    maps = tf.reshape(base + tf.linalg.diag(moves), (n, 4, 6, 3))
                    scores = tf.exp(self.logit(maps, number))
                d1 = first.gradient(scores, moves)
            d2 = second.gradient(d1, moves)
        d3 = third.gradient(d2, moves)
        return (d.numpy().reshape(self.maps.shape) for d in (d1, d2, d3))

    def gradcampp(self, number):
        """Chattopadhay 2018 with its eq. 19 literally, relu left out."""
        d1, d2, d3 = self.derivatives(number)
        below = 2 * d2 + self.maps.sum(axis=(0, 1)) * d3
        alpha = np.divide(d2, below, out=np.zeros_like(d2), where=below != 0)
        weights = (alpha * np.maximum(d1, 0)).sum(axis=(0, 1))
        return (weights * self.maps).sum(axis=-1)

    def evidence(self, method, number):
        a, g = self.maps, self.gradient(number)
        if method == "gradcam":
            return (g.mean(axis=(0, 1)) * a).sum(axis=-1)
        if method == "hirescam":
            return (g * a).sum(axis=-1)
        if method == "layercam":
            return (np.maximum(g, 0) * a).sum(axis=-1)
        total = a.sum(axis=(0, 1))
        weights = [
            (g[..., k] * a[..., k]).sum() / total[k] if total[k] else 0.0 for k in range(a.shape[2])
        ]
        return a @ np.array(weights)


def examples():
    rng = np.random.default_rng(11)
    return rng.normal(0.5, 0.5, (6, 6, 8, 1)).astype(np.float32)


def relative(made, wanted):
    return np.abs(made - wanted).max() / np.abs(wanted).max()


@pytest.mark.parametrize("example", range(6))
def test_gradcampp_is_the_papers_up_to_the_factor_exp_y(example):
    net, x = double_network(), examples()[example]
    oracle = Oracle(net, x)
    maps, _ = explain(net, [x], ["gradcam++"], "all")
    logits = explain_batch(net, [x[None]], [], "all").logits[0]
    for number, made in enumerate(maps):
        wanted = oracle.gradcampp(number) / np.exp(logits[number])
        assert np.abs(wanted).max() > 0
        assert relative(made.evidence, wanted) < 1e-5


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "layercam", "xgradcam"])
def test_the_other_papers_in_float64(method):
    net = double_network()
    for x in examples():
        oracle = Oracle(net, x)
        maps, _ = explain(net, [x], [method], "all")
        for number, made in enumerate(maps):
            wanted = oracle.evidence(method, number)
            np.testing.assert_allclose(
                made.evidence, wanted, atol=1e-6 * np.abs(wanted).max() + 1e-12
            )


# ---- CAM


def pooled_network(*after):
    model = chain(
        (20, 26, 1),
        layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, activation="relu", name="conv2"),
        layers.GlobalAveragePooling2D(),
        *after,
        layers.Dense(3, name="logits"),
    )
    return network(randomise(model, seed=2), [spec((20, 26, 1))])


@pytest.mark.parametrize("after", [(), (layers.Dropout(0.5),)], ids=["plain", "dropout"])
def test_cam_is_gradcam_is_hirescam_and_sums_to_the_logit(after):
    net = pooled_network(*after)
    x = sparse((20, 26, 1), share=0.3)
    maps, unavailable = explain(net, [x], ["cam", "gradcam", "hirescam"], "all")
    assert not unavailable
    logits = explain_batch(net, [x[None]], [], "all").logits[0]
    weights, bias = net.model.get_layer("logits").get_weights()
    feature = keras.Model(net.model.inputs, net.model.get_layer("conv2").output)([x[None]])
    a = np.asarray(feature)[0]
    for number in range(3):
        cam, gradcam, hirescam = maps[3 * number : 3 * number + 3]
        zhou = (a * weights[:, number]).sum(axis=-1) / (a.shape[0] * a.shape[1])
        np.testing.assert_allclose(cam.evidence, zhou, atol=1e-6)
        np.testing.assert_allclose(cam.evidence, gradcam.evidence, atol=1e-6)
        np.testing.assert_allclose(cam.evidence, hirescam.evidence, atol=1e-6)
        assert cam.evidence.sum() + bias[number] == pytest.approx(logits[number], abs=1e-5)


@pytest.mark.parametrize(
    ("net", "layer", "reason"),
    [
        (hand_network, None, "needs global average pooling right after 'conv'; found Flatten"),
        (pooled_network, "conv1", "needs global average pooling right after 'conv1'"),
        (lambda: pooled_network(layers.Dense(4)), None, "exactly one linear layer"),
    ],
)
def test_cam_says_why_it_is_not_available(net, layer, reason):
    made = net()
    x = np.zeros(made.card.inputs[0].shape, np.float32)
    maps, unavailable = explain(made, [x], ["cam", "hirescam"], "top", layer)
    assert [m.method for m in maps] == ["hirescam"]
    ((method, said),) = unavailable
    assert method == "cam"
    assert reason in said


def test_xgradcam_gives_no_weight_to_a_channel_that_cancels():
    maps = np.array([[[1.0, 0.1], [2.0, 0.2], [-3.0, -0.3 - 1e-17]]])
    gradients = np.ones((1, 1, 3, 2))
    assert abs(maps[..., 1].sum()) < 1e-15
    np.testing.assert_array_equal(EVIDENCE["xgradcam"](maps, gradients), np.zeros((1, 1, 3)))


def test_xgradcam_keeps_large_maps_of_either_sign():
    """A sum of 0.2 % of what was added is no rounding, however many cells there are."""
    maps = np.full((200, 200, 1), -1.0, np.float32)
    maps[:100] = 1.004
    gradients = np.full((1, 200, 200, 1), 0.5, np.float32)
    found = EVIDENCE["xgradcam"](maps, gradients)
    np.testing.assert_allclose(found[0], 0.5 * maps[..., 0], rtol=1e-3)


def test_sparse_product_is_the_product():
    rng = np.random.default_rng(4)
    left, right = rng.normal(size=(5, 12)), rng.normal(size=(12, 9001))
    left[:, [0, 3, 4, 11]] = 0
    np.testing.assert_allclose(sparse_product(left, right), left @ right, atol=1e-12)
    np.testing.assert_array_equal(sparse_product(left * 0, right), np.zeros((5, 9001)))
