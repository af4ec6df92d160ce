"""From a trained model to the folder that `models/` holds: card, architecture, weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from nmrcam_qt.core.cards import WEIGHTS_NAME, Card, write_card
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.network import ARCHITECTURE_NAME, Network
from nmrcam_qt.ml.recipes import CLASS_SPECS, Recipe
from nmrcam_qt.ml.weights import save_weights

LICENCE = "MIT (weights); training pictures: Kuhn et al. 2021, doi 10.1002/mrc.5212"
THRESHOLD = 0.5
EXAMPLES = "pictures"
"""What the study's networks were trained on, for the card."""


def ship(
    recipe: Recipe,
    model: keras.Model,
    folder: Path,
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> Card:
    """Write a trained network of the study as a folder under `models/`.

    Parameters
    ----------
    recipe : Recipe
        What it is.
    model : keras.Model
        From `build_kuhn`, trained; its softmax is left out of the architecture.
    folder : Path
        Made if needed.
    training, metrics : mapping
        For the card.

    Returns
    -------
    Card
    """
    folder.mkdir(parents=True, exist_ok=True)
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    logits = keras.Model(inputs, model.get_layer("logits").output, name=recipe.id)
    (folder / ARCHITECTURE_NAME).write_text(
        json.dumps(logits.get_config(), indent=1) + "\n", encoding="utf-8"
    )
    sha256 = save_weights(logits, folder / WEIGHTS_NAME)
    convolutions = [x.name for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    card = Card(
        id=recipe.id,
        title=recipe.title,
        inputs=recipe.inputs,
        classes=CLASS_SPECS,
        head="softmax",
        thresholds=(THRESHOLD,) * len(CLASS_SPECS),
        layers=tuple(convolutions),
        default_layer=convolutions[-1],
        trained_on_mixtures=False,
        training=dict(training),
        metrics=dict(metrics),
        sha256=sha256,
        licence=LICENCE,
        limits=recipe.limits,
        examples=EXAMPLES,
    )
    write_card(folder, card)
    return card


def rounding_error(model: keras.Model, folder: Path, examples: list[Image]) -> float:
    """Largest change of a probability caused by float16 weights, over `examples`."""
    before = np.asarray(model.predict(examples if len(examples) > 1 else examples[0], verbose=0))
    network = Network.load(folder)
    after = np.concatenate(
        [
            network.scores(network.logits([x[i : i + 16] for x in examples]))
            for i in range(0, len(examples[0]), 16)
        ]
    )
    return float(np.abs(before - after).max())
