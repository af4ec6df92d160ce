"""Methods that paint signals over: the maps of the short way are those of plain forward passes.

The tolerance that is told: 1e-4 of the map's largest value (1e-5 of a logit stands behind it), and
values that differ by more than twice that keep their order.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_painted_forward import base_of, chain, inked, tokens

from nmrcam_qt.ml.explain.engine import Engine, engine, explain
from nmrcam_qt.ml.network import Network

MODELS = Path(__file__).resolve().parents[2] / "models"
METHODS = ("occlusion", "rise", "scorecam")
RELATIVE = 1e-4

NETWORKS = {
    "chain": lambda: chain("seed"),
    "pair of chains": lambda: chain("seed", 2),
    "signals": tokens,
    "kuhn-hmbc": lambda: Network.load(MODELS / "kuhn-hmbc"),
    "hmbc-mix": lambda: Network.load(MODELS / "hmbc-mix"),
}


def plainly(net, base, classes):
    """The same network without its shorter way."""
    own = engine(net)
    kept, own._shortcut = own._shortcut, None
    try:
        return explain(net, base, METHODS, classes)
    finally:
        own._shortcut = kept


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_are_those_of_plain_forward_passes(name, monkeypatch):
    net = NETWORKS[name]()
    shipped = name in ("kuhn-hmbc", "hmbc-mix")
    if shipped:  # seconds instead of a minute
        monkeypatch.setattr("nmrcam_qt.ml.explain.rise.MASKS", 64)
    base = [inked(s.shape, 5 + i, 25) for i, s in enumerate(net.card.inputs)]
    classes = net.card.class_ids[:2]
    found, _ = explain(net, base, METHODS, classes)
    plain, _ = plainly(net, base, classes)
    assert len(found) == len(plain) == 2 * len(METHODS) * len(net.card.inputs)
    for ours, theirs in zip(found, plain, strict=True):
        assert (ours.method, ours.class_id) == (theirs.method, theirs.class_id)
        size = np.abs(theirs.evidence).max()
        assert size > 0
        np.testing.assert_allclose(ours.evidence, theirs.evidence, rtol=0, atol=RELATIVE * size)
        order = np.argsort(theirs.evidence, axis=None)
        one, two = (m.evidence.reshape(-1)[order].astype(np.float64) for m in (ours, theirs))
        clear = np.searchsorted(two, two + 2 * RELATIVE * size)
        lowest_above = np.append(np.minimum.accumulate(one[::-1])[::-1], np.inf)[clear]
        assert (lowest_above > one).all()


def test_the_short_way_is_gone_where_a_network_has_one(monkeypatch):
    """Signals: every painted spectrum, and no plain forward pass beside that of the maps."""
    net = tokens()
    (base,) = base_of(net)
    assert engine(net)._shortcut is not None
    monkeypatch.setattr(Engine, "logits", None)  # called, it would fail
    made, missing = explain(net, [base], METHODS, "top")
    assert [m.method for m in made] == list(METHODS) and not missing
