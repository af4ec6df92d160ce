"""Every file of shared/samples opens, or is refused with the sentence that says what it is."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.main import main

RAW = "instrument/bruker_raw/exam2d_HC/3"
COSY = "instrument/bruker_cosy"
JCAMP = "instrument/jcamp"
EDITED = ("Bruker raw data (ser), processed by nmrcam", "hsqc", None)
IS_COSY = "a ¹H–¹H COSY (pulse program iufcosy-pr); expected a 2D ¹H–¹³C spectrum"

OPENED: dict[str, tuple[str, str | None, int | None]] = {
    **{
        f"{RAW}/{name}": EDITED
        for name in (
            *("acqu", "acqu2", "acqu2s", "acqus", "pulseprogram", "ser"),
            *("pdata/1/proc", "pdata/1/proc2", "pdata/1/proc2s", "pdata/1/procs", "pdata/1/title"),
        )
    },
    f"{JCAMP}/estragole_hmbc.dx": ("JCAMP-DX", "hmbc", None),
    f"{JCAMP}/estragole_hsqc.dx": ("JCAMP-DX", "hsqc", None),
    "peaklists/appin_centroids.csv": ("AppIn centroids", None, 1),
    "peaklists/ccpn2.tsv": ("CCPN 2 table", None, 1),
    "peaklists/ccpn3.csv": ("CCPN 3 table", None, 1),
    "peaklists/deepsat_edited.csv": ("DeepSAT table", None, 2),
    "peaklists/hmdb_peaks.txt": ("HMDB peak list", None, 1),
    "peaklists/mnova_table.tsv": ("Mnova table", None, 1),
    "peaklists/nmredata_fragment.sdf": ("NMReData", "hsqc", 1),
    "peaklists/nmrfilter_realspectrum.csv": ("peak list without header", None, 2),
    "peaklists/nmrpipe.tab": ("NMRPipe table", None, 1),
    "peaklists/nmrstar_fragment.str": ("NMR-STAR", None, 1),
    "peaklists/smart.csv": ("SMART table", None, 2),
    "peaklists/sparky.list": ("Sparky list", None, 2),
    "peaklists/topspin_peaklist.txt": ("TopSpin text", None, 2),
    "peaklists/topspin_peaklist.xml": ("TopSpin XML", None, 2),
}
"""Format, experiment, number of peaks."""

REFUSED: dict[str, str] = {
    **{
        f"{COSY}/{name}": IS_COSY
        for name in (
            *("acqu2s", "acqus", "pdata/1/2rr", "pdata/1/proc2s", "pdata/1/procs"),
            "pdata/1/title",
        )
    },
    f"{RAW}/pdata/1/auditp.txt": "expected a 2D ¹H–¹³C spectrum",
    f"{RAW}/pdata/1/clevels": "expected a 2D ¹H–¹³C spectrum",
    f"{JCAMP}/butyl_acrylate_hsqced_raw.dx": "the raw data (FIDs) of a ¹H–¹³C HSQC (pulse program "
    "hsqcedetgp) in JCAMP-DX form; expected a 2D ¹H–¹³C spectrum",
    f"{JCAMP}/estragole.mol": "a molecule (MDL molfile), no spectrum",
    f"{JCAMP}/estragole_1h.dx": "a 1D ¹H spectrum; expected a 2D ¹H–¹³C spectrum",
}
"""Part of the sentence."""

FOLDERS = {RAW: "hsqc", f"{RAW}/pdata/1": "hsqc", "instrument/bruker_raw": "hsqc"}


def info(*argv: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit status, objects and stderr of ``nmrcam info --json``."""
    out, said = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        status = main(["info", "--json", *argv])
    return status, [json.loads(line) for line in out.getvalue().splitlines()], said.getvalue()


def test_every_file_is_in_the_table(samples_dir: Path) -> None:
    there = {str(p.relative_to(samples_dir)) for p in samples_dir.rglob("*") if p.is_file()}
    assert there == {*OPENED, *REFUSED}


@pytest.mark.parametrize("name", OPENED)
def test_it_opens(samples_dir: Path, name: str) -> None:
    status, (said,), stderr = info(str(samples_dir / name))
    assert (status, stderr) == (OK, "")
    assert (said["format"], said["experiment"], said["peaks"]) == OPENED[name]
    if said["peaks"] is None:
        assert said["acquisition"]["h_mhz"] == pytest.approx(500.13, abs=0.01)
        assert said["acquisition"]["solvent"] in ("CDCl3", "C6D6")
        assert said["signal_to_noise"] > 100


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(samples_dir: Path, name: str) -> None:
    status, (said,), stderr = info(str(samples_dir / name))
    assert status == SOME_FAILED
    assert REFUSED[name] in said["error"]
    assert len(stderr.splitlines()) == 1


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(samples_dir: Path, name: str) -> None:
    status, (said,), _ = info(str(samples_dir / name))
    assert status == OK
    assert said["experiment"] == FOLDERS[name]


def test_all_at_once(samples_dir: Path) -> None:
    """A folder gives what can be read in it, and one sentence for each of the rest."""
    status, said, stderr = info(str(samples_dir))
    assert status == SOME_FAILED
    assert sum(one["error"] is None for one in said) == 17
    assert sum(one["error"] is not None for one in said) == 2
    assert len(stderr.splitlines()) == 3
    assert "not opened, since they are no ¹H–¹³C spectra: bruker_cosy – a ¹H–¹H COSY" in stderr


def test_archives(samples_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for folder, name in ((RAW, "study/3"), (RAW, "study/4"), (COSY, "study/7")):
            for file in (samples_dir / folder).rglob("*"):
                if file.is_file():
                    archive.write(file, f"{name}/{file.relative_to(samples_dir / folder)}")
    status, (said,), _ = info(str(path))
    assert status == SOME_FAILED
    assert "several ¹H–¹³C 2D spectra" in said["error"]
    assert "(--part)" in said["error"]
    status, (said,), _ = info(str(path), "--part", "study/4")
    assert status == OK
    assert said["experiment"] == "hsqc"


def asked_of_estragole(samples_dir: Path, *options: str) -> dict[str, Any]:
    out = io.StringIO()
    path = str(samples_dir / JCAMP / "estragole_hmbc.dx")
    with redirect_stdout(out):
        assert main(["predict", path, "--json", *options]) == OK
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_networks_for_mixtures_see_no_class_of_the_study_in_estragole(samples_dir: Path) -> None:
    """4-Allylanisole: a methoxybenzene with an alkene."""
    said = asked_of_estragole(samples_dir)
    assert said["network"] == "hmbc-mix"
    assert not {"fatty_acid", "indole", "steroid", "pyranose", "purine"} & set(said["present"])
    assert "was drawn for it" in " ".join(said["warnings"])


def test_what_the_networks_of_the_study_say_of_estragole(samples_dir: Path) -> None:
    """It is of no class: nothing may sound as if the answer could be relied on."""
    said = asked_of_estragole(samples_dir, "--network", "kuhn-hmbc")
    text = " ".join(said["warnings"])
    assert "always answers one of its 3 classes, also where none is present" in text
    assert "was drawn for it (contours from 20 × noise)" in text
    assert "not trained on mixtures" in text
    assert "held-out compounds" not in text
    assert "8.5 to 2.1 ppm (¹H)" in text
