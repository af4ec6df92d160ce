"""Cards: the JSON beside a network's weights that says what it eats and means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.class_words import HEADS
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.ink_style import DEFAULT_STYLE, InkStyle, style_from_json, style_to_json
from nmrcam_qt.core.outside import Known
from nmrcam_qt.core.outside_json import known_from_json, known_to_json
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.strict_json import parse_json

CARD_NAME = "card.json"
WEIGHTS_NAME = "weights.npz"
PRIOR_NAME = "prior.npz"
MAX_INPUT_CELLS = 4096 * 4096
MAX_CARD_CHARACTERS = 1024 * 1024
MAX_CLASSES = 1000
MAX_TEXT = 2000
MAX_PPM = 10_000.0
_OPTIONAL = ("examples", "prior_sha256", "prior_from")
"""Texts that older cards do not have."""
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHA256 = re.compile(r"([0-9a-f]{64})?")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def is_plain_id(text: str) -> bool:
    """Whether `text` can be the id of a network or class, and the name of a folder anywhere."""
    plain = _ID.fullmatch(text) is not None and not text.endswith(".")
    return plain and _RESERVED.fullmatch(text) is None


_T = TypeVar("_T")
_WORDS: Mapping[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input of a network.

    Parameters
    ----------
    name : str
        Name of the Keras input.
    experiment : Experiment
        What belongs there.
    shape : (H, W, C)
        Shape of one example as the network eats it.
    f1_window_ppm, f2_window_ppm : (first, last)
        ppm at the outer edges of the ¹³C and ¹H dimension.
    background : {0, 1}
        Value of empty spectrum: 0 when fed with ink, 1 with luminance.
    rows : {"f1", "f2"}
        Which dimension runs down the rows. "f1" unless a foreign network was
        trained on transposed pictures.
    ink : InkStyle
        How instrument data are drawn for it, as its training pictures were.
    """

    name: str
    experiment: Experiment
    shape: tuple[int, int, int]
    f1_window_ppm: tuple[float, float]
    f2_window_ppm: tuple[float, float]
    background: int = 0
    rows: str = "f1"
    ink: InkStyle = DEFAULT_STYLE

    @property
    def f1(self) -> Axis:
        """¹³C axis of the grid."""
        size = self.shape[0] if self.rows == "f1" else self.shape[1]
        return Axis.from_edges("13C", *self.f1_window_ppm, size)

    @property
    def f2(self) -> Axis:
        """¹H axis of the grid."""
        size = self.shape[1] if self.rows == "f1" else self.shape[0]
        return Axis.from_edges("1H", *self.f2_window_ppm, size)


