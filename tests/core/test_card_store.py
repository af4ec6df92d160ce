"""Which networks there are, and which one `auto` means."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest
from test_cards import make

from nmrcam_qt.core import card_store, paths
from nmrcam_qt.core.card_store import choose_card, find_network, installed_networks, scan_networks
from nmrcam_qt.core.cards import InputSpec, card_to_json
from nmrcam_qt.core.errors import CardError, NetworkError
from nmrcam_qt.core.spectrum import Experiment

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


def card(network_id, *experiments, mixtures=False):
    inputs = tuple(
        InputSpec(e.value, e, (20, 30, 1), (0.0, 200.0), (10.0, 0.0)) for e in experiments
    )
    return make(id=network_id, inputs=inputs, trained_on_mixtures=mixtures)


def put(root, network, folder=None):
    path = root / (folder or network.id)
    path.mkdir(parents=True)
    (path / "card.json").write_text(card_to_json(network), encoding="utf-8")
    return path


@pytest.fixture
def roots(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    shipped, mine = tmp_path / "models", tmp_path / "home" / "networks"
    monkeypatch.setattr(card_store, "models_dir", lambda: shipped)
    put(shipped, card("kuhn-hsqc", HSQC))
    put(shipped, card("kuhn-combined", HSQC, HMBC))
    return shipped, mine


def test_shipped_networks_come_first(roots):
    put(roots[1], card("a-mine", HMBC))
    found = [(e.card.id, e.shipped) for e in installed_networks()]
    assert found == [("kuhn-combined", True), ("kuhn-hsqc", True), ("a-mine", False)]


def test_broken_folders_do_not_break_the_rest(roots):
    (roots[1] / "empty").mkdir(parents=True)
    put(roots[1], card("good", HMBC))
    put(roots[1], card("other-name", HMBC), folder="moved")
    put(roots[1], card("kuhn-hsqc", HMBC))
    (put(roots[1], card("torn", HMBC)) / "card.json").write_text('{"id": ')
    put(roots[1], card("part", HMBC), folder=".part.tmp")
    (roots[1] / "a-file.txt").write_text("x")
    scan = scan_networks()
    assert [e.card.id for e in scan.entries] == ["kuhn-combined", "kuhn-hsqc", "good"]
    assert scan.entries[1].shipped
    said = "\n".join(scan.problems)
    assert len(scan.problems) == 4
    for text in (
        "empty/card.json",
        "torn/card.json",
        "'other-name'",
        "a shipped network has this id",
    ):
        assert text in said


def test_no_folders_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "none"))
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "nothing")
    assert scan_networks() == card_store.NetworkScan((), ())
    with pytest.raises(NetworkError, match="none is installed"):
        find_network("kuhn-hsqc")


def test_find(roots, tmp_path):
    mine = put(roots[1], card("mine", HMBC))
    elsewhere = put(tmp_path / "far", card("far", HMBC), folder="folder")
    assert find_network("mine").folder == mine
    assert find_network("kuhn-hsqc").shipped
    assert find_network(str(elsewhere)).card.id == "far"
    assert find_network(elsewhere / "card.json").folder == elsewhere
    assert not find_network(elsewhere).shipped
    assert find_network(roots[0] / "kuhn-hsqc").shipped


@pytest.mark.parametrize("name", ["nothing", "", "..", "a\0b", "x" * 5000, "../../etc"])
def test_find_nothing(roots, name):
    with pytest.raises(NetworkError, match=r"expected a folder with card.json or one of kuhn-"):
        find_network(name)


def test_find_says_what_to_do_with_a_file(roots):
    with pytest.raises(NetworkError, match="import it first"):
        find_network("net.keras")


def test_find_a_broken_one_says_why(roots):
    folder = put(roots[1], card("torn", HMBC))
    (folder / "card.json").write_text("{")
    with pytest.raises(CardError, match=r"torn/card.json"):
        find_network("torn")


CARDS = [card("one-hsqc", HSQC), card("one-hmbc", HMBC), card("both", HSQC, HMBC)]


@pytest.mark.parametrize(
    ("experiments", "wanted"),
    [([HSQC], "one-hsqc"), ([HMBC], "one-hmbc"), ([HSQC, HMBC], "both"), ([HMBC, HSQC], "both")],
)
def test_choose(experiments, wanted):
    assert choose_card(CARDS, experiments).id == wanted


def test_choose_prefers_networks_that_saw_mixtures():
    cards = [*CARDS, card("mixed", HSQC, mixtures=True), card("mixed-2", HSQC, mixtures=True)]
    assert choose_card(cards, [HSQC]).id == "mixed"
    assert choose_card(cards, [HMBC]).id == "one-hmbc"


@pytest.mark.parametrize(
    ("cards", "experiments", "message"),
    [
        (CARDS, [None], "--experiment hsqc or --experiment hmbc"),
        (CARDS, [HSQC, None], "experiment is not known"),
        (CARDS[:1], [HMBC], "no installed network takes HMBC"),
        (CARDS[:2], [HSQC, HMBC], r"takes HSQC \+ HMBC"),
        (CARDS, [HSQC, HSQC], r"takes HSQC \+ HSQC"),
        ([], [HSQC], "no installed network"),
        (CARDS, [], "no spectrum"),
    ],
)
def test_choose_nothing(cards, experiments, message):
    with pytest.raises(NetworkError, match=message):
        choose_card(cards, experiments)


def test_user_dir(monkeypatch, tmp_path):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path))
    assert paths.user_dir() == tmp_path
    assert paths.user_networks_dir() == tmp_path / "networks"
    monkeypatch.delenv("NMRCAM_HOME")
    assert paths.user_dir().name == "nmrcam"


def test_folders_of_a_checkout_and_of_a_wheel(tmp_path, monkeypatch):
    assert (paths.models_dir() / "__init__.py").is_file()
    assert (paths.resources_dir() / "__init__.py").is_file()
    # As installed: models/ and resources/ travel as _models and _resources in the package.
    package = tmp_path / "site" / "nmrcam_qt"
    (package / "core").mkdir(parents=True)
    (package / "_models").mkdir()
    (package / "_resources").mkdir()
    source = importlib.util.find_spec("nmrcam_qt.core.paths").origin
    copy = package / "core" / "paths.py"
    copy.write_text(open(source, encoding="utf-8").read(), encoding="utf-8")  # noqa: PTH123, SIM115
    spec = importlib.util.spec_from_file_location("installed_paths", copy)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.models_dir() == package / "_models"
    assert module.resources_dir() == package / "_resources"


def test_looking_for_networks_is_cheap(tmp_path):
    """Neither TensorFlow nor Keras nor h5py is loaded to list networks."""
    script = (
        "import sys\n"
        "from nmrcam_qt.core.card_store import scan_networks\n"
        "import nmrcam_qt.ml.registry\n"
        "scan_networks()\n"
        "heavy = {'tensorflow', 'keras', 'h5py', 'PySide6', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    env = {**os.environ, "NMRCAM_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], check=True, env=env, timeout=240)
