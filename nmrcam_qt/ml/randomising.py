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
from numpy.typing import NDArray

from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.mixnet_layers import SignalPooling
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.seats import exchange_weights

Weights = list[NDArray[np.float32]]

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


class Shuffled:
    """A copy of a network that gets other shuffled weights again and again.

    What is compiled for it stays; a network of its own for each would take seconds more.

    Parameters
    ----------
    network : Network
        Stays as it is.
    """

    def __init__(self, network: Network) -> None:
        model = keras.models.clone_model(network.model)
        self._layers = {name: model.get_layer(name) for name in trained_layers(network)}
        self._network = Network(network.card, model, "")
        self.copy(network)

    def copy(self, network: Network) -> None:
        """From now on the weights of this network, of the same layers, are those to be shuffled."""
        self.sha256 = network.sha256
        exchange_weights(self._network, network.model.get_weights(), f"randomised {network.sha256}")
        self._learned: dict[str, Weights] = {n: x.get_weights() for n, x in self._layers.items()}
        self._made: dict[tuple[int, str], Weights] = {}
        self._now: dict[str, int | None] = dict.fromkeys(self._layers)

    def network(self, seed: int, layers: Sequence[str] | None = None) -> Network:
        """The copy, with these weights until it is asked for others.

        Parameters
        ----------
        seed : int
            Of the shuffle; a layer's weights do not depend on which others are shuffled.
        layers : sequence of str, optional
            Which; all with learned weights without it.
        """
        chosen = frozenset(self._layers if layers is None else layers)
        for number, name in enumerate(self._layers):
            wanted = seed if name in chosen else None
            if self._now[name] != wanted:
                self._layers[name].set_weights(self._weights(number, name, wanted))
                self._now[name] = wanted
        engine(self._network).weights_changed()
        return self._network

    def _weights(self, number: int, name: str, seed: int | None) -> Weights:
        if seed is None:
            return self._learned[name]
        if (seed, name) not in self._made:
            rng = np.random.default_rng([seed, number])
            self._made[seed, name] = [
                rng.permutation(w.ravel()).reshape(w.shape) for w in self._learned[name]
            ]
        return self._made[seed, name]


_KEPT: weakref.WeakKeyDictionary[Network, Shuffled] = weakref.WeakKeyDictionary()


def kept_shuffled(network: Network) -> Shuffled:
    """The copy of a network, kept as long as it: making and compiling one costs seconds."""
    if network not in _KEPT:
        _KEPT[network] = Shuffled(network)
    kept = _KEPT[network]
    if kept.sha256 != network.sha256:  # its weights were exchanged, see `seats`
        kept.copy(network)
    return kept
