"""The shorter way to the logits of painted spectra: the numbers of the plain way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from explain_toys import network, randomise, spec
from keras import layers
from token_builders import SETTINGS, TINY, token_net

from nmrcam_qt.ml.cells import Window
from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.painted_forward_blocks import Blocks, Stage
from nmrcam_qt.ml.painted_forward_chain import ChainForward
from nmrcam_qt.ml.painted_forward_tokens import TokenForward

SHAPE = (41, 58, 1)
MODELS = Path(__file__).resolve().parents[2] / "models"

CHAINS = {
    "seed": lambda: [
        layers.Conv2D(6, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(7, 3, activation="relu"),
    ],
    "same": lambda: [
        layers.Conv2D(5, 4, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(3, padding="same"),
        layers.Conv2D(6, (2, 5), padding="same"),
        layers.Activation("softmax"),
        layers.AveragePooling2D((2, 3)),
    ],
    "strides": lambda: [
        layers.Conv2D(5, 5, strides=2, padding="same", activation="tanh"),
        layers.MaxPooling2D(3, strides=2),
        layers.Dropout(0.5),
        layers.Conv2D(4, 3, dilation_rate=2, activation="elu"),
    ],
    "gaps": lambda: [
        layers.MaxPooling2D(2, strides=3),
        layers.Conv2D(4, 1, strides=2, padding="same", activation="relu"),
    ],
}


def chain(kind, inputs=1, shape=SHAPE):
    names = ["hsqc", "hmbc"][:inputs]
    starts = [keras.Input(shape, name=name) for name in names]
    ends = []
    for start in starts:
        x = start
        for layer in (*CHAINS[kind](), layers.Flatten()):
            x = layer(x)
        ends.append(x)
    x = layers.Concatenate()(ends) if inputs > 1 else ends[0]
    x = layers.Dense(16, activation="relu")(layers.Dropout(0.3)(x))
    model = randomise(keras.Model(starts, layers.Dense(3)(x)))
    return network(model, [spec(shape, name) for name in names], default_layer="")


def tokens(count=24, ties=()):
    where = replace(TINY, shape=(48, 40, 1))
    settings = replace(SETTINGS, blocks=2, count=count, ties=ties, grid=where.shape[:2])
    return network(token_net(where, settings), [where], default_layer="evidence")


def inked(shape, seed, spots=14):
    """Overlapping soft spots, some cut by the border."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    out = np.zeros(shape[:2])
    for _ in range(spots):
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        away = ((rows - row) / rng.uniform(1, 2)) ** 2 + ((columns - column) / 1.5) ** 2
        out = np.maximum(out, np.exp(-away) * (away < 4))
    return out[:, :, None].astype(np.float32)


def painted(base, rng, n, largest):
    """Copies with a random block painted; many of the blocks touch a border."""
    out = np.repeat(base[None], n, axis=0)
    for each in out:
        size = rng.integers(1, np.minimum(largest, base.shape[:2]) + 1)
        room = np.array(base.shape[:2]) - size
        at = np.clip(rng.integers(-3, room + 4), 0, room)
        block = each[at[0] : at[0] + size[0], at[1] : at[1] + size[1]]
        block[:] = rng.choice([0.0, 1.0]) if rng.random() < 0.5 else rng.random(block.shape)
    return out


def near(net, examples, base):
    """Logits of examples ``(n, H, W, C)`` near to a base."""
    return engine(net).near(len(examples[0]), lambda part: [x[part] for x in examples], base)


def shortcut(net):
    near(net, [np.zeros((1, *s.shape), np.float32) for s in net.card.inputs], base_of(net))
    return engine(net)._shortcut


def base_of(net, seed=1):
    return [inked(s.shape, seed + i) for i, s in enumerate(net.card.inputs)]


@pytest.mark.parametrize("kind", CHAINS)
@pytest.mark.parametrize("inputs", [1, 2])
def test_chains_give_the_logits_of_plain_forwards(kind, inputs):
    net = chain(kind, inputs)
    assert isinstance(shortcut(net), ChainForward)
    rng = np.random.default_rng(5)
    for largest in (1, 4, 12, 60):
        base = base_of(net, seed=largest)
        examples = [painted(x, rng, 25, largest) for x in base]
        found = near(net, examples, base)
        np.testing.assert_allclose(found, engine(net).logits(examples), atol=1e-5, rtol=0)


