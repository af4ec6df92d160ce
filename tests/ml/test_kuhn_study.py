"""Training the networks of the study, on a small generated twin of its data set."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.cards import InputSpec, read_card
from nmrcam_qt.core.datasets import kuhn_entries
from nmrcam_qt.core.errors import Cancelled, NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml import kuhn_study
from nmrcam_qt.ml.kuhn_study import (
    KuhnTrainer,
    Plan,
    load_kuhn,
    mixture_files,
    without_mixture_compounds,
)
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.recipes import RECIPES
from nmrcam_qt.ml.train_recipe import _read_table, train_recipe

PLAN = Plan(n_folds=3, repeats=1, mixture_seeds=1)
FOLDERS = {"fattyacids": (10, 10), "indol": (30, 20), "steroids": (10, 50)}


def _draw(path: Path, corners: list[tuple[int, int]]) -> None:
    """A white picture with one black block per corner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((41, 60), 255, dtype=np.uint8)
    for row, column in corners:
        pixels[row - 4 : row + 4, column - 4 : column + 4] = 0
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six compounds of each class, the first two of each the same compound."""
    folder = tmp_path_factory.mktemp("kuhn")
    rng = np.random.default_rng(1)
    rows = []
    for number, (name, (row, column)) in enumerate(FOLDERS.items()):
        for k in range(6):
            files = {}
            for experiment in ("hsqc", "hmbc"):
                files[experiment] = f"{experiment}/train/{name}/b{number}{k}_{experiment}.png"
                shift = rng.integers(-3, 4, 2)
                _draw(folder / files[experiment], [(row + shift[0], column + shift[1])])
            target = list(kuhn_study.TARGETS.values())[number]
            entry = f"bmse000{target}" if k == 2 else f"b{number}{k}"
            rows.append(
                {
                    "id": entry,
                    "published_class": name,
                    "hmbc_file": files["hmbc"],
                    "hsqc_file": files["hsqc"],
                    "smiles": "",
                    "inchikey14": f"C{number}{max(k, 1)}",
                    "fatty_acid": str(int(number == 0)),
                    "indole": str(int(number == 1)),
                    "steroid": str(int(number == 2)),
                    "note": "",
                }
            )
    for class_id, files in mixture_files(folder):
        number = list(kuhn_study.TARGETS).index(class_id)
        for path in files.values():
            _draw(path.with_suffix(".png"), [list(FOLDERS.values())[number]])
            path.with_suffix(".png").rename(path)
    with (folder / "compounds.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def _small(name: str) -> kuhn_study.Recipe:
    """The recipe with a small input."""
    found = RECIPES[name]
    inputs = tuple(
        InputSpec(i.name, i.experiment, (41, 60, 1), i.f1_window_ppm, i.f2_window_ppm)
        for i in found.inputs
    )
    return replace(found, inputs=inputs)


@pytest.fixture(scope="module")
def trained(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    train_recipe(_small("kuhn-hsqc"), twin, out, PLAN)
    return out


def test_results_say_what_the_folds_found(trained: Path) -> None:
    results = json.loads((trained / "results.json").read_text())
    assert results["n"] == 18
    assert results["compounds"] == 15
    for split in ("picture", "compound"):
        found = results["accuracy"][split]
        folds = [json.loads(p.read_text()) for p in (trained / "folds").glob(f"{split}-*.json")]
        tested = sorted(i for f in folds for i in f["test"])
        assert len(tested) == len(set(tested)) == 18
        right = [
            kuhn_study.CLASSES[int(np.argmax(s))] == t
            for f in folds
            for s, t in zip(f["scores"], f["truth"], strict=True)
        ]
        assert found["mean"] == pytest.approx(np.mean(right), abs=1e-4)
        assert found["mean"] > 0.8  # blocks in three places: anything less is broken training
        assert found["ci"][0] <= found["mean"] <= found["ci"][1]


def test_no_compound_is_on_both_sides_of_a_fold(trained: Path) -> None:
    side: dict[str, int] = {}
    for path in (trained / "folds").glob("compound-*.json"):
        fold = json.loads(path.read_text())
        for compound in fold["compounds"]:
            assert side.setdefault(compound, fold["fold"]) == fold["fold"]
    assert len(side) == 15


def test_the_shipped_folder_is_a_network_with_its_card(trained: Path, twin: Path) -> None:
    folder = trained / "network"
    card = read_card(folder)
    assert card.head == "softmax"
    assert card.default_layer == "conv4"
    assert card.trained_on_mixtures is False
    assert card.metrics["float16_max_abs_dp"] < 1e-3
    network = Network.load(folder)
    data = load_kuhn(twin, _small("kuhn-hsqc"))
    scores = network.scores(network.logits(data.examples))
    assert scores.sum(axis=1) == pytest.approx(1)
    assert (scores.argmax(axis=1) == data.labels).mean() > 0.9


def test_weights_of_another_network_are_refused(trained: Path) -> None:
    folder = trained / "network"
    blob = (folder / "weights.npz").read_bytes()
    other = sorted((trained / "folds").glob("compound-*.npz"))[0].read_bytes()
    try:
        (folder / "weights.npz").write_bytes(other)
        with pytest.raises(NetworkError, match="sha256"):
            Network.load(folder)
    finally:
        (folder / "weights.npz").write_bytes(blob)


def test_a_stopped_run_trains_only_what_is_missing(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _small("kuhn-hmbc")
    plan = replace(PLAN, splits=("picture",))
    data = load_kuhn(twin, recipe)
    trained: list[str] = []
    trainer = KuhnTrainer(recipe, data)
    real = trainer.train

    def counted(rows: Any, seed: int, progress: Any, text: str) -> Any:
        trained.append(text)
        return real(rows, seed, progress, text)

    monkeypatch.setattr(trainer, "train", counted)

    class StopInSecond:
        def step(self, done: int, total: int, text: str = "") -> None:
            if "f1" in text:
                raise Cancelled

    with pytest.raises(Cancelled):
        kuhn_study.cross_validate(trainer, plan, tmp_path, StopInSecond())
    assert len(list((tmp_path / "folds").glob("*.json"))) == 1
    trained.clear()
    results = kuhn_study.cross_validate(trainer, plan, tmp_path)
    assert trained == ["picture-r0-f1", "picture-r0-f2"]
    assert [r["fold"] for r in results] == [0, 1, 2]


def test_folds_of_other_settings_are_refused(twin: Path, trained: Path) -> None:
    recipe = _small("kuhn-hsqc")
    other = replace(recipe, settings=replace(recipe.settings, learning_rate=1e-2))
    with pytest.raises(NetworkError, match="other data or settings"):
        kuhn_study.cross_validate(KuhnTrainer(other, load_kuhn(twin, other)), PLAN, trained)


def test_folds_of_another_seed_or_number_are_refused(twin: Path, trained: Path) -> None:
    recipe = _small("kuhn-hsqc")
    trainer = KuhnTrainer(recipe, load_kuhn(twin, recipe))
    for plan in (replace(PLAN, seed=PLAN.seed + 1), replace(PLAN, n_folds=2)):
        with pytest.raises(NetworkError, match="another --seed or --folds"):
            kuhn_study.cross_validate(trainer, plan, trained)


def test_mixtures_of_another_seed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "as_published-s0.json"
    kuhn_study.write_json(path, {"right": 3, "of": 15, "seed": 4})
    assert _read_table(path, 4)["right"] == 3
    with pytest.raises(NetworkError, match="another --seed"):
        _read_table(path, 5)


def test_the_same_seed_gives_the_same_network_whatever_was_trained_before(twin: Path) -> None:
    recipe = _small("kuhn-combined")
    trainer = KuhnTrainer(recipe, load_kuhn(twin, recipe))
    rows = np.arange(12)
    first, history = trainer.train(rows, 3)
    kept = [np.asarray(w).copy() for w in first.weights]
    trainer.train(np.arange(6, 18), 4)
    second, again = trainer.train(rows, 3)
    assert len(history.losses) == len(again.losses)
    for a, b in zip(kept, second.weights, strict=True):
        assert np.allclose(a, np.asarray(b), atol=1e-6)
    other, _ = KuhnTrainer(recipe, trainer.data).train(rows, 3)
    for a, b in zip(kept, other.weights, strict=True):
        assert np.allclose(a, np.asarray(b), atol=1e-6)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_training_again_and_again_keeps_no_memory(twin: Path) -> None:
    recipe = replace(
        RECIPES["kuhn-hsqc"], settings=replace(RECIPES["kuhn-hsqc"].settings, epochs=1)
    )
    trainer = KuhnTrainer(recipe, load_kuhn(twin, recipe))

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for seed in range(2):
        trainer.train(np.arange(4), seed)
    before = resident()
    for seed in range(6):
        trainer.train(np.arange(4), seed)
    assert resident() - before < 150e6  # a new model for every training: 500 MB


def test_unseen_leaves_out_every_entry_of_a_mixture_compound(twin: Path) -> None:
    data = load_kuhn(twin, _small("kuhn-hsqc"))
    rows = without_mixture_compounds(data, twin)
    left = {data.entries[i].id for i in range(len(data.entries))} - {
        data.entries[i].id for i in rows
    }
    assert left == {"bmse000643", "bmse000364", "bmse000489"}


def test_the_published_mixtures_are_all_there(data_dir: Path) -> None:
    files = mixture_files(data_dir / "kuhn2021")
    assert len(files) == 15
    for _, pair in files:
        assert all(path.is_file() for path in pair.values())


def test_the_study_has_82_entries_of_72_compounds(data_dir: Path) -> None:
    entries = [e for e in kuhn_entries(data_dir / "kuhn2021") if e.published_class]
    assert len(entries) == 82
    assert len({e.compound for e in entries}) <= 72
    assert all(e.files[Experiment.HSQC].is_file() for e in entries)
