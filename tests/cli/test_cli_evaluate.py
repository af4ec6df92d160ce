"""``nmrcam evaluate`` from its arguments to the report and the table."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.cli import evaluate
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import NmrCamError, ReadError
from nmrcam_qt.core.spectrum import Experiment


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="nmrcam")
    evaluate.add_parser(made.add_subparsers())
    return made


def run(words: list[str]) -> int:
    args = parser().parse_args(["evaluate", *words])
    return args.run(args)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    from nmrcam_qt.ml.networks import build_kuhn
    from nmrcam_qt.ml.recipes import Recipe
    from nmrcam_qt.ml.shipping import ship

    root = tmp_path_factory.mktemp("cli")
    spec = InputSpec("hsqc", Experiment.HSQC, (46, 46, 1), (0.0, 200.0), (10.0, 0.0))
    keras.utils.set_random_seed(0)
    ship(Recipe("tiny", "Tiny", (spec,), 0, 0), build_kuhn((spec,), 3), root / "tiny", {}, {})
    data = root / "data"
    data.mkdir()
    lines = ["id,published_class,hmbc_file,hsqc_file,inchikey14,fatty_acid,indole,steroid"]
    rng = np.random.default_rng(2)
    for i in range(6):
        picture = np.full((46, 46), 255, np.uint8)
        picture[rng.integers(0, 46, 9), rng.integers(0, 46, 9)] = 0
        Image.fromarray(picture).save(data / f"{i}.png")
        group = ("indol", "steroids", "none")[i % 3]
        flags = f"0,{int(i % 3 == 0)},{int(i % 3 == 1)}"
        lines.append(f"e{i},{group},{i}.png,{i}.png,K{i},{flags}")
    (data / "compounds.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def test_a_run_writes_the_report_and_prints_a_table(world, tmp_path, capsys):
    out = tmp_path / "report.json"
    words = ["--network", str(world / "tiny"), "--data", str(world / "data")]
    words += ["--mixtures", "0,1", "--methods", "gradcam,layercam", "--seed", "4"]
    assert run([*words, "--out", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    assert next(iter(report)) == "command" and report["n"] == 6 and report["seed"] == 4
    assert set(report["localisation"]["+1"]) == {"gradcam", "layercam"}
    printed = capsys.readouterr()
    assert "tiny on kuhn2021: 6 spectra" in printed.out and "ink AUC" in printed.out
    assert "figures" in printed.err  # progress goes to stderr
    # The command in the report gives the same report.
    again = shlex.split(report["command"])[2:]
    assert run(again) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == report


def test_a_spectrum_that_fails_is_exit_3(world, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for path in (world / "data").iterdir():
        (data / path.name).write_bytes(path.read_bytes())
    (data / "0.png").write_bytes(b"broken")
    words = ["--network", str(world / "tiny"), "--data", str(data), "--methods", "none"]
    out = tmp_path / "report.json"
    assert run([*words, "--mixtures", "0", "--out", str(out)]) == 3
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["n"] == 5 and "0.png" in report["failed"][0]
    assert report["localisation"] == {}


def test_wrong_folders_are_one_sentence(world, tmp_path):
    network = ["--network", str(world / "tiny")]
    with pytest.raises(ReadError, match="is no dataset folder"):
        run([*network, "--data", str(tmp_path), "--out", str(tmp_path / "r.json")])
    with pytest.raises(NmrCamError, match="there is no such folder"):
        run([*network, "--data", str(world / "data"), "--out", str(tmp_path / "no" / "r.json")])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mixtures", "one"], "expected for example 0,1,2"),
        (["--mixtures", "-1"], "expected"),
        (["--methods", "magic"], "no method 'magic'"),
        (["--limit", "0"], "expected a number above 0"),
    ],
)
def test_wrong_options_are_usage_errors(words, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        run([*words, "--network", "x", "--data", ".", "--out", "r.json"])
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_method_names():
    args = parser().parse_args(["evaluate", "--network", "x", "--data", ".", "--out", "r"])
    assert args.methods == ("gradcam", "gradcam++", "hirescam", "layercam", "xgradcam")
    words = ["evaluate", "--network", "x", "--data", ".", "--out", "r", "--methods"]
    assert "cam" in parser().parse_args([*words, "all"]).methods
    assert parser().parse_args([*words, "none"]).methods == ()


def test_a_slow_sample_is_measured_and_said(world, tmp_path, capsys):
    out = tmp_path / "report.json"
    words = ["--network", str(world / "tiny"), "--data", str(world / "data"), "--mixtures", "1"]
    words += ["--methods", "layercam", "--slow-sample", "2", "--out", str(out)]
    assert run(words) == 0
    found = json.loads(out.read_text())
    assert "--slow-sample 2" in found["command"]
    assert found["slow"]["asked"] == found["slow"]["measured"] == 2 and found["slow"]["of"] == 4
    figures = found["localisation"]["+1"]["layercam"]
    assert figures["slow_sample"]["n"] == 2 and len(figures["cascade"]) == 6
    assert "(sample of 2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "needs --cache DIR"),
        (["--cache", "c", "--slow-sample", "2"], "without --slow-sample"),
        (["--cache", "c", "--folds", "f"], "without --slow-sample and --folds"),
    ],
)
def test_the_truth_by_atoms_says_what_it_needs(world, tmp_path, more, said):
    words = ["--network", "kuhn-hsqc", "--data", str(world / "data"), "--truth", "atoms"]
    with pytest.raises(NmrCamError, match=said):
        run([*words, "--out", str(tmp_path / "report.json"), *more])


def test_the_truths_are_those_of_the_evaluation():
    from nmrcam_qt.ml.evaluation_settings import TRUTHS

    assert evaluate.TRUTHS == TRUTHS
