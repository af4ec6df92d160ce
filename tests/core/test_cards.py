"""Cards: what is read is what was written, and what is broken is refused in one sentence."""

from __future__ import annotations

import json

import pytest

from nmrcam_qt.core.cards import (
    Card,
    ClassSpec,
    InputSpec,
    card_from_json,
    card_to_json,
    is_plain_id,
    read_card,
)
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.strict_json import parse_json


def make(**changes):
    values = {
        "id": "net-1",
        "title": "A network",
        "inputs": (InputSpec("hsqc", Experiment.HSQC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0)),),
        "classes": (
            ClassSpec("a", "A", "rule", "#e69f00"),
            ClassSpec("b", "B", "c1ccccc1", "#56b4e9"),
        ),
        "head": "softmax",
        "thresholds": (0.5, 0.25),
        "layers": ("conv1", "conv2"),
        "default_layer": "conv2",
        "trained_on_mixtures": True,
        "training": {"seed": 3},
        "metrics": {"accuracy": 0.9},
        "sha256": "0" * 64,
        "licence": "MIT",
    }
    return Card(**{**values, **changes})


def broken(change):
    data = json.loads(card_to_json(make()))
    change(data)
    return json.dumps(data)


def test_round_trip():
    card = make()
    assert card_from_json(card_to_json(card)) == card
    assert card_to_json(card_from_json(card_to_json(card))) == card_to_json(card)


def test_axes_of_an_input():
    spec = make().inputs[0]
    assert (spec.f1.size, spec.f2.size) == (205, 300)
    assert spec.f1.edges == pytest.approx((0, 200))
    turned = InputSpec("x", Experiment.HMBC, (300, 205, 1), (0.0, 200.0), (10.0, 0.0), rows="f2")
    assert (turned.f1.size, turned.f2.size) == (205, 300)
    assert turned.f2.first_ppm == pytest.approx(10 - 10 / 600)


def set_input(key, value):
    return lambda d: d["inputs"][0].update({key: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(id="../x"), "id '../x' is not"),
        (lambda d: d.update(id="NET"), "id 'NET' is not"),
        (lambda d: d.update(id="con"), "id 'con' is not"),
        (lambda d: d.update(id="a."), "id 'a.' is not"),
        (lambda d: d.update(id=7), "id must be text, found int"),
        (lambda d: d.pop("title"), "'title' is missing"),
        (lambda d: d.update(title="\x1b[2Jgone"), "cannot be printed"),
        (lambda d: d.update(title="x" * 3000), "longer than"),
        (lambda d: d.update(inputs=[]), "0 inputs"),
        (lambda d: d.update(inputs=d["inputs"] * 3), "3 inputs"),
        (lambda d: d.update(inputs=d["inputs"] * 2), "share a name"),
        (lambda d: d.update(inputs="hsqc"), "inputs must be a list"),
        (lambda d: d.update(inputs=[3]), "inputs must be an object"),
        (lambda d: d.update(classes=[]), "0 classes"),
        (lambda d: d.update(classes=d["classes"][:1] * 2), "share an id"),
        (lambda d: d["classes"][0].update(colour="red"), "#rrggbb"),
        (lambda d: d["classes"][0].update(id="a b"), "class id"),
        (lambda d: d.update(head="relu"), "head 'relu'"),
        (lambda d: d.update(thresholds=[0.5]), "one threshold per class"),
        (lambda d: d.update(thresholds=[0.5, 2]), "outside 0..1"),
        (lambda d: d.update(thresholds=[0.5, True]), "must hold numbers"),
        (lambda d: d.update(thresholds=[0.5, "0.5"]), "must hold numbers"),
        (lambda d: d.update(default_layer="conv9"), "'conv9' is not one of the layers"),
        (lambda d: d.update(layers="conv1"), "layers must be a list"),
        (lambda d: d.update(trained_on_mixtures="false"), "must be true or false"),
        (lambda d: d.update(training=[1]), "training must be an object"),
        (lambda d: d.update(sha256="abc"), "sha256"),
        (set_input("shape", [205, 300]), "not enough values"),
        (set_input("shape", [205, 300, 2]), "2 channels"),
        (set_input("shape", [205.5, 300, 1]), "whole number"),
        (set_input("shape", [0, 300, 1]), "less than 2x2"),
        (set_input("shape", [205, 1, 1]), "less than 2x2"),
        (set_input("shape", [10**5, 10**5, 1]), "too large"),
        (set_input("shape", [True, 300, 1]), "whole number, found bool"),
        (set_input("f1_window_ppm", [0, 0]), "no extent"),
        (set_input("f1_window_ppm", [0, 1e9]), "out of reach"),
        (set_input("f2_window_ppm", [10]), "not enough values"),
        (set_input("background", 0.5), "whole number"),
        (set_input("background", 2), "background must be 0 or 1"),
        (set_input("rows", "f3"), "rows must be f1 or f2"),
        (set_input("experiment", "cosy"), "cosy"),
    ],
)
def test_broken_cards(change, message):
    with pytest.raises(CardError, match=message) as caught:
        card_from_json(broken(change), "net/card.json")
    assert str(caught.value).startswith("net/card.json: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "[" * 100_000, '{"id": NaN}', '{"a": 1, "a": 2}', '{"n": 1' + "0" * 5000],
)
def test_what_is_no_card(text):
    with pytest.raises(CardError):
        card_from_json(text)


def test_two_inputs_of_one_experiment():
    def change(data):
        second = {**data["inputs"][0], "name": "other"}
        data["inputs"].append(second)

    with pytest.raises(CardError, match="same experiment"):
        card_from_json(broken(change))


def test_files_that_are_no_card(tmp_path):
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "none.json")
    path = tmp_path / "card.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path)
    path.write_bytes(b" " * (5 << 20))
    with pytest.raises(CardError, match="too large"):
        read_card(tmp_path)


@pytest.mark.parametrize("text", ["a", "kuhn-hsqc", "a.b_c-1", "0"])
def test_plain_ids(text):
    assert is_plain_id(text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a/b", "a\\b", "Ä", "nul", "com1.x", "a" * 65, "a\n"]
)
def test_ids_that_are_not_plain(text):
    assert not is_plain_id(text)


def test_depth_of_json():
    assert parse_json("[" * 60 + "]" * 60)
    with pytest.raises(ValueError, match="nested deeper than 64"):
        parse_json("[" * 70 + "]" * 70)
    with pytest.raises(ValueError, match="at most 5"):
        parse_json("[1, 2, 3]", max_characters=5)


def test_limits_travel_with_the_card():
    card = make(limits=("Not on a Sunday.",))
    assert card_from_json(card_to_json(card)).limits == ("Not on a Sunday.",)
    with pytest.raises(CardError, match="limits"):
        card_from_json(broken(lambda data: data.update(limits="none")))
    assert card_from_json(broken(lambda data: data.pop("limits"))).limits == ()
