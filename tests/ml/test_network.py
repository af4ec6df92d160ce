"""A network's folder, its logits and its scores."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from explain_toys import kuhn, network, sparse, spec

from nmrcam_qt.core.cards import card_to_json
from nmrcam_qt.core.errors import CardError, NetworkError
from nmrcam_qt.ml.network import ARCHITECTURE_NAME, Network
from nmrcam_qt.ml.weights import save_weights

SMALL = (61, 77, 1)


def written(folder, specs):
    """A network's folder and the network it was made from, weights rounded as on disk."""
    net = network(kuhn(specs, seed=3), specs)
    for variable in net.model.weights:
        variable.assign(np.asarray(variable).astype(np.float16).astype(np.float32))
    folder.mkdir()
    (folder / ARCHITECTURE_NAME).write_text(json.dumps(net.model.get_config()), encoding="utf-8")
    digest = save_weights(net.model, folder / "weights.npz")
    card = replace(net.card, sha256=digest)
    (folder / "card.json").write_text(card_to_json(card), encoding="utf-8")
    return net, card


@pytest.mark.parametrize("names", [("hsqc",), ("hsqc", "hmbc")])
def test_what_is_written_is_what_is_loaded(tmp_path, names):
    specs = [spec(SMALL, name) for name in names]
    net, card = written(tmp_path / "net", specs)
    loaded = Network.load(tmp_path / "net")
    assert loaded.card == card
    assert loaded.sha256 == card.sha256
    fed = [sparse((3, *SMALL), seed=k) for k in range(len(names))]
    np.testing.assert_allclose(loaded.logits(fed), net.logits(fed), atol=1e-6)
    assert loaded.logits(fed).dtype == np.float64


def test_weights_of_another_network_are_refused(tmp_path):
    _, card = written(tmp_path / "net", [spec(SMALL)])
    other = replace(card, sha256="1" * 64)
    (tmp_path / "net" / "card.json").write_text(card_to_json(other), encoding="utf-8")
    with pytest.raises(NetworkError, match="not those of the card"):
        Network.load(tmp_path / "net")


@pytest.mark.parametrize(
    ("name", "error"), [("card.json", CardError), (ARCHITECTURE_NAME, NetworkError)]
)
@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 5000])
def test_broken_files_are_one_sentence(tmp_path, name, error, text):
    written(tmp_path / "net", [spec(SMALL)])
    (tmp_path / "net" / name).write_text(text, encoding="utf-8")
    with pytest.raises(error) as caught:
        Network.load(tmp_path / "net")
    assert "\n" not in str(caught.value)
    (tmp_path / "net" / name).unlink()
    with pytest.raises(error, match=name.split(".", maxsplit=1)[0]):
        Network.load(tmp_path / "net")


def test_softmax_scores_never_overflow():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)])
    scores = net.scores(np.array([[0.0, 0.0, 0.0], [1e4, -1e4, 0.0], [np.log(2), 0.0, 0.0]]))
    np.testing.assert_allclose(scores, [[1 / 3] * 3, [1, 0, 0], [0.5, 0.25, 0.25]], atol=1e-12)


def test_sigmoid_scores_never_overflow():
    net = network(kuhn([spec(SMALL)]), [spec(SMALL)], head="sigmoid")
    scores = net.scores(np.array([[0.0, np.log(3), -1e4]]))
    np.testing.assert_allclose(scores, [[0.5, 0.75, 0.0]], atol=1e-12)
