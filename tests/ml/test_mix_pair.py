"""One network for both spectra of a sample: fusion, shipping, maps, and the way from two runs."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixture_builders import FEED, FIT, SMALL, SPEC, smiles_cache
from token_builders import SETTINGS, TINY, inked, token_net

from nmrcam_qt.cli.main import main
from nmrcam_qt.cli.train import _pair_table
from nmrcam_qt.core import card_store
from nmrcam_qt.core.cards import read_card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import mix_figures, mix_pair, mix_pair_cases, mix_run
from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.mix_compounds import fold_of
from nmrcam_qt.ml.mix_data import MixData
from nmrcam_qt.ml.mix_fusion import Fusion, fit_fusion
from nmrcam_qt.ml.mix_pair_cases import (
    PairBench,
    PairCases,
    alone,
    cross_fitted,
    fused,
    pair_cases,
    pair_figures,
)
from nmrcam_qt.ml.mix_pair_net import pair_networks, ship_pair
from nmrcam_qt.ml.mix_recipes import MixPlan, MixRecipe, Stage, mix_recipe
from nmrcam_qt.ml.mixnet_calibration import sigmoid
from nmrcam_qt.ml.mixnet_shipping import MIX_CLASSES, ship_mixnet
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_net import lift_scores

HMBC = replace(TINY, name="hmbc", experiment=Experiment.HMBC, shape=(28, 36, 1))
FUSION = Fusion(np.linspace(0.4, 1.2, 12), np.linspace(1.1, 0.6, 12), np.linspace(-2, 2, 12))
GRADIENT_METHODS = ("gradcam", "hirescam", "layercam", "xgradcam")


# ---- fusion


def made_logits(n=4000, seed=0, a=0.8, b=0.5, n_classes=3):
    """Logits, and labels by the true fusion of them."""
    rng = np.random.default_rng(seed)
    hsqc, hmbc = rng.normal(-1, 3, (2, n, n_classes))
    shifts = np.linspace(-1, 1, n_classes)
    labels = rng.random((n, n_classes)) < sigmoid(a * hsqc + b * hmbc + shifts)
    return hsqc, hmbc, labels, shifts


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_the_factors_are_found(spread):
    hsqc, hmbc, labels, shifts = made_logits()
    found = fit_fusion(hsqc, hmbc, labels, spread=spread)
    np.testing.assert_allclose(found.hsqc, 0.8, atol=0.08)
    np.testing.assert_allclose(found.hmbc, 0.5, atol=0.08)
    np.testing.assert_allclose(found.shifts, shifts, atol=0.15)
    assert (len(set(found.hsqc)) == 1) == (spread == 0)


def test_the_fit_is_the_lowest_penalised_loss():
    hsqc, hmbc, labels, _ = made_logits(200)

    def cost(x):
        raised = np.exp(x[0]) * hsqc + np.exp(x[1]) * hmbc + x[2:]
        loss = (np.logaddexp(0, raised) - labels * raised).sum()
        return loss + (((x[:2] - np.log(0.7)) / 0.5) ** 2).sum() / 2 + ((x[2:] / 3) ** 2).sum() / 2

    found = fit_fusion(hsqc, hmbc, labels)
    x = np.array([np.log(found.hsqc[0]), np.log(found.hmbc[0]), *found.shifts])
    for i in range(len(x)):
        for step in (-0.01, 0.01):
            assert cost(x + step * np.eye(len(x))[i]) > cost(x)


def test_factors_stay_above_zero_and_classes_without_cases_take_the_shared_ones():
    hsqc, hmbc, labels, _ = made_logits(300)
    labels[:, 1], labels[:, 2] = False, True
    found = fit_fusion(hsqc, -hmbc, labels, spread=0.1)
    assert (found.hsqc > 0).all() and (found.hmbc > 0).all()
    assert found.hmbc[0] < 0.2
    assert (found.shifts[1:] == 0).all()
    assert found.hsqc[1] == found.hsqc[2]


def test_weights_count_as_cases():
    hsqc, hmbc, labels, _ = made_logits(60)
    twice = [np.concatenate([x, x[:20]]) for x in (hsqc, hmbc, labels)]
    weights = np.ones(60)
    weights[:20] = 2
    one, other = fit_fusion(*twice), fit_fusion(hsqc, hmbc, labels, weights)
    np.testing.assert_allclose(one(hsqc, hmbc), other(hsqc, hmbc), atol=1e-4)


# ---- one network


def singles():
    models = []
    for spec, seed, lift in ((TINY, 1, 4.0), (HMBC, 2, 6.0)):
        model = token_net(spec, SETTINGS, seed)
        lift_scores(model, lift)
        models.append(model)
    return models


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Folder, the two networks, and the paired one as it was before shipping."""
    root = tmp_path_factory.mktemp("models")
    models = singles()
    cards = [
        ship_mixnet(model, spec, root / f"{spec.name}-mix", [0.5] * 12, {}, {}, [f"{spec.name}!"])
        for model, spec in zip(singles(), (TINY, HMBC), strict=True)
    ]
    paired = pair_networks(*models, FUSION)
    ship_pair(paired, cards, root / "paired-mix", np.full(12, 0.5), {}, {}, ("few",))
    return root / "paired-mix", models, paired


