"""An imported network predicts what Keras predicts with the original file."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from importing_files import (
    MODELS,
    inputs_for,
    keras2_config,
    linear,
    many_layers,
    randomise,
    save,
    two_inputs,
    write_keras2,
)

from nmrcam_qt.core.cards import read_card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml import registry
from nmrcam_qt.ml.importing.answers import ImportAnswers, MissingAnswersError
from nmrcam_qt.ml.importing.builder import build, plan
from nmrcam_qt.ml.importing.importer import examine, import_network, load_foreign, questions
from nmrcam_qt.ml.network import Network

GIVEN = ImportAnswers(
    classes=("Fatty acid", "Indole", "Other"),
    experiments=(Experiment.HSQC,),
    background=0,
    accept_defaults=True,
)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))


def scores(logits, head):
    if head == "softmax":
        return np.asarray(keras.ops.softmax(logits))
    return np.asarray(keras.ops.sigmoid(logits)) if head == "sigmoid" else np.asarray(logits)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("name", MODELS)
def test_same_predictions_as_keras(name, suffix, tmp_path):
    path = save(randomise(MODELS[name]()), tmp_path / f"{name}.{suffix}")
    examined = examine(path)
    model = load_foreign(examined)

    original = keras.models.load_model(path, compile=False)
    fed = inputs_for(original)
    wanted = np.asarray(original(fed if len(fed) > 1 else fed[0], training=False))
    found = scores(model(fed if len(fed) > 1 else fed[0]), examined.plan.head)

    assert wanted.std() > 1e-3 or name == "deferred"
    assert np.abs(found - wanted).max() < 1e-5
    assert examined.plan.input_shapes == tuple(x.shape[1:] for x in fed)
    assert len({layer.name for layer in model.layers}) == len(model.layers)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)


def test_the_flat_model_round_trips_through_the_builder(tmp_path):
    model = load_foreign(examine(save(randomise(many_layers()), tmp_path / "m.keras")))
    again = build(plan(json.loads(json.dumps(model.get_config()))))
    assert [w.path for w in again.weights] == [w.path for w in model.weights]
    again.set_weights(model.get_weights())
    fed = inputs_for(model)[0]
    assert np.array_equal(np.asarray(again(fed)), np.asarray(model(fed)))


def test_a_hand_written_keras_2_file(tmp_path):
    path = tmp_path / "old.h5"
    weights = write_keras2(path)
    examined = examine(path)
    model = load_foreign(examined)
    assert examined.plan.head == "softmax"
    assert examined.plan.input_names == ("a", "b")

    def column(x):
        x = np.maximum(convolve(x, weights["conv/kernel:0"]) + weights["conv/bias:0"], 0)
        x = (x - weights["norm/moving_mean:0"]) / np.sqrt(weights["norm/moving_variance:0"] + 1e-3)
        x = x * weights["norm/gamma:0"] + weights["norm/beta:0"]
        return np.where(x > 0, x, 0.1 * x).reshape(len(x), -1)

    fed = inputs_for(model, n=2)
    joined = np.concatenate([column(x.astype(np.float64)) for x in fed], axis=1)
    wanted = joined @ weights["out/kernel:0"] + weights["out/bias:0"]
    assert np.allclose(np.asarray(model(fed)), wanted, rtol=1e-4)


def convolve(x, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijcf->nhwf", windows, kernel)


def test_keras_2_counts_the_calls_of_a_nested_network_from_one():
    checked = plan(keras2_config())
    fed = {c.name: c.fed for c in checked.network.calls}
    names = [c.name for c in checked.network.calls]
    first, second = (names[i] for i in fed["join"])
    assert (first, second) == ("flat", "flat_2")
    assert names[fed["conv"][0]] == "a"
    assert names[fed["column_conv"][0]] == "b"


def test_import_writes_a_network_that_loads_and_predicts(tmp_path):
    model = randomise(MODELS["sequential"]())
    path = save(model, tmp_path / "My Net.h5")
    folder = import_network(path, GIVEN)

    assert folder == tmp_path / "home" / "networks" / "my_net"
    assert [p.name for p in folder.parent.iterdir()] == ["my_net"]
    card = read_card(folder)
    assert card.class_ids == ("fatty_acid", "indole", "other")
    assert card.head == "softmax"
    assert card.inputs[0].shape == (24, 32, 1)
    assert card.trained_on_mixtures is False
    assert card.training["source"] == "My Net.h5"
    network = registry.load("my_net")
    fed = inputs_for(model)
    wanted = np.asarray(model(fed[0], training=False))
    assert np.abs(network.scores(network.logits(fed)) - wanted).max() < 1e-5
    assert registry.load(str(folder)) is network
    registry.verify(registry.find_network("my_net"))


def test_never_over_another_network(tmp_path):
    path = save(linear(), tmp_path / "net.keras")
    answers = ImportAnswers(**{**_fields(GIVEN), "head": "softmax"})
    folder = import_network(path, answers)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(NetworkError, match="installed already"):
        import_network(path, answers)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_half_an_import_leaves_nothing(tmp_path, monkeypatch):
    path = save(MODELS["sequential"](), tmp_path / "net.keras")

    def fails(*args):
        raise NetworkError("disk on fire")

    monkeypatch.setattr("nmrcam_qt.ml.importing.importer.save_weights", fails)
    with pytest.raises(NetworkError, match="on fire"):
        import_network(path, GIVEN)
    assert list((tmp_path / "home" / "networks").iterdir()) == []


def _fields(answers):
    return {name: getattr(answers, name) for name in type(answers).__dataclass_fields__}


def test_asks_exactly_what_is_missing(tmp_path):
    examined = examine(save(linear(), tmp_path / "net.keras"))
    asked = [q.field for q in questions(examined, ImportAnswers())]
    assert asked == [
        *("classes", "experiments", "f2_window", "f1_window", "rows", "background"),
        *("full_scale", "head"),
    ]
    with pytest.raises(MissingAnswersError) as caught:
        import_network(tmp_path / "net.keras", ImportAnswers(accept_defaults=True), examined)
    # The input is called "hsqc", so that is a proposal; nothing proposes these three.
    assert [q.option for q in caught.value.questions] == ["--classes", "--background", "--head"]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ("a", "b")}, "2 classes named; the network has 3 outputs"),
        ({"classes": ("a", "A", "b")}, "same name"),
        ({"classes": ("a", "///", "b")}, "no letters"),
        ({"experiments": (Experiment.HSQC, Experiment.HMBC)}, "2 experiments"),
        ({"background": 2}, "background"),
        ({"id": "../evil"}, "no plain lower-case name"),
        ({"id": "con"}, "no plain lower-case name"),
        ({"head": "sigmoid"}, "ends in softmax"),
        ({"f2_window": (10.0, 10.0)}, "no extent"),
        ({"title": "\x1b[2J"}, "cannot be printed"),
    ],
)
def test_answers_that_do_not_fit(change, message, tmp_path):
    path = save(MODELS["sequential"](), tmp_path / "net.keras")
    with pytest.raises(Exception, match=message) as caught:
        import_network(path, ImportAnswers(**{**_fields(GIVEN), **change}))
    assert type(caught.value).__name__ in ("NetworkError", "CardError")
    assert not (tmp_path / "home" / "networks" / "net").exists()


def test_two_inputs_in_the_order_of_the_file(tmp_path):
    model = randomise(two_inputs())
    folder = import_network(
        save(model, tmp_path / "two.keras"),
        ImportAnswers(classes=("a", "b"), background=1, accept_defaults=True),
    )
    card = read_card(folder)
    assert card.experiments == (Experiment.HSQC, Experiment.HMBC)
    assert [i.shape for i in card.inputs] == [(24, 32, 1), (20, 30, 1)]
    network = Network.load(folder)
    fed = inputs_for(model)
    wanted = np.asarray(model(fed, training=False))
    assert np.abs(network.scores(network.logits(fed)) - wanted).max() < 1e-5


def test_a_network_of_pictures_up_to_255_is_fed_with_them(tmp_path):
    model = randomise(
        keras.Sequential(
            [
                keras.layers.Input((24, 32, 1)),
                keras.layers.Rescaling(1 / 255),
                keras.layers.Conv2D(3, 3),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )
    )
    folder = import_network(save(model, tmp_path / "grey.keras"), GIVEN)
    assert read_card(folder).training["full_scale"] == 255
    network = Network.load(folder)
    fed = inputs_for(model)[0]
    wanted = np.asarray(model(255 * fed, training=False))
    assert np.abs(network.scores(network.logits([fed])) - wanted).max() < 1e-5


def test_the_original_file_is_not_touched(tmp_path):
    path = save(MODELS["nested"](), tmp_path / "net.h5")
    before = path.read_bytes()
    examine(path)
    assert path.read_bytes() == before
    assert [p for p in Path(tmp_path).iterdir() if p.name != "net.h5"] == []
