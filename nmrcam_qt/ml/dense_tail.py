"""What follows the first Dense of a network, in double precision: a few small products.

Called through TensorFlow they cost more than they compute, and their float32 sums were half of
the error of the logits of what skips blank paper (`benchmarks/sparse_forward.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.ml.graph import Graph

Floats = NDArray[np.float64]
Values = NDArray[np.floating]

_KNOWN = ("relu", "linear")


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """A Dense: what it multiplies with, what it adds, whether only what is positive is kept."""

    kernel: Floats
    bias: Floats
    cut: bool


class DenseTail:
    """From the values of a Dense before its activation to the logits, and back.

    Every example is computed by itself, so that its last bits never depend on others. The weights
    must not change afterwards.

    Parameters
    ----------
    cut : bool
        Whether the first Dense keeps only what is positive.
    products : sequence of _Product
        The Dense layers behind it.
    """

    def __init__(self, cut: bool, products: Sequence[_Product]) -> None:
        self._cut = cut
        self._products = tuple(products)

    @classmethod
    def of(cls, graph: Graph, name: str) -> DenseTail | None:
        """That of a network behind its Dense `name`; None where other layers follow.

        Known are Dense layers with relu or without activation, and Dropout between them.
        """
        if graph[name].activation not in _KNOWN:
            return None
        cut, products = graph[name].activation == "relu", []
        while name != graph.output:
            (name, *others) = graph.consumers(name)
            step = graph[name]
            if others or step.kind not in ("Dense", "Dropout"):
                return None
            if step.kind == "Dropout":
                continue
            if step.activation not in _KNOWN:
                return None
            kernel = np.asarray(step.layer.kernel, np.float64)
            bias = step.layer.bias if step.layer.use_bias else np.zeros(kernel.shape[1])
            products.append(
                _Product(kernel, np.asarray(bias, np.float64), step.activation == "relu")
            )
        return cls(cut, products)

    def __call__(self, before: Values) -> Floats:
        """Logits of n examples.

        Parameters
        ----------
        before : float ``(n, units)``
            What the Dense gives before its activation.

        Returns
        -------
        float64 ``(n, n_classes)``
            Infinite where float32, the network's own type, does not hold them.
        """
        return np.stack([_held(self._steps(row)[-1]) for row in before])

    def slopes(self, before: Values, chosen: NDArray[np.int32]) -> Floats:
        """Gradients of logits at the Dense's values before its activation.

        Parameters
        ----------
        before : float ``(n, units)``
            As there.
        chosen : int ``(n, s)``
            Class numbers.

        Returns
        -------
        float64 ``(n, s, units)``
        """
        return np.stack([self._back(*each) for each in zip(before, chosen, strict=True)])

    def _steps(self, row: Values) -> list[Floats]:
        """Values of one example before the cut of every Dense, and the logits."""
        made = [np.asarray(row, np.float64)]
        values = np.maximum(made[0], 0) if self._cut else made[0]
        for each in self._products:
            made.append(values @ each.kernel + each.bias)
            values = np.maximum(made[-1], 0) if each.cut else made[-1]
        return [*made, values]

    def _back(self, row: Values, chosen: NDArray[np.int32]) -> Floats:
        """Of one example, ``(s, units)``; like TensorFlow's, 0 where a cut value is 0."""
        *made, logits = self._steps(row)
        slopes = np.eye(len(logits))[chosen]
        for each, values in zip(reversed(self._products), reversed(made[1:]), strict=True):
            slopes = (slopes * (values > 0) if each.cut else slopes) @ each.kernel.T
        return slopes * (made[0] > 0) if self._cut else slopes


def _held(logits: Floats) -> Floats:
    """Numbers as they are, infinite where float32 would be."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = logits.astype(np.float32)
    return np.where(np.isfinite(single), logits, single)
