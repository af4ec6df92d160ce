"""One example that is explained, and what its network can be asked about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import Cells
from nmrcam_qt.ml.explain.arrays import Array

Make: TypeAlias = Callable[[slice], Sequence[Array]]
"""Makes a part of many arrays that are fed: one ``(m, …)`` for every input of the network.

Only a part at a time, so that memory stays bounded however many there are."""


class Asked(Protocol):
    """The compiled passes that methods of many passes need; `compiled.Engine` has them."""

    def near(
        self, n: int, make: Make, base: Sequence[Image], progress: Progress
    ) -> NDArray[np.float64]:
        """Logits of n examples near to one other, float64 ``(n, all classes)``."""

    def mean_gradients(
        self, n: int, make: Make, classes: NDArray[np.int32], progress: Progress
    ) -> list[NDArray[np.float64]]:
        """Mean over n examples of ∂logit/∂input: ``(n_classes, H, W, C)`` for every input."""

    def head_logits(
        self,
        layers: tuple[str, ...],
        n: int,
        make: Make,
        inputs: Sequence[Image],
        progress: Progress,
    ) -> NDArray[np.float64]:
        """Logits behind n sets of feature maps, float64 ``(n, all classes)``."""


@dataclass(frozen=True, slots=True, eq=False)
class At:
    """Feature maps of the example at one layer.

    Parameters
    ----------
    output : str
        The layer whose output they are.
    number : int
        Of the input that they lie on.
    cells : Cells
        Where they lie on it.
    maps : float ``(h, w, channels)``
        A.
    """

    output: str
    number: int
    cells: Cells
    maps: Array


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One example, the classes that are explained, and its network.

    Parameters
    ----------
    asked : Asked
        The network's compiled passes.
    specs : tuple of InputSpec
        Of all inputs of the network.
    inputs : tuple of float32 ``(H, W, C)``
        The example, one array for every input.
    classes : int ``(n_classes,)``
        Numbers of the classes.
    wanted : tuple of int
        Numbers of the inputs of which methods on the input make maps.
    ats : tuple of At
        Where methods on feature maps make maps.
    progress : Progress
        Told after every part of the work; raises where it was cancelled.
    """

    asked: Asked
    specs: tuple[InputSpec, ...]
    inputs: tuple[Image, ...]
    classes: NDArray[np.int32]
    wanted: tuple[int, ...]
    ats: tuple[At, ...]
    progress: Progress

    def blank(self, number: int) -> Image:
        """The empty spectrum x₀ of an input, float32 ``(H, W, C)``."""
        return np.full_like(self.inputs[number], self.specs[number].background)

    def ink(self, number: int) -> Image:
        """``x - x₀``, float32 ``(H, W, C)``; negative where the background is 1."""
        return self.inputs[number] - self.blank(number)

    def beside(self, number: int, stack: Image) -> list[Image]:
        """Examples ``(m, H, W, C)`` of one input, with the others as they are."""
        return [
            stack if other == number else np.broadcast_to(x, (len(stack), *x.shape))
            for other, x in enumerate(self.inputs)
        ]

    def logits(self, n: int, make: Make) -> NDArray[np.float64]:
        """Logits of the chosen classes for n examples made of this one, ``(n, n_classes)``.

        Within 1e-5 of plain forward passes, whatever was made of it; see `explain.near`.
        """
        return self.asked.near(n, make, self.inputs, self.progress)[:, self.classes]

    def mean_gradients(self, n: int, make: Make) -> list[NDArray[np.float64]]:
        """Mean gradient of the chosen logits over n examples, ``(n_classes, H, W, C)`` each."""
        return self.asked.mean_gradients(n, make, self.classes, self.progress)

    def head_logits(self, n: int, make: Make) -> NDArray[np.float64]:
        """Logits of the chosen classes from n feature maps at all `ats`, ``(n, n_classes)``."""
        layers = tuple(at.output for at in self.ats)
        logits = self.asked.head_logits(layers, n, make, self.inputs, self.progress)
        return logits[:, self.classes]
