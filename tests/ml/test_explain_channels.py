"""Score-CAM, Ablation-CAM and Eigen-CAM against loops and libraries written apart from them."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from explain_toys import chain, kuhn, network, randomise, sparse, spec
from scipy.interpolate import RegularGridInterpolator
from scipy.linalg import svd

from nmrcam_qt.ml.cells import Ladder
from nmrcam_qt.ml.explain import eigencam
from nmrcam_qt.ml.explain.engine import explain
from nmrcam_qt.ml.explain.scorecam import upsampling

layers = keras.layers
SMALL = (61, 77, 1)


def toy(background=0, rows="f1"):
    shape = (20, 26, 1)
    model = chain(
        shape,
        layers.Conv2D(6, 3, activation="relu", name="one"),
        layers.MaxPooling2D(2),
        layers.Conv2D(5, 3, activation="relu", name="two"),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dense(3),
    )
    return network(randomise(model, 7), [replace(spec(shape, rows=rows), background=background)])


def maps_at(net, name, x):
    model = keras.Model(net.model.inputs, net.model.get_layer(name).output)
    return np.asarray(model([v[None] for v in x]))[0].astype(np.float64)


# ---- Eigen-CAM


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shift", [0.0, -0.5, -3.0])
def test_eigencam_is_the_first_singular_vector_of_scipy(seed, shift):
    maps = np.random.default_rng(seed).random((4, 6, 9)) + shift
    u, s, vt = svd(maps.reshape(24, 9), full_matrices=False)
    assert s[0] > 1.05 * s[1]
    wanted = (u[:, 0] * s[0]).reshape(4, 6)
    wanted *= np.sign(wanted.sum())
    found = eigencam.evidence(maps, np.zeros((3, 4, 6, 9)))
    np.testing.assert_allclose(found, np.stack([wanted] * 3), atol=1e-10)
    np.testing.assert_allclose(wanted, (maps @ vt[0]) * np.sign((maps @ vt[0]).sum()), atol=1e-10)


def test_eigencam_of_many_channels_takes_the_smaller_problem(monkeypatch):
    """10,000 channels of a foreign network took minutes and gigabytes."""
    maps = np.random.default_rng(3).random((4, 6, 500))
    sizes, eigh = [], np.linalg.eigh
    monkeypatch.setattr(np.linalg, "eigh", lambda a: sizes.append(len(a)) or eigh(a))
    found = eigencam.evidence(maps, np.zeros((1, 1, 1, 1)))
    u, s, _ = svd(maps.reshape(24, 500), full_matrices=False)
    wanted = np.abs(u[:, 0] * s[0]).reshape(1, 4, 6)
    np.testing.assert_allclose(found, wanted, atol=1e-10)
    assert sizes == [24]


def test_the_sign_of_eigencam():
    rng = np.random.default_rng(0)
    none = np.zeros((1, 4, 6, 5))
    positive = rng.random((4, 6, 5))
    assert (eigencam.evidence(positive, none) >= 0).all()
    mixed = rng.normal(0, 1, (4, 6, 5))
    found = eigencam.evidence(mixed, none)
    assert found.sum() > 0
    np.testing.assert_allclose(eigencam.evidence(-mixed, none), found, atol=1e-12)
    # Where the sum is 0 the first of the largest is positive.
    pair = np.zeros((1, 4, 1))
    pair[0, :, 0] = [-1, -2, 2, 1]
    made = eigencam.evidence(pair, np.zeros((1, 1, 4, 1)))
    np.testing.assert_allclose(made[0, 0], [1, 2, -2, -1], atol=1e-12)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_eigencam_of_nothing_and_of_odd_sizes(size):
    none = np.zeros((2, 3, 4, 5), np.float32)
    assert not eigencam.evidence(np.zeros((3, 4, 5), np.float32), none).any()
    maps = np.random.default_rng(1).random((3, 4, 5)).astype(np.float32)
    found = eigencam.evidence(maps * np.float32(size), none) / size
    np.testing.assert_allclose(found, eigencam.evidence(maps, none), rtol=1e-4)


def test_eigencam_knows_no_class():
    net, x = toy(), sparse((20, 26, 1), share=0.3)
    made, _ = explain(net, [x], ["eigencam"], "all")
    maps = maps_at(net, "two", [x])
    u, s, _ = svd(maps.reshape(-1, 5), full_matrices=False)
    for found in made:
        np.testing.assert_allclose(
            found.evidence, np.abs(u[:, 0] * s[0]).reshape(maps.shape[:2]), atol=1e-5
        )


# ---- Score-CAM


def test_cells_are_brought_to_their_place():
    """Bilinear between the centres, clamped outside: as scipy has it."""
    rows, columns = Ladder(3.5, 4.0, 8, 5), Ladder(1.0, 3.0, 3, 6)
    values = np.random.default_rng(0).random((5, 6))
    grid = RegularGridInterpolator((rows.centres, columns.centres), values)
    r = np.clip(np.arange(25), 3.5, 19.5)
    c = np.clip(np.arange(20), 1.0, 16.0)
    wanted = grid(np.stack(np.meshgrid(r, c, indexing="ij"), axis=-1))
    found = upsampling(rows, 25) @ values @ upsampling(columns, 20).T
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("background", [0, 1])
@pytest.mark.parametrize(("layer", "start", "step"), [("one", 1.0, 1.0), ("two", 3.5, 2.0)])
def test_scorecam_is_the_loop_of_the_paper(background, layer, start, step):
    net = toy(background)
    x = np.abs(background - sparse((20, 26, 1), share=0.4))
    maps = maps_at(net, layer, [x])
    scores, kept = [], []
    rows, columns = (start + step * np.arange(n) for n in maps.shape[:2])
    at = np.stack(
        np.meshgrid(
            np.clip(np.arange(20), rows[0], rows[-1]),
            np.clip(np.arange(26), columns[0], columns[-1]),
            indexing="ij",
        ),
        axis=-1,
    )
    for k in range(maps.shape[2]):
        one = maps[..., k]
        if one.max() > one.min():
            up = RegularGridInterpolator((rows, columns), one)(at)
            mask = ((up - one.min()) / (one.max() - one.min()))[..., None]
            seen = background + mask * (x - background)
            scores.append(net.logits([seen[None].astype(np.float32)])[0])
            kept.append(one)
    weights = np.exp(scores) / np.exp(scores).sum(axis=0)
    made, _ = explain(net, [x], ["scorecam"], "all", layer)
    for k, found in enumerate(made):
        wanted = sum(w * one for w, one in zip(weights[:, k], kept, strict=True))
        np.testing.assert_allclose(found.evidence, wanted, atol=1e-4 * wanted.max())
        assert (found.evidence >= 0).all() and not found.empty


def test_scorecam_without_a_live_channel_is_empty():
    net = toy()
    convolution = net.model.get_layer("two")
    convolution.set_weights([np.zeros(w.shape) for w in convolution.get_weights()])
    made, _ = explain(net, [sparse((20, 26, 1))], ["scorecam", "ablationcam"], "all")
    assert len(made) == 6 and all(m.empty and not m.evidence.any() for m in made)


# ---- Ablation-CAM


@pytest.mark.parametrize("layer", ["one", "two"])
def test_ablationcam_by_networks_that_lack_a_channel(layer):
    """Here the channel is taken out of the weights, and the whole network runs."""
    net, x = toy(), sparse((20, 26, 1), share=0.4)
    maps = maps_at(net, layer, [x])
    whole = net.logits([x[None]])[0]
    wanted = np.zeros((3, *maps.shape[:2]))
    convolution = net.model.get_layer(layer)
    kernel, bias = convolution.get_weights()
    made, _ = explain(net, [x], ["ablationcam"], "all", layer)
    for k in range(maps.shape[2]):
        less, shifted = kernel.copy(), bias.copy()
        less[..., k], shifted[k] = 0, 0
        convolution.set_weights([less, shifted])
        drop = whole - np.asarray(net.model(x[None], training=False))[0]
        wanted += drop[:, None, None] * maps[..., k]
    assert (wanted < 0).any() and (wanted > 0).any()
    for found, one in zip(made, wanted, strict=True):
        np.testing.assert_allclose(found.evidence, one, atol=1e-4 * np.abs(wanted).max())


def test_ablationcam_of_two_inputs_and_of_a_layer_that_is_gone_around():
    specs = [spec(SMALL), spec(SMALL, "hmbc")]
    net = network(kuhn(specs, seed=2), specs, default_layer="hmbc_conv4")
    fed = [sparse(SMALL, seed=k, share=0.3) for k in (1, 2)]
    made, _ = explain(net, fed, ["ablationcam", "scorecam"], ["b"])
    assert [(m.method, m.input_name) for m in made] == [
        (method, name) for method in ("ablationcam", "scorecam") for name in ("hsqc", "hmbc")
    ]
    for name in ("hsqc_conv4", "hmbc_conv4"):
        alone, _ = explain(net, fed, ["ablationcam", "scorecam"], ["b"], name)
        for found in alone:
            (same,) = [m for m in made if (m.method, m.layer) == (found.method, name)]
            np.testing.assert_allclose(
                found.evidence, same.evidence, atol=1e-5 * np.abs(same.evidence).max()
            )
    start = keras.Input((16, 18, 1), name="hsqc")
    left = layers.Conv2D(4, 3, activation="relu", name="one", padding="same")(start)
    both = layers.Concatenate()([left, start])
    around = keras.Model(start, layers.Dense(3)(layers.Flatten()(both)))
    toy_net = network(randomise(around, 3), [spec((16, 18, 1))])
    x = sparse((16, 18, 1), share=0.4)
    found, _ = explain(toy_net, [x], ["ablationcam", "hirescam"], "all", "one")
    maps = maps_at(toy_net, "one", [x])
    dense = around.layers[-1].get_weights()[0].reshape(16, 18, 5, 3)[:, :, :4]
    for k in range(3):  # linear behind the layer: the drop of a channel is its share
        drops = (maps * dense[..., k]).sum(axis=(0, 1))
        np.testing.assert_allclose(found[2 * k].evidence, maps @ drops, atol=1e-4)
