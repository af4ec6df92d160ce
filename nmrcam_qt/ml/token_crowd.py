"""Whether a spectrum holds more ink than a network of tokens looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.token_layers import FINER, INK_FROM, InkTokens

CROWDED = (
    "The network looks at the {count} cells with the most ink; {left_out} of the {inked} inked "
    "cells were left out, the palest ones."
)


def token_counts(model: keras.Model) -> Mapping[str, int]:
    """How many cells are looked at, by the name of the input that they are chosen from."""
    counts = {}
    for layer in model.layers:
        if isinstance(layer, InkTokens):
            for node in layer._inbound_nodes:
                source = node.input_tensors[0]._keras_history.operation.name
                counts[str(source)] = layer.count
    return counts


def crowd_warnings(
    counts: Mapping[str, int], names: Sequence[str], examples: Sequence[Image]
) -> tuple[str, ...]:
    """One sentence for each input with more inked cells than are looked at.

    Parameters
    ----------
    counts : mapping
        From `token_counts`.
    names : sequence of str
        Of the inputs.
    examples : sequence of float32 ``(H, W, C)``
        One example of each.
    """
    said = []
    for name, example in zip(names, examples, strict=True):
        if name not in counts:
            continue
        height, width, _ = example.shape
        cells = example[..., 0].reshape(height // FINER, FINER, width // FINER, FINER)
        inked = int(np.count_nonzero(cells.max(axis=(1, 3)) > INK_FROM))
        if inked > counts[name]:
            left_out = inked - counts[name]
            said.append(CROWDED.format(count=counts[name], left_out=left_out, inked=inked))
    return tuple(said)
