"""Batches are cut so that memory stays bounded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from token_builders import SETTINGS, TINY, inked, token_net

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.explain import memory
from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.explain.memory import largest_array, most_examples, parts
from nmrcam_qt.ml.mixnet_shipping import ship_mixnet
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_net import TokenSettings, build_token_net, token_input


def test_attention_counts():
    tiny = token_net()
    assert largest_array(tiny) == 28 * 32 * 12
    many = replace(SETTINGS, count=200, heads=4)
    assert largest_array(token_net(settings=many)) == 4 * 200**2


@pytest.mark.parametrize(("experiment", "count"), [("hsqc", 512), ("hmbc", 768)])
def test_default_networks_go_in_whole_batches(experiment, count):
    spec = token_input(Experiment(experiment))
    settings = TokenSettings(width=16, blocks=1, heads=4, head=8, count=count)
    assert most_examples(largest_array(build_token_net(spec, settings))) >= 28


@pytest.mark.parametrize(
    ("numbers", "most"), [(0, 32), (2**21, 32), (2**22, 16), (2**24, 4), (2**25, 1), (2**28, 1)]
)
def test_most(numbers, most):
    assert most_examples(numbers) == most


@pytest.mark.parametrize(
    ("n", "most", "sizes"),
    [(0, 4, []), (1, 4, [1]), (4, 4, [4]), (5, 4, [2, 3]), (33, 32, [16, 17]), (3, 1, [1, 1, 1])],
)
def test_parts_are_equal_and_nobody_is_alone(n, most, sizes):
    cut = parts(n, most)
    assert [s.stop - s.start for s in cut] == sizes
    assert [i for s in cut for i in range(n)[s]] == list(range(n))


def test_a_cut_batch_gives_the_same_maps(tmp_path, monkeypatch):
    ship_mixnet(token_net(), TINY, tmp_path, [0.5] * 12, {}, {})
    network = Network.load(tmp_path)
    examples = [np.stack([inked(seed, 20) for seed in range(6)])]
    whole = explain_batch(network, examples, ["cam"], "all")
    sizes = []
    run = engine(network)._passes[("evidence",)]
    monkeypatch.setitem(
        engine(network)._passes,
        ("evidence",),
        lambda fed, chosen: (sizes.append(len(chosen)), run(fed, chosen))[1],
    )
    monkeypatch.setattr(memory, "NUMBERS_PER_PASS", 4 * 28 * 32 * 12 * 13)
    cut = explain_batch(network, examples, ["cam"], "all")
    assert sizes == [3, 3]
    np.testing.assert_allclose(cut.logits, whole.logits, atol=1e-5)
    for one, other in zip(cut.explanations, whole.explanations, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a.evidence, b.evidence, atol=1e-5)
