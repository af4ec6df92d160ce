"""Logits of painted spectra by a network, checked; see `explain.near`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.network import Network

Floats = NDArray[np.float64]


def near_logits(network: Network, examples: Sequence[Image], base: Sequence[Image]) -> Floats:
    """Logits of examples near to one other.

    Parameters
    ----------
    network : Network
        Where its weights change the engine is told (`compiled.Engine.weights_changed`).
    examples : sequence of float32 ``(n, H, W, C)``
        One array per input, in the card's order.
    base : sequence of float32 ``(H, W, C)``
        What they are near to. An example that equals it has exactly its logits.

    Returns
    -------
    float64 ``(n, n_classes)``
        Within 1e-5 of a plain forward pass, whatever the examples are.

    Raises
    ------
    NetworkError
        If the shapes do not fit the network.
    """
    n = len(examples[0])
    fits = [x.shape for x in base] == [spec.shape for spec in network.card.inputs]
    if not n or not fits:
        return np.asarray(explain_batch(network, examples, (), "all").logits)
    return engine(network).near(n, lambda part: [x[part] for x in examples], base)
