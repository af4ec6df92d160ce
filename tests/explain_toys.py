"""Small networks for the tests of cells, explanations and inference."""

from __future__ import annotations

import keras
import numpy as np

from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.networks import build_kuhn


def spec(shape, name="hsqc", rows="f1", f1=(0.0, 200.0), f2=(10.0, 0.0)):
    return InputSpec(name, Experiment(name), shape, f1, f2, 0, rows)


def network(model, specs, head="softmax", thresholds=None, default_layer=""):
    """A network around a model up to the logits; classes a, b, c, …"""
    n = model.outputs[0].shape[-1]
    convolutions = [x.name for x in model.layers if isinstance(x, keras.layers.Conv2D)]
    card = Card(
        id="toy",
        title="Toy",
        inputs=tuple(specs),
        classes=tuple(ClassSpec(chr(97 + i), chr(65 + i), "", "#000000") for i in range(n)),
        head=head,
        thresholds=tuple(thresholds or (0.5,) * n),
        layers=tuple(convolutions),
        default_layer=default_layer or convolutions[-1],
        trained_on_mixtures=False,
    )
    return Network(card, model, "0" * 64)


def randomise(model, seed=0, positive=False):
    """Random weights of the size that keeps activations near 1; dense positive ones if asked."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_weights:
        shape = tuple(variable.shape)
        fan_in = int(np.prod(shape[:-1])) or 1
        if positive:
            values = rng.uniform(0.5, 1.5, shape) / fan_in
        else:
            values = (
                rng.normal(0, 1, shape) * (2 / fan_in) ** 0.5
                if len(shape) > 1
                else (rng.normal(0, 0.1, shape))
            )
        variable.assign(values)
    return model


def kuhn(specs, n_classes=3, seed=0, positive=False):
    """The study's architecture up to the logits, random weights."""
    full = build_kuhn(specs, n_classes)
    inputs = full.inputs if len(specs) > 1 else full.inputs[0]
    return randomise(keras.Model(inputs, full.get_layer("logits").output), seed, positive)


def chain(shape, *layers, name="hsqc", dtype="float32"):
    """A model of one column."""
    start = tensor = keras.Input(shape, name=name, dtype=dtype)
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(start, tensor)


def sparse(shape, seed=0, share=0.05):
    """Something like a spectrum: mostly empty, float32."""
    rng = np.random.default_rng(seed)
    return (rng.random(shape) * (rng.random(shape) < share)).astype(np.float32)
