"""A network whose answer for every peak is known, and spectra of up to six peaks for it."""

from __future__ import annotations

import keras
import numpy as np
from explain_toys import chain, network, spec

from nmrcam_qt.core.preprocessing import Prepared

SHAPE = (12, 30, 1)
SPOTS = [(2, 2), (2, 10), (2, 18), (8, 4), (8, 14), (8, 24)]
WEIGHTS = [5.0, 4.0, 3.0, 2.0, 1.0, -3.0]
"""What each spot adds to the logit of class a; class b takes the same away, c knows nothing."""


def linear(n_spots: int = 6):
    """Logits are sums over the spots: HiResCAM is exact, and its order is the best there is."""
    model = chain(
        SHAPE,
        keras.layers.Conv2D(1, 1, use_bias=False, name="c1"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(3, name="logits"),
    )
    model.get_layer("c1").set_weights([np.ones((1, 1, 1, 1), np.float32)])
    kernel = np.zeros((*SHAPE, 3), np.float32)
    for (row, column), weight in list(zip(SPOTS, WEIGHTS, strict=True))[:n_spots]:
        kernel[row, column, 0] = [weight]
        kernel[row, column, 0, 1] = -weight
        kernel[row, column, 0, 2] = 0
    model.get_layer("logits").set_weights([kernel.reshape(-1, 3), np.zeros(3, np.float32)])
    return network(model, [spec(SHAPE)], head="sigmoid")


def spots(n: int = 6) -> Prepared:
    example = np.zeros(SHAPE, np.float32)
    for row, column in SPOTS[:n]:
        example[row, column] = 1
    return Prepared((example,), ())
