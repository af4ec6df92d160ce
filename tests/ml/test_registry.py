"""Loading networks by id, and what `verify` notices."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from importing_files import SHAPE
from importing_files import write_small as write

from nmrcam_qt.core.card_store import NetworkEntry, installed_networks
from nmrcam_qt.core.cards import ClassSpec, card_to_json, read_card
from nmrcam_qt.core.errors import CardError, NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml import registry
from nmrcam_qt.ml.network import Network


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path))
    registry.clear()
    yield tmp_path / "networks" / "small"
    registry.clear()


def recard(folder, **changes):
    card = replace(read_card(folder), **changes)
    (folder / "card.json").write_text(card_to_json(card))
    return NetworkEntry(card, folder, False)


def test_loaded_once_until_it_changes(folder):
    write(folder)
    first = registry.load("small")
    assert registry.load(folder) is first
    os.utime(folder / "weights.npz", ns=(1, 1))
    assert registry.load("small") is not first
    assert len(registry._loaded) == 1


def test_not_too_many_are_kept(folder, monkeypatch):
    monkeypatch.setattr(registry, "MAX_LOADED", 2)
    for name in ("a", "b", "c"):
        write(folder.with_name(name), (Experiment.HSQC,))
        registry.load(name)
    assert len(registry._loaded) == 2
    assert registry.load("c") is registry.load("c")


def test_inputs_come_in_the_order_of_the_card(folder):
    model = write(folder)
    card = read_card(folder)
    recard(folder, inputs=card.inputs[::-1])
    network = Network.load(folder)
    rng = np.random.default_rng(0)
    hsqc, hmbc = (rng.random((2, *SHAPE), dtype=np.float32) for _ in range(2))
    wanted = np.asarray(model([hsqc, hmbc]))
    assert np.allclose(network.logits([hmbc, hsqc]), wanted, atol=1e-5)
    assert not np.allclose(network.logits([hsqc, hmbc]), wanted, atol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "not those of the card"),
        ({"layers": ("conv_hsqc", "logits")}, "no map can be drawn on the layer 'logits'"),
        ({"layers": ("conv_hsqc", "flat_0")}, "'flat_0'"),
        (
            {
                "classes": (ClassSpec("a", "A", "", "#e69f00"),),
                "thresholds": (0.5,),
            },
            "2 outputs, the card 1 classes",
        ),
    ],
)
def test_verify_notices_what_the_card_claims(folder, changes, message):
    write(folder)
    assert registry.verify(NetworkEntry(read_card(folder), folder, False)).card.id == "small"
    with pytest.raises(NetworkError, match=message):
        registry.verify(recard(folder, **changes))


def test_verify_notices_other_inputs(folder):
    write(folder)
    card = read_card(folder)
    turned = replace(card.inputs[0], shape=(32, 24, 1))
    with pytest.raises(NetworkError, match="inputs are"):
        registry.verify(recard(folder, inputs=(turned, card.inputs[1])))
    with pytest.raises(NetworkError, match="inputs are"):
        registry.verify(recard(folder, inputs=card.inputs[:1]))


def test_verify_notices_bent_files(folder):
    write(folder)
    entry = NetworkEntry(read_card(folder), folder, False)
    weights = (folder / "weights.npz").read_bytes()
    (folder / "weights.npz").write_bytes(weights[:-40])
    with pytest.raises(NetworkError, match="broken weights"):
        registry.verify(entry)
    (folder / "weights.npz").write_bytes(weights)
    config = json.loads((folder / "architecture.json").read_text())
    config["layers"][0]["class_name"] = "Lambda"
    (folder / "architecture.json").write_text(json.dumps(config))
    with pytest.raises(NetworkError, match="'Lambda' is not allowed"):
        registry.verify(entry)
    (folder / "architecture.json").write_text("{")
    with pytest.raises(NetworkError, match="cannot be read"):
        registry.verify(entry)
    (folder / "card.json").write_text("{")
    with pytest.raises(CardError):
        registry.verify(entry)


def test_an_architecture_with_another_head(folder):
    write(folder, (Experiment.HSQC,))
    config = json.loads((folder / "architecture.json").read_text())
    config["layers"][-1]["config"]["activation"] = "sigmoid"
    (folder / "architecture.json").write_text(json.dumps(config))
    with pytest.raises(NetworkError, match="ends in sigmoid, not in softmax"):
        Network.load(folder)


def test_the_shipped_networks(folder):
    shipped = [e for e in installed_networks() if e.shipped]
    if not shipped:
        pytest.skip("no shipped network is here")
    for entry in shipped:
        network = registry.verify(entry)
        blank = [np.zeros((1, *i.shape), np.float32) for i in network.card.inputs]
        scores = network.scores(network.logits(blank))
        assert scores.shape == (1, len(network.card.classes))
        assert np.isfinite(scores).all()


def test_scores_never_overflow(folder):
    write(folder, (Experiment.HSQC,))
    network = Network.load(folder)
    assert network.scores(np.array([[1e4, -1e4]])).tolist() == [[1.0, 0.0]]
    sigmoid = Network(replace(network.card, head="sigmoid"), network.model, "")
    assert sigmoid.scores(np.array([[1e4, -1e4, 0.0]])).tolist() == [[1.0, 0.0, 0.5]]


def test_a_shipped_network_survives_a_copy(folder):
    write(folder)
    copy = folder.parent.parent / "elsewhere"
    shutil.copytree(folder, copy)
    assert registry.load(copy).sha256 == registry.load("small").sha256
