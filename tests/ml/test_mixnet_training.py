"""Losses by hand, and that a training goes on exactly where it stopped."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from mixture_builders import FEED, FIT, N_BITS, SMALL, feed

from nmrcam_qt.core.errors import Cancelled, NetworkError
from nmrcam_qt.ml.mixnet_training import Fitter, WarmCosine, read_state
from nmrcam_qt.ml.token_feed import COMPOUND, FOREIGN, LIKELY, NOBODY, SUBSTRUCTURE, UNKNOWN
from nmrcam_qt.ml.token_layers import n_features
from nmrcam_qt.ml.token_training import PARTS, SignalLosses, build_training, cross_entropy


def losses_of(*, scores, pairs, logits, codes, owners, surroundings, labels):
    """One example of two tokens with full masks."""
    tokens = np.zeros((1, 2, n_features((1.0,))), np.float32)
    tokens[..., 0] = tokens[..., 2] = 1
    parts = SignalLosses(FIT)(
        [np.array([x], np.float32) for x in (scores, pairs, logits)]
        + [tokens]
        + [np.array([codes], np.int8), np.array([owners], np.int32)]
        + [np.array([x], np.float32) for x in (surroundings, labels)]
    )
    return dict(zip(PARTS, (float(np.asarray(p)[0]) for p in parts), strict=True))


def test_losses_by_hand():
    ln = np.log
    found = losses_of(
        scores=[[2.0], [0.0]],
        pairs=[[0.0], [0.0]],
        logits=[[0.0], [0.0]],
        codes=[[SUBSTRUCTURE], [FOREIGN]],
        owners=[0, 1],
        surroundings=[[1.0], [0.0]],
        labels=[1.0],
    )
    share = np.exp(2) / (np.exp(2) + 1)
    assert found["classes"] == pytest.approx(ln(1 + np.exp(-2 * share)), abs=1e-5)
    assert found["cells"] == pytest.approx((ln(1 + np.exp(-2)) + ln(2)) / 2, abs=1e-5)
    for part in ("pairs", "compounds", "spectra"):
        assert found[part] == pytest.approx(ln(2), abs=1e-5)


def test_pairs_reward_what_tells_compounds_apart():
    common = {"scores": [[0.0], [0.0]], "logits": [[0.0], [0.0]], "codes": [[0], [0]]}
    common |= {"owners": [0, 1], "surroundings": [[1.0], [0.0]], "labels": [0.0]}
    apart = losses_of(pairs=[[2.0], [-2.0]], **common)
    together = losses_of(pairs=[[2.0], [2.0]], **common)
    assert apart["pairs"] < np.log(2) < together["pairs"]


def test_what_belongs_to_nobody_is_no_pair_and_no_compound():
    common = {"scores": [[0.0], [0.0]], "codes": [[0], [0]], "labels": [0.0]}
    common |= {"surroundings": [[1.0], [0.0]], "owners": [0, NOBODY]}
    one = losses_of(pairs=[[1.0], [5.0]], logits=[[1.0], [9.0]], **common)
    other = losses_of(pairs=[[1.0], [-5.0]], logits=[[1.0], [-9.0]], **common)
    assert one["pairs"] == pytest.approx(other["pairs"])
    assert one["compounds"] == pytest.approx(other["compounds"])


def entropy(target, score):
    p = 1 / (1 + np.exp(-score))
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


def test_losses_of_what_is_known_in_part():
    common = {"pairs": [[0.0], [0.0]], "logits": [[0.0], [0.0]], "owners": [0, 1]}
    common |= {"surroundings": [[1.0], [0.0]], "labels": [1.0]}
    found = losses_of(scores=[[0.5], [1.0]], codes=[[COMPOUND], [FOREIGN]], **common)
    assert found["cells"] == pytest.approx((entropy(0.8, 0.5) + entropy(0, 1.0)) / 2, abs=1e-5)
    # Of a likely token only a score below the compound's target costs anything but entropy.
    for score in (-1.0, 3.0):
        found = losses_of(scores=[[score], [50.0]], codes=[[LIKELY], [UNKNOWN]], **common)
        p = max(0.8, 1 / (1 + np.exp(-score)))
        assert found["cells"] == pytest.approx(entropy(p, score), rel=1e-5)
    nothing = losses_of(scores=[[9.0], [-9.0]], codes=[[UNKNOWN], [UNKNOWN]], **common)
    assert nothing["cells"] == 0


def test_scores_however_large_have_a_loss():
    found = np.asarray(cross_entropy(np.float32(1), np.array([300, -300, 0], np.float32)))
    np.testing.assert_allclose(found, [0, 300, np.log(2)], rtol=1e-6)


def test_learning_rate_rises_and_falls():
    rate = WarmCosine(1e-2, 10, 110)
    values = [float(rate(i)) for i in range(111)]
    assert values[0] == pytest.approx(1e-3) and max(values) == pytest.approx(1e-2)
    assert int(np.argmax(values)) in (9, 10) and values[110] == pytest.approx(0, abs=1e-8)
    assert values[60] == pytest.approx(5e-3)


@pytest.fixture(scope="module")
def fitter_of(tmp_path_factory):
    """One compiled network for the whole module; folders and weights change."""
    keras.utils.set_random_seed(0)
    model = build_training(SMALL, FIT, N_BITS)
    start = model.get_weights()
    fitter = Fitter(model, FIT, FEED.steps, tmp_path_factory.mktemp("a"))

    def make(folder):
        fitter.folder = folder
        fitter.network.set_weights(start)
        return fitter

    return make


class CancelledAfterAnEpoch:
    def step(self, done, total, text=""):
        if done:
            raise Cancelled


def test_a_training_goes_on_where_it_stopped(fitter_of, tmp_path):
    fitter = fitter_of(tmp_path / "whole")
    start = fitter.network.get_weights()
    assert fitter.fit(feed()) == 2
    wanted = fitter.network.get_weights()
    assert all((a != b).any() for a, b in zip(start, wanted, strict=True))
    log = [json.loads(x) for x in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [x["epoch"] for x in log] == [1, 2]
    assert {f"{p}_loss" for p in PARTS} <= set(log[-1])
    fitter = fitter_of(tmp_path / "halves")
    with pytest.raises(Cancelled):
        fitter.fit(feed(), CancelledAfterAnEpoch())
    assert read_state(tmp_path / "halves" / "state.npz")[2] == 1
    fitter.network.set_weights([w + 1 for w in fitter.network.get_weights()])
    assert fitter.fit(feed()) == 2
    for a, b in zip(fitter.network.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert fitter.fit(feed()) == 2  # nothing is left to do


def test_a_state_of_another_network_is_refused(fitter_of, tmp_path):
    fitter = fitter_of(tmp_path)
    np.savez(tmp_path / "state.npz", epoch=1, w0=np.zeros(3), o0=np.zeros(3))
    with pytest.raises(NetworkError, match="another network"):
        fitter.fit(feed())
    (tmp_path / "state.npz").write_bytes(b"nothing")
    with pytest.raises(NetworkError, match="no state"):
        fitter.fit(feed())
