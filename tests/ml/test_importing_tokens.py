"""Hostile files of token networks: refused before anything of their size is made."""

from __future__ import annotations

import copy
import tracemalloc

import pytest
from token_builders import TIED, config_of, layer_of, token_net

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml import token_layers, token_ties
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
    assert tokens.AROUND == token_layers.AROUND
    assert tokens.TIE_CYCLE == token_ties.TIE_CYCLE
    ties = token_ties.MAX_TIES, token_ties.MAX_TIE_WIDTH, token_ties.MAX_SIDE
    assert ties == (limits.MAX_TIES, limits.MAX_TIE_WIDTH, limits.MAX_SIDE)
    for name, made in OWN_LAYERS.items():
        assert made.__name__ == name


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
        ("basins", "count", 10**12, "InkBasins, count"),
        ("mask", "count", 40, "the argument 'count' is not allowed"),
        ("grid", "count", "40", "TokensToGrid, count"),
        ("tokens", "cycles", [1.0] * 17, "InkTokens, cycles"),
        ("tokens", "cycles", [float("nan")], "InkTokens, cycles"),
        ("tokens", "cycles", [], "InkTokens, cycles"),
        ("tokens", "ppm", 1, "the argument 'ppm' is not allowed"),
        ("block-1-attention", "heads", 17, "TokenAttention, heads: found 17; expected 1 to 16"),
        ("block-1-attention", "heads", -1, "TokenAttention, heads"),
        ("block-1-attention", "heads", 3, "3 heads, which do not divide 16"),
        ("tokens", "count", 41, "tokens .InkTokens. counts 41 tokens, its basins 40"),
        ("grid", "count", 39, "grid .TokensToGrid. counts 39 tokens, its basins 40"),
    ],
)
def test_bad_numbers(config, layer, key, value, message):
    layer_of(config, layer)["config"][key] = value
    with pytest.raises(NetworkError, match=message):
        plan(config)


@pytest.mark.parametrize("layer", ["basins", "tokens", "grid", "block-1-attention"])
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
        ("grid", ("scores", "basins", "hsqc"), "fed with 3 tensors; expected 2"),
        ("block-1-attention", ("block-1-query", "block-1-key"), "2 tensors; expected 4"),
        ("pooling", ("grid", "mask", "mask"), "3 tensors; expected 2"),
        ("tokens", ("hsqc",), "1 tensors; expected 2"),
        ("basins", ("hsqc", "hsqc"), "2 tensors; expected 1"),
        ("basins", ("mask",), "depends on itself"),
        ("grid", ("hsqc", "basins"), "grid is fed with the shape .28, 32, 1.; expected 40 tokens"),
        ("grid", ("scores", "hsqc"), "grid .TokensToGrid. is not fed with basins of ink"),
        ("grid", ("scores", "scores"), "is not fed with basins"),
        ("tokens", ("hsqc", "hsqc"), "tokens .InkTokens. is not fed with basins"),
        ("tokens", ("basins", "basins"), "tokens .InkTokens. is fed with basins of other ink"),
        ("mask", ("hsqc",), "mask .InkedCells. is not fed with basins"),
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
        ("pooling", ("scores", "mask"), "pooling"),
    ],
)
def test_bad_links(config, layer, names, message):
    refeed(config, layer, *names)
    with pytest.raises(NetworkError, match=message):
        plan(config)


def test_ink_that_is_no_ink(config):
    layer_of(config, "hsqc")["config"]["batch_shape"] = [None, 28, 32, 3]
    with pytest.raises(NetworkError, match="expected 1 channel"):
        plan(config)


def insert_paler(config):
    """A layer between the ink and what reads it."""
    entry = copy.deepcopy(layer_of(config, "embed-1"))
    entry["class_name"], entry["name"] = "Rescaling", "paler"
    entry["config"] = {"name": "paler", "scale": -3.0, "offset": 0.0}
    config["layers"].insert(1, entry)
    refeed(config, "paler", "hsqc")


def test_only_ink_itself_is_parted(config):
    """Slopes of anything else could lead off the grid."""
    insert_paler(config)
    refeed(config, "basins", "paler")
    with pytest.raises(NetworkError, match=r"basins .InkBasins. is not fed with an input"):
        plan(config)


def test_basins_of_other_ink(config):
    insert_paler(config)
    refeed(config, "tokens", "paler", "basins")
    with pytest.raises(NetworkError, match="basins of other ink"):
        plan(config)


def test_basins_that_were_changed_are_no_basins(config):
    insert_paler(config)
    refeed(config, "paler", "basins")
    refeed(config, "grid", "scores", "paler")
    with pytest.raises(NetworkError, match="is not fed with basins of ink"):
        plan(config)


def size_up(config, side, count=2048, heads=2, cycles=(1.0,)):
    layer_of(config, "hsqc")["config"]["batch_shape"] = [None, side, side, 1]
    for name in ("basins", "tokens", "grid"):
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


