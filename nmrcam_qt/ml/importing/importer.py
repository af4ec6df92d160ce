"""From a foreign network file to a folder beside the shipped networks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nmrcam_qt import __version__
from nmrcam_qt.core.card_store import scan_networks
from nmrcam_qt.core.cards import (
    WEIGHTS_NAME,
    Card,
    ClassSpec,
    InputSpec,
    card_from_json,
    card_to_json,
    write_card,
)
from nmrcam_qt.core.errors import MethodError, NetworkError
from nmrcam_qt.core.paths import models_dir, user_networks_dir
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import layer_cells
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.importing.answers import (
    F1_WINDOW,
    F2_WINDOW,
    ImportAnswers,
    MissingAnswersError,
    Question,
    check_answers,
    file_id,
    guess_experiments,
    slug,
)
from nmrcam_qt.ml.importing.builder import Plan, build, plan
from nmrcam_qt.ml.importing.probe import probe
from nmrcam_qt.ml.importing.reader import ForeignFile, read_file
from nmrcam_qt.ml.importing.saved import read_weights
from nmrcam_qt.ml.network import ARCHITECTURE_NAME, Network
from nmrcam_qt.ml.weights import save_weights

MAX_ROUNDING = 1e-5
"""Largest change of a score for which weights are kept as float16 on disk."""
COLOURS = (
    *("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442"),
    *("#999999", "#882255", "#44aa99", "#999933", "#aa4499"),
)
"""After Okabe & Ito, then Tol; safe for the colour-blind as far as seven go."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A foreign file that was read and found allowed; nothing is built yet.

    Parameters
    ----------
    file : ForeignFile
        Name, digest, configuration, weights.
    plan : Plan
        The checked network.
    """

    file: ForeignFile
    plan: Plan


def examine(path: Path) -> Examined:
    """Read a foreign file and check it; runs nothing of it.

    Raises
    ------
    NetworkError
        One sentence: why it is refused.
    """
    probe(path)
    file = read_file(path)
    try:
        checked = plan(file.config)
        if len(checked.input_names) > 2:
            raise NetworkError(f"{len(checked.input_names)} inputs; expected 1 or 2")
        if not checked.map_layers:
            raise NetworkError("no convolution that a map could be drawn on")
    except NetworkError as error:
        raise NetworkError(f"{file.name}: {error}") from None
    return Examined(file, checked)


def questions(examined: Examined, answers: ImportAnswers) -> list[Question]:
    """What is still unknown, in the order in which to ask."""
    checked = examined.plan
    guess = guess_experiments(checked.input_names)
    inputs = " and ".join(
        f"{name} ({'x'.join(map(str, shape))})"
        for name, shape in zip(checked.input_names, checked.input_shapes, strict=True)
    )
    asked = [
        Question(
            "classes", f"the {checked.n_outputs} classes in the order of the outputs", "--classes"
        ),
        Question(
            "experiments", f"the experiment (hsqc or hmbc) of {inputs}", "--experiment", guess
        ),
        Question("f2_window", "the 1H window in ppm [10:0]", "--f2", F2_WINDOW),
        Question("f1_window", "the 13C window in ppm [0:200]", "--f1", F1_WINDOW),
        Question("rows", "which dimension runs down the rows, f1 or f2 [f1]", "--rows", "f1"),
        Question("background", "the value of empty spectrum, 0 or 1 (white)", "--background"),
        Question(
            "full_scale",
            f"the largest value of its training pictures, 1 or 255 [{_scale_guess(checked)}]",
            "--full-scale",
            _scale_guess(checked),
        ),
    ]
    if checked.head is None:
        asked.append(Question("head", "the head, softmax or sigmoid", "--head"))
    return [q for q in asked if getattr(answers, q.field) is None]


def complete(examined: Examined, answers: ImportAnswers) -> ImportAnswers:
    """Answers with the proposals filled in where the user accepts them.

    Raises
    ------
    MissingAnswersError
        If something is still unknown.
    NetworkError
        If an answer does not fit the file.
    """
    checked = examined.plan
    check_answers(examined.file.name, answers, checked.n_outputs, len(checked.input_names))
    if answers.head is not None and checked.head not in (None, answers.head):
        raise NetworkError(f"{examined.file.name}: the network ends in {checked.head}")
    missing = questions(examined, answers)
    if answers.accept_defaults:
        known: dict[str, Any] = {q.field: q.default for q in missing if q.default is not None}
        answers = replace(answers, **known)
        missing = [q for q in missing if q.default is None]
    if missing:
        raise MissingAnswersError(examined.file.name, missing)
    return replace(answers, head=answers.head or checked.head)


def load_foreign(examined: Examined, full_scale: float = 1.0) -> keras.Model:
    """Build an examined network and set its weights: flat, float32, up to the logits.

    Raises
    ------
    NetworkError
        If the weights do not fit.
    """
    wanted = {w.source: (w.shapes, w.statistics) for w in examined.plan.weights}
    arrays = read_weights(examined.file, examined.plan.tree, wanted)
    model = build(examined.plan, full_scale)
    for item in examined.plan.weights:
        model.get_layer(item.layer).set_weights(list(arrays[item.source]))
    return model


def import_network(path: Path, answers: ImportAnswers, examined: Examined | None = None) -> Path:
    """Import a ``.keras`` or ``.h5`` file into the user's networks.

    Parameters
    ----------
    path : Path
        The file; never changed, and nothing in it is run.
    answers : ImportAnswers
        What the file cannot say.
    examined : Examined, optional
        From `examine`, to read the file only once.

    Returns
    -------
    Path
        The new folder. It appears whole or not at all, and never over another one.

    Raises
    ------
    MissingAnswersError
        If something is still unknown.
    NetworkError, CardError
        If the file is refused, an answer does not fit, or the id is taken.
    """
    examined = examined or examine(path)
    answers = complete(examined, answers)
    network_id = answers.id or file_id(path)
    _check_free(network_id)
    model = load_foreign(examined, float(answers.full_scale or 1))
    card = _card(examined, answers, network_id, model)
    root = user_networks_dir()
    try:
        root.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{network_id}.", dir=root))
    except OSError as error:
        raise NetworkError(f"{root}: cannot be written ({error.strerror})") from None
    try:
        _write(aside, card, model)
        target = root / network_id
        if target.exists():
            raise NetworkError(f"{network_id}: a network with this id is installed already")
        aside.chmod(0o755)
        os.rename(aside, target)  # noqa: PTH104 - Path.replace may overwrite
    except OSError as error:
        raise NetworkError(f"{network_id}: cannot be written ({error.strerror})") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _check_free(network_id: str) -> None:
    for root in (models_dir(), user_networks_dir()):
        if (root / network_id).exists():
            raise NetworkError(
                f"{network_id}: a network with this id is installed already; choose another --id"
            )


def _write(folder: Path, card: Card, model: keras.Model) -> None:
    """Card, architecture and weights; float16 only where the scores do not notice."""
    config = json.dumps(model.get_config(), indent=1) + "\n"
    (folder / ARCHITECTURE_NAME).write_text(config, encoding="utf-8")
    for dtype in ("float16", "float32"):
        try:
            digest = save_weights(model, folder / WEIGHTS_NAME, dtype)
        except NetworkError:
            if dtype == "float32":
                raise
            continue
        write_card(folder, replace(card, sha256=digest))
        loaded = Network.load(folder)
        if dtype == "float32" or _rounding(Network(card, model, ""), loaded) <= MAX_ROUNDING:
            return


def _rounding(exact: Network, rounded: Network) -> float:
    """Largest change of a score over noise and sparse spots, in one batch of four."""
    rng = np.random.default_rng(0)
    examples: list[Image] = []
    for spec in exact.card.inputs:
        noise = rng.random((4, *spec.shape), dtype=np.float32)
        noise[2:] = noise[2:] > 0.98
        examples.append(abs(np.float32(spec.background) - noise))
    before = exact.scores(exact.logits(examples))
    change = np.abs(before - rounded.scores(rounded.logits(examples)))
    return float(change.max()) if np.isfinite(change).all() else np.inf


def _card(examined: Examined, answers: ImportAnswers, network_id: str, model: keras.Model) -> Card:
    checked = examined.plan
    inputs = tuple(
        InputSpec(
            name=name,
            experiment=experiment,
            shape=(shape[0], shape[1], shape[2]),
            f1_window_ppm=answers.f1_window or F1_WINDOW,
            f2_window_ppm=answers.f2_window or F2_WINDOW,
            background=answers.background or 0,
            rows=answers.rows or "f1",
        )
        for name, shape, experiment in zip(
            checked.input_names, checked.input_shapes, answers.experiments or (), strict=True
        )
    )
    layers = _map_layers(examined, model)
    card = Card(
        id=network_id,
        title=answers.title or Path(examined.file.name).stem or network_id,
        inputs=inputs,
        classes=_classes(answers.classes or ()),
        head=answers.head or "",
        thresholds=(0.5,) * checked.n_outputs,
        layers=layers,
        default_layer=layers[-1],
        trained_on_mixtures=answers.trained_on_mixtures,
        training={
            "source": examined.file.name,
            "sha256": examined.file.sha256,
            "format": examined.file.format,
            "full_scale": answers.full_scale,
            "imported_by": f"nmrcam {__version__}",
        },
        licence=answers.licence,
    )
    return card_from_json(card_to_json(card), network_id)


def _map_layers(examined: Examined, model: keras.Model) -> tuple[str, ...]:
    """Convolutions whose cells have a place in ppm."""
    graph = Graph(model)
    usable = []
    reason = ""
    for name in examined.plan.map_layers:
        try:
            layer_cells(graph, name)
        except (MethodError, NetworkError) as error:
            reason = str(error)
        else:
            usable.append(name)
    if not usable:
        raise NetworkError(f"{examined.file.name}: no layer for maps ({reason})")
    return tuple(usable)


def _classes(titles: Sequence[str]) -> tuple[ClassSpec, ...]:
    """Classes in the user's words; a class of a shipped network keeps its colour."""
    shipped = {c.id: c.colour for e in scan_networks().entries if e.shipped for c in e.card.classes}
    ids = [slug(title) for title in titles]
    taken = {shipped[i] for i in ids if i in shipped}
    free = [c for c in COLOURS if c not in taken] or list(COLOURS)
    specs: list[ClassSpec] = []
    for title, class_id in zip(titles, ids, strict=True):
        colour = shipped.get(class_id) or free[len(specs) % len(free)]
        specs.append(ClassSpec(class_id, title.strip(), "not stated (imported network)", colour))
    return tuple(specs)


def _scale_guess(checked: Plan) -> int:
    """255 where the network itself scales such numbers down first."""
    for call in checked.network.calls:
        if (
            call.spec is not None
            and call.spec.kind == "Rescaling"
            and not (set(call.fed) - set(checked.network.inputs))
        ):
            return 255 if abs(call.spec.args["scale"]) < 0.02 else 1
    return 1
