"""The end of a network in double precision: TensorFlow's numbers, nearer to the truth."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from explain_toys import randomise
from keras import layers

from nmrcam_qt.ml.dense_tail import DenseTail
from nmrcam_qt.ml.explain.passes import behind_dense
from nmrcam_qt.ml.graph import Graph

TAILS = {
    "seed": ("relu", [layers.Dense(3)]),
    "deep": (
        "linear",
        [layers.Dropout(0.5), layers.Dense(6, activation="relu", use_bias=False), layers.Dense(4)],
    ),
    "last is cut": ("relu", [layers.Dense(4, activation="relu")]),
    "nothing": (None, []),
}


def graph_of(activation, stack):
    start = keras.Input((9,), name="x")
    x = layers.Dense(7, activation=activation, name="first")(start)
    for number, layer in enumerate(stack):
        config = layer.get_config() | {"name": f"behind_{number}"}
        x = type(layer).from_config(config)(x)
    return Graph(randomise(keras.Model(start, x)))


@pytest.mark.parametrize("kind", TAILS)
def test_logits_and_gradients_are_those_of_tensorflow(kind):
    graph = graph_of(*TAILS[kind])
    before = np.random.default_rng(0).standard_normal((5, 7))
    before[0, 0] = 0  # where a cut begins
    chosen = np.array([[0, 2], [1, 1], [2, 0], [0, 1], [2, 1]], np.int32)
    x = tf.constant(before, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        logits = behind_dense(graph, "first")(x)
        one_by_one = [logits[n, c] for n, both in enumerate(chosen) for c in both]
    tail = DenseTail.of(graph, "first")
    np.testing.assert_allclose(tail(before), logits, atol=1e-6)
    slopes = tail.slopes(before, chosen)
    for number, value in enumerate(one_by_one):
        row, place = divmod(number, 2)
        np.testing.assert_allclose(slopes[row, place], tape.gradient(value, x)[row], atol=1e-6)
    for row in range(5):
        alone = slice(row, row + 1)
        np.testing.assert_array_equal(tail(before[alone]), tail(before)[alone])
        np.testing.assert_array_equal(tail.slopes(before[alone], chosen[alone]), slopes[alone])


@pytest.mark.parametrize(
    "stack",
    [
        [layers.Dense(3, activation="tanh")],
        [layers.Dense(3), layers.BatchNormalization()],
        [layers.LeakyReLU(), layers.Dense(3)],
    ],
)
def test_other_ends_are_not_known(stack):
    assert DenseTail.of(graph_of("relu", stack), "first") is None
    assert DenseTail.of(graph_of("sigmoid", [layers.Dense(2)]), "first") is None


def test_what_float32_does_not_hold_is_infinite():
    graph = graph_of("linear", [layers.Dense(2)])
    graph["behind_0"].layer.kernel.assign(np.full((7, 2), 1e38))
    tail = DenseTail.of(graph, "first")
    assert np.isposinf(tail(np.ones((1, 7)))).all()
    assert np.isfinite(tail(np.full((1, 7), 0.1))).all()