@pytest.fixture(scope="module")
def network(shipped):
    return Network.load(shipped[0])


def sample(seed=0, n=3):
    return [
        np.stack([inked(seed + i, 10 + 5 * i, spec) for i in range(n)]) for spec in (TINY, HMBC)
    ]


def test_the_logit_is_the_fusion_of_the_two(shipped):
    _, models, paired = shipped
    inks = sample()
    alone = [np.asarray(m(x), np.float64) for m, x in zip(models, inks, strict=True)]
    assert np.ptp(alone[0]) > 1 and np.ptp(alone[1]) > 1
    np.testing.assert_allclose(np.asarray(paired(inks)), FUSION(*alone), atol=1e-4)


def test_it_loads_and_its_card_says_what_it_is(shipped, network):
    card = read_card(shipped[0])
    assert (card.id, card.title) == ("paired-mix", "Mixtures, HSQC + HMBC")
    assert card.inputs == (TINY, HMBC) and card.classes == MIX_CLASSES
    assert card.layers == ("hsqc-evidence", "hmbc-evidence") and card.trained_on_mixtures
    assert card.limits == ("few", "hsqc!", "hmbc!")
    inks = sample(4)
    np.testing.assert_allclose(network.logits(inks), np.asarray(shipped[2](inks)), atol=0.05)


def test_both_maps_and_the_bias_sum_to_the_logit_and_blank_samples_hold_nothing(network):
    inks = sample()
    done = explain_batch(network, inks, ("cam",), "all")
    bias = np.asarray(network.model.get_layer("logits").bias)
    for row, explanations in enumerate(done.explanations):
        assert len(explanations) == 2 * len(CLASS_IDS)
        for number, class_id in enumerate(CLASS_IDS):
            maps = {e.input_name: e for e in explanations if e.class_id == class_id}
            total = sum(e.evidence.sum(dtype=np.float64) for e in maps.values())
            assert total + bias[number] == pytest.approx(done.logits[row, number], abs=1e-4)
            for ink, name, spec in zip(inks, ("hsqc", "hmbc"), (TINY, HMBC), strict=True):
                evidence = maps[name].evidence
                assert evidence.shape == spec.shape[:2]
                assert (evidence[ink[row, ..., 0] <= 0.05] == 0).all()
                assert np.abs(evidence).max() > 0
                np.testing.assert_allclose(maps[name].f1.centres, spec.f1.centres, atol=1e-9)
                np.testing.assert_allclose(maps[name].f2.centres, spec.f2.centres, atol=1e-9)


def test_a_blank_spectrum_leaves_the_other_map_alone(network):
    inks = sample(1, 1)
    blank = [inks[0], np.zeros_like(inks[1])]
    done = explain_batch(network, blank, ("cam",), [["indole"]])
    hsqc, hmbc = done.explanations[0]
    assert not hmbc.evidence.any() and hsqc.evidence.any()
    both = explain_batch(network, inks, ("cam",), [["indole"]]).explanations[0][0]
    np.testing.assert_array_equal(both.evidence, hsqc.evidence)


@pytest.mark.parametrize("layer", [None, "hsqc-evidence", "hmbc-evidence"])
def test_every_method_that_applies_on_every_layer(network, layer):
    inks = sample(2, 1)
    prepared = Prepared(tuple(x[0] for x in inks), ())
    (done,) = analyse_prepared(network, [prepared], DEFAULT_METHODS, ["steroid"], layer)
    methods = (*GRADIENT_METHODS, "cam")
    layers = [layer] if layer else ["hsqc-evidence", "hmbc-evidence"]
    assert {(e.method, e.layer) for e in done.explanations} == {
        (m, name) for m in methods for name in layers
    }
    reasons = dict(done.unavailable)
    assert "never negative" in reasons["gradcam++"]
    by = {(e.method, e.layer): e.evidence for e in done.explanations}
    for name in layers:
        # The evidence is linear in the logit: these are one and the same.
        wanted = np.maximum(by["cam", name], 0)
        np.testing.assert_allclose(by["hirescam", name], wanted, atol=1e-6)
        assert wanted.any()


