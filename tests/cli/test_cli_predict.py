"""``nmrcam predict`` and what all commands share: options, exit status, output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, write_networks, write_picture

from nmrcam_qt import __version__
from nmrcam_qt.cli import INTERRUPTED, OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.cli.output import MAX_FILE_TEXT, files_text, table
from nmrcam_qt.core import card_store
from nmrcam_qt.ml import batch

KEYS = ["file", "experiment", "network", "axes", "scores", "thresholds", "present"]
KEYS += ["warnings", "error"]


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": FakeEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def usage(*argv: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


def test_the_json_of_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    assert main(["predict", "a_hsqc.png", "--json"]) == OK
    (said,) = lines(capsys)
    assert list(said) == KEYS
    assert said["file"] == "a_hsqc.png"
    assert said["experiment"] == "hsqc"
    assert said["network"] == "net-hsqc"
    assert said["axes"] == {"f2": [10.0, 0.0], "f1": [0.0, 200.0], "assumed": True}
    assert set(said["scores"]) == {"fatty_acid", "indole"}
    assert said["thresholds"] == {"fatty_acid": 0.5, "indole": 0.5}
    assert sum(said["scores"].values()) == pytest.approx(1)
    assert said["present"] == [max(said["scores"], key=said["scores"].get)]
    assert any("assumed" in text for text in said["warnings"])
    assert any("mixtures" in text for text in said["warnings"])
    assert said["error"] is None


def test_given_windows_are_not_assumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a.png")
    argv = ["predict", "a.png", "--f2", "11.5:-1", "--f1", "-10:230", "--experiment", "hmbc"]
    assert main([*argv, "--json"]) == OK
    (said,) = lines(capsys)
    assert said["axes"] == {"f2": [11.5, -1.0], "f1": [-10.0, 230.0], "assumed": False}
    assert said["experiment"] == "hmbc" and said["network"] == "net-hmbc"
    assert not any("assumed" in text for text in said["warnings"])


def test_failures_are_lines_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b_hsqc.png")
    (tmp_path / "c_hsqc.png").write_bytes(b"no picture\0")
    assert main(["predict", "a.png", "c_hsqc.png", "b_hsqc.png", "--json"]) == SOME_FAILED
    captured = capsys.readouterr()
    first, second, third = (json.loads(line) for line in captured.out.splitlines())
    assert "--experiment" in first["error"] and first["axes"] is not None
    assert second["error"].startswith("c_hsqc.png:")
    assert (second["axes"], second["scores"], second["present"]) == (None, {}, [])
    assert list(second) == KEYS
    assert third["error"] is None
    assert captured.err.count("nmrcam: ") == 2


def test_a_folder_expands_and_an_empty_one_fails_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("b_hsqc.png", "a_hmbc.png", "deeper/c_hsqc.png", ".hidden_hsqc.png"):
        write_picture(tmp_path / "folder" / name)
    (tmp_path / "folder" / "notes.md").write_text("no spectrum")
    (tmp_path / "empty").mkdir()
    assert main(["predict", "folder", "empty", "folder/b_hsqc.png", "--json"]) == SOME_FAILED
    said = lines(capsys)
    names = [Path(line["file"]).name for line in said]
    assert names == ["a_hmbc.png", "b_hsqc.png", "c_hsqc.png", "empty"]
    assert "no spectrum in this folder" in said[3]["error"]


def test_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.png", "two.png", "three.png"):
        write_picture(tmp_path / name)
    argv = ["predict", "--pair", "one.png", "two.png", "--pair", "one.png", "three.png", "--json"]
    assert main(argv) == OK
    first, second = lines(capsys)
    assert first["network"] == "net-both"
    assert first["file"] == "one.png"
    assert [(p["file"], p["experiment"]) for p in second["pair"]] == [
        ("one.png", "hsqc"),
        ("three.png", "hmbc"),
    ]
    assert any(text.startswith("HMBC: ") for text in first["warnings"])


def test_the_table_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    write_picture(tmp_path / "longer_name_hmbc.png")
    assert main(["predict", "a_hsqc.png", "longer_name_hmbc.png", "none.png"]) == SOME_FAILED
    captured = capsys.readouterr()
    head, rule, first, second, third, *notes = captured.out.splitlines()
    assert head.split()[2:] == ["network", "present", "fatty_acid", "indole", "notes"]
    assert set(rule) == {"-", " "}
    assert first.split()[:4] == ["a_hsqc.png", "HSQC", "net-hsqc", "indole"]
    assert second.index("HMBC") == first.index("HSQC") == head.index("experiment")
    assert third.split()[0] == "none.png" and "failed" in third
    assert [note.split()[0] for note in notes] == [f"{i + 1})" for i in range(len(notes))]
    assert first.split()[-1] == ",".join(str(i + 1) for i in range(len(notes)))
    assert any("axes assumed" in note for note in notes)
    assert captured.err == "nmrcam: none.png: no such file\n"


def test_wrong_usage_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    assert usage() == USAGE
    assert usage("predict") == USAGE
    assert "give at least one INPUT" in capsys.readouterr().err
    assert usage("predict", "a_hsqc.png", "--f2", "10") == USAGE
    assert "expected for example 10:0" in capsys.readouterr().err
    assert usage("predict", "a_hsqc.png", "--f2", "3:3") == USAGE
    assert usage("predict", "a_hsqc.png", "--f2", "nan:0") == USAGE
    assert usage("predict", "a_hsqc.png", "--experiment", "cosy") == USAGE
    assert usage("predict", "--pair", "a_hsqc.png") == USAGE
    assert main(["predict", "a_hsqc.png", "--network", "no-such"]) == USAGE
    assert "no network 'no-such'" in capsys.readouterr().err


def test_inputs_may_stand_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a_hsqc.png", "b_hsqc.png", "c_hsqc.png"):
        write_picture(tmp_path / name)
    argv = ["predict", "a_hsqc.png", "--json", "b_hsqc.png", "--network", "auto", "c_hsqc.png"]
    assert main(argv) == OK
    assert [line["file"][0] for line in lines(capsys)] == ["a", "b", "c"]
    assert usage("predict", "a_hsqc.png", "--json", "b_hsqc.png", "--nonsense") == USAGE
    assert "--nonsense" in capsys.readouterr().err
    assert usage("networks", "list", "something") == USAGE


def test_odd_file_names_survive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a b $x^2$_hsqc.png", "¹³C_hsqc.png", "line\nbreak_hsqc.png", "x\udcff_hsqc.png"]
    for name in names:
        write_picture(tmp_path / name)
    assert main(["predict", *names, "--json"]) == OK
    assert [line["file"] for line in lines(capsys)] == names
    assert main(["predict", *names[:3]]) == OK
    assert "line?break_hsqc.png" in capsys.readouterr().out


def test_ctrl_c_is_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(FakeEngine):
        def analyse(self, *args: object, **kwargs: object) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": Interrupted())
    write_picture(tmp_path / "a_hsqc.png")
    assert main(["predict", "a_hsqc.png"]) == INTERRUPTED
    assert capsys.readouterr().err.endswith("nmrcam: interrupted\n")


def test_a_closed_pipe_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_picture(tmp_path / "a_hsqc.png")

    def broken(*_args: object, **_kwargs: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", broken)
    monkeypatch.setattr("nmrcam_qt.cli.main.os.dup2", lambda *_: None)
    assert main(["predict", "a_hsqc.png", "--json"]) == OK


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage("--version") == OK
    assert capsys.readouterr().out == f"nmrcam {__version__}\n"


def test_columns_of_a_table_follow_the_rows() -> None:
    text = table([{"a": "x", "n": "1.5"}, {"a": "longer", "n": "<0.001"}, {"a": ""}])
    assert text.splitlines() == [
        "a            n",
        "------  ------",
        "x          1.5",
        "longer  <0.001",
        "-            -",
    ]


def test_part_settles_which_sheet_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "first"
    book.create_sheet("second")
    for sheet, shift in zip(book, (1.25, 7.2), strict=True):
        sheet.append(["1H", "13C"])
        sheet.append([shift, 29.7 if shift < 2 else 120.0])
    book.save(tmp_path / "two_hsqc.xlsx")
    assert main(["predict", "two_hsqc.xlsx", "--json"]) == SOME_FAILED
    (said,) = lines(capsys)
    assert "--part" in said["error"] and "second" in said["error"]
    assert main(["predict", "two_hsqc.xlsx", "--part", "second", "--json"]) == OK
    assert lines(capsys)[0]["error"] is None
    assert main(["predict", "two_hsqc.xlsx", "--part", "third", "--json"]) == SOME_FAILED


def test_long_paths_lose_their_first_folders_and_never_their_name() -> None:
    assert files_text(("a/b.csv", "c.csv")) == "a/b.csv + c.csv"
    long = "/" + "/".join(f"folder{n}" for n in range(20)) + "/spectrum_hsqc.csv"
    said = files_text((long,))
    assert said.startswith("…/folder1") and said.endswith("/folder19/spectrum_hsqc.csv")
    assert len(said) <= MAX_FILE_TEXT
    name = "x" * 90 + ".csv"
    assert files_text((f"/somewhere/{name}",)) == f"…/{name}"
