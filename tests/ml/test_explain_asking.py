"""Methods that ask the network again, among those that need one pass."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from explain_toys import chain, kuhn, network, sparse, spec
from token_builders import TINY, inked, ship_tiny

from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS, Kind
from nmrcam_qt.ml.explain import memory, rise
from nmrcam_qt.ml.explain.engine import engine, explain, explain_batch
from nmrcam_qt.ml.network import Network

layers = keras.layers
SMALL = (61, 77, 1)
GRADIENT_METHODS = ["gradcam", "gradcam++", "hirescam", "layercam", "xgradcam"]
SLOW = [m for m in METHODS if m not in DEFAULT_METHODS]


def test_what_is_made_with_every_analysis_did_not_grow():
    assert (*GRADIENT_METHODS, "cam") == DEFAULT_METHODS
    assert [m for m, info in METHODS.items() if info.slow] == SLOW
    assert len(SLOW) == 8
    assert [m for m in METHODS if not METHODS[m].by_class] == ["eigencam"]
    assert {m for m in METHODS if METHODS[m].on_input} == {
        *(m for m in METHODS if METHODS[m].kind in (Kind.INPUT, Kind.SIGNALS))
    }


def test_the_fast_maps_are_the_same_to_the_last_bit_beside_slow_ones():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    batch = sparse((3, *SMALL), share=0.2)
    classes = [["a"], [], ["c", "b"]]
    alone = explain_batch(net, [batch], GRADIENT_METHODS, classes)
    mixed = ["occlusion", "gradcam", "eigencam", *GRADIENT_METHODS[1:], "gradient_ink"]
    beside = explain_batch(net, [batch], mixed, classes)
    np.testing.assert_array_equal(alone.logits, beside.logits)
    for own, made in zip(classes, beside.explanations, strict=True):
        assert [(m.class_id, m.method) for m in made] == [(c, m) for c in own for m in mixed]
    for one, other in zip(alone.explanations, beside.explanations, strict=True):
        found = {(m.class_id, m.method): m.evidence for m in other}
        for m in one:
            np.testing.assert_array_equal(m.evidence, found[m.class_id, m.method])


def test_every_method_says_where_its_map_lies():
    specs = [spec(SMALL), spec(SMALL, "hmbc", f1=(0.0, 220.0))]
    net = network(kuhn(specs), specs, default_layer="hmbc_conv4")
    fed = [sparse(SMALL, seed=k, share=0.02) for k in (1, 2)]
    made, unavailable = explain(net, fed, SLOW, ["b"])
    assert not unavailable and len(made) == 16
    own = {s.name: s for s in specs}
    for m in made:
        if METHODS[m.method].on_input:
            assert m.layer == m.input_name
            assert (m.f1, m.f2) == (own[m.input_name].f1, own[m.input_name].f2)
        else:
            assert m.layer == f"{m.input_name}_conv4"
    for layer in ("hsqc_conv2", "hmbc_conv3"):
        some, _ = explain(net, fed, ["gradient_ink", "eigencam"], ["b"], layer)
        assert [m.input_name for m in some] == [layer[:4]] * 2


def test_top_is_resolved_without_maps():
    net = network(kuhn([spec(SMALL)], seed=9), [spec(SMALL)])
    batch = sparse((4, *SMALL), share=0.3)
    done = explain_batch(net, [batch], ["gradient_ink"], "top")
    top = done.logits.argmax(axis=1)
    assert [made[0].class_id for made in done.explanations] == ["abc"[k] for k in top]


def test_parts_change_nothing(monkeypatch):
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    x = sparse(SMALL, share=0.02)
    monkeypatch.setattr(rise, "MASKS", 24)
    whole, _ = explain(net, [x], SLOW, ["a"])
    monkeypatch.setattr(memory, "EXAMPLES_PER_PASS", 5)
    cut, _ = explain(net, [x], SLOW, ["a"])
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_allclose(a.evidence, b.evidence, atol=1e-4 * np.abs(a.evidence).max())


def test_memory_is_that_of_the_way_back(monkeypatch):
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    own = engine(net)
    held = memory.held_numbers(net.model)
    assert held > memory.largest_array(net.model)
    shapes = [x.output.shape[1:] for x in net.model.layers]
    assert held == sum(int(np.prod(s)) for s in shapes)
    sizes = []
    monkeypatch.setattr(memory, "NUMBERS_PER_PASS", 5 * held)

    def make(part):
        sizes.append(part.stop - part.start)
        return [np.zeros((sizes[-1], *SMALL), np.float32)]

    own.mean_gradients(12, make, np.array([0], np.int32))
    assert sizes == [4, 4, 4]


class Counted:
    """Keeps what it is told; cancels at a step."""

    def __init__(self, cancel_at=None):
        self.said, self.cancel_at = [], cancel_at

    def step(self, done, total, text=""):
        self.said.append((done, total, text))
        if len(self.said) == self.cancel_at:
            raise Cancelled


def test_progress_is_told_and_cancels():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    fed, progress = [sparse((2, *SMALL), share=0.02)], Counted()
    explain_batch(net, fed, ["rise", "integrated_gradients"], "top", progress=progress)
    shares = [done / total for done, total, _ in progress.said]
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] < 1
    assert {text for *_, text in progress.said} == {"RISE by signal", "Integrated gradients"}
    cancelled = Counted(3)
    with pytest.raises(Cancelled):
        explain_batch(net, fed, ["rise"], "top", progress=cancelled)
    assert len(cancelled.said) == 3


def test_an_example_beside_itself_is_asked_once():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    x = sparse(SMALL, share=0.02)
    once, twice, other = Counted(), Counted(), Counted()
    explain_batch(net, [x[None]], ["occlusion"], "all", progress=once)
    done = explain_batch(net, [np.stack([x, x])], ["occlusion"], "all", progress=twice)
    assert len(twice.said) == len(once.said)
    for a, b in zip(*done.explanations, strict=True):
        np.testing.assert_array_equal(a.evidence, b.evidence)
    different = np.stack([x, x[::-1]])
    done = explain_batch(net, [different], ["occlusion"], "all", progress=other)
    assert len(other.said) > len(once.said)
    assert any((a.evidence != b.evidence).any() for a, b in zip(*done.explanations, strict=True))


def test_methods_on_the_input_need_no_position_of_a_layer():
    shared = layers.Conv2D(1, 3, activation="relu", name="twice", padding="same")
    model = chain((12, 14, 1), shared, shared, layers.Flatten(), layers.Dense(2))
    net = network(model, [spec((12, 14, 1))])
    made, unavailable = explain(net, [sparse((12, 14, 1), share=0.3)], SLOW, ["a"])
    assert {m.method for m in made} == {m for m in SLOW if METHODS[m].on_input}
    assert {m for m, _ in unavailable} == {"eigencam", "scorecam", "ablationcam"}


# ---- networks that part their ink into signals


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    ship_tiny(folder)
    return Network.load(folder)


def test_token_networks_have_all_but_two(tokens):
    made, unavailable = explain(tokens, [inked(3, 8)], SLOW, ["indole"])
    reasons = dict(unavailable)
    assert set(reasons) == {"integrated_gradients", "smoothgrad"}
    assert all("'basins'" in why and "without jumps" in why for why in reasons.values())
    assert {m.method for m in made} == set(SLOW) - set(reasons)
    for m in made:
        assert m.evidence.shape == TINY.shape[:2] and m.evidence.any()


def test_the_gradient_passes_the_basins(tokens):
    """Finite differences where nothing changes sides: the ink of a signal's middle."""
    x = inked(3, 6)
    (made,), _ = explain(tokens, [x], ["gradient_ink"], ["indole"])
    k = tokens.card.class_ids.index("indole")
    row, column = np.unravel_index(np.abs(made.evidence).argmax(), made.evidence.shape)
    ends = []
    for sign in (1, -1):
        other = x.copy()
        other[row, column] *= 1 + sign * 1e-3
        ends.append(tokens.logits([np.stack([other, other])])[0, k])
    slope = (ends[0] - ends[1]) / 2e-3
    assert made.evidence[row, column] == pytest.approx(slope, rel=0.02)


def test_the_logits_of_token_networks_jump(tokens):
    """Why there are no integrated gradients: the steps of the path do not sum to its ends."""
    x = inked(3, 8)
    points = ((np.arange(400) + 0.5) / 400).astype(np.float32)[:, None, None, None]
    fed = tf.constant(points * x)
    with tf.GradientTape() as tape:
        tape.watch(fed)
        wanted = tokens.model(fed, training=False)[:, 0]
    slopes = tape.gradient(wanted, fed).numpy()
    total = float((slopes.mean(axis=0) * x).sum())
    first, last = tokens.logits([np.stack([0 * x, x])])[:, 0]
    assert abs(total - (last - first)) > 0.2 * abs(last - first)