def test_gradients_are_those_of_the_plain_way(network):
    from nmrcam_qt.ml.explain.passes import Passes

    inks, chosen = sample(3, 2), np.array([[0, 5], [11, 2]], np.int32)
    graph = engine(network).graph
    for layers in (["hmbc-evidence"], ["hmbc-evidence", "hsqc-evidence"]):
        fast = Passes(graph, layers)(inks, chosen)
        plain = Passes(graph, layers, shortcut=False)(inks, chosen)
        np.testing.assert_allclose(fast.logits, plain.logits, atol=1e-4)
        for one, other in zip(fast.gradients, plain.gradients, strict=True):
            assert one.any()
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_logits_are_the_same_alone_in_a_batch_and_beside_maps(network):
    inks = sample(5, 6)
    own = engine(network)
    together = own.logits(inks)
    np.testing.assert_array_equal(own.logits([x[2:3] for x in inks]), together[2:3])
    for layer in (None, "hmbc-evidence"):
        np.testing.assert_array_equal(
            explain_batch(network, inks, ("cam",), "top", layer).logits, together
        )


def test_networks_that_do_not_fit_are_no_pair():
    model = singles()[0]
    with pytest.raises(ValueError, match="two inputs are called 'hsqc'"):
        pair_networks(model, model, FUSION)


# ---- cases


def both_caches(n=24, first=200):
    hsqc = smiles_cache(n, first, measured=True)
    hmbc = replace(smiles_cache(n, first, measured=True), experiment=Experiment.HMBC)
    return hsqc, hmbc.subset(np.arange(2, n))


def test_both_spectra_are_of_the_same_compounds():
    hsqc, hmbc = both_caches()
    bench = PairBench(hsqc, hmbc, (SPEC, replace(SPEC, name="hmbc")))
    assert bench.compounds == sorted(hmbc.compounds.tolist())
    drawn = []
    for drawer in bench._drawers:
        plain, drawer.draw = drawer.draw, None

        def spy(rng, n, chosen, amounts, drawer=drawer, plain=plain):
            drawn.append([drawer.cache.compounds[i] for i in chosen])
            assert (amounts == 1).all()
            return plain(rng, n, chosen, amounts)

        drawer.draw = spy
    for number in range(len(bench.compounds)):
        drawn.clear()
        one, other, labels = bench.draw(number, 2)
        assert drawn[0] == drawn[1] and len(set(drawn[0])) == 3
        assert drawn[0][0] == bench.compounds[number]
        target, *foreign = (hsqc.compounds.tolist().index(c) for c in drawn[0])
        assert not any(hsqc.labels[i] & 7 for i in foreign)
        carried = [bool(hsqc.labels[target] >> i & 1) for i in range(12)]
        assert labels.tolist() == carried
        again = bench.draw(number, 2)
        assert (one == again[0]).all() and (other == again[1]).all()


def made_cases(n=60, seed=0):
    hsqc, hmbc, labels, _ = made_logits(2 * n, seed, n_classes=12)
    names = np.array([f"{i:014d}" for i in range(n)])
    return PairCases(
        np.tile(names, 2), np.repeat([0, 1], n), np.tile(np.arange(n) % 3, 2), hsqc, hmbc, labels
    )


def test_what_is_judged_was_not_learned_from():
    cases = made_cases()
    before = cross_fitted(cases, fused(0.0))
    labels = cases.labels.copy()
    labels[cases.fold == 1] = ~labels[cases.fold == 1]
    after = cross_fitted(replace(cases, labels=labels), fused(0.0))
    mine = cases.fold == 1
    np.testing.assert_array_equal(before[mine], after[mine])
    assert not np.allclose(before[~mine], after[~mine])


