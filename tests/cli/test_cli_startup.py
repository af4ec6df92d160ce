"""The command line as a process: a light start, real networks, real samples."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nmrcam_qt.core.cards import read_card
from nmrcam_qt.core.paths import models_dir, resources_dir
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.samples import sample_paths

HEAVY = ("tensorflow", "keras", "nmrglue", "matplotlib", "PIL", "PySide6", "h5py", "openpyxl")


def nmrcam(*argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nmrcam_qt", *argv],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.parametrize(
    "argv", [["--help"], ["--version"], ["networks", "list"], ["predict", "--help"], ["nonsense"]]
)
def test_a_light_start(argv: list[str]) -> None:
    code = (
        "import sys\n"
        "from nmrcam_qt.cli.main import main\n"
        "try:\n"
        f"    main({argv!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


needs_network = pytest.mark.skipif(
    not (models_dir() / "kuhn-hmbc" / "weights.npz").is_file(),
    reason="the trained networks are not in models/",
)


@needs_network
def test_a_real_sample_end_to_end(tmp_path: Path) -> None:
    sample = resources_dir() / "samples" / "tryptophan_hmbc.csv"
    argv = ["explain", str(sample), "--network", "kuhn-hmbc", "--class", "indole", "--out", "out"]
    done = nmrcam(*argv, "--method", "all", "--json", "--dpi", "60", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["network"] == "kuhn-hmbc"
    assert said["present"] == ["indole"]
    assert said["scores"]["indole"] > 0.9
    assert said["axes"]["assumed"] is False
    assert {m["method"] for m in said["maps"]} == {
        "gradcam",
        "gradcam++",
        "hirescam",
        "layercam",
        "xgradcam",
    }
    with np.load(tmp_path / "out" / "tryptophan_hmbc_indole_hirescam.npz") as data:
        row, column = np.unravel_index(np.argmax(data["heat"]), data["heat"].shape)
        # The aromatic signals of the indole: 7-8 ppm, 105-145 ppm.
        assert 6.8 <= data["f2_ppm"][column] <= 8.2
        assert 100 <= data["f1_ppm"][row] <= 145
    assert "oneDNN" not in done.stderr


@pytest.mark.skipif(
    not (models_dir() / "hmbc-mix" / "weights.npz").is_file(),
    reason="the networks for mixtures are not in models/",
)
def test_the_default_is_the_network_for_mixtures(tmp_path: Path) -> None:
    """Nothing here depends on what its weights say."""
    sample = resources_dir() / "samples" / "tryptophan_hmbc.csv"
    argv = ["explain", str(sample), "--method", "cam", "--class", "indole", "--out", "out"]
    done = nmrcam(*argv, "--json", "--dpi", "60", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    card = read_card(models_dir() / "hmbc-mix")
    assert said["network"] == "hmbc-mix"
    assert not any("not trained on mixtures" in text for text in said["warnings"])
    assert said["thresholds"] == dict(zip(card.class_ids, card.thresholds, strict=True))
    assert tuple(said["scores"]) == card.class_ids
    assert said["present"] == [c for c, s in said["scores"].items() if s >= said["thresholds"][c]]
    assert [m["method"] for m in said["maps"]] == ["cam"]
    peaks = read_spectrum(sample).peaks
    assert peaks is not None
    with np.load(tmp_path / "out" / "tryptophan_hmbc_indole_cam.npz") as data:
        rows, columns = np.nonzero(data["evidence"])
        assert abs(np.diff(data["f2_ppm"])).max() <= 0.1 + 1e-6
        assert abs(np.diff(data["f1_ppm"])).max() <= 2 + 1e-6
        for c_ppm, h_ppm in zip(data["f1_ppm"][rows], data["f2_ppm"][columns], strict=True):
            # Drawn peaks are wider than a cell; what is blank holds exactly nothing.
            apart = np.hypot((peaks.h_ppm - h_ppm) / 0.3, (peaks.c_ppm - c_ppm) / 6)
            assert apart.min() < 1
    assert len(rows)
    assert "oneDNN" not in done.stderr


@needs_network
@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a child on Windows")
@pytest.mark.usefixtures("children_heed_ctrl_c")
def test_ctrl_c_in_a_real_process(tmp_path: Path) -> None:
    samples = str(resources_dir() / "samples")
    argv = ["explain", samples, "--class", "all", "--out", str(tmp_path), "--dpi", "300", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nmrcam_qt", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=240)
    # Python ends by the signal itself where the interrupt came within an exec() of text (that
    # is how dataclasses are made): a shell says 130 of both.
    assert process.returncode in (130, -signal.SIGINT)
    reached = [path for path in sample_paths() if list(tmp_path.glob(f"{path.stem}*"))]
    assert len(reached) < len(sample_paths()), "it went on to the end"
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("*.part"))
