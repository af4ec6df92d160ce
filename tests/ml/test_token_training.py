"""What token networks learn from, and the whole way from caches to a shipped network."""

from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from mixture_builders import FATTY, FEED, FIT, N_BITS, SMALL, SPEC, feed, smiles_cache

from nmrcam_qt.core.class_priors import read_priors
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import mix_run
from nmrcam_qt.ml.ink_tokens import ink_signals
from nmrcam_qt.ml.mix_data import MixData, published_compounds
from nmrcam_qt.ml.mix_recipes import MixPlan, MixRecipe, Stage, mix_recipe
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_feed import (
    COMPOUND,
    FOREIGN,
    LIKELY,
    NOBODY,
    SUBSTRUCTURE,
    UNKNOWN,
    token_truth,
)
from nmrcam_qt.ml.token_layers import InkBasins, InkTokens, n_features, token_area
from nmrcam_qt.ml.token_net import build_token_net, copy_trunk
from nmrcam_qt.ml.token_training import PARTS, build_training

WAVES = position_waves(40, 48, SMALL.cycles).reshape(1920, -1)


def random_ink(seed=0, n=30):
    rng = np.random.default_rng(seed)
    ink = np.zeros(SPEC.shape[:2], np.float32)
    for row, column in rng.integers(0, 40, (n, 2)):
        ink[row : row + 3, column : column + 2] = rng.uniform(0.2, 1)
    return ink


def layered(ink, count=SMALL.count):
    """Tokens and basins by the layers."""
    fed = ink[np.newaxis, ..., np.newaxis]
    basins = InkBasins(count)(fed)
    return np.asarray(InkTokens(count, SMALL.cycles)([fed, basins]))[0], np.asarray(basins)[0]


@pytest.mark.parametrize("seed", range(4))
def test_signals_in_numpy_are_those_of_the_layers(seed):
    ink = random_ink(seed)
    mine = ink_signals(ink, WAVES, SMALL.count)
    tokens, basins = layered(ink)
    n = len(mine.cell)
    assert 10 < n < SMALL.count
    assert mine.tokens.shape == (n, n_features(SMALL.cycles))
    assert not tokens[n:].any()
    np.testing.assert_allclose(mine.tokens, tokens[:n], atol=1e-5)
    inked = basins[..., 1].reshape(-1) > 0
    np.testing.assert_array_equal(inked, ink.reshape(-1) > 0.05)
    np.testing.assert_array_equal(mine.signal[inked], basins[..., 0].reshape(-1)[inked])
    assert np.flatnonzero(basins[..., 2]).tolist() == sorted(mine.cell.tolist())


def test_one_signal_each_for_separate_ink_however_even_or_hollow():
    ink = np.zeros(SPEC.shape[:2], np.float32)
    ink[3:8, 5:9] = 1.0  # even
    ink[20:24, 30:33] = 0.7
    ink[21:23, 31] = 0.0  # a ring
    ink[39, 47] = 0.3  # one sample in a corner
    found = ink_signals(ink, WAVES, 64)
    assert len(found.cell) == 3
    ring = ink[20:24, 30:33] > 0
    signal = found.signal.reshape(40, 48)
    assert len(set(signal[20:24, 30:33][ring].tolist())) == 1
    assert token_area(found.tokens[np.newaxis])[0, :, 0].tolist() == [20.0, 10.0, 1.0]


def test_two_maxima_share_the_ink_between_them():
    ink = np.zeros(SPEC.shape[:2], np.float32)
    ink[10, 10:21] = [0.3, 0.6, 1, 0.6, 0.3, 0.2, 0.3, 0.6, 1, 0.6, 0.3]
    signal = ink_signals(ink, WAVES, 64).signal.reshape(40, 48)[10, 10:21]
    assert len(set(signal.tolist())) == 2
    assert (signal[:5] == signal[0]).all()
    assert (signal[6:] == signal[-1]).all()