def test_figures_of_the_pair_stand_beside_those_of_each_alone(monkeypatch):
    monkeypatch.setattr(mix_pair_cases, "RESAMPLES", 40)
    cases = made_cases(300)
    found = pair_figures(cases)
    assert set(found["figures"]) == {"+0", "+1"}
    one = found["figures"]["+1"]
    assert one["pair"]["n"] == one["hsqc"]["n"] == 300
    difference, low, high = one["pair - hmbc"]
    expected = one["pair"]["study"]["auroc"] - one["hmbc"]["study"]["auroc"]
    assert difference == pytest.approx(expected, abs=2e-4) and low <= difference <= high
    assert low > 0
    losses = found["log_loss"]
    assert losses["spread 0"] < min(losses["hsqc"], losses["hmbc"])
    kept = cross_fitted(cases, alone("hsqc"))
    assert np.corrcoef(kept[:, 0], cases.hsqc[:, 0])[0, 1] > 0.99
    pure = found["calls"]["pure"]
    assert set(pure["by_class"]) == set(CLASS_IDS)
    assert pure["by_class"]["indole"]["recall"] > 0.5
    assert pure["false_calls"] < 1.2  # twelve classes at 3 %, from few compounds


# ---- from two runs


def finished_run(name, root, data):
    """A run of which every state holds other random weights, as if it had been trained."""
    experiment = Experiment(name.removesuffix("-mix"))
    stages = Stage(FEED, FIT), Stage(FEED, FIT)
    recipe = MixRecipe(name, "Small", experiment, SMALL, *stages, 6)
    run = mix_run.MixRun(recipe, data, root / name, MixPlan(n_folds=2, foreign=(0, 1)))
    fitter, rng = run._fitter(recipe.tuning), np.random.default_rng(len(name))
    for state in ("fold0", "fold1", "all"):
        fitter.folder = run.out / state
        fitter.folder.mkdir(parents=True)
        weights = fitter.network.get_weights()
        fitter.network.set_weights([w + rng.normal(0, 0.2, w.shape) for w in weights])
        fitter.save(1)
    model, _ = run.deploy(run.out / "all")
    card = ship_mixnet(model, run.spec, run.out / "network", [0.5] * 12, {}, {})
    results = run.figures() | {"folds done": 2, "sha256": card.sha256}
    (run.out / "results.json").write_text(json.dumps(results))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two finished runs on generated compounds."""
    root = tmp_path_factory.mktemp("runs")
    hsqc, hmbc = both_caches(36)
    specs = {Experiment.HSQC: SPEC, Experiment.HMBC: replace(SPEC, shape=(40, 60, 1))}
    sets = {"hsqc-mix": hsqc, "hmbc-mix": hmbc}
    patched = pytest.MonkeyPatch()
    patched.setattr(mix_run, "token_input", lambda e: replace(specs[e], name=e.value, experiment=e))

    def data_of(recipe, *_):
        made = [replace(smiles_cache(*a), experiment=recipe.experiment) for a in ((12,), (9, 100))]
        return MixData(*made, {"bmrb2d": sets[recipe.id]}, frozenset())

    patched.setattr(mix_pair_cases, "RESAMPLES", 5)
    patched.setattr(mix_pair, "load_mix_data", data_of)
    for name in sets:
        finished_run(name, root, data_of(mix_recipe(name)))
    yield root
    patched.undo()


def arguments(root, out):
    folders = [str(root / name) for name in ("hsqc-mix", "hmbc-mix")]
    return ["train", "paired-mix", "--data", str(root), "--out", str(out), "--from", *folders]


@pytest.fixture(scope="module")
def joined(runs, tmp_path_factory):
    """Folder of the paired network that the command makes of them, and what it prints."""
    out, said = tmp_path_factory.mktemp("pair"), io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main([*arguments(runs, out), "--json"]) == 0
    return out, json.loads(said.getvalue())


def test_the_command_joins_two_runs(runs, joined):
    out, results = joined
    network = Network.load(out / "network")
    assert network.card.sha256 == results["sha256"]
    assert results == json.loads((out / "results.json").read_text())
    assert results["compounds"] == 34 and set(results["figures"]) == {"+0", "+1"}
    singles = [Network.load(runs / name / "network") for name in ("hsqc-mix", "hmbc-mix")]
    assert network.card.inputs == tuple(n.card.inputs[0] for n in singles)
    assert network.card.metrics["bmrb2d, both spectra +1"]["n"] == 34
    assert "34 measured compounds" in network.card.limits[0]


def test_at_most_the_stated_share_of_the_left_out_reaches_a_threshold(joined):
    out, results = joined
    saved = np.load(out / "pairs.npz")
    assert len(saved["labels"]) == 68
    for name, fold in zip(saved["compounds"].tolist(), saved["fold"].tolist(), strict=True):
        assert fold_of(name.encode(), 2) == fold
    fusion = Fusion(*(np.array(results["fusion"][k]) for k in ("hsqc", "hmbc", "shifts")))
    p = sigmoid(fusion(saved["hsqc"], saved["hmbc"]))
    for i, limit in enumerate(read_card(out / "network").thresholds):
        wrong = p[:, i][~saved["labels"][:, i]]
        # The card has four digits; one case more would be over the stated share.
        assert (wrong >= limit + 2e-4).sum() <= mix_figures.PRESENT_FPR * len(wrong)
        assert (wrong >= limit - 2e-4).sum() + 1 > mix_figures.PRESENT_FPR * len(wrong)


def test_logits_are_those_of_the_fold_that_did_not_learn_the_compound(runs, joined):
    opened = [mix_pair.open_run(n, runs / n, runs, mix_pair.SILENT) for n in mix_pair.RECIPES]
    saved = np.load(joined[0] / "pairs.npz")
    bench = PairBench(*(r.judged(1) for r in opened), tuple(r.run.spec for r in opened))
    found = pair_cases(tuple(r.network("fold1") for r in opened), bench, (0,), 1)
    mine = (saved["fold"] == 1) & (saved["n_foreign"] == 0)
    np.testing.assert_allclose(saved["hsqc"][mine], found.hsqc, atol=1e-4)
    np.testing.assert_allclose(saved["hmbc"][mine], found.hmbc, atol=1e-4)
    for run in opened:
        learned = set(run.run.data.learned(1, 2).compounds.tolist())
        assert not learned & set(bench.compounds)


def test_the_table_for_people(joined):
    lines = _pair_table(joined[1], joined[0]).splitlines()
    assert lines[0] == "paired-mix: 34 compounds with both spectra, 2 folds by compound"
    assert [line.split()[:2] for line in lines[2:5]] == [
        ["+0", "both"],
        ["+0", "HSQC"],
        ["+0", "HMBC"],
    ]


def test_predict_pairs_two_files_and_takes_it_for_both(joined, tmp_path, monkeypatch, capsys):
    models, out = tmp_path / "models", joined[0]
    shutil.copytree(out / "network", models / "paired-mix")
    # Another network for both, first by name and not for mixtures, as kuhn-combined.
    shutil.copytree(out / "network", models / "a-pair")
    card = json.loads((models / "a-pair" / "card.json").read_text())
    card |= {"id": "a-pair", "trained_on_mixtures": False}
    (models / "a-pair" / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(card_store, "models_dir", lambda: models)
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    for name, shift in (("x_hsqc.csv", 30), ("x_hmbc.csv", 90)):
        (tmp_path / name).write_text(f"1H,13C\n3.5,{shift}\n7.2,{shift + 40}\n")
    files = [str(tmp_path / name) for name in ("x_hsqc.csv", "x_hmbc.csv")]
    assert main(["predict", "--pair", *files, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["network"] == "paired-mix"
    assert [Path(p["file"]).name for p in said["pair"]] == ["x_hsqc.csv", "x_hmbc.csv"]
    assert set(said["scores"]) == set(CLASS_IDS)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda f: (f / "results.json").unlink(), "no finished run of hmbc-mix .there is no res"),
        (lambda f: (f / "all" / "state.npz").unlink(), "all/state.npz is missing"),
        (lambda f: change(f, "recipe", "hsqc-mix"), "a run of hsqc-mix; expected one of hmbc-mix"),
        (lambda f: change(f, "folds done", 1), "its network was not shipped yet"),
        (lambda f: (f / "results.json").write_text("{"), "results.json: cannot be read"),
        (lambda f: (f / "results.json").write_text("[]"), "a run of None; expected"),
    ],
)
def test_runs_that_are_not_finished(runs, tmp_path, broken, message):
    shutil.copytree(runs / "hmbc-mix", tmp_path / "hmbc-mix")
    broken(tmp_path / "hmbc-mix")
    with pytest.raises(NetworkError, match=message):
        mix_pair.open_run("hmbc-mix", tmp_path / "hmbc-mix", runs, mix_pair.SILENT)


def change(folder, key, value):
    path = folder / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


@pytest.mark.parametrize("argv", [["paired-mix"], ["hsqc-mix", "--from", "a", "b"]])
def test_from_belongs_to_the_paired_network(argv, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["train", *argv, "--data", str(tmp_path), "--out", str(tmp_path)])
    assert left.value.code == 2
    assert "paired-mix, and nothing else, needs --from" in capsys.readouterr().err
