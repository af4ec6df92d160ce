"""Logits of many examples that differ little from one, as painted spectra do.

Most of the work of a plain forward pass is the same for all of them. Two kinds of networks have
a shorter way, exact up to rounding (1e-5 of a logit): a chain of convolutions recomputes only the
cells that the painted samples reach (`painted_forward_chain`), a network of signals computes only
the signals that there are (`painted_forward_tokens`). All others go the plain way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.painted_forward_chain import ChainForward
from nmrcam_qt.ml.painted_forward_tokens import TokenForward

Floats = NDArray[np.float64]
Plain = Callable[[Sequence[Image]], Floats]
"""Plain forward passes: logits ``(n, n_classes)`` of one ``(n, H, W, C)`` array per input; those of
an example alone are those that it has among others (`lone`)."""


class Shortcut(Protocol):
    """A shorter way to the logits of some examples."""

    def __call__(
        self, examples: Sequence[Image], base: Sequence[Image]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Logits ``(n, n_classes)``, and for which examples they are made; 0 for the others."""


def shortcut_of(graph: Graph | None) -> Shortcut | None:
    """The shorter way of a network; None where there is none."""
    return None if graph is None else ChainForward.of(graph) or TokenForward.of(graph)


def near_logits(
    shortcut: Shortcut | None, plain: Plain, examples: Sequence[Image], base: Sequence[Image]
) -> Floats:
    """Logits of examples near to one other, float64 ``(n, n_classes)``.

    Parameters
    ----------
    shortcut : Shortcut or None
        The network's, from `shortcut_of`.
    plain : Plain
        For what it leaves.
    examples : sequence of float32 ``(n, H, W, C)``
        One array per input, at least one example.
    base : sequence of float32 ``(H, W, C)``
        What they are near to. An example that equals it has exactly its logits.
    """
    if shortcut is None:
        return plain(examples)
    found, done = shortcut(examples, base)
    rest = np.flatnonzero(~done)
    if len(rest):
        found[rest] = plain([x[rest] for x in examples])
    return found
