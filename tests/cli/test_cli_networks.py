"""``nmrcam networks``: list, show, import, verify."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import keras
import pytest
from importing_files import linear, randomise, save, sequential
from importing_files import write_small as write

from nmrcam_qt.cli import networks
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.cards import read_card


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    return tmp_path / "home" / "networks"


def run(capsys, *arguments):
    try:
        status = main(["networks", *map(str, arguments)])
    except SystemExit as error:
        status = error.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


GIVEN = ("--classes", "Fatty acid,Indole,Other", "--experiment", "hsqc", "--background", "0")


def test_list(capsys, home):
    write(home / "small")
    status, out, err = run(capsys, "list", "--json")
    (entry,) = lines(out)
    assert (status, err) == (0, "")
    assert entry["id"] == "small"
    assert entry["experiments"] == ["hsqc", "hmbc"]
    assert entry["classes"] == ["a", "b"]
    assert entry["shipped"] is False
    assert entry["error"] is None
    status, out, _ = run(capsys, "list")
    assert status == 0
    assert "HSQC + HMBC" in out.splitlines()[2]


def test_list_with_a_broken_folder(capsys, home):
    write(home / "small")
    (home / "torn").mkdir()
    status, out, err = run(capsys, "list", "--json")
    good, bad = lines(out)
    assert status == 3
    assert good["id"] == "small"
    assert bad["id"] is None
    assert "torn/card.json" in bad["error"]
    assert "torn" in err


def test_show(capsys, home):
    write(home / "small")
    status, out, _ = run(capsys, "show", "small", "--json")
    (card,) = lines(out)
    assert status == 0
    assert card["inputs"][0]["shape"] == [24, 32, 1]
    status, out, _ = run(capsys, "show", "small")
    assert "1H 10:0 ppm, 13C 0:200 ppm" in out
    status, out, err = run(capsys, "show", "nothing")
    assert (status, out) == (2, "")
    assert "no network 'nothing'" in err


def test_verify(capsys, home):
    write(home / "small")
    assert run(capsys, "verify")[:2] == (0, "small: fine\n")
    (home / "small" / "weights.npz").write_bytes(b"x")
    write(home / "other")
    (home / "torn").mkdir()
    status, out, _ = run(capsys, "verify", "--json")
    found = {r["id"]: r for r in lines(out)}
    assert status == 3
    assert found["other"]["ok"] is True
    assert found["small"]["ok"] is False
    assert "broken weights" in found["small"]["error"]
    assert found["torn"]["ok"] is False
    assert run(capsys, "verify", "other")[0] == 0
    assert run(capsys, "verify", "none")[0] == 3


def test_import(capsys, home, tmp_path):
    path = save(randomise(sequential()), tmp_path / "net.keras")
    status, out, _ = run(capsys, "import", path, *GIVEN, "--yes", "--json", "--id", "mine")
    (result,) = lines(out)
    assert status == 0
    assert result["id"] == "mine"
    assert result["error"] is None
    card = read_card(home / "mine")
    assert card.class_ids == ("fatty_acid", "indole", "other")
    assert card.inputs[0].f2_window_ppm == (10.0, 0.0)
    status, out, _ = run(capsys, "import", path, *GIVEN, "--yes", "--json", "--id", "mine")
    assert status == 3
    assert "installed already" in lines(out)[0]["error"]


def test_import_with_windows_and_orientation(capsys, home, tmp_path):
    path = save(linear(), tmp_path / "net.h5")
    options = ("--f2", "0:12", "--f1", "-5:165", "--rows", "f2", "--head", "sigmoid")
    status, out, _ = run(
        capsys, "import", path, *GIVEN, *options, "--full-scale", "1", "--title", "Turned"
    )
    assert status == 0
    assert "imported as net" in out
    card = read_card(home / "net")
    spec = card.inputs[0]
    assert spec.f2_window_ppm == (0.0, 12.0)
    assert spec.f1_window_ppm == (-5.0, 165.0)
    assert (spec.rows, spec.f1.size, spec.f2.size) == ("f2", 32, 24)
    assert (card.head, card.title) == ("sigmoid", "Turned")


def test_import_says_exactly_what_is_missing(capsys, home, tmp_path):
    path = save(linear(), tmp_path / "net.keras")
    status, out, err = run(capsys, "import", path, "--yes", "--experiment", "hsqc")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    for option in ("--classes", "--background", "--head"):
        assert option in err
    assert "--f2" not in err
    status, out, err = run(capsys, "import", path, *GIVEN, "--head", "softmax")
    assert status == 2
    for option in ("--f2", "--f1", "--rows", "--full-scale"):
        assert option in err
    assert not home.exists()


def test_import_refuses_in_one_sentence(capsys, home, tmp_path):
    model = keras.Sequential(
        [keras.layers.Input((24, 32, 1)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()]
    )
    path = save(model, tmp_path / "net.keras")
    status, out, err = run(capsys, "import", path, *GIVEN, "--yes", "--json")
    assert status == 3
    assert "'Lambda' is not allowed" in lines(out)[0]["error"]
    assert err.count("\n") == 1
    assert run(capsys, "import", tmp_path / "none.keras", *GIVEN)[0] == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--f2", "10"),
        ("--background", "2"),
        ("--experiment", "cosy"),
        ("--classes", "a,,b"),
        ("--head", "relu"),
    ],
)
def test_usage(capsys, tmp_path, options):
    status, out, err = run(capsys, "import", tmp_path / "x.keras", *options)
    assert (status, out) == (2, "")
    assert options[0] in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_import_asks_on_a_terminal(capsys, home, tmp_path, monkeypatch):
    path = save(linear(), tmp_path / "net.keras")
    said = Terminal()
    typed = ["Fatty acid, Indole, Other", "", "12", "12:-1", "", "", "white", "1", "", "softmax"]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(typed) + "\n"))
    monkeypatch.setattr(sys, "stderr", said)
    assert networks.run(parse("import", path)) == 0
    card = read_card(home / "net")
    assert card.class_ids == ("fatty_acid", "indole", "other")
    assert card.inputs[0].f2_window_ppm == (12.0, -1.0)
    assert card.inputs[0].f1_window_ppm == (0.0, 200.0)
    assert card.inputs[0].background == 1
    assert card.head == "softmax"
    assert "'12' is no window" in said.getvalue()
    assert "expected 0 or 1" in said.getvalue()


def test_an_end_of_input_ends_the_questions(capsys, home, tmp_path, monkeypatch):
    path = save(linear(), tmp_path / "net.keras")
    monkeypatch.setattr(sys, "stdin", Terminal("a,b,c\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert networks.run(parse("import", path)) == 2
    assert not home.exists()


def parse(*arguments):
    import argparse

    parser = argparse.ArgumentParser()
    networks.add_parser(parser.add_subparsers())
    return parser.parse_args(["networks", *map(str, arguments)])


@pytest.mark.parametrize("action", [["list"], ["list", "--json"], ["show", "small"]])
def test_no_tensorflow_to_look_at_cards(home, action):
    write(home / "small")
    script = (
        "import sys\nfrom nmrcam_qt.cli.main import main\n"
        f"assert main(['networks', *{action!r}]) == 0\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'matplotlib', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    env = {**os.environ, "NMRCAM_HOME": str(home.parent)}
    subprocess.run([sys.executable, "-c", script], check=True, env=env, timeout=240)
