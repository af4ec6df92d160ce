"""The same network with random weights, all of them or from the top layer down.

Adebayo et al. 2018 (arXiv 1810.03292, section 3) draw new weights from the initialiser. Here the
learned values of each array are shuffled: that needs no initialiser, and keeps their size, so
that what was learned is gone and nothing else. Layers that nobody trained (the fixed head of the
mixture networks) stay as they are.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence

import keras
import numpy as np

from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.mixnet_layers import SignalPooling
from nmrcam_qt.ml.network import Network

MOST_STAGES = 6


def trained_layers(network: Network) -> tuple[str, ...]:
    """Names of the layers with learned weights, the ones next to the logits first.

    Behind the pooling of a mixture network nothing is learned: its evidence and its head are
    diagonal, whoever trains it.
    """
    layers = network.model.layers
    pooled = any(isinstance(layer, SignalPooling) for layer in layers)
    graph = Graph(network.model)
    fixed = {graph.output, *network.card.layers} if pooled else set()
    learned = {layer.name for layer in layers if layer.weights} - fixed
    return tuple(name for name in reversed(graph.steps) if name in learned)


def stages(layers: Sequence[str], most: int = MOST_STAGES) -> list[tuple[str, ...]]:
    """Layers that are random at each stage of the cascade: more each time, at last all.

    Parameters
    ----------
    layers : sequence of str
        From the top down.
    most : int
        Stages; with more layers several become random at once.
    """
    ends = np.unique(np.rint(np.linspace(0, len(layers), min(most, len(layers)) + 1)[1:]))
    return [tuple(layers[: int(end)]) for end in ends]


def randomised(network: Network, seed: int, layers: Sequence[str] | None = None) -> Network:
    """A network of the same architecture whose layers' weights are shuffled.

    Parameters
    ----------
    network : Network
        Stays as it is.
    seed : int
        Of the shuffle; a layer's weights do not depend on which others are shuffled.
    layers : sequence of str, optional
        Which; all with learned weights without it.

    Returns
    -------
    Network
        With the same card, and a digest that says what it is.
    """
    model = keras.models.clone_model(network.model)
    model.set_weights(network.model.get_weights())
    order = trained_layers(network)
    chosen = frozenset(order if layers is None else layers)
    for number, name in enumerate(order):
        if name in chosen:
            rng = np.random.default_rng([seed, number])
            layer = model.get_layer(name)
            layer.set_weights(
                [rng.permutation(w.ravel()).reshape(w.shape) for w in layer.get_weights()]
            )
    return Network(network.card, model, f"randomised {seed} {len(chosen)} {network.sha256}")


_KEPT: weakref.WeakKeyDictionary[Network, dict[int, Network]] = weakref.WeakKeyDictionary()


def kept_randomised(network: Network, seed: int) -> Network:
    """`randomised`, all layers, kept as long as the network: making one costs seconds."""
    kept = _KEPT.setdefault(network, {})
    if seed not in kept:
        kept[seed] = randomised(network, seed)
    return kept[seed]