def test_the_highest_signals_are_kept():
    ink = random_ink(2)
    every, few = ink_signals(ink, WAVES, 64), ink_signals(ink, WAVES, 5)
    np.testing.assert_array_equal(few.tokens, every.tokens[:5])
    assert set(few.signal.tolist()) == {-1, 0, 1, 2, 3, 4}
    tokens, basins = layered(ink, 5)
    np.testing.assert_allclose(tokens, few.tokens, atol=1e-5)
    # Ink of signals that became no tokens is in no mask.
    assert 0 < (basins[..., 1] > 0).sum() < (ink > 0.05).sum()


def test_trunk_and_network_give_the_same_scores_at_the_same_ink():
    network, trained = build_token_net(SPEC, SMALL), build_training(SMALL, FIT, N_BITS)
    copy_trunk(trained, network)
    trunk = keras.Model(trained.inputs[0], trained.get_layer("scores").output)
    ink = random_ink(1, 12)
    grid = keras.Model(network.inputs[0], network.get_layer("grid").output)
    found = ink_signals(ink, WAVES, SMALL.count)
    scores = np.asarray(trunk(found.tokens[np.newaxis]))[0]
    drawn = np.asarray(grid(ink[np.newaxis, ..., np.newaxis]))[0].reshape(1920, -1)
    inked = np.flatnonzero(ink.reshape(-1) > 0.05)
    np.testing.assert_allclose(scores[found.signal[inked]], drawn[inked], atol=1e-5)
    assert not drawn[ink.reshape(-1) == 0][:, 0].all()


def test_a_batch_says_whose_every_token_is():
    inputs, nothing = feed()[0]
    n, k = inputs["owners"].shape
    assert (n, k % 16, len(nothing)) == (4, 0, len(PARTS))
    blank = inputs["tokens"][..., 0] == 0
    assert (inputs["codes"][blank] == UNKNOWN).all()
    assert (inputs["owners"][blank] == NOBODY).all()
    for codes, owners, labels, bits in zip(
        *(inputs[key] for key in ("codes", "owners", "labels", "surroundings")), strict=True
    ):
        assert ((codes >= COMPOUND).any(axis=0) <= (labels > 0)).all()
        assert bits[owners.max() + 1 :].sum() == 0 or (owners >= 0).any()


def test_a_token_is_what_its_spots_say_most_of_and_whose_the_largest_is():
    made = smiles_cache(3)
    drawer = Drawer(made, SPEC.f1, SPEC.f2, PLAIN)
    example = drawer.draw(np.random.default_rng(0), 2, [0, 2])  # fatty acid, none
    found = ink_signals(example.ink, WAVES, 64)
    codes, owners = token_truth(example, found, np.zeros(2, bool))
    fatty = codes[:, CLASS_IDS.index("fatty_acid")]
    token = found.signal[example.middles()]
    alone = np.bincount(token, minlength=len(owners)) == 1
    assert alone.sum() >= 4
    for spot in np.flatnonzero(alone[token]):
        owner = example.spots.owner[spot]
        inner = example.spots.members[spot] & FATTY
        assert owners[token[spot]] == owner
        wanted = (SUBSTRUCTURE if inner else COMPOUND) if owner == 0 else FOREIGN
        assert fatty[token[spot]] == wanted
    assert not (fatty == UNKNOWN).any()


def test_signals_of_measured_spectra_are_likely():
    drawer = Drawer(smiles_cache(3, measured=True), SPEC.f1, SPEC.f2, PLAIN)
    example = drawer.draw(np.random.default_rng(0), 2, [0, 2])
    found = ink_signals(example.ink, WAVES, 64)
    codes, owners = token_truth(example, found, np.ones(2, bool))
    fatty = codes[:, CLASS_IDS.index("fatty_acid")]
    assert (owners == 0).any() and (owners == 1).any()
    assert (fatty[owners == 0] == LIKELY).all() and (fatty[owners == 1] == FOREIGN).all()


