"""One compiled network for many: numbers are those of networks of their own, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from explain_toys import randomise
from test_painted_forward import chain, inked, near

from nmrcam_qt.ml import seats
from nmrcam_qt.ml.explain.engine import engine, explain
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.randomising import Shuffled, kept_shuffled
from nmrcam_qt.ml.seats import MAX_SEATS, seated


@pytest.fixture(autouse=True)
def no_seats(monkeypatch):
    monkeypatch.setattr(seats, "_seats", {})


def others(build, n):
    """Networks of one card and the same layers, each with its own weights and digest."""
    made, card = [], build().card
    for number in range(n):
        net = build()
        randomise(net.model, seed=number)
        made.append(Network(card, net.model, f"{number}" * 64))
    return made


def copied(build, net):
    """As if it were loaded again."""
    model = build().model
    model.set_weights(net.model.get_weights())
    return Network(net.card, model, net.sha256)


def everything(net):
    """Digests of maps; maps, logits alone and in a batch, and logits of painted spectra."""
    (spec,) = net.card.inputs
    base = inked(spec.shape, 3)
    some = np.stack([base, np.where(np.arange(spec.shape[1])[:, None] < 9, 0, base), 1 - base])
    maps, _ = explain(net, [base], ["hirescam"], "top")
    own = engine(net)
    logits = [own.logits([some[:1]]), own.logits([some]), near(net, [some], [base])]
    return maps[0].network_sha256, [m.evidence for m in maps] + logits


def test_numbers_are_those_of_networks_of_their_own():
    """Networks of signals, too: `test_map_check` exchanges their weights."""

    def build():
        return chain("seed")

    alone = others(build, 2)
    wanted = [everything(net) for net in alone]
    used = []
    for number in (0, 1, 0):
        here = seated("kind", copied(build, alone[number]))
        used.append(here)
        digest, arrays = everything(here)
        assert digest == wanted[number][0] == alone[number].sha256
        for one, other in zip(arrays, wanted[number][1], strict=True):
            np.testing.assert_array_equal(one, other)
    assert len({id(net) for net in used}) == 1


def test_what_is_of_another_kind_or_card_has_a_network_of_its_own():
    first, second, third = others(lambda: chain("seed"), 3)
    kept = seated("a", first)
    assert seated("b", second) is second
    assert kept.sha256 == first.sha256
    other = Network(replace(third.card, title="other"), third.model, third.sha256)
    assert seated("a", other) is other


def test_no_more_are_kept_than_said():
    for number, net in enumerate(others(lambda: chain("seed"), MAX_SEATS + 2)):
        seated(number, net)
    assert [kind for _, kind in seats._seats] == list(range(2, MAX_SEATS + 2))


def test_the_shuffled_copy_follows():
    one, other = others(lambda: chain("seed"), 2)
    kept = seated("kind", one)
    before = kept_shuffled(kept)
    before.network(1)
    seated("kind", other)
    after = kept_shuffled(kept)
    assert after is before
    made, alone = after.network(1), Shuffled(other).network(1)
    assert made.sha256 == alone.sha256 == f"randomised {other.sha256}"
    for a, b in zip(made.model.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
