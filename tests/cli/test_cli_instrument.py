"""Instrument data on the command line: info, referencing, solvents left out, batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bruker_builders import write_processed
from fake_engine import FakeEngine, write_networks, write_picture
from jcamp_builders import jcamp_2d

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.ml import batch

DMSO = (2.5, 39.5)
SAMPLE = (7.0, 120.0)


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": FakeEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def write_hsqc(path: Path, peaks: tuple[tuple[float, float], ...] = (SAMPLE, DMSO)) -> Path:
    """A JCAMP-DX file in DMSO with noise and peaks at ``(¹H, ¹³C)``."""
    size = (192, 256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(jcamp_2d(np.ones(size, int)))
    blank = read_spectrum(path)
    image = np.random.default_rng(0).normal(0, 10, size)
    for h, c in peaks:
        down = np.exp(-(((blank.f1.centres - c) / 1.0) ** 2))
        across = np.exp(-(((blank.f2.centres - h) / 0.03) ** 2))
        image += 3000 * down[:, np.newaxis] * across
    path.write_text(jcamp_2d(image.round().astype(int)))
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def indole(capsys: pytest.CaptureFixture[str]) -> float:
    """The fake network's score, which grows with the ink."""
    (said,) = lines(capsys)
    return float(said["scores"]["indole"])


def test_info_says_what_a_spectrum_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "a.dx")
    assert main(["info", "a.dx", "--json"]) == OK
    (said,) = lines(capsys)
    assert (said["format"], said["kind"]) == ("JCAMP-DX", "instrument data")
    assert said["experiment"] == "hsqc"
    assert said["acquisition"]["solvent"] == "DMSO"
    assert said["acquisition"]["pulse_program"] == "hsqcedetgpsisp2.3"
    assert said["acquisition"]["h_mhz"] == pytest.approx(400)
    assert said["axes"]["f2"]["points"] == 256
    assert said["axes"]["f1"]["nucleus"] == "13C"
    assert said["noise"] == pytest.approx(10, rel=0.1)
    assert said["signal_to_noise"] == pytest.approx(300, rel=0.15)
    assert said["error"] is None
    assert main(["info", "a.dx"]) == OK
    text = capsys.readouterr().out
    for part in ("a.dx\n", "HSQC", "256 points", "DMSO", "400.00 MHz", "noise", "edited"):
        assert part in text


def test_info_of_a_picture_says_what_is_assumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_picture(tmp_path / "x.png")
    assert main(["info", "x.png"]) == OK
    text = capsys.readouterr().out
    assert "not known" in text
    assert "assumed        axes assumed 10–0 / 0–200 ppm" in text
    assert "noise" not in text


def test_info_goes_on_after_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "in" / "a.dx")
    (tmp_path / "in" / "b.dx").write_text("##TITLE= x\n##END=\n")
    assert main(["info", "in", "missing.dx", "--json"]) == SOME_FAILED
    good, bad, missing = lines(capsys)
    assert good["error"] is None
    assert "b.dx" in bad["error"]
    assert "no such file" in missing["error"]


def test_excluded_solvent_is_not_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "both.dx")
    write_hsqc(tmp_path / "alone.dx", (SAMPLE,))
    scores = {}
    for name, argv in {
        "both": ["both.dx"],
        "alone": ["alone.dx"],
        "own": ["both.dx", "--exclude-solvent"],
        "own before": ["--exclude-solvent", "both.dx"],
        "named": ["both.dx", "--exclude-solvent", "DMSO-d6"],
        "other": ["both.dx", "--exclude-solvent", "CDCl3"],
    }.items():
        assert main(["predict", *argv, "--json"]) == OK
        scores[name] = indole(capsys)
    assert scores["own"] == scores["own before"] == scores["named"]
    assert scores["own"] == pytest.approx(scores["alone"], rel=0.1)
    assert scores["both"] == scores["other"] != scores["own"]


def test_warnings_name_the_solvent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "a.dx")
    assert main(["predict", "a.dx", "--json"]) == OK
    assert any("DMSO-d5 in DMSO-d6" in text for text in lines(capsys)[0]["warnings"])
    assert main(["predict", "a.dx", "--json", "--exclude-solvent"]) == OK
    said = lines(capsys)[0]["warnings"]
    assert not any("DMSO-d5 in DMSO-d6" in text for text in said)
    assert any("blank to the network: DMSO-d5" in text for text in said)


@pytest.mark.parametrize("shift", ["0.25", "7.0=7.25"])
def test_referencing(shift: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    axis: Axis = read_spectrum(write_hsqc(tmp_path / "a.dx")).f2
    assert main(["info", "a.dx", "--json", "--reference-h", shift, "--reference-c", "-2"]) == OK
    (said,) = lines(capsys)
    assert said["axes"]["f2"]["first_ppm"] == pytest.approx(axis.first_ppm + 0.25, abs=1e-6)
    assert any("¹H +0.25 ppm, ¹³C -2 ppm" in text for text in said["notes"])
    assert main(["predict", "a.dx", "--json", "--reference-h", shift]) == OK
    (said,) = lines(capsys)
    assert said["axes"]["f2"][0] == pytest.approx(axis.edges[0] + 0.25, abs=1e-5)


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["--exclude-solvent=moon"], "no solvent 'moon' is known"),
        (["--exclude-solvent", "moon"], "no solvent 'moon' is known"),
        (["--reference-h", "much"], "'much' is no shift"),
        (["--reference-c=1e9"], "is no shift"),
    ],
)
def test_slips_of_the_keyboard(
    argv: list[str], part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_hsqc(tmp_path / "a.dx")
    with pytest.raises(SystemExit) as stopped:
        main(["predict", "a.dx", *argv])
    assert stopped.value.code == 2
    assert part in capsys.readouterr().err


def test_pairs_are_treated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "a.dx")
    write_picture(tmp_path / "b.png")
    argv = ["predict", "--pair", "a.dx", "b.png", "--json", "--reference-h", "0.5"]
    assert main(argv) == OK
    (said,) = lines(capsys)
    assert said["pair"][1]["axes"]["f2"] == [10.5, 0.5]
    assert said["pair"][1]["experiment"] == "hmbc"


def test_batch_of_instrument_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_hsqc(tmp_path / "in" / "a.dx")
    argv = ["batch", "in", "--out", "out", "--dpi", "36", "--json", "--no-report"]
    assert main([*argv, "--exclude-solvent"]) == OK
    (said,) = lines(capsys)
    (picture,) = said["pictures"]
    assert Path(picture).stat().st_size > 1000
    first = Path(picture).stat().st_mtime_ns
    assert main([*argv, "--exclude-solvent"]) == OK
    assert Path(picture).stat().st_mtime_ns == first  # nothing changed, nothing was drawn
    assert main(argv) == OK
    assert Path(picture).stat().st_mtime_ns > first  # the network sees something else


def test_pictures_are_not_called_like_the_file_of_every_measurement(tmp_path: Path) -> None:
    image = np.random.default_rng(1).normal(0, 10, (64, 128))
    image[30:33, 60:63] += 5000
    for number in ("3", "4"):
        write_processed(tmp_path / "study" / number, image, program="hsqcedetgp")
    write_hsqc(tmp_path / "b.dx")
    assert main(["explain", "study", "b.dx", "--out", "out", "--dpi", "36"]) == OK
    names = [path.name.removesuffix("_hirescam.png") for path in (tmp_path / "out").glob("*.png")]
    assert sum(name.startswith(("study 3", "study 4")) for name in names) == 2
    assert sum(name.startswith("b_") for name in names) == 1 and len(names) == 3
