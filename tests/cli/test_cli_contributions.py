"""``nmrcam contributions``: table, JSON, files; by a made-up engine whose logit is the ink."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, write_networks, write_picture

from nmrcam_qt.cli import OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.ml import batch

LIST = "1H,13C\n8.0,30.0\n5.0,100.0\n12.5,60.0\n2.0,160.0\n"


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": FakeEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for kind in ("hsqc", "hmbc"):
        (tmp_path / f"a_{kind}.csv").write_text(LIST)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_drops_are_the_ink_and_sum_to_the_logit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contributions", "a_hsqc.csv", "--class", "indole", "--json"]) == OK
    (told,) = said(capsys)
    seen = [peak for peak in told["peaks"] if peak["seen"]]
    assert {peak["peak"] for peak in seen} == {1, 2, 4}
    total = sum(peak["drop"] for peak in seen) + told["ink_of_no_peak"]["hsqc"]["indole"]
    assert total == pytest.approx(told["logits"]["indole"], rel=1e-5)
    assert told["empty_logits"]["indole"] == 0
    assert [peak["rank"] for peak in seen] == sorted(peak["rank"] for peak in seen)
    assert sum(peak["share"] for peak in seen) == pytest.approx(1)
    (unseen,) = [peak for peak in told["peaks"] if not peak["seen"]]
    assert told["peaks"][-1] is unseen and unseen["peak"] == 3 and unseen["rank"] is None
    assert unseen["drop"] == 0 and told["repeats"] == 0 and told["notes"] == []
    assert all(0 <= peak["heat"]["hirescam"] <= 1 for peak in told["peaks"])


def test_printed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["contributions", "a_hsqc.csv", "--class", "all", "--repeats", "20"]
    assert main(argv) == OK
    text = capsys.readouterr().out
    assert "not seen" in text and "[" in text and "fatty_acid" in text
    assert main(["contributions", "a_hsqc.csv", "--class", "indole", "--top", "1"]) == OK
    body = [x for x in capsys.readouterr().out.splitlines() if x.startswith("a_hsqc.csv")]
    assert len(body) == 1


def test_pairs_rank_the_peaks_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["contributions", "--pair", "a_hsqc.csv", "a_hmbc.csv", "--class", "indole", "--json"]
    assert main(argv) == OK
    (told,) = said(capsys)
    assert {peak["input"] for peak in told["peaks"]} == {"hsqc", "hmbc"}
    assert max(peak["rank"] or 0 for peak in told["peaks"]) > 3


def test_peaks_of_pictures_are_picked_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "b_hsqc.png", 3)
    assert main(["contributions", "b_hsqc.png", "--class", "indole", "--json"]) == OK
    (told,) = said(capsys)
    assert any("picked by program" in note for note in told["notes"])
    assert sum(peak["seen"] for peak in told["peaks"]) >= 1


def test_files_hold_all_peaks_and_no_formulas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "=a_hsqc.csv"
    bad.write_text(LIST)
    argv = ["contributions", str(bad.name), "--class", "indole", "--top", "1", "--repeats", "20"]
    assert main([*argv, "-o", "out.csv"]) == OK
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4 and {row["file"] for row in rows} == {"'=a_hsqc.csv"}
    drops = [float(row["drop (logit)"]) for row in rows]
    assert drops == sorted(drops, reverse=True)
    assert rows[-1]["seen"] == "no" and rows[-1]["rank"] == "" and rows[0]["rank low"] == "1"
    assert float(rows[0]["drop low"]) <= float(rows[0]["drop high"])
    openpyxl = pytest.importorskip("openpyxl")
    assert main([*argv, "-o", "out.xlsx"]) == OK
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet.title == "contributions" and sheet.max_row == 5
    assert sheet["A2"].value == "=a_hsqc.csv" and sheet["A2"].data_type == "s"
    capsys.readouterr()
    first = (tmp_path / "out.xlsx").read_bytes()
    assert main([*argv, "-o", "out.xlsx"]) == OK
    assert (tmp_path / "out.xlsx").read_bytes() == first


def test_what_fails_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c_hsqc.png").write_bytes(b"no picture\0")
    argv = ["contributions", "c_hsqc.png", "a_hsqc.csv", "--json"]
    assert main(argv) == SOME_FAILED
    first, second = said(capsys)
    assert first["error"] and "peaks" not in first and second["peaks"]
    assert main(["contributions", "a_hsqc.csv", "--class", "sugar"]) == SOME_FAILED
    assert "sugar" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ("-o", "out.txt"),
        ("--repeats", "-1"),
        ("--repeats", "19"),
        ("--repeats", "100000"),
        ("--top", "x"),
        ("--pairs", "--top", "1"),
        ("--pairs", "--top", "65"),
        ("--pairs", "--repeats", "20"),
    ],
)
def test_usage_errors(argv: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["contributions", "a_hsqc.csv", *argv])
    assert stopped.value.code == USAGE


def test_pairs_two_by_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The made-up logit is the ink: peaks add up."""
    argv = ["contributions", "a_hsqc.csv", "--pairs", "--class", "indole"]
    assert main([*argv, "--json", "-o", "pairs.csv"]) == OK
    (told,) = said(capsys)
    assert "peaks" not in told and len(told["pairs"]) == 3  # of the three that are seen
    for pair in told["pairs"]:
        assert pair["together"] == pytest.approx(sum(pair["alone"]), rel=1e-5)
        assert pair["interaction"] == pytest.approx(0, abs=1e-4)
        assert pair["meaning"] == "independent" and pair["class"] == "indole"
    assert any("3 strongest of 3 peaks" in note for note in told["notes"])
    with (tmp_path / "pairs.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["peak 1"] for row in rows] == [str(p["first"]["peak"]) for p in told["pairs"]]
    assert float(rows[0]["drop together (logit)"]) > 0 and rows[0]["meaning"] == "independent"
    assert main([*argv, "--top", "2"]) == OK
    text = capsys.readouterr().out
    assert "2 strongest of 3 peaks" in text and "stands in for the other" in text
    assert len([x for x in text.splitlines() if x.startswith("a_hsqc.csv")]) == 1


def test_pairs_of_a_single_peak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one_hsqc.csv").write_text("1H,13C\n8.0,30.0\n")
    argv = ["contributions", "one_hsqc.csv", "--pairs", "--class", "indole", "-o", "p.xlsx"]
    pytest.importorskip("openpyxl")
    assert main(argv) == OK
    assert "a pair needs 2" in capsys.readouterr().out
    assert (tmp_path / "p.xlsx").exists()


def test_classes_that_are_present(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ["contributions", "a_hsqc.csv", "--class", "present", "--json"]
    assert main(argv) == OK
    (told,) = said(capsys)
    assert told["present"] and {peak["class"] for peak in told["peaks"]} == set(told["present"])
    answer = FakeEngine.analyse

    def nothing(self: FakeEngine, *args: Any) -> Any:
        found = answer(self, *args)
        return [replace(a, prediction=replace(a.prediction, present=())) for a in found]

    monkeypatch.setattr(FakeEngine, "analyse", nothing)
    assert main(argv) == OK
    (told,) = said(capsys)
    assert told["peaks"] == [] and "none of its 2 classes is present" in told["notes"][0]
    assert main(argv[:-1]) == OK
    text = capsys.readouterr().out
    assert " none " in text and "none of its 2 classes is present" in text


def test_one_peak_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one_hsqc.csv").write_text("1H,13C\n8.0,30.0\n")
    argv = ["contributions", "one_hsqc.csv", "--pairs", "--class", "indole"]
    assert main(argv) == OK
    assert "indole: 1 peak is seen; a pair needs 2" in capsys.readouterr().out