def test_the_same_seed_draws_the_same_batches_and_few_tokens_are_padding():
    one, other = feed(FEED, 5)[2][0], feed(FEED, 5)[2][0]
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert not np.array_equal(one["labels"], feed(FEED, 6)[2][0]["labels"])
    many = feed(replace(FEED, batch_size=8, sizes=(0.3, 0.0, 0.0, 0.0, 0.0, 0.7), most=480))
    widths = [many[i][0]["tokens"].shape[1] for i in range(8)]
    assert widths[0] < widths[1]
    assert widths[2:] == sorted(widths[2:])


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """All stages of a run of a few steps on generated compounds."""
    draw = DrawSettings()
    stage = Stage(replace(FEED, draw=draw), replace(FIT, epochs=1))
    tuning = Stage(replace(FEED, draw=draw), replace(FIT, epochs=1))
    recipe = MixRecipe("hsqc-mix", "Small", Experiment.HSQC, SMALL, stage, tuning, 6, n_known=40)
    data = MixData(
        smiles_cache(12),
        smiles_cache(9, 100),
        {"deepsat_hsqc": smiles_cache(24, 200, measured=True)},
        frozenset({b"%014d" % 201}),
    )
    out = tmp_path_factory.mktemp("mix")
    plan = MixPlan(n_folds=2, foreign=(0, 1))
    patched = pytest.MonkeyPatch()
    patched.setattr(mix_run, "load_mix_data", lambda *_: data)
    patched.setattr(mix_run, "token_input", lambda _: SPEC)
    # A few steps of each stage are done before a graph of them is made (`test_mixnet_training`
    # trains with one).
    tf.config.run_functions_eagerly(True)
    try:
        results = mix_run.train_mix(recipe, out, out, plan)
    finally:
        tf.config.run_functions_eagerly(False)
    yield recipe, data, out, plan, results
    patched.undo()


def test_a_run_ships_a_network_that_loads_and_says_what_it_is(small_run):
    *_, out, _, results = small_run
    network = Network.load(out / "network")
    card = network.card
    assert card.trained_on_mixtures
    assert card.metrics["deepsat_hsqc +1"]["n"] == 24
    assert len(card.thresholds) == len(CLASS_IDS)
    assert json.loads((out / "results.json").read_text())["sha256"] == card.sha256
    assert results["folds done"] == 2
    assert set(card.known) == {"hsqc"}
    learned = {c for c in CLASS_IDS if len(small_run[1].simulated.having(c))}
    assert {class_id for _, class_id in read_priors(out / "network", card)} == learned
    assert set(results["figures"]) == {
        f"{s} +{n}" for s in ("deepsat_hsqc", "simulated") for n in (0, 1)
    }


def test_every_measured_compound_is_judged_once_and_not_by_who_learned_it(small_run):
    _, data, _, plan, _ = small_run
    seen = []
    for fold in range(plan.n_folds):
        judged = {bytes(c) for c in data.judged(fold, 2)["deepsat_hsqc"].compounds}
        learned = {bytes(c) for c in data.learned(fold, 2).compounds}
        assert not judged & learned
        assert b"%014d" % 201 not in learned
        seen += sorted(judged)
    assert sorted(seen) == sorted(set(data.measured["deepsat_hsqc"].compounds.tolist()))
    assert b"%014d" % 201 not in set(data.learned(None, 2).compounds.tolist())


def test_a_finished_run_is_not_done_again(small_run):
    recipe, _, out, plan, results = small_run
    before = {p: p.stat().st_mtime_ns for p in out.glob("*/state.npz")}
    assert len(before) == 4
    again = mix_run.train_mix(recipe, out, out, plan)
    assert again["sha256"] == results["sha256"]
    assert {p: p.stat().st_mtime_ns for p in out.glob("*/state.npz")} == before


def test_recipes_by_name():
    assert mix_recipe("hmbc-mix").experiment is Experiment.HMBC
    with pytest.raises(NetworkError, match="no recipe 'x'; expected one of hsqc-mix, hmbc-mix"):
        mix_recipe("x")


def test_the_compounds_of_the_published_mixtures(data_dir):
    found = published_compounds(data_dir)
    rows = {"bmse000643", "bmse000364", "bmse000489", "bmse000544"}
    lines = (data_dir / "kuhn2021" / "compounds.csv").read_text(encoding="utf-8").splitlines()
    named = [line.split(",") for line in lines if line.split(",")[0] in rows]
    assert len(named) == 4
    assert all(any(cell.encode() in found for cell in row) for row in named)
    assert len(found) == 9
