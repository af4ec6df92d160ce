"""Logits of many examples that differ little from one, as painted spectra do.

Most of the work of a plain forward pass is the same for all of them. Two kinds of networks have
a shorter way, exact up to rounding (1e-5 of a logit): a chain of convolutions recomputes only the
cells that the painted samples reach (`painted_forward_chain`), a network of signals computes only
the signals that there are (`painted_forward_tokens`). All others go the plain way.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.painted_forward_chain import ChainForward
from nmrcam_qt.ml.painted_forward_tokens import TokenForward

Floats = NDArray[np.float64]


class Shortcut(Protocol):
    """A shorter way to the logits of some examples."""

    def __call__(
        self, examples: Sequence[Image], base: Sequence[Image]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Logits ``(n, n_classes)``, and for which examples they are made; 0 for the others."""


def near_logits(network: Network, examples: Sequence[Image], base: Sequence[Image]) -> Floats:
    """Logits of examples near to one other.

    Parameters
    ----------
    network : Network
        Its weights must not change after the first call.
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
    shapes = [spec.shape for spec in network.card.inputs]
    shortcut = _shortcut(network)
    if shortcut is None or not n or [x.shape for x in base] != shapes:
        return _plain(network, examples)
    found, done = shortcut(examples, base)
    rest = np.flatnonzero(~done)
    if len(rest):
        found[rest] = _plain(network, [x[rest] for x in examples])
    return found


def _plain(network: Network, examples: Sequence[Image]) -> Floats:
    """The plain way; an example alone beside itself, so that its last bits are those of any."""
    n = len(examples[0])
    fed = [np.concatenate([x, x]) for x in examples] if n == 1 else examples
    return np.asarray(explain_batch(network, fed, (), "all").logits)[:n]


_SHORTCUTS: weakref.WeakKeyDictionary[Network, Shortcut | None] = weakref.WeakKeyDictionary()


def _shortcut(network: Network) -> Shortcut | None:
    """The shorter way of a network, made once; None where there is none."""
    if network not in _SHORTCUTS:
        try:
            graph = engine(network).graph
        except MethodError:
            _SHORTCUTS[network] = None
        else:
            _SHORTCUTS[network] = ChainForward.of(graph) or TokenForward.of(graph)
    return _SHORTCUTS[network]
