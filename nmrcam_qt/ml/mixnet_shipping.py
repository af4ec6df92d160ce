"""From a trained mixture network to the folder of a network: card, architecture, weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import WEIGHTS_NAME, Card, ClassSpec, InputSpec, write_card
from nmrcam_qt.core.substructures import SUBSTRUCTURES
from nmrcam_qt.ml.network import ARCHITECTURE_NAME, Network
from nmrcam_qt.ml.own_layers import OWN_LAYERS
from nmrcam_qt.ml.token_net import CAM_LAYER
from nmrcam_qt.ml.weights import save_weights

LICENCE = "MIT (weights)"
EXAMPLES = "simulated spectra and measured peak lists"
"""What networks for mixtures are trained on, for the card."""
MAX_HEAD = 1024.0
"""Largest weight of the head on disk; float16 ends at 65504."""
_COLOURS = (
    *("#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7"),
    *("#8c6d00", "#5d3a9b", "#44aa99", "#882255", "#117733", "#999933"),
)
MIX_CLASSES = tuple(
    ClassSpec(s.id, s.title, s.rule or " or ".join(s.smarts), colour)
    for s, colour in zip(SUBSTRUCTURES, _COLOURS, strict=True)
)
"""The twelve classes with what defines them; the first three coloured as in the study's."""


def architecture_json(model: keras.Model) -> str:
    """The architecture as `importing.builder` reads it.

    Keras names the module of every layer that is not its own, and the reader refuses all
    modules: of our own layers only the class name and the numbers are written.
    """
    config = model.get_config()
    for layer in config["layers"]:
        if layer["class_name"] in OWN_LAYERS:
            layer.pop("module", None)
            layer.pop("registered_name", None)
            # A layer without arguments of its own writes those of its base class.
            layer["config"].pop("autocast", None)
            layer["config"].pop("activity_regularizer", None)
    return json.dumps(config, indent=1) + "\n"


def calibrate_head(
    model: keras.Model, temperatures: NDArray[np.float64], shifts: NDArray[np.float64]
) -> None:
    """Make the network's own logits ``logit / T + b``; the map goes on summing to them.

    Parameters
    ----------
    model : keras.Model
        From `build_token_net`, float32; changed in place.
    temperatures : float64 ``(n_classes,)``
        Above 0.
    shifts : float64 ``(n_classes,)``
        b, added after the division.
    """
    head = model.get_layer("logits")
    kernel, bias = head.get_weights()
    head.set_weights([kernel / temperatures, bias / temperatures + shifts])


def balance_head(model: keras.Model, layers: Sequence[str] = (CAM_LAYER,)) -> None:
    """Move powers of two from a large head to the layers of the evidence; nothing else changes.

    The head undoes the mean over all samples of ink (44,800 of an HMBC) and divides by the
    temperatures: together more than float16 holds. Maps and logits stay the same to the last
    bit, because powers of two round nothing.

    Parameters
    ----------
    model : keras.Model
        From `build_token_net` or `mix_pair_net.pair_networks`; changed in place.
    layers : sequence of str
        Layers of the evidence, in the order in which the head takes their means.
    """
    head = model.get_layer("logits")
    kernel, bias = head.get_weights()
    parts = np.split(kernel, len(layers))
    for number, name in enumerate(layers):
        over = float(np.abs(parts[number]).max()) / MAX_HEAD
        if over > 1:
            factor = 2.0 ** np.ceil(np.log2(over))
            parts[number] = parts[number] / factor
            evidence = model.get_layer(name)
            evidence.set_weights([evidence.get_weights()[0] * factor])
    head.set_weights([np.concatenate(parts), bias])


def ship_mixnet(
    model: keras.Model,
    spec: InputSpec,
    folder: Path,
    thresholds: Sequence[float],
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
    limits: Sequence[str] = (),
) -> Card:
    """Write a network's folder.

    Parameters
    ----------
    model : keras.Model
        From `build_token_net` under the float32 policy, with its trained
        weights; its head is balanced in place (`balance_head`).
    spec : InputSpec
        What it eats.
    folder : Path
        Made if needed.
    thresholds : sequence of float
        One per class, 0..1.
    training, metrics : mapping
        For the card.
    limits : sequence of str
        For the card: what the network cannot be trusted with.

    Returns
    -------
    Card
    """
    draft = draft_card((spec,), (CAM_LAYER,), thresholds, training, metrics, limits)
    return write_network(folder, model, draft)


def draft_card(
    inputs: tuple[InputSpec, ...],
    layers: tuple[str, ...],
    thresholds: Sequence[float],
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
    limits: Sequence[str],
) -> Card:
    """A card named after the first input; the checksum of the weights is still to come.

    Parameters
    ----------
    inputs : tuple of InputSpec
        What the network eats.
    layers : tuple of str
        Of the evidence.
    thresholds, training, metrics, limits
        As in `ship_mixnet`.
    """
    return Card(
        id=f"{inputs[0].name}-mix",
        title=f"Mixtures, {inputs[0].experiment.label}",
        inputs=inputs,
        classes=MIX_CLASSES,
        head="sigmoid",
        thresholds=tuple(float(t) for t in thresholds),
        layers=layers,
        default_layer=layers[0],
        trained_on_mixtures=True,
        training=dict(training),
        metrics=dict(metrics),
        licence=LICENCE,
        limits=tuple(limits),
        examples=EXAMPLES,
    )


def write_network(folder: Path, model: keras.Model, draft: Card) -> Card:
    """Write architecture, weights and card of a mixture network, and load it as a user will.

    Parameters
    ----------
    folder : Path
        Made if needed.
    model : keras.Model
        Its head is balanced in place.
    draft : Card
        Without the checksum of the weights; its layers are those of the evidence.

    Returns
    -------
    Card
        As written.

    Raises
    ------
    NetworkError
        If the folder is none that `Network.load` takes: a layer that it does not know.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARCHITECTURE_NAME).write_text(architecture_json(model), encoding="utf-8")
    balance_head(model, draft.layers)
    card = replace(draft, sha256=save_weights(model, folder / WEIGHTS_NAME))
    write_card(folder, card)
    Network.load(folder)
    return card
