"""One compiled network for many that differ in their weights alone, as those of folds do.

Compiling a network for mixtures takes seconds, and TensorFlow keeps what a compiled one leaves
behind; other weights are there in a fraction of one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.explain.engine import engine
from nmrcam_qt.ml.network import Network

MAX_SEATS = 4
"""A study has two networks of folds for mixtures; each may hold 300 MB."""
_seats: dict[tuple[str, Hashable], Network] = {}


def exchange_weights(network: Network, weights: Sequence[NDArray[np.float32]], sha256: str) -> None:
    """Give a network other weights; what is compiled for it stays.

    Parameters
    ----------
    network : Network
        Whose weights go.
    weights : sequence of float32 arrays
        As its model's ``get_weights`` gives them.
    sha256 : str
        Their digest.
    """
    network.model.set_weights(list(weights))
    network.sha256 = sha256
    own = engine(network)
    own.sha256 = sha256
    own.weights_changed()


def seated(kind: Hashable, fresh: Network) -> Network:
    """The one network that is kept for those of a kind, with the weights of this one.

    It is *the same* network at every call, and has these weights only until the next one.

    Parameters
    ----------
    kind : hashable
        Networks of one kind and one card have the same layers.
    fresh : Network
        Just loaded; nothing may be compiled for it. It may become the one that is kept.
    """
    key = (fresh.card.id, kind)
    kept = _seats.pop(key, None)
    if kept is None or kept.card != fresh.card:
        kept = fresh
    else:
        exchange_weights(kept, fresh.model.get_weights(), fresh.sha256)
    _seats[key] = kept
    while len(_seats) > MAX_SEATS:
        del _seats[next(iter(_seats))]
    return kept