@dataclass(frozen=True, slots=True)
class ClassSpec:
    """One class a network scores: id, title for people, SMARTS or rule, colour ``#rrggbb``."""

    id: str
    title: str
    definition: str
    colour: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a network eats and means; see `docs/architecture.md` for the JSON.

    `limits` are sentences about what the network cannot be trusted with; they stand
    among the warnings of every prediction. `known` says by the name of the input what its
    training examples were like (`nmrcam_qt.core.outside`), `examples` what they were, in words
    that follow "trained on"; older cards do not. `prior_sha256` is the digest of its class priors
    (`nmrcam_qt.core.class_priors`), made from what `prior_from` says; both empty for none.
    """

    id: str
    title: str
    inputs: tuple[InputSpec, ...]
    classes: tuple[ClassSpec, ...]
    head: str
    thresholds: tuple[float, ...]
    layers: tuple[str, ...]
    default_layer: str
    trained_on_mixtures: bool
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    licence: str = ""
    limits: tuple[str, ...] = ()
    known: Mapping[str, Known] = field(default_factory=dict)
    examples: str = ""
    prior_sha256: str = ""
    prior_from: str = ""

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes in the order of the outputs."""
        return tuple(c.id for c in self.classes)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Experiments of the inputs, in order."""
        return tuple(i.experiment for i in self.inputs)

    def class_spec(self, class_id: str) -> ClassSpec:
        """The class with this id.

        Raises
        ------
        CardError
            If the network has no such class.
        """
        for spec in self.classes:
            if spec.id == class_id:
                return spec
        known = ", ".join(self.class_ids)
        raise CardError(f"{self.id}: no class {class_id!r}; expected one of {known}")

    def threshold(self, class_id: str) -> float:
        """From which score this class is said to be present.

        Raises
        ------
        CardError
            If the network has no such class.
        """
        return self.thresholds[self.classes.index(self.class_spec(class_id))]


def card_from_json(text: str, source: str = "card") -> Card:
    """Read a card.

    Parameters
    ----------
    text : str
        JSON.
    source : str
        Name used in error messages.

    Raises
    ------
    CardError
        One sentence: which field, what was found, what was expected.
    """
    try:
        data = parse_json(text, MAX_CARD_CHARACTERS)
    except ValueError as error:
        raise CardError(f"{source}: not a card ({error})") from None
    if not isinstance(data, dict):
        raise CardError(f"{source}: expected a JSON object, found {type(data).__name__}")
    try:
        card = _card(data)
    except KeyError as error:
        raise CardError(f"{source}: the field {error.args[0]!r} is missing") from None
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise CardError(f"{source}: {error}") from None
    _check(card, source)
    return card


def read_card(path: Path) -> Card:
    """Read the card of a network's folder or a card file.

    Raises
    ------
    CardError
        If the file cannot be read or is broken.
    """
    if path.is_dir():
        path = path / CARD_NAME
    try:
        text = read_regular(path, 4 * MAX_CARD_CHARACTERS).decode("utf-8")
    except (OSError, ValueError) as error:
        raise CardError(f"{path.parent.name}/{path.name}: cannot be read ({error})") from None
    return card_from_json(text, source=f"{path.parent.name}/{path.name}")


def card_to_json(card: Card) -> str:
    """Write a card, two-space indented, stable order."""
    data = {
        "id": card.id,
        "title": card.title,
        "inputs": [
            {
                "name": i.name,
                "experiment": i.experiment.value,
                "shape": list(i.shape),
                "f1_window_ppm": list(i.f1_window_ppm),
                "f2_window_ppm": list(i.f2_window_ppm),
                "background": i.background,
                "rows": i.rows,
                **({} if i.ink == DEFAULT_STYLE else {"ink": dict(style_to_json(i.ink))}),
            }
            for i in card.inputs
        ],
        "classes": [
            {"id": c.id, "title": c.title, "definition": c.definition, "colour": c.colour}
            for c in card.classes
        ],
        "head": card.head,
        "thresholds": list(card.thresholds),
        "layers": list(card.layers),
        "default_layer": card.default_layer,
        "trained_on_mixtures": card.trained_on_mixtures,
        "limits": list(card.limits),
        **({"known": {n: known_to_json(k) for n, k in card.known.items()}} if card.known else {}),
        **{n: t for n in _OPTIONAL if (t := getattr(card, n))},
        "training": dict(card.training),
        "metrics": dict(card.metrics),
        "sha256": card.sha256,
        "licence": card.licence,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def write_card(folder: Path, card: Card) -> None:
    """Write the card of a network's folder, in place of what was there."""
    (folder / CARD_NAME).write_text(card_to_json(card), encoding="utf-8")


def _card(data: dict[str, Any]) -> Card:
    inputs = tuple(_input(i) for i in _objects(data, "inputs"))
    return Card(
        id=_text(data, "id"),
        title=_text(data, "title"),
        inputs=inputs,
        classes=tuple(
            ClassSpec(_text(c, "id"), _text(c, "title"), _text(c, "definition"), _text(c, "colour"))
            for c in _objects(data, "classes")
        ),
        head=_text(data, "head"),
        thresholds=tuple(_number(t, "thresholds") for t in _list(data, "thresholds")),
        layers=tuple(_plain(name, "layers") for name in _list(data, "layers")),
        default_layer=_text(data, "default_layer"),
        trained_on_mixtures=_of_type(data["trained_on_mixtures"], bool, "trained_on_mixtures"),
        training=_of_type(data.get("training", {}), dict, "training"),
        metrics=_of_type(data.get("metrics", {}), dict, "metrics"),
        sha256=_plain(data.get("sha256", ""), "sha256"),
        licence=_plain(data.get("licence", ""), "licence"),
        limits=tuple(
            _plain(text, "limits") for text in _of_type(data.get("limits", []), list, "limits")
        ),
        known=known_from_json(data.get("known", {}), tuple(i.name for i in inputs)),
        **{name: _plain(data.get(name, ""), name) for name in _OPTIONAL},
    )


