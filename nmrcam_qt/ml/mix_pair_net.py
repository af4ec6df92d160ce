"""Two mixture networks as one with two inputs, whose maps together sum to the logit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.importing.layers import MERGING
from nmrcam_qt.ml.mix_fusion import Floats, Fusion
from nmrcam_qt.ml.mixnet_shipping import MIX_CLASSES, draft_card, write_network
from nmrcam_qt.ml.token_net import CAM_LAYER

PAIR_ID, PAIR_TITLE = "paired-mix", "Mixtures, HSQC + HMBC"
_MEAN, _HEAD = "mean", "logits"


def evidence_layers(names: Sequence[str]) -> tuple[str, ...]:
    """The layers whose maps sum to the logit, one for each input's name."""
    return tuple(f"{name}-{CAM_LAYER}" for name in names)


def pair_networks(hsqc: keras.Model, hmbc: keras.Model, fusion: Fusion) -> keras.Model:
    """One network of two, with copies of their weights.

    Parameters
    ----------
    hsqc, hmbc : keras.Model
        From `build_token_net` under the float32 policy, lifted, not calibrated; their inputs
        have different names.
    fusion : Fusion
        Of their logits.

    Returns
    -------
    keras.Model
        Inputs as those of the two, output ``(n, n_classes)``. All other layers are called as
        in the two, with the input's name before: ``hsqc-evidence``. The last layer joins the
        means of both evidences: with its bias, both maps together sum to the logit.

    Raises
    ------
    ValueError
        If the inputs share a name, or the classes are not as many.
    """
    models = (hsqc, hmbc)
    inputs, means, copies = [], [], []
    for model in models:
        ink, mean, layers = _copied(model)
        inputs.append(ink)
        means.append(mean)
        copies.append(layers)
    if inputs[0].name == inputs[1].name:
        raise ValueError(f"two inputs are called {inputs[0].name!r}")
    (k1, b1), (k2, b2) = (model.get_layer(_HEAD).get_weights() for model in models)
    if k1.shape != k2.shape:
        raise ValueError(f"{k1.shape[1]} and {k2.shape[1]} classes cannot be joined")
    joined = keras.layers.Concatenate(name="means", dtype="float32")(means)
    head = keras.layers.Dense(k1.shape[1], name=_HEAD, trainable=False, dtype="float32")
    made = keras.Model(inputs, head(joined), name=PAIR_ID)
    for model, layers in zip(models, copies, strict=True):
        for name, layer in layers.items():
            layer.set_weights(model.get_layer(name).get_weights())
    bias = fusion(b1.astype(np.float64), b2.astype(np.float64))
    head.set_weights([np.concatenate([k1 * fusion.hsqc, k2 * fusion.hmbc]), bias])
    return made


def _copied(model: keras.Model) -> tuple[Any, Any, dict[str, Any]]:
    """Input, mean of the evidence, and the layers between, by their names in `model`."""
    graph = Graph(model)
    (first,) = graph.inputs
    ink = keras.Input(model.inputs[0].shape[1:], name=first, dtype="float32")
    tensors, layers = {first: ink}, {}
    for name, step in graph.steps.items():
        if name in (first, _HEAD):
            continue
        config = {**step.layer.get_config(), "name": f"{first}-{name}"}
        layers[name] = type(step.layer).from_config(config)
        fed = [tensors[parent] for parent in step.parents]
        tensors[name] = layers[name](fed if step.kind in MERGING else fed[0])
    return ink, tensors[_MEAN], layers


def ship_pair(
    model: keras.Model,
    cards: Sequence[Card],
    folder: Path,
    thresholds: Floats,
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
    limits: Sequence[str] = (),
) -> Card:
    """Write the folder of a paired network.

    Parameters
    ----------
    model : keras.Model
        From `pair_networks`; balanced in place.
    cards : sequence of Card
        Of the two single networks: inputs, what is known of them, and their limits.
    folder, thresholds, training, metrics
        As in `ship_mixnet`.
    limits : sequence of str
        For the card, before those of the two.

    Returns
    -------
    Card

    Raises
    ------
    NetworkError
        If the classes of the two are not the twelve.
    """
    if any(card.class_ids != tuple(c.id for c in MIX_CLASSES) for card in cards):
        raise NetworkError("two networks of the twelve classes for mixtures expected")
    inputs = tuple(spec for card in cards for spec in card.inputs)
    layers = evidence_layers([spec.name for spec in inputs])
    said = list(dict.fromkeys([*limits, *(text for card in cards for text in card.limits)]))
    draft = draft_card(inputs, layers, thresholds.tolist(), training, metrics, said)
    known = {name: known for card in cards for name, known in card.known.items()}
    return write_network(folder, model, replace(draft, id=PAIR_ID, title=PAIR_TITLE, known=known))
