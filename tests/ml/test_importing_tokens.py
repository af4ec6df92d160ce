"""Hostile files of token networks: refused before anything of their size is made."""

from __future__ import annotations

import copy
import tracemalloc

import pytest
from token_builders import N_CELLS, config_of, layer_of

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml import token_layers
from nmrcam_qt.ml.importing import limits, tokens
from nmrcam_qt.ml.importing.builder import build, plan
from nmrcam_qt.ml.importing.layers import ALLOWED, FED
from nmrcam_qt.ml.own_layers import OWN_LAYERS


@pytest.fixture(scope="module")
def written():
    return config_of()


@pytest.fixture
def config(written):
    return copy.deepcopy(written)


def test_one_table_of_our_layers():
    assert set(OWN_LAYERS) <= set(ALLOWED) and set(FED) <= set(OWN_LAYERS)
    assert (limits.MAX_TOKENS, limits.MAX_HEADS) == (token_layers.MAX_TOKENS, 16)
    assert limits.MAX_HEADS == token_layers.MAX_HEADS
    assert (tokens.FINER, tokens.AROUND) == (token_layers.FINER, token_layers.AROUND)
    for name, made in OWN_LAYERS.items():
        assert made.__name__ == name and set(ALLOWED[name])


def test_what_we_ship_passes(config):
    checked = plan(config)
    assert checked.map_layers == ("evidence",) and checked.n_outputs == 12
    assert {w.layer for w in checked.weights} >= {"embed-1", "block-1-norm-1", "scores", "logits"}
    assert build(checked).count_params() == checked.parameters


@pytest.mark.parametrize(
    ("layer", "key", "value", "message"),
    [
        ("tokens", "count", 0, "InkTokens, count: found 0; expected 1 to 2048"),
        ("tokens", "count", 2049, "expected 1 to 2048"),
        ("tokens", "count", 40.0, "whole number"),
        ("tokens", "count", True, "whole number"),
        ("tokens", "count", None, "InkTokens, count"),
        ("mask", "count", 10**12, "InkedCells, count"),
        ("grid", "count", "40", "TokensToGrid, count"),
        ("tokens", "cycles", [1.0] * 17, "InkTokens, cycles"),
        ("tokens", "cycles", [float("nan")], "InkTokens, cycles"),
        ("tokens", "cycles", [], "InkTokens, cycles"),
        ("tokens", "ppm", 1, "the argument 'ppm' is not allowed"),
        ("block-1-attention", "heads", 17, "TokenAttention, heads: found 17; expected 1 to 16"),
        ("block-1-attention", "heads", -1, "TokenAttention, heads"),
        ("block-1-attention", "heads", 3, "3 heads, which do not divide 16"),
        ("tokens", "count", N_CELLS + 1, f"chooses {N_CELLS + 1} of {N_CELLS} cells"),
        ("mask", "count", N_CELLS + 1, f"mask .InkedCells. chooses {N_CELLS + 1} of"),
        ("grid", "count", 41, "expected 41 tokens and their values"),
    ],
)
def test_bad_numbers(config, layer, key, value, message):
    layer_of(config, layer)["config"][key] = value
    with pytest.raises(NetworkError, match=message):
        plan(config)


@pytest.mark.parametrize("layer", ["tokens", "mask", "grid", "block-1-attention"])
def test_missing_numbers(config, layer):
    entry = layer_of(config, layer)
    del entry["config"]["heads" if "attention" in layer else "count"]
    with pytest.raises(NetworkError, match="is missing"):
        plan(config)


def refeed(config, layer, *names):
    """Feed a layer with other layers."""
    links = {
        name: {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]},
        }
        for name in names
    }
    fed = [links[name] for name in names]
    args = [fed] if len(fed) > 1 else fed
    layer_of(config, layer)["inbound_nodes"] = [{"args": args, "kwargs": {}}]


