"""What mixture networks learn from, and that a training goes on exactly where it stopped."""

from __future__ import annotations

import json
import time

import keras
import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.simulate.cache import SignalCache, join
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.simulate.signals import MEASURED, ONE_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet import MixnetSettings, build_mixnet
from nmrcam_qt.ml.mixnet_data import (
    COMPOUND,
    FOREIGN,
    LIKELY,
    SUBSTRUCTURE,
    UNKNOWN,
    Chooser,
    FeedSettings,
    MixtureFeed,
    compounds_of,
    fold_of,
    held_out,
    only,
    truth,
    without,
)
from nmrcam_qt.ml.mixnet_training import CellLoss, FitSettings, Fitter, WarmCosine, class_loss

SPEC = InputSpec("hsqc", Experiment.HSQC, (20, 24, 1), (0.0, 200.0), (10.0, 0.0))
FATTY, INDOLE = 1 << CLASS_IDS.index("fatty_acid"), 1 << CLASS_IDS.index("indole")


def cache(n=12, first=0, measured=False, per=4):
    """Compounds of one class each, or of none; half of a compound's signals are members."""
    rng = np.random.default_rng(first)
    total = n * per
    labels = np.array([(FATTY, INDOLE, 0)[i % 3] for i in range(n)], np.uint16)
    inner = np.tile(np.arange(per) < per // 2, n)
    signals = Signals(
        rng.uniform(0.5, 9.5, total),
        rng.uniform(10, 190, total),
        *(np.tile(np.arange(per), n).astype(np.uint16) for _ in range(2)),
        *(
            np.full(total, value, np.uint8)
            for value in (MEASURED if measured else ONE_BOND, 1, 1, 0, 5, 5)
        ),
        np.where(inner & (not measured), np.repeat(labels, per), 0).astype(np.uint16),
    )
    names = np.array([f"{first + i:014d}" for i in range(n)], "S14")
    return SignalCache(
        Experiment.HSQC, signals, np.arange(n + 1) * per, names, labels, ("C",) * n, {}
    )


def feed(settings=None, seed=3, **kwargs):
    settings = settings or FeedSettings(batch_size=4, steps=2, draw=PLAIN)
    return MixtureFeed(cache(), SPEC, settings, seed, **kwargs)


def test_the_same_seed_epoch_and_step_give_the_same_batch():
    one, other = feed(), feed()
    for a, b in zip((one[1][0], *one[1][1]), (other[1][0], *other[1][1]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one[1][0].shape == (4, 20, 24, 1) and one[1][1][1].shape == (4, 20, 24, 12)
    before = one[1][0]
    one.on_epoch_end()
    assert (one[1][0] != before).any()
    np.testing.assert_array_equal(feed(epoch=1)[1][0], one[1][0])
    assert (feed(seed=4)[1][0] != before).any()
    assert (feed()[0][0] != before).any()


def test_truth_of_cells_says_substructure_compound_foreign_or_nothing():
    source = cache()
    drawer = Drawer(source, SPEC.f1, SPEC.f2, PLAIN)
    example = drawer.draw(np.random.default_rng(0), 2, [0, 2])  # fatty acid, none
    codes = truth(example, np.zeros(2, bool))
    fatty = codes[..., CLASS_IDS.index("fatty_acid")]
    i = CLASS_IDS.index("fatty_acid")
    inner, mine = example.substructure_masks()[i], example.compound_masks()[i]
    other = example.other_masks()[i]
    assert inner.any() and (mine & ~inner).any() and (other & ~mine).any()
    assert (fatty[inner] == SUBSTRUCTURE).all()
    assert (fatty[mine & ~inner] == COMPOUND).all()
    assert (fatty[other & ~mine] == FOREIGN).all()
    assert (fatty[~(mine | other)] == UNKNOWN).all()
    indole = codes[..., CLASS_IDS.index("indole")]
    assert (indole[mine | other] == FOREIGN).all()


def test_truth_of_cells_larger_than_the_ink_is_the_most_any_part_says():
    source, rng = cache(), np.random.default_rng
    f1 = Axis.from_edges("13C", 0.0, 200.0, 40)
    f2 = Axis.from_edges("1H", 10.0, 0.0, 48)
    example = Drawer(source, f1, f2, PLAIN).draw(rng(0), 2, [0, 2])
    fine = truth(example, np.zeros(2, bool))
    coarse = truth(example, np.zeros(2, bool), 2)
    assert coarse.shape == (20, 24, 12)
    np.testing.assert_array_equal(coarse, fine.reshape(20, 2, 24, 2, 12).max(axis=(1, 3)))


def test_signals_of_measured_spectra_are_likely():
    source = cache(measured=True)
    example = Drawer(source, SPEC.f1, SPEC.f2, PLAIN).draw(np.random.default_rng(0), 2, [0, 2])
    codes = truth(example, np.ones(2, bool))[..., CLASS_IDS.index("fatty_acid")]
    mine = example.compound_masks()[0]
    other = example.other_masks()[0]
    assert (codes[mine] == LIKELY).all() and mine.any()
    assert (codes[other & ~mine] == FOREIGN).all() and (other & ~mine).any()


def test_measured_share_and_classes_are_kept_to():
    both = join([cache(60), cache(6, first=100, measured=True)])
    rng = np.random.default_rng(0)
    chooser = Chooser(both, FeedSettings(sizes=(1.0,), measured_share=0.5))
    picked = np.concatenate([chooser.choose(rng) for _ in range(400)])
    assert 0.4 < chooser.measured[picked].mean() < 0.6
    many = [Chooser(both, FeedSettings(sizes=(0, 0, 1.0))).choose(rng) for _ in range(50)]
    assert all(len(c) == 3 == len(set(both.compounds[c])) for c in many)
    alone = Chooser(cache(6), FeedSettings(measured_share=0.5))
    assert not alone.measured[alone.choose(rng)].any()


def test_splits_depend_on_the_name_alone():
    one, other = cache(300), cache(300, first=200)
    names = held_out(compounds_of([one, other]), 0.2)
    assert names == held_out(compounds_of([one]), 0.2) | held_out(compounds_of([other]), 0.2)
    assert 60 < len(names) < 140
    kept, left = without(one, names), only(one, names)
    assert len(kept) + len(left) == 300
    assert not set(kept.compounds) & set(left.compounds)
    folds = [fold_of(bytes(c), 5) for c in one.compounds]
    assert set(folds) == set(range(5)) and max(np.bincount(folds)) < 90


def test_losses_by_hand():
    s = FitSettings(positive_weight=3.0, compound_target=0.6)
    codes = np.array([UNKNOWN, FOREIGN, COMPOUND, SUBSTRUCTURE], np.int8).reshape(1, 2, 2, 1)
    scores = np.array([50.0, 1.0, 0.5, -2.0], np.float32).reshape(1, 2, 2, 1)

    def entropy(target, score):
        p = 1 / (1 + np.exp(-score))
        return -(target * np.log(p) + (1 - target) * np.log(1 - p))

    wanted = entropy(0, 1.0) + 3 * entropy(0.6, 0.5) + 3 * entropy(1, -2.0)
    assert float(CellLoss(s)(codes, scores)[0]) == pytest.approx(wanted / 7, rel=1e-5)
    # Of a likely cell only a score below the compound's target costs anything but entropy.
    likely = np.full_like(codes, LIKELY)
    p = np.maximum(1 / (1 + np.exp(-np.minimum(scores, 9.0))), 0.6)
    wanted = np.mean(entropy(p, np.minimum(scores, 9.0).astype(float))[scores < 40])
    found = float(CellLoss(s)(np.where(scores < 40, likely, UNKNOWN), scores)[0])
    assert found == pytest.approx(wanted, rel=1e-5)
    blank = np.full_like(codes, UNKNOWN)
    assert float(CellLoss(s)(blank, scores)[0]) == 0
    logits, labels = np.array([[300.0, -300.0]], np.float32), np.ones((1, 2))
    assert float(class_loss(labels, logits)[0]) == pytest.approx(150.0)


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
    model = build_mixnet(SPEC, MixnetSettings(widths=(4, 4, 4), dilations=(1,), head=4))
    start = model.get_weights()
    fitter = Fitter(model, FitSettings(epochs=3, warm_up=2), 2, tmp_path_factory.mktemp("a"))

    def make(folder, epochs=3):
        fitter.folder = folder
        fitter.network.set_weights(start)
        return fitter

    return make


def test_a_training_goes_on_where_it_stopped(fitter_of, tmp_path):
    fitter = fitter_of(tmp_path / "whole")
    assert fitter.fit(feed()) == 3
    wanted = fitter.network.get_weights()
    log = [json.loads(x) for x in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [x["epoch"] for x in log] == [1, 2, 3]
    fitter = fitter_of(tmp_path / "parts")
    assert fitter.fit(feed(), deadline=time.time() - 1) == 1
    changed = [w + 1 for w in fitter.network.get_weights()]
    fitter.network.set_weights(changed)
    assert fitter.fit(feed(), deadline=time.time() - 1) == 2
    assert fitter.fit(feed()) == 3
    for a, b in zip(fitter.network.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert fitter.fit(feed()) == 3  # nothing is left to do


def test_fixed_layers_stay_and_the_others_learn(fitter_of, tmp_path):
    fitter = fitter_of(tmp_path)
    before = {w.path: np.asarray(w).copy() for w in fitter.network.weights}
    fitter.fit(feed())
    for weight in fitter.network.weights:
        fixed = weight.path.split("/")[0] in ("evidence", "logits")
        assert np.array_equal(before[weight.path], np.asarray(weight)) == fixed, weight.path


def test_a_state_of_another_network_is_refused(fitter_of, tmp_path):
    fitter = fitter_of(tmp_path)
    np.savez(tmp_path / "state.npz", epoch=1, w0=np.zeros(3), o0=np.zeros(3))
    with pytest.raises(NetworkError, match="another network"):
        fitter.fit(feed())
    (tmp_path / "state.npz").write_bytes(b"nothing")
    with pytest.raises(NetworkError, match="no state"):
        fitter.fit(feed())
