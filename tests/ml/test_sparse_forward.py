"""The pass that skips blank paper: the numbers of the plain way, whoever lies beside."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from explain_toys import network, randomise, spec
from keras import layers

from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.explain.lone import Lone
from nmrcam_qt.ml.explain.passes import Forward
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.sparse_forward import SparseForward

SHAPE = (61, 70, 1)
METHODS = ("gradcam", "hirescam", "layercam", "xgradcam")
MODELS = Path(__file__).resolve().parents[2] / "models"

KINDS = {
    "seed": lambda: [
        layers.Conv2D(6, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(7, 3, activation="relu"),
    ],
    "strides": lambda: [
        layers.Conv2D(5, (5, 2), strides=2, use_bias=False),
        layers.MaxPooling2D((2, 3), strides=1),
        layers.Conv2D(4, 1, strides=(1, 2), activation="relu"),
    ],
}
OTHERS = {
    "padding": lambda: [layers.Conv2D(4, 3, padding="same", activation="relu")],
    "dilation": lambda: [layers.Conv2D(4, 3, dilation_rate=2, activation="relu")],
    "average": lambda: [layers.Conv2D(4, 3, activation="relu"), layers.AveragePooling2D(2)],
    "activation": lambda: [layers.Conv2D(4, 3, activation="tanh")],
    "normalised": lambda: [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU()],
}


def chain(stack, inputs=1):
    starts = [keras.Input(SHAPE, name=name) for name in ["hsqc", "hmbc"][:inputs]]
    ends = []
    for number, start in enumerate(starts):
        x = start
        for layer in stack():
            layer.name = f"{layer.name}_{number}"
            x = layer(x)
        ends.append(layers.Flatten()(x))
    x = layers.Concatenate()(ends) if inputs > 1 else ends[0]
    x = layers.Dense(5, activation="relu")(x)
    return randomise(keras.Model(starts, layers.Dense(3)(x)))


def spectra(n, background=0.0, seed=0):
    rng = np.random.default_rng(seed)
    made = np.full((n, *SHAPE), background, np.float32)
    for example in made:
        for _ in range(3):
            row, column = rng.integers(0, SHAPE[0] - 2), rng.integers(0, SHAPE[1] - 2)
            example[row : row + 2, column : column + 2] = rng.random((2, 2, 1))
    return made


@pytest.mark.parametrize("background", [0.0, 1.0])
@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_maps_and_logits_are_those_of_the_plain_way(kind, inputs, background):
    model = chain(KINDS[kind], inputs)
    graph = Graph(model)
    sparse = SparseForward.of(graph, [background] * inputs)
    examples = [spectra(4, background, seed) for seed in range(inputs)]
    plain = Forward(model)(examples)
    maps = keras.Model(model.inputs, [graph[name].output for name in sparse.outputs])(examples)
    halves = [sparse([x[row] for x in examples]) for row in range(4)]
    np.testing.assert_allclose(
        sparse.logits(halves), plain, atol=2e-6 * np.abs(plain).max(), rtol=0
    )
    for number, wanted in enumerate(maps if isinstance(maps, list) else [maps]):
        made = np.stack([half.maps[number] for half in halves])
        np.testing.assert_allclose(made, wanted, atol=3e-6, rtol=0)


def test_a_blank_example_and_one_with_ink_in_every_corner():
    model = chain(KINDS["seed"])
    sparse = SparseForward.of(Graph(model), [0.0])
    examples = np.zeros((2, *SHAPE), np.float32)
    examples[1, [0, 0, -1, -1], [0, -1, 0, -1]] = 1
    halves = [sparse([x]) for x in examples]
    plain = Forward(model)([examples])
    np.testing.assert_allclose(sparse.logits(halves), plain, atol=2e-6 * np.abs(plain).max())
    assert not halves[0].rows[0].number.any()


def test_what_is_not_blank_enough_goes_the_plain_way():
    sparse = SparseForward.of(Graph(chain(KINDS["seed"])), [0.0])
    assert sparse([np.ones(SHAPE, np.float32)]) is None
    assert sparse([spectra(1)[0]]) is not None


@pytest.mark.parametrize("kind", OTHERS)
def test_other_networks_have_no_such_way(kind):
    assert SparseForward.of(Graph(chain(OTHERS[kind])), [0.0]) is None


def test_numbers_do_not_depend_on_what_lies_beside():
    own = network(chain(KINDS["seed"]), [spec(SHAPE)])
    mixed = spectra(5)
    mixed[2] = np.random.default_rng(1).random(SHAPE)  # not blank at all
    assert [bool(halves) for _, halves in engine(own)._runs([mixed])] == [True, False, True]
    together = explain_batch(own, [mixed], METHODS, "all")
    for _ in range(2):  # what comes alone the second time may go another way
        for row in range(5):
            alone = explain_batch(own, [mixed[row : row + 1]], METHODS, "all")
            np.testing.assert_array_equal(alone.logits[0], together.logits[row])
            for one, other in zip(alone.explanations[0], together.explanations[row], strict=True):
                np.testing.assert_array_equal(one.evidence, other.evidence)
        np.testing.assert_array_equal(engine(own).logits([mixed[:1]]), together.logits[:1])


def test_weights_that_changed_are_used():
    own = network(chain(KINDS["seed"]), [spec(SHAPE)])
    examples = [spectra(2)]
    before = engine(own).logits(examples)
    own.model.layers[-1].bias.assign_add([1.0, 2.0, 3.0])
    first = own.model.layers[1]
    first.kernel.assign(first.kernel * 2)
    engine(own).weights_changed()
    wanted = Forward(own.model)(examples)
    assert np.abs(wanted - before).max() > 0.5
    np.testing.assert_allclose(engine(own).logits(examples), wanted, atol=1e-5)


def test_the_seed_network_within_2e_7_of_the_scale_of_its_logits():
    own = Network.load(MODELS / "kuhn-hmbc")
    examples = np.zeros((3, *own.card.inputs[0].shape), np.float32)
    rng = np.random.default_rng(5)
    for example in examples:
        for _ in range(25):
            row, column = rng.integers(0, 200), rng.integers(0, 295)
            example[row : row + 4, column : column + 3] = rng.random((4, 3, 1))
    made = engine(own).logits([examples])
    assert all(halves for _, halves in engine(own)._runs([examples]))
    plain = Forward(own.model)([examples])
    np.testing.assert_allclose(made, plain, atol=2e-7 * np.abs(plain).max(), rtol=0)


def test_one_look_tells_whether_an_example_must_be_computed_beside_itself():
    looks = []
    lone = Lone(lambda: bool(looks.append(1)) or True)
    assert [lone.beside_itself for _ in range(4)] == [True, False, False, False]
    assert looks == [1]
    assert all(other.beside_itself for other in [Lone(lambda: False)] * 3)


def test_an_activation_that_is_a_layer_is_not_left_out():
    model = chain(lambda: [layers.Conv2D(4, 3, activation=layers.ReLU(max_value=0.2))])
    assert SparseForward.of(Graph(model), [0.0]) is None


@pytest.mark.filterwarnings("error")
def test_a_kernel_whose_sum_overflows_goes_the_plain_way():
    own = network(chain(lambda: [layers.Conv2D(4, 3)]), [spec(SHAPE)])
    first = own.model.layers[1]
    first.kernel.assign(np.full(first.kernel.shape, 3e38))
    examples = [np.zeros((2, *SHAPE), np.float32)]
    made = engine(own).logits(examples)
    np.testing.assert_array_equal(made, engine(own).plain_logits(examples))
    assert np.isfinite(made).all()
