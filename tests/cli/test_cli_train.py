"""``nmrcam train`` from its arguments to its table."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from nmrcam_qt.cli import train
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.ml import mix_recipes, mix_run, recipes, train_recipe

RESULTS = {
    "recipe": "kuhn-hsqc",
    "n": 82,
    "compounds": 72,
    "accuracy": {"picture": {"mean": 0.842, "ci": [0.78, 0.9]}},
    "published_accuracy": 0.8256,
    "mixtures": {"unseen": {"right": [4, 5, 6], "of": 15}},
    "published_mixtures": 4,
}


def _parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    train.add_parser(parser.add_subparsers())
    return parser.parse_args(["train", *words])


def test_recipes_of_the_command_are_those_that_exist() -> None:
    assert set(train.STUDY_RECIPES) == set(recipes.RECIPES)
    assert set(train.MIX_RECIPES) == set(mix_recipes.MIX_RECIPES)


def test_options_reach_the_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def fake(recipe: Any, data: Path, out: Path, plan: Any, progress: Any) -> dict[str, Any]:
        seen.update(recipe=recipe.id, data=data, out=out, plan=plan)
        return RESULTS

    monkeypatch.setattr(train_recipe, "train_recipe", fake)
    args = _parse(
        *("kuhn-hsqc", "--data", "d", "--out", str(tmp_path), "--seed", "7"),
        *("--folds", "5", "--repeats", "2", "--split", "compound"),
    )
    assert train.run(args) == 0
    assert seen["plan"].seed == 7
    assert (seen["plan"].n_folds, seen["plan"].repeats) == (5, 2)
    assert seen["plan"].splits == ("compound",)
    text = capsys.readouterr().out
    assert "84.2%" in text
    assert "4, 5, 6 of 15" in text


def test_json_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(train_recipe, "train_recipe", lambda *args: RESULTS)
    assert train.run(_parse("kuhn-hsqc", "--data", "d", "--out", str(tmp_path), "--json")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0]) == RESULTS


def test_a_wrong_folder_is_one_sentence(tmp_path: Path) -> None:
    args = _parse("kuhn-hsqc", "--data", str(tmp_path), "--out", str(tmp_path / "out"))
    with pytest.raises(ReadError, match=r"compounds\.csv"):
        train.run(args)


@pytest.mark.parametrize("words", [("--folds", "1"), ("--repeats", "0"), ("--seed", "x")])
def test_nonsense_is_a_usage_error(words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        _parse("kuhn-hsqc", "--data", "d", "--out", "o", *words)
    assert caught.value.code == 2


def test_mixture_recipes_take_the_whole_data_folder_and_say_what_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}
    auroc = {c: {"auroc": 0.9} for c in ("fatty_acid", "indole", "steroid")}
    study = {"ink_auc": 0.8, "prior": 0.7, "gain": None}

    def fake(recipe: Any, data: Path, out: Path, plan: Any, progress: Any) -> dict[str, Any]:
        seen.update(recipe=recipe.id, plan=plan)
        return {
            "recipe": recipe.id,
            "folds done": 3,
            "figures": {"bmrb2d +1": {"n": 7, "classes": auroc, "study": study}},
            "calibration": {"pure": {"ece": 0.012}},
        }

    monkeypatch.setattr(mix_run, "train_mix", fake)
    args = _parse("hmbc-mix", "--data", ".", "--out", str(tmp_path), "--folds", "3", "--seed", "2")
    assert train.run(args) == 0
    assert (seen["recipe"], seen["plan"].n_folds, seen["plan"].seed) == ("hmbc-mix", 3, 2)
    printed = capsys.readouterr().out
    assert "bmrb2d +1" in printed and "0.900 0.900 0.900" in printed
    assert "–" in printed and "0.012" in printed
