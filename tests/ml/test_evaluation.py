"""Evaluation on generated folders: who is scored by whom, what is left out, the figures."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import open_dataset
from nmrcam_qt.core.errors import NetworkError, NmrCamError, ReadError
from nmrcam_qt.core.metrics.class_prior import class_prior
from nmrcam_qt.core.mixtures import mix
from nmrcam_qt.core.preprocessing import ink_on_grid, prepare_inputs
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.ml.evaluation import evaluate
from nmrcam_qt.ml.evaluation_data import SEEN_NOTE, SEEN_REASON, select
from nmrcam_qt.ml.evaluation_measure import Priors, View
from nmrcam_qt.ml.evaluation_networks import read_folds
from nmrcam_qt.ml.evaluation_report import by_class, classification, localisation
from nmrcam_qt.ml.evaluation_settings import Located, Scored, Settings
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.networks import build_kuhn
from nmrcam_qt.ml.recipes import Recipe
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.shipping import ship
from nmrcam_qt.ml.study.text import estimate
from nmrcam_qt.ml.weights import save_weights

SHAPE = (46, 62, 1)
FOLDERS = ("fattyacids", "indol", "steroids", "none")
CLASSES = ("fatty_acid", "indole", "steroid")
WHERE = {"fattyacids": (10, 50), "indol": (28, 20), "steroids": (8, 48), "none": (20, 30)}


def spec(experiment: Experiment = Experiment.HSQC) -> InputSpec:
    return InputSpec(experiment.value, experiment, SHAPE, (0.0, 200.0), (10.0, 0.0))


def toy(folder: Path, inputs: tuple[InputSpec, ...] = (spec(),), name: str = "toy") -> Path:
    keras.utils.set_random_seed(1)
    recipe = Recipe(name, "Toy", inputs, 0.0, 0)
    ship(recipe, build_kuhn(inputs, 3), folder / name, {}, {})
    return folder / name


def kuhn_folder(folder: Path, per_class: int = 3) -> Path:
    """Three of each class and of none; the first of each class has two entries."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    lines = [
        "id,published_class,hmbc_file,hsqc_file,smiles,inchikey14,fatty_acid,indole,steroid,note"
    ]
    for number, group in enumerate(FOLDERS):
        for i in range(per_class + 1):
            name = f"{group}{i}"
            y, x = WHERE[group]
            for kind in ("hsqc", "hmbc"):
                picture = np.full((46, 62), 255, np.uint8)
                dy, dx = rng.integers(-1, 2, 2)
                picture[y + dy - 1 : y + dy + 2, x + dx - 1 : x + dx + 2] = 0
                Image.fromarray(picture).save(folder / f"{name}_{kind}.png")
            flags = ",".join(str(int(c == number)) for c in range(3))
            compound = f"K{group}{max(i, 1)}"
            lines.append(f"{name},{group},{name}_hmbc.png,{name}_hsqc.png,C,{compound},{flags},")
    (folder / "compounds.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def list_folder(folder: Path) -> Path:
    folder.mkdir()
    rows, peaks = ["file,inchikey14,fatty_acid,indole"], ["file,h_ppm,c_ppm,intensity"]
    for i in range(8):
        rows.append(f"t{i},L{i},{int(i < 2)},{int(i == 2)}")
        peaks += [f"t{i},{1 + 0.3 * i},{20 + 5 * i},1", f"t{i},{2 + 0.7 * i},{60 + 9 * i},-1"]
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with gzip.open(folder / "peaks.csv.gz", "wt", encoding="utf-8") as handle:
        handle.write("\n".join(peaks) + "\n")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A network of one input, one of two, and folders of two layouts."""
    root = tmp_path_factory.mktemp("world")
    toy(root)
    toy(root, (spec(Experiment.HSQC), spec(Experiment.HMBC)), "pair")
    kuhn_folder(root / "kuhn")
    list_folder(root / "lists")
    return root


def settings(world: Path, network: str = "toy", data: str = "kuhn", **more) -> Settings:
    return Settings(str(world / network), world / data, **more)


def test_the_report_of_a_folder_of_pairs(world):
    report = evaluate(settings(world, methods=("gradcam", "layercam"), mixtures=(0, 2)))
    assert (report["network"], report["data"]) == ("toy", "kuhn2021")
    assert (report["n"], report["compounds"]) == (16, 12)
    assert report["network_sha256"] == load(str(world / "toy")).sha256
    assert set(report["classes"]) == set(CLASSES)
    indole = report["classes"]["indole"]
    assert (indole["n"], indole["positives"], indole["positive_compounds"]) == (16, 4, 3)
    assert report["classes_published"]["indole"]["auroc"] == indole["auroc"]
    assert set(report["classes_in_mixtures"]) == {"+2"}
    assert set(report["localisation"]) == {"+0", "+2"}
    pure, mixed = (report["localisation"][k]["layercam"] for k in ("+0", "+2"))
    assert pure["ink_auc"] is None and pure["n"] == 12 and "ink_auc" not in pure["ci"]
    assert 0 <= mixed["ci"]["ink_auc"][0] <= mixed["ink_auc"] <= mixed["ci"]["ink_auc"][1] <= 1
    assert mixed["prior"] > 0.8  # the classes lie apart, so that the prior knows them
    assert mixed["gain"] == pytest.approx(
        (mixed["ink_auc"] - mixed["prior"]) / (1 - mixed["prior"]), abs=0.02
    )
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_same_seed_gives_the_same_report_and_another_does_not(world):
    asked = settings(world, methods=("hirescam",), mixtures=(1,), seed=5)
    first = evaluate(asked)
    assert evaluate(asked) == first
    other = evaluate(settings(world, methods=("hirescam",), mixtures=(1,), seed=6))
    assert other["classes_in_mixtures"] != first["classes_in_mixtures"]


def test_an_empty_map_scores_one_half_and_is_counted(world, tmp_path):
    """With a dead last convolution every map is empty."""
    model = build_kuhn((spec(),), 3)
    model.get_layer("conv4").bias.assign(np.full(128, -1e3))
    ship(Recipe("dead", "Dead", (spec(),), 0.0, 0), model, tmp_path / "dead", {}, {})
    asked = Settings(str(tmp_path / "dead"), world / "kuhn", (1,), ("gradcam", "xgradcam"))
    for found in evaluate(asked)["localisation"]["+1"].values():
        assert (found["ink_auc"], found["empty_rate"], found["heat_mass"]) == (0.5, 1.0, 0.0)
        assert found["blank_mass"] is None


def test_a_network_of_two_inputs_reports_each(world):
    report = evaluate(settings(world, "pair", methods=("gradcam++",), mixtures=(1,)))
    found = report["localisation"]["+1"]["gradcam++"]
    assert found["n"] == 24 and found["inputs"]["hsqc"]["n"] == found["inputs"]["hmbc"]["n"] == 12
    with pytest.raises(ReadError, match=r"no entry with HSQC \+ HMBC; expected what pair eats"):
        evaluate(settings(world, "pair", "lists"))


def test_lists_and_a_class_without_labels(world):
    report = evaluate(settings(world, data="lists", methods=("layercam",), mixtures=(0, 1)))
    assert report["data"] == "deepsat_hsqc" and set(report["classes"]) == {"fatty_acid", "indole"}
    assert report["left_out"]["class steroid: the data have no such label"] == 1
    assert report["localisation"]["+1"]["layercam"]["n"] == 3
    # The only indole has no other compound of its class to make a prior from.
    assert report["localisation_by_class"]["indole"]["+1"]["layercam"]["prior"] is None
    assert "localisation_corrected" not in report


def test_what_the_network_was_trained_on_is_left_out(world):
    table = (world / "kuhn" / "compounds.csv").read_text(encoding="utf-8")
    twin = world / "twin"
    list_folder(twin)
    (twin / "manifest.csv").write_text(
        (twin / "manifest.csv").read_text(encoding="utf-8").replace(",L1,", ",Kindol1,"),
        encoding="utf-8",
    )
    assert ",Kindol1," in table
    asked = settings(world, data="twin", trained_on=(world / "kuhn",))
    selection = select(load(str(world / "toy")).card, asked)
    assert selection.left_out[SEEN_REASON] == 1
    assert "t1" not in {e.id for e in selection.entries}
    assert {s.dataset.kind for s in selection.training} == {"kuhn2021"}
    own = select(load(str(world / "toy")).card, settings(world, trained_on=(world / "kuhn",)))
    assert SEEN_NOTE in own.notes and len(own.entries) == 16


def test_foreign_compounds_come_from_further_folders_but_never_known_ones(world):
    card = load(str(world / "toy")).card
    both = select(card, settings(world, foreign=(world / "lists",)))
    assert {s.entry.id for s in both.pool} == {f"none{i}" for i in range(4)} | {
        f"t{i}" for i in range(3, 8)
    }
    alone = select(card, settings(world, foreign=(world / "lists",), only_foreign=True))
    assert {s.entry.id for s in alone.pool} == {f"t{i}" for i in range(3, 8)}
    entry = alone.entries[0]
    one, two = (alone.foreign(entry, n, 3) for n in (1, 2))
    assert [s.entry.id for s in two][:1] == [s.entry.id for s in one]
    with pytest.raises(ReadError, match="not enough foreign compounds"):
        alone.foreign(entry, 6, 3)


def test_limit_takes_some_in_their_order_and_says_so(world):
    selection = select(load(str(world / "toy")).card, settings(world, limit=5))
    names = [e.id for e in selection.entries]
    everything = [e.id for e in open_dataset(world / "kuhn").entries]
    assert len(names) == 5 and names == [n for n in everything if n in names]
    assert selection.left_out["--limit"] == 11
    assert len(selection.pool) == 4  # foreign compounds are not limited


def test_a_broken_picture_is_counted_and_the_rest_is_done(world, tmp_path):
    data = kuhn_folder(tmp_path / "kuhn")
    (data / "indol1_hsqc.png").write_bytes(b"no picture")
    asked = Settings(str(world / "toy"), data, (0,), ())
    report = evaluate(asked)
    assert report["n"] == 15 and report["left_out"]["cannot be read"] == 1
    assert report["failed"] == [next(f for f in report["failed"] if "indol1_hsqc.png" in f)]
    for name in data.glob("*.png"):
        name.unlink()
    with pytest.raises(NmrCamError, match="no spectrum could be evaluated"):
        evaluate(asked)


def write_folds(folder: Path, data: Path, move: str = "") -> dict[str, keras.Model]:
    """Two folds; returns the network that never saw each entry. `move` breaks a compound."""
    folder.mkdir()
    entries = [e for e in open_dataset(data).entries if e.published_class]
    tests = [[], []]
    for entry in entries:
        number = 1 if entry.compound.endswith("1") else 0
        tests[1 - number if entry.id == move else number].append(entry.id)
    models = {}
    for number, test in enumerate(tests):
        keras.utils.set_random_seed(10 + number)
        model = build_kuhn((spec(),), 3)
        model.get_layer("logits").bias.assign([2.0 * number, 0.0, 1.0])
        save_weights(model, folder / f"compound-r0-f{number}.npz")
        (folder / f"compound-r0-f{number}.json").write_text(json.dumps({"test": test}))
        models |= dict.fromkeys(test, model)
    return models


def test_each_compound_is_scored_by_the_network_that_never_saw_it(world, tmp_path, monkeypatch):
    models = write_folds(tmp_path / "folds", world / "kuhn")
    rows: list[Scored] = []
    from nmrcam_qt.ml import evaluation

    measure = evaluation.measure

    def spy(*arguments):
        done = measure(*arguments)
        rows.extend(done[0])
        return done

    monkeypatch.setattr(evaluation, "measure", spy)
    report = evaluate(settings(world, folds=tmp_path / "folds", mixtures=(0,), methods=()))
    dataset, card = open_dataset(world / "kuhn"), load(str(world / "toy")).card
    entries = {e.id: e for e in dataset.entries}
    checked = 0
    for row in rows:
        if row.id not in models:
            continue
        spectrum = dataset.load(entries[row.id], Experiment.HSQC)
        example = prepare_inputs(card, [spectrum]).examples[0]
        expected = np.asarray(models[row.id](example[None], training=False))[0]
        assert [row.scores[c] for c in CLASSES] == pytest.approx(expected, abs=2e-3)
        checked += 1
    assert checked == 12 and len(report["folds"]["sha256"]) == 2
    assert report["n"] == 16 and SEEN_NOTE not in report["notes"]
    a, b = (np.asarray(m(example[None])) for m in {id(m): m for m in models.values()}.values())
    assert np.abs(a - b).max() > 0.01  # else the test above could not fail


def test_the_prior_of_a_fold_leaves_its_held_out_compounds_out(world):
    selection = select(load(str(world / "toy")).card, settings(world))
    indoles = [e for e in selection.entries if e.published_class == "indole"]
    held_out = indoles[2].names
    target = indoles[0]  # its compound has two entries, both left out
    prior = Priors(selection, held_out, {}).of("indole", spec(), target)
    kept = [e for e in indoles if e.compound not in (target.compound, indoles[2].compound)]
    assert [e.id for e in kept] == ["indol3"]
    picture = selection.dataset.load(kept[0], Experiment.HSQC)
    assert prior.heat == pytest.approx(picture.intensity)
    assert (
        Priors(selection, frozenset(n for e in indoles for n in e.names), {}).of(
            "indole", spec(), target
        )
        is None
    )


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: None, "no folds compound-r1"),
        (lambda f: (f / "compound-r0-f1.npz").unlink(), "weights of this fold are missing"),
        (lambda f: (f / "compound-r0-f1.json").write_text("{"), "is no fold file"),
        (lambda f: (f / "compound-r0-f1.json").write_text('{"test": []}'), "is in no fold"),
        (
            lambda f: (
                (f / "compound-r0-f2.json").write_text((f / "compound-r0-f1.json").read_text())
                and (f / "compound-r0-f2.npz").write_bytes(b"")
            ),
            "is in two folds",
        ),
    ],
)
def test_broken_folds_are_refused(world, tmp_path, harm, words):
    write_folds(tmp_path / "folds", world / "kuhn")
    harm(tmp_path / "folds")
    entries = open_dataset(world / "kuhn").entries
    with pytest.raises(NetworkError, match=words):
        read_folds(tmp_path / "folds", 1 if "r1" in words else 0, entries)


def test_folds_that_split_a_compound_or_fit_other_data_are_refused(world, tmp_path):
    write_folds(tmp_path / "folds", world / "kuhn", move="indol0")
    with pytest.raises(NetworkError, match="the compound of indol1 is in two folds"):
        evaluate(settings(world, folds=tmp_path / "folds"))
    with pytest.raises(NetworkError, match="--folds are networks of the study"):
        evaluate(settings(world, data="lists", folds=tmp_path / "folds"))


def spectrum_of(shape: tuple[int, int], f1: Axis, f2: Axis, places: list) -> Spectrum:
    values = np.zeros(shape, np.float32)
    for place in places:
        values[place] = 1
    provenance = Provenance("p", SourceKind.PICTURE, "PNG picture")
    return Spectrum("p", values, f1, f2, Experiment.HSQC, provenance)


def test_a_view_is_cut_to_the_window_and_reads_heat_in_ppm():
    """A picture of 14 to -2 ppm and -20 to 220 ppm; the window is 10-0 and 0-200."""
    f1, f2 = Axis("13C", -20.0, 220.0, 241), Axis("1H", 14.0, -2.0, 161)
    inside, outside = (120, 90), (120, 10)  # 100 ppm; 5 ppm and 13 ppm
    view = View(mix(spectrum_of((241, 161), f1, f2, [inside, outside])), spec())
    assert (view.f1.first_ppm, view.f1.last_ppm, view.f1.size) == (0.0, 200.0, 201)
    assert (view.f2.size, view.target.sum()) == (101, 1)
    assert np.argwhere(view.target).tolist() == [[100, 50]]
    evidence = np.zeros((3, 3), np.float32)
    evidence[1, 1] = 2
    axes = Axis("13C", 50.0, 150.0, 3), Axis("1H", 7.5, 2.5, 3)
    heat = view.heat(Explanation(evidence, *axes, "hsqc", "indole", "m", "l", "n", "s"))
    assert heat[100, 50] == 2 and heat[75, 50] == pytest.approx(1) and heat[0, 50] == 0
    assert not view.blank[100, 50] and view.blank[100, 58] and view.blank[0, 0]
    far = Axis("1H", 40.0, 30.0, 161)
    with pytest.raises(ReadError, match="no part in the network's window"):
        View(mix(spectrum_of((241, 161), f1, far, [])), spec())


def located(auc: float, prior: float, **more) -> Located:
    values = {"id": "a", "compound": "A", "foreign": 1, "class_id": "indole", "method": "m"}
    values |= {"input_name": "hsqc", "by_structure": True, "ink_auc": auc, "prior": prior}
    values |= {"heat_mass": 0.5, "ink_share": 0.4, "blank_mass": 0.1, "empty": False}
    return Located(**(values | more))


def test_localisation_figures_by_hand():
    rows = [
        located(0.9, 0.6),
        located(0.7, 0.7, compound="B", empty=True, blank_mass=math.nan),
        located(0.2, math.nan, compound="C"),  # no prior: counts for the AUC only
        located(math.nan, math.nan, compound="D"),  # no distractor
        located(0.1, 0.1, method="other", foreign=2, class_id="steroid"),
    ]
    found = localisation(rows, 0)
    assert set(found) == {"+1", "+2"}
    mine = found["+1"]["m"]
    assert (mine["n"], mine["cases_with_ink_auc"], mine["compounds"]) == (4, 3, 4)
    assert mine["ink_auc"] == 0.6 and mine["prior"] == 0.65
    assert mine["gain"] == pytest.approx((0.8 - 0.65) / 0.35, abs=1e-4)
    assert (mine["empty_rate"], mine["blank_mass"]) == (0.25, 0.1)
    assert mine["ci"]["ink_auc"][0] < 0.6 < mine["ci"]["ink_auc"][1]
    assert by_class(rows, 0)["steroid"]["+2"]["other"]["ink_auc"] == 0.1


def test_a_single_compound_has_no_interval():
    rows = [located(0.9, 0.6), located(0.7, 0.7)]
    alone = localisation(rows, 0)["+1"]["m"]
    assert alone["ink_auc"] == 0.8 and alone["ci"] == {}
    several = localisation([*rows, located(0.7, 0.7, compound="B")], 0)["+1"]["m"]
    assert several["ci"]["ink_auc"][0] < several["ci"]["ink_auc"][1]
    assert str(estimate([0.9, 0.7, None], ["A", "A", "B"], 0)) == ".80"
    assert "[" in str(estimate([0.9, 0.7], ["A", "B"], 0))


def test_classification_figures_by_hand():
    def row(name: str, score: float, label: bool | None, published: str) -> Scored:
        labels = {} if label is None else {"indole": label}
        present = frozenset({"indole"} if score >= 0.5 else ())
        return Scored(name, name, 0, {"indole": score}, present, labels, published)

    rows = [
        row("a", 0.9, True, "indole"),
        row("b", 0.4, True, ""),
        row("c", 0.6, False, "indole"),
        row("d", 0.1, False, ""),
        row("e", 0.3, None, "indole"),
    ]
    true = classification(rows, ["indole"], False, 0)["indole"]
    assert (true["n"], true["positives"], true["unlabelled"]) == (4, 2, 1)
    assert (true["auroc"], true["f1"], true["recall"]) == (0.75, 0.5, 0.5)
    assert true["recall_at_fpr"] == 0.5
    said = classification(rows, ["indole"], True, 0)["indole"]
    assert (said["n"], said["positives"], said["unlabelled"]) == (5, 3, 0)
    assert said["auroc"] == pytest.approx(5 / 6, abs=1e-4)


def test_parity_of_the_scores_with_the_network_itself(world):
    network = load(str(world / "toy"))
    assert isinstance(network, Network)
    report = evaluate(settings(world, mixtures=(0,), methods=()))
    dataset = open_dataset(world / "kuhn")
    examples = [
        prepare_inputs(network.card, [dataset.load(e, Experiment.HSQC)]).examples[0]
        for e in dataset.entries
    ]
    scores = network.scores(network.logits([np.stack(examples)]))
    metrics = pytest.importorskip("sklearn.metrics")
    for number, class_id in enumerate(CLASSES):
        truth = [e.labels[class_id] for e in dataset.entries]
        expected = metrics.roc_auc_score(truth, scores[:, number])
        assert report["classes"][class_id]["auroc"] == pytest.approx(expected, abs=1e-4)


def test_the_shipped_network_on_the_real_pictures(data_dir):
    """Trained on these, so that it must know them; a few pictures only."""
    asked = Settings("kuhn-hmbc", data_dir / "kuhn2021", (0, 1), ("layercam",), limit=12)
    try:
        report = evaluate(asked)
    except NetworkError as error:
        pytest.skip(f"the network is not here: {error}")
    assert report["n"] == 12 and SEEN_NOTE in report["notes"]
    values = [f["auroc"] for f in report["classes_published"].values() if f["auroc"] is not None]
    assert values and min(values) > 0.8


@pytest.mark.parametrize("size", [(410, 600), (791, 1133)])
def test_a_map_of_the_targets_own_ink_scores_one(size):
    """Grid of the picture, grid of the network and axes all differ; a flip or shift shows."""
    f1 = Axis("13C", -8.0, 212.0, size[0])
    f2 = Axis("1H", 11.0, -1.0, size[1])
    rng = np.random.default_rng(3)
    places = [
        (int(y), int(x)) for y, x in zip(*(rng.integers(60, n - 60, 24) for n in size), strict=True)
    ]
    blobs = [(y + a, x + b) for y, x in places for a in range(5) for b in range(4)]
    target, other = (
        spectrum_of(size, f1, f2, blobs[:240]),
        spectrum_of(size, f1, f2, blobs[240:]),
    )
    grid = InputSpec("hsqc", Experiment.HSQC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
    prior = class_prior(
        [ink_on_grid(target, grid)], ["a"], (grid.f1, grid.f2), "indole", Experiment.HSQC
    )
    view = View(mix(target, [other]), grid)
    assert view.prior_auc(prior) > 0.97
    mirrored = class_prior(
        [ink_on_grid(target, grid)[::-1]], ["a"], (grid.f1, grid.f2), "indole", Experiment.HSQC
    )
    assert view.prior_auc(mirrored) < 0.7


def test_a_folder_of_nothing_but_training_compounds_is_refused(world):
    asked = settings(world, data="lists", trained_on=(world / "lists",))
    with pytest.raises(ReadError, match="no spectrum that toy was not trained on"):
        evaluate(asked)


def test_the_limits_of_the_network_stand_in_the_notes(world):
    card = load(str(world / "toy")).card
    said = replace(card, limits=("Not to be trusted on Mondays.",))
    assert select(said, settings(world)).notes[0] == "Not to be trusted on Mondays."
    study = replace(card, id="kuhn-hsqc")
    assert any("not on one ppm scale" in n for n in select(study, settings(world)).notes)
    assert not any("not on one ppm scale" in n for n in select(card, settings(world)).notes)
