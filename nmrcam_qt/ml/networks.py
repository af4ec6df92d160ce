"""The networks of Kuhn et al. 2021 (doi 10.1002/mrc.5212) as functional Keras models.

Conv32-Pool-Conv64-Pool-Conv64-Pool-Conv128-Flatten-Dense64-Dense3 softmax with
3x3 unpadded convolutions and 2x2 pools; the combined network joins one such column
for HSQC and one for HMBC before the Dense64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from nmrcam_qt.core.cards import InputSpec

FILTERS = (32, 64, 64, 128)
HIDDEN = 64


def build_kuhn(inputs: Sequence[InputSpec], n_classes: int) -> keras.Model:
    """Build the network for one or two inputs.

    Layers are called ``conv1`` … ``conv4`` (``hsqc_conv1`` … for two inputs), the
    last Dense ``logits`` is linear and ``scores`` is its softmax.

    Parameters
    ----------
    inputs : sequence of InputSpec
        One for a single network, two for the combined one.
    n_classes : int
        Number of outputs.

    Returns
    -------
    keras.Model
        Not compiled; inputs named as in the specs.
    """
    tensors = [keras.Input(spec.shape, name=spec.name) for spec in inputs]
    columns = [
        _column(tensor, f"{spec.name}_" if len(inputs) > 1 else "")
        for tensor, spec in zip(tensors, inputs, strict=True)
    ]
    joined = columns[0] if len(columns) == 1 else keras.layers.Concatenate(name="join")(columns)
    hidden = keras.layers.Dense(HIDDEN, activation="relu", name="hidden")(joined)
    logits = keras.layers.Dense(n_classes, name="logits")(hidden)
    scores = keras.layers.Activation("softmax", name="scores")(logits)
    return keras.Model(tensors if len(tensors) > 1 else tensors[0], scores)


def _column(tensor: Any, prefix: str) -> Any:
    """Four convolutions with three pools between them, flattened."""
    for number, filters in enumerate(FILTERS, start=1):
        if number > 1:
            tensor = keras.layers.MaxPooling2D(2, name=f"{prefix}pool{number - 1}")(tensor)
        tensor = keras.layers.Conv2D(
            filters, 3, activation="relu", padding="valid", name=f"{prefix}conv{number}"
        )(tensor)
    return keras.layers.Flatten(name=f"{prefix}flatten")(tensor)
