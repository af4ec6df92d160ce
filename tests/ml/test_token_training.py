"""What token networks learn from, and the whole way from caches to a shipped network."""

from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from test_mixnet_training import cache

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.fingerprints import common_surroundings, fingerprints
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import mix_run
from nmrcam_qt.ml.mix_data import MixData, published_compounds
from nmrcam_qt.ml.mix_recipes import MixPlan, MixRecipe, Stage, mix_recipe
from nmrcam_qt.ml.mixnet_data import COMPOUND, FOREIGN, SUBSTRUCTURE, UNKNOWN
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_feed import NOBODY, TokenFeed, TokenFeedSettings, owners_of
from nmrcam_qt.ml.token_layers import (
    FINER,
    InkTokens,
    ink_tokens,
    n_features,
    token_area,
)
from nmrcam_qt.ml.token_net import TokenSettings, build_token_net, build_trained, copy_trunk
from nmrcam_qt.ml.token_training import (
    PARTS,
    SignalLosses,
    TokenFitSettings,
    TokenFitter,
    build_training,
)

SPEC = InputSpec("hsqc", Experiment.HSQC, (40, 48, 1), (0.0, 200.0), (10.0, 0.0))
SMALL = TokenSettings(width=8, blocks=1, heads=2, head=8, cycles=(1.0, 4.0), count=64)
FEED = TokenFeedSettings(batch_size=4, steps=3, sizes=(0.5, 0.5), most=64)
FIT = TokenFitSettings(epochs=2, warm_up=1)
WAVES = position_waves(20, 24, SMALL.cycles).reshape(480, -1)


def smiles_cache(n=12, first=0, measured=False):
    """`cache` with structures that RDKit reads."""
    made = cache(n, first, measured)
    texts = ("CCCCCCCC(=O)O", "c1ccc2c(c1)cc[nH]2", "CCO", "c1ccccc1C")
    return replace(made, smiles=tuple(texts[i % 4] for i in range(n)))


def feed(settings=FEED, seed=0, n=12):
    made = smiles_cache(n)
    bits = fingerprints(made.smiles, common_surroundings(made.smiles, 6))
    return TokenFeed(made, bits, SPEC, SMALL.cycles, settings, seed)


def random_ink(seed=0, n=30):
    rng = np.random.default_rng(seed)
    ink = np.zeros(SPEC.shape[:2], np.float32)
    for row, column in rng.integers(0, 40, (n, 2)):
        ink[row : row + 3, column : column + 2] = rng.uniform(0.2, 1)
    return ink


def test_tokens_drawn_in_numpy_are_those_of_the_layer():
    ink = random_ink()
    mine, cell = ink_tokens(ink, WAVES, 480)
    theirs = np.asarray(InkTokens(480, SMALL.cycles)(ink[np.newaxis, ..., np.newaxis]))[0]
    assert 20 < len(cell) < 300
    assert mine.shape == (len(cell), n_features(SMALL.cycles))
    assert not theirs[len(cell) :].any()
    # Cells of equal ink come in any order.
    order = [np.lexsort(t.T) for t in (mine, theirs[: len(cell)])]
    np.testing.assert_allclose(mine[order[0]], theirs[: len(cell)][order[1]], atol=1e-6)


def test_trunk_and_network_give_the_same_scores_at_the_same_ink():
    network, trunk = build_token_net(SPEC, SMALL), build_trained(SMALL)
    copy_trunk(trunk, network)
    ink = random_ink(1, 12)
    grid = keras.Model(network.inputs[0], network.get_layer("grid").output)
    tokens, cell = ink_tokens(ink, WAVES, SMALL.count)
    assert len(cell) < SMALL.count
    scores = np.asarray(trunk(tokens[np.newaxis])[0])[0]
    drawn = np.asarray(grid(ink[np.newaxis, ..., np.newaxis]))[0]
    np.testing.assert_allclose(scores, drawn[::FINER, ::FINER].reshape(480, -1)[cell], atol=1e-5)