@pytest.mark.parametrize(("side", "layer"), [(4000, "basins .InkBasins"), (600, "tokens .InkT")])
def test_huge_spectra_are_bounded(config, side, layer):
    tracemalloc.start()
    with pytest.raises(NetworkError, match=f"{layer}.* needs"):
        plan(size_up(config, side, 40, 2, (1.0,) * 16))
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


def test_maps_only_where_tokens_stay_in_their_place(config):
    """Forty tokens turned round would go back to other signals' ink."""
    for name, dims in (("turned", [2, 1]), ("back", [2, 1])):
        entry = copy.deepcopy(layer_of(config, "scores"))
        entry["class_name"], entry["name"] = "Permute", name
        entry["config"] = {"name": name, "dims": dims}
        config["layers"].insert(config["layers"].index(layer_of(config, "grid")), entry)
    refeed(config, "turned", "scores")
    refeed(config, "back", "turned")
    refeed(config, "grid", "back", "basins")
    assert plan(config).map_layers == ()


def test_code_is_refused_whatever_it_is_called(config):
    entry = layer_of(config, "tokens")
    entry["module"] = "nmrcam_qt.ml.token_layers"
    with pytest.raises(NetworkError, match="is not allowed"):
        plan(config)
    entry["module"], entry["registered_name"] = None, "nmrcam>InkTokens"
    with pytest.raises(NetworkError, match="registered object"):
        plan(config)


# ---- ties


@pytest.fixture(scope="module")
def written_tied():
    return config_of(token_net(settings=TIED))


@pytest.fixture
def tied(written_tied):
    return copy.deepcopy(written_tied)


def test_ties_pass(tied):
    checked = plan(tied)
    assert checked.map_layers == ("evidence",)
    assert build(checked).count_params() == checked.parameters


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("widths", [], "TiedAttention, widths"),
        ("widths", [1.0] * 9, "TiedAttention, widths: found 9 numbers; expected 1 to 8"),
        ("widths", [0.0], "TiedAttention, widths"),
        ("widths", [1e300, 1.0], "TiedAttention, widths"),
        ("widths", [float("nan"), 1.0], "TiedAttention, widths"),
        ("widths", [1.0], r"weights of the shape .40, 8.; expected .40, 4."),
        ("widths", None, "TiedAttention, widths"),
        ("grid", [28], "TiedAttention, grid"),
        ("grid", [32, 28], r"is for ink of .32, 28. samples, its tokens are of .28, 32."),
        ("grid", [28, 10**9], "TiedAttention, grid"),
        ("heads", 16, r"weights of the shape .40, 8.; expected .40, 64."),
        ("heads", 3, "3 heads, which do not divide 16"),
        ("gain", 2, "the argument 'gain' is not allowed"),
    ],
)
def test_bad_ties(tied, key, value, message):
    layer_of(tied, "block-1-attention")["config"][key] = value
    with pytest.raises(NetworkError, match=message):
        plan(tied)


@pytest.mark.parametrize("key", ["heads", "widths", "grid"])
def test_missing_ties(tied, key):
    del layer_of(tied, "block-1-attention")["config"][key]
    with pytest.raises(NetworkError, match=f"TiedAttention: the argument {key} is missing"):
        plan(tied)


PARTS = ("block-1-query", "block-1-key", "block-1-value")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((*PARTS, "tokens"), "4 tensors; expected 5"),
        ((*PARTS, "block-1-ties", "embed-1"), "not fed with tokens of ink"),
        ((*PARTS, "block-1-ties", "hsqc"), "queries, keys and values of one shape"),
        ((*PARTS, "hsqc", "tokens"), "fed with weights of the shape .28, 32, 1."),
        ((*PARTS, "tokens", "tokens"), "fed with weights of the shape"),
        ((*PARTS[:2], "block-1-ties", "block-1-ties", "tokens"), "values of one shape"),
    ],
)
def test_bad_links_of_ties(tied, names, message):
    refeed(tied, "block-1-attention", *names)
    with pytest.raises(NetworkError, match=message):
        plan(tied)


def test_ties_need_the_wave_that_tells_every_place(tied):
    layer_of(tied, "tokens")["config"]["cycles"] = [2.0, 0.5]
    with pytest.raises(NetworkError, match=r"first wave has 2 cycles; expected 0\.5"):
        plan(tied)


def test_ties_are_bounded_before_they_are_made(tied):
    """2,048 tokens, 8 widths: 2 * 16 numbers and more for each of 4 million pairs."""
    size_up(tied, 200, 2048, 2, (0.5,))
    layer_of(tied, "block-1-attention")["config"]["grid"] = [200, 200]
    with pytest.raises(NetworkError, match=r"block-1-attention .TiedAttention. needs"):
        plan(tied)
