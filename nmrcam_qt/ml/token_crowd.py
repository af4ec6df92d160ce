"""Whether a spectrum holds more signals than a network of tokens looks at."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.token_layers import INK_FROM, InkBasins

CROWDED = (
    "The network looks at the {count} highest signals; {share:.0%} of the ink belongs to others "
    "and was left out."
)
MIN_SHARE = 0.01
"""Of the inked samples; less is not worth a sentence."""
_SAMPLES_EACH = 4
"""Fewer inked samples than these per signal that is looked at cannot be a crowd: maxima of the
smoothed ink lie two samples apart at least."""


def crowd_warnings(model: keras.Model, examples: Sequence[Image]) -> tuple[str, ...]:
    """One sentence for each input of which much ink is left out.

    Parameters
    ----------
    model : keras.Model
        Of the network.
    examples : sequence of float32 ``(H, W, C)``
        One example of each input, in the model's order.
    """
    names = [tensor._keras_history.operation.name for tensor in model.inputs]
    by_name = dict(zip(names, examples, strict=True))
    said = []
    for layer in model.layers:
        if not isinstance(layer, InkBasins):
            continue
        source = layer._inbound_nodes[0].input_tensors[0]._keras_history.operation.name
        share = left_out(layer, by_name[source])
        if share > MIN_SHARE:
            said.append(CROWDED.format(count=layer.count, share=share))
    return tuple(said)


def left_out(layer: InkBasins, example: NDArray[np.float32]) -> float:
    """Share of the inked samples ``(H, W, 1)`` in signals beyond those that are looked at."""
    inked = example[..., 0] > INK_FROM
    number = int(np.count_nonzero(inked))
    if number < _SAMPLES_EACH * layer.count:
        return 0.0
    mask = np.asarray(layer(example[np.newaxis]))[0, ..., 1]
    return float(np.count_nonzero(inked & (mask <= 0))) / number
