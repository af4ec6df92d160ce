"""Folds of a mixture run: who scores whom, under which calibration, and what is refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest
from mixture_builders import FIT, N_BITS, SMALL, SPEC

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import weights
from nmrcam_qt.ml.evaluation_networks import groups, read_folds
from nmrcam_qt.ml.mix_compounds import fold_of
from nmrcam_qt.ml.mix_data import published_compounds
from nmrcam_qt.ml.mix_figures import CASES_NAME, case_arrays
from nmrcam_qt.ml.mix_folds import NEVER_TRAINED, is_mix_run, network_settings, read_mix_folds
from nmrcam_qt.ml.mix_run import LIFT
from nmrcam_qt.ml.mixnet_calibration import fit_calibration
from nmrcam_qt.ml.mixnet_evaluation import Cases
from nmrcam_qt.ml.mixnet_shipping import MIX_CLASSES, draft_card
from nmrcam_qt.ml.mixnet_training import STATE_NAME
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_net import (
    CAM_LAYER,
    TokenSettings,
    build_token_net,
    copy_trunk,
    lift_scores,
)
from nmrcam_qt.ml.token_training import build_training

ENTRIES = [Entry(f"e{i}", f"COMPOUND{i // 2:06d}", {}) for i in range(20)]


def _card(experiment: Experiment = Experiment.HSQC) -> Card:
    spec = replace(SPEC, name=experiment.value, experiment=experiment)
    return draft_card((spec,), (CAM_LAYER,), [0.5] * len(MIX_CLASSES), {}, {}, ())


def _cases(seed: int) -> Cases:
    rng = np.random.default_rng(seed)
    shape = (40, len(CLASS_IDS))
    logits = rng.normal(-1, 3, shape)
    labels = rng.random(shape) < 1 / (1 + np.exp(-0.4 * logits))
    nothing = np.full(shape, np.nan)
    names = tuple(f"{seed}-{i}" for i in range(40))
    return Cases(names, logits, labels, nothing, nothing, nothing)


@pytest.fixture(scope="module")
def trained():
    """A training network for each of two folds, with random weights."""
    networks = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        networks.append(build_training(SMALL, FIT, N_BITS))
    return networks


@pytest.fixture
def run(tmp_path, trained):
    """The folder of a run of two folds."""
    for fold, model in enumerate(trained):
        folder = tmp_path / f"fold{fold}"
        folder.mkdir()
        weights = {f"w{i}": w for i, w in enumerate(model.get_weights())}
        np.savez(folder / STATE_NAME, epoch=1, **weights)
        np.savez(folder / CASES_NAME, **case_arrays("bmrb2d +0", _cases(fold)))
    about = {"recipe": "hsqc-mix", "settings": {"network": asdict(SMALL)}, "plan": {"n_folds": 2}}
    (tmp_path / "results.json").write_text(json.dumps(about), encoding="utf-8")
    return tmp_path


def _shipped(card: Card) -> Network:
    return Network(card, build_token_net(card.inputs[0], SMALL), "0" * 64)


def test_every_compound_is_scored_by_the_fold_that_never_saw_it(run):
    folds = read_folds(run, 0, ENTRIES)
    made = list(groups(_shipped(_card()), ENTRIES, folds, ENTRIES))
    assert sorted(e.id for g in made for e in g.entries) == sorted(e.id for e in ENTRIES)
    assert len(made) == 2
    for number, group in enumerate(made):
        for entry in group.entries:
            assert fold_of(entry.compound.encode(), 2) == number
            assert entry.compound in group.held_out and group.unseen(entry)
        others = [e for e in ENTRIES if e not in group.entries]
        assert others and not any(group.unseen(e) for e in others)
        assert all(group.unseen(Entry("x", name, {})) for name in NEVER_TRAINED)


def test_the_network_is_that_of_the_fold_calibrated_on_the_others(run, trained):
    folds = read_folds(run, 0, ENTRIES)
    rng = np.random.default_rng(3)
    ink = np.where(rng.random((2, *SPEC.shape)) < 0.05, 1, 0).astype(np.float32)
    for number, fold in enumerate(folds):
        model = build_token_net(SPEC, SMALL)
        copy_trunk(trained[number], model)
        lift_scores(model, LIFT)
        plain = np.asarray(model(ink), np.float64)
        other = _cases(1 - number)
        fitted = fit_calibration(other.logits, other.labels)
        expected = plain / fitted.temperatures + fitted.shifts
        found = fold.network(_card()).logits([ink])
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
        assert not np.allclose(expected, plain, atol=0.1)
    assert folds[0].network(_card()).sha256 != folds[1].network(_card()).sha256


def test_what_is_no_run_or_of_another_network_is_refused(run, tmp_path):
    assert is_mix_run(run) and not is_mix_run(run / "fold0")
    with pytest.raises(NetworkError, match="only repeat 0"):
        read_folds(run, 1, ENTRIES)
    with pytest.raises(NetworkError, match="folds of hsqc-mix, not of hmbc-mix"):
        read_folds(run, 0, ENTRIES)[0].network(_card(Experiment.HMBC))
    (run / "fold1" / CASES_NAME).unlink()
    with pytest.raises(NetworkError, match="1 of 2 folds are judged"):
        read_folds(run, 0, ENTRIES)[0].network(_card())
    (run / "fold1" / STATE_NAME).unlink()
    with pytest.raises(NetworkError, match="weights of fold 1 are missing"):
        read_mix_folds(run)
    (run / "results.json").write_text("[]", encoding="utf-8")
    with pytest.raises(NetworkError, match="no run of mixture networks"):
        read_mix_folds(run)


def test_weights_of_another_size_are_refused(run):
    about = json.loads((run / "results.json").read_text())
    about["settings"]["network"]["width"] = 16
    (run / "results.json").write_text(json.dumps(about))
    with pytest.raises(NetworkError, match="not of a network of this size"):
        read_folds(run, 0, ENTRIES)[0].network(_card())


def test_runs_from_before_the_ties_have_none():
    sizes = asdict(replace(SMALL, cycles=(0.5,), ties=(0.4, 2.0), grid=(40, 48)))
    written = json.loads(json.dumps({"settings": {"network": sizes}}))
    assert network_settings(written) == TokenSettings(**sizes)
    for name in ("ties", "grid"):
        del written["settings"]["network"][name]
    assert network_settings(written) == replace(SMALL, cycles=(0.5,))


@pytest.mark.parametrize(
    ("name", "size"), [("width", 10**9), ("heads", 0), ("blocks", "4"), ("count", -1)]
)
def test_sizes_of_no_network_are_refused_before_it_is_built(run, name, size):
    about = json.loads((run / "results.json").read_text())
    about["settings"]["network"][name] = size
    (run / "results.json").write_text(json.dumps(about))
    with pytest.raises(NetworkError, match="no run of mixture networks"):
        read_mix_folds(run)


@pytest.mark.parametrize("n_folds", ["0", "-1", "Infinity", "[]"])
def test_a_number_of_folds_that_is_none_is_refused(run, n_folds):
    text = (run / "results.json").read_text().replace('"n_folds": 2', f'"n_folds": {n_folds}')
    (run / "results.json").write_text(text)
    with pytest.raises(NetworkError, match="no run of mixture networks"):
        read_mix_folds(run)


@pytest.mark.parametrize("kind", ["junk", "empty", "cut", "crc", "pickle", "no numbers"])
@pytest.mark.parametrize("name", [STATE_NAME, CASES_NAME])
def test_broken_files_of_a_fold_are_one_sentence(run, name, kind):
    path = run / "fold0" / name
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0xFF
    blobs = {"junk": b"PK\x03\x04junk", "empty": b"", "cut": good[:-30], "crc": bytes(flipped)}
    if kind in blobs:
        path.write_bytes(blobs[kind])
    else:
        odd = np.array([{}], dtype=object) if kind == "pickle" else np.array(["x"])
        np.savez(path, **{"epoch": odd, "w0": odd, "bmrb2d +0/compounds": odd})
    with pytest.raises(NetworkError, match=name):
        read_folds(run, 0, ENTRIES)[0 if name == STATE_NAME else 1].network(_card())


def test_arrays_that_unpack_to_too_much_are_not_unpacked(run, monkeypatch):
    monkeypatch.setattr(weights, "MAX_BYTES", 1000)
    with pytest.raises(NetworkError, match="at most 1000 are read"):
        read_folds(run, 0, ENTRIES)[0].network(_card())


def test_the_compounds_that_are_never_trained_on_are_those_of_the_data(data_dir):
    assert {c.decode() for c in published_compounds(data_dir)} == NEVER_TRAINED
