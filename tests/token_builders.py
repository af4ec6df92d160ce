"""Small token networks and spectra for them."""

from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mixnet_shipping import architecture_json, calibrate_head, ship_mixnet
from nmrcam_qt.ml.token_net import TokenSettings, build_token_net, lift_scores

TINY = InputSpec("hsqc", Experiment.HSQC, (28, 32, 1), (0.0, 28.0), (1.6, 0.0))
"""Ink of 0.05 × 1 ppm as in the shipped networks, of a small part of a spectrum."""
SETTINGS = TokenSettings(width=16, blocks=1, heads=2, head=8, cycles=(0.5, 2.0), count=40)
TIED = replace(SETTINGS, ties=(0.4, 2.0), grid=TINY.shape[:2])
"""The same with ties among signals of one shift."""


def token_net(spec=TINY, settings=SETTINGS, seed=1):
    """An untrained network whose scores differ."""
    keras.utils.set_random_seed(seed)
    model = build_token_net(spec, settings)
    rng = np.random.default_rng(seed)
    scores = model.get_layer("scores")
    kernel, bias = scores.get_weights()
    scores.set_weights([3 * kernel, rng.normal(0, 1, bias.shape)])
    return model


def ship_tiny(folder, spec=TINY, thresholds=(0.5,) * 12, lift=4.0, settings=SETTINGS, **more):
    """A calibrated network in its folder; returns the model that was shipped."""
    model = token_net(spec, settings)
    lift_scores(model, lift)
    calibrate_head(model, np.linspace(0.5, 2, 12), np.linspace(-1, 1, 12))
    ship_mixnet(model, spec, folder, thresholds, {"data": "none"}, {}, **more)
    return model


def config_of(model=None):
    """Its configuration as the file has it."""
    return json.loads(architecture_json(model or token_net()))


def layer_of(config, name):
    """The entry of one layer."""
    (found,) = [x for x in config["layers"] if x["config"]["name"] == name]
    return found


def inked(seed=0, spots=12, spec=TINY):
    """Spots of ink on paper, float32 ``spec.shape``."""
    rng = np.random.default_rng(seed)
    ink = np.zeros(spec.shape, np.float32)
    height, width, _ = spec.shape
    rows, columns = rng.integers(0, height, spots), rng.integers(0, width, spots)
    ink[rows, columns, 0] = rng.uniform(0.3, 1, spots)
    return ink
