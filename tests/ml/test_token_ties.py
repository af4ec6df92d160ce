"""Attention that knows which signals share a shift: places, bias, networks with it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from token_builders import SETTINGS, TIED, TINY, inked, ship_tiny, token_net

from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.ml.explain.memory import largest_array
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_layers import AROUND, InkBasins, InkTokens
from nmrcam_qt.ml.token_net import build_token_net
from nmrcam_qt.ml.token_ties import CENTRED, TiedAttention, token_places

GRID = (28, 32)
CYCLES = (0.5, 2.0)
WAVES = position_waves(*GRID, CYCLES)


def token_at(row, column, around=None):
    """A token as `InkTokens` makes it, float32 ``(F,)``."""
    ink = np.zeros((7, 7), np.float32) if around is None else around
    ink[3, 3] = max(ink[3, 3], 1)
    return np.concatenate([[1, 1, 0.1], ink.reshape(-1), WAVES[row, column]]).astype(np.float32)


def twin(inputs, places, widths, heads=2):
    """The layer in numpy, one example, token by token."""
    query, key, value, weights, tokens = inputs
    count, width = query.shape
    each = width // heads
    seen = np.zeros_like(value)
    weights = weights.reshape(count, heads, 2, len(widths))
    for h in range(heads):
        part = slice(h * each, (h + 1) * each)
        for i in range(count):
            logits = np.full(count, -np.inf)
            for j in np.flatnonzero(tokens[:, 0]):
                logits[j] = query[i, part] @ key[j, part] / np.sqrt(each)
                for axis in range(2):
                    apart = places[i, axis] - places[j, axis]
                    ties = np.exp(-(apart**2) / (2 * np.array(widths) ** 2))
                    logits[j] += weights[i, h, axis] @ ties
            share = np.exp(logits - logits.max())
            seen[i, part] = share / share.sum() @ value[:, part]
    return seen


def random_parts(rng, count, width=6, heads=2, widths=(0.4, 2.0)):
    parts = [rng.normal(0, 1, (count, width)).astype(np.float32) for _ in range(3)]
    weights = rng.normal(0, 2, (count, 2 * heads * len(widths))).astype(np.float32)
    rows, columns = rng.integers(0, 28, count), rng.integers(0, 32, count)
    columns[1], rows[2] = columns[0], rows[0]  # shared shifts
    tokens = np.stack([token_at(*at) for at in zip(rows, columns, strict=True)])
    return [*parts, weights, tokens], np.stack([rows, columns], axis=1)


def called(layer, inputs):
    return np.asarray(layer([x[np.newaxis] for x in inputs]))[0]


# ---- places


def test_every_sample_has_its_own_place():
    at = [(r, c) for r in range(28) for c in range(32)]
    tokens = np.stack([token_at(r, c) for r, c in at])
    places = np.asarray(token_places(tokens[np.newaxis], GRID))[0]
    np.testing.assert_allclose(places, at, atol=1e-4)


def test_a_place_is_refined_by_the_ink_around_the_maximum():
    """Three samples of ink 1 and 1/2 beside it, and ink too far away, which does not count."""
    around = np.zeros((7, 7), np.float32)
    around[3, 3], around[3, 4], around[1, 3] = 1, 0.5, 0.5
    around[0, 0] = around[6, 6] = around[3, 6] = 1
    assert CENTRED == 2
    (place,) = np.asarray(token_places(token_at(10, 20, around)[np.newaxis, np.newaxis], GRID))[0]
    np.testing.assert_allclose(place, [10 - 2 * 0.5 / 2, 20 + 0.5 / 2], atol=1e-4)


@pytest.mark.parametrize("off", [0.0, 0.2, 0.45])
def test_places_of_drawn_spots(off):
    rows, columns = np.mgrid[:28, :32]
    ink = np.exp(-(((rows - 9 - off) / 1.2) ** 2) - ((columns - 15 + off) / 1.2) ** 2)
    ink = (ink * (ink > 0.05)).astype(np.float32)[np.newaxis, ..., np.newaxis]
    tokens = InkTokens(4, CYCLES)([ink, InkBasins(4)(ink)])
    places = np.asarray(token_places(tokens, GRID))[0, 0]
    np.testing.assert_allclose(places, [9 + off, 15 - off], atol=0.1)


# ---- the attention


def test_bias_by_hand():
    """Same column, two rows apart, width 1: ties exp(-2) and 1."""
    tokens = np.stack([token_at(10, 5), token_at(12, 5), token_at(10, 25)])
    nothing = np.zeros((3, 1), np.float32)
    value = np.array([[1.0], [10.0], [100.0]], np.float32)
    weights = np.array([[3, 2], [0, 0], [0, -1]], np.float32)  # rows, columns
    seen = called(TiedAttention(1, (1.0,), GRID), [nothing, nothing, value, weights, tokens])
    logits = np.array([[5, 3 * np.exp(-2) + 2, 3], [0, 0, 0], [0, 0, -1]])
    shares = np.exp(logits)
    np.testing.assert_allclose(seen, shares @ value / shares.sum(1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_as_in_numpy(seed):
    inputs, places = random_parts(np.random.default_rng(seed), 9)
    inputs[4][-2:] = 0  # blank
    seen = called(TiedAttention(2, (0.4, 2.0), GRID), inputs)
    wanted = twin(inputs, places, (0.4, 2.0))
    np.testing.assert_allclose(seen[:-2], wanted[:-2], atol=1e-5)


def test_blank_tokens_change_nothing():
    """Not even where they lie upon others and their weights and values are large."""
    rng = np.random.default_rng(4)
    layer = TiedAttention(2, (0.4, 2.0), GRID)
    inputs, _ = random_parts(rng, 8)
    more = [np.concatenate([x, 30 * rng.normal(0, 1, x[:3].shape).astype("f4")]) for x in inputs]
    more[4][8:] = 0
    np.testing.assert_allclose(called(layer, more)[:8], called(layer, inputs), atol=1e-6)
    assert np.isfinite(called(layer, more)).all()


def test_the_order_of_the_tokens_does_not_matter():
    inputs, _ = random_parts(np.random.default_rng(5), 10)
    layer, order = TiedAttention(2, (0.4, 2.0), GRID), np.random.default_rng(6).permutation(10)
    turned = called(layer, [x[order] for x in inputs])
    np.testing.assert_allclose(turned, called(layer, inputs)[order], atol=1e-6)


def test_a_configuration_makes_the_layer_again():
    layer = TiedAttention(2, [0.4, 2], [28, 32], name="tied")
    again = TiedAttention.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert (again.heads, again.widths, again.grid) == (2, (0.4, 2.0), (28, 32))
    assert not again.weights


@pytest.mark.parametrize(
    ("heads", "widths", "grid", "message"),
    [
        (0, (1.0,), GRID, "heads expected"),
        (2, (), GRID, "1 to 8 widths"),
        (2, (1.0,) * 9, GRID, "1 to 8 widths"),
        (2, (0.0,), GRID, "widths above 0"),
        (2, (float("nan"),), GRID, "widths above 0"),
        (2, (65.0,), GRID, "widths above 0"),
        (2, (1.0,), (28,), "rows and columns"),
        (2, (1.0,), (0, 32), "rows and columns"),
    ],
)
def test_bad_numbers(heads, widths, grid, message):
    with pytest.raises(ValueError, match=message):
        TiedAttention(heads, widths, grid)


@pytest.mark.parametrize(
    ("place", "shape", "message"),
    [(3, (8, 7), "a weight of every head"), (4, (8, 50), "waves of their place")],
)
def test_bad_shapes(place, shape, message):
    shapes = [(8, 6), (8, 6), (8, 6), (8, 8), (8, 3 + AROUND + 8)]
    shapes[place] = shape
    fed = [keras.Input(s) for s in shapes]
    with pytest.raises(ValueError, match=message):
        TiedAttention(2, (0.4, 2.0), GRID)(fed)


# ---- networks with ties


def test_networks_without_ties_are_as_they_were():
    plain = token_net()
    kinds = {type(layer).__name__ for layer in plain.layers}
    assert "TokenAttention" in kinds and "TiedAttention" not in kinds
    tied = token_net(settings=TIED)
    names = {layer.name for layer in tied.layers} - {layer.name for layer in plain.layers}
    assert names == {"block-1-ties"}
    assert isinstance(tied.get_layer("block-1-attention"), TiedAttention)


@pytest.mark.parametrize("wrong", [{"grid": (32, 28)}, {"cycles": (1.0, 2.0)}])
def test_ties_need_the_size_of_the_ink_and_its_first_wave(wrong):
    with pytest.raises(ValueError, match="ties for"):
        build_token_net(TINY, replace(TIED, **wrong))


def test_shared_shifts_change_the_answer():
    model = token_net(settings=TIED)
    apart, tied = np.zeros((2, 1, *TINY.shape), np.float32)
    for ink, column in ((apart, 18), (tied, 8)):
        ink[0, [5, 15], [8, column]] = 1
    change = np.abs(np.asarray(model(apart)) - np.asarray(model(tied))).max()
    untied = token_net(settings=replace(SETTINGS, cycles=(0.5, 2.0)))
    assert change > 1e-3 and len(untied.layers) == len(model.layers) - 1


def test_gradients_reach_the_ink_and_are_numbers():
    """A blank token has no angle."""
    model = token_net(settings=TIED)
    ink = tf.Variable(inked(3)[np.newaxis])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(ink))
    slope = np.asarray(tape.gradient(total, ink))
    assert np.isfinite(slope).all() and slope.any()


def test_shipped_it_gives_the_same_logits_and_maps_that_sum_to_them(tmp_path):
    model = ship_tiny(tmp_path, settings=TIED)
    ink = np.stack([inked(seed, 20) for seed in range(3)])
    network = Network.load(tmp_path)
    np.testing.assert_allclose(network.logits([ink]), np.asarray(model(ink)), atol=0.02)
    (done,) = analyse_prepared(network, [Prepared((ink[0],), ())], ("cam", "gradcam"), "all")
    bias = np.asarray(network.model.get_layer("logits").bias)
    maps = [e for e in done.explanations if e.method == "cam"]
    for found, logit, b in zip(maps, done.prediction.logits, bias, strict=True):
        assert found.evidence.sum(dtype=np.float64) + b == pytest.approx(logit, abs=1e-3)


def test_memory_counts_what_is_held_for_every_pair():
    widths = (0.2, 0.5, 1.0, 2.0)
    model = build_token_net(TINY, replace(TIED, ties=widths, count=200))
    assert model.get_layer("block-1-attention").per_pair == 2 * len(widths) > TIED.heads
    assert largest_array(model) == 200**2 * 2 * len(widths)