def test_only_one_input_may_differ():
    net = chain("seed", 2)
    base = base_of(net)
    one = painted(base[0], np.random.default_rng(0), 6, 5)
    other = np.repeat(base[1][None], 6, axis=0)
    found = near(net, [one, other], base)
    np.testing.assert_allclose(found, engine(net).logits([one, other]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", [lambda: chain("seed"), tokens])
def test_what_changes_nothing_drops_exactly_nothing(make):
    net = make()
    (base,) = base_of(net)
    examples = np.stack([base, painted(base, np.random.default_rng(2), 1, 4)[0], base])
    found = near(net, [examples], [base])
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[1] - found[0]).max() > 1e-4
    alone = near(net, [examples[1:2]], [base])
    np.testing.assert_allclose(alone[0], found[1], atol=1e-5, rtol=0)


def test_large_blocks_go_the_plain_way():
    net = chain("seed")
    (base,) = base_of(net)
    examples = np.repeat(base[None], 3, axis=0)
    examples[1, 10:13, 20:23] += 1
    examples[2] = 1 - base
    _, done = shortcut(net)([examples], [base])
    assert done.tolist() == [True, True, False]


def test_values_that_are_no_numbers_are_left_to_the_plain_way():
    net = chain("seed")
    (base,) = base_of(net)
    examples = np.repeat(base[None], 2, axis=0)
    examples[1, 20, 20] = np.nan
    found = near(net, [examples], [base])
    assert np.isfinite(found[0]).all()
    np.testing.assert_allclose(found, engine(net).logits([examples]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("ties", [(), (0.3, 1.5)])
@pytest.mark.parametrize("count", [24, 5])
def test_networks_of_signals_give_the_logits_of_plain_forwards(count, ties):
    """Also where there are more signals than tokens, and none at all."""
    net = tokens(count, ties)
    assert isinstance(shortcut(net), TokenForward)
    rng = np.random.default_rng(3)
    for seed in range(3):
        (base,) = base_of(net, seed)
        examples = painted(base, rng, 20, 14)
        examples[0] = 0
        examples[1] = inked(base.shape, 90 + seed, 60)
        examples[2] = 1
        examples[3] *= 0.14  # no sample is fully inked
        found = near(net, [examples], [base])
        np.testing.assert_allclose(found, engine(net).logits([examples]), atol=1e-5, rtol=0)


def branched(x):
    return layers.Add()([layers.Conv2D(3, 3, padding="same")(x), layers.Conv2D(3, 1)(x)])


OTHERS = {
    "branch": branched,
    "own slopes": lambda x: layers.PReLU()(layers.Conv2D(3, 3)(x)),
    "edge means": lambda x: layers.AveragePooling2D(3, padding="same")(layers.Conv2D(3, 3)(x)),
    "separable": lambda x: layers.Conv2D(2, 1)(layers.SeparableConv2D(3, 3)(x)),
    "groups": lambda x: layers.Conv2D(4, 3, groups=2)(layers.Conv2D(4, 3)(x)),
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("pooled", [False, True])
def test_other_networks_go_the_plain_way(kind, pooled):
    start = keras.Input((14, 16, 1), name="hsqc")
    x = OTHERS[kind](start)
    x = layers.GlobalAveragePooling2D()(x) if pooled else layers.Flatten()(x)
    net = network(randomise(keras.Model(start, layers.Dense(2)(x))), [spec((14, 16, 1))])
    assert shortcut(net) is None
    (base,) = base_of(net)
    examples = painted(base, np.random.default_rng(0), 5, 4)
    np.testing.assert_array_equal(near(net, [examples], [base]), engine(net).logits([examples]))


def test_blocks_hold_every_cell_that_sees_a_changed_sample():
    """Windows by brute force: every cell that sees the block, and no cell beyond the map."""
    rng = np.random.default_rng(8)
    step = Graph(chain("seed").model).steps["hsqc"]
    for _ in range(300):
        n, reach, stride = (int(rng.integers(*bounds)) for bounds in ((5, 30), (1, 6), (1, 5)))
        same = bool(rng.random() < 0.5)
        layer = layers.MaxPooling2D(reach, strides=stride, padding="same" if same else "valid")
        if not same and reach > n:
            continue
        window = Window.of(layer, 0, n)
        size = int(rng.integers(1, n + 1))
        first = int(rng.integers(0, n - size + 1))
        blocks = Blocks(np.array([[first, first]]), (size, size))
        found = blocks.reached(Stage((step,), (window, window), (n, n)))
        start = int(found.first[0, 0])
        assert start >= 0 and start + found.size[0] <= window.size
        low = np.arange(window.size) * stride - window.before
        sees = np.flatnonzero((low < first + size) & (low + reach > first))
        assert not len(sees) or (start <= sees[0] and sees[-1] < start + found.size[0])


@pytest.mark.parametrize("name", ["kuhn-combined", "paired-mix"])
def test_shipped_networks(name):
    net = Network.load(MODELS / name)
    base = [inked(s.shape, 4 + i, 40) for i, s in enumerate(net.card.inputs)]
    rng = np.random.default_rng(6)
    examples = [painted(x, rng, 8, 14) for x in base]
    examples[0][0, :3, :3] = examples[1][1, -4:, -4:] = examples[1][2, :, -1:] = 1
    examples[0][3] = base[0]
    assert shortcut(net) is not None
    found = near(net, examples, base)
    np.testing.assert_allclose(found, engine(net).logits(examples), atol=1e-5, rtol=0)
