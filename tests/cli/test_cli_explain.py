"""``nmrcam explain`` and ``nmrcam demo``: which files are written and what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_engine import FakeEngine, write_networks, write_picture
from PIL import Image

from nmrcam_qt.cli import OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.explain import DEFAULT_METHOD
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store, paths
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.ml import batch

SMALL = ["--dpi", "40", "--out", "out"]


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": FakeEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def written(folder: str = "out") -> list[str]:
    return sorted(p.name for p in Path(folder).iterdir())


def test_picture_and_arrays_of_the_top_class(tmp_path: Path) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    assert main(["explain", "a_hsqc.png", *SMALL]) == OK
    stem = f"a_hsqc_indole_{DEFAULT_METHOD}"
    assert written() == [f"{stem}.npz", f"{stem}.png"]
    assert Image.open(f"out/{stem}.png").size == (283, 204)
    with np.load(f"out/{stem}.npz", allow_pickle=False) as data:
        assert {"heat", "evidence", "f1_ppm", "f2_ppm", "network", "layer", "empty"} <= set(data)
        assert data["heat"].shape == (data["f1_ppm"].size, data["f2_ppm"].size) == (5, 9)
        assert str(data["network"]) == "net-hsqc"
        assert not bool(data["empty"])


def test_all_methods_and_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    argv = ["explain", "a_hsqc.png", "--method", "all", "--class", "all", "--json", *SMALL]
    assert main(argv) == OK
    (said,) = lines(capsys)
    available = [m for m in DEFAULT_METHODS if m != "cam"]
    assert written() == sorted(
        f"a_hsqc_{c}_{m}.{kind}"
        for c in ("fatty_acid", "indole")
        for m in available
        for kind in ("npz", "png")
    )
    assert len(said["maps"]) == 2 * len(available)
    assert all(Path(m["picture"]).is_file() and Path(m["data"]).is_file() for m in said["maps"])
    assert {m["class"] for m in said["maps"] if m["empty"]} == {"fatty_acid"}
    assert "cam is not available: the head is not linear" in said["warnings"]
    assert said["error"] is None


def test_only_an_unavailable_method_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    assert main(["explain", "a_hsqc.png", "--method", "cam", *SMALL]) == SOME_FAILED
    assert "a_hsqc.png: cam is not available" in capsys.readouterr().err
    assert written() == []


@pytest.mark.parametrize(("kind", "magic"), [("svg", b"<?xml"), ("pdf", b"%PDF-")])
def test_formats(tmp_path: Path, kind: str, magic: bytes) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    argv = ["explain", "a_hsqc.png", "--method", "gradcam++", "--class", "indole"]
    assert main([*argv, "--format", kind, *SMALL]) == OK
    name = f"a_hsqc_indole_gradcam++.{kind}"
    assert written() == ["a_hsqc_indole_gradcam++.npz", name]
    assert (tmp_path / "out" / name).read_bytes().startswith(magic)


def test_equal_stems_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for name in ("one/a_hsqc.png", "two/a_hsqc.png", "two/A_HSQC.png"):
        write_picture(tmp_path / name, 5)
    assert main(["explain", "one", "two", *SMALL]) == OK
    pictures = [name for name in written() if name.endswith(".png")]
    assert len({name.casefold() for name in pictures}) == 3


def test_a_pair_has_a_map_for_every_input(tmp_path: Path) -> None:
    write_picture(tmp_path / "x1.png", 5)
    write_picture(tmp_path / "x2.png", 5)
    assert main(["explain", "--pair", "x1.png", "x2.png", *SMALL]) == OK
    stem = f"x1+x2_indole_{DEFAULT_METHOD}"
    assert written() == sorted(
        f"{stem}_{e}.{kind}" for e in ("hsqc", "hmbc") for kind in ("npz", "png")
    )


def test_what_cannot_be_written_fails_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    write_picture(tmp_path / "b_hsqc.png", 5)
    (tmp_path / "out" / f"a_hsqc_indole_{DEFAULT_METHOD}.npz").mkdir(parents=True)
    assert main(["explain", "a_hsqc.png", "b_hsqc.png", "--json", *SMALL]) == SOME_FAILED
    first, second = lines(capsys)
    assert "cannot be written" in first["error"]
    assert second["error"] is None and len(second["maps"]) == 1
    assert not [name for name in written() if name.endswith(".part")]


def test_an_unknown_layer_or_class_fails_with_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    assert main(["explain", "a_hsqc.png", "--layer", "conv9", *SMALL]) == SOME_FAILED
    assert "no layer 'conv9'; expected conv" in capsys.readouterr().err
    assert main(["explain", "a_hsqc.png", "--class", "sugar", *SMALL]) == SOME_FAILED
    assert "no class 'sugar'; expected one of fatty_acid, indole" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--method", "magic"],
        ["--dpi", "0"],
        ["--size", "9"],
        ["--size", "1x1"],
        ["--opacity", "2"],
        ["--format", "x"],
    ],
)
def test_wrong_usage_is_two(tmp_path: Path, wrong: list[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    with pytest.raises(SystemExit) as stopped:
        main(["explain", "a_hsqc.png", "--out", "out", *wrong])
    assert stopped.value.code == USAGE


def test_a_file_in_the_way_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    (tmp_path / "out").touch()
    assert main(["explain", "a_hsqc.png", *SMALL]) == USAGE
    assert "out: cannot be written" in capsys.readouterr().err


def test_the_table_says_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    assert main(["explain", "a_hsqc.png", "--class", "fatty_acid,indole", *SMALL]) == OK
    _, _, first, second, *_ = capsys.readouterr().out.splitlines()
    assert "fatty_acid" in first and " empty " in first
    assert "indole" in second and " found " in second


@pytest.mark.parametrize("command", ["explain", "batch"])
def test_every_class_that_is_present_is_explained(tmp_path: Path, command: str) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    assert main([command, "a_hsqc.png", "--class", "present", *SMALL]) == OK
    pictures = [name for name in written() if name.endswith(".png")]
    assert pictures == [f"a_hsqc_indole_{DEFAULT_METHOD}.png"]


def test_no_class_is_present(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a failure nor a map of something else, also where a method is not available."""
    write_networks(tmp_path / "models", threshold=1.0)
    write_picture(tmp_path / "a_hsqc.png", 5)
    argv = ["explain", "a_hsqc.png", "--class", "present", "--method", "hirescam,cam", *SMALL]
    assert main(argv) == OK
    out = capsys.readouterr().out
    assert " none " in out and not written()
    assert "none of its 2 classes is present" in out and "the best is indole" in out
    assert main([*argv, "--json"]) == OK
    (said,) = lines(capsys)
    assert said["maps"] == [] and said["error"] is None
    assert said["message"].startswith("net-hsqc says that none of its 2 classes is present")


def test_the_demo_writes_pictures_and_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a_hsqc.png", "a_hmbc.png", "b_hsqc.png"):
        write_picture(tmp_path / "resources" / "samples" / name, 5)
    monkeypatch.setattr(paths, "resources_dir", lambda: tmp_path / "resources")
    assert main(["demo"]) == OK
    out = capsys.readouterr().out
    # Three spectra, and two maps of the pair a.
    assert "5 pictures" in out and "nmrcam-demo/" in out
    names = written("nmrcam-demo")
    assert len([n for n in names if n.endswith(".png")]) == 5
    table = (tmp_path / "nmrcam-demo" / "scores.csv").read_text("utf-8-sig").splitlines()
    assert len(table) == 5
    assert table[0].startswith("file,experiment,network,present,score_fatty_acid,score_indole")


def test_a_demo_without_samples_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "resources_dir", lambda: tmp_path / "nowhere")
    assert main(["demo"]) == USAGE
    assert "no sample spectra" in capsys.readouterr().err
