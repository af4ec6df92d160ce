"""Which compounds count as foreign for a network that knows more than the study's classes."""

from __future__ import annotations

import gzip
from pathlib import Path

import keras
import pytest

from nmrcam_qt.cli.main import main
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import evaluation_measure
from nmrcam_qt.ml.evaluation import evaluate
from nmrcam_qt.ml.evaluation_data import joint_labels, select
from nmrcam_qt.ml.evaluation_settings import Settings
from nmrcam_qt.ml.mixnet_shipping import ship_mixnet
from nmrcam_qt.ml.registry import load

CARRIED = {0: "fatty_acid", 1: "indole", 2: "steroid", 3: "benzene", 4: "benzene", 5: "ester"}
"""Of eight compounds; the last two carry nothing."""


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """An untrained network of twelve classes and a folder of eight peak lists."""
    root = tmp_path_factory.mktemp("foreign")
    keras.utils.set_random_seed(3)
    spec = InputSpec("hsqc", Experiment.HSQC, (100, 100, 1), (0.0, 200.0), (10.0, 0.0))
    ink = keras.Input(spec.shape, name="hsqc")
    evidence = keras.layers.Conv2D(len(CLASS_IDS), 3, padding="same", name="evidence")(ink)
    mean = keras.layers.GlobalAveragePooling2D()(evidence)
    model = keras.Model(ink, keras.layers.Dense(len(CLASS_IDS), name="logits")(mean))
    ship_mixnet(model, spec, root / "hsqc-mix", [0.5] * len(CLASS_IDS), {}, {})
    data = root / "lists"
    data.mkdir()
    rows, peaks = [",".join(["file", "inchikey14", *CLASS_IDS])], ["file,h_ppm,c_ppm,intensity"]
    for i in range(8):
        flags = [str(int(CARRIED.get(i) == c)) for c in CLASS_IDS]
        rows.append(",".join([f"t{i}", f"L{i}", *flags]))
        peaks += [f"t{i},{1 + 0.3 * i},{20 + 5 * i},1", f"t{i},{2 + 0.7 * i},{60 + 9 * i},1"]
    (data / "manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with gzip.open(data / "peaks.csv.gz", "wt", encoding="utf-8") as handle:
        handle.write("\n".join(peaks) + "\n")
    return root


def settings(world: Path, **more) -> Settings:
    more = {"mixtures": (0, 2), "methods": ("cam",)} | more
    return Settings(str(world / "hsqc-mix"), world / "lists", **more)


def test_by_default_they_carry_none_of_the_three_classes_of_the_study(world):
    card = load(str(world / "hsqc-mix")).card
    assert {s.entry.id for s in select(card, settings(world)).pool} == {
        *("t3", "t4", "t5", "t6", "t7")
    }
    none = select(card, settings(world, foreign_rule="none"))
    assert {s.entry.id for s in none.pool} == {"t6", "t7"}
    with pytest.raises(NetworkError, match="no rule 'all'"):
        select(card, settings(world, foreign_rule="all"))


def test_a_mixture_has_the_classes_of_all_its_compounds(world, monkeypatch):
    """With five foreign compounds of which three carry benzene or ester."""
    drawn = {}
    original = evaluation_measure._scored

    def spy(selection, entry, others, analysis):
        row = original(selection, entry, others, analysis)
        drawn[entry.id, len(others)] = ({s.entry.id for s in others}, row)
        return row

    monkeypatch.setattr(evaluation_measure, "_scored", spy)
    report = evaluate(settings(world, mixtures=(0, 2)))
    said = {"rule": "study", "without": ["fatty_acid", "indole", "steroid"]}
    assert report["foreign"] == {**said, "spectra": 5, "compounds": 5}
    assert report["classes"]["benzene"]["positives"] == 2
    with_benzene = 0
    for (target, n), (others, row) in drawn.items():
        everything = {CARRIED.get(int(name[1:])) for name in {target, *others}}
        assert {c for c, has in row.labels.items() if has} == everything - {None}
        with_benzene += n == 2 and "benzene" in everything
    mixed = report["classes_in_mixtures"]["+2"]
    assert mixed["benzene"]["positives"] == with_benzene > 2
    assert mixed["indole"]["positives"] == 1 and mixed["indole"]["n"] == 8


def test_no_map_of_a_class_that_a_foreign_compound_has_too(world):
    """t3 and t4 carry benzene: mixed with each other their maps tell nothing apart."""
    card = load(str(world / "hsqc-mix")).card
    clear = {}
    for seed in range(20):
        selection = select(card, settings(world, seed=seed))
        targets = [e for e in selection.entries if e.labels["benzene"]]
        drawn = [selection.foreign(e, 2, seed) for e in targets]
        clear[sum(not any(s.entry.labels["benzene"] for s in others) for others in drawn)] = seed
    assert len(clear) >= 2
    for cases, seed in clear.items():
        by_class = evaluate(settings(world, seed=seed))["localisation_by_class"]["benzene"]
        assert by_class["+0"]["cam"]["n"] == 2
        assert (by_class["+2"]["cam"]["n"] if cases else "+2" not in by_class) == (cases or True)


def test_labels_of_a_mixture_are_known_where_one_is_true_or_all_are():
    def entry(**labels: bool) -> Entry:
        return Entry("e", "E", {}, labels)

    found = joint_labels([entry(a=True, b=False, c=False), entry(b=False, d=True, c=True)])
    assert found == {"a": True, "b": False, "c": True, "d": True}
    assert joint_labels([entry(a=False), entry()]) == {}


def test_the_command_line_takes_the_rule_and_says_it_again(world, tmp_path, capsys):
    out = tmp_path / "report.json"
    words = ["evaluate", "--network", str(world / "hsqc-mix"), "--data", str(world / "lists")]
    words += ["--mixtures", "1", "--methods", "none", "--out", str(out)]
    assert main([*words, "--foreign", "none"]) == 0
    report = parse_json(out.read_text(encoding="utf-8"), 10**6)
    assert report["foreign"]["rule"] == "none" and report["foreign"]["compounds"] == 2
    assert "--foreign none" in report["command"]
    assert "foreign compounds: 2, without fatty_acid" in capsys.readouterr().out
    assert main([*words, "--foreign", "none", "--foreign", "study"]) != 0
    assert "exclude each other" in capsys.readouterr().err
    assert main([*words, "--foreign", "./study"]) != 0  # a folder that is not there
    assert "study" in capsys.readouterr().err
