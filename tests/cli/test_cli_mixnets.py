"""Networks for mixtures among the shipped ones: the default, with thresholds of their own."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import list_spectrum
from fake_engine import write_networks
from token_builders import SETTINGS, ship_tiny

from nmrcam_qt.cli import OK
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.cards import read_card
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml import registry
from nmrcam_qt.ml.token_net import token_input

THRESHOLDS = tuple(np.round(np.linspace(0.05, 0.95, 12), 3).tolist())
PEAKS = [(7.2, 122.5), (7.6, 111.0), (3.4, 56.0), (1.2, 29.0), (9.1, 140.2)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_networks(folder)
    for experiment in Experiment:
        ship_tiny(
            folder / f"{experiment.value}-mix",
            token_input(experiment),
            THRESHOLDS,
            settings=replace(SETTINGS, count=64),
            limits=("Phenols were not measured.",),
        )
    return folder


@pytest.fixture(autouse=True)
def shipped(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(card_store, "models_dir", lambda: models)
    monkeypatch.chdir(tmp_path)
    registry.clear()


def said_by(capsys: pytest.CaptureFixture[str], *argv: str) -> list[dict[str, Any]]:
    assert main(argv) == OK
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def write_list(name: str) -> None:
    lines = ["1H,13C", *(f"{h},{c}" for h, c in PEAKS)]
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("experiment", list(Experiment))
def test_auto_takes_them(experiment: Experiment, capsys: pytest.CaptureFixture[str]) -> None:
    name = experiment.value
    write_list(f"a_{name}.csv")
    (said,) = said_by(capsys, "predict", f"a_{name}.csv", "--experiment", name, "--json")
    assert said["network"] == f"{name}-mix" and said["error"] is None
    assert not any("not trained on mixtures" in text for text in said["warnings"])
    assert "Phenols were not measured." in said["warnings"]
    assert list(said["thresholds"].values()) == list(THRESHOLDS)
    wanted = [c for c, score in said["scores"].items() if score >= said["thresholds"][c]]
    assert said["present"] == wanted and 0 < len(wanted) < 12
    # Not those that one threshold for all would give.
    assert wanted != [c for c, score in said["scores"].items() if score >= 0.5]


def test_the_others_say_that_they_were_not_trained_on_mixtures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = said_by(capsys, "networks", "list", "--json")
    assert {e["id"]: e["trained_on_mixtures"] for e in entries} == {
        "hmbc-mix": True,
        "hsqc-mix": True,
        "net-both": False,
        "net-hmbc": False,
        "net-hsqc": False,
    }
    assert main(["networks", "list"]) == OK
    head, *rows = capsys.readouterr().out.splitlines()
    assert "mixtures" in head
    assert any("hsqc-mix" in row and "yes" in row for row in rows)
    assert any("hsqc-mix" in row and "indole, steroid and 9 more" in row for row in rows)
    assert all(len(row) < 120 for row in rows)
    assert any("net-hsqc" in row and " no " in row for row in rows)
    for name, said in (("hsqc-mix", "trained on them"), ("net-hsqc", "not trained on them")):
        assert main(["networks", "show", name]) == OK
        assert f"mixtures    {said}" in capsys.readouterr().out


def test_window_and_thresholds_come_from_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "show", "hmbc-mix"]) == OK
    text = capsys.readouterr().out
    assert "224 x 200 x 1, 1H 10:0 ppm, 13C 0:224 ppm" in text
    assert "indole: Indole, from 0.132" in text
    assert main(["networks", "verify", "hmbc-mix"]) == OK


def test_the_best_class_is_one_that_is_present(capsys: pytest.CaptureFixture[str]) -> None:
    write_list("a_hsqc.csv")
    (said,) = said_by(capsys, "predict", "a_hsqc.csv", "--json")
    assert main(["predict", "a_hsqc.csv"]) == OK
    text = capsys.readouterr().out
    best = max(said["present"], key=said["scores"].get)
    threshold = said["thresholds"][best]
    assert f"(present from {threshold:.3g})" in text and best in text


def test_maps_and_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_list("a_hsqc.csv")
    argv = ["batch", "a_hsqc.csv", "--out", "out", "--method", "hirescam", "--class", "all"]
    assert main([*argv, "--dpi", "50"]) == OK
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    (item,) = manifest["items"]
    assert item["network"] == "hsqc-mix" and len(item["pictures"]) == 12
    card = read_card(card_store.models_dir() / "hsqc-mix")
    for picture in item["pictures"]:
        assert picture["threshold"] == card.threshold(picture["class"])
        assert picture["present"] == (picture["score"] >= picture["threshold"])
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "present (from 0.05)" in report and "not present (from 0.95)" in report


def test_an_empty_spectrum_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from nmrcam_qt.core.preprocessing import prepare_inputs
    from nmrcam_qt.ml.inference import analyse_prepared

    network = registry.load("hsqc-mix")
    prepared = prepare_inputs(network.card, [list_spectrum([(12.5, 80.0)])])
    (done,) = analyse_prepared(network, [prepared], ("cam",))
    assert all(e.empty for e in done.explanations)
    assert any("No signal lies in the network's window" in w for w in done.prediction.warnings)
    assert all(math.isfinite(s) for s in done.prediction.scores)
