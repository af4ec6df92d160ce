"""The wheel brings networks, samples and resources, and an installed copy finds them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("nmrcam_qt", "models", "resources", "pyproject.toml", "README.md", "LICENSE")
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))


def pip(*argv: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *argv, "-q", "--no-deps"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that no build folder is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source / name)
    target = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "-w", str(target), ".", cwd=source)
    (made,) = target.glob("nmrcam-*.whl")
    return made


def shipped(folder: str) -> set[str]:
    """Files of a folder of the checkout, relative to it."""
    root = ROOT / folder
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(("folder", "inside"), [("models", "_models"), ("resources", "_resources")])
def test_everything_travels_in_the_wheel(wheel: Path, folder: str, inside: str) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    prefix = f"nmrcam_qt/{inside}/"
    assert {n.removeprefix(prefix) for n in names if n.startswith(prefix)} == shipped(folder)
    assert not [n for n in names if "__pycache__" in n or n.endswith(".part")]


def test_every_module_travels_in_the_wheel(wheel: Path) -> None:
    names = {n for n in zipfile.ZipFile(wheel).namelist() if n.endswith(".py")}
    missing = {f"nmrcam_qt/{name}" for name in shipped("nmrcam_qt") if name.endswith(".py")} - names
    assert not missing, "list the package in pyproject.toml"


def test_samples_and_licence_are_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    samples = [n for n in names if n.startswith("nmrcam_qt/_resources/samples/")]
    assert len([n for n in samples if n.endswith(".csv")]) >= 8
    assert any(n.endswith("LICENSE") for n in names)


def test_an_installed_copy_finds_its_files(wheel: Path, tmp_path: Path) -> None:
    pip("install", "--target", str(tmp_path / "site"), str(wheel), cwd=tmp_path)
    code = (
        "import nmrcam_qt\n"
        "from nmrcam_qt.core.card_store import installed_networks\n"
        "from nmrcam_qt.core.paths import models_dir, resources_dir\n"
        "print(nmrcam_qt.__file__, models_dir(), resources_dir(), sep='\\n')\n"
        "for entry in installed_networks():\n"
        "    print(entry.card.id, (entry.folder / 'weights.npz').is_file())\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "NMRCAM_HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    package, models, resources, *networks = done.stdout.splitlines()
    site = tmp_path / "site" / "nmrcam_qt"
    assert Path(package) == site / "__init__.py"
    assert (Path(models), Path(resources)) == (site / "_models", site / "_resources")
    folders = sorted(p.parent.name for p in (ROOT / "models").glob("*/card.json"))
    assert networks == [f"{name} True" for name in folders]


def test_the_entry_points_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"nmrcam": "nmrcam_qt.cli.main:main"}
    assert project["gui-scripts"] == {"nmrcam-qt": "nmrcam_qt.launch:main"}
    qt = next(d for d in project["dependencies"] if d.startswith("PySide6"))
    assert qt == "PySide6-Essentials>=6.9.3,<6.12"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_the_scripts_are_plain_sh(script: Path) -> None:
    text = script.read_text("utf-8")
    subprocess.run(["sh", "-n", str(script)], check=True)
    for bashism in ("[[", "function ", "source ", "<<<", "local ", "pipefail"):
        assert bashism not in text, bashism


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_the_bootstrap_says_what_is_missing(tmp_path: Path) -> None:
    """Without any Python, apt-get or sudo: one sentence and status 1."""
    for name in ("sh", "dirname", "id", "uname", "printf", "cat", "cksum"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    shutil.copy(ROOT / "pyproject.toml", root)
    done = subprocess.run(
        [str(tmp_path / "sh"), str(root / "scripts" / "run.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 was found" in done.stderr
    assert not (root / ".venv").exists()


def test_the_readme_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    first = text.split("```")[1]
    commands = [line.split("#")[0].strip() for line in first.splitlines()[1:] if line.strip()]
    assert commands == ["sh scripts/run.sh", "sh scripts/test.sh"]


def test_what_the_readme_points_to_is_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    targets = {t for t in re.findall(r"\]\(([^)#:]+)\)", text)}
    assert "docs/images/window.png" in targets
    assert not [t for t in targets if not (ROOT / t).exists()]


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda p: p.name)
def test_the_scripts_name_no_registry(script: Path) -> None:
    text = script.read_text("utf-8")
    assert not re.findall(r"https?:|index-url|\b[\w-]+\.(?:org|com|io|net)\b", text)
