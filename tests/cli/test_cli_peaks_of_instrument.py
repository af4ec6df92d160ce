"""``nmrcam peaks``: picked peaks printed, written and read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from jcamp_builders import jcamp_2d

from nmrcam_qt.cli import OK, USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.cli.peaks import FORMATS
from nmrcam_qt.core.picking import PickSettings
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.writers.peak_files import PeakFormat

PEAKS = ((7.0, 120.0), (2.5, 39.5), (4.1, 61.3))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A JCAMP-DX HSQC in DMSO with peaks at `PEAKS`."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "in" / "a.dx"
    path.parent.mkdir()
    path.write_text(jcamp_2d(np.ones((192, 256), int)))
    blank = read_spectrum(path)
    image = np.random.default_rng(0).normal(0, 10, (192, 256))
    for h, c in PEAKS:
        down = np.exp(-(((blank.f1.centres - c) / 1.5) ** 2))
        across = np.exp(-(((blank.f2.centres - h) / 0.05) ** 2))
        image += 3000 * down[:, np.newaxis] * across
    path.write_text(jcamp_2d(image.round().astype(int)))
    return path


def strongest(peaks: list[dict[str, float]]) -> list[tuple[float, float]]:
    """Shifts of the three strongest, by ¹H."""
    first = sorted(peaks, key=lambda peak: -abs(peak["height"]))[:3]
    return sorted((peak["h_ppm"], peak["c_ppm"]) for peak in first)


def test_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peaks", str(file), "--json", "--min-snr", "20"]) == OK
    said = json.loads(capsys.readouterr().out)
    assert said["experiment"] == "hsqc"
    np.testing.assert_allclose(strongest(said["peaks"]), sorted(PEAKS), atol=0.2)
    assert all(peak["snr"] > 19 for peak in said["peaks"])
    h = [place[0] for place in strongest(said["peaks"])]
    np.testing.assert_allclose(h, sorted(p[0] for p in PEAKS), atol=0.01)


def test_printed_from_a_folder_of_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peaks", "in", "--min-snr", "20"]) == OK
    text = capsys.readouterr().out
    assert text.startswith("1H ppm  13C ppm")
    assert "7.00" in text


def test_referencing_and_solvent(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["peaks", str(file), "--json", "--min-snr", "20"]
    assert main([*argv, "--reference-h", "0.5", "--exclude-solvent"]) == OK
    peaks = json.loads(capsys.readouterr().out)["peaks"]
    assert strongest(peaks)[-1][0] == pytest.approx(7.5, abs=0.01)
    assert main([*argv, "--exclude-solvent"]) == OK
    peaks = json.loads(capsys.readouterr().out)["peaks"]
    kinds = {round(peak["h_ppm"], 1): peak["kind"] for peak in peaks}
    assert kinds[2.5] == "solvent or reference"
    assert kinds[7.0] == "signal"


@pytest.mark.parametrize("form", list(PeakFormat))
def test_every_format_reads_back(
    file: Path, form: PeakFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(f"hsqc_out{form.suffix}")
    assert main(["peaks", str(file), "-o", str(out), "--min-snr", "20"]) == OK
    assert capsys.readouterr().out.endswith(f"{out}\n")
    found = read_spectrum(out).peaks
    assert found is not None
    for h, c in PEAKS:
        assert (np.hypot((found.h_ppm - h) / 0.02, (found.c_ppm - c) / 0.3) < 1).any()


def test_formats_of_the_help_are_those_there_are() -> None:
    assert set(FORMATS) == {form.value for form in PeakFormat}


def test_format_without_a_suffix(file: Path) -> None:
    assert main(["peaks", str(file), "-o", "peaks", "--format", "sparky"]) == OK
    assert "Assignment" in Path("peaks").read_text()


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["-o", "x.foo"], "no format has this suffix"),
        (["--min-snr", "-1"], "a peak cannot need -1"),
        (["--signs", "up"], "invalid choice"),
    ],
)
def test_slips(file: Path, argv: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["peaks", str(file), *argv])
    assert stopped.value.code == USAGE
    assert part in capsys.readouterr().err


def test_what_cannot_be_read(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in" / "b.dx").write_text("##TITLE= x\n##END=\n")
    (tmp_path / "empty").mkdir()
    for argv, part in (
        (["in"], "a folder of 2 spectra; expected one spectrum"),
        (["empty"], "no spectrum in this folder"),
        (["gone.dx"], "no such file"),
        ([str(file), "-o", "gone/x.csv"], "gone"),
    ):
        assert main(["peaks", *argv]) == USAGE
        said = capsys.readouterr().err
        assert part in said
        assert len(said.splitlines()) == 1


def test_the_help_tells_the_real_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["peaks", "--help"])
    said, settings = " ".join(capsys.readouterr().out.split()), PickSettings()
    assert f"noise (default: {settings.min_snr:g})" in said
    assert f"0 to 1 (default: {settings.min_relative:g})" in said
    assert f"(default: {settings.signs.value})" in said


@pytest.mark.parametrize("role", ["input", "in its folder", "through a link", "hsqc"])
def test_the_spectrum_itself_is_never_overwritten(
    file: Path, tmp_path: Path, role: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out, inputs = file.read_bytes(), file, [str(file)]
    if role == "in its folder":
        inputs = [str(file.parent)]
    elif role == "through a link":
        out = tmp_path / "link.csv"
        out.symlink_to(file)
    elif role == "hsqc":
        other = tmp_path / "b_hmbc.dx"
        other.write_bytes(before)
        inputs = [str(other), "--hsqc", str(file)]
    with pytest.raises(SystemExit) as stopped:
        main(["peaks", *inputs, "-o", str(out), "--format", "csv"])
    assert stopped.value.code == USAGE
    assert "it would be overwritten" in capsys.readouterr().err
    assert file.read_bytes() == before