def test_area_counts_the_inked_samples_of_a_cell():
    ink = np.zeros(SPEC.shape[:2], np.float32)
    ink[4, 6] = ink[4, 7] = ink[5, 6] = 1.0
    ink[10, 10] = 0.8
    tokens, cell = ink_tokens(ink, WAVES, 64)
    area = np.asarray(token_area(tokens[np.newaxis]))[0, :, 0]
    assert dict(zip(cell.tolist(), area.tolist(), strict=True)) == {
        2 * 24 + 3: 3.0,
        5 * 24 + 5: 1.0,
    }


def test_a_batch_says_whose_every_token_is():
    inputs, nothing = feed()[0]
    n, k = inputs["owners"].shape
    assert (n, k % 32, len(nothing)) == (4, 0, len(PARTS))
    blank = inputs["tokens"][..., 0] == 0
    assert (inputs["codes"][blank] == UNKNOWN).all()
    assert (inputs["owners"][blank] == NOBODY).all()
    for codes, owners, labels, bits in zip(
        *(inputs[key] for key in ("codes", "owners", "labels", "surroundings")), strict=True
    ):
        assert ((codes >= COMPOUND).any(axis=0) <= (labels > 0)).all()
        assert bits[owners.max() + 1 :].sum() == 0 or (owners >= 0).any()


def test_owners_are_those_of_the_darkest_spot():
    made = smiles_cache(2)
    drawer = Drawer(made, SPEC.f1, SPEC.f2, PLAIN)
    example = drawer.draw(np.random.default_rng(0), 2, [0, 1])
    owners = owners_of(example)
    spots = example.spots
    for h, c, owner in zip(spots.h_ppm, spots.c_ppm, spots.owner, strict=True):
        near = (np.abs(spots.h_ppm - h) < 1.5) & (np.abs(spots.c_ppm - c) < 40)
        if (spots.owner[near] == owner).all():
            row = int(np.floor(SPEC.f1.index(np.array([c]))[0] + 0.5)) // FINER
            column = int(np.floor(SPEC.f2.index(np.array([h]))[0] + 0.5)) // FINER
            assert owners[row * 24 + column] == owner


def test_the_same_seed_draws_the_same_batches_and_few_tokens_are_padding():
    one, other = feed(FEED, 5)[2][0], feed(FEED, 5)[2][0]
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert not np.array_equal(one["labels"], feed(FEED, 6)[2][0]["labels"])
    many = feed(replace(FEED, batch_size=8, most=480))
    widths = [many[i][0]["tokens"].shape[1] for i in range(8)]
    assert widths[0] < widths[1]
    assert widths[2:] == sorted(widths[2:])


def losses_of(*, scores, pairs, logits, codes, owners, surroundings, labels):
    """One example of two tokens with full masks."""
    tokens = np.zeros((1, 2, n_features((1.0,))), np.float32)
    tokens[..., 0] = 1
    tokens[..., 18:22] = 1
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


def test_a_training_goes_on_where_it_stopped(tmp_path):
    weights = []
    for folder, stops in (("whole", (2,)), ("halves", (1, 2))):
        for epochs in stops:
            keras.utils.set_random_seed(3)
            fit = replace(FIT, epochs=2)
            model = build_training(SMALL, fit, 6)
            fitter = TokenFitter(model, fit, FEED.steps, tmp_path / folder)
            deadline = 0.0 if epochs < 2 else None
            assert fitter.fit(feed(), deadline=deadline) == epochs
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    lines = (tmp_path / "whole" / "log.jsonl").read_text().splitlines()
    assert {f"{p}_loss" for p in PARTS} <= set(json.loads(lines[-1]))


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    """All stages of a run of a few steps on generated compounds."""
    draw = DrawSettings()
    stage = Stage(replace(FEED, draw=draw), replace(FIT, epochs=1))
    tuning = Stage(replace(FEED, draw=draw), replace(FIT, epochs=1))
    recipe = MixRecipe("hsqc-mix", "Small", Experiment.HSQC, SMALL, stage, tuning, 6)
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
    results = mix_run.train_mix(recipe, out, out, plan)
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