def _input(data: dict[str, Any]) -> InputSpec:
    height, width, channels = (_whole(n, "shape") for n in _list(data, "shape"))
    f1_first, f1_last = (_number(p, "f1_window_ppm") for p in _list(data, "f1_window_ppm"))
    f2_first, f2_last = (_number(p, "f2_window_ppm") for p in _list(data, "f2_window_ppm"))
    return InputSpec(
        name=_text(data, "name"),
        experiment=Experiment(_text(data, "experiment")),
        shape=(height, width, channels),
        f1_window_ppm=(f1_first, f1_last),
        f2_window_ppm=(f2_first, f2_last),
        background=_whole(data["background"], "background"),
        rows=_plain(data.get("rows", "f1"), "rows"),
        ink=style_from_json(data.get("ink", {})),
    )


def _of_type(value: Any, kind: type[_T], key: str) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"{key} must be {_WORDS[kind]}, found {type(value).__name__}")
    return value


def _list(data: dict[str, Any], key: str) -> list[Any]:
    return _of_type(data[key], list, key)


def _objects(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [_of_type(item, dict, key) for item in _list(data, key)]


def _whole(value: Any, key: str) -> int:
    """JSON's true and 2.7 are no whole numbers."""
    if isinstance(value, bool):
        raise TypeError(f"{key} must be a whole number, found bool")
    return _of_type(value, int, key)


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{key} must hold numbers, found {type(value).__name__}")
    return float(value)


def _text(data: dict[str, Any], key: str) -> str:
    return _plain(data[key], key)


def _plain(value: Any, key: str) -> str:
    """Text without control characters: a title must not drive the user's terminal."""
    text = _of_type(value, str, key)
    if len(text) > MAX_TEXT:
        raise ValueError(f"{key} is longer than {MAX_TEXT} characters")
    if not text.isprintable():
        raise ValueError(f"{key} holds characters that cannot be printed")
    return text


def _check(card: Card, source: str) -> None:
    """Refuse what would break later, with one sentence."""
    problems = [
        (not is_plain_id(card.id), f"id {card.id!r} is not a plain lower-case name"),
        (not 1 <= len(card.inputs) <= 2, f"{len(card.inputs)} inputs; expected 1 or 2"),
        (len({i.name for i in card.inputs}) != len(card.inputs), "two inputs share a name"),
        (len(set(card.experiments)) != len(card.inputs), "two inputs for the same experiment"),
        (not 1 <= len(card.classes) <= MAX_CLASSES, f"{len(card.classes)} classes"),
        (len(set(card.class_ids)) != len(card.classes), "two classes share an id"),
        (card.head not in HEADS, f"head {card.head!r}; expected {', '.join(HEADS)}"),
        (len(card.thresholds) != len(card.classes), "one threshold per class expected"),
        (any(not 0 <= t <= 1 for t in card.thresholds), "a threshold lies outside 0..1"),
        (
            card.default_layer not in card.layers,
            f"default_layer {card.default_layer!r} is not one of the layers",
        ),
        (
            not all(is_plain_id(c) for c in card.class_ids),
            "a class id is not a plain lower-case name",
        ),
        (
            any(re.fullmatch(r"#[0-9a-fA-F]{6}", c.colour) is None for c in card.classes),
            "a class colour is not #rrggbb",
        ),
        *(
            (_SHA256.fullmatch(found) is None, f"{name} is not 64 lower-case hexadecimal digits")
            for name, found in (("sha256", card.sha256), ("prior_sha256", card.prior_sha256))
        ),
    ]
    problems += [(bad, text) for i in card.inputs for bad, text in _input_problems(i)]
    for bad, text in problems:
        if bad:
            raise CardError(f"{source}: {text}")


def _input_problems(spec: InputSpec) -> list[tuple[bool, str]]:
    height, width, channels = spec.shape
    windows = (*spec.f1_window_ppm, *spec.f2_window_ppm)
    return [
        # One row or column has no step, so that no peak could be given its place.
        (min(height, width) < 2, f"input {spec.name}: shape {spec.shape} is less than 2x2"),
        (height * width > MAX_INPUT_CELLS, f"input {spec.name}: {height}x{width} is too large"),
        (channels not in (1, 3), f"input {spec.name}: {channels} channels; expected 1 or 3"),
        (not all(abs(p) <= MAX_PPM for p in windows), f"input {spec.name}: window out of reach"),
        (
            spec.f1_window_ppm[0] == spec.f1_window_ppm[1]
            or spec.f2_window_ppm[0] == spec.f2_window_ppm[1],
            f"input {spec.name}: a window has no extent",
        ),
        (spec.background not in (0, 1), f"input {spec.name}: background must be 0 or 1"),
        (spec.rows not in ("f1", "f2"), f"input {spec.name}: rows must be f1 or f2"),
    ]
