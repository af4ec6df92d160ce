"""Finite weights of a hostile network can still overflow: that is a refusal, not a bug."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from window_builders import make_card

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.explain.engine import explain
from nmrcam_qt.ml.network import Network


def test_maps_that_overflow_are_refused():
    """All maps are 0, so the logits are finite; the sum of the gradients is not."""
    x = keras.Input((205, 300, 1), name="spectrum")
    conv = keras.layers.Conv2D(
        1, 3, strides=40, activation="relu", name="conv1", kernel_initializer="zeros"
    )
    flat = keras.layers.Flatten(name="flat")(conv(x))
    huge = keras.initializers.Constant(3e38)
    y = keras.layers.Dense(3, kernel_initializer=huge, name="logits")(flat)
    network = Network(make_card(layers=("conv1",)), keras.Model(x, y), "0" * 64)
    blank = np.zeros((205, 300, 1), dtype=np.float32)
    maps, _ = explain(network, [blank], ["hirescam"], "all")
    assert all(m.empty for m in maps)
    with pytest.raises(NetworkError, match="gradcam maps that are not finite"):
        explain(network, [blank], ["gradcam"], "all")
