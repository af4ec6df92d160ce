"""One pass for everything: the short way equals the plain one, maps lie where they should."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from builders import list_spectrum
from explain_toys import chain, kuhn, network, randomise, sparse, spec

from nmrcam_qt.core.errors import CardError, MethodError, NetworkError
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.ml.explain import memory
from nmrcam_qt.ml.explain.engine import engine, explain, explain_batch
from nmrcam_qt.ml.explain.passes import TOP, Passes
from nmrcam_qt.ml.graph import Graph

layers = keras.layers
GRADIENT_METHODS = ["gradcam", "gradcam++", "hirescam", "layercam", "xgradcam"]
SMALL = (61, 77, 1)


def conv(filters, name, **more):
    return layers.Conv2D(filters, 3, activation="relu", name=name, **more)


def pooled_before_flatten():
    return chain(
        (23, 30, 1),
        conv(4, "one"),
        layers.MaxPooling2D(2),
        conv(6, "two"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(8, activation="tanh"),
        layers.Dense(5, activation="relu"),
        layers.Dense(3),
    )


def one_dense():
    return chain((12, 14, 1), conv(4, "one"), layers.Flatten(), layers.Dense(3, use_bias=False))


def normalised_vector():
    return chain(
        (12, 14, 1),
        conv(4, "one"),
        layers.Flatten(),
        layers.BatchNormalization(gamma_initializer="random_normal"),
        layers.Dense(4, activation="elu"),
        layers.Dense(3),
    )


def dropped_vector():
    return chain(
        (12, 14, 1),
        conv(4, "one"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(6, activation="relu"),
        layers.Dense(3),
    )


def flattened_twice():
    """The layer reaches the Dense by its Flatten and around it."""
    start = keras.Input((12, 14, 1), name="hsqc")
    maps = conv(4, "one")(start)
    flat = layers.Flatten()(maps)
    joined = layers.Concatenate()([layers.Dense(3, activation="relu")(flat), flat])
    return keras.Model(start, layers.Dense(3)(joined))


def pooled_beside():
    start = keras.Input((12, 14, 1), name="hsqc")
    maps = conv(4, "one")(start)
    parts = [layers.GlobalAveragePooling2D()(maps), layers.Flatten()(conv(5, "two")(maps))]
    return keras.Model(start, layers.Dense(3)(layers.Concatenate()(parts)))


def averaged():
    """Mean over space, then a small head: the gradient is the same in every cell."""
    return chain(
        (12, 14, 1),
        conv(4, "one"),
        layers.GlobalAveragePooling2D(),
        layers.Dropout(0.5),
        layers.Dense(6, activation="relu"),
        layers.Dense(3),
    )


def averaged_and_more():
    """A mean that is not all that the head sees of the layer."""
    start = keras.Input((12, 14, 1), name="hsqc")
    maps = conv(4, "one")(start)
    parts = [layers.GlobalAveragePooling2D()(maps), layers.GlobalMaxPooling2D()(maps)]
    return keras.Model(start, layers.Dense(3)(layers.Add()(parts)))


def no_dense():
    return chain(
        (20, 22, 1), conv(4, "one"), layers.Conv2D(3, 1, name="two"), layers.GlobalMaxPooling2D()
    )


def residual():
    start = keras.Input((16, 18, 1), name="hsqc")
    left = conv(4, "one", padding="same")(start)
    both = layers.Add()([conv(4, "two", padding="same")(left), left])
    return keras.Model(start, layers.Dense(3)(layers.Flatten()(both)))


def squeeze():
    """A Dense that not everything passes: channels are weighed by their means."""
    start = keras.Input((16, 18, 1), name="hsqc")
    maps = conv(4, "one")(start)
    weights = layers.Dense(4, activation="sigmoid")(layers.GlobalAveragePooling2D()(maps))
    weighted = layers.Multiply()([maps, layers.Reshape((1, 1, 4))(weights)])
    return keras.Model(start, layers.Dense(3)(layers.Flatten()(conv(5, "two")(weighted))))


def two_inputs():
    return kuhn([spec(SMALL), spec(SMALL, "hmbc")])


CASES = [
    *((pooled_before_flatten, name) for name in ("one", "two")),
    (one_dense, "one"),
    (normalised_vector, "one"),
    (dropped_vector, "one"),
    (flattened_twice, "one"),
    *((pooled_beside, name) for name in ("one", "two")),
    (averaged, "one"),
    (averaged_and_more, "one"),
    *((no_dense, name) for name in ("one", "two")),
    *((residual, name) for name in ("one", "two")),
    *((squeeze, name) for name in ("one", "two")),
    *((two_inputs, name) for name in ("hsqc_conv4", "hmbc_conv4", "hsqc_conv1")),
    *((lambda: kuhn([spec(SMALL)]), f"conv{n}") for n in (1, 2, 3, 4)),
]


def plain_gradients(model, layer, fed):
    """Every class its own tape over the whole model, eagerly: ``(n, classes, h, w, c)``."""
    whole = keras.Model(model.inputs, [model.get_layer(layer).output, model.outputs[0]])
    found = []
    for number in range(model.outputs[0].shape[-1]):
        with tf.GradientTape() as tape:
            maps, logits = whole([tf.constant(x) for x in fed], training=False)
            wanted = tf.reduce_sum(logits[:, number])
        found.append(tape.gradient(wanted, maps).numpy())
    return maps.numpy(), np.stack(found, axis=1), logits.numpy()


@pytest.mark.parametrize(("build", "layer"), CASES)
def test_the_short_way_is_the_plain_way(build, layer):
    model = randomise(build(), seed=4)
    fed = [sparse((3, *x.shape[1:]), seed=k, share=0.3) for k, x in enumerate(model.inputs)]
    wanted_maps, wanted, logits = plain_gradients(model, layer, fed)
    assert np.abs(wanted).max() > 0
    graph = Graph(model)
    chosen = np.tile(np.arange(wanted.shape[1], dtype=np.int32), (3, 1))
    for shortcut in (True, False):
        made = Passes(graph, [layer], shortcut=shortcut)(fed, chosen)
        np.testing.assert_allclose(made.logits, logits, atol=1e-5)
        np.testing.assert_allclose(made.maps[0], wanted_maps, atol=1e-5)
        np.testing.assert_allclose(made.gradients[0], wanted, atol=1e-5 * np.abs(wanted).max())


def test_where_the_short_way_goes():
    def dense(build, layer):
        passes = Passes(Graph(build()), [layer])
        return passes._dense.units if passes._dense else None

    assert dense(pooled_before_flatten, "one") == 8
    assert dense(two_inputs, "hmbc_conv4") == 64
    assert dense(squeeze, "one") == 3  # not the Dense of the side branch
    assert dense(no_dense, "one") is None

    def flat(build, *names):
        return Passes(Graph(build()), names)._flat

    assert flat(one_dense, "one") == flat(dropped_vector, "one") == [slice(0, 480)]
    assert flat(pooled_beside, "two") == [slice(4, 404)]
    part = 3 * 5 * 128
    both = [slice(part, 2 * part), slice(0, part)]
    assert flat(two_inputs, "hmbc_conv4", "hsqc_conv4") == both
    for build in (normalised_vector, flattened_twice, pooled_beside, pooled_before_flatten):
        assert flat(build, "one") is None


def test_ties_in_the_pool_go_to_one_cell():
    model = chain(
        (6, 6, 1),
        layers.Conv2D(1, 3, activation="relu", name="c"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(2),
    )
    model.set_weights([np.ones((3, 3, 1, 1)), np.zeros(1), np.full((4, 2), 2.0), np.zeros(2)])
    made = Passes(Graph(model), ["c"])(
        [np.ones((1, 6, 6, 1), np.float32)], np.array([[0]], np.int32)
    )
    blocks = made.gradients[0].reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    np.testing.assert_array_equal(blocks, np.tile([2.0, 0, 0, 0], (4, 1)))


def test_top_is_resolved_in_the_pass():
    model = kuhn([spec(SMALL)], seed=9)
    fed = [sparse((5, *SMALL), share=0.3)]
    passes = Passes(Graph(model), ["conv4"])
    every = passes(fed, np.tile(np.arange(3, dtype=np.int32), (5, 1)))
    top = passes(fed, np.full((5, 1), TOP, np.int32))
    np.testing.assert_array_equal(top.chosen[:, 0], every.logits.argmax(axis=1))
    for n, k in enumerate(top.chosen[:, 0]):
        np.testing.assert_allclose(top.gradients[0][n, 0], every.gradients[0][n, k], atol=1e-6)


# ---- what a layer means


def separate_activation(*between):
    return chain(
        (14, 15, 1),
        layers.Conv2D(4, 3, name="c", use_bias=False),
        *between,
        layers.Conv2D(4, 3, name="later", activation="relu"),
        layers.Flatten(),
        layers.Dense(3),
    )


@pytest.mark.parametrize(
    ("between", "output", "non_negative"),
    [
        (
            lambda: [layers.BatchNormalization(name="n"), layers.Activation("relu", name="r")],
            "r",
            1,
        ),
        (lambda: [layers.ReLU(name="r")], "r", True),
        (lambda: [layers.LeakyReLU(name="r")], "r", False),
        (lambda: [layers.BatchNormalization(name="n")], "n", False),
        (lambda: [layers.MaxPooling2D(2, name="p")], "c", False),
    ],
)
def test_a_layer_counts_after_its_activation(between, output, non_negative):
    model = randomise(separate_activation(*between()), seed=1)
    net = network(model, [spec((14, 15, 1))])
    (place,) = engine(net).places("c")
    assert (place.layer, place.output) == ("c", output)
    x = sparse((14, 15, 1), share=0.4)
    maps, unavailable = explain(net, [x], ["hirescam", "gradcam++"], ["b"], "c")
    a, g, _ = plain_gradients(model, output, [x[None]])
    np.testing.assert_allclose(maps[0].evidence, (a[0] * g[0, 1]).sum(axis=-1), atol=1e-5)
    assert maps[0].layer == "c"
    if non_negative:
        assert not unavailable
        assert (a >= 0).all()
    else:
        ((method, reason),) = unavailable
        assert method == "gradcam++"
        assert "never negative" in reason and repr(output) in reason


def test_layercam_is_never_negative_where_the_maps_are_not():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    for layer in ("conv1", "conv4"):
        maps, _ = explain(net, [sparse(SMALL)], ["layercam"], "all", layer)
        assert all((m.evidence >= 0).all() for m in maps)


# ---- two inputs, transposed inputs


def test_two_inputs_give_a_map_each_and_a_layer_lies_on_one():
    specs = [spec(SMALL), spec(SMALL, "hmbc", f1=(0.0, 220.0))]
    net = network(two_inputs(), specs, default_layer="hmbc_conv4")
    fed = [sparse(SMALL, seed=1, share=0.3), sparse(SMALL, seed=2, share=0.3)]
    maps, _ = explain(net, fed, ["hirescam"], ["a", "c"])
    places = [(m.class_id, m.input_name, m.layer) for m in maps]
    assert places == [
        ("a", "hsqc", "hsqc_conv4"),
        ("a", "hmbc", "hmbc_conv4"),
        ("c", "hsqc", "hsqc_conv4"),
        ("c", "hmbc", "hmbc_conv4"),
    ]
    assert maps[0].f1.last_ppm != maps[1].f1.last_ppm
    for made, number in zip(maps, (0, 0, 2, 2), strict=True):
        a, g, _ = plain_gradients(net.model, made.layer, [x[None] for x in fed])
        np.testing.assert_allclose(made.evidence, (a * g[:, number])[0].sum(axis=-1), atol=1e-5)
        (alone,), _ = explain(net, fed, ["hirescam"], [made.class_id], made.layer)
        assert alone.input_name == made.input_name
        np.testing.assert_allclose(alone.evidence, made.evidence, atol=1e-6)


def test_the_cards_default_layer_is_used():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)], default_layer="conv2")
    (made,), _ = explain(net, [sparse(SMALL)], ["gradcam"], "top")
    assert made.layer == "conv2"


def test_a_transposed_network_gives_the_same_map():
    upright = chain((20, 31, 1), conv(4, "c"), layers.Flatten(), layers.Dense(3))
    turned = chain((31, 20, 1), conv(4, "c"), layers.Flatten(), layers.Dense(3))
    randomise(upright, seed=6)
    kernel, bias, dense, last = upright.get_weights()
    rows = dense.reshape(18, 29, 4, 3).transpose(1, 0, 2, 3).reshape(-1, 3)
    turned.set_weights([kernel.transpose(1, 0, 2, 3), bias, rows, last])
    x = sparse((20, 31, 1), share=0.3)
    one, _ = explain(network(upright, [spec(x.shape)]), [x], GRADIENT_METHODS, "all")
    y = x.transpose(1, 0, 2)
    other, _ = explain(network(turned, [spec(y.shape, rows="f2")]), [y], GRADIENT_METHODS, "all")
    assert len(one) == len(other) == 15
    for a, b in zip(one, other, strict=True):
        assert (a.f1, a.f2) == (b.f1, b.f2)
        assert a.evidence.shape == (18, 29)
        np.testing.assert_allclose(a.evidence, b.evidence, atol=1e-5)


# ---- one peak moved by one cell


def position_blind(shape, n_classes=3):
    """The study's network whose Dense treats all cells alike: any shift of the map is a peak's."""
    model = kuhn([spec(shape)], n_classes, seed=8)
    rng = np.random.default_rng(0)
    cells = int(np.prod(model.get_layer("conv4").output.shape[1:3]))
    hidden = model.get_layer("hidden")
    row = rng.normal(0, 0.3, (128, 64))
    hidden.set_weights([np.tile(row, (cells, 1)), rng.normal(0.5, 0.1, 64)])
    return network(model, [spec(shape)])


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, 1), (-1, 2)])
def test_a_peak_moved_by_cells_moves_the_map_by_cells(down, right):
    shape = (205, 300, 1)
    net = position_blind(shape)
    c, h = 97.3, 5.21
    per_cell = (8 * 200 / 205, -8 * 10 / 300)  # ppm of one cell of the last layer
    spectra = [
        list_spectrum([(h, c)]),
        list_spectrum([(h + right * per_cell[1], c + down * per_cell[0])]),
    ]
    fed = [np.stack([prepare_inputs(net.card, [s]).examples[0] for s in spectra])]
    done = explain_batch(net, fed, GRADIENT_METHODS, [["a"], ["a"]])
    for before, after in zip(*done.explanations, strict=True):
        shifted = np.roll(before.evidence, (down, right), axis=(0, 1))
        inner = (slice(2, -2), slice(3, -3))
        size = np.ptp(before.evidence)
        assert size > 0
        np.testing.assert_allclose(after.evidence[inner], shifted[inner], atol=1e-3 * size)
        assert np.abs(after.evidence - before.evidence).max() > 0.2 * size
        assert after.f1.step == pytest.approx(per_cell[0])
        assert after.f2.step == pytest.approx(per_cell[1])


@pytest.mark.parametrize(("h", "c"), [(2.5, 40.0), (7.1, 150.0), (5.0, 100.0)])
def test_the_map_lies_on_the_peak(h, c):
    net = position_blind((205, 300, 1))
    for number in (1, 2, 3, 4):  # nothing is lit where there is no ink
        bias = net.model.get_layer(f"conv{number}").bias
        bias.assign(np.zeros(bias.shape))
    x = prepare_inputs(net.card, [list_spectrum([(h, c)])]).examples[0]
    (made,), _ = explain(net, [x], ["layercam"], ["a"])
    weight = made.heat.astype(float) / made.heat.sum()
    # Half a cell; a map stretched over the picture would be off by up to 8 ppm here.
    assert (weight.sum(axis=1) * made.f1.centres).sum() == pytest.approx(c, abs=3.9)
    assert (weight.sum(axis=0) * made.f2.centres).sum() == pytest.approx(h, abs=0.134)


# ---- odd numbers


def odd_inputs(n, shape):
    """Inputs that break careless arithmetic: empty, full, huge, tiny, negative, sparse."""
    rng = np.random.default_rng(12)
    x = rng.random((n, *shape))
    kind = np.arange(n) % 8
    scale = np.array([0, 1, 1e4, 1e-6, -1, 1e-30, 1, 1e6])[kind]
    x *= scale[:, None, None, None]
    x[kind == 6] *= rng.random(x[kind == 6].shape) < 0.02
    x[kind == 1] = 1.0
    return x.astype(np.float32)


def test_no_nan_in_a_thousand_inputs():
    net = network(
        randomise(
            chain((12, 13, 1), conv(3, "one"), conv(4, "two"), layers.Flatten(), layers.Dense(2)), 3
        ),
        [spec((12, 13, 1))],
    )
    done = explain_batch(net, [odd_inputs(1000, (12, 13, 1))], GRADIENT_METHODS, "all")
    assert np.isfinite(done.logits).all()
    maps = [m for item in done.explanations for m in item]
    assert len(maps) == 1000 * 2 * 5
    # An Explanation refuses what is not finite; here once more, seen from outside.
    assert all(np.isfinite(m.evidence).all() and np.isfinite(m.heat).all() for m in maps)
    assert any(m.empty for m in maps) and not all(m.empty for m in maps)
    assert all(m.empty == (not m.heat.any()) for m in maps)


def test_no_nan_where_maps_can_be_negative():
    model = chain((12, 13, 1), layers.Conv2D(3, 3, name="one"), layers.Flatten(), layers.Dense(2))
    net = network(randomise(model, 3), [spec((12, 13, 1))])
    methods = ["gradcam", "hirescam", "layercam", "xgradcam"]
    done = explain_batch(net, [odd_inputs(200, (12, 13, 1))], methods, "all")
    assert all(np.isfinite(m.evidence).all() for item in done.explanations for m in item)


def test_no_nan_in_the_studys_network():
    shape = (205, 300, 1)
    net = network(kuhn([spec(shape)]), [spec(shape)])
    done = explain_batch(net, [odd_inputs(16, shape)], GRADIENT_METHODS, "top")
    assert all(np.isfinite(m.evidence).all() for item in done.explanations for m in item)


def test_an_empty_spectrum_without_biases_gives_empty_maps():
    model = kuhn([spec(SMALL)])
    for name in ("conv1", "conv2", "conv3", "conv4"):
        layer = model.get_layer(name)
        layer.bias.assign(np.zeros(layer.bias.shape))
    net = network(model, [spec(SMALL)])
    maps, unavailable = explain(net, [np.zeros(SMALL, np.float32)], GRADIENT_METHODS, "all")
    assert len(maps) == 15 and not unavailable
    assert all(m.empty and not m.evidence.any() for m in maps)


def test_a_saturated_score_has_a_map():
    model = kuhn([spec(SMALL)], seed=1)
    last = model.get_layer("logits")
    last.set_weights([w * 1e4 for w in last.get_weights()])
    net = network(model, [spec(SMALL)])
    x = sparse(SMALL, share=0.3)
    maps, _ = explain(net, [x], GRADIENT_METHODS, "top")
    logits = explain_batch(net, [x[None]], [], "top").logits
    assert net.scores(logits).max() == 1.0
    assert maps and not any(m.empty for m in maps if m.method in ("hirescam", "layercam"))


# ---- batches and arguments


def test_a_batch_equals_single_examples_each_with_its_own_classes(monkeypatch):
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    fed = sparse((5, *SMALL), share=0.3)
    classes = [["a"], [], ["c", "b"], ["a", "b", "c"], ["b"]]
    monkeypatch.setattr(memory, "EXAMPLES_PER_PASS", 4)
    done = explain_batch(net, [fed], GRADIENT_METHODS, classes)
    for x, own, made in zip(fed, classes, done.explanations, strict=True):
        if not own:
            assert made == ()
            continue
        alone, _ = explain(net, [x], GRADIENT_METHODS, own)
        assert [(m.class_id, m.method) for m in made] == [
            (c, m) for c in own for m in GRADIENT_METHODS
        ]
        for a, b in zip(alone, made, strict=True):
            np.testing.assert_allclose(a.evidence, b.evidence, atol=1e-5 * np.abs(a.evidence).max())
    np.testing.assert_allclose(done.logits, engine(net).logits([fed]), atol=1e-5)


def test_a_pass_is_compiled_once(monkeypatch):
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    explain_batch(net, [sparse((2, *SMALL))], ["gradcam"], "all")
    monkeypatch.setattr(tf, "function", None)
    explain_batch(net, [sparse((5, *SMALL))], GRADIENT_METHODS, "all")
    explain(net, [sparse(SMALL)], GRADIENT_METHODS, ["a", "b", "c"])


def test_an_engine_goes_with_its_network():
    net = network(one_dense(), [spec((12, 14, 1))])
    explain(net, [sparse((12, 14, 1))], ["gradcam"], "all")
    gone = weakref.ref(net)
    del net
    gc.collect()
    assert gone() is None


def test_an_empty_batch_and_no_methods():
    net = network(one_dense(), [spec((12, 14, 1))])
    none = explain_batch(net, [np.zeros((0, 12, 14, 1), np.float32)], ["gradcam"], "all")
    assert none.logits.shape == (0, 3) and none.explanations == ()
    scores = explain_batch(net, [sparse((2, 12, 14, 1))], [], "all")
    assert scores.logits.shape == (2, 3) and scores.explanations == ((), ())
    nothing = explain_batch(net, [sparse((2, 12, 14, 1))], ["gradcam"], [[], []])
    assert nothing.logits.shape == (2, 3) and nothing.explanations == ((), ())


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((["gradcam"], "all", "nowhere"), NetworkError, "no layer 'nowhere'; expected one of one"),
        ((["smooth"], "all", None), MethodError, "no method 'smooth'"),
        ((["gradcam"], [["z"]], None), CardError, "no class 'z'"),
        ((["gradcam"], "every", None), NetworkError, "expected all, top, or one list"),
        ((["gradcam"], [["a"], ["a"]], None), NetworkError, "expected all, top, or one list"),
    ],
)
def test_what_there_is_not_is_named(arguments, error, said):
    net = network(one_dense(), [spec((12, 14, 1))])
    with pytest.raises(error, match=said):
        explain_batch(net, [sparse((1, 12, 14, 1))], *arguments)


@pytest.mark.parametrize(
    ("fed", "said"),
    [
        ([np.zeros((1, 14, 12, 1), np.float32)], r"input hsqc has shape \(1, 14, 12, 1\)"),
        ([np.zeros((1, 12, 14, 1), np.float32)] * 2, "2 inputs given; expected 1"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(fed, said):
    net = network(one_dense(), [spec((12, 14, 1))])
    with pytest.raises(NetworkError, match=said):
        explain_batch(net, fed, ["gradcam"], "all")


def test_a_network_without_positions_gives_scores_and_reasons():
    model = chain((12, 14, 1), layers.Conv2DTranspose(2, 3, name="up"), conv(2, "after"),
                  layers.Flatten(), layers.Dense(2))  # fmt: skip
    net = network(model, [spec((12, 14, 1))])
    done = explain_batch(net, [sparse((1, 12, 14, 1))], ["gradcam", "hirescam"], "all")
    assert done.logits.shape == (1, 2) and done.explanations == ((),)
    assert [m for m, _ in done.unavailable] == ["gradcam", "hirescam"]
    assert all("cannot be followed through 'up'" in reason for _, reason in done.unavailable)


@pytest.mark.parametrize("layer", [None, "twice"])
def test_a_network_that_uses_a_layer_twice_gives_scores_and_reasons(layer):
    shared = conv(1, "twice", padding="same")
    model = chain((12, 14, 1), shared, shared, layers.Flatten(), layers.Dense(2))
    net = network(model, [spec((12, 14, 1))])
    done = explain_batch(net, [sparse((1, 12, 14, 1))], ["gradcam"], "all", layer)
    assert done.logits.shape == (1, 2)
    assert done.unavailable == (("gradcam", "the layer 'twice' is used twice; expected once"),)


# ---- an independent implementation


@pytest.mark.parametrize("layer", ["conv2", "conv4"])
def test_parity_with_tf_keras_vis(layer):
    gradcam = pytest.importorskip("tf_keras_vis.gradcam")
    layercam = pytest.importorskip("tf_keras_vis.layercam")
    net = network(kuhn([spec(SMALL)], seed=7), [spec(SMALL)])
    fed = sparse((4, *SMALL), share=0.3)
    compared = 0
    for number, class_id in enumerate("abc"):
        done = explain_batch(net, [fed], ["gradcam", "layercam"], [[class_id]] * 4, layer)
        for k, oracle in enumerate((gradcam.Gradcam, layercam.Layercam)):
            theirs = oracle(net.model, clone=False)(
                lambda y, number=number: tuple(row[number] for row in y),
                fed,
                penultimate_layer=layer,
                expand_cam=False,
                normalize_cam=False,
            )
            ours = np.stack([item[k].heat for item in done.explanations])
            np.testing.assert_allclose(ours, theirs, atol=1e-5 * max(1, np.abs(theirs).max()))
            compared += int((ours > 0).any())
    assert compared >= 4