@pytest.mark.parametrize(
    ("layer", "names", "message"),
    [
        ("grid", ("scores",), "'grid' .TokensToGrid. is fed with 1 tensors; expected 2"),
        ("grid", ("scores", "hsqc", "hsqc"), "fed with 3 tensors; expected 2"),
        ("block-1-attention", ("block-1-query", "block-1-key"), "2 tensors; expected 4"),
        ("pooling", ("grid", "mask", "mask"), "3 tensors; expected 2"),
        ("tokens", ("hsqc", "hsqc"), "2 tensors; expected 1"),
        ("grid", ("hsqc", "hsqc"), "grid is fed with the shape .28, 32, 1."),
        ("grid", ("scores", "scores"), "grid .TokensToGrid. is fed with the shape .40, 12."),
        (
            "block-1-attention",
            ("block-1-query", "block-1-key", "hsqc", "tokens"),
            "queries, keys and values of one shape",
        ),
        (
            "block-1-attention",
            ("block-1-query", "block-1-key", "block-1-value", "hsqc"),
            "queries, keys and values of one shape, and their tokens",
        ),
        ("mask", ("tokens",), "mask .InkedCells. is fed with the shape .40, 46."),
        ("pooling", ("scores", "mask"), "pooling"),
    ],
)
def test_bad_links(config, layer, names, message):
    refeed(config, layer, *names)
    with pytest.raises(NetworkError, match=message):
        plan(config)


@pytest.mark.parametrize("shape", [(27, 32, 1), (28, 31, 1), (28, 32, 3)])
def test_ink_that_is_no_ink(config, shape):
    layer_of(config, "hsqc")["config"]["batch_shape"] = [None, *shape]
    with pytest.raises(NetworkError, match="divide by 2 and 1 channel"):
        plan(config)


def size_up(config, side, count=2048, heads=2, cycles=(1.0,)):
    layer_of(config, "hsqc")["config"]["batch_shape"] = [None, side, side, 1]
    for name in ("tokens", "mask", "grid"):
        layer_of(config, name)["config"]["count"] = count
    layer_of(config, "tokens")["config"]["cycles"] = list(cycles)
    layer_of(config, "block-1-attention")["config"]["heads"] = heads
    return config


def test_attention_is_bounded_before_it_is_made(config):
    """16 heads of 2,048 tokens: 134 million numbers for each spectrum."""
    assert plan(size_up(copy.deepcopy(config), 200, 2048, 1)).map_layers == ("evidence",)
    tracemalloc.start()
    with pytest.raises(NetworkError, match=r"block-1-attention .TokenAttention. needs 134,217,728"):
        plan(size_up(config, 200, 2048, 16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_waves_of_a_huge_spectrum_are_bounded(config):
    tracemalloc.start()
    with pytest.raises(NetworkError, match=r"tokens .InkTokens. needs"):
        plan(size_up(config, 4000, 40, 2, (1.0,) * 16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_many_attentions_are_bounded_together(config):
    """Each within its limit, 64 of them side by side not."""
    size_up(config, 200, 2048, 2)
    attention, seen = layer_of(config, "block-1-attention"), layer_of(config, "block-1-seen")
    names = []
    for number in range(64):
        twin = copy.deepcopy(attention)
        twin["name"] = twin["config"]["name"] = f"twin-{number}"
        names.append(twin["name"])
        config["layers"].insert(config["layers"].index(seen), twin)
    total = {
        "class_name": "Add",
        "config": {"name": "total"},
        "name": "total",
        "inbound_nodes": [],
    }
    config["layers"].insert(config["layers"].index(seen), total)
    refeed(config, "total", *names)
    refeed(config, "block-1-seen", "total")
    with pytest.raises(NetworkError, match=r"twin-\d+ is too large"):
        plan(config)


def test_maps_only_where_tokens_go_back_to_their_own_ink(config):
    other = copy.deepcopy(layer_of(config, "tokens"))
    other["class_name"] = "Rescaling"
    other["config"] = {"name": "paler", "scale": 0.5, "offset": 0.0}
    other["name"] = "paler"
    config["layers"].insert(1, other)
    refeed(config, "grid", "scores", "paler")
    assert plan(config).map_layers == ()
    for name in ("mask", "tokens"):
        refeed(config, name, "paler")
    assert plan(config).map_layers == ("evidence",)


def test_code_is_refused_whatever_it_is_called(config):
    entry = layer_of(config, "tokens")
    entry["module"] = "nmrcam_qt.ml.token_layers"
    with pytest.raises(NetworkError, match="is not allowed"):
        plan(config)
    entry["module"], entry["registered_name"] = None, "nmrcam>InkTokens"
    with pytest.raises(NetworkError, match="registered object"):
        plan(config)
